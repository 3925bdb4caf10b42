"""What is kept of keys that no field names, and how it is bounded."""

import orjson
import pytest

from domain.items import Conflict
from domain.metering.unknown_keys import DAY_SECONDS, UnknownKeys, add_to, packed, shape_of, unpacked
from schemas.limits import MAX_UNKNOWN_KEYS, MAX_UNKNOWN_SIBLINGS, UNKNOWN_KEYS_KEPT_DAYS
from tests.memory_unknown_keys import MemoryUnknownKeys

NOW = 1_795_420_800


def test_a_key_is_counted_once_for_each_event_with_every_kind_it_had():
    keys = UnknownKeys()

    keys.look([("/items/*/x", 1), ("/items/*/x", "a")], NOW)
    keys.look([("/items/*/x", 1.5)], NOW + 60)
    keys.look([], NOW + 61)

    (key,) = keys.keys.values()
    assert (key.count, key.kinds, key.first_seen, key.last_seen) == (2, ["integer", "string", "number"], NOW, NOW + 60)
    assert keys.looked_at == 3


def test_a_shape_holds_kinds_and_no_value():
    value = {"a": "secret", "b": [{"c": 1}, 2], "d": {"e": {"f": True}}, "g": None, "h": []}

    assert shape_of(value) == {"a": "string", "b": ["object"], "d": {"e": "object"}, "g": "null", "h": []}
    assert shape_of("secret") == "string"
    assert len(shape_of({str(number): 1 for number in range(50)})) == 11
    assert orjson.dumps(shape_of({"\ud800": 1})) == b'{"?":"integer"}'


def test_further_siblings_are_one_entry():
    keys = UnknownKeys()

    for number in range(MAX_UNKNOWN_SIBLINGS + 5):
        keys.look([(f"/ids/{number}", 1)], NOW)

    assert len(keys.keys) == MAX_UNKNOWN_SIBLINGS + 1
    assert keys.keys["/ids/*"].count == 5
    assert keys.keys["/ids/7"].count == 1


def test_no_more_keys_are_kept_than_the_most_and_one_for_the_rest():
    keys = UnknownKeys()

    for number in range(MAX_UNKNOWN_KEYS + 50):
        keys.look([(f"/a{number}/x", 1), (f"/{'y' * 300}{number}", 1)], NOW)

    assert len(keys.keys) <= MAX_UNKNOWN_KEYS + 1
    assert keys.keys["/*"].count > 0
    assert sum(key.count for key in keys.keys.values()) == 2 * (MAX_UNKNOWN_KEYS + 50)


def test_what_was_seen_last_too_long_ago_is_forgotten():
    keys = UnknownKeys()
    keys.look([("/old", 1), ("/both", 1)], NOW)
    later = NOW + UNKNOWN_KEYS_KEPT_DAYS * DAY_SECONDS
    keys.look([("/both", 1)], later)

    keys.forget(later)

    assert {pointer: key.count for pointer, key in keys.keys.items()} == {"/both": 1}
    assert keys.looked_at == 1


def test_what_is_kept_comes_back_as_it_was():
    keys = UnknownKeys()
    keys.look([("/a", {"b": 1}), ("/c", None)], NOW)

    again = unpacked(packed(keys))

    assert packed(again) == packed(keys)
    assert (again.looked_at, again.keys["/a"].shape) == (1, {"b": "integer"})
    assert unpacked(b"").looked_at == 0


def test_what_several_saw_is_added_up_though_each_was_overtaken():
    stored = MemoryUnknownKeys()
    seen = UnknownKeys()
    seen.look([("/a", 1)], NOW)
    stored.before_put = [lambda: add_to(stored, "env_1", seen, NOW)]

    assert add_to(stored, "env_1", seen, NOW)

    kept = unpacked(stored.get("env_1")[1])
    assert (kept.looked_at, kept.keys["/a"].count) == (2, 2)
    assert seen.keys["/a"].count == 1


def test_one_who_is_overtaken_each_time_adds_nothing():
    class Contested(MemoryUnknownKeys):
        def put(self, *_args) -> None:
            raise Conflict([0])

    assert not add_to(Contested(), "env_1", UnknownKeys(), NOW)


@pytest.mark.parametrize("pointer", ["/*", "/a", "/a/*/b", "/a/*/*"])
def test_whatever_the_pointer_it_finds_a_place(pointer):
    keys = UnknownKeys()
    for number in range(MAX_UNKNOWN_KEYS):
        keys.look([(f"/p{number % 10}/{number}", 1)], NOW)

    keys.look([(pointer, 1)], NOW)

    assert len(keys.keys) <= MAX_UNKNOWN_KEYS + 1
