"""Events are counted by their names and outcomes, where a revision says what names them."""

import json

import pytest

from schemas.items import revision_document_key
from schemas.limits import MAX_EVENT_NAME_CHARS, MAX_EVENT_NAMES

EVENT = {"key": "event", "type": "STRING", "presence": "optional"}
TYPE = {"key": "kind", "from": "type", "type": "STRING", "presence": "optional"}
COUNT = {"key": "count", "type": "INT", "presence": "optional"}


def environment_of(world, *fields, pointers=("/event", "/type"), **pointer):
    environment_id = world.add_environment(fields or (EVENT, TYPE, COUNT), **pointer)
    key = revision_document_key(world.pointer(environment_id)["revision_id"])
    document = json.loads(world.catalog.items[key])
    world.catalog.put(key, {**document, "edition": 2, "event_name": list(pointers)})
    return environment_id


def names_in(world):
    world.counters.flush()
    counts = {}
    for row in (row for call in world.usage.calls for row in call):
        for name, outcomes in row.names.items():
            for outcome, count in outcomes.items():
                counts[name, str(outcome)] = counts.get((name, str(outcome)), 0) + count
    return counts


def test_the_first_pointer_that_holds_a_text_names_an_event(world):
    environment_id = environment_of(world)
    for event in ({"event": "buy", "type": "track"}, {"event": "", "type": "page"}, {"type": "page"}, {}):
        assert world.post(environment_id, event).status == 200
    assert names_in(world) == {("buy", "accepted"): 1, ("page", "accepted"): 2}


def test_refused_events_count_by_their_outcome(world):
    kept, refused = environment_of(world), environment_of(world, on_invalid="reject")
    world.post(kept, [{"event": "buy"}, {"event": "buy", "count": "x"}, {"event": 5, "type": "page"}])
    world.post(refused, {"event": "buy", "count": "x"})
    assert names_in(world) == {
        ("buy", "accepted"): 1,
        ("buy", "quarantined"): 1,
        ("page", "quarantined"): 1,
        ("buy", "rejected"): 1,
    }


@pytest.mark.parametrize("body", ["nonsense", "[5]", '{"event": "buy", "x": ' + "[" * 70 + "]" * 70 + "}"])
def test_what_can_not_be_read_has_no_name(world, body):
    world.post(environment_of(world), body)
    assert names_in(world) == {}


@pytest.mark.parametrize(
    "field",
    [
        COUNT,
        {**EVENT, "presence": "default", "default": "view"},
        {**EVENT, "presence": "macro", "macro": "uuid"},
        {**EVENT, "when": {"/type": ["other"]}},
        {**EVENT, "type": "JSON"},
        {"key": "event", "from": "/x/event", "type": "STRING", "presence": "optional"},
    ],
)
def test_the_name_is_what_was_sent_whatever_a_field_makes_of_it(world, field):
    environment_id = environment_of(world, field)
    for event in ({"event": "buy"}, {}):
        assert world.post(environment_id, event).status == 200
    assert names_in(world) == {("buy", "accepted"): 1}


def test_a_name_may_stand_deeper(world):
    field = {"key": "x", "from": "/a/b", "type": "OBJECT", "presence": "optional", "fields": [{**EVENT, "from": "E"}]}
    world.post(environment_of(world, field, pointers=["/a/b/E"]), {"a": {"b": {"E": "buy"}}})
    assert names_in(world) == {("buy", "accepted"): 1}


def test_a_long_name_is_cut(world):
    world.post(environment_of(world), {"event": "é" * (MAX_EVENT_NAME_CHARS + 1)})
    assert names_in(world) == {("é" * MAX_EVENT_NAME_CHARS, "accepted"): 1}


def test_names_beyond_the_most_are_counted_as_other(world):
    environment_id = environment_of(world)
    world.post(environment_id, [{"event": str(number)} for number in range(MAX_EVENT_NAMES + 3)])
    assert len(names_in(world)) == MAX_EVENT_NAMES
    assert world.usage.calls[0][0].other_names == {"accepted": 3}
