"""Two who change the same thing at once: whoever is second sees what the first did."""

import threading
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.table import SqliteTable
from domain.access.access import authenticate
from domain.access.first_organisation import bootstrap
from domain.catalog import deployments, endpoints, environments, revisions
from domain.catalog.canaries import look_after_canaries
from domain.catalog.custom_domains import DomainRules, put_custom_domain
from domain.certificates.names import DeploymentHosts
from domain.errors import Rejected
from domain.ids import new_id
from domain.metering.ports import UsageSums
from domain.records.caller import Call, IdempotencyKey
from domain.records.change import Catalog
from domain.records.keys import CANARIES, audit_group, custom_domain_key, tree_key
from domain.records.ports import Delete
from functions.provisioner.proofs import Proofs
from schemas.codes import Problem
from schemas.items import host_key, pointer_key, revision_document_key
from tests.destinations import FakeConnectors, MemorySecrets
from tests.management_api import MANAGED_S3, PRICE, Clock, ProvisionQueue
from tests.memory_certificates import MemoryCertificates
from tests.memory_table import MemoryTable
from tests.memory_texts import MemoryTexts
from tests.memory_usage import MemoryUsage

NAME = {"key": "name", "type": "STRING"}


class Organisation:
    """A catalog and a caller who may do everything."""

    def __init__(self, table, clock):
        self.table = table
        bootstrap(table, "hash", clock)
        self.catalog = Catalog(
            table,
            ProvisionQueue(),
            clock,
            new_id,
            "https://in.example.com",
            "ingest-",
            FakeConnectors(),
            MemorySecrets(),
        )
        self.call = Call(authenticate(table, "hash", clock()), "203.0.113.7")
        self.endpoint = endpoints.create_endpoint(self.catalog, self.call, "Shop", None)

    def with_tree(self, *fields):
        made = revisions.create_revision(self.catalog, self.call, self.endpoint["id"])
        return revisions.replace_fields(self.catalog, self.call, made["id"], list(fields))

    def finalised(self):
        return revisions.finalise_revision(self.catalog, self.call, self.with_tree(PRICE)["id"])

    def settings(self, name, revision):
        return {
            "name": name,
            "revision_id": revision["id"],
            "destination": MANAGED_S3,
            "on_invalid": "quarantine",
            "allowed_origins": [],
            "rate_limit": None,
            "streams": 1,
            "store_addresses": False,
            "quarantine_protected": False,
            "taps": "on",
            "write_keys": [],
            "webhooks": [],
        }

    def environment(self, name, revision):
        settings = self.settings(name, revision)
        return environments.create_environment(self.catalog, self.call, self.endpoint["id"], settings)


@pytest.fixture
def organisation():
    clock = Clock()
    return Organisation(MemoryTable(clock), clock)


def rejection(work):
    with pytest.raises(Rejected) as caught:
        work()
    return caught.value.code


def overtake(organisation, faster, slower):
    """Run `slower`, with `faster` done between what it read and what it writes."""
    organisation.table.before_transact = faster
    return slower()


def test_of_two_creates_of_one_name_the_second_is_refused(organisation):
    def create(name):
        return endpoints.create_endpoint(organisation.catalog, organisation.call, name, None)

    code = rejection(lambda: overtake(organisation, lambda: create("New"), lambda: create("new")))
    assert code == Problem.NAME_TAKEN
    page = endpoints.list_endpoints(organisation.catalog, organisation.call, 10, None)
    assert [item["name"] for item in page["items"]] == ["Shop", "New"]


def test_of_two_environments_of_one_name_the_second_is_refused(organisation):
    revision = organisation.finalised()
    code = rejection(
        lambda: overtake(
            organisation,
            lambda: organisation.environment("Live", revision),
            lambda: organisation.environment("LIVE", revision),
        )
    )
    assert code == Problem.NAME_TAKEN


def test_two_finalises_at_once_finalise_once(organisation):
    draft = organisation.with_tree(PRICE)

    def finalise():
        return revisions.finalise_revision(organisation.catalog, organisation.call, draft["id"])

    results = []
    results.append(overtake(organisation, lambda: results.append(finalise()), finalise))
    assert results[0] == results[1]
    assert organisation.table.get(revision_document_key(draft["id"])).version == 1


def test_a_tree_put_while_it_is_finalised_is_refused(organisation):
    draft = organisation.with_tree(PRICE)
    code = rejection(
        lambda: overtake(
            organisation,
            lambda: revisions.finalise_revision(organisation.catalog, organisation.call, draft["id"]),
            lambda: revisions.replace_fields(organisation.catalog, organisation.call, draft["id"], [NAME]),
        )
    )
    assert code == Problem.REVISION_FINALISED
    shown = revisions.get_revision(organisation.catalog, organisation.call, draft["id"])
    document = organisation.table.get(revision_document_key(draft["id"])).data
    assert shown["fields"] == document["fields"] == draft["fields"]


def test_a_finalise_takes_the_tree_that_was_put_meanwhile(organisation):
    draft = organisation.with_tree(PRICE)
    done = overtake(
        organisation,
        lambda: revisions.replace_fields(organisation.catalog, organisation.call, draft["id"], [NAME]),
        lambda: revisions.finalise_revision(organisation.catalog, organisation.call, draft["id"]),
    )
    document = organisation.table.get(revision_document_key(draft["id"])).data
    assert [item["key"] for item in document["fields"]] == ["name"]
    assert done["fields"] == document["fields"]


def test_of_two_trees_for_one_version_one_is_put(organisation):
    draft = organisation.with_tree(PRICE)
    call = Call(organisation.call.principal, "203.0.113.7", if_match=frozenset({draft["version"]}))

    def put(*fields):
        return revisions.replace_fields(organisation.catalog, call, draft["id"], list(fields))

    code = rejection(lambda: overtake(organisation, lambda: put(NAME), lambda: put(PRICE, NAME)))
    assert code == Problem.VERSION_CONFLICT
    shown = revisions.get_revision(organisation.catalog, organisation.call, draft["id"])
    assert [item["key"] for item in shown["fields"]] == ["name"]


def test_an_environment_made_while_its_endpoint_is_deleted_is_refused(organisation):
    revision = organisation.finalised()
    code = rejection(
        lambda: overtake(
            organisation,
            lambda: endpoints.delete_endpoint(
                organisation.catalog, organisation.call, organisation.endpoint["id"], "Shop"
            ),
            lambda: organisation.environment("Live", revision),
        )
    )
    assert code == Problem.NOT_FOUND
    assert not [key for key in organisation.table.data() if key.pk.startswith("POINTER#")]


def test_an_endpoint_deleted_while_an_environment_is_made_takes_it_along(organisation):
    revision = organisation.finalised()
    made = []
    overtake(
        organisation,
        lambda: made.append(organisation.environment("Live", revision)),
        lambda: endpoints.delete_endpoint(organisation.catalog, organisation.call, organisation.endpoint["id"], "Shop"),
    )
    assert organisation.table.get(pointer_key(made[0]["id"])).data["state"] == "deleted"


def test_a_deployment_to_an_environment_that_is_deleted_meanwhile_is_refused(organisation):
    revision = organisation.finalised()
    environment = organisation.environment("Live", revision)
    code = rejection(
        lambda: overtake(
            organisation,
            lambda: environments.delete_environment(organisation.catalog, organisation.call, environment["id"], "Live"),
            lambda: deployments.deploy(organisation.catalog, organisation.call, environment["id"], revision["id"], ""),
        )
    )
    assert code == Problem.NOT_FOUND
    assert organisation.table.get(pointer_key(environment["id"])).data["state"] == "deleted"


def test_a_deployment_holds_the_document_of_its_revision(organisation):
    revision = organisation.finalised()
    environment = organisation.environment("Live", revision)
    document = organisation.table.get(revision_document_key(revision["id"]))
    code = rejection(
        lambda: overtake(
            organisation,
            lambda: organisation.table.transact([Delete(document.key, document.version)]),
            lambda: deployments.deploy(organisation.catalog, organisation.call, environment["id"], revision["id"], ""),
        )
    )
    assert code == Problem.REVISION_NOT_FINALISED


def test_a_reader_never_sees_a_version_with_the_tree_of_another(organisation):
    draft = organisation.with_tree(PRICE)
    get = organisation.table.get

    def overtaken(key):
        if key == tree_key(draft["id"]):
            organisation.table.get = get
            revisions.replace_fields(organisation.catalog, organisation.call, draft["id"], [NAME])
        return get(key)

    organisation.table.get = overtaken
    seen = revisions.get_revision(organisation.catalog, organisation.call, draft["id"])
    assert (seen["version"], seen["fields"][0]["key"]) == (draft["version"] + 1, "name")


def test_two_deployments_at_once_are_both_remembered_in_order(organisation):
    first, second, third = (organisation.finalised() for _ in range(3))
    environment = organisation.environment("Live", first)

    def deploy(revision):
        return deployments.deploy(organisation.catalog, organisation.call, environment["id"], revision["id"], "")

    overtake(organisation, lambda: deploy(second), lambda: deploy(third))
    page = deployments.list_deployments(
        organisation.catalog, MemoryUsage(), organisation.call, environment["id"], 10, None
    )
    assert [(item["revision_id"], item["replaced"]) for item in page["items"]] == [
        (third["id"], second["id"]),
        (second["id"], first["id"]),
        (first["id"], None),
    ]
    assert organisation.table.get(pointer_key(environment["id"])).data["revision_id"] == third["id"]


CANARY = {"share": 10, "seconds": 60, "max_extra_refused": 1.0}


class Racing:
    """An environment with a canary that refuses everything, and what may end it."""

    def __init__(self, organisation):
        self.organisation = organisation
        self.usage = MemoryUsage()
        self.first, self.second, self.third = (organisation.finalised()["id"] for _ in range(3))
        self.environment = organisation.environment("Live", {"id": self.first})
        self.id = self.deploy(self.second, CANARY)["id"]
        self.refuse(0)

    def refuse(self, events):
        ids = {"endpoint_id": self.environment["endpoint_id"], "organisation_id": self.principal.organisation_id}
        minute = self.organisation.catalog.clock() // 60_000_000_000 * 60
        self.usage.add([UsageSums(self.environment["id"], self.second, minute, quarantined=events, **ids)])

    @property
    def principal(self):
        return self.organisation.call.principal

    def deploy(self, revision_id, canary=None):
        catalog, call = self.organisation.catalog, self.organisation.call
        return deployments.deploy(catalog, call, self.environment["id"], revision_id, "", canary)

    def promote(self):
        catalog, call = self.organisation.catalog, self.organisation.call
        return deployments.promote(catalog, self.usage, call, self.environment["id"], self.id)

    def abort(self):
        catalog, call = self.organisation.catalog, self.organisation.call
        return deployments.abort(catalog, self.usage, call, self.environment["id"], self.id)

    def look(self):
        return look_after_canaries(self.organisation.table, self.usage, self.organisation.catalog.clock, new_id)

    def refuse_too_much(self):
        self.refuse(1_000)
        self.look()

    def expire(self):
        self.organisation.catalog.clock.now_ns += 61_000_000_000
        self.look()

    def state(self):
        """Return the state of the canary, having seen that all that is stored of it says the same."""
        catalog, call = self.organisation.catalog, self.organisation.call
        shown = deployments.get_deployment(catalog, self.usage, call, self.environment["id"], self.id)
        pointer = self.organisation.table.get(pointer_key(self.environment["id"])).data
        environment = environments.get_environment(catalog, call, self.environment["id"])
        entries = self.organisation.table.query(audit_group(self.principal.organisation_id), limit=1_000)
        ends = [item.data["action"] for item in entries if item.data["action"] in END_OF_STATE]
        assert environment["canary"] is None
        assert "canary" not in pointer
        assert pointer["revision_id"] == environment["revision_id"]
        assert self.organisation.table.query(CANARIES) == []
        assert [END_OF_STATE[action] for action in ends] == [shown["canary"]["state"]]
        runs = {"promoted": self.second, "aborted": self.first}
        assert environment["revision_id"] == runs[shown["canary"]["state"]]
        return shown["canary"]["state"]


END_OF_STATE = {"environment.promote": "promoted", "environment.abort": "aborted"}
ENDINGS = {"promote": "promoted", "abort": "aborted", "refuse_too_much": "aborted", "expire": "aborted"}


@pytest.mark.parametrize(
    ("faster", "later"),
    [(faster, later) for faster in ENDINGS for later in ENDINGS if (faster, later) != ("promote", "expire")],
)
def test_of_two_ends_of_a_canary_the_faster_one_counts_alone(organisation, faster, later):
    racing = Racing(organisation)
    code = None
    try:
        overtake(organisation, getattr(racing, faster), getattr(racing, later))
    except Rejected as rejected:
        code = rejected.code
    assert racing.state() == ENDINGS[faster]
    loses = later in {"promote", "abort"} and ENDINGS[faster] != ENDINGS[later]
    assert code == (Problem.CANARY_ENDED if loses else None)


def test_a_canary_whose_time_is_over_is_not_promoted_any_more(organisation):
    racing = Racing(organisation)
    organisation.catalog.clock.now_ns += 61_000_000_000
    assert rejection(racing.promote) == Problem.CANARY_ENDED
    racing.look()
    assert racing.state() == "aborted"


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_end_of_a_canary_comes_again_and_changes_nothing(organisation, ending):
    racing = Racing(organisation)
    for _ in range(2):
        getattr(racing, ending)()
        assert racing.state() == ENDINGS[ending]


def test_a_canary_is_never_begun_beside_another(organisation):
    racing = Racing(organisation)
    racing.abort()
    code = rejection(
        lambda: overtake(
            organisation, lambda: racing.deploy(racing.second, CANARY), lambda: racing.deploy(racing.third, CANARY)
        )
    )
    assert code == Problem.CANARY_RUNNING
    assert len(organisation.table.query(CANARIES)) == 1


def test_a_setting_that_changes_meanwhile_stays_changed_when_a_canary_ends(organisation):
    racing = Racing(organisation)

    def change():
        catalog, call = organisation.catalog, organisation.call
        environments.change_environment(catalog, call, racing.environment["id"], {"on_invalid": "reject"})

    overtake(organisation, change, racing.refuse_too_much)
    assert racing.state() == "aborted"
    pointer = organisation.table.get(pointer_key(racing.environment["id"])).data
    assert pointer["on_invalid"] == "reject"


def test_an_environment_deleted_while_its_canary_runs_leaves_no_canary(organisation):
    racing = Racing(organisation)

    def delete():
        environments.delete_environment(organisation.catalog, organisation.call, racing.environment["id"], "Live")

    overtake(organisation, delete, racing.refuse_too_much)
    assert racing.look() == 0
    assert organisation.table.query(CANARIES) == []
    pointer = organisation.table.get(pointer_key(racing.environment["id"])).data
    assert pointer["state"] == "deleted"
    assert "canary" not in pointer


def test_a_key_used_twice_at_once_does_its_work_once(organisation):
    call = Call(organisation.call.principal, "203.0.113.7", idempotency=IdempotencyKey("key", "request"))

    def create():
        return endpoints.create_endpoint(organisation.catalog, call, "New", None)

    results = []
    results.append(overtake(organisation, lambda: results.append(create()), create))
    assert results[0] == results[1]
    page = endpoints.list_endpoints(organisation.catalog, organisation.call, 10, None)
    assert len(page["items"]) == 2


def test_whoever_is_always_overtaken_is_told_so(organisation):
    def rename():
        return endpoints.change_endpoint(
            organisation.catalog, organisation.call, organisation.endpoint["id"], {"name": "Mine"}
        )

    original = organisation.table.transact
    numbers = iter(range(1_000))

    def overtaken(writes):
        organisation.table.transact = original
        endpoints.change_endpoint(
            organisation.catalog, organisation.call, organisation.endpoint["id"], {"name": f"Theirs {next(numbers)}"}
        )
        organisation.table.transact = overtaken
        original(writes)

    organisation.table.transact = overtaken
    assert rejection(rename) == Problem.CONFLICT


def test_many_threads_lose_no_change(tmp_path: Path):
    clock = Clock()
    database = Database(tmp_path / "state.db")
    organisation = Organisation(SqliteTable(database, clock), clock)
    revision = organisation.finalised()
    failures = []
    start = threading.Barrier(6)

    def work(number):
        start.wait()
        try:
            for name in (f"Live {number}", "Contested"):
                organisation.environment(name, revision)
        except Rejected as error:
            failures.append(error.code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page = environments.list_environments(
        organisation.catalog, organisation.call, organisation.endpoint["id"], 50, None
    )
    names = sorted(item["name"] for item in page["items"])
    assert names == ["Contested", *(f"Live {number}" for number in range(6))]
    assert failures == [Problem.NAME_TAKEN] * 5
    database.close()


def test_of_two_who_claim_one_domain_the_second_is_refused(organisation):
    revision = organisation.finalised()
    first, second = (organisation.environment(name, revision) for name in ("First", "Second"))
    rules = DomainRules(MemoryCertificates(), DeploymentHosts(), None)

    def claim(environment):
        return put_custom_domain(
            organisation.catalog, rules, organisation.call, environment["id"], "events.example.com", "managed"
        )

    code = rejection(lambda: overtake(organisation, lambda: claim(first), lambda: claim(second)))
    assert code == Problem.DOMAIN_IN_USE
    assert organisation.table.get(host_key("events.example.com")).data == {"environment_id": first["id"]}
    shown = environments.get_environment(organisation.catalog, organisation.call, second["id"])
    assert shown["custom_domain"] is None


def test_a_domain_is_not_claimed_for_an_environment_that_is_deleted_meanwhile(organisation):
    environment = organisation.environment("Live", organisation.finalised())
    rules = DomainRules(MemoryCertificates(), DeploymentHosts(), None)

    def delete():
        environments.delete_environment(organisation.catalog, organisation.call, environment["id"], "Live")

    def claim():
        put_custom_domain(
            organisation.catalog, rules, organisation.call, environment["id"], "events.example.com", "managed"
        )

    assert rejection(lambda: overtake(organisation, delete, claim)) == Problem.NOT_FOUND
    assert organisation.table.get(host_key("events.example.com")) is None


def test_of_many_who_claim_one_domain_at_once_exactly_one_has_it(tmp_path):
    clock = Clock()
    database = Database(tmp_path / "state.db")
    organisation = Organisation(SqliteTable(database, clock), clock)
    revision = organisation.finalised()
    made = [organisation.environment(f"Live {number}", revision) for number in range(6)]
    rules = DomainRules(MemoryCertificates(), DeploymentHosts(), None)
    won = []

    def claim(environment):
        with suppress(Rejected):
            put_custom_domain(
                organisation.catalog, rules, organisation.call, environment["id"], "events.example.com", "managed"
            )
            won.append(environment["id"])

    threads = [threading.Thread(target=claim, args=(environment,)) for environment in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert organisation.table.get(host_key("events.example.com")).data == {"environment_id": won[0]}
    database.close()


def test_of_many_who_prove_one_domain_at_once_exactly_one_has_it(tmp_path):
    clock = Clock()
    database = Database(tmp_path / "state.db")
    organisation = Organisation(SqliteTable(database, clock), clock)
    revision = organisation.finalised()
    made = [organisation.environment(f"Live {number}", revision)["id"] for number in range(6)]
    rules = DomainRules(MemoryCertificates(), DeploymentHosts(), lambda: b"a secret of the deployment, long enough")
    texts = MemoryTexts()
    for environment_id in made:
        shown = put_custom_domain(
            organisation.catalog, rules, organisation.call, environment_id, "events.example.com", "managed"
        )
        texts.records = {row["name"]: [row["value"]] for row in shown["dns_records"]}
    proofs = Proofs(organisation.table, texts, None, clock)
    won = []
    threads = [threading.Thread(target=lambda one=one: won.append(proofs.settle(one))) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won, key=str) == [None] * 5 + ["events.example.com"]
    holder = organisation.table.get(custom_domain_key("events.example.com")).data["environment_id"]
    assert organisation.table.get(host_key("events.example.com")).data == {"environment_id": holder}
    states = {item.data["environment_id"]: item.data["status"] for item in proofs.items()}
    assert states == dict.fromkeys(set(made) - {holder}, "failed")
    database.close()
