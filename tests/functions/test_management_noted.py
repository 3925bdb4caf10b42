"""Reading events and trying a destination change nothing, and stand in the audit log: once an hour for each member."""

import gzip
import json

import pytest

from domain.records.caller import Role
from domain.records.keys import audit_group
from domain.records.ports import Put
from schemas.items import pointer_key
from tests.management_api import Api
from tests.quarantine_world import QuarantineWorld


@pytest.fixture
def world():
    made = QuarantineWorld()
    made.keep_many([b"{", b"["])
    return made


def noted(api, action):
    return [entry for entry in api.audit() if entry["action"] == action]


def in_log_of(api, organisation_id):
    return [item.data for item in api.table.query(audit_group(organisation_id), limit=100)]


@pytest.mark.parametrize("path", ["quarantine", "quarantine/events"])
def test_that_quarantined_events_were_read_is_noted_once_an_hour_for_each_member(world, path):
    api, url = world.api, f"/v1/environments/{world.environment_id}/{path}"
    for _ in range(3):
        assert api.call("GET", url).status == 200
    (entry,) = noted(api, "quarantine.read")
    assert entry["subject"] == {"type": "environment", "id": world.environment_id}
    assert entry["actor"]["name"] == "owner@localhost"
    api.add_member(Role.VIEWER, token="viewer")
    api.call("GET", url, token="viewer")
    assert len(noted(api, "quarantine.read")) == 2
    api.clock.now_ns += 3_600_000_000_000
    for _ in range(2):
        api.call("GET", url)
    assert len(noted(api, "quarantine.read")) == 3


def test_groups_without_events_are_no_reading(world):
    path = f"/v1/environments/{world.environment_id}/quarantine"
    for query in ("?samples=0", "?code=required", "/events?code=required"):
        assert world.api.call("GET", f"{path}{query}").status == 200
    assert noted(world.api, "quarantine.read") == []


def test_that_a_destination_was_tried_is_noted(world):
    path = f"/v1/environments/{world.environment_id}/destination/check"
    for _ in range(2):
        assert world.api.call("POST", path).status == 200
    (entry,) = noted(world.api, "destination.check")
    assert entry["subject"]["id"] == world.environment_id


@pytest.fixture
def two():
    """Return an operator's API with an environment of another organisation."""
    api = Api()
    pointer = {"environment_id": "env_1", "organisation_id": "org_2", "state": "deleted"}
    api.table.transact([Put(pointer_key("env_1"), pointer, 0)])
    return api


@pytest.mark.parametrize("about", [{"environment_id": "env_1"}, {"stream": "ingest-env_1-1"}])
def test_a_dead_letter_that_the_operator_read_stands_in_the_log_of_its_owner_too(two, about):
    two.dead_letters.put("quarantine", "m1", json.dumps(about))
    for _ in range(2):
        two.call("GET", "/v1/operations/queues/quarantine/dead-letters/m1")
    (entry,) = in_log_of(two, "org_2")
    assert (entry["action"], entry["subject"]["id"]) == ("dead_letter.read", "env_1")
    assert entry["actor"]["name"] == "owner@localhost"
    assert len(noted(two, "dead_letter.read")) == 2


def test_what_an_event_says_of_environments_is_noted_nowhere(two):
    two.dead_letters.put("quarantine", "m1", json.dumps({"raw": "env_1", "environment_id": "env_9"}))
    assert two.call("GET", "/v1/operations/queues/quarantine/dead-letters/m1").status == 200
    assert in_log_of(two, "org_2") == []


def test_set_aside_events_that_the_operator_read_stand_in_the_log_of_their_owner_too(two):
    row = b'{"event_id":"evt_1","reason":"no","event":{}}\n'
    two.landing.put("landing", "set-aside/environment=env_1/dt=2026-11-25/hour=04/ab.ndjson.gz", gzip.compress(row))
    two.call("GET", "/v1/operations/set-aside")
    assert in_log_of(two, "org_2") == []
    assert two.call("GET", "/v1/operations/set-aside/env_1-2026-11-25-04-ab").status == 200
    (entry,) = in_log_of(two, "org_2")
    assert (entry["action"], entry["subject"]["id"]) == ("set_aside.read", "env_1")


def test_what_the_operator_reads_of_their_own_is_noted_once(two):
    pointer = two.table.get(pointer_key("env_1"))
    two.table.transact([Put(pointer.key, {**pointer.data, "organisation_id": two.organisation_id}, pointer.version)])
    two.dead_letters.put("quarantine", "m1", json.dumps({"environment_id": "env_1"}))
    two.call("GET", "/v1/operations/queues/quarantine/dead-letters/m1")
    assert len(noted(two, "dead_letter.read")) == 1
