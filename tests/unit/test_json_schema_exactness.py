"""An import that says it is exact accepts just what its JSON Schema accepts; all else it lists, and never refuses more."""

import json

import pytest
from jsonschema import Draft202012Validator

from domain.language.json_schema_export import json_schema_of
from domain.language.json_schema_import import import_json_schema
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
