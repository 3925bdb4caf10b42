"""What the operator of a deployment sees of the events that destinations refused, and nobody else."""

import gzip
import json

import pytest

from domain.catalog.caller import Role
from tests.management_api import Api

SECRET = "4111-1111"
ALL = "/v1/operations/set-aside"
FIRST = "env_1-2026-11-25-04-ab"
SECOND = "env_2-2026-11-25-05-cd"


@pytest.fixture
def api():
    api = Api()
    rows = [{"event_id": f"evt_{n}", "reason": f"no {SECRET}", "event": {"card": SECRET}} for n in range(3)]
    for key, kept in (
        ("environment=env_1/dt=2026-11-25/hour=04/ab", rows),
        ("environment=env_2/dt=2026-11-25/hour=05/cd", rows[:1]),
    ):
        body = gzip.compress("".join(f"{json.dumps(row)}\n" for row in kept).encode())
        api.landing.put("landing", f"set-aside/{key}.ndjson.gz", body)
    return api


def test_a_list_tells_whose_the_objects_are_and_nothing_of_an_event(api):
    answer = api.call("GET", ALL)
    assert SECRET not in answer.text
    assert answer.json == {
        "items": [
            {"id": FIRST, "environment_id": "env_1", "hour": "2026-11-25T04:00:00Z", "events": 3},
            {"id": SECOND, "environment_id": "env_2", "hour": "2026-11-25T05:00:00Z", "events": 1},
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
    assert json.loads(shown["lines"][0])["reason"] == f"no {SECRET}"
    (entry,) = [entry for entry in api.audit() if entry["action"] == "set_aside.read"]
    assert (entry["subject"]["id"], entry["after"]) == (FIRST, {"lines": 2})
    assert SECRET not in json.dumps(api.audit())


def test_what_is_no_object_is_not_found(api):
    for wrong in ("env_1-2026-11-25-04-ef", "nothing"):
        assert api.call("GET", f"{ALL}/{wrong}").code == "not_found"


def test_an_owner_of_another_organisation_finds_nothing_here(api):
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    for path in (ALL, f"{ALL}/{FIRST}"):
        assert api.call("GET", path, token="iet_stranger").code == "not_found"
