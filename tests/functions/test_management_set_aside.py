"""What the operator of a deployment sees of the events that destinations refused, and nobody else."""

import gzip
import json

import pytest

from domain.delivery.landed import Outcomes
from domain.records.caller import Role
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.landed import line
from tests.management_api import Api

SECRET = "4111-1111"
ALL = "/v1/operations/set-aside"
FIRST = "env_1-2026-11-25-04-ab"
SECOND = "env_2-2026-11-25-05-cd"
REDRIVE = f"{ALL}/redrive"


def shown(object_id, environment_id, events):
    reasons = [{"reason": "no …", "events": events}]
    return {
        "id": object_id,
        "environment_id": environment_id,
        "environment": None,
        "events": events,
        "bytes": events * len(f'{{"event_id":"evt_0","reason":"no \'{SECRET}\'","event":{{"card":"{SECRET}"}}}}'),
        "reasons": reasons,
        "newer_tables": [],
    }


@pytest.fixture
def api():
    api = Api()
    rows = [{"event_id": f"evt_{n}", "reason": f"no '{SECRET}'", "event": {"card": SECRET}} for n in range(3)]
    for key, kept in (
        ("environment=env_1/dt=2026-11-25/hour=04/ab", rows),
        ("environment=env_2/dt=2026-11-25/hour=05/cd", rows[:1]),
    ):
        body = gzip.compress("".join(f"{json.dumps(row, separators=(',', ':'))}\n" for row in kept).encode())
        api.landing.put("landing", f"set-aside/{key}.ndjson.gz", body)
    return api


def test_the_operator_reads_what_environments_of_every_organisation_are_called(api):
    endpoint = api.endpoint("Shop")
    environment = api.environment(endpoint, "Live")
    named = {
        "id": environment["id"],
        "name": "Live",
        "endpoint_id": endpoint["id"],
        "endpoint_name": "Shop",
        "organisation_id": api.organisation_id,
        "organisation_name": api.call("GET", "/v1/organisation").json["name"],
    }
    for hour in ("06", "07"):
        key = f"set-aside/environment={environment['id']}/dt=2026-11-25/hour={hour}/ef.ndjson.gz"
        api.landing.put("landing", key, gzip.compress(b"{}"))
    items = api.call("GET", ALL).json["items"]
    assert [item["environment"] for item in items if item["environment"]] == [named, named]
    api.dead_letters.put("spill", "m9", json.dumps({"stream": f"ingest-{environment['id']}-1"}))
    letters = "/v1/operations/queues/spill/dead-letters"
    assert [letter["environment"] for letter in api.call("GET", letters).json["items"]] == [named]
    assert api.call("GET", f"{letters}/m9").json["environment"] == named
    api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live")
    assert [letter["environment"] for letter in api.call("GET", letters).json["items"]] == [None]


def test_a_list_tells_whose_the_objects_are_and_nothing_of_an_event(api):
    answer = api.call("GET", ALL)
    assert SECRET not in answer.text
    assert answer.json == {
        "items": [
            {**shown(FIRST, "env_1", 3), "hour": "2026-11-25T04:00:00Z"},
            {**shown(SECOND, "env_2", 1), "hour": "2026-11-25T05:00:00Z"},
        ],
        "next": None,
    }


def test_a_list_goes_on_page_by_page_and_may_be_of_one_environment(api):
    page = api.call("GET", f"{ALL}?limit=1").json
    assert ([item["id"] for item in page["items"]], page["next"]) == ([FIRST], FIRST)
    page = api.call("GET", f"{ALL}?limit=1&cursor={FIRST}").json
    assert ([item["id"] for item in page["items"]], page["next"]) == ([SECOND], None)
    assert [item["id"] for item in api.call("GET", f"{ALL}?environment_id=env_2").json["items"]] == [SECOND]


def test_events_are_shown_with_their_reasons_to_who_asks_and_that_is_remembered(api):
    shown = api.call("GET", f"{ALL}/{FIRST}?limit=2").json
    assert [json.loads(line)["event_id"] for line in shown["lines"]] == ["evt_0", "evt_1"]
    assert json.loads(shown["lines"][0])["reason"] == f"no '{SECRET}'"
    (entry,) = [entry for entry in api.audit() if entry["action"] == "set_aside.read"]
    assert (entry["subject"]["id"], entry["after"]) == (FIRST, {"lines": 2})
    assert SECRET not in json.dumps(api.audit())


def test_long_events_are_shown_as_far_as_an_answer_holds_them(api):
    row = json.dumps({"event_id": "evt_1", "reason": "no", "event": {"note": '"' * 400_000}}, separators=(",", ":"))
    body = gzip.compress(f"{row}\n".encode() * 20)
    api.landing.put("landing", "set-aside/environment=env_1/dt=2026-11-25/hour=04/ef.ndjson.gz", body)
    answer = api.call("GET", f"{ALL}/env_1-2026-11-25-04-ef?limit=20")
    assert (answer.json["events"], len(answer.json["lines"])) == (20, 2)
    assert len(answer.text) < 5_000_000


def test_a_cursor_that_is_none_is_refused(api):
    for answer in (api.call("GET", f"{ALL}?cursor=x"), api.call("POST", REDRIVE, {"cursor": "x"})):
        assert (answer.code, answer.pointers) == ("invalid_request", ["/cursor"])


def test_what_is_no_object_is_not_found(api):
    for wrong in ("env_1-2026-11-25-04-ef", "nothing"):
        assert api.call("GET", f"{ALL}/{wrong}").code == "not_found"


def test_an_owner_of_another_organisation_finds_nothing_here(api):
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    for path in (ALL, f"{ALL}/{FIRST}"):
        assert api.call("GET", path, token="iet_stranger").code == "not_found"
    assert api.call("POST", REDRIVE, {}, token="iet_stranger").code == "not_found"
    assert len(kept(api)) == 2


def kept(api):
    return api.landing.list_keys("landing", "set-aside/")


def live(api, *places):
    """Set events of a live environment aside, an object of two for each place; return the environment and ids."""
    api.landing.objects.clear()
    environment = api.environment(api.endpoint(), destination={**BIGQUERY, "credentials": CREDENTIALS})
    ids = []
    for number, place in enumerate(places):
        outcomes = Outcomes()
        outcomes.refuse(line(number), "It is late.")
        outcomes.refuse(line(number), f"It is {place}.")
        key = f"set-aside/environment={environment['id']}/dt=2026-11-25/hour=04/{place}.ndjson.gz"
        api.landing.put("landing", key, outcomes.set_aside_body())
        ids.append(f"{environment['id']}-2026-11-25-04-{place}")
    return environment, ids


def test_objects_are_sent_again_as_landed_ones_all_of_an_environment_by_reason_or_by_id(api):
    environment, ids = live(api, "a", "b", "c", "d")
    of = {"environment_id": environment["id"]}
    assert api.call("POST", REDRIVE, {"environment_id": "env_other"}).json["objects"] == 0
    assert api.call("POST", REDRIVE, {"ids": ids[:1], "reason": "It is d."}).json["objects"] == 0
    assert api.call("POST", REDRIVE, {**of, "dry_run": True}).json["events"] == 8
    assert api.call("POST", REDRIVE, {**of, "reason": "It is b."}).json["events"] == 2
    assert api.call("POST", REDRIVE, {"ids": ids[3:]}).json["objects"] == 1
    assert len(kept(api)) == 2
    assert api.call("POST", REDRIVE, of).json["events"] == 4
    assert kept(api) == []
    (first, *others) = api.landing.list_keys("landing")
    assert first == f"environment={environment['id']}/dt=2026-11-25/hour=04/set-aside-a.gz"
    assert len(others) == 3
    assert gzip.decompress(api.landing.get("landing", first)) == (b"  " + line(0) + b"\n") * 2


def test_a_redrive_goes_on_call_by_call_and_leaves_none_out(api, monkeypatch):
    monkeypatch.setattr("domain.catalog.set_aside.MAX_SET_ASIDE_REDRIVEN", 2)
    _, _ = live(api, "a", "b", "c", "d", "e")
    for dry_run in (True, False):
        found, cursor = [], {}
        while True:
            part = api.call("POST", REDRIVE, {"dry_run": dry_run, **cursor}).json
            found.append(part["objects"])
            if part["next"] is None:
                break
            cursor = {"cursor": part["next"]}
        assert found == [2, 2, 1]
    assert kept(api) == []


def test_what_was_sent_stands_in_the_audit_log_and_a_repeated_key_gets_the_same_answer(api):
    environment, _ = live(api, "a", "b")
    body = {"environment_id": environment["id"], "reason": "It is late."}
    dry = api.call("POST", REDRIVE, {**body, "dry_run": True})
    assert dry.json["objects"] == 2
    answers = [api.call("POST", REDRIVE, body, idempotency_key="one").json for _ in range(2)]
    assert answers == [{**dry.json, "dry_run": False}] * 2
    (entry,) = [entry for entry in api.audit() if entry["action"] == "set_aside.redrive"]
    assert entry["after"] == {**body, "ids": None, "objects": 2, "events": 4}
    assert api.call("POST", REDRIVE, body).json["objects"] == 0
    assert len([entry for entry in api.audit() if entry["action"] == "set_aside.redrive"]) == 1


def test_what_can_not_be_delivered_stays_and_says_why(api):
    environment, (sent, stays) = live(api, "a", "b")
    gone = "env_1-2026-11-25-04-ab"
    api.landing.put("landing", "set-aside/environment=env_1/dt=2026-11-25/hour=04/ab.ndjson.gz", b'{"reason":"x"}\n')
    api.call("POST", REDRIVE, {"ids": [sent]})
    api.secrets.secrets.clear()
    for dry_run in (True, False):
        answer = api.call("POST", REDRIVE, {"ids": [sent, stays, gone], "dry_run": dry_run}).json
        assert (answer["objects"], answer["events"]) == (0, 0)
        assert {row["id"]: row["reason"] for row in answer["skipped"]} == {
            sent: "It is not there; it may have been sent again.",
            stays: "The credentials of its destination are gone, as they are an hour after their environment.",
            gone: "Its environment is gone, and where its events went is not known any more.",
        }
    api.connectors.bigquery = None
    (row,) = api.call("POST", REDRIVE, {"environment_id": environment["id"]}).json["skipped"]
    assert row["reason"] == "This deployment does not deliver to bigquery any more."
    assert len(kept(api)) == 2


def test_a_damaged_object_is_shown_and_stays_while_all_others_are_sent(api):
    environment, (first, _) = live(api, "a", "b")
    key = f"set-aside/environment={environment['id']}/dt=2026-11-25/hour=04/a.ndjson.gz"
    whole = api.landing.get("landing", key)
    for damaged in (whole[:-9], b'{"event_id":"evt_1","event":{}}\n'):
        api.landing.put("landing", key, damaged)
        assert api.call("GET", ALL).json["items"][0]["id"] == first
        answer = api.call("POST", REDRIVE, {"environment_id": environment["id"]}).json
        assert [row["id"] for row in answer["skipped"]] == [first]
        assert kept(api) == [key]
    api.landing.put("landing", key, whole)
    assert api.call("POST", REDRIVE, {}).json["events"] == 2


def test_large_objects_that_are_named_wait_for_another_request(api, monkeypatch):
    monkeypatch.setattr("domain.catalog.set_aside.MAX_SET_ASIDE_BYTES_READ", 1)
    _, ids = live(api, "a", "b")
    answer = api.call("POST", REDRIVE, {"ids": ids}).json
    assert (answer["objects"], [row["id"] for row in answer["skipped"]]) == (1, ids[1:])
    assert api.call("POST", REDRIVE, {"ids": ids[1:]}).json["objects"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ids": []}, "/ids"),
        ({"ids": ["../x"]}, "/ids/0"),
        ({"environment_id": "x!"}, "/environment_id"),
        ({"all": 1}, "/all"),
    ],
)
def test_a_selection_that_is_none_is_refused(api, body, pointer):
    answer = api.call("POST", REDRIVE, body)
    assert (answer.code, answer.pointers) == ("invalid_request", [pointer])
    assert len(kept(api)) == 2
