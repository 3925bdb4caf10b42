"""A bounded sample of events shows which keys arrive that no field names, whatever becomes of them."""

import pytest

from domain.errors import Undelivered
from domain.intake import unknown_sample
from domain.items import Conflict
from domain.metering.unknown_keys import MERGE_TRIES, unpacked
from schemas.limits import (
    MAX_SAMPLED_BYTES,
    UNKNOWN_KEYS_FLUSH_SECONDS,
    UNKNOWN_KEYS_MAX_FLUSH_SECONDS,
    UNKNOWN_KEYS_SAMPLE_SECONDS,
    UNKNOWN_KEYS_TURN_SECONDS,
)

FIELDS = [
    {"key": "name", "type": "STRING", "presence": "required"},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [{"key": "sku", "type": "STRING", "presence": "optional"}],
    },
]


def seen_in(world, environment_id):
    world.counters.flush()
    return unpacked(world.unknown_keys.get(environment_id)[1])


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
def test_unknown_keys_are_seen_whatever_the_revision_does_with_them(world, additional_keys):
    environment_id = world.add_environment(FIELDS, additional_keys)

    world.post(environment_id, {"name": "n", "coupon": "X1", "items": [{"colour": "a"}, {"colour": 1}]})

    keys = seen_in(world, environment_id)
    assert {pointer: (key.count, key.kinds, key.shape) for pointer, key in keys.keys.items()} == {
        "/coupon": (1, ["string"], "string"),
        "/items/*/colour": (1, ["string", "integer"], "string"),
    }
    assert keys.looked_at == 1


def test_one_event_of_a_second_is_looked_at_for_each_environment(world):
    first, second = world.add_environment(FIELDS), world.add_environment(FIELDS)

    for environment_id in (first, first, second):
        world.post(environment_id, {"name": "n"})
    world.clock.forward(UNKNOWN_KEYS_SAMPLE_SECONDS)
    world.post(first, {"name": "n"})

    assert [seen_in(world, first).looked_at, seen_in(world, second).looked_at] == [2, 1]


def test_what_is_held_of_all_environments_is_bounded_and_written_early(world, monkeypatch):
    monkeypatch.setattr(unknown_sample, "MAX_HELD_KEYS", 3)
    first, second, third = (world.add_environment(FIELDS) for _ in range(3))

    for environment_id in (first, second, third):
        world.post(environment_id, {"name": "n", "a": 1, "b": 2})

    assert [len(unpacked(world.unknown_keys.get(one)[1]).keys) for one in (first, second, third)] == [2, 2, 0]
    world.clock.forward(UNKNOWN_KEYS_SAMPLE_SECONDS)
    world.post(third, {"name": "n", "a": 1})
    assert list(seen_in(world, third).keys) == ["/a"]


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[1]",
        pytest.param('{"name": "' + "x" * MAX_SAMPLED_BYTES + '"}', id="large"),
        pytest.param('{"a":' * 1_000 + "1" + "}" * 1_000, id="deep"),
        pytest.param('{"a":' * 1_100 + "1" + "}" * 1_100, id="too deep for its parser"),
    ],
)
def test_what_is_no_object_or_large_or_deep_is_not_looked_at(world, body, caplog):
    environment_id = world.add_environment(FIELDS)

    world.post(environment_id, body)

    assert seen_in(world, environment_id).looked_at == 0
    assert not caplog.records


def test_an_event_of_a_batch_is_looked_at(world):
    environment_id = world.add_environment(FIELDS)

    world.post(environment_id, [{"name": "n", "x": 1}, {"name": "n", "x": 2}])

    assert seen_in(world, environment_id).keys["/x"].count == 1


def test_what_was_seen_is_written_once_a_minute(world):
    environment_id = world.add_environment(FIELDS)
    world.post(environment_id, {"name": "n", "x": 1})
    assert world.unknown_keys.kept == {}

    world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.post(environment_id, {"name": "n", "x": 1})

    assert unpacked(world.unknown_keys.get(environment_id)[1]).keys["/x"].count == 2


def kept_by(world, environment_id):
    return world.unknown_keys.kept[environment_id]


def test_the_more_handlers_write_the_longer_each_waits(world):
    environment_id = world.add_environment(FIELDS)

    def a_minute_later():
        world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
        world.post(environment_id, {"name": "n", "x": 1})
        return kept_by(world, environment_id)

    version, kept = a_minute_later()
    world.unknown_keys.kept[environment_id] = (version + 99, kept)  # others', in this minute
    version, kept = a_minute_later()
    assert version == 101
    waited = [a_minute_later()[0] for _ in range(9)]
    assert 100 * UNKNOWN_KEYS_TURN_SECONDS == 500
    assert waited == [101] * 8 + [102], "all of a hundred handlers together write every five seconds"
    assert unpacked(kept_by(world, environment_id)[1]).keys["/x"].count == 11, "nothing is lost meanwhile"
    assert a_minute_later()[0] == 103, "nobody else wrote"


def test_a_handler_that_saw_nothing_for_long_does_not_take_what_others_wrote_meanwhile_for_many_others(world):
    environment_id = world.add_environment(FIELDS)

    def after(seconds):
        world.clock.forward(seconds)
        world.post(environment_id, {"name": "n", "x": 1})
        return kept_by(world, environment_id)

    after(UNKNOWN_KEYS_FLUSH_SECONDS)
    version, kept = after(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.unknown_keys.kept[environment_id] = (version + 1_440, kept)  # one other's, each minute of a day
    assert after(24 * 60 * 60)[0] == version + 1_441
    assert after(UNKNOWN_KEYS_FLUSH_SECONDS)[0] == version + 1_442


def test_no_handler_waits_for_more_than_an_hour_and_a_store_that_began_anew_is_no_reason_to(world):
    environment_id = world.add_environment(FIELDS)

    def after(seconds):
        world.clock.forward(seconds)
        world.post(environment_id, {"name": "n", "x": 1})
        return kept_by(world, environment_id)[0]

    after(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.unknown_keys.kept[environment_id] = (100_000, kept_by(world, environment_id)[1])
    assert after(UNKNOWN_KEYS_FLUSH_SECONDS) == 100_001
    assert after(UNKNOWN_KEYS_MAX_FLUSH_SECONDS - 1) == 100_001
    del world.unknown_keys.kept[environment_id]
    assert after(UNKNOWN_KEYS_FLUSH_SECONDS) == 1
    assert after(UNKNOWN_KEYS_FLUSH_SECONDS) == 2


def test_others_that_are_faster_each_time_are_left_alone_for_longer(world):
    environment_id = world.add_environment(FIELDS)
    world.post(environment_id, {"name": "n", "x": 1})

    def another():
        version, kept = world.unknown_keys.get(environment_id)
        world.unknown_keys.kept[environment_id] = (version + 1, kept)
        world.unknown_keys.before_put.append(another)
        raise Conflict([0])

    world.unknown_keys.before_put = [another]
    world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.post(environment_id, {"name": "n", "x": 1})
    world.unknown_keys.before_put = []
    assert kept_by(world, environment_id)[0] == MERGE_TRIES
    world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.post(environment_id, {"name": "n", "x": 1})
    assert kept_by(world, environment_id)[0] == MERGE_TRIES
    world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
    world.post(environment_id, {"name": "n", "x": 1})
    assert unpacked(kept_by(world, environment_id)[1]).keys["/x"].count == 4


def test_a_request_waits_for_the_writes_of_twenty_environments_and_no_more(world):
    environment_ids = [world.add_environment(FIELDS) for _ in range(45)]
    for environment_id in environment_ids:
        world.post(environment_id, {"name": "n", "x": 1})
    written = []
    for seconds in (UNKNOWN_KEYS_FLUSH_SECONDS, 1, 1):
        world.clock.forward(seconds)
        world.post(environment_ids[-1], {"name": "n"})
        written.append(len(world.unknown_keys.kept))
    assert written == [20, 40, 45]


def test_counts_are_handed_over_before_a_sample_that_may_take_longer_than_there_is_time(world, monkeypatch):
    environment_id = world.add_environment(FIELDS)
    world.post(environment_id, {"name": "n", "x": 1})

    def killed(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(world.unknown_keys, "get", killed)
    with pytest.raises(KeyboardInterrupt):
        world.counters.flush()
    assert [row.accepted for call in world.usage.calls for row in call] == [1]


def test_a_store_that_can_not_be_reached_costs_no_request(world, monkeypatch):
    environment_id = world.add_environment(FIELDS)

    def unreachable(*_args):
        raise Undelivered("The table can't be reached.")

    monkeypatch.setattr(world.unknown_keys, "get", unreachable)
    world.clock.forward(UNKNOWN_KEYS_FLUSH_SECONDS)
    assert world.post(environment_id, {"name": "n", "x": 1}).status == 200
    world.counters.flush()


def test_with_kinds_of_events_the_fields_in_force_decide(world):
    fields = [*FIELDS, {"key": "total", "type": "INT", "presence": "optional", "when": {"/name": ["order"]}}]
    environment_id = world.add_environment(fields)

    world.post(environment_id, {"name": "page", "total": 3})

    assert list(seen_in(world, environment_id).keys) == ["/total"]
