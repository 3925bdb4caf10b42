"""An example is an event that ingest accepts, of every tree that has one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import Rejected
from domain.language.examples import example_of
from domain.language.fields import check_fields, fields_to_json
from domain.language.format_lengths import format_lengths
from domain.validation.faults import Refusal
from domain.validation.formats import format_check
from domain.validation.revision import CompiledRevision
from schemas.data_types import StringFormat
from schemas.limits import MAX_CPU_SECONDS
from schemas.places import value_at
from tests.plain_interpreter import interpret
from tests.processor import cpu_time
from tests.strategies import drawn, field_trees


def examples_of(fields):
    """Return the example for each `when`, None where there is none."""
    found = []
    for field in fields:
        if "when" in field:
            try:
                found.append((field["key"], example_of(fields, when=field["key"])))
            except Rejected:
                found.append((field["key"], None))
    return found


def stored(tree):
    return fields_to_json(check_fields(tree))


def refusal(tree, example):
    revision = CompiledRevision({"revision_id": "rev_1", "edition": 2, "additional_keys": "reject", "fields": tree})
    verdict = revision.read_event(json.dumps(example).encode())
    return verdict.errors() if isinstance(verdict, Refusal) else None


@pytest.mark.drawn
@settings(max_examples=drawn(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field_trees())
def test_the_example_of_a_tree_is_accepted(tree):
    tree = stored(tree)
    try:
        example = example_of(tree)
    except Rejected:
        assert interpret(tree, "drop", b"{}").faults  # a key that may not be missing
        return
    assert refusal(tree, example) is None
    assert example == example_of(tree)


STRING = {"key": "a", "type": "STRING", "presence": "required"}


def string(*patterns, **rules):
    written = [{"rule": "regex", "value": pattern} for pattern in patterns]
    return {**STRING, "rules": written + [{"rule": name, "value": value} for name, value in rules.items()]}


@pytest.mark.parametrize(
    "field",
    [
        string("[A-Z]{2}-[0-9]{6}", ".*[1-9].*"),
        string("[a-z]+", min_length=500),
        string("(ab)*", min_length=3, max_length=4),
        string("[0-9]*", ".*7.*", ".*8.*", ".{4}"),
        string(r"\p{Greek}+", r".*\p{Lu}.*"),
        string(r"(?i)straße|k+", min_length=7),
        string(r"(?m)^a$\n^b$"),
        string(r".*\bcat\b.*", r".*\bdog\b.*"),
        string(r"[^\x00-\x7f]{3}"),
        string(".*", min_length=32_000),
        string(r"(?:[a-z0-9]{1,63}\.){1,8}[a-z]{2,63}"),
        string(r"\x{1F600}+", min_length=2),
        string("[a-c]+", one_of=["x", "abc"]),
        {
            **STRING,
            "type": "ARRAY_STRING",
            "rules": [{"rule": "regex", "value": "x{3}"}, {"rule": "min_items", "value": 3}],
        },
        {**STRING, "type": "INT", "rules": [{"rule": "min_value", "value": 2.5}, {"rule": "max_value", "value": 3.5}]},
        {**STRING, "type": "FLOAT", "rules": [{"rule": "max_value", "value": -1e300}]},
        {**STRING, "type": "FLOAT", "rules": [{"rule": "min_value", "value": 2**53 + 1}]},
    ],
)
def test_rules_that_can_be_satisfied_are(field):
    tree = stored([field])
    assert refusal(tree, example_of(tree)) is None


def ruled(data_type, *rules, **more):
    return {"key": "a", "type": data_type, "rules": [{"rule": name, "value": value} for name, value in rules]} | more


@pytest.mark.parametrize("written", StringFormat)
@pytest.mark.parametrize("more", [[], [("min_length", 20)], [("max_bytes", 40)]])
def test_a_text_of_each_format_is_found(written, more):
    if more and more[0][1] > format_lengths(written)[1]:
        return
    tree = stored([ruled("STRING", ("format", written.value), *more)])
    assert refusal(tree, example_of(tree)) is None
    assert format_check(written)(example_of(tree)["a"])


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (ruled("DATE"), "2026-01-02"),
        (ruled("TIMESTAMP", format="rfc3339"), "2026-01-02T03:04:05Z"),
        (ruled("TIMESTAMP", format="unix_milliseconds"), 1_767_323_045_000),
        (ruled("ARRAY_TIMESTAMP", format="unix_microseconds"), [1_767_323_045_000_000]),
        (ruled("JSON"), {"key": "example"}),
        (ruled("JSON", ("max_properties", 0)), {}),
        (ruled("JSON", ("min_properties", 2)), {"key_1": "example", "key_2": "example"}),
        (ruled("JSON", ("kinds", ["integer"])), 1),
        (ruled("JSON", ("kinds", ["array", "object"])), ["example"]),
        (ruled("ARRAY_JSON", ("kinds", ["string"])), ["example"]),
        (ruled("ARRAY_BOOLEAN", ("min_items", 2), ("unique_items", True)), [True, False]),
        (ruled("ARRAY_INT", ("min_items", 3), ("unique_items", True), ("multiple_of", 7)), [7, 14, 0]),
        (ruled("ARRAY_DATE", ("min_items", 2), ("unique_items", True)), ["2026-01-02", "2026-01-03"]),
        (ruled("INT", ("multiple_of", 10), ("max_value", -11)), -20),
        (ruled("STRING", ("max_bytes", 3)), "exa"),
        (ruled("FLOAT", ("one_of", [1, 2])), 1.0),
        (ruled("STRING", protect="hash"), "example"),
    ],
)
def test_each_type_and_each_rule_has_an_example(field, expected):
    assert example_of(stored([field])) == {"a": expected}


def test_a_value_stands_where_its_field_reads_it():
    tree = [
        {"key": "message_id", "from": "messageId", "type": "STRING"},
        {"key": "library", "from": "/context/library/name", "type": "STRING"},
        {"key": "ip", "from": "/context/ip", "type": "STRING", "rules": [{"rule": "format", "value": "ipv4"}]},
        {"key": "day", "from": "/context/ip", "type": "STRING", "presence": "optional"},
        {"key": "items", "type": "ARRAY_OBJECT", "fields": [{"key": "sku", "from": "/a~1b/SKU", "type": "STRING"}]},
    ]
    assert example_of(stored(tree)) == {
        "messageId": "example",
        "context": {"library": {"name": "example"}, "ip": "192.0.2.1"},
        "items": [{"a/b": {"SKU": "example"}}],
    }


def test_fields_that_read_one_place_share_a_value_that_satisfies_both():
    assert example_of(stored([STRING, {"key": "b", "from": "a", "type": "DATE"}])) == {"a": "2026-01-02"}
    whole = {"key": "o", "type": "JSON", "rules": [{"rule": "min_properties", "value": 1}]}
    assert example_of(stored([whole, {"key": "x", "from": "/o/x", "type": "INT"}])) == {"o": {"x": 1}}
    impossible = {"key": "b", "from": "a", "type": "STRING", "rules": [{"rule": "max_length", "value": 1}]}
    with pytest.raises(Rejected):
        example_of(stored([string(min_length=2), impossible]))


EVENTS = [
    {"key": "type", "type": "STRING", "rules": [{"rule": "one_of", "value": ["track", "page", "identify"]}]},
    {"key": "event", "type": "STRING", "presence": "optional"},
    {
        "key": "order_completed",
        "type": "OBJECT",
        "from": "properties",
        "when": {"/type": ["track"], "/event": ["Order Completed"]},
        "fields": [{"key": "order_id", "from": "orderId", "type": "STRING"}, {"key": "total", "type": "FLOAT"}],
    },
    {
        "key": "page",
        "type": "OBJECT",
        "from": "properties",
        "presence": "optional",
        "when": {"/type": ["page"]},
        "fields": [{"key": "url", "type": "STRING"}],
    },
    {"key": "again", "type": "INT", "from": "n", "when": {"/type": ["page", "screen"]}},
]


def test_each_when_has_an_example():
    assert example_of(stored(EVENTS)) == {"type": "track", "event": "example"}
    assert examples_of(stored(EVENTS)) == [
        (
            "order_completed",
            {"type": "track", "event": "Order Completed", "properties": {"orderId": "example", "total": 1.5}},
        ),
        ("page", {"type": "page", "properties": {"url": "example"}, "event": "example", "n": 1}),
        ("again", {"type": "page", "properties": {"url": "example"}, "event": "example", "n": 1}),
    ]


def test_each_example_of_a_when_is_accepted():
    for _, example in examples_of(stored(EVENTS)):
        assert refusal(stored(EVENTS), example) is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field_trees(2))
def test_the_example_of_a_tree_of_the_second_edition_is_accepted(tree):
    try:
        tree = stored(tree)
        example = example_of(tree)
    except Rejected:  # two of its fields ask for different things at one place
        return
    assert refusal(tree, example) is None


def test_a_when_that_no_event_meets_has_no_example():
    never = {"key": "never", "type": "INT", "when": {"/type": ["screen"]}}
    assert examples_of(stored([*EVENTS[:2], never])) == [("never", None)]


@pytest.mark.parametrize(
    ("other", "is_named"),
    [
        ({"key": "b", "from": "/x/b", "type": "INT"}, False),
        ({"key": "x", "type": "OBJECT", "fields": [{"key": "b", "type": "INT"}]}, False),
        ({"key": "x", "type": "JSON"}, True),
        ({"key": "b", "from": "/x/kind", "type": "STRING"}, True),
    ],
)
def test_a_when_that_asks_for_an_unknown_key_has_an_example_only_where_such_keys_are_not_rejected(other, is_named):
    tree = stored([other, {"key": "a", "type": "INT", "when": {"/x/kind": ["k"]}}])
    assert value_at(example_of(tree, when="a"), ("x", "kind")) == "k"
    if is_named:
        assert refusal(tree, example_of(tree, when="a", rejects_unknown=True)) is None
    else:
        with pytest.raises(Rejected) as caught:
            example_of(tree, when="a", rejects_unknown=True)
        assert [row["code"] for row in caught.value.errors] == ["no_example"]


def test_a_when_counts_by_type_and_value():
    fields = [
        {"key": "n", "type": "FLOAT"},
        {"key": "a", "type": "INT", "when": {"/n": [1]}},
        {"key": "b", "type": "INT", "when": {"/x": [True], "/y/z": ["s", 2]}},
    ]
    assert examples_of(stored(fields)) == [
        ("a", {"n": 1, "a": 1}),
        ("b", {"x": True, "y": {"z": "s"}, "n": 1.5, "b": 1}),
    ]


def test_an_event_for_which_something_is_always_in_force_shows_it():
    fields = [
        {"key": "type", "type": "STRING", "rules": [{"rule": "one_of", "value": ["a", "b"]}]},
        {"key": "impossible", "when": {"/type": ["a"]}} | ruled("STRING", ("regex", "a+"), ("regex", "b+")),
        {"key": "fine", "type": "INT", "when": {"/type": ["b"]}},
    ]
    fields[1]["key"] = "impossible"
    assert example_of(stored(fields)) == {"type": "b", "fine": 1}
    assert examples_of(stored(fields)) == [("impossible", None), ("fine", {"type": "b", "fine": 1})]


def test_examples_for_many_when_are_found_within_the_computing_time_of_a_request():
    common = [{"key": f"k{i}", "type": "STRING"} for i in range(200)]
    own = [
        {"key": f"w{i}", "type": "OBJECT", "from": "properties", "when": {"/type": [f"t{i}"]}}
        | {"fields": [{"key": f"p{j}", "type": "INT"} for j in range(8)]}
        for i in range(200)
    ]

    with cpu_time() as spent:
        found = examples_of(stored([*common, *own]))

    assert len(found) == 200
    assert found[7][1]["type"] == "t7"
    assert spent.seconds < MAX_CPU_SECONDS / 2


def test_required_keys_that_no_value_satisfies_are_named():
    inner = {"key": "o", "type": "OBJECT", "fields": [string("[a-z]+"), {**string("[a-z]+", "[0-9]+"), "key": "b"}]}
    with pytest.raises(Rejected) as caught:
        example_of(stored([STRING, inner]))
    assert [row["pointer"] for row in caught.value.errors] == ["/fields/1/fields/1/rules"]
    assert (caught.value.status, caught.value.errors[0]["code"]) == (422, "no_example")


def test_optional_keys_that_no_value_satisfies_are_left_out():
    impossible = {**string("[a-z]+", "[0-9]+"), "presence": "optional"}
    around = {
        "key": "o",
        "type": "OBJECT",
        "presence": "optional",
        "fields": [{**impossible, "presence": "required"}],
    }
    array = {"key": "l", "type": "ARRAY_OBJECT", "fields": around["fields"]}
    assert example_of(stored([impossible, around, array])) == {"l": []}


def test_defaults_are_shown_and_macros_left_to_the_server():
    tree = [
        {**STRING, "presence": "default", "default": "EUR"},
        {"key": "b", "type": "STRING", "presence": "macro", "macro": "uuid"},
        {"key": "c", "type": "ARRAY_INT", "presence": "optional"},
    ]
    assert example_of(stored(tree)) == {"a": "EUR", "c": [1]}


def test_an_example_that_no_event_may_be_as_large_as_is_refused():
    tree = [{"key": "a", "type": "ARRAY_STRING", "rules": [{"rule": "min_items", "value": 300_000}]}]
    with pytest.raises(Rejected) as caught:
        example_of(stored(tree))
    assert caught.value.errors[0]["code"] == "no_example"


@pytest.mark.parametrize("key", ["type", "nothing", ""])
def test_a_when_that_there_is_not_is_said_to_be_none(key):
    with pytest.raises(Rejected) as caught:
        example_of(stored(EVENTS), when=key)
    assert [(row["pointer"], row["code"]) for row in caught.value.errors] == [("/when", "when")]
