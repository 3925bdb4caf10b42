"""The proof of a domain: nothing serves without it, it holds for one organisation, and it holds nothing before."""

import json

import pytest

from domain.errors import Undelivered
from domain.records.caller import Role
from domain.records.keys import custom_domain_key, former_domain_key, pending_domain_key
from domain.records.ports import Put
from functions.provisioner.domains import STRAY_SECONDS, Domains
from functions.provisioner.handler import Buckets, ProvisionerSettings, make_handler
from functions.provisioner.proofs import FIRST_PAUSE_SECONDS, LOOK_SECONDS, PAUSE_SECONDS, Proofs
from schemas.items import host_key
from schemas.limits import DOMAIN_KEPT_DAYS, PROOF_WAITS_DAYS
from tests.certificates import DOMAIN, issue, key_of, leaf
from tests.management_api import OWNER_TOKEN, Api
from tests.memory_certificates import MemoryFront, MemoryZone
from tests.memory_texts import MemoryTexts

NS = 1_000_000_000
DAY_SECONDS = 86_400
SECRET = b"the deployment's secret, of 32 bytes at least"
PROOF_NAME = f"_ingest-challenge.{DOMAIN}"
LENT = "events.host.example"
OTHER_TOKEN = "iet_other"


class Organisation:
    """An organisation with an environment, as its admin sees it."""

    def __init__(self, world, token):
        self.world = world
        self.token = token
        endpoint = self.call("POST", "/v1/endpoints", {"name": "Shop"})
        self.endpoint_id = endpoint["id"]
        made = self.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {})
        tree = {"fields": [{"key": "price", "type": "FLOAT", "presence": "required"}]}
        self.call("PUT", f"/v1/revisions/{made['id']}/fields", tree, if_match="*")
        self.revision_id = self.call("POST", f"/v1/revisions/{made['id']}/finalise")["id"]
        self.environment_id = self.make_environment("Live")

    @property
    def path(self):
        return f"/v1/environments/{self.environment_id}/custom-domain"

    def make_environment(self, name):
        body = {"name": name, "revision_id": self.revision_id, "destination": {"type": "s3", "managed": True}}
        return self.call("POST", f"/v1/endpoints/{self.endpoint_id}/environments", body)["id"]

    def call(self, method, path, body=None, **headers):
        answer = self.world.api.call(method, path, body, token=self.token, **headers)
        assert answer.status < 300, answer.text
        return answer.json if answer.text else None

    def claim(self, domain=DOMAIN, certificate="managed", environment_id=None):
        path = f"/v1/environments/{environment_id or self.environment_id}/custom-domain"
        return self.call("PUT", path, {"domain": domain, "certificate": certificate})

    def refused_claim(self, domain=DOMAIN):
        body = {"domain": domain, "certificate": "managed"}
        return self.world.api.call("PUT", self.path, body, token=self.token).code

    def shown(self):
        return self.call("GET", self.path)

    def remove(self, domain=DOMAIN):
        self.call("DELETE", f"{self.path}?confirm={domain}")

    def set_record(self, *beside):
        """Set the record that the domain's page shows, beside others."""
        (row,) = [row for row in self.shown()["dns_records"] if row["purpose"] == "proof"]
        self.world.texts.records[row["name"]] = [*beside, row["value"]]

    def prove(self):
        self.set_record()
        self.world.wait(FIRST_PAUSE_SECONDS)
        self.world.take(self.environment_id)


class World:
    """A deployment that asks for proofs, two organisations, and the DNS."""

    def __init__(self, zone=None):
        self.api = Api()
        self.secret = SECRET
        self.api.handler = self.api.serve(
            domain_secret=lambda: self.secret, domain_zone_name="host.example" if zone else None
        )
        self.store = self.api.certificates
        self.front = MemoryFront(self.store)
        self.texts = MemoryTexts()
        self.proofs = Proofs(self.api.table, self.texts, zone, self.api.clock)
        domains = Domains(self.api.table, self.store, self.front, zone, self.api.clock, self.proofs)
        settings = ProvisionerSettings(Buckets("data", "landing"))
        self.handler = make_handler(self.api.table, None, settings, self.api.clock, domains=domains)
        self.api.add_member(Role.OWNER, token=OTHER_TOKEN, organisation="org_other")
        self.first = Organisation(self, OWNER_TOKEN)
        self.other = Organisation(self, OTHER_TOKEN)

    def send(self, **message):
        record = {"messageId": "1", "body": json.dumps(message)}
        assert self.handler({"Records": [record]}, None) == {"batchItemFailures": []}

    def take(self, environment_id):
        self.send(action="prove", environment_id=environment_id)

    def settle(self, domain=DOMAIN):
        self.send(action="settle", domain=domain)

    def look(self):
        return self.handler({"task": "look"}, None)["looked_at"]

    def wait(self, seconds):
        self.api.clock.now_ns += seconds * NS
        self.store.now = self.api.clock.now_ns // NS

    def holder(self, domain=DOMAIN):
        claim = self.api.table.get(custom_domain_key(domain))
        return claim and claim.data["environment_id"]

    def served(self, domain=DOMAIN):
        """Return the environment to which ingest leads the domain."""
        host = self.api.table.get(host_key(domain))
        return host and host.data["environment_id"]


@pytest.fixture
def world():
    return World()


def test_a_first_claim_serves_nothing_until_its_record_is_in_the_dns(world):
    asked = world.first.claim(certificate=leaf().body())
    assert world.api.queue.messages[-1] == {"action": "prove", "environment_id": world.first.environment_id}
    assert (asked["status"], asked["proof"], asked["checked_at"]) == ("pending_proof", "pending", None)
    (row,) = asked["dns_records"]
    assert row == {**row, "type": "TXT", "name": PROOF_NAME, "purpose": "proof", "automatic": False}
    assert len(row["value"]) < 256
    world.take(world.first.environment_id)
    waiting = world.first.shown()
    assert (waiting["status"], waiting["status_reason"]) == ("pending_proof", None)
    assert waiting["checked_at"] is not None
    assert (world.holder(), world.served(), world.front.served) == (None, None, {})
    world.first.prove()
    shown = world.first.shown()
    assert (shown["status"], shown["proof"], shown["version"]) == ("active", "record", asked["version"])
    assert [row["purpose"] for row in shown["dns_records"]] == ["routing"]
    assert world.served() == world.first.environment_id
    assert world.front.served == {DOMAIN: "ref-1"}
    assert world.api.table.get(pending_domain_key(world.first.environment_id)) is None


def test_a_look_finds_the_proof_and_sets_the_domain_up_in_one_run(world):
    world.first.claim(certificate=leaf().body())
    world.first.set_record("v=spf1 -all")
    world.look()
    assert world.first.shown()["status"] == "active"


def test_a_managed_certificate_is_not_requested_before_the_proof(world):
    world.first.claim()
    world.take(world.first.environment_id)
    assert world.store.requested == {}
    world.first.prove()
    assert list(world.store.requested.values()) == [DOMAIN]
    assert world.first.shown()["status"] == "pending_validation"


def test_a_record_of_one_organisation_proves_nothing_for_another(world):
    values = [organisation.claim()["dns_records"][0]["value"] for organisation in (world.first, world.other)]
    assert len(set(values)) == 2
    world.first.set_record()
    world.take(world.other.environment_id)
    shown = world.other.shown()
    assert shown["status"] == "pending_proof"
    assert "another value" in shown["status_reason"]
    assert world.holder() is None


def test_a_pending_claim_holds_nothing_and_the_first_to_prove_has_the_domain(world):
    world.other.claim(certificate=issue().body())
    world.first.claim()
    world.first.prove()
    assert world.holder() == world.first.environment_id
    world.wait(FIRST_PAUSE_SECONDS)
    world.take(world.other.environment_id)
    shown = world.other.shown()
    assert shown["status"] == "failed"
    assert "Another environment has this domain" in shown["status_reason"]
    assert world.other.refused_claim() == "domain_in_use"
    assert world.first.environment_id not in json.dumps(shown)
    world.other.remove()
    assert world.holder() == world.served() == world.first.environment_id


def test_of_two_who_have_proven_a_domain_at_once_one_has_it(world):
    world.first.claim()
    world.other.claim()
    world.first.set_record()
    world.other.set_record(*world.texts.records[PROOF_NAME])
    world.api.table.before_transact = lambda: world.take(world.other.environment_id)
    world.take(world.first.environment_id)
    assert world.holder() == world.served() == world.other.environment_id
    assert world.first.shown()["status"] == "failed"


def test_two_environments_of_one_organisation_share_its_proof_and_one_of_them_has_the_domain(world):
    second = world.first.make_environment("Staging")
    assert world.first.claim()["dns_records"] == world.first.claim(environment_id=second)["dns_records"]
    world.first.set_record()
    world.look()
    assert world.holder() in {world.first.environment_id, second}


def test_a_record_that_goes_later_changes_nothing(world):
    world.first.claim(certificate=leaf().body())
    world.first.prove()
    world.texts.records.clear()
    asked = len(world.texts.asked)
    renewed = world.first.claim(certificate=issue(days=200).body())
    assert (renewed["status"], renewed["proof"]) == ("active", "record")
    world.wait(DAY_SECONDS)
    world.look()
    assert world.first.shown()["status"] == "active"
    assert len(world.texts.asked) == asked


def removed(world):
    """A domain that was the first organisation's, whose records still stand."""
    world.first.claim(certificate=leaf().body())
    world.first.prove()
    world.first.remove()
    world.settle()
    assert (world.holder(), world.served()) == (None, None)


def test_a_removed_domain_whose_records_still_stand_is_not_taken_by_another(world):
    removed(world)
    world.other.claim()
    world.look()
    assert world.other.shown()["status"] == "pending_proof"
    assert (world.holder(), world.served(), world.store.requested) == (None, None, {})


def test_a_domain_of_a_deleted_environment_is_not_taken_by_another_either(world):
    world.first.claim(certificate=leaf().body())
    world.first.prove()
    world.first.call("DELETE", f"/v1/environments/{world.first.environment_id}?confirm=Live")
    world.settle()
    assert world.served() == world.first.environment_id  # it is told 410 there
    world.other.claim()
    world.look()
    assert world.served() == world.first.environment_id
    world.other.prove()
    assert world.served() == world.other.environment_id


def test_an_organisation_needs_no_new_proof_of_a_domain_that_it_had_lately(world):
    removed(world)
    world.texts.records.clear()
    world.wait(DOMAIN_KEPT_DAYS * DAY_SECONDS - 10)
    again = world.first.claim()
    assert (again["status"], again["proof"]) == ("provisioning", "record")
    assert world.served() == world.first.environment_id
    assert world.api.table.get(former_domain_key(DOMAIN)) is None


def test_after_the_days_for_which_a_domain_is_kept_a_proof_is_needed_again(world):
    removed(world)
    world.wait(DOMAIN_KEPT_DAYS * DAY_SECONDS + 1)
    assert world.first.claim()["status"] == "pending_proof"


def test_another_who_proves_a_kept_domain_has_it_and_the_former_needs_a_new_proof(world):
    removed(world)
    world.other.claim(certificate=leaf().body())
    world.other.prove()
    assert world.holder() == world.other.environment_id
    world.other.remove()
    world.settle()
    world.texts.records.clear()
    assert world.first.claim()["status"] == "pending_proof"
    assert world.other.claim()["status"] == "provisioning"


def test_a_new_claim_during_a_change_of_the_secret_counts_with_what_was_shown_first(world):
    first = world.first.claim()
    world.secret = b"another secret of the deployment, as long"
    assert world.first.claim()["dns_records"] == first["dns_records"]
    world.first.prove()
    assert world.first.shown()["proof"] == "record"


def test_what_was_never_proven_leaves_nothing_behind(world):
    world.first.claim()
    world.first.remove()
    assert world.api.table.get(pending_domain_key(world.first.environment_id)) is None
    assert world.first.call("GET", f"/v1/environments/{world.first.environment_id}")["custom_domain"] is None
    assert world.first.claim()["status"] == "pending_proof"
    assert world.api.table.get(former_domain_key(DOMAIN)) is None


def test_a_claim_from_before_the_proof_holds_and_leaves_nothing_behind(world):
    world.first.claim(certificate=leaf().body())
    world.first.prove()
    item = world.api.table.get(custom_domain_key(DOMAIN))
    earlier = {name: value for name, value in item.data.items() if name != "proof"}
    world.api.table.transact([Put(item.key, earlier, item.version)])
    assert world.first.shown()["proof"] == "off"
    assert world.first.claim(certificate=issue(days=200).body())["status"] == "active"
    world.first.remove()
    world.settle()
    assert world.api.table.get(former_domain_key(DOMAIN)) is None
    assert world.first.claim()["status"] == "pending_proof"


def test_a_pending_domain_gives_way_to_another_one(world):
    world.first.claim()
    second = world.first.claim("shop.example.org")
    assert second["dns_records"][0]["name"] == "_ingest-challenge.shop.example.org"
    assert [item.data["domain"] for item in world.proofs.items()] == ["shop.example.org"]
    assert second["version"] == 1


def test_a_domain_in_service_stops_when_another_is_claimed_and_comes_back_without_a_proof(world):
    world.first.claim(certificate=leaf().body())
    world.first.prove()
    world.first.claim("shop.example.org")
    assert world.served() is None
    world.settle()
    assert world.first.claim(certificate=leaf().body())["status"] == "provisioning"
    assert list(world.proofs.items()) == []


def test_a_pending_claim_of_an_environment_that_is_gone_goes_too(world):
    world.first.claim()
    world.first.call("DELETE", f"/v1/environments/{world.first.environment_id}?confirm=Live")
    world.first.environment_id = world.first.make_environment("Next")
    world.look()
    assert list(world.proofs.items()) == []


def test_the_certificate_of_a_pending_claim_is_kept_until_the_claim_goes(world):
    world.first.claim(certificate=leaf().body())
    world.first.claim(certificate=issue(key=key_of("rsa2048")).body())
    world.wait(STRAY_SECONDS + 60)
    world.handler({"task": "sweep"}, None)
    assert sorted(world.store.kept) == ["ref-1", "ref-2"]
    world.first.remove()
    world.handler({"task": "sweep"}, None)
    assert world.store.kept == {}


def test_a_dns_that_gives_no_answer_is_told_and_asked_again(world):
    world.first.claim()
    world.texts.is_silent = True
    world.take(world.first.environment_id)
    assert world.first.shown()["status_reason"] == "The DNS of the domain gives no answer."
    world.texts.is_silent = False
    world.first.prove()
    assert world.first.shown()["proof"] == "record"


def test_a_claim_that_is_not_proven_in_time_fails_and_may_be_made_again(world):
    asked = world.first.claim()
    world.wait(PROOF_WAITS_DAYS * DAY_SECONDS)
    world.look()
    shown = world.first.shown()
    assert (shown["status"], "7 days" in shown["status_reason"]) == ("failed", True)
    count = len(world.texts.asked)
    world.wait(FIRST_PAUSE_SECONDS)
    world.look()
    world.take(world.first.environment_id)
    assert len(world.texts.asked) == count
    again = world.first.claim()
    assert (again["status"], again["dns_records"]) == ("pending_proof", asked["dns_records"])
    world.first.prove()
    assert world.first.shown()["proof"] == "record"


def test_the_dns_is_asked_less_and_less(world):
    world.first.claim()
    for _ in range(24 * 60):
        world.look()
        world.wait(60)
    assert 20 < len(world.texts.asked) < 100


def test_however_often_a_person_asks_the_dns_is_asked_after_a_pause(world):
    world.first.claim()
    for _ in range(5):
        world.first.call("POST", f"{world.first.path}/check")
        assert world.api.queue.messages[-1] == {"action": "prove", "environment_id": world.first.environment_id}
        world.take(world.first.environment_id)
    assert len(world.texts.asked) == 1
    world.wait(PAUSE_SECONDS)
    world.take(world.first.environment_id)
    assert len(world.texts.asked) == 2


def test_slow_name_servers_hold_up_a_run_for_a_bounded_time_and_the_others_have_their_turn(world):
    for number in range(8):
        environment_id = world.first.make_environment(f"Slow {number}")
        world.first.claim(f"slow{number}.example.org", environment_id=environment_id)
    texts = world.texts.texts

    def slowly(name):
        world.wait(LOOK_SECONDS // 2)
        return texts(name)

    world.texts.texts = slowly
    assert world.look() == 2
    for _ in range(3):
        world.look()
    assert len(set(world.texts.asked)) == 8


def test_one_claim_that_breaks_does_not_hold_up_the_others(world, caplog):
    world.first.claim()
    world.other.claim("shop.example.org")
    world.other.set_record()

    def fail():
        raise ZeroDivisionError

    world.texts.before_answer = fail
    world.look()
    assert "can't be looked for" in caplog.text
    assert world.holder("shop.example.org") == world.other.environment_id


def test_a_change_during_the_question_counts(world):
    world.first.claim()
    world.first.set_record()
    world.texts.before_answer = world.first.remove
    world.take(world.first.environment_id)
    assert (world.holder(), world.served()) == (None, None)


def test_asking_again_goes_on_with_a_domain_that_is_proven(world):
    world.first.claim()
    world.first.prove()
    world.first.call("POST", f"{world.first.path}/check")
    assert world.api.queue.messages[-1] == {"action": "settle", "domain": DOMAIN}
    missing = f"/v1/environments/{world.first.make_environment('None')}/custom-domain/check"
    assert world.api.call("POST", missing).code == "not_found"


def test_a_free_name_of_the_lent_zone_needs_no_record():
    world = World(MemoryZone("host.example"))
    asked = world.first.claim(LENT, issue((LENT,)).body())
    assert (asked["status"], asked["dns_records"]) == ("pending_proof", [])
    world.take(world.first.environment_id)
    shown = world.first.shown()
    assert (shown["status"], shown["proof"]) == ("active", "zone")
    assert [row["automatic"] for row in shown["dns_records"]] == [True]
    assert world.texts.asked == []


def test_a_name_of_the_lent_zone_stays_its_organisations_for_the_days_it_is_kept():
    world = World(MemoryZone("host.example"))
    world.first.claim(LENT, issue((LENT,)).body())
    world.take(world.first.environment_id)
    world.first.remove(LENT)
    world.settle(LENT)
    world.other.claim(LENT)
    world.take(world.other.environment_id)
    shown = world.other.shown()
    assert (shown["status"], [row["purpose"] for row in shown["dns_records"]]) == ("pending_proof", ["proof"])
    assert "Another organisation had this domain" in shown["status_reason"]
    world.other.remove(LENT)
    world.wait(DOMAIN_KEPT_DAYS * DAY_SECONDS + 1)
    world.other.claim(LENT)
    world.take(world.other.environment_id)
    assert world.other.shown()["proof"] == "zone"


@pytest.mark.parametrize("domain", ["taken.host.example", "a.events.host.example"])
def test_a_name_of_the_lent_zone_that_is_not_free_needs_a_record(domain):
    zone = MemoryZone("host.example")
    world = World(zone)
    zone.records["taken.host.example"] = "set by hand"
    world.first.claim(domain)
    world.take(world.first.environment_id)
    shown = world.first.shown()
    assert (shown["status"], [row["purpose"] for row in shown["dns_records"]]) == ("pending_proof", ["proof"])


def test_a_secret_that_cannot_be_read_takes_no_claim(world):
    def fail():
        raise Undelivered("A secret can't be read.")

    world.api.handler = world.api.serve(domain_secret=fail)
    answer = world.api.call("PUT", world.first.path, {"domain": DOMAIN, "certificate": leaf().body()})
    assert answer.status == 503
    assert world.store.keys_seen == 0
