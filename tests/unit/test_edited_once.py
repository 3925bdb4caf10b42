"""A record is edited in place once: an invalid event beside it, or an earlier event, changes nothing of another."""

import json

import pytest

from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal
from domain.validation.fields_in_force import FieldsInForce
from domain.validation.revision import CompiledRevision

KEYS = pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])


def compiled(fields, additional_keys):
    return CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields})


def field(key, data_type, presence="optional", **more):
    return {"key": key, "type": data_type, "presence": presence} | more


N_OF_A = field("n", "INT", **{"from": "/o/a"})
ROWS = field("rows", "ARRAY_OBJECT", fields=[N_OF_A])
OF_LETTERS = field("m", "STRING", rules=[{"rule": "regex", "value": "[a-z]+"}])


def read_batch(revision, events):
    found = revision.read_batch(json.dumps(events).encode(), RequestWork())
    return [None if document is None else json.loads(document) for document in found]


@KEYS
def test_an_invalid_event_leaves_the_others_of_its_batch_as_they_are(additional_keys):
    revision = compiled([ROWS, OF_LETTERS], additional_keys)
    valid = {"rows": [{"o": {"a": 1}}], "m": "a"}
    stored = {"rows": [{"n": 1}], "m": "a"}
    for events, expected in [
        ([valid, {"m": "A"}], [stored, None]),
        ([{"m": "A"}, valid, valid], [None, stored, stored]),
        ([valid, {"m": "A"}, valid, {"m": ""}], [stored, None, stored, None]),
    ]:
        assert read_batch(revision, events) == expected


@KEYS
def test_an_invalid_event_does_not_have_others_with_json_validated_in_full(additional_keys, monkeypatch):
    monkeypatch.setattr(FieldsInForce, "_read_parsed", None)
    revision = compiled([field("j", "JSON"), OF_LETTERS], additional_keys)
    assert read_batch(revision, [{"j": {"a": 1}}, {"m": "A"}, {"j": [2]}]) == [{"j": {"a": 1}}, None, {"j": [2]}]


@KEYS
def test_deep_json_in_a_batch_whose_fields_read_one_place_twice(additional_keys, monkeypatch):
    inner = [field("j", "JSON"), field("n", "INT"), field("n2", "INT", **{"from": "n"})]
    revision = compiled([ROWS, field("o", "OBJECT", fields=inner)], additional_keys)
    deep = {"a": {"b": {"c": {"d": 1}}}}
    for _ in range(40):
        revision.read_event(b"{}")
    judged = []
    monkeypatch.setattr(FieldsInForce, "judge", lambda _self, text, _: judged.append(text))
    events = [{"rows": [{"o": {"a": 1}}]}, {"o": {"j": deep}}, {"o": {"n": 1}}]
    stored = [{"rows": [{"n": 1}]}, {"o": {"j": deep}}, {"o": {"n": 1, "n2": 1}}]
    if additional_keys == "reject":  # `/rows/0/o` holds what rows name; the root's `o` is another place
        stored = read_batch(compiled([ROWS, field("o", "OBJECT", fields=inner)], additional_keys), events)
    for _ in range(2):
        assert read_batch(revision, events) == stored
    assert not judged


@KEYS
@pytest.mark.parametrize(
    "inner", [{**field("n", "INT", "default", default=1), "from": "/p/n"}, {**field("n", "ARRAY_JSON"), "from": "/p/n"}]
)
def test_a_default_object_within_another_is_made_for_each_event(additional_keys, inner):
    innermost = field("b", "OBJECT", "default", fields=[inner])
    revision = compiled([{**field("a", "OBJECT", "default", fields=[innermost]), "from": "/o/a"}], additional_keys)
    first = revision.read_event(b"{}")
    assert not isinstance(first, Refusal)
    for text in (b"{}", b'{"o":{"a":null}}', b'{"o":{"a":{}}}', b"{}"):
        assert revision.read_event(text) == first
    assert revision.read_batch(b"[{},{},{}]", RequestWork()) == [first] * 3
    value = [1] if inner["type"] == "ARRAY_JSON" else 7
    sent = {"o": {"a": {"b": {"p": {"n": value}}}}}
    assert read_batch(revision, [{}, sent, {}]) == [json.loads(first), {"a": {"b": {"n": value}}}, json.loads(first)]


@KEYS
def test_half_a_character_under_max_bytes_is_told(additional_keys):
    rule = [{"rule": "max_bytes", "value": 3}]
    inside = {**field("a", "STRING", rules=rule), "from": "/context/a"}
    for fields in (
        [field("context", "JSON"), inside],
        [field("context", "JSON"), {**inside, "from": "context"}],
        [field("context", "JSON"), {**inside, "type": "ARRAY_STRING"}],
    ):
        for context in (b'{"a":"\\ud800"}', b'"\\ud800"', b'{"a":["\\ud800"]}', b'{"a":"\\ud800\\ud800"}'):
            found = compiled(fields, additional_keys).read_event(b'{"context":%b}' % context)
            assert isinstance(found, Refusal)
            assert "type_string" in {str(fault.code) for fault in found.faults}
