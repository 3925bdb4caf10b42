"""Custom domains in the provisioner: made, renewed, watched and taken down, whatever fails in between."""

import json
import logging
from contextlib import suppress

import pytest

from domain.errors import Undelivered
from domain.records.keys import custom_domain_key
from domain.records.ports import Put
from functions.provisioner.domains import LEASE_SECONDS, LOOK_AGAIN_SECONDS, STRAY_SECONDS, Domains
from functions.provisioner.handler import Buckets, ProvisionerSettings, make_handler
from schemas.items import host_key
from tests.certificates import DOMAIN, issue, key_of, leaf
from tests.management_api import START_NS, Api
from tests.memory_certificates import MemoryFront, MemoryZone

NS = 1_000_000_000
DAY_NS = 86_400 * NS


class NoStreams:
    """Nothing of streams is asked for here."""


class Died(BaseException):
    """The process ends here."""


class Deployment:
    """An environment, its management function and the provisioner's part for domains."""

    def __init__(self, zone=None):
        self.api = Api()
        self.store = self.api.certificates
        self.front = MemoryFront(self.store)
        self.zone = zone
        self.domains = Domains(self.api.table, self.store, self.front, zone, self.api.clock)
        settings = ProvisionerSettings(Buckets("data", "landing"))
        self.handler = make_handler(self.api.table, NoStreams(), settings, self.api.clock, domains=self.domains)
        self.endpoint = self.api.endpoint()
        self.environment = self.api.environment(self.endpoint)
        self.api.queue.messages.clear()
        self.wait(0)

    @property
    def path(self):
        return f"/v1/environments/{self.environment['id']}/custom-domain"

    def put(self, certificate=None, domain=DOMAIN):
        answer = self.api.call("PUT", self.path, {"domain": domain, "certificate": certificate or leaf().body()})
        assert answer.status == 200, answer.text
        return answer.json

    def delete(self):
        domain = self.shown()["domain"]
        assert self.api.call("DELETE", f"{self.path}?confirm={domain}").status == 204

    def take(self, domain=DOMAIN):
        """Deliver one message of a domain; return whether it has to come again."""
        record = {"messageId": "1", "body": json.dumps({"action": "settle", "domain": domain})}
        return bool(self.handler({"Records": [record]}, None)["batchItemFailures"])

    def look(self):
        return self.handler({"task": "look"}, None)["looked_at"]

    def sweep(self):
        return self.handler({"task": "sweep"}, None)["deleted"]

    def shown(self):
        answer = self.api.call("GET", self.path)
        assert answer.status == 200, answer.text
        return answer.json

    def item(self, domain=DOMAIN):
        return self.api.table.get(custom_domain_key(domain))

    def wait(self, seconds):
        self.api.clock.now_ns += seconds * NS
        self.store.now = self.api.clock.now_ns // NS


@pytest.fixture
def deployment():
    return Deployment()


def test_an_imported_certificate_is_served_and_its_record_shown(deployment):
    made = deployment.put()
    assert not deployment.take()
    shown = deployment.shown()
    assert deployment.front.served == {DOMAIN: "ref-1"}
    assert shown == {
        **made,
        "status": "active",
        "dns_records": [
            {
                "type": "CNAME",
                "name": DOMAIN,
                "value": "d-18.execute-api.example",
                "purpose": "routing",
                "automatic": False,
            }
        ],
        "updated_at": shown["updated_at"],
    }


def test_a_message_that_comes_again_changes_nothing(deployment):
    deployment.put()
    deployment.take()
    before = deployment.shown()
    deployment.wait(60)
    deployment.take()
    assert deployment.shown() == before


def test_a_managed_certificate_waits_for_its_proof_then_serves(deployment):
    deployment.put("managed")
    deployment.take()
    shown = deployment.shown()
    assert shown["status"] == "pending_validation"
    assert [(row["name"], row["purpose"]) for row in shown["dns_records"]] == [(f"_proof.{DOMAIN}", "validation")]
    assert deployment.front.served == {}
    assert deployment.look() == 1
    deployment.store.issue("ref-1", leaf().pem)
    assert deployment.look() == 1
    shown = deployment.shown()
    assert shown["status"] == "active"
    assert [row["purpose"] for row in shown["dns_records"]] == ["routing", "validation"]
    assert shown["certificate"]["subject"] == "CN=Leaf"
    assert deployment.look() == 0
    assert list(deployment.store.requested.values()) == [DOMAIN]


def test_a_managed_certificate_that_is_not_issued_says_why_and_is_asked_for_again(deployment):
    deployment.put("managed")
    deployment.take()
    deployment.store.kept["ref-1"] = deployment.store.kept["ref-1"]._replace(state="failed", reason="Not proven.")
    deployment.look()
    assert (deployment.shown()["status"], deployment.shown()["status_reason"]) == ("failed", "Not proven.")
    deployment.put("managed")
    deployment.take()
    deployment.store.issue("ref-2", leaf().pem)
    deployment.look()
    assert deployment.shown()["status"] == "active"
    assert list(deployment.store.kept) == ["ref-2"]


def test_a_certificate_of_another_algorithm_replaces_the_former_which_is_deleted_once_it_is_free(deployment):
    deployment.put()
    deployment.take()
    deployment.put(issue(key=key_of("rsa2048")).body())
    assert deployment.front.served == {DOMAIN: "ref-1"}
    deployment.take()
    assert deployment.front.served == {DOMAIN: "ref-2"}
    assert list(deployment.store.kept) == ["ref-2"]
    assert deployment.item().data["retired"] == []


def test_what_is_still_in_use_is_deleted_later(deployment):
    deployment.put()
    deployment.take()
    deployment.put("managed")
    deployment.take()
    assert deployment.shown()["status"] == "pending_validation"
    assert deployment.front.served == {DOMAIN: "ref-1"}
    assert [row["purpose"] for row in deployment.shown()["dns_records"]] == ["routing", "validation"]
    deployment.store.issue("ref-2", leaf().pem)
    deployment.front.before_serve = lambda: deployment.store.in_use.add("ref-1")
    serve = deployment.front.serve

    def slow_to_let_go(domain, certificate, former):
        assert former == ["ref-1"]
        record = serve(domain, certificate, former)
        deployment.store.in_use.add("ref-1")
        return record

    deployment.front.serve = slow_to_let_go
    deployment.look()
    assert deployment.shown()["status"] == "active"
    assert sorted(deployment.store.kept) == ["ref-1", "ref-2"]
    deployment.front.serve = serve
    deployment.look()
    assert list(deployment.store.kept) == ["ref-2"]
    assert deployment.look() == 0


def test_a_listener_that_all_share_gets_no_wildcard_that_browsers_distrust(deployment):
    deployment.put(issue(("*.example.org",)).body(), "events.example.org")
    deployment.front.shares_listener = True  # as after a change of the stage's front door
    deployment.take("events.example.org")
    shown = deployment.shown()
    assert (shown["status"], deployment.front.served) == ("failed", {})
    assert "for the domain alone" in shown["status_reason"]
    deployment.put(issue(("events.example.org",)).body(), "events.example.org")
    deployment.take("events.example.org")
    assert deployment.shown()["status"] == "active"


def test_a_certificate_that_is_gone_is_told_or_asked_for_anew(deployment):
    deployment.put()
    deployment.take()
    deployment.store.kept.clear()
    deployment.wait(LOOK_AGAIN_SECONDS)
    deployment.look()
    shown = deployment.shown()
    assert shown["status"] == "failed"
    assert "put the domain again" in shown["status_reason"]
    deployment.put("managed")
    deployment.take()
    deployment.store.kept.clear()
    deployment.look()
    assert deployment.shown()["status"] == "pending_validation"
    assert len(deployment.store.requested) == 2


def test_a_domain_is_taken_down_whole(deployment):
    deployment.put()
    deployment.take()
    deployment.delete()
    assert not deployment.take()
    assert (deployment.front.served, deployment.store.kept) == ({}, {})
    assert deployment.item() is None
    assert deployment.api.call("GET", deployment.path).status == 404
    environment = deployment.api.call("GET", f"/v1/environments/{deployment.environment['id']}").json
    assert environment["custom_domain"] is None
    deployment.put()
    deployment.take()
    assert deployment.shown()["status"] == "active"


def test_a_former_domain_goes_and_the_new_one_stays(deployment):
    deployment.put()
    deployment.take()
    deployment.put(issue(("other.example.com",)).body(), "other.example.com")
    deployment.take("other.example.com")
    deployment.take()
    assert deployment.front.served == {"other.example.com": "ref-2"}
    assert deployment.item() is None
    assert deployment.shown()["status"] == "active"


@pytest.mark.parametrize("what", ["environment", "endpoint"])
def test_what_is_deleted_takes_its_domain_along(deployment, what):
    deployment.put()
    deployment.take()
    if what == "environment":
        target = f"/v1/environments/{deployment.environment['id']}?confirm=Live"
    else:
        target = f"/v1/endpoints/{deployment.endpoint['id']}?confirm=Shop"
    assert deployment.api.call("DELETE", target).status == 204
    for message in deployment.api.queue.messages:
        if "domain" in message:
            deployment.take(message["domain"])
    assert (deployment.front.served, deployment.store.kept, deployment.item()) == ({}, {}, None)
    assert deployment.api.table.get(host_key(DOMAIN)) is not None  # ingest answers 410 by it


def test_every_domain_of_a_deployment_that_goes_is_taken_down_once_its_certificate_is_free(deployment):
    deployment.put()
    deployment.take()
    stop = deployment.front.stop

    def slow_to_let_go(domain, certificates):
        stop(domain, certificates)
        deployment.store.in_use.add("ref-1")

    deployment.front.stop = slow_to_let_go
    assert deployment.domains.remove_all() == {DOMAIN: "The certificate is still in use."}
    assert deployment.front.served == {}
    deployment.front.stop = stop
    assert deployment.domains.remove_all() == {}
    assert (deployment.store.kept, deployment.item()) == ({}, None)
    assert deployment.domains.remove_all() == {}


def test_a_domain_that_another_run_works_on_is_left_to_the_next_call(deployment):
    deployment.put()
    item = deployment.item()
    lease = {**item.data, "worked_until": deployment.api.clock() // NS + LEASE_SECONDS}
    deployment.api.table.transact([Put(item.key, lease, item.version)])
    assert deployment.domains.remove_all() == {DOMAIN: None}
    deployment.wait(LEASE_SECONDS + 1)
    assert deployment.domains.remove_all() == {}


def test_every_domain_is_looked_at_again_however_lately_it_was(deployment):
    deployment.put()
    deployment.take()
    assert deployment.look() == 0
    deployment.front.served.clear()
    assert deployment.domains.look_again() == [DOMAIN]
    assert deployment.look() == 1
    assert deployment.front.served == {DOMAIN: "ref-1"}


def test_a_lost_message_is_made_up_for(deployment):
    deployment.put()
    assert deployment.look() == 1
    assert deployment.shown()["status"] == "active"
    deployment.api.call("DELETE", f"/v1/environments/{deployment.environment['id']}?confirm=Live")
    deployment.wait(LOOK_AGAIN_SECONDS)
    deployment.look()
    assert deployment.item() is None


def test_trouble_that_passes_is_shown_and_tried_again(deployment):
    deployment.put()
    deployment.front.trouble = Undelivered("The front door can't be reached.")
    assert not deployment.take()
    shown = deployment.shown()
    assert (shown["status"], shown["status_reason"]) == ("provisioning", "The front door can't be reached.")
    deployment.front.trouble = None
    deployment.look()
    shown = deployment.shown()
    assert (shown["status"], shown["status_reason"]) == ("active", None)


def test_trouble_that_does_not_pass_is_a_failure_with_its_reason(deployment):
    deployment.put()
    deployment.front.trouble = Undelivered("The account has as many domains as it may.", retryable=False)
    deployment.take()
    shown = deployment.shown()
    assert (shown["status"], shown["status_reason"]) == ("failed", "The account has as many domains as it may.")
    assert deployment.look() == 0
    deployment.front.trouble = None
    deployment.put()
    deployment.take()
    assert deployment.shown()["status"] == "active"


def test_trouble_leaves_an_active_domain_active(deployment):
    deployment.put()
    deployment.take()
    deployment.wait(LOOK_AGAIN_SECONDS)
    deployment.front.trouble = Undelivered("Denied.", retryable=False)
    deployment.look()
    assert (deployment.shown()["status"], deployment.shown()["status_reason"]) == ("active", "Denied.")


def test_a_fault_of_ours_sends_the_message_again_and_holds_up_no_other(deployment, caplog):
    deployment.put()
    deployment.front.trouble = ZeroDivisionError()
    assert deployment.take()
    deployment.front.trouble = None
    assert not deployment.take()
    assert deployment.shown()["status"] == "active"
    assert "has to be settled again" in caplog.text


def test_a_change_while_it_is_worked_on_wins(deployment):
    deployment.put()
    deployment.front.before_serve = deployment.delete
    deployment.take()
    assert (deployment.front.served, deployment.store.kept, deployment.item()) == ({}, {}, None)


def test_a_renewal_while_it_is_worked_on_wins(deployment):
    deployment.put()
    deployment.front.before_serve = lambda: deployment.put(issue(key=key_of("rsa2048")).body())
    deployment.take()
    assert deployment.front.served == {DOMAIN: "ref-2"}
    assert list(deployment.store.kept) == ["ref-2"]


def test_two_runs_do_not_work_on_one_domain(deployment):
    deployment.put()
    seen = []
    deployment.front.before_serve = lambda: seen.append((deployment.take(), deployment.look(), deployment.front.served))
    deployment.take()
    assert seen == [(False, 0, {DOMAIN: "ref-1"})]


def test_no_domain_is_no_error(deployment):
    assert not deployment.take("never.example.com")


class Steps:
    """Lets the process die, or a call fail, before or after the `number`th call to the world."""

    def __init__(self, number, how):
        self.left = number
        self.how = how
        self.hit = False

    def wrap(self, owner, name):
        call = getattr(owner, name)

        def wrapped(*arguments, **options):
            self.left -= 1
            if self.left or self.hit:
                return call(*arguments, **options)
            self.hit = True
            if self.how == "dies-before":
                raise Died
            if self.how == "fails-before":
                raise Undelivered("It failed.")
            result = call(*arguments, **options)
            if self.how == "dies-after":
                raise Died
            if self.how == "fails-after":
                raise Undelivered("It failed after all was done.")
            return result

        setattr(owner, name, wrapped)
        return lambda: setattr(owner, name, call)


WAYS = ["dies-before", "dies-after", "fails-before", "fails-after"]


def every_fault(play, check, how):
    """Play a story again and again, with the fault at its first call to the world, its second and so on."""
    for number in range(1, 100):
        deployment = Deployment(MemoryZone("example.com"))
        steps = Steps(number, how)
        undo = [
            steps.wrap(owner, name)
            for owner, names in (
                (deployment.store, ("request", "look", "delete")),
                (deployment.front, ("serve", "stop")),
                (deployment.zone, ("set", "remove")),
                (deployment.api.table, ("transact",)),
            )
            for name in names
        ]
        play(deployment, steps)
        for put_back in undo:
            put_back()
        for _ in range(3):
            deployment.wait(LEASE_SECONDS)
            deployment.look()
        deployment.wait(STRAY_SECONDS)
        deployment.sweep()
        check(deployment)
        if not steps.hit:
            return number
    raise AssertionError("the story has no end")


def survive(work):
    with suppress(Died, Undelivered):
        work()


def without_faults(steps, work):
    """Do what people do, which is not what fails here."""
    left, steps.left = steps.left, -1_000_000
    work()
    steps.left = left


@pytest.mark.parametrize("how", WAYS)
def test_a_fault_anywhere_leaves_a_domain_that_becomes_active(how):
    def play(deployment, steps):
        without_faults(steps, lambda: deployment.put("managed"))
        survive(deployment.take)
        deployment.wait(LEASE_SECONDS)
        for reference in list(deployment.store.kept):
            deployment.store.issue(reference, leaf().pem)
        survive(deployment.look)
        for reference in list(deployment.store.kept):
            deployment.store.issue(reference, leaf().pem)

    def check(deployment):
        shown = deployment.shown()
        assert shown["status"] == "active", shown
        assert len(deployment.store.kept) == 1
        assert deployment.front.served == {DOMAIN: next(iter(deployment.store.kept))}
        assert sorted(deployment.zone.records) == [f"_proof.{DOMAIN}", DOMAIN]
        assert all(row["automatic"] for row in shown["dns_records"])

    assert every_fault(play, check, how) > 8


@pytest.mark.parametrize("how", WAYS)
def test_a_fault_anywhere_leaves_nothing_of_a_domain_that_goes(how):
    def play(deployment, steps):
        without_faults(steps, deployment.put)
        without_faults(steps, deployment.take)
        without_faults(steps, deployment.delete)
        survive(deployment.take)

    def check(deployment):
        assert deployment.item() is None
        assert (deployment.front.served, deployment.store.kept, deployment.zone.records) == ({}, {}, {})
        assert deployment.api.table.get(host_key(DOMAIN)) is None

    assert every_fault(play, check, how) > 5


def test_records_of_our_own_zone_are_set_and_removed():
    deployment = Deployment(MemoryZone("example.com"))
    deployment.put()
    deployment.take()
    assert [row["automatic"] for row in deployment.shown()["dns_records"]] == [True]
    deployment.delete()
    deployment.take()
    assert deployment.zone.records == {}


def test_a_record_of_somebody_else_is_left_alone():
    zone = MemoryZone("example.com")
    zone.records[DOMAIN] = "somebody's"
    deployment = Deployment(zone)
    deployment.put()
    deployment.take()
    assert [row["automatic"] for row in deployment.shown()["dns_records"]] == [False]
    deployment.delete()
    deployment.take()
    assert zone.records == {DOMAIN: "somebody's"}


def test_each_step_towards_the_end_of_a_certificate_is_logged_once(deployment, caplog):
    deployment.put()
    deployment.take()
    lines = []
    with caplog.at_level(logging.WARNING):
        for day in range(55, 91):
            deployment.api.clock.now_ns = START_NS + day * DAY_NS
            deployment.look()
            deployment.wait(LOOK_AGAIN_SECONDS)
            deployment.look()
            lines += [(day, record.getMessage()) for record in caplog.records]
            caplog.clear()
    assert [(day, text.rsplit("in ", 1)[1]) for day, text in lines] == [
        (60, "29 days"),
        (76, "13 days"),
        (87, "2 days"),
    ]
    assert all(DOMAIN in text for _, text in lines)


def test_a_renewed_certificate_is_warned_of_anew(deployment, caplog):
    deployment.put()
    deployment.take()
    deployment.api.clock.now_ns = START_NS + 80 * DAY_NS
    deployment.look()
    deployment.put(issue(days=100).body())
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        deployment.take()
        assert "expires in 19 days" in caplog.text


def test_what_is_kept_for_nothing_is_swept_after_a_while(deployment):
    deployment.put()
    deployment.take()
    # As when a request was refused after its certificate had been kept.
    stray = deployment.store.keep(
        type("Bundle", (), {"certificate": "", "chain": "", "key_algorithm": "x"}), "lost.example.com"
    )
    assert deployment.sweep() == 0
    deployment.wait(STRAY_SECONDS + 1)
    assert deployment.sweep() == 1
    assert stray not in deployment.store.kept
    assert list(deployment.store.kept) == ["ref-1"]


def test_a_stray_that_can_not_be_deleted_holds_up_no_other(deployment):
    for name in ("a", "b"):
        deployment.store.keep(type("Bundle", (), {"certificate": "", "chain": "", "key_algorithm": name}), name)
    deployment.store.in_use.add("ref-1")
    deployment.wait(STRAY_SECONDS + 1)
    assert deployment.sweep() == 1
    assert list(deployment.store.kept) == ["ref-1"]


def test_a_look_passes_over_what_a_run_that_died_still_holds_until_its_lease_ends(deployment):
    deployment.put()
    item = deployment.item()
    now = deployment.api.clock.now_ns // NS
    deployment.api.table.transact([Put(item.key, {**item.data, "worked_until": now + LEASE_SECONDS}, item.version)])
    assert deployment.look() == 0
    deployment.take()
    assert deployment.shown()["status"] == "provisioning"
    deployment.wait(LEASE_SECONDS + 1)
    assert deployment.look() == 1
    assert deployment.shown()["status"] == "active"
