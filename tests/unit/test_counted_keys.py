"""Counting keys tells of what is unnamed as a look at each key does, or tells nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.validation.counted_keys import counted_keys
from domain.validation.extra import Extra
from domain.validation.fast_reading import NullSeen
from domain.validation.fields_in_force import FieldsInForce


def field(key: str, data_type: str = "STRING", **more: Any) -> dict[str, Any]:
    return {"key": key, "type": data_type, "presence": "optional", **more}


FIELDS = [
    field("a"),
    field("b_c", **{"from": "/b/c"}),
    field("b_d_e", **{"from": "/b/d/e"}),
    field("b_d_f", **{"from": "/b/d/f"}),
    field("o", "OBJECT", fields=[field("x"), field("p", "OBJECT", fields=[field("y")])]),
    field("l", "ARRAY_OBJECT", fields=[field("x"), field("m", "ARRAY_OBJECT", fields=[field("y")])]),
    field("b_q", "OBJECT", **{"from": "/b/q"}, fields=[field("x")]),
    field("j", "JSON"),
]
DOCUMENT = {"revision_id": "r", "edition": 2, "additional_keys": "keep", "fields": FIELDS}
IN_FORCE = FieldsInForce(DOCUMENT, FIELDS, json.dumps(FIELDS), NullSeen())
IN_FORCE.take_null()
LOOKING = Extra(FIELDS)


def extra_of(event: dict[str, Any]) -> Any:
    document = IN_FORCE.document_of(event)
    return "refused" if document is None else document.get("_extra")


TEXT = st.sampled_from(["t", "", "ab"])
ODD = st.none() | TEXT | st.sampled_from([1, {}, [], {"z": 1}, ["z"]])


def objects(**members: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw objects with any of the members, odd ones among them now and then, and further keys."""
    drawn = {key: st.one_of(value, value, value, ODD) for key, value in members.items()}
    further = st.dictionaries(st.sampled_from(["z", "_event_id", "y/~"]), ODD, max_size=1)
    return st.tuples(st.fixed_dictionaries({}, optional=drawn), further).map(lambda parts: {**parts[0], **parts[1]})


INNER = objects(y=TEXT)
EVENTS = objects(
    a=TEXT,
    b=objects(c=TEXT, d=objects(e=TEXT, f=TEXT), q=objects(x=TEXT)),
    o=objects(x=TEXT, p=INNER),
    l=st.lists(objects(x=TEXT, m=st.lists(INNER, max_size=2)), max_size=2),
    j=ODD,
)


@given(EVENTS)
def test_what_is_counted_is_what_a_look_finds(event):
    found = extra_of(event)
    assert found == "refused" or found == LOOKING.of(event)


def test_counting_tells_of_events_whose_nested_keys_are_all_named():
    counting = counted_keys(FIELDS, {"a", "b", "o", "l", "j"}.__contains__, 1)
    assert counting is not None
    event = {"z": 1, "a": "t", "b": {"c": "t", "d": {"e": "t"}}, "l": [{"x": "t", "m": [{"y": "t"}]}, {}]}
    document = IN_FORCE.document_of(event)
    assert document is not None
    assert counting.unnamed(event, document) == ["z"]
    for odd in ({"b": {}}, {"b": {"d": {}}}, {"b": "a"}, {"b": ["c"]}, {"b": 1}, {"a": None}, {"o": {"z": 1}}):
        kept = IN_FORCE.document_of(odd)
        assert kept is not None
        assert counting.unnamed(odd, {**kept, "_extra": None}) is None


@pytest.mark.parametrize(
    "fields",
    [
        [field("a", presence="default", default="x")],
        [field("a", presence="macro", macro="uuid")],
        [field("a"), field("b", **{"from": "a"})],
        [field("j", "JSON", **{"from": "a"}), field("b", **{"from": "/a/b"})],
        [field("o", "OBJECT", fields=[field("b", **{"from": "/a/b"})])],
        [field("o", "OBJECT", fields=[field("b", presence="default", default="x")])],
    ],
)
def test_nothing_is_counted_of_fields_that_store_more_or_less_than_one_value_of_a_place_of_their_own(fields):
    assert counted_keys(fields, {"a"}.__contains__, 4) is None
