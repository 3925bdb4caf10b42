"""Canaries as the API starts, compares and ends them, and what ingest is told of them."""

import pytest

from domain.catalog.canaries import look_after_canaries
from domain.errors import Undelivered
from domain.ids import new_id
from domain.metering.ports import UsageSums
from domain.records.caller import Role
from domain.records.keys import CANARIES
from domain.records.ports import Put
from schemas.items import pointer_key

SECOND_NS = 1_000_000_000
EDITOR = "iet_editor"


class Environment:
    """An environment that runs one revision, and another revision that may become its canary."""

    def __init__(self, api, **settings):
        self.api = api
        self.endpoint = api.endpoint()
        self.made = api.environment(self.endpoint, **settings)
        self.id = self.made["id"]
        self.first, self.second = self.made["revision_id"], api.finalised(self.endpoint)["id"]
        self.path = f"/v1/environments/{self.id}/deployments"

    def start(self, share=10, revision_id=None, **canary):
        body = {"revision_id": revision_id or self.second, "canary": {"share": share, **canary}}
        return self.api.call("POST", self.path, body)

    def end(self, how, deployment, **headers):
        return self.api.call("POST", f"{self.path}/{deployment['id']}/{how}", **headers)

    def get(self, deployment):
        return self.api.call("GET", f"{self.path}/{deployment['id']}").json

    def shown(self):
        return self.api.call("GET", f"/v1/environments/{self.id}").json

    def pointer(self):
        return self.api.table.get(pointer_key(self.id)).data

    def count(self, revision_id, *, seconds_ago=0, **counts):
        at = self.api.clock.now_ns // SECOND_NS - seconds_ago
        ids = {"endpoint_id": self.endpoint["id"], "organisation_id": self.api.organisation_id}
        self.api.usage.add([UsageSums(self.id, revision_id, at - at % 60, **ids, **counts)])

    def look(self):
        return look_after_canaries(self.api.table, self.api.usage, self.api.clock, new_id)

    def forward(self, seconds):
        self.api.clock.now_ns += seconds * SECOND_NS

    def audit(self, *actions):
        return [entry for entry in self.api.audit() if entry["action"] in actions]


@pytest.fixture
def environment(api):
    return Environment(api)


def test_a_canary_is_told_to_ingest_and_the_environment_goes_on_with_its_revision(api, environment):
    answer = environment.start(share=10, seconds=600)
    assert answer.status == 201
    made = answer.json
    until = api.clock.now_ns // SECOND_NS + 600
    assert environment.pointer()["canary"] == {
        "deployment_id": made["id"],
        "revision_id": environment.second,
        "share": 10,
        "until": until,
    }
    shown = environment.shown()
    assert environment.pointer()["revision_id"] == shown["revision_id"] == environment.first
    assert shown["deployed_at"] == environment.made["deployed_at"]
    assert shown["version"] == 2
    canary = made["canary"]
    assert (made["revision_id"], made["replaced"]) == (environment.second, environment.first)
    assert shown["canary"] == {
        "deployment_id": made["id"],
        "revision_id": environment.second,
        "share": 10,
        "until": canary["until"],
    }
    assert (canary["state"], canary["seconds"], canary["max_extra_refused"]) == ("running", 600, 1.0)
    assert (canary["reason"], canary["ended_at"], canary["ended_by"]) == (None, None, None)


def test_a_canary_runs_for_an_hour_where_nothing_else_is_asked(environment):
    assert environment.start().json["canary"]["seconds"] == 3_600


@pytest.mark.parametrize(
    ("canary", "pointer"),
    [
        ({"share": 0}, "/canary/share"),
        ({"share": 51}, "/canary/share"),
        ({"share": 1.5}, "/canary/share"),
        ({"share": 10, "seconds": 59}, "/canary/seconds"),
        ({"share": 10, "seconds": 86_401}, "/canary/seconds"),
        ({"share": 10, "max_extra_refused": -0.1}, "/canary/max_extra_refused"),
        ({"share": 10, "max_extra_refused": 100.1}, "/canary/max_extra_refused"),
        ({"share": 10, "rest": 1}, "/canary/rest"),
        ({}, "/canary/share"),
    ],
)
def test_faults_of_a_canary_are_told_at_their_place(api, environment, canary, pointer):
    answer = api.call("POST", environment.path, {"revision_id": environment.second, "canary": canary})
    assert (answer.status, answer.pointers) == (422, [pointer])


@pytest.mark.parametrize("canary", [{"share": 1, "seconds": 60}, {"share": 50, "seconds": 86_400}])
def test_a_canary_may_be_as_large_and_as_long_as_its_bounds(api, environment, canary):
    body = {"revision_id": environment.second, "canary": {**canary, "max_extra_refused": 0}}
    assert api.call("POST", environment.path, body).status == 201


def test_a_canary_of_the_revision_that_runs_is_refused(environment):
    answer = environment.start(revision_id=environment.first)
    assert (answer.status, answer.pointers) == (422, ["/revision_id"])


@pytest.mark.parametrize("canary", [None, {"share": 5}])
def test_another_deployment_meanwhile_is_refused_with_the_canary_that_runs(api, environment, canary):
    made = environment.start().json
    for revision_id in (environment.first, environment.second):
        answer = api.call("POST", environment.path, {"revision_id": revision_id, "canary": canary})
        assert (answer.status, answer.code, answer.json["deployment_id"]) == (409, "canary_running", made["id"])
    assert len(api.call("GET", environment.path).json["items"]) == 2


def test_a_promotion_gives_the_canary_all_requests(api, environment):
    made = environment.start().json
    answer = environment.end("promote", made)
    assert answer.status == 200
    canary = answer.json["canary"]
    assert (canary["state"], canary["ended_by"]["name"], canary["reason"]) == ("promoted", "owner@localhost", None)
    shown = environment.shown()
    assert (shown["revision_id"], shown["deployed_at"], shown["canary"]) == (
        environment.second,
        canary["ended_at"],
        None,
    )
    assert environment.pointer()["revision_id"] == environment.second
    assert "canary" not in environment.pointer()
    assert api.table.query(CANARIES) == []


def test_an_abort_gives_all_requests_back(api, environment):
    made = environment.start().json
    canary = environment.end("abort", made).json["canary"]
    assert (canary["state"], canary["ended_by"]["name"], canary["reason"]) == ("aborted", "owner@localhost", None)
    shown = environment.shown()
    assert (shown["revision_id"], shown["deployed_at"]) == (environment.first, environment.made["deployed_at"])
    assert environment.pointer()["revision_id"] == environment.first
    assert "canary" not in environment.pointer()
    assert api.table.query(CANARIES) == []
    assert environment.start().status == 201


def test_an_end_that_is_asked_for_again_stays_and_another_is_refused(environment):
    for how, other in (("promote", "abort"), ("abort", "promote")):
        revision_id = environment.second if environment.shown()["revision_id"] == environment.first else None
        made = environment.start(revision_id=revision_id or environment.first).json
        first, again = (environment.end(how, made).json for _ in range(2))
        assert again == first
        assert environment.end(other, made).code == "canary_ended"


@pytest.mark.parametrize("how", ["promote", "abort"])
def test_a_deployment_to_all_requests_has_no_canary_to_end(api, environment, how):
    made = api.call("POST", environment.path, {"revision_id": environment.second}).json
    assert made["canary"] is None
    assert environment.end(how, made).code == "canary_ended"
    for other in ("dep_unknown", environment.second, environment.id):
        assert environment.end(how, {"id": other}).status == 404


@pytest.mark.parametrize("how", ["promote", "abort"])
def test_an_end_on_a_stale_copy_changes_nothing(environment, how):
    made = environment.start().json
    assert environment.end(how, made, if_match='"1"').code == "version_conflict"
    assert environment.get(made)["canary"]["state"] == "running"
    assert environment.end(how, made, if_match='"2"').status == 200


def test_a_repeated_start_answers_the_same_and_starts_once(api, environment):
    body = {"revision_id": environment.second, "canary": {"share": 10}}
    first, again = (api.call("POST", environment.path, body, idempotency_key="once") for _ in range(2))
    assert (again.status, again.json) == (first.status, first.json)
    assert len(api.call("GET", environment.path).json["items"]) == 2


def test_both_refused_shares_are_shown_side_by_side(environment):
    environment.count(environment.first, seconds_ago=120, accepted=1_000, rejected=1_000)  # before it began
    made = environment.start().json
    environment.count(environment.first, accepted=900, quarantined=5, rejected=5, requests=3)
    environment.count(environment.second, accepted=90, quarantined=10, limited=7)
    environment.forward(3_500)
    environment.count(environment.second, accepted=95, quarantined=5)
    environment.count(environment.first, accepted=90, redriven=4)
    compared = {
        "canary": {"events": 200, "refused": 15, "refused_share": 7.5},
        "current": {"events": 996, "refused": 10, "refused_share": 1.0},
    }
    assert environment.get(made)["canary"]["compared"] == compared
    listed = environment.api.call("GET", environment.path).json["items"]
    assert [item["canary"] and item["canary"]["compared"] for item in listed] == [compared, None]
    ended = environment.end("promote", made).json
    environment.count(environment.second, rejected=1_000)  # after its end
    assert environment.get(made)["canary"]["compared"] == ended["canary"]["compared"] == compared


def test_a_canary_of_hours_is_compared_by_all_of_its_minutes(environment):
    made = environment.start(seconds=86_400).json
    for _ in range(14):
        environment.forward(6_000)
        environment.count(environment.second, accepted=1)
        environment.count(environment.first, rejected=2)
    compared = environment.get(made)["canary"]["compared"]
    assert (compared["canary"]["events"], compared["current"]["events"]) == (14, 28)


def test_without_counts_a_canary_is_shown_and_can_be_ended(environment, monkeypatch):
    made = environment.start().json

    def unreachable(*_):
        raise Undelivered("usage can't be read")

    monkeypatch.setattr(environment.api.usage, "series", unreachable)
    assert environment.get(made)["canary"]["compared"] is None
    assert environment.look() == 1
    assert environment.end("abort", made).json["canary"]["compared"] is None


@pytest.mark.parametrize(
    ("canary", "current", "max_extra", "aborted"),
    [
        ((100, 3), (1_000, 10), 1.0, True),
        ((100, 2), (1_000, 10), 1.0, False),  # by exactly as much as it may
        ((99, 99), (1_000, 10), 1.0, False),  # too few to tell
        ((100, 2), (0, 0), 1.0, True),
        ((10_000, 600), (90_000, 4_500), 1.0, False),
        ((10_000, 601), (90_000, 4_500), 1.0, True),
        ((100, 20), (1_000, 10), 50.0, False),
        ((100, 1), (1_000, 0), 0, True),
        ((100, 0), (1_000, 500), 0, False),
    ],
)
def test_a_canary_that_refuses_too_much_is_aborted_automatically(environment, canary, current, max_extra, aborted):
    made = environment.start(max_extra_refused=max_extra).json
    for revision_id, (events, refused) in ((environment.second, canary), (environment.first, current)):
        environment.count(revision_id, accepted=events - refused, quarantined=refused)
    assert environment.look() == (0 if aborted else 1)
    assert environment.get(made)["canary"]["state"] == ("aborted" if aborted else "running")
    assert ("canary" in environment.pointer()) != aborted
    assert environment.pointer()["revision_id"] == environment.first


def test_why_it_was_aborted_is_shown_and_in_the_audit_log(environment):
    made = environment.start().json
    environment.count(environment.second, accepted=948, quarantined=52)
    environment.count(environment.first, accepted=8_901, quarantined=99)
    assert environment.look() == 0
    reason = "automatic: refused share 5.2 % against 1.1 %"
    canary = environment.get(made)["canary"]
    assert (canary["state"], canary["reason"], canary["ended_by"]) == ("aborted", reason, None)
    assert canary["compared"]["canary"] == {"events": 1_000, "refused": 52, "refused_share": 5.2}
    (entry,) = environment.audit("environment.abort")
    assert entry["actor"] == {"member_id": "", "name": reason, "token_id": None}
    assert entry["subject"]["id"] == environment.id
    assert entry["after"] == {"revision_id": environment.second, "deployment_id": made["id"]}
    assert environment.end("promote", made).code == "canary_ended"
    assert environment.api.call("GET", "/v1/audit").status == 200


def test_who_started_promoted_and_aborted_is_in_the_audit_log(api, environment):
    api.add_member(Role.EDITOR, token=EDITOR, organisation=api.organisation_id)
    aborted = environment.start().json
    environment.end("abort", aborted, token=EDITOR)
    promoted = environment.start().json
    environment.end("promote", promoted, token=EDITOR)
    entries = environment.audit("environment.canary", "environment.abort", "environment.promote")
    assert [(entry["action"], entry["actor"]["name"]) for entry in entries] == [
        ("environment.canary", "owner@localhost"),
        ("environment.abort", f"{EDITOR}@example.com"),
        ("environment.canary", "owner@localhost"),
        ("environment.promote", f"{EDITOR}@example.com"),
    ]
    assert entries[0]["after"]["canary"] == {"share": 10, "seconds": 3_600, "max_extra_refused": 1.0}
    assert [entry["after"]["deployment_id"] for entry in entries] == [aborted["id"]] * 2 + [promoted["id"]] * 2


def test_a_canary_whose_time_is_over_has_ended_before_anybody_writes_it_down(api, environment):
    made = environment.start(seconds=60).json
    environment.forward(60)
    canary = environment.get(made)["canary"]
    reason = "automatic: not promoted within 60 seconds"
    assert (canary["state"], canary["reason"], canary["ended_at"]) == ("aborted", reason, canary["until"])
    assert environment.shown()["canary"] is None
    assert environment.end("promote", made).code == "canary_ended"
    assert environment.end("abort", made).json["canary"]["state"] == "aborted"
    assert environment.look() == 0
    assert {**environment.get(made)["canary"], "compared": None} == {**canary, "compared": None}
    assert "canary" not in environment.pointer()
    (entry,) = environment.audit("environment.abort")
    assert entry["actor"]["name"] == reason
    assert api.table.query(CANARIES) == []


def test_a_deployment_after_the_time_is_over_writes_it_down_too(api, environment):
    made = environment.start(seconds=60).json
    environment.forward(60)
    again = environment.start()
    assert again.status == 201
    assert environment.get(made)["canary"]["state"] == "aborted"
    assert environment.get(again.json)["canary"]["state"] == "running"
    assert [item.key.sk for item in api.table.query(CANARIES)] == [again.json["id"]]
    assert len(environment.audit("environment.abort")) == 1


def test_what_a_revision_refused_before_is_not_held_against_its_canary(api, environment):
    api.call("POST", environment.path, {"revision_id": environment.second})
    environment.count(environment.second, quarantined=1_000)
    api.call("POST", environment.path, {"revision_id": environment.first})
    made = environment.start().json
    assert environment.look() == 1
    environment.forward(60)
    environment.count(environment.second, accepted=500)
    assert environment.look() == 1
    assert environment.get(made)["canary"]["compared"]["canary"]["events"] == 500
    environment.end("abort", made)
    again = environment.start().json
    assert environment.get(again)["canary"]["compared"]["canary"]["events"] == 0


def test_a_changed_setting_leaves_the_canary_running(api, environment):
    made = environment.start().json
    answer = api.call("PATCH", f"/v1/environments/{environment.id}", {"on_invalid": "reject"})
    assert answer.json["canary"]["deployment_id"] == made["id"]
    assert environment.pointer()["canary"]["deployment_id"] == made["id"]


def test_a_deleted_environment_takes_its_canary_along(api, environment):
    environment.start()
    assert api.call("DELETE", f"/v1/environments/{environment.id}?confirm=Live").status == 204
    assert environment.pointer()["state"] == "deleted"
    assert "canary" not in environment.pointer()
    assert environment.look() == 0
    assert api.table.query(CANARIES) == []


def test_canaries_of_others_are_not_found_and_viewers_only_look(api, environment):
    made = environment.start().json
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    api.add_member(Role.VIEWER, token="iet_viewer", organisation=api.organisation_id)
    for how in ("promote", "abort"):
        assert environment.end(how, made, token="iet_other").status == 404
        assert environment.end(how, made, token="iet_viewer").code == "forbidden"
    one = f"{environment.path}/{made['id']}"
    assert api.call("GET", one, token="iet_other").status == 404
    assert api.call("GET", one, token="iet_viewer").status == 200
    elsewhere = api.environment(environment.endpoint, "Staging")
    assert api.call("GET", f"/v1/environments/{elsewhere['id']}/deployments/{made['id']}").status == 404


def test_one_canary_that_can_not_be_looked_at_holds_up_no_other(api, environment):
    other = api.environment(environment.endpoint, "Staging")
    path = f"/v1/environments/{other['id']}/deployments"
    made = environment.start().json
    api.call("POST", path, {"revision_id": environment.second, "canary": {"share": 10, "seconds": 60}})
    environment.forward(60)
    get = api.table.get

    def failing(key):
        if key.sk.endswith(environment.id):
            raise ValueError("broken")
        return get(key)

    api.table.get = failing
    assert environment.look() == 1
    api.table.get = get
    assert api.call("GET", path).json["items"][0]["canary"]["state"] == "aborted"
    assert [item.key.sk for item in api.table.query(CANARIES)] == [made["id"]]


def test_a_deployment_of_an_earlier_version_has_no_canary(api, environment):
    (item,) = api.table.query(f"ENVIRONMENT#{environment.id}", prefix="DEPLOYMENT#")
    api.table.transact([Put(item.key, {name: item.data[name] for name in item.data if name != "canary"}, item.version)])
    assert environment.get(item.data)["canary"] is None
    assert environment.start().status == 201
