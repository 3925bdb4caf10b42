"""An example is an event that ingest accepts, of every tree that has one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import Rejected
from domain.intake.faults import Refusal
from domain.intake.revision import CompiledRevision
from domain.language.examples import example_of
from domain.language.fields import check_fields, fields_to_json
from tests.plain_interpreter import interpret
from tests.strategies import field_trees


def stored(tree):
    return fields_to_json(check_fields(tree))


def refusal(tree, example):
    revision = CompiledRevision({"revision_id": "rev_1", "additional_keys": "reject", "fields": tree})
    verdict = revision.read_event(json.dumps(example).encode())
    return verdict.errors() if isinstance(verdict, Refusal) else None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    ],
)
def test_rules_that_can_be_satisfied_are(field):
    tree = stored([field])
    assert refusal(tree, example_of(tree)) is None


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
