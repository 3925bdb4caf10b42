"""The sentences of faults: they name what the schema says, and nothing of the event."""

import orjson
import pytest

from domain.validation.faults import one_of
from domain.validation.revision import CompiledRevision


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["view", "purchase"], 'Must be one of "view", "purchase".'),
        (["view"], 'Must be "view".'),
        ([1, 2.5], "Must be one of 1, 2.5."),
        (["é" * 50, "b"], f'Must be one of "{"é" * 38}…, "b".'),
        (list(range(12)), "Must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 or one of 2 more."),
    ],
)
def test_one_of_names_the_first_values(values, message):
    assert one_of(values).message == message


@pytest.mark.parametrize(
    ("data_type", "rule", "value", "message"),
    [
        ("STRING", {"rule": "min_length", "value": 1}, "", "Must have at least 1 character."),
        ("STRING", {"rule": "max_length", "value": 1}, "ab", "Must have at most 1 character."),
        ("STRING", {"rule": "max_length", "value": 2}, "abc", "Must have at most 2 characters."),
        ("STRING", {"rule": "max_bytes", "value": 1}, "é", "Must have at most 1 byte of UTF-8."),
        ("ARRAY_INT", {"rule": "min_items", "value": 1}, [], "Must have at least 1 element."),
        ("ARRAY_INT", {"rule": "max_items", "value": 0}, [1], "Must have at most 0 elements."),
        ("JSON", {"rule": "min_properties", "value": 1}, {}, "Must have at least 1 key."),
        ("JSON", {"rule": "max_properties", "value": 1}, {"a": 1, "b": 2}, "Must have at most 1 key."),
    ],
)
def test_one_is_not_spoken_of_as_many(data_type, rule, value, message):
    field = {"key": "it", "type": data_type, "presence": "required", "rules": [rule]}
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": "drop", "fields": [field], "event_name": []}
    (fault,) = CompiledRevision(document).read_event(orjson.dumps({"it": value})).faults
    assert fault.message == message


@pytest.mark.parametrize(("data_type", "value"), [("STRING", "y"), ("ARRAY_STRING", ["y"])])
def test_the_values_that_a_protected_field_may_have_are_not_named(data_type, value):
    rules = [{"rule": "one_of", "value": ["ada@example.com"]}]
    field = {"key": "who", "type": data_type, "presence": "required", "protect": "hash", "rules": rules}
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": "drop", "fields": [field], "event_name": []}
    (fault,) = CompiledRevision(document).read_event(orjson.dumps({"who": value})).faults
    assert (fault.code, fault.message) == ("one_of", "Must be one of the values that the schema lists.")
