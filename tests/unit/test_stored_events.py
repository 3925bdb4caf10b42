"""From stored documents back to what may have been sent."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.payload import EventTexts
from domain.intake.stamping import stamp
from domain.trials.masking import MaskedRevision, take_away
from domain.trials.sent import Ids, Sent, facts_of
from domain.trials.stored_events import DROPPED_KEYS, FILLED_VALUES, PROTECTED_VALUES, StoredForm
from domain.trials.trying import Trier
from tests.strategies import events_for, field_trees, protecting, with_presences

AT = "2026-11-23T08:00:00.000001Z"
IDS = Ids("org_1", "ep_1", "env_1")


def document_of(fields, additional_keys="drop"):
    return {"revision_id": "rev_1", "edition": 2, "additional_keys": additional_keys, "fields": fields}


def stored(document, text, distinct=frozenset()) -> dict[str, Any] | None:
    """Return an event as it is stored, None for one that is refused."""
    compiled = MaskedRevision(document, frozenset(), distinct).compiled
    verdicts: list[Any] = [compiled.read_event(text)]
    facts = facts_of(IDS, "rev_1", AT)
    lines = stamp(compiled, EventTexts("one", text), verdicts, ["evt_1"], AT, facts)
    return json.loads(lines[0]) if lines else None


def sent_of(document, event):
    """Return what a stored event is turned back into."""
    return StoredForm(document).event_of(
        stored(document, json.dumps(event).encode()), facts_of(IDS, "rev_1", AT), "evt_1"
    )[0]


def field(key, data_type="STRING", **more):
    return {"key": key, "type": data_type, "presence": "optional", **more}


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ([field("id", **{"from": "messageId"})], {"messageId": "a"}),
        ([field("total", "FLOAT", **{"from": "/properties/a~1b/total"})], {"properties": {"a/b": {"total": 1.5}}}),
        (
            [field("one", **{"from": "/a/one"}), field("a", "OBJECT", fields=[field("two")])],
            {"a": {"one": "x", "two": "y"}},
        ),
        ([field("all", "JSON", **{"from": "a"}), field("one", **{"from": "/a/one"})], {"a": {"one": "x", "b": None}}),
        ([field("items", "ARRAY_OBJECT", fields=[field("n", "INT", **{"from": "N"})])], {"items": [{"N": 1}, {}]}),
        ([field("at", "TIMESTAMP", format="unix_milliseconds")], {"at": 1_795_420_800_123}),
        ([field("at", "ARRAY_TIMESTAMP", format="unix_microseconds")], {"at": [-1, 1_795_420_800_123_456]}),
        ([field("at", "TIMESTAMP")], {"at": 1_795_420_800}),
        ([field("at", "TIMESTAMP", format="rfc3339")], {"at": "2026-11-23T08:00:00Z"}),
        ([field("a", "OBJECT", fields=[field("b")])], {"a": {}}),
    ],
)
def test_what_was_sent_goes_back_to_where_it_stood(fields, event):
    assert sent_of(document_of(fields), event) == event


def test_what_was_kept_beside_the_fields_goes_back_to_its_pointers():
    fields = [field("a"), field("items", "ARRAY_OBJECT", fields=[field("n", "INT")])]
    event = {"a": "x", "items": [{"n": 1}, {"n": 2, "colour": "blue"}], "new": {"deep": [None]}, "a/b": 1}
    assert sent_of(document_of(fields, "keep"), event) == event


def test_what_told_the_kind_of_an_event_is_put_back():
    fields = [
        field("page", "OBJECT", fields=[field("url")], when={"/type": ["page", "screen"], "/v": [1]}),
        field("title", when={"/type": ["track", "screen"]}),
    ]
    document = document_of(fields)
    assert sent_of(document, {"type": "page", "v": 1, "page": {"url": "u"}}) == {
        "type": "page",
        "v": 1,
        "page": {"url": "u"},
    }
    both = {"type": "screen", "v": 1, "page": {}, "title": "t"}
    assert sent_of(document, both) == both


def test_of_the_kinds_that_an_event_may_have_had_it_is_one_whose_required_fields_are_stored():
    fields = [
        field("both", when={"/type": ["track", "page"], "/v": [1, 2]}),
        field("of_track", presence="required", when={"/type": ["track"]}),
        field("of_second", presence="default", default="d", when={"/type": ["page"], "/v": [1]}),
    ]
    event = {"both": "x", "type": "page", "v": 2}
    assert sent_of(document_of(fields), event) == event


def test_a_field_of_a_kind_that_is_not_known_is_masked_as_well():
    kind = field("type", protect="hash")
    fields = [kind, field("page", presence="required", when={"/type": ["page"]}), field("other", **{"from": "/page/x"})]
    masked = MaskedRevision(document_of(fields, "reject"), frozenset({"/type"}))
    assert sorted(masked.removed) == [("page",), ("type",)]
    assert masked.masked_columns == {"type", "page", "other"}


def test_keys_that_were_dropped_are_not_known_and_it_says_so():
    document = document_of([field("a")])
    assert sent_of(document, {"a": "x", "b": 1}) == {"a": "x"}
    assert StoredForm(document).unseen == {DROPPED_KEYS}
    assert StoredForm(document_of([field("a")], "keep")).unseen == frozenset()
    extra = {"a": "x", "_extra": {"/b": 1, "": {"dropped": 3}}}
    event, is_cut = StoredForm(document_of([field("a")], "keep")).event_of(extra, facts_of(IDS, "rev_1", AT), "evt_1")
    assert (event, is_cut) == ({"a": "x", "b": 1}, True)


def test_a_default_counts_as_not_sent_and_another_value_as_sent():
    fields = [
        field("currency", presence="default", default="EUR"),
        field("a", "OBJECT", presence="default", fields=[field("n", "INT", presence="default", default=1)]),
        field("at", "TIMESTAMP", presence="default", default=1_000, format="unix_milliseconds"),
    ]
    document = document_of(fields)
    assert sent_of(document, {}) == {}
    assert sent_of(document, {"currency": "EUR"}) == {}
    assert sent_of(document, {"currency": "USD", "a": {"n": 2}, "at": 2_000}) == {
        "currency": "USD",
        "a": {"n": 2},
        "at": 2_000,
    }
    assert StoredForm(document).unseen == {DROPPED_KEYS, FILLED_VALUES}


def test_what_a_macro_gave_counts_as_not_sent():
    fields = [
        field("at", presence="macro", macro="received_at"),
        field("at_ms", "TIMESTAMP", format="unix_milliseconds", presence="macro", macro="received_at"),
        field("id", presence="macro", macro="event_id"),
        field("agent", presence="macro", macro="user_agent"),
        field("number", "INT", presence="macro", macro="random_int"),
    ]
    document = document_of(fields)
    assert sent_of(document, {}) == {}
    sent = {"at": "yesterday", "at_ms": 1_795_420_800_123, "id": "mine"}
    assert sent_of(document, sent | {"agent": "mine", "number": 7}) == sent


def test_a_protected_value_is_left_out_and_its_place_is_masked():
    fields = [
        field("user", "OBJECT", presence="required", fields=[field("email", protect="hash")]),
        field("items", "ARRAY_OBJECT", fields=[field("ip", protect="redact", **{"from": "/net/ip"})]),
    ]
    document = document_of(fields)
    form = StoredForm(document)
    assert sent_of(document, {"user": {"email": "a@b.example"}, "items": [{"net": {"ip": "192.0.2.1"}}]}) == {
        "user": {},
        "items": [{}],
    }
    assert form.masks == {"/user/email", "/items/*/net/ip"}
    assert PROTECTED_VALUES in form.unseen


@pytest.mark.parametrize(
    "changed",
    [
        field("email", presence="required"),
        field("email", "INT", presence="required"),
        field("email", "OBJECT", presence="required", fields=[field("address", presence="required")]),
        field("mail", presence="required", rules=[{"rule": "format", "value": "email"}], **{"from": "email"}),
        field("mail", presence="required", **{"from": "/email/address"}),
    ],
)
def test_any_value_counts_as_valid_in_a_masked_place(changed):
    user = field("user", "OBJECT", presence="required", fields=[field("name"), changed])
    masked = MaskedRevision(document_of([user], "reject"), frozenset({"/user/email"}))
    assert isinstance(masked.compiled.read_event(b'{"user": {"name": "x"}}'), bytes)
    assert f"user.{changed['key']}" in masked.masked_columns


def test_an_object_of_which_nothing_is_known_is_not_known_itself():
    user = field("user", "OBJECT", presence="required", fields=[field("email", presence="required")])
    masked = MaskedRevision(document_of([user, field("a")], "reject"), frozenset({"/user/email"}))
    event = {"user": {"email": "x"}, "a": "y"}
    for keys in masked.removed:
        take_away(event, keys)
    assert event == {"a": "y"}
    assert isinstance(masked.compiled.read_event(json.dumps(event).encode()), bytes)


def test_masked_places_are_taken_out_of_every_element():
    event = {"items": [{"a": 1, "b": 2}, {"a": 3}, 7], "x": [1]}
    for pointer in (["items", "*", "a"], ["x", "*", "y"], ["nothing", "here"]):
        take_away(event, pointer)
    assert event == {"items": [{"b": 2}, {}, 7], "x": [1]}


@pytest.mark.parametrize(
    ("data_type", "elements", "more"),
    [
        (
            "ARRAY_TIMESTAMP",
            '["2021-01-02T15:16:17.123456Z", "2021-01-02T15:16:17.123456789Z"]',
            {"format": "rfc3339"},
        ),
        ("ARRAY_TIMESTAMP", '["2021-01-02T17:16:17+02:00", "2021-01-02T16:16:17+01:00"]', {"format": "rfc3339"}),
        ("ARRAY_FLOAT", "[0.1, 0.10000000000000000001]", {}),
    ],
)
def test_elements_that_differed_as_they_were_sent_refuse_no_event_as_they_are_stored(data_type, elements, more):
    unique = {"rules": [{"rule": "unique_items", "value": True}, {"rule": "max_items", "value": 2}]}
    moments = field("at", data_type, **more, **unique)
    running = document_of([field("visits", "ARRAY_OBJECT", fields=[moments])])
    event = stored(running, f'{{"visits": [{{"at": {elements}}}]}}'.encode())
    assert len(set(event["visits"][0]["at"])) == 1
    form = StoredForm(running)
    sent = Sent(json.dumps(form.event_of(event, facts_of(IDS, "rev_1", AT), "evt_1")[0]).encode(), None, AT)
    assert not Trier(running, running, IDS).read("evt_1", sent).was_accepted
    tried = Trier(running, running, IDS).read("evt_1", sent._replace(distinct=form.distinct))
    assert tried.was_accepted
    assert isinstance(tried.verdict, bytes)
    too_many = sent._replace(text=b'{"visits": [{"at": [0, 1, 2]}]}', distinct=form.distinct)
    assert not Trier(running, running, IDS).read("evt_1", too_many).was_accepted


@given(st.data())
def test_what_an_event_is_turned_back_into_is_stored_as_the_event_was(data):
    tree = with_presences(data.draw(field_trees(edition=2)))
    document = document_of(tree, data.draw(st.sampled_from(["drop", "reject", "keep"])))
    before = stored(document, data.draw(events_for(tree)))
    if before is None:
        return
    form = StoredForm(document)
    event, _ = form.event_of(dict(before), facts_of(IDS, "rev_1", AT), "evt_1")
    after = stored(document, json.dumps(event).encode(), form.distinct)
    assert after is not None
    assert without_chance(tree, after) == without_chance(tree, before)


@given(st.data())
def test_whatever_is_protected_what_it_is_turned_back_into_is_accepted_with_its_places_masked(data):
    tree = data.draw(protecting(with_presences(data.draw(field_trees(edition=2)))))
    document = document_of(tree, data.draw(st.sampled_from(["drop", "reject", "keep"])))
    before = stored(document, data.draw(events_for(tree)))
    if before is None:
        return
    form = StoredForm(document)
    event, _ = form.event_of(before, facts_of(IDS, "rev_1", AT), "evt_1")
    masked = MaskedRevision(document, form.masks, form.distinct)
    for keys in masked.removed:
        take_away(event, keys)
    assert isinstance(masked.compiled.read_event(json.dumps(event).encode()), bytes)


def without_chance(tree, value):
    """Return a stored document without what is another one each time, its numbers as they are written."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [without_chance(tree, one) for one in value]
    if not isinstance(value, dict):
        return value
    fields = {one["key"]: one for one in tree}
    return {
        key: without_chance(fields.get(key, {}).get("fields") or [], member)
        for key, member in value.items()
        if fields.get(key, {}).get("presence") != "macro"
    }
