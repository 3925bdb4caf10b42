"""A JSON Schema becomes fields that refuse nothing that it accepts, and what they do not say is listed."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Rejected
from domain.language.json_schema_export import json_schema_of
from domain.language.json_schema_facts import MAX_STEPS
from domain.language.json_schema_import import MAX_LISTED, import_json_schema
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.limits import INT64_MAX, UINT64_MAX
from tests.strategies import drawn, events_for, field_trees
from tests.unit.test_json_schema_export import finalised, is_beyond_json_schema, is_told_in_words, stored

STRING = {"type": "string"}
NESTED = {"type": "array", "items": STRING}


def of(properties, **more):
    return {"type": "object", "properties": properties, **more}


def imported(schema):
    """Return the field of the key `a` without its key, and the rows (pointer, keyword) of what was not mapped."""
    made = import_json_schema(of({"a": schema, "z": STRING}))
    known = {field.pop("key"): field for field in made.fields}
    return known.get("a"), [(row.pointer.removeprefix("/properties/a"), row.keyword) for row in made.unmapped]


def compiled(made):
    return CompiledRevision(
        {"revision_id": "r", "edition": 2, "additional_keys": made.additional_keys, "fields": made.fields}
    )


def accepts(revision, event):
    return not isinstance(revision.read_event(json.dumps(event).encode()), Refusal)


def rule(name, value):
    return {"rule": name, "value": value}


UNIQUE = rule("unique_items", True)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (STRING, {"type": "STRING"}),
        ({"type": ["string", "null"], "description": "It."}, {"type": "STRING", "description": "It."}),
        ({"type": "integer"}, {"type": "INT"}),
        ({"type": "number"}, {"type": "FLOAT"}),
        ({"type": ["integer", "number"]}, {"type": "FLOAT"}),
        ({"type": "boolean", "default": True}, {"type": "BOOLEAN", "presence": "default", "default": True}),
        ({"type": "boolean", "enum": [True, False]}, {"type": "BOOLEAN"}),
        ({"enum": ["x", "y", None]}, {"type": "STRING", "rules": [rule("one_of", ["x", "y"])]}),
        ({"type": "string", "enum": ["x", 3]}, {"type": "STRING", "rules": [rule("one_of", ["x"])]}),
        ({"const": 3}, {"type": "INT", "rules": [rule("one_of", [3])]}),
        ({"type": "number", "enum": [1, 2.0]}, {"type": "INT", "rules": [rule("one_of", [1, 2])]}),
        ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "STRING", "rules": [rule("regex", "[a-z]+")]}),
        ({"type": "string", "pattern": "a|b"}, {"type": "STRING", "rules": [rule("regex", "(?s:.*)(?:a|b)(?s:.*)")]}),
        (
            {"type": "string", "minLength": 2, "maxLength": 4.0},
            {"type": "STRING", "rules": [rule("min_length", 2), rule("max_length", 4)]},
        ),
        (
            {"type": "array", "items": STRING, "minItems": 0, "maxItems": 0},
            {"type": "ARRAY_STRING", "rules": [rule("max_items", 0)]},
        ),
        ({"type": "integer", "exclusiveMinimum": 3}, {"type": "INT", "rules": [rule("min_value", 4)]}),
        ({"type": "integer", "exclusiveMaximum": 3.5}, {"type": "INT", "rules": [rule("max_value", 3)]}),
        (
            {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
            {"type": "INT", "rules": [rule("min_value", 4)]},
        ),
        ({"type": "integer", "minimum": -(2**70), "maximum": 2**70}, {"type": "INT"}),
        ({"type": "number", "maximum": 2}, {"type": "FLOAT", "rules": [rule("max_value", 2.0)]}),
        (
            {"type": "number", "exclusiveMaximum": 1},
            {"type": "FLOAT", "rules": [rule("max_value", 0.9999999999999999)]},
        ),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 1},
            {"type": "ARRAY_STRING", "rules": [rule("min_items", 1), rule("max_length", 3)]},
        ),
        (
            {"type": "array", "items": of({"b": {"type": "integer"}}, required=["b"])},
            {"type": "ARRAY_OBJECT", "fields": [{"key": "b", "type": "INT", "presence": "required"}]},
        ),
        (
            {"oneOf": [{"type": "null"}, of({"b": STRING})]},
            {"type": "OBJECT", "fields": [{"key": "b", "type": "STRING", "presence": "optional"}]},
        ),
        ({}, {"type": "JSON"}),
        (True, {"type": "JSON"}),
        ({"type": "object"}, {"type": "JSON", "rules": [rule("kinds", ["object"])]}),
        (
            {"type": "object", "minProperties": 1, "maxProperties": 3, "additionalProperties": True},
            {
                "type": "JSON",
                "rules": [rule("kinds", ["object"]), rule("min_properties", 1), rule("max_properties", 3)],
            },
        ),
        ({"type": "array"}, {"type": "JSON", "rules": [rule("kinds", ["array"])]}),
        ({"type": ["string", "integer"]}, {"type": "JSON", "rules": [rule("kinds", ["string", "integer"])]}),
        ({"anyOf": [STRING, {"type": "array"}]}, {"type": "JSON", "rules": [rule("kinds", ["array", "string"])]}),
        ({"type": "array", "items": {"type": "boolean"}}, {"type": "ARRAY_BOOLEAN"}),
        (
            {"type": "array", "items": {"type": ["string", "object"]}, "maxItems": 2},
            {"type": "ARRAY_JSON", "rules": [rule("max_items", 2), rule("kinds", ["object", "string"])]},
        ),
        ({"type": "array", "items": STRING, "uniqueItems": True}, {"type": "ARRAY_STRING", "rules": [UNIQUE]}),
        ({"type": "string", "format": "date-time"}, {"type": "TIMESTAMP", "format": "rfc3339"}),
        ({"type": ["string", "null"], "format": "date"}, {"type": "DATE"}),
        (
            {"type": "array", "items": {"type": "string", "format": "date-time"}},
            {"type": "ARRAY_TIMESTAMP", "format": "rfc3339"},
        ),
        (
            {"type": "string", "format": "date-time", "minLength": 3},
            {"type": "STRING", "rules": [rule("format", "date_time"), rule("min_length", 3)]},
        ),
        ({"type": "string", "format": "uri"}, {"type": "STRING", "rules": [rule("format", "uri")]}),
        (
            {"type": "string", "format": "relative-json-pointer"},
            {"type": "STRING", "rules": [rule("regex", "(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)")]},
        ),
        ({"type": "number", "enum": [1.5, 2]}, {"type": "FLOAT", "rules": [rule("one_of", [1.5, 2.0])]}),
        ({"type": "boolean", "const": True}, {"type": "BOOLEAN", "rules": [rule("one_of", [True])]}),
        (
            {"allOf": [{"type": "integer", "multipleOf": 4}, {"multipleOf": 6.0}]},
            {"type": "INT", "rules": [rule("multiple_of", 12)]},
        ),
        (
            of({"b": STRING, "B": STRING}, required=["B"]),
            {
                "type": "OBJECT",
                "fields": [
                    {"key": "b", "type": "STRING", "presence": "optional"},
                    {"key": "b_2", "from": "B", "type": "STRING", "presence": "required"},
                ],
            },
        ),
        ({"anyOf": [{"const": "x"}, {"enum": ["y", "x"]}]}, {"type": "STRING", "rules": [rule("one_of", ["x", "y"])]}),
        (
            {"allOf": [{"type": "string", "minLength": 1}, {"minLength": 3, "pattern": "^x"}]},
            {"type": "STRING", "rules": [rule("regex", "x(?s:.*)"), rule("min_length", 3)]},
        ),
        (
            {"allOf": [of({"b": {"minLength": 1}}), of({"b": STRING, "c": STRING}, required=["b"])]},
            {
                "type": "OBJECT",
                "fields": [
                    {"key": "b", "type": "STRING", "presence": "required", "rules": [rule("min_length", 1)]},
                    {"key": "c", "type": "STRING", "presence": "optional"},
                ],
            },
        ),
    ],
)
def test_what_has_a_counterpart_is_taken_over(schema, expected):
    assert imported(schema) == ({"presence": "optional", **expected}, [])


@pytest.mark.parametrize(
    ("schema", "data_type", "rows"),
    [
        ({"type": "string", "pattern": "(?=a)"}, "STRING", [("", "pattern")]),
        ({"type": "string", "pattern": r"(a)\1"}, "STRING", [("", "pattern")]),
        ({"type": "string", "not": {"const": "x"}}, "STRING", [("", "not")]),
        ({"type": "string", "anyOf": [{"minLength": 3}, {"pattern": "x"}]}, "STRING", [("", "anyOf")]),
        ({"type": "string", "default": 3}, "STRING", [("", "default")]),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "STRING", [("", "maxLength")]),
        ({"type": "number", "exclusiveMinimum": 2**53 + 1}, "FLOAT", [("", "exclusiveMinimum")]),
        ({"properties": {"b": STRING}}, "OBJECT", [("", "type")]),
        (of({"b": STRING}, patternProperties={"^x": STRING}), "OBJECT", [("", "patternProperties")]),
        (of({"b": STRING}, additionalProperties=STRING), "OBJECT", [("", "additionalProperties")]),
        ({"type": "string", "enum": [str(i) for i in range(1_001)]}, "STRING", [("", "enum")]),
        ({"type": "string", "pattern": {}}, "STRING", [("", "pattern")]),
        ({"type": "number", "pattern": []}, "FLOAT", []),
        ({"type": "string", "format": "iri"}, "STRING", [("", "format")]),
        ({"type": "string", "format": "card"}, "STRING", [("", "format")]),
        ({"type": "number", "multipleOf": 0.5}, "FLOAT", [("", "multipleOf")]),
        ({"type": "array", "items": of({"b": STRING}), "uniqueItems": True}, "ARRAY_OBJECT", [("", "uniqueItems")]),
        ({"type": ["string", "integer"], "minLength": 1}, "JSON", [("", "minLength")]),
        ({"enum": ["a", 1]}, "JSON", [("", "enum")]),
        ({"oneOf": [STRING, of({"b": STRING})]}, "JSON", [("", "properties")]),
        ({"type": "object", "additionalProperties": of({"b": STRING})}, "JSON", [("", "additionalProperties")]),
        (of({}, additionalProperties=STRING, patternProperties={"^x": {}}), "JSON", [("", "patternProperties")]),
        ({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 1}]}, "FLOAT", [("", "oneOf")]),
        ({"anyOf": [STRING, {"type": "string", "format": "email"}]}, "STRING", [("", "anyOf")]),
        ({"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["a"]}]}, "JSON", [("", "oneOf")]),
        ({"type": "object", "patternProperties": {"^x": STRING}}, "JSON", [("", "patternProperties")]),
        ({"type": "array", "items": {"type": "array", "items": NESTED}}, "ARRAY_JSON", [("/items", "items")]),
        (of({"b": STRING}, required=["c"]), "OBJECT", [("", "required")]),
        ({"type": "array", "items": {"type": ["string", "null"], "minLength": 1}}, "JSON", [("", "items")]),
        ({"type": "array", "items": [STRING]}, "JSON", [("", "items")]),
        ({"type": "array", "prefixItems": [STRING]}, "JSON", [("", "prefixItems")]),
        (False, None, [("", "")]),
        ({"$ref": "https://example.com/x"}, "JSON", [("", "$ref")]),
        ({"$ref": "#/nowhere"}, "JSON", [("", "$ref")]),
    ],
)
def test_what_has_none_is_listed_and_left_wider_or_out(schema, data_type, rows):
    field, found = imported(schema)
    assert (field and field["type"], found) == (data_type, rows)


TIME_OR_SECONDS = {"oneOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}, {"type": "null"}]}
LABELS = {"type": "object", "additionalProperties": {"oneOf": [{"type": "null"}, STRING, NESTED]}}


@pytest.mark.parametrize(
    ("schema", "rules"),
    [
        (TIME_OR_SECONDS, [("kinds", ["string", "integer"]), ("format", "date_time")]),
        ({"type": ["string", "boolean"], "format": "date"}, [("kinds", ["string", "boolean"]), ("format", "date")]),
        ({"type": "object", "additionalProperties": STRING}, [("kinds", ["object"]), ("value_kinds", ["string"])]),
        (
            LABELS,
            [("kinds", ["object"]), ("value_kinds", ["array", "string", "null"]), ("element_kinds", ["string"])],
        ),
        (
            {"type": "array", "items": {"type": ["string", "null"]}},
            [("kinds", ["array"]), ("element_kinds", ["string", "null"])],
        ),
        ({"anyOf": [STRING, NESTED]}, [("kinds", ["array", "string"]), ("element_kinds", ["string"])]),
    ],
)
def test_what_json_holds_is_said_by_rules_about_its_kinds(schema, rules):
    made = import_json_schema(of({"a": schema}))
    assert [(rule["rule"], rule["value"]) for rule in made.fields[0]["rules"]] == rules
    assert (made.fields[0]["type"], made.is_exact, made.unmapped) == ("JSON", True, [])


def test_the_kinds_of_elements_are_left_open_where_arrays_of_two_places_differ():
    arrays_of_numbers = {"type": "array", "items": {"type": "number"}}
    made = import_json_schema(of({"a": {"anyOf": [NESTED, {**LABELS, "additionalProperties": arrays_of_numbers}]}}))
    assert [rule["rule"] for rule in made.fields[0]["rules"]] == ["kinds", "value_kinds"]
    assert not made.is_exact
    assert accepts(compiled(made), {"a": [1]})


@pytest.mark.parametrize("schema", [{"type": "null"}, {"const": None}, {"enum": [None]}, {"type": ["null"]}])
def test_a_key_that_can_only_be_null_takes_no_value(schema):
    made = import_json_schema(of({"a": schema, "z": STRING}, required=["a"]))
    revision = compiled(made)
    assert (made.fields[0]["type"], made.is_exact) == ("STRING", True)
    assert accepts(revision, {"a": None})
    assert not any(accepts(revision, {"a": value}) for value in ["", "a", "\n", "é", 0, False, [], {}])


def test_references_lead_to_their_definitions_and_cycles_are_listed():
    schema = of(
        {"a": {"$ref": "#/$defs/x~1y"}, "tree": {"$ref": "#/$defs/tree"}},
        **{
            "$defs": {
                "x/y": {"type": "integer"},
                "tree": of({"n": {"type": "integer"}, "up": {"$ref": "#/$defs/tree"}}),
            }
        },
    )
    made = import_json_schema(schema)
    assert [field["type"] for field in made.fields] == ["INT", "OBJECT"]
    number, up = made.fields[1]["fields"]
    assert (number["key"], up["type"], up["rules"]) == ("n", "JSON", [rule("kinds", ["object"])])
    assert ("/$defs/tree/properties/up", "$ref") in [(row.pointer, row.keyword) for row in made.unmapped]


def test_beside_a_reference_early_drafts_say_nothing():
    schema = of({"a": {"$ref": "#/$defs/s", "minLength": 3}}, **{"$defs": {"s": STRING}})
    assert import_json_schema(schema).fields[0]["rules"] == [rule("min_length", 3)]
    early = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    assert "rules" not in import_json_schema(early).fields[0]


def test_what_stands_deeper_than_a_field_can_is_kept_as_json():
    schema = STRING
    for _ in range(12):
        schema = of({"a": schema})
    made = import_json_schema(schema)
    (field,), depth = made.fields, 1
    while "fields" in field:
        (field,), depth = field["fields"], depth + 1
    assert (field["type"], field["rules"], depth) == ("JSON", [rule("kinds", ["object"])], 10)
    (row,) = made.unmapped
    assert (row.pointer, row.keyword) == ("/properties/a" * 10, "properties")


def test_what_exceeds_the_number_of_fields_is_kept_and_listed():
    wide = import_json_schema(of({f"K{i}": STRING for i in range(2_510)}, additionalProperties=False))
    report = wide.report()
    assert (len(wide.fields), wide.additional_keys) == (2_000, "keep")
    assert (len(report["unmapped"]), report["unmapped_count"], report["complete"]) == (MAX_LISTED, 511, True)


def test_further_keys_are_refused_if_every_object_says_so_and_kept_otherwise():
    closed = {"additionalProperties": False}
    assert import_json_schema(of({"a": of({"B": STRING}, **closed)}, **closed)).additional_keys == "reject"
    half = import_json_schema(of({"a": of({"b": STRING})}, **closed))
    assert (half.additional_keys, [row.pointer for row in half.unmapped]) == ("keep", [""])
    unread = import_json_schema(of({"a": STRING, "a\n": STRING}, **closed))
    assert unread.additional_keys == "keep"
    assert {row.keyword for row in unread.unmapped} == {"properties", "additionalProperties"}
    together = import_json_schema({"allOf": [of({"a": STRING, "b": STRING}, **closed), of({"a": {}, "c": STRING})]})
    assert ([field["key"] for field in together.fields], together.additional_keys) == (["a", "b"], "reject")


def test_an_empty_key_is_read_by_the_pointer_that_names_it():
    made = import_json_schema(of({"": of({"": STRING})}))
    (outer,) = made.fields
    assert (outer["from"], outer["fields"][0]["from"], made.is_exact) == ("/", "/", True)
    assert not isinstance(compiled(made).read_event(b'{"":{"":"x"}}'), Refusal)
    assert isinstance(compiled(made).read_event(b'{"":{"":1}}'), Refusal)


def test_two_figures_say_what_an_import_is_worth():
    assert {"complete", "exact", "lost", "lost_count", "unmapped", "unmapped_count"} == made_report(
        of({"a": STRING})
    ).keys()
    assert made_report(of({"a": STRING}))["exact"]
    assert made_report(of({"a": {**STRING, "description": "x" * 2_000}}))["exact"]
    assert not made_report(of({"a": {**STRING, "not": {"const": "x"}}}))["exact"]
    assumed = made_report(of({"a": {"properties": {"b": STRING}}}))
    assert (assumed["complete"], [row["pointer"] for row in assumed["lost"]]) == (False, ["/properties/a"])


def made_report(schema):
    return import_json_schema(schema).report()


def test_keys_of_any_spelling_are_read_where_they_stand():
    made = import_json_schema(of({"/": STRING, "messageId": STRING, "_extra": STRING}, additionalProperties=False))
    assert [(field["key"], field["from"]) for field in made.fields] == [
        ("key", "/~1"),
        ("message_id", "messageId"),
        ("extra", "_extra"),
    ]
    revision = compiled(made)
    assert accepts(revision, {"/": "a", "messageId": "b", "_extra": "c"})
    assert not accepts(revision, {"message_id": "b"})


def kind(name, properties, **more):
    return of({"type": {"const": name}, **properties}, required=["type", *properties], **more)


KINDS = [
    kind("track", {"id": STRING, "properties": of({"total": {"type": "number"}}, required=["total"])}),
    kind("page", {"id": STRING, "properties": of({"url": STRING})}),
    of({"type": {"enum": ["ping", "pong"]}, "id": STRING}, required=["type", "id"]),
]


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_alternatives_that_tell_themselves_apart_become_fields_with_when(keyword):
    made = import_json_schema({"type": "object", keyword: KINDS})
    assert made.is_exact
    by_key = {field["key"]: field for field in made.fields}
    assert by_key["type"]["rules"] == [rule("one_of", ["track", "page", "ping", "pong"])]
    assert "when" not in by_key["id"]
    assert by_key["id"]["presence"] == "required"
    track, page = by_key["track_properties"], by_key["page_properties"]
    assert (track["from"], track["when"]) == ("properties", {"/type": ["track"]})
    assert (page["from"], page["when"], page["fields"][0]["key"]) == ("properties", {"/type": ["page"]}, "url")


@pytest.mark.parametrize(
    ("of_all", "of_one", "unmapped"),
    [
        (STRING, STRING, []),
        ({"maxLength": 1}, {}, []),
        ({"type": "integer"}, {}, [("", "oneOf")]),
        ({}, {"type": ["integer", "null"]}, [("", "oneOf")]),
        ({}, {"pattern": "^x"}, [("/oneOf/0/properties/type", "pattern")]),
        ({}, {"minimum": 5}, []),
    ],
)
def test_what_is_said_of_the_key_that_tells_alternatives_apart_is_not_forgotten(of_all, of_one, unmapped):
    branches = [of({"type": {**of_one, "const": "track"}}, required=["type"]), kind("t", {"b": STRING})]
    schema = of({"type": of_all}, oneOf=branches)
    made = import_json_schema(schema)
    assert [(row.pointer, row.keyword) for row in made.unmapped] == unmapped
    revision, validator = compiled(made), Draft202012Validator(schema)
    for event in ({"type": "track"}, {"type": "t", "b": "b"}, {"type": "t"}, {"type": "x", "b": "b"}, {"type": 7}):
        is_accepted = accepts(revision, event)
        assert is_accepted or not validator.is_valid(event)
        assert validator.is_valid(event) or not (is_accepted and made.is_exact)


def test_alternatives_are_told_apart_by_two_keys_where_one_does_not():
    def both(first, second, **more):
        properties = {"a": {"const": first}, "b": {"const": second}, **more}
        return of(properties, required=list(properties))

    made = import_json_schema({"oneOf": [both(1, 1, x=STRING), both(1, 2, y=STRING), both(2, 1)]})
    by_key = {field["key"]: field for field in made.fields}
    assert by_key["x"]["when"] == {"/a": [1], "/b": [1]}
    assert by_key["y"]["when"] == {"/a": [1], "/b": [2]}
    assert [row.keyword for row in made.unmapped] == ["oneOf"]


def test_alternatives_that_do_not_tell_themselves_apart_keep_what_they_have_in_common():
    made = import_json_schema({"oneOf": [of({"a": STRING, "b": STRING}), of({"a": STRING, "b": {"type": "integer"}})]})
    assert [(field["key"], field["type"]) for field in made.fields] == [("a", "STRING"), ("b", "JSON")]
    assert [row.keyword for row in made.unmapped] == ["oneOf"]


def test_conditions_on_keys_become_fields_with_when():
    condition = {"properties": {"type": {"const": "track"}}, "required": ["type"]}
    schema = of({"type": STRING, "name": STRING}, allOf=[{"if": condition, "then": {"required": ["name"]}}])
    made = import_json_schema(schema)
    assert made.is_exact
    assert made.fields[2] == {
        "key": "track_name",
        "from": "name",
        "type": "STRING",
        "presence": "required",
        "when": {"/type": ["track"]},
    }
    condition["properties"]["type"] = {"enum": [1, 1.0, True, 1]}
    assert import_json_schema(schema).fields[2]["when"] == {"/type": [1, True]}
    loose = import_json_schema(of({"type": STRING}, **{"if": {"properties": {"type": {"const": 1}}}, "then": False}))
    assert [row.keyword for row in loose.unmapped] == ["if"]


def test_required_keys_that_may_be_null_may_be_missing():
    made = import_json_schema(of({"a": {"type": ["string", "null"]}, "b": STRING}, required=["a", "b"]))
    assert [field["presence"] for field in made.fields] == ["optional", "required"]


@pytest.mark.parametrize(
    "schema", [{}, {"type": "string"}, of({}), of({"a" * 257: STRING}), {"$ref": "#"}, {"type": 3}, {"properties": []}]
)
def test_a_schema_of_which_nothing_maps_is_refused(schema):
    with pytest.raises(Rejected) as caught:
        import_json_schema(schema)
    assert caught.value.status == 422
    assert (caught.value.errors[0]["pointer"], caught.value.errors[0]["code"]) == ("/json_schema", "nothing_mapped")


def test_references_that_multiply_are_refused_in_time():
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)}
    with pytest.raises(Rejected, match=f"{MAX_STEPS:,}"):
        import_json_schema({"$ref": "#/$defs/d0", "$defs": definitions})


def holds_a_number_past_int(text):
    """Say whether a whole number has room inside JSON and none in an INT, which an import makes of `integer`."""
    return any(INT64_MAX < int(digits) <= UINT64_MAX for digits in re.findall(rb"[0-9]{19,20}", text))


def place_of(schema_pointer):
    """Return the keys that lead to a place of an event, by its pointer in a JSON Schema."""
    keywords = iter(schema_pointer.split("/")[1:])
    return [next(keywords) for keyword in keywords if keyword == "properties"]


def is_told_loss(made, refusal):
    """Say whether an import told of every fault: what only has `properties` in a JSON Schema is taken for an object."""
    told = [place_of(row.pointer) for row in made.lost]
    return all(fault["code"] == "type_object" and fault["pointer"].split("/")[1:] in told for fault in refusal.errors())


@pytest.mark.drawn
@settings(
    max_examples=drawn(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data(), st.sampled_from([1, 2]))
def test_an_export_that_is_imported_accepts_what_the_revision_accepted(data, edition):
    tree = stored(finalised(data.draw(field_trees(edition))))
    additional_keys = data.draw(st.sampled_from(["drop", "reject"]))
    made = import_json_schema(json_schema_of("", tree, edition=edition, additional_keys=additional_keys))
    if made.is_exact:
        assert made.additional_keys == ("reject" if additional_keys == "reject" else "keep")
    before = CompiledRevision(
        {"revision_id": "r", "edition": edition, "additional_keys": additional_keys, "fields": tree}
    )
    after = compiled(made)
    for text in [data.draw(events_for(tree)) for _ in range(6)]:
        accepted = not isinstance(before.judge_event(text), Refusal)  # which looks at how long strings are, too
        if accepted and not holds_a_number_past_int(text):
            verdict = after.read_event(text)
            assert not isinstance(verdict, Refusal) or is_told_loss(made, verdict), (text, made)
        elif not accepted and made.is_exact and not is_told_in_words(text, tree):
            assert isinstance(after.read_event(text), Refusal) or is_beyond_json_schema(text, edition), (text, made)


WORDS = st.sampled_from(["", "a", "abc", "x1", "A", "a\nb", "ééé", "2021-01-02"])
NUMBERS = st.sampled_from([0, 1, 2, -3, 7, 1.5, 2.0, -0.5, 100])


@st.composite
def values(draw, level=0):
    options = [WORDS, NUMBERS, st.booleans(), st.none()]
    if level < 4:
        options += [st.lists(values(level + 1), max_size=3), st.dictionaries(KEYS, values(level + 1), max_size=3)]
    return draw(st.one_of(options))


KEYS = st.sampled_from(["a", "b", "c", "D"])
STRING_KEYWORDS = {
    "minLength": st.integers(0, 3),
    "maxLength": st.integers(0, 3),
    "pattern": st.sampled_from(["a", "^a", "^[a-z]+$", "a|^x", r"\d$", "(?!b)", r"[^\s]", "."]),
}
NUMBER_KEYWORDS = {
    name: st.sampled_from([-3, 0, 1, 1.5, 2, 7])
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    if name != "multipleOf"
} | {"multipleOf": st.just(2)}


@st.composite
def subschemas(draw, level=0):
    """Draw a schema that names its type, as one that does not is taken for what it means."""
    names = ["string", "integer", "number", "boolean"] * 2 + ["object", "array"] * 2 * (level < 4) + ["null"]
    name = draw(st.sampled_from(names))
    schema = {"type": [name, "null"] if draw(st.integers(0, 3)) == 3 else name}
    keywords = {"string": STRING_KEYWORDS, "integer": NUMBER_KEYWORDS, "number": NUMBER_KEYWORDS}.get(name, {})
    chosen = draw(st.lists(st.sampled_from(sorted(keywords)), max_size=2, unique=True)) if keywords else []
    schema |= {keyword: draw(keywords[keyword]) for keyword in chosen}
    if name == "object":
        schema["properties"] = draw(st.dictionaries(KEYS, subschemas(level + 1), max_size=3))
        schema["required"] = draw(st.lists(KEYS, max_size=2, unique=True))
        schema |= draw(st.sampled_from([{}, {}, {"additionalProperties": False}, {"minProperties": 1}]))
        if draw(st.integers(0, 3)) == 3:
            schema |= {"properties": {}, "required": [], "additionalProperties": draw(subschemas(level + 1))}
    elif name == "array":
        schema["items"] = draw(subschemas(level + 1))
        schema |= draw(st.sampled_from([{}, {"minItems": 1}, {"maxItems": 2}, {"uniqueItems": True}]))
    else:
        schema |= draw(st.sampled_from([{}, {}, {}, {"enum": ["a", "abc", 1, 2, True, None, 1.5]}, {"const": 1}]))
    match draw(st.integers(0, 9)):
        case 9:
            return {"allOf": [schema, {"type": schema["type"]}]}
        case 8:
            return {"anyOf": [schema, {"type": "null"}]}
        case 7:
            return {"oneOf": [schema, draw(subschemas(level + 1))]}
    return schema


@st.composite
def documents(draw, schema, level=0):
    """Draw a value that mostly fits."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in schema:
            return draw(documents(draw(st.sampled_from(schema[keyword])), level))
    if "enum" in schema and draw(st.booleans()):
        return draw(st.sampled_from(schema["enum"]))
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    match draw(st.sampled_from(types)) if draw(st.integers(0, 9)) else "any":
        case "object":
            found = {}
            for name, child in schema.get("properties", {}).items():
                if name in schema.get("required", []) or draw(st.booleans()):
                    found[name] = draw(documents(child, level + 1))
            if isinstance(further := schema.get("additionalProperties"), dict):
                found |= draw(st.dictionaries(KEYS, documents(further, level + 1), max_size=2))
            return found
        case "array":
            return draw(st.lists(documents(schema.get("items", {"type": "null"}), level + 1), max_size=3))
        case "string":
            return draw(WORDS)
        case "integer" | "number":
            return draw(NUMBERS)
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
    return draw(values(level))


def without_null(value):
    if isinstance(value, dict):
        return all(child is not None and without_null(child) for child in value.values())
    return all(map(without_null, value)) if isinstance(value, list) else True


@pytest.mark.drawn
@settings(
    max_examples=drawn(400), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_whatever_a_schema_accepts_its_import_accepts(data):
    properties = data.draw(st.dictionaries(KEYS, subschemas(), min_size=1, max_size=3))
    root = of(properties, required=data.draw(st.lists(KEYS, max_size=2, unique=True)))
    if data.draw(st.booleans()):
        root["additionalProperties"] = False
    try:
        made = import_json_schema(root)
    except Rejected:
        return
    revision = compiled(made)
    validator = Draft202012Validator(root)
    for document in [data.draw(documents(root)) for _ in range(8)]:
        if not isinstance(document, dict):
            continue
        if validator.is_valid(document):
            assert accepts(revision, document), (root, document, made)
        elif made.is_exact and without_null(document) and "null" not in json.dumps(root):
            assert not accepts(revision, document), (root, document, made)


KIND_VALUES = st.sampled_from(["x", "y", "z", 1, True])
BODIES = st.dictionaries(KEYS, subschemas(3), max_size=3)


@st.composite
def event_kinds(draw):
    """Draw the schema of events of several kinds: alternatives, or conditions."""
    keys = draw(st.sampled_from([["kind"], ["kind", "of"]]))
    branches = []
    for _ in range(draw(st.integers(1, 3))):
        told = {key: {"enum": draw(st.lists(KIND_VALUES, min_size=1, max_size=2))} for key in keys}
        body = draw(BODIES)
        required = [*keys, *draw(st.lists(KEYS, max_size=1))]
        closed = {"additionalProperties": False} if draw(st.integers(0, 3)) == 3 else {}
        branches.append((told, of({**told, **body}, required=required, **closed)))
    root = of(draw(BODIES), required=draw(st.lists(KEYS, max_size=1)))
    if draw(st.booleans()):
        return {**root, draw(st.sampled_from(["oneOf", "anyOf"])): [branch for _, branch in branches]}
    conditions = [{"if": {"properties": told, "required": keys}, "then": branch} for told, branch in branches]
    return {**root, "allOf": conditions}


@pytest.mark.drawn
@settings(
    max_examples=drawn(300), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(event_kinds(), st.data())
def test_whatever_a_schema_of_several_kinds_accepts_its_import_accepts(root, data):
    try:
        made = import_json_schema(root)
    except Rejected as rejected:
        if rejected.errors[0]["code"] != "nothing_mapped":
            raise
        return
    revision = compiled(made)
    validator = Draft202012Validator(root)
    bodies = [root, *(part.get("then", part) for part in root.get("allOf", root.get("oneOf", root.get("anyOf"))))]
    for _ in range(8):
        plain = {"type": "object", "properties": {}}
        for body in data.draw(st.lists(st.sampled_from(bodies), min_size=1, max_size=2)):
            plain["properties"] |= {
                key: {"type": "string", **value} if "enum" in value else value
                for key, value in body["properties"].items()
            }
            plain["required"] = [*plain.get("required", []), *body["required"]]
        document = data.draw(documents(plain))
        if not isinstance(document, dict):
            continue
        if validator.is_valid(document):
            assert accepts(revision, document), (root, document, made)
        elif made.is_exact and without_null(document) and "null" not in json.dumps(root):
            assert not accepts(revision, document), (root, document, made)


@pytest.mark.parametrize(
    "dialect", ["http://json-schema.org/draft-03/schema#", "http://json-schema.org/draft-04/schema#", None]
)
@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("required", True),
        ("required", "a"),
        ("divisibleBy", 2),
        ("disallow", "null"),
        ("extends", {"$ref": "#"}),
        ("maxDecimal", 2),
        ("requires", "z"),
        ("optional", True),
        ("nullable", True),
        ("allOf", {"maximum": 3}),
    ],
)
def test_a_keyword_of_another_dialect_is_listed_whatever_the_schema_says_of_itself(dialect, keyword, value):
    schema = of({"a": {"type": "integer", keyword: value}, "z": STRING})
    made = import_json_schema(schema | ({"$schema": dialect} if dialect else {}))
    assert ("/properties/a", keyword) in {(row.pointer, row.keyword) for row in made.unmapped}


def test_values_of_an_enumeration_that_are_equal_are_one_and_true_is_not_1():
    made = import_json_schema(
        of({"a": {"enum": [1, 1.0, 2, 1]}, "b": {"allOf": [{"enum": [1, 2]}, {"enum": [True, 2.0]}]}})
    )
    assert [field["rules"][0]["value"] for field in made.fields] == [[1, 2], [2]]


def test_an_array_that_no_event_has_room_for_is_imported_without_its_least_number_of_elements():
    inner = {"type": "array", "minItems": 20_000, "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    outer = {
        "type": "array",
        "minItems": 20_000,
        "items": {"type": "object", "required": ["i"], "properties": {"i": inner}},
    }
    made = import_json_schema(of({"a": outer}))
    assert [(row.pointer, row.keyword) for row in made.unmapped if row.keyword == "minItems"] == [
        ("/properties/a", "minItems")
    ]
    assert "rules" not in made.fields[0]
