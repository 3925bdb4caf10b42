"""An import that says it is exact accepts just what its JSON Schema accepts; all else is listed and left wider."""

import json

import pytest
from jsonschema import Draft202012Validator

from domain.language.json_schema_export import json_schema_of
from domain.language.json_schema_import import import_json_schema
from domain.validation.revision import CompiledRevision
from schemas.limits import INT64_MAX
from tests.unit.test_json_schema_import import accepts, compiled, of, rule

STRING = {"type": "string"}
WHOLE = {"type": "integer"}
NOTHING = {"allOf": [WHOLE, STRING]}


def rows(made):
    return [(row.pointer, row.keyword) for row in made.unmapped]


@pytest.mark.parametrize("inner", [NOTHING, {"type": []}, {"type": "array", "items": NOTHING}])
@pytest.mark.parametrize(
    ("outer", "kind", "keyword"),
    [("additionalProperties", "object", "additionalProperties"), ("items", "array", "items")],
)
def test_values_that_nothing_can_be_are_listed_and_left_wider(inner, outer, kind, keyword):
    schema = of({"name": STRING, "m": {"type": [kind, "boolean"], outer: inner}})
    made = import_json_schema(schema)
    rules = made.fields[1]["rules"]
    assert (made.fields[1]["type"], rules[0]) == ("JSON", rule("kinds", [kind, "boolean"]))
    assert all(one["value"] for one in rules)
    assert (made.is_exact, rows(made)) == (False, [("/properties/m", keyword)])


def agree(schema, texts):
    """Say whether an import and its JSON Schema decide alike on events, which are JSON texts of the key `a`."""
    revision, validator = compiled(import_json_schema(schema)), Draft202012Validator(schema)
    events = [json.loads(f'{{"a": {text}}}') for text in texts]
    return [accepts(revision, event) for event in events] == [validator.is_valid(event) for event in events]


NUMBERS = ["1", "1.0", "2", "1.5", "1e22", "9223372036854775808", "-1e30", "true", '"a"']


@pytest.mark.parametrize(
    "listed",
    [
        {"type": "number", "enum": [1, 1e22]},
        {"type": "number", "const": 1e22},
        {"enum": [1, 2**63]},
        {"type": "integer", "enum": [1, 1.5, 1e22]},
        {"oneOf": [{"const": 1}, {"const": 1e22}]},
        {"anyOf": [{"const": 1}, {"type": "integer", "const": -1e30}]},
        {"type": ["number", "null"], "enum": [1.5, 10**22]},
        {"type": "number", "enum": [1, 2.0, INT64_MAX]},
    ],
)
def test_listed_numbers_beyond_64_bits_are_accepted(listed):
    made = import_json_schema(of({"a": listed}))
    assert (made.is_exact, rows(made)) == (True, [])
    assert agree(of({"a": listed}), [*NUMBERS, "1e22", "-1e30"])
    assert agree(of({"a": {"type": "array", "items": listed}}), [f"[{number}]" for number in NUMBERS])


def test_a_listed_number_that_no_double_is_takes_its_nearest_and_is_listed():
    made = import_json_schema(of({"a": {"enum": [2**53 + 1, 1e22]}}))
    assert (made.fields[0]["type"], made.is_exact, rows(made)) == ("FLOAT", False, [("/properties/a", "enum")])
    assert accepts(compiled(made), {"a": 2**53 + 1})
    assert import_json_schema(of({"a": {"enum": [2**53 + 1]}})).fields[0]["type"] == "INT"


@pytest.mark.parametrize("more", [[], [rule("min_value", 0.0)], [rule("min_value", 0.0), rule("max_value", 1e30)]])
@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, 1e22], [2.0**53]])
def test_an_exported_float_of_listed_values_is_one_again(values, more):
    field = {"key": "a", "type": "FLOAT", "presence": "required", "rules": [rule("one_of", values), *more]}
    made = import_json_schema(json_schema_of("", [field]))
    before, after = (
        CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": "keep", "fields": fields})
        for fields in ([field], made.fields)
    )
    assert made.is_exact
    assert made.fields[0]["type"] == "FLOAT" or (len(more) == 2 and values == [1.0, 2.0])
    for number in (1, 1.5, 2, 10**22, 1e22, 2**53, 2**53 + 1, 3):
        assert accepts(before, {"a": number}) == accepts(after, {"a": number})
