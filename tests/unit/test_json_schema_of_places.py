"""The JSON Schema of fields that stand elsewhere, in some events only, or hold what has no fields."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from domain.language.json_schema_export import json_schema_of
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision


def field(key, data_type="STRING", *rules, **more):
    found = [{"rule": name, "value": value} for name, value in rules]
    return {"key": key, "type": data_type, "presence": "required", **({"rules": found} if found else {}), **more}


def ingest(fields, additional_keys):
    """Return what says whether ingest accepts an event."""
    revision = CompiledRevision(
        {"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields}
    )
    return lambda event: not isinstance(revision.read_event(json.dumps(event).encode()), Refusal)


def optional(key, data_type="STRING", *rules, **more):
    return field(key, data_type, *rules, **{**more, "presence": "optional"})


NAME = {"from": "/context/library/name"}
TRACK = {"/type": ["track"]}
KINDS = [
    field("type"),
    field("properties", "OBJECT", when=TRACK, fields=[field("total", "FLOAT")]),
    optional("page", "OBJECT", when={"/type": ["page"]}, fields=[field("url")], **{"from": "properties"}),
    optional("anything", "JSON", when={"/type": ["page", "any", 1, True]}, **{"from": "/properties/more"}),
]


@pytest.mark.parametrize(
    ("fields", "additional_keys", "accepted", "refused"),
    [
        (
            [field("message_id", **{"from": "messageId"})],
            "reject",
            [{"messageId": "a"}],
            [{"message_id": "a"}, {}, {"messageId": None}, {"messageId": "a", "b": None}],
        ),
        (
            [field("name", **NAME)],
            "drop",
            [{"context": {"library": {"name": "a", "b": 1}}, "c": 2}],
            [{}, {"context": None}, {"context": {"library": "a"}}, {"context": {"library": {"name": None}}}],
        ),
        (
            [optional("name", **NAME)],
            "keep",
            [{}, {"context": 3}, {"context": None}, {"context": {"library": []}}, {"context": {"library": {}}}],
            [{"context": {"library": {"name": 1}}}],
        ),
        (
            [optional("name", **NAME), optional("version", "INT", **{"from": "/context/library/version"})],
            "reject",
            [{}, {"context": {"library": {"name": None}}}, {"context": {"library": {"version": 1}}}],
            [
                {"context": 3},
                {"context": None},
                {"context": {}},
                {"context": {"library": {}}},
                {"context": {"library": {"name": "a", "b": 1}}},
                {"context": {"library": {"name": "a"}, "b": 1}},
            ],
        ),
        (
            [optional("a", "OBJECT", fields=[optional("b", "INT")]), optional("c", **{"from": "/a/c/d"})],
            "reject",
            [{"a": {}}, {"a": None}, {"a": {"b": 1, "c": {"d": "x"}}}],
            [{"a": 1}, {"a": {"e": 1}}, {"a": {"c": {}}}, {"a": {"c": {"d": 1}}}],
        ),
        (
            [field("a", "STRING", ("min_length", 2)), optional("b", "STRING", ("max_length", 3), **{"from": "a"})],
            "reject",
            [{"a": "xx"}, {"a": "xxx"}],
            [{"a": "x"}, {"a": "xxxx"}, {}, {"a": None}, {"a": "xx", "b": "xx"}],
        ),
        (
            [
                field("list", "ARRAY_OBJECT", fields=[optional("k", **{"from": "/K/~1"})]),
                optional("raw", "ARRAY_JSON", **{"from": "list"}),
            ],
            "reject",
            [{"list": [{}, {"K": {"/": "a"}}, {"other": 1}]}],
            [{"list": [{"K": {"/": 1}}]}, {"list": [None]}],
        ),
        (
            KINDS,
            "drop",
            [
                {"type": "track", "properties": {"total": 1}},
                {"type": "page"},
                {"type": "page", "properties": None},
                {"type": "page", "properties": {"url": "a", "more": [None]}},
                {"type": "else", "properties": 7},
            ],
            [{"type": "track"}, {"type": "page", "properties": {}}, {"type": "track", "properties": {"total": "1"}}],
        ),
        (
            KINDS,
            "reject",
            [
                {"type": "track", "properties": {"total": 1}},
                {"type": "page"},
                {"type": "page", "properties": {"url": "a", "more": {"x": {}}}},
                {"type": "any", "properties": {"more": 1}},
                {"type": "else"},
            ],
            [
                {"type": "else", "properties": {}},
                {"type": "track", "properties": {"total": 1, "more": 1}},
                {"type": "page", "properties": {"url": "a", "b": 1}},
                {"type": "any", "properties": {}},
                {"type": "any", "properties": {"url": "a", "more": 1}},
                {"type": "any", "page": {}},
            ],
        ),
        (
            [field("o", "OBJECT", fields=[optional("a")]), optional("b", when=TRACK), field("type")],
            "reject",
            [{"type": "track", "o": {"a": "x"}, "b": "y"}, {"type": "else", "o": {}}],
            [{"type": "track", "o": {"c": 1}}, {"type": "else", "o": {}, "b": None}],
        ),
    ],
)
def test_what_stands_elsewhere_is_nested_where_it_stands(fields, additional_keys, accepted, refused):
    schema = json.loads(json.dumps(json_schema_of("Name", fields, additional_keys=additional_keys)))
    Draft202012Validator.check_schema(schema, FormatChecker(()))
    validator = Draft202012Validator(schema)
    assert [event for event in accepted if not validator.is_valid(event)] == []
    assert [event for event in refused if validator.is_valid(event)] == []
    taken = ingest(fields, additional_keys)
    assert [event for event in accepted if not taken(event)] == []
    assert [event for event in refused if taken(event)] == []


@pytest.mark.parametrize(
    ("one", "accepted", "refused"),
    [
        (field("a", "JSON"), [0, "", False, [], {"b": None}, [None]], [None]),
        (optional("a", "JSON"), [None, 1], []),
        (field("a", "JSON", ("kinds", ["object", "integer"])), [{}, 1, 1.0], [1.5, "a", [], True, None]),
        (optional("a", "JSON", ("kinds", ["number"])), [1, 1.5, None], ["a"]),
        (
            field("a", "JSON", ("min_properties", 1), ("max_properties", 2)),
            [{"b": 1}, 1],
            [{}, {"a": 1, "b": 1, "c": 1}],
        ),
        (field("a", "ARRAY_JSON", ("kinds", ["array"]), ("max_items", 1)), [[], [[]]], [[1], [None], [[], []]]),
        (field("a", "DATE"), ["2024-02-29"], ["2023-02-29", "2024-02-29T00:00:00Z", "0000-01-01", 3]),
        (field("a", "ARRAY_DATE", ("unique_items", True)), [["2024-02-29"]], [["2024-02-29"] * 2, ["a"]]),
        (field("a", "DATE", ("one_of", ["2024-02-29"])), ["2024-02-29"], ["2024-02-28"]),
        (
            field("a", "TIMESTAMP", format="rfc3339"),
            ["2024-02-29T00:00:00Z", "2024-02-29 00:00:00.123456789+01:00", "2024-02-29t23:59:59z"],
            ["2024-02-29T00:00:60Z", "2024-02-29T00:00:00", "2023-02-29T00:00:00Z", "2024-02-29T24:00:00Z", 1],
        ),
        (field("a", "TIMESTAMP", format="unix_milliseconds"), [253402300799999], [253402300800000, 1.5, "1"]),
        (field("a", "TIMESTAMP", format="unix_microseconds"), [-62135596800000000], [-62135596800000001]),
        (field("a", "ARRAY_TIMESTAMP", format="unix_seconds"), [[1, 2]], [[253402300800]]),
        (field("a", "ARRAY_BOOLEAN", ("one_of", [True])), [[True]], [[False], [1]]),
        (field("a", "FLOAT", ("one_of", [0.5, 2])), [0.5, 2.0], [1]),
        (field("a", "INT", ("multiple_of", 5)), [0, -10], [4]),
        (field("a", "STRING", ("max_bytes", 4)), ["abcd"], ["abcde"]),
        (field("a", "STRING", ("format", "uuid")), ["0" * 8 + "-0000-0000-0000-" + "a" * 12], ["a"]),
        (field("a", "ARRAY_STRING", ("format", "country_code"), ("regex", "[A-D].")), [["DE"]], [["FR"], ["DD"]]),
        (field("a"), ["x" * 32_001], []),
    ],
)
def test_every_type_and_rule_is_said(one, accepted, refused):
    schema = json.loads(json.dumps(json_schema_of("Name", [one])))
    Draft202012Validator.check_schema(schema, FormatChecker(()))
    validator = Draft202012Validator(schema)
    assert [value for value in accepted if not validator.is_valid({"a": value})] == []
    assert [value for value in refused if validator.is_valid({"a": value})] == []
    taken = ingest([one], "drop")
    assert [value for value in accepted if not taken({"a": value})] == []
    assert [value for value in refused if taken({"a": value})] == []


def test_what_is_kept_is_said_in_words():
    assert "`_extra`" in json_schema_of("Name", [field("a")], additional_keys="keep")["$comment"]


def test_a_closed_schema_of_very_many_combinations_says_what_it_leaves_open():
    fields = [
        optional(f"k{n}", "OBJECT", fields=[optional(f"x{n}")], when={"/a": [n], "/b": [n], "/c": [n]}, **{"from": "o"})
        for n in range(60)
    ]
    schema = json_schema_of("Name", fields, additional_keys="reject")
    assert "many fields with `when`" in schema["$comment"]
    assert Draft202012Validator(schema).is_valid({"a": 1, "b": 1, "c": 1}) is False
