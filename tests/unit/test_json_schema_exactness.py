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


def when_of(condition, **root):
    """Import a condition that asks for the key `n`; return the import and what a `when` says there."""
    made = import_json_schema({**of({"k": {}, "n": STRING}, **root), "if": condition, "then": {"required": ["n"]}})
    return made, [field["when"] for field in made.fields if "when" in field]


def asked(properties, **more):
    return {"properties": properties, "required": [*properties], **more}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"type": "string", "enum": ["a", 1]}, [{"/k": ["a"]}]),
        ({"type": ["number", "boolean"], "enum": ["a", 1, True]}, [{"/k": [1, True]}]),
        ({"type": "string", "const": 1}, []),
        ({"type": "text", "const": 1}, []),
    ],
)
def test_of_the_values_of_a_condition_those_of_its_type_count(told, expected):
    made, whens = when_of(asked({"k": told}))
    assert whens == expected
    assert made.is_exact is bool(expected)
    assert accepts(compiled(made), {"k": 1}) or 1 in expected[0]["/k"]


@pytest.mark.parametrize("step", [{}, {"type": "object"}])
def test_a_condition_on_a_key_of_any_value_is_listed(step):
    made, whens = when_of(asked({"k": {"const": 1}, "step": step}))
    assert (whens, made.is_exact) == ([], False)
    assert accepts(compiled(made), {"k": 1})


def test_a_condition_at_a_step_that_may_be_no_object_is_not_exact():
    inner = asked({"b": {"const": 1}})
    made, whens = when_of(asked({"k": inner}))
    assert (whens, made.is_exact, rows(made)) == ([{"/k/b": [1]}], False, [("", "if")])
    assert when_of(asked({"k": {"type": "object", **inner}}))[0].is_exact
    known = {"k": of({"b": WHOLE})}
    assert import_json_schema({**of(known), "if": asked({"k": inner}), "then": asked({"n": {}})}).fields
    assert import_json_schema(
        {**of({**known, "n": STRING}), "if": asked({"k": inner}), "then": asked({"n": {}})}
    ).is_exact


@pytest.mark.parametrize(
    "place", [lambda one: one, lambda one: of({"o": one}), lambda one: of({"o": {"type": "array", "items": one}})]
)
def test_an_object_of_no_keys_that_has_fields_is_not_exact(place):
    made = import_json_schema(place(of({"a": STRING}, maxProperties=0)))
    assert (made.is_exact, [row.keyword for row in made.unmapped]) == (False, ["maxProperties"])
    assert import_json_schema(place(of({"a": STRING}, minProperties=0))).is_exact


@pytest.mark.parametrize(
    "more",
    [
        {"minProperties": 3},
        {"maxProperties": 2},
        {"enum": [{"k": 1, "n": "a"}]},
        {"const": {}},
        {"type": "string"},
        {"type": []},
    ],
)
def test_a_consequence_that_says_more_than_keys_is_listed(more):
    condition = {"if": asked({"k": {"const": 1}}), "then": {"required": ["n"], **more}}
    made = import_json_schema({**of({"k": WHOLE, "n": STRING}), **condition})
    assert (made.is_exact, rows(made)) == (False, [("", "then")])
    assert accepts(compiled(made), {"k": 1, "n": "a"})
    plain = {**condition, "then": {"required": ["n"], "type": "object", "minProperties": 0}}
    assert import_json_schema({**of({"k": WHOLE, "n": STRING}), **plain}).is_exact


@pytest.mark.parametrize(("required", "is_exact"), [([], True), (["x"], False)])
def test_a_key_that_a_closed_event_does_not_name_stays_refused_under_a_condition(required, is_exact):
    condition = {"if": asked({"k": {"const": 1}}), "then": {"properties": {"x": STRING}, "required": required}}
    made = import_json_schema({**of({"k": WHOLE}, additionalProperties=False), **condition})
    assert (made.additional_keys, made.is_exact) == ("reject", is_exact)
    assert not accepts(compiled(made), {"k": 1, "x": "a"})
    assert accepts(compiled(made), {"k": 2})


def test_a_key_that_only_some_alternatives_name_is_not_exact_under_a_condition():
    branches = [
        of({"kind": {"const": "a"}, "k": WHOLE}, required=["kind"], additionalProperties=False),
        of({"kind": {"const": "b"}, "k": WHOLE, "x": {}}, required=["kind"], additionalProperties=False),
    ]
    condition = {"if": asked({"k": {"const": 1}}), "then": {"properties": {"x": STRING}}}
    made = import_json_schema({"type": "object", "oneOf": branches, **condition})
    assert ("", "then") in rows(made)
    assert not made.is_exact
