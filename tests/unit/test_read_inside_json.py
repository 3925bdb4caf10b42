"""Fields that read within the value of a JSON field are read by types, as an event's other fields are."""

import json
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.language.templates import TEMPLATES
from domain.validation import records
from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from tests.recorded import recording

CONTEXT = {"key": "context", "type": "JSON", "presence": "optional"}


def compiled(fields, additional_keys="keep"):
    return CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields})


def text_of(event):
    return json.dumps(event).encode()


def read(fields, event, additional_keys="keep"):
    """Return what is stored, or the pointers and codes of faults."""
    found = compiled(fields, additional_keys).read_event(text_of(event))
    if isinstance(found, Refusal):
        return {(fault.pointer, str(fault.code)) for fault in found.faults}
    return json.loads(found)


def inside(pointer, data_type="STRING", presence="optional", **more):
    return {"key": pointer.rpartition("/")[2], "type": data_type, "presence": presence, "from": pointer} | more


@pytest.mark.usefixtures("by_type_alone")
@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
def test_both_are_read_without_parsing_the_event_first(additional_keys):
    fields = [inside("/context/library/name"), CONTEXT, inside("/context/library/size", "INT"), inside("/context/a")]
    library = {"name": "n", "size": 2, "other": [1, {}]}
    for context, found in [
        ({"library": library, "a": "x"}, {"name": "n", "size": 2, "a": "x"}),
        ({"library": {}}, {}),
        ({}, {}),
        ([1], {}),
        ("text", {}),
    ]:
        assert read(fields, {"context": context}, additional_keys) == {"context": context, **found}
    assert read(fields, {}, additional_keys) == {}


@pytest.mark.usefixtures("by_type_alone")
def test_the_events_of_senders_are_read_by_the_types_of_their_templates():
    events = {
        "segment": json.loads(recording("segment-python").requests[0].body)["batch"],
        "posthog": [{"event": "e", "distinct_id": "d", "properties": {"$lib": "web", "$os": "Linux", "more": [1]}}],
    }
    for name, sent in events.items():
        template = TEMPLATES[name]
        revision = compiled(template.fields, template.additional_keys)
        for event in sent:
            known = {key: value for key, value in event.items() if key not in {"integrations", "sentAt"}}
            stored = json.loads(revision.read_event(text_of(known)))
            assert "_extra" not in stored
            within = {field["key"]: field["from"] for field in template.fields if field.get("from", "").count("/") > 1}
            assert within.keys() & stored.keys()


@pytest.mark.parametrize(
    "context", [{}, {"context": None}, {"context": [1]}, {"context": {"o": {}}}, {"context": {"o": 1}}]
)
def test_what_is_required_within_is_missed(context):
    assert read([CONTEXT, inside("/context/o/a", presence="required")], context) == {("/context/o/a", "required")}


def test_a_wrong_value_within_is_told_at_its_place():
    fields = [CONTEXT, inside("/context/a", "INT", rules=[{"rule": "max_value", "value": 5}])]
    assert read(fields, {"context": {"a": 6}}) == {("/context/a", "max_value")}
    assert read(fields, {"context": {"a": "x"}}) == {("/context/a", "type_int")}


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("elements", ['["\\udc00"]', '[{"\\udc00":1}]', '[{"x":"\\udc00"}]'])
def test_half_a_character_in_objects_that_json_holds_too_is_a_fault(elements, additional_keys):
    x = {"key": "x", "type": "STRING", "presence": "optional"}
    rows = {"key": "rows", "type": "ARRAY_OBJECT", "presence": "optional", "from": "context", "fields": [x]}
    revision = compiled([CONTEXT, rows], additional_keys)
    found = revision.read_event(b'{"context":%b}' % elements.encode(), RequestWork())
    assert isinstance(found, Refusal)
    assert found.faults


def test_no_more_types_are_made_than_fields_may_read_into(monkeypatch):
    made = Mock(wraps=records.defstruct)
    monkeypatch.setattr(records, "defstruct", made)
    value = {"a": {"a": {"a": {"a": {"a": {"a": {"leaf": "x"}}}}}}}
    for places in (1, 2):
        holders = [
            {**CONTEXT, "from": f"c{place}", "key": f"j{place}_{n}"} for place in range(places) for n in range(8)
        ]
        way = "/a" * 6 + "/leaf"
        readers = [inside(f"/c{place}{way}", key=f"k{place}_{n}") for place in range(places) for n in range(64)]
        made.reset_mock()
        assert read([*holders, *readers], {f"c{place}": value for place in range(places)}) == {
            **{holder["key"]: value for holder in holders},
            **{reader["key"]: "x" for reader in readers},
        }
        assert bool(made.call_count) == (places == 1)
        assert made.call_count <= 2 * 510  # what is kept has a reader of its own


POINTERS = ["o", "/o", "/o/a", "/o/a/b", "/o/a/b/c", "/o/c", "/p", "/p/x", "/q/o", "/q/o/a", "/o/a~1b", "/o/0"]
DEFAULTS = {"STRING": "d", "INT": 1, "FLOAT": 0.5, "BOOLEAN": True, "JSON": {"d": 1}}
SCALARS = ["STRING", "INT", "FLOAT", "BOOLEAN", "ARRAY_INT", "ARRAY_JSON", "JSON", "JSON", "JSON"]
SENT = st.recursive(
    st.sampled_from([None, 1, 2**63, 0.5, 1.0, "s", "ab", True, 1e300, 9007199254740993]),
    lambda below: (
        st.dictionaries(st.sampled_from(["a", "b", "c", "o", "a/b", "0", "x", "z"]), below, max_size=4)
        | st.lists(below, max_size=2)
    ),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.sampled_from(["o", "p", "q", "k0", "k1", "z"]), SENT, max_size=4)


@st.composite
def fields_at_shared_places(draw, most=5):
    made = []
    for index in range(draw(st.integers(1, most))):
        data_type = draw(st.sampled_from([*SCALARS, "OBJECT"] if most > 2 else SCALARS))
        presence = draw(st.sampled_from(["required", "optional", "optional", "default"]))
        field = {"key": f"k{index}", "type": data_type, "presence": presence, "from": draw(st.sampled_from(POINTERS))}
        if data_type == "OBJECT":
            field["fields"] = draw(fields_at_shared_places(most=2))
        elif presence == "default":
            field |= {"default": DEFAULTS[data_type]} if data_type in DEFAULTS else {"presence": "optional"}
        if data_type == "JSON" and draw(st.booleans()):
            field["rules"] = [{"rule": "kinds", "value": draw(st.sampled_from([["object"], ["object", "string"]]))}]
        made.append(field)
    return made


@settings(max_examples=150)
@given(fields_at_shared_places(), st.sampled_from(["drop", "keep", "reject"]), st.lists(EVENTS, min_size=1, max_size=4))
def test_fields_read_from_shared_places_what_the_full_validation_does(fields, additional_keys, events):
    revision, full = compiled(fields, additional_keys), compiled(fields, additional_keys)
    for event in events * 2:  # what the first brought is learned
        found, expected = revision.read_event(text_of(event)), full.judge_event(text_of(event), RequestWork())
        if isinstance(expected, Refusal):
            assert isinstance(found, Refusal)
            assert found.errors() == expected.errors()
        else:
            assert list(json.loads(found).items()) == list(json.loads(expected).items())
