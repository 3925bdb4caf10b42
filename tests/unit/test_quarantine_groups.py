"""Which groups a refused event is in, and where quarantine objects stand."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.lines import plain_chunks
from domain.delivery.messages import QuarantinedEvent, quarantine_line, quarantine_message
from domain.quarantine.groups import counts_of, folded_pointer, group_pointer, groups_of
from domain.quarantine.objects import ObjectBody, events_of, hour_prefix, place_of
from domain.quarantine.ports import GroupKey
from schemas.limits import MAX_GROUP_POINTER_CHARS

EVENT = QuarantinedEvent(
    "env_1", "evt_1", "2026-11-23T07:05:01.000001Z", "rev_1", 0, [], False, "application/json", "curl", b"{"
)


@pytest.mark.parametrize(
    ("pointer", "general"),
    [
        ("", ""),
        ("/price", "/price"),
        ("/items/0", "/items/*"),
        ("/items/17/price", "/items/*/price"),
        ("/a/0/1/b", "/a/*/*/b"),
        ("/v2/x3", "/v2/x3"),
        ("/a~1b/0", "/a~1b/*"),
    ],
)
def test_the_number_of_an_element_does_not_tell_groups_apart(pointer, general):
    assert group_pointer("type_float", pointer) == general


@given(st.text(max_size=2_000))
def test_no_pointer_is_longer_than_a_group_may_have(text):
    pointer = f"/parent/{text.replace('~', '~0').replace('/', '~1')}"
    for code in ("unknown_key", "required"):
        assert len(group_pointer(code, pointer)) <= MAX_GROUP_POINTER_CHARS
    if len(pointer) > MAX_GROUP_POINTER_CHARS:
        assert group_pointer("unknown_key", pointer) == "/parent/*"


def test_keys_beside_each_other_fold_into_one_group():
    assert folded_pointer("/price") == "/*"
    assert folded_pointer("/items/*/prize") == "/items/*/*"


def test_an_event_is_once_in_each_of_its_groups_and_in_that_of_all_events():
    errors = [{"pointer": f"/items/{number}", "code": "required", "message": ""} for number in range(3)]
    event = QuarantinedEvent("env_1", "evt_1", EVENT.received_at, "rev_1", 0, errors, False, None, None, b"{}")
    assert groups_of(event) == {GroupKey("rev_1", "", ""), GroupKey("rev_1", "required", "/items/*")}
    assert [(count.key.code, count.events) for count in counts_of([event, EVENT])] == [("", 2), ("required", 1)]


def test_a_key_says_whose_events_an_object_holds_and_of_which_hour():
    body = ObjectBody(EVENT.partition)
    for message_id in ("m1", "m2"):
        body.add(message_id, quarantine_line(quarantine_message(EVENT))[1], 0)
    key, packed = body.finish()
    place = place_of(key)
    assert place == ("env_1", 1_795_417_200)
    assert key.startswith(hour_prefix(*place))
    assert list(events_of(plain_chunks(io.BytesIO(packed)))) == [EVENT, EVENT]


@pytest.mark.parametrize(
    "key",
    [
        "environment=env_1/dt=2026-11-23/hour=07/x.gz",
        "quarantine/environment=env_1/dt=2026-11-23/hour=25/x.ndjson.gz",
        "quarantine/environment=env_1/dt=2026-02-30/hour=07/x.ndjson.gz",
        "quarantine/environment=env_1/dt=2026-11-23/hour=07/x/y.ndjson.gz",
        "a/quarantine/environment=env_1/dt=2026-11-23/hour=07/x.ndjson.gz",
    ],
)
def test_other_keys_are_of_no_place(key):
    assert place_of(key) is None
