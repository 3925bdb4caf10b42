"""Counting: what each request adds, per environment, revision and minute, without a call per request."""

import gzip
import json

import pytest

from domain.errors import Undelivered
from domain.metering.ports import UsageSums
from tests.front_doors import http_api_event
from tests.ingest_world import START_NS

VALID = {"name": "view"}
MINUTE = START_NS // 60_000_000_000 * 60


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def flushed(world):
    world.counters.flush()
    return [row for call in world.usage.calls for row in call]


def test_accepted_events_count_with_their_bytes_as_stored(world, environment_id):
    bodies = [json.dumps(VALID), json.dumps([{**VALID, "dropped": "x" * 100}] * 5)]
    for body in bodies:
        world.post(environment_id, body)
    (row,) = flushed(world)
    pointer = world.pointer(environment_id)
    assert row == UsageSums(
        environment_id,
        pointer["revision_id"],
        MINUTE,
        requests=2,
        accepted=6,
        bytes_accepted=sum(map(len, world.records())),
        bytes_received=sum(map(len, bodies)),
        endpoint_id=pointer["endpoint_id"],
        organisation_id=pointer["organisation_id"],
    )


def test_refused_events_count_by_outcome_with_their_codes(world, environment_id):
    rejecting = world.add_environment(on_invalid="reject")
    for target in (environment_id, rejecting):
        world.post(target, [VALID, {"count": "x"}, 7, {"count": "y"}])
    quarantined, rejected = flushed(world)
    assert (quarantined.accepted, quarantined.quarantined, quarantined.rejected) == (1, 3, 0)
    assert (rejected.accepted, rejected.quarantined, rejected.rejected) == (1, 0, 3)
    assert quarantined.codes == rejected.codes == {"required": 2, "type_int": 2, "not_an_object": 1}


def test_limited_requests_count_as_one_event_or_by_their_lines(world):
    environment_id = world.add_environment(plan_exhausted=True)
    for body, content_type in (
        (json.dumps(VALID), "application/json"),
        (json.dumps([VALID] * 7), "application/json"),
        (f"{json.dumps(VALID)}\n\n" * 4, "application/x-ndjson"),
        ("no JSON", "text/plain"),
        ("[broken", "text/plain"),
        ("[" * 10_000, "text/plain"),
    ):
        assert world.post(environment_id, body, content_type).status == 402
    assert world.get(environment_id, [VALID, VALID]).status == 402
    assert world.counted()["limited"] == 1 + 1 + 4 + 1 + 1 + 1 + 1
    assert "accepted" not in world.counted()


@pytest.mark.parametrize("route", ["/ndjson", "/logpush", "/v0/events"])
def test_limited_requests_of_protocols_in_lines_count_by_their_lines(world, route):
    environment_id = world.add_environment(plan_exhausted=True)
    lines = f"{json.dumps(VALID)}\n\n".encode()
    for body, headers, events in (
        (lines * 4, {}, 4),
        (json.dumps(VALID).encode(), {"content-type": "application/json"}, 1),
        (b"", {}, 1),
        (lines * 5_000, {}, 1_000),
        (gzip.compress(lines * 4), {}, 1),
        (gzip.compress(lines * 4), {"content-encoding": "gzip"}, 1),
    ):
        before = world.counted().get("limited", 0)
        event = http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers)
        assert world.send(event).status == 402
        assert world.counted()["limited"] - before == events


def test_a_pixels_bytes_are_those_of_its_event(world, environment_id):
    world.get(environment_id, '{"name":"x"}')
    assert world.counted()["bytes_received"] == len('{"name":"x"}')


def test_compressed_bytes_count_as_received(world, environment_id):
    body = gzip.compress(json.dumps([VALID] * 100).encode())
    world.post(environment_id, body, headers={"content-encoding": "gzip"})
    assert world.counted()["bytes_received"] == len(body)


def test_environments_revisions_and_minutes_are_told_apart(world, environment_id):
    other = world.add_environment()
    old = world.pointer(environment_id)["revision_id"]
    world.post(environment_id, VALID)
    world.post(other, VALID)
    world.change(environment_id, revision_id=world.add_revision([]))
    world.clock.forward(5)
    world.post(environment_id, VALID)
    world.clock.forward(60)
    world.post(environment_id, VALID)
    new = world.pointer(environment_id)["revision_id"]
    rows = flushed(world)
    assert [(row.environment_id, row.revision_id, row.minute, row.accepted) for row in rows] == [
        (environment_id, old, MINUTE, 1),
        (other, world.pointer(other)["revision_id"], MINUTE, 1),
        (environment_id, new, MINUTE, 1),
        (environment_id, new, MINUTE + 60, 1),
    ]


def test_counting_adds_no_call_to_a_request_and_at_most_one_every_ten_seconds(world, environment_id):
    for _ in range(600):
        world.post(environment_id, VALID)
        world.clock.forward(0.1)
    assert 5 <= len(world.usage.calls) <= 6
    assert world.counted()["accepted"] == 600


def test_a_handler_with_nothing_to_count_writes_nothing(world):
    for _ in range(20):
        world.send(http_api_event("GET", "/health"))
        world.clock.forward(10)
    assert not any(world.usage.calls)


@pytest.mark.parametrize("error", [Undelivered("outage"), KeyError("bug")])
def test_a_failing_sink_fails_no_request_and_loses_no_count(world, environment_id, error):
    world.usage.error = error
    for _ in range(100):
        assert world.post(environment_id, VALID).status == 200
        world.clock.forward(1)
    world.usage.error = None
    world.post(environment_id, {})
    assert world.counted() == {
        "requests": 101,
        "accepted": 100,
        "quarantined": 1,
        "required": 1,
        "bytes_accepted": sum(map(len, world.records())),
        "bytes_received": 100 * len(json.dumps(VALID)) + 2,
    }


def test_what_never_reached_a_revision_counts_nothing(world, environment_id):
    world.post("env_0000000000000000000000none", VALID)
    world.request("OPTIONS", environment_id)
    world.request("HEAD", environment_id)
    world.request("PUT", environment_id)
    world.post(world.add_environment(state="deleted"), VALID)
    world.post(world.add_environment(allowed_origins=["https://a.b"]), VALID, headers={"origin": "https://c.d"})
    assert world.counted() == {}
