"""Rate limits at ingest: what is over the limit is refused, told when to come again, and counted as limited."""

import gzip
import json

import pytest

from domain.errors import Undelivered
from tests.ingest_world import START_NS, MemoryRates, World

VALID = {"name": "view"}


@pytest.fixture
def world():
    world = World()
    world.clock.ns = START_NS // 10**10 * 10**10  # at the start of a window of ten seconds
    return world


def statuses(world, environment_id, requests, events=1):
    return [world.post(environment_id, [VALID] * events).status for _ in range(requests)]


def test_what_is_over_the_limit_is_refused_with_when_to_come_again(world):
    environment_id = world.add_environment(rate_limit=2)
    assert statuses(world, environment_id, 20) == [200] * 20
    answer = world.post(environment_id, VALID)
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["x-revision-id"] == world.pointer(environment_id)["revision_id"]
    assert "the 2 per second" in answer.json["detail"]
    world.clock.forward(11)
    assert world.post(environment_id, VALID).status == 200


def test_an_overload_is_refused_within_two_intervals_and_the_limit_is_taken_on(world):
    environment_id = world.add_environment(rate_limit=10)
    seen = []
    for _ in range(60 * 12):
        seen.append(world.post(environment_id, VALID).status)
        world.clock.forward(1 / 12)
    assert 429 in seen[: 20 * 12]
    for second in range(10, 60, 10):
        taken = seen[second * 12 : (second + 10) * 12].count(200)
        assert taken == pytest.approx(100, abs=3)


def test_refused_events_are_limited_and_nothing_of_them_is_kept(world):
    environment_id = world.add_environment(rate_limit=1)
    assert statuses(world, environment_id, 2, events=5) == [200, 200]
    assert world.post(environment_id, [VALID, {"count": "x"}, VALID]).status == 429
    assert world.get(environment_id, VALID).status == 429
    assert world.post(environment_id, "no JSON").status == 429
    counted = world.counted()
    assert (counted["requests"], counted["accepted"], counted["limited"]) == (5, 10, 3)
    assert "rejected" not in counted
    assert len(world.events()) == 10
    assert world.quarantined() == []


def test_events_count_not_requests_and_invalid_ones_too(world):
    environment_id = world.add_environment(rate_limit=1)
    assert world.post(environment_id, [VALID] * 6 + [{}] * 4).status == 200
    assert world.post(environment_id, VALID).status == 429


def test_a_pixel_over_the_limit_is_an_image_all_the_same(world):
    environment_id = world.add_environment(rate_limit=1)
    statuses(world, environment_id, 10)
    answer = world.get(environment_id, VALID, headers={"accept": "image/*"})
    assert (answer.status, answer.headers["content-type"]) == (429, "image/gif")
    assert (answer.code, answer.headers["retry-after"]) == ("rate_limited", "10")


def test_no_limit_is_no_limit_also_in_pointers_that_know_of_none(world):
    without = world.add_environment()
    assert "rate_limit" not in world.pointer(without)
    for environment_id in (without, world.add_environment(rate_limit=None)):
        assert set(statuses(world, environment_id, 300)) == {200}
    world.clock.forward(10)
    world.post(without, VALID)
    assert world.counted()["accepted"] == 601


def test_a_limit_that_is_set_changed_or_taken_away_is_in_force_with_the_pointer(world):
    environment_id = world.add_environment()
    statuses(world, environment_id, 50)
    world.change(environment_id, rate_limit=1)
    world.clock.forward(5)
    assert statuses(world, environment_id, 11) == [200] * 10 + [429]
    world.change(environment_id, rate_limit=100)
    world.clock.forward(4)
    assert statuses(world, environment_id, 100) == [200] * 100
    world.change(environment_id, rate_limit=None)
    world.clock.forward(5)
    assert set(statuses(world, environment_id, 2_000, events=1)) == {200}


def test_the_origin_is_asked_before_the_rate_and_the_rate_before_the_plan(world):
    environment_id = world.add_environment(rate_limit=1, allowed_origins=["https://shop.example"])
    statuses(world, environment_id, 10)
    assert world.post(environment_id, VALID, headers={"origin": "https://other.example"}).code == "origin_not_allowed"
    world.change(environment_id, plan_exhausted=True)
    world.clock.forward(5)
    assert world.post(environment_id, VALID).code == "rate_limited"
    world.clock.forward(20)
    assert [world.post(environment_id, VALID).code for _ in range(20)] == ["plan_exhausted"] * 20


def test_one_environment_over_its_limit_slows_no_other(world):
    limited, other = world.add_environment(rate_limit=1), world.add_environment(rate_limit=1)
    statuses(world, limited, 20)
    assert world.post(other, VALID).status == 200


def test_handlers_share_a_limit_within_two_intervals():
    ledger = MemoryRates()
    worlds = [World(rates=ledger) for _ in range(4)]
    clock = worlds[0].clock
    environment_ids = {world.add_environment(rate_limit=20) for world in worlds}
    (environment_id,) = environment_ids
    seen = []
    for number in range(70 * 60):  # 60 events a second, where 20 may be taken
        for world in worlds:
            world.clock.ns = clock.ns
        seen.append(worlds[number % 4].post(environment_id, VALID).status)
        clock.forward(1 / 60)
    assert 429 in seen[: 20 * 60]
    for second in range(30, 70, 10):
        assert seen[second * 60 : (second + 10) * 60].count(200) == pytest.approx(200, rel=0.1)


def test_the_ledger_adds_no_call_to_a_request_and_its_failure_fails_none():
    ledger = MemoryRates()
    world = World(rates=ledger)
    environment_id = world.add_environment(rate_limit=1_000)
    for _ in range(600):
        assert world.post(environment_id, VALID).status == 200
        world.clock.forward(0.1)
    assert 5 <= len(ledger.calls) <= 6
    ledger.error = Undelivered("throttled")
    for _ in range(30):
        assert world.post(environment_id, VALID).status == 200
        world.clock.forward(1)


def test_what_comes_over_the_limit_is_not_read(world):
    environment_id = world.add_environment(rate_limit=1)
    statuses(world, environment_id, 10)
    bomb = gzip.compress(bytes(17 * 1024 * 1024))
    assert world.post(environment_id, bomb, headers={"content-encoding": "gzip"}).code == "rate_limited"
    assert world.post(environment_id, json.dumps([])).code == "rate_limited"
