"""Event ids: in order of time, or the same again for the same Idempotency-Key."""

import json
import uuid

import pytest

from tests.ingest_world import World

VALID = {"name": "view"}


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def ids_of(answer):
    assert answer.status == 200
    return answer.json["event_ids"]


def uuid_of(event_id):
    prefix, _, digits = event_id.partition("_")
    assert (prefix, len(digits), digits) == ("evt", 32, digits.lower())
    return uuid.UUID(digits)


def keyed(world, environment_id, body, key):
    return ids_of(world.post(environment_id, body, headers={"Idempotency-Key": key}))


def test_a_repeated_request_has_the_same_ids_on_any_handler(world, environment_id):
    first = keyed(world, environment_id, [VALID] * 3, "k1")
    world.clock.forward(3600)
    assert keyed(world, environment_id, [VALID] * 3, "k1") == first
    other = World()
    assert other.add_environment() == environment_id
    assert keyed(other, environment_id, [VALID] * 3, "k1") == first
    assert [event["_event_id"] for event in other.events()] == first


def test_derived_ids_differ_by_environment_key_and_occurrence(world, environment_id):
    other_id = world.add_environment()
    ids = [
        *keyed(world, environment_id, [VALID] * 1_000, "k1"),
        *keyed(world, environment_id, [VALID] * 12, "k2"),
        *keyed(world, environment_id, [VALID] * 12, "k11"),
        *keyed(world, environment_id, [VALID] * 12, "K1"),
        *keyed(world, other_id, [VALID] * 12, "k1"),
    ]
    assert len(set(ids)) == len(ids) == 1_048
    assert {uuid_of(event_id).version for event_id in ids} == {8}
    assert {uuid_of(event_id).variant for event_id in ids} == {uuid.RFC_4122}


def test_another_content_under_a_key_has_another_id(world, environment_id):
    (first,) = keyed(world, environment_id, {**VALID, "price": 0.01}, "order-4711")
    (other,) = keyed(world, environment_id, {**VALID, "price": 999.0}, "order-4711")
    (again,) = keyed(world, environment_id, {**VALID, "price": 999.0}, "order-4711")
    assert first != other == again


def test_an_events_id_depends_neither_on_its_place_nor_on_its_company(world, environment_id):
    one, two = {**VALID, "price": 1}, {**VALID, "price": 2}
    ids = keyed(world, environment_id, [one, two, one], "k1")
    assert len(set(ids)) == 3
    assert keyed(world, environment_id, [two, one], "k1") == [ids[1], ids[0]]
    assert keyed(world, environment_id, two, "k1") == [ids[1]]
    headers = {"Idempotency-Key": "k1"}
    lines = "\n".join(f"  {json.dumps(event)} " for event in (two, one))
    assert world.post(environment_id, lines, "application/x-ndjson", headers=headers).json["event_ids"] == [
        ids[1],
        ids[0],
    ]
    assert world.get(environment_id, json.dumps(two), headers=headers).status == 200
    assert world.events()[-1]["_event_id"] == ids[1]


def test_an_events_id_does_not_depend_on_what_became_of_the_others(world, environment_id):
    valid = keyed(world, environment_id, [VALID] * 2, "k1")
    answer = world.post(environment_id, [VALID, {}, VALID], headers={"Idempotency-Key": "k1"})
    rows = answer.json["results"]
    assert [rows[0]["event_id"], rows[2]["event_id"]] == valid
    (kept,) = world.quarantined()
    assert kept.event_id == rows[1]["event_id"] not in valid


def test_an_array_that_can_not_be_cut_has_an_id_of_its_own(world, environment_id):
    for text in ("[{}, {", "[" * 300 + "]" * 300):
        sent = [world.post(environment_id, text, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
        assert {answer.status for answer in sent} == {400}
    first, second, third, fourth = (kept.event_id for kept in world.quarantined())
    assert (first, third) == (second, fourth)
    assert first != third


def test_a_pixel_can_carry_a_key_too(world, environment_id):
    for _ in range(2):
        world.get(environment_id, VALID, headers={"idempotency-key": "k1"})
    first, second = world.events()
    assert first["_event_id"] == second["_event_id"] == keyed(world, environment_id, VALID, "k1")[0]


def test_without_a_key_ids_are_uuid7_that_sort_in_the_order_of_events(world, environment_id):
    ids = []
    for _ in range(20):
        ids += ids_of(world.post(environment_id, [VALID] * 1_000))
        world.clock.forward(0.001)
    assert ids == sorted(ids)
    assert len(set(ids)) == 20_000
    some = [uuid_of(event_id) for event_id in ids[::500]]
    assert {value.version for value in some} == {7}
    assert {value.variant for value in some} == {uuid.RFC_4122}
    assert ids_of(world.post(environment_id, VALID)) != ids_of(world.post(environment_id, VALID))


def test_the_time_in_an_id_is_that_of_arrival(world, environment_id):
    (event_id,) = ids_of(world.post(environment_id, VALID, headers={"Idempotency-Key": ""}))
    assert uuid_of(event_id).int >> 80 == world.clock.ns // 1_000_000


@pytest.mark.parametrize("key", ["\udcff", "\ud800x", "\x00", "é" * 300, "a b", "x" * 10_000])
def test_a_strange_key_is_a_key_like_any_other(world, environment_id, key):
    (first,) = keyed(world, environment_id, VALID, key)
    assert keyed(world, environment_id, VALID, key) == [first]
    assert keyed(world, environment_id, VALID, key + "x") != [first]
