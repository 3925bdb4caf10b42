"""What the operator of a deployment sees of its queues, and nobody else."""

import json

import pytest

from domain.records.caller import Role
from tests.management_api import Api

SECRET = "4111-1111"


@pytest.fixture
def api():
    api = Api()
    body = json.dumps({"environment_id": "env_1", "event_id": "evt_1", "raw": json.dumps({"card": SECRET})})
    api.dead_letters.put("quarantine", "m1", body)
    api.dead_letters.put("quarantine", "m2", f"{SECRET} no JSON")
    api.dead_letters.put("spill", "m3", json.dumps({"stream": "ingest-env_1-1", "record": "eA=="}))
    return api


QUEUES = "/v1/operations/queues"
LETTERS = f"{QUEUES}/quarantine/dead-letters"


def test_queues_tell_what_waits_and_what_was_given_up(api):
    assert api.call("GET", QUEUES).json == {
        "items": [
            {"name": "provision", "waiting": 0, "dead_letters": 0},
            {"name": "quarantine", "waiting": 0, "dead_letters": 2},
            {"name": "spill", "waiting": 0, "dead_letters": 1},
        ],
        "next": None,
    }


def test_a_list_shows_whose_a_letter_is_and_nothing_of_an_event(api):
    answer = api.call("GET", LETTERS)
    assert SECRET not in answer.text
    assert [row["about"] for row in answer.json["items"]] == [{"environment_id": "env_1", "event_id": "evt_1"}, {}]
    assert [row["about"] for row in api.call("GET", f"{QUEUES}/spill/dead-letters").json["items"]] == [
        {"stream": "ingest-env_1-1"}
    ]
    api.dead_letters.put("quarantine", "m4", json.dumps({"environment_id": f"card {SECRET}!", "event_id": 7}))
    assert SECRET not in api.call("GET", LETTERS).text


def test_the_text_of_a_letter_is_shown_to_who_asks_for_it_and_that_is_remembered(api):
    shown = api.call("GET", f"{LETTERS}/m1").json
    assert SECRET in shown["body"]
    (entry,) = [entry for entry in api.audit() if entry["action"] == "dead_letter.read"]
    assert (entry["subject"]["id"], entry["after"]) == ("m1", {"queue": "quarantine"})
    assert SECRET not in json.dumps(api.audit())
    assert api.call("GET", f"{LETTERS}/m3").code == "not_found"
    assert api.call("GET", f"{QUEUES}/nothing/dead-letters").code == "not_found"


def test_letters_are_sent_again_all_or_those_that_are_named(api):
    assert api.call("POST", f"{LETTERS}/redrive", {"ids": ["m2"]}).json == {"queue": "quarantine", "sent": 1, "left": 1}
    assert api.call("POST", f"{LETTERS}/redrive", {}).json == {"queue": "quarantine", "sent": 1, "left": 0}
    assert api.dead_letters.sent_again == ["m2", "m1"]
    entries = [entry for entry in api.audit() if entry["action"] == "dead_letters.send_again"]
    assert [entry["after"] for entry in entries] == [{"ids": ["m2"], "sent": 1}, {"ids": None, "sent": 1}]


def test_a_repeated_request_sends_nothing_twice(api):
    first = api.call("POST", f"{LETTERS}/redrive", {}, idempotency_key="k").json
    api.dead_letters.put("quarantine", "m5", "{}")
    assert api.call("POST", f"{LETTERS}/redrive", {}, idempotency_key="k").json == first
    assert "m5" not in api.dead_letters.sent_again


def test_an_owner_of_another_organisation_finds_nothing_here(api):
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    for method, path in (("GET", QUEUES), ("GET", LETTERS), ("GET", f"{LETTERS}/m1"), ("POST", f"{LETTERS}/redrive")):
        answer = api.call(method, path, {} if method == "POST" else None, token="iet_stranger")
        assert (answer.status, answer.code) == (404, "not_found")
    api.add_member(Role.ADMIN, token="iet_admin")
    assert api.call("GET", QUEUES, token="iet_admin").code == "forbidden"


def test_ids_that_are_none_are_refused(api):
    answer = api.call("POST", f"{LETTERS}/redrive", {"ids": ["m1", "../x"]})
    assert (answer.code, answer.pointers) == ("invalid_request", ["/ids/1"])
