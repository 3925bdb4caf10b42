import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Rejected
from domain.language.event_names import check_event_name
from domain.language.fields import check_fields, fields_to_json
from schemas.codes import Problem
from schemas.data_types import RULE_TYPES, DataType, RuleName
from schemas.limits import MAX_CPU_SECONDS, MAX_EVENT_BYTES, MAX_FIELDS, MAX_ONE_OF_VALUES
from schemas.macros import MACRO_TYPES, Macro
from schemas.models.field import SchemaField
from schemas.save_codes import FieldFault
from tests.plain_interpreter import interpret
from tests.processor import cpu_time
from tests.strategies import events_for, field_trees

CHILD = {"key": "c", "type": "INT"}
ARGUMENTS = {"regex": "a", "one_of": ["a"], "format": "uuid", "kinds": ["object"], "unique_items": True}
ARGUMENTS |= {"value_kinds": ["string", "null"], "element_kinds": ["string", "null"]}
CHOICES = {"INT": 1, "FLOAT": 1.5, "BOOLEAN": True, "DATE": "2026-01-02"}


def faults(*fields):
    """Return (pointer, code) of every fault, pointers without `/fields`, in order of pointers."""
    try:
        check_fields(list(fields))
    except Rejected as rejected:
        refusal = rejected
    else:
        return []
    assert refusal.code is Problem.INVALID_REQUEST
    assert all(row["message"].endswith(".") for row in refusal.errors)
    return sorted((row["pointer"].removeprefix("/fields"), row["code"]) for row in refusal.errors)


def one(data_type="STRING", **more):
    """Return the faults of one field of the type."""
    children = {"fields": [CHILD]} if data_type in {"OBJECT", "ARRAY_OBJECT"} else {}
    return faults({"key": "k", "type": data_type} | children | more)


def rules(data_type, *rules):
    return one(data_type, rules=[{"rule": name, "value": value} for name, value in rules])


def test_a_tree_of_every_type_can_be_saved():
    assert (
        faults(
            *(
                {"key": f"k{i}", "type": data_type.value}
                | ({"fields": [CHILD]} if data_type in {DataType.OBJECT, DataType.ARRAY_OBJECT} else {})
                for i, data_type in enumerate(DataType)
            )
        )
        == []
    )


def test_an_empty_draft_can_be_saved():
    assert check_fields([]) == []


def test_the_tree_is_an_array_of_objects():
    with pytest.raises(Rejected) as caught:
        check_fields({"key": "k"})
    assert [(row["pointer"], row["code"]) for row in caught.value.errors] == [("/fields", "bad_type")]
    assert faults(CHILD, 3, None) == [("/1", "bad_type"), ("/2", "bad_type")]


def test_all_faults_of_a_tree_are_reported_at_once_each_at_its_own_pointer():
    deep = {
        "key": "Deep",
        "type": "STRING",
        "rules": [{"rule": "min_length", "value": 0}, {"rule": "regex", "value": "("}],
    }
    assert faults(
        {"key": "a", "type": "INT", "presence": "default"},
        {"key": "a", "type": "STRING", "colour": 1},
        {"key": "o", "type": "OBJECT", "fields": [deep]},
        {"type": "WORD"},
    ) == [
        ("/0/default", "missing"),
        ("/1/colour", "unknown_field"),
        ("/1/key", "duplicate_key"),
        ("/2/fields/0/key", "bad_key"),
        ("/2/fields/0/rules/1/value", "bad_regex"),
        ("/3/key", "missing"),
        ("/3/type", "bad_value"),
    ]


def test_pointers_start_where_the_caller_says():
    with pytest.raises(Rejected) as caught:
        check_fields([{"key": "k", "type": "INT", "a/b~c": 1}], pointer="/revision/fields")
    assert caught.value.errors[0]["pointer"] == "/revision/fields/0/a~1b~0c"


@pytest.mark.parametrize("key", ["a", "_", "a1", "_a_1", "g" * 128, "_file", "changes", "__root_"])
def test_a_key_may_be(key):
    assert one(key=key) == []


@pytest.mark.parametrize("key", ["", "A", "1a", "a-b", "a.b", "a b", "é", "a\n", "g" * 129])
def test_a_key_may_not_be(key):
    assert one(key=key) == [("/0/key", "bad_key")]


@pytest.mark.parametrize("key", ["_event_id", "_received_at", "_revision_id", "_extra"])
def test_our_own_columns_are_reserved_at_the_root_only(key):
    assert one(key=key) == [("/0/key", "reserved_key")]
    assert one("OBJECT", fields=[{"key": key, "type": "INT"}]) == []


@pytest.mark.parametrize(
    "key",
    [
        "_table_x",
        "_file_",
        "_partition",
        "_partitiontime",
        "_row_timestamp",
        "__root__",
        "_colidentifier1",
        "_change_type",
    ],
)
def test_what_bigquery_reserves_is_reserved_on_every_level(key):
    assert one(key=key) == [("/0/key", "reserved_key")]
    assert one("ARRAY_OBJECT", fields=[{"key": key, "type": "INT"}]) == [("/0/fields/0/key", "reserved_key")]


def test_siblings_have_different_keys_and_cousins_may_share_one():
    siblings = [CHILD, CHILD]
    assert one("OBJECT", fields=siblings) == [("/0/fields/1/key", "duplicate_key")]
    assert (
        faults({"key": "c", "type": "OBJECT", "fields": [CHILD]}, {"key": "d", "type": "OBJECT", "fields": [CHILD]})
        == []
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("key", 1, "bad_type"),
        ("key", None, "bad_type"),
        ("type", "string", "bad_value"),
        ("type", 1, "bad_type"),
        ("presence", "sometimes", "bad_value"),
        ("presence", None, "bad_type"),
        ("description", 1, "bad_type"),
        ("description", "x" * 1025, "too_long"),
        ("description", "\ud800", "bad_value"),
        ("rules", {}, "bad_type"),
        ("rules", None, "bad_type"),
        ("rules", [{"rule": "regex", "value": "a"}] * 17, "too_many"),
        ("macro", None, "bad_type"),
        ("default", None, "bad_type"),
        ("required", True, "unknown_field"),
    ],
)
def test_a_field_has_its_type_and_its_limit(field, value, code):
    presence = {"default": "default", "macro": "macro"}.get(field, "required")
    assert one(**({"presence": presence} | {field: value})) == [(f"/0/{field}", code)]


def test_a_description_has_1024_characters_of_any_kind():
    assert one(description="😀" * 1024) == []


def test_a_default_goes_with_the_presence_default_and_only_with_it():
    assert one(presence="default", default="x") == []
    assert one(presence="default") == [("/0/default", "missing")]
    for presence in ("required", "optional"):
        assert one(presence=presence, default="x") == [("/0/default", "unexpected_field")]
    assert one(presence="macro", macro="uuid", default="x") == [("/0/default", "unexpected_field")]


@pytest.mark.parametrize(
    ("data_type", "default"),
    [("BOOLEAN", False), ("INT", 0), ("FLOAT", 0), ("STRING", ""), ("ARRAY_STRING", []), ("ARRAY_INT", [])],
)
def test_a_default_that_is_false_or_empty_is_given(data_type, default):
    field = {"key": "k", "type": data_type, "presence": "default", "default": default}
    assert fields_to_json(check_fields([field]))[0]["default"] == default


def test_an_object_with_a_default_takes_no_value_and_an_array_of_objects_none_at_all():
    assert one("OBJECT", presence="default") == []
    assert ("/0/default", "unexpected_field") in one("OBJECT", presence="default", default={})
    assert one("ARRAY_OBJECT", presence="default") == [("/0/presence", "bad_presence")]


@pytest.mark.parametrize(
    ("data_type", "default", "pointer"),
    [
        ("STRING", 1, ""),
        ("STRING", "x" * (MAX_EVENT_BYTES + 1), ""),
        ("STRING", "\ud800", ""),
        ("INT", "1", ""),
        ("INT", True, ""),
        ("INT", 1.5, ""),
        ("INT", 2**63, ""),
        ("FLOAT", "1", ""),
        ("FLOAT", True, ""),
        ("FLOAT", float("inf"), ""),
        ("FLOAT", 10**400, ""),
        ("BOOLEAN", 1, ""),
        ("DATETIME", "2021-02-30 00:00:00", ""),
        ("DATETIME", "2021-02-03", ""),
        ("TIMESTAMP", 253402300800, ""),
        ("TIMESTAMP", "2021-02-03 00:00:00", ""),
        ("ARRAY_STRING", "a", ""),
        ("ARRAY_INT", [1, "2", 3.5], "/1"),
        ("ARRAY_FLOAT", [True], "/0"),
        ("DATE", "2026-02-29", ""),
        ("JSON", float("inf"), ""),
        ("JSON", 10**400, ""),
        ("ARRAY_JSON", ["a", "\ud800"], "/1"),
        ("DATE", "2026-01-02 00:00:00", ""),
        ("DATE", 20260102, ""),
        ("ARRAY_BOOLEAN", [True, 1], "/1"),
        ("ARRAY_DATE", ["2026-01-02", "0000-01-01"], "/1"),
        ("ARRAY_DATETIME", ["2026-01-02"], "/0"),
        ("ARRAY_TIMESTAMP", [1.5], "/0"),
    ],
)
def test_a_default_satisfies_its_type(data_type, default, pointer):
    found = one(data_type, presence="default", default=default)
    assert (f"/0/default{pointer}", "bad_default") in found
    assert {code for _, code in found} == {"bad_default"}


@pytest.mark.parametrize(
    ("data_type", "rule", "argument", "good", "bad"),
    [
        ("STRING", "regex", "^foo|bla$", "foo", "ffoo"),
        ("STRING", "min_length", 2, "éé", "é"),
        ("STRING", "max_length", 2, "😀😀", "abc"),
        ("STRING", "one_of", ["a"], "a", "b"),
        ("INT", "min_value", 1.5, 2, 1),
        ("INT", "one_of", [1], 1, 2),
        ("FLOAT", "max_value", 1.5, 1.5, 1.6),
        ("ARRAY_INT", "min_items", 1, [1], []),
        ("ARRAY_INT", "max_items", 1, [1], [1, 2]),
        ("ARRAY_STRING", "max_length", 1, ["a"], ["ab"]),
        ("STRING", "max_bytes", 3, "\u65e5", "\u65e5a"),
        ("STRING", "format", "uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
        ("STRING", "format", "date_time", "2016-12-31T23:59:60Z", "2016-12-31T23:58:60Z"),
        ("INT", "multiple_of", 5, -10, 7),
        ("JSON", "kinds", ["integer", "array"], 1.0, 1.5),
        ("JSON", "kinds", ["integer", "array"], ["a", 1], "a"),
        ("ARRAY_JSON", "kinds", ["string"], ["a"], ["a", True]),
        ("JSON", "element_kinds", ["string"], ["a"], ["a", 1]),
        ("JSON", "format", "date", "2026-01-02", "2026-02-30"),
        ("FLOAT", "one_of", [1, 2.5], 1, 2),
        ("BOOLEAN", "one_of", [True], True, False),
        ("DATE", "one_of", ["2026-01-02"], "2026-01-02", "2026-01-03"),
        ("ARRAY_DATE", "one_of", ["2026-01-02"], ["2026-01-02"], ["2026-01-03"]),
        ("ARRAY_FLOAT", "unique_items", True, [1, 1.5], [1, 1.0]),
        ("ARRAY_BOOLEAN", "unique_items", True, [True, False], [True, True]),
    ],
)
def test_a_default_satisfies_its_own_rules(data_type, rule, argument, good, bad):
    more = {"presence": "default", "rules": [{"rule": rule, "value": argument}]}
    assert one(data_type, default=good, **more) == []
    assert {code for _, code in one(data_type, default=bad, **more)} == {"bad_default"}


def test_a_macro_goes_with_the_presence_macro_and_only_with_it():
    assert one(presence="macro", macro="user_agent") == []
    assert one(presence="macro") == [("/0/macro", "missing")]
    assert one(macro="user_agent") == [("/0/macro", "unexpected_field")]
    assert one(presence="macro", macro="{{user_agent}}") == [("/0/macro", "bad_value")]


@pytest.mark.parametrize("macro", Macro)
@pytest.mark.parametrize("data_type", DataType)
def test_a_macro_fills_the_types_of_its_table_and_no_other(macro, data_type):
    expected = [] if data_type in MACRO_TYPES[macro] else [("/0/macro", "bad_macro")]
    assert one(data_type.value, presence="macro", macro=macro.value) == expected


@pytest.mark.parametrize("data_type", ["OBJECT", "ARRAY_OBJECT"])
def test_a_parent_has_children(data_type):
    assert one(data_type, fields=[]) == [("/0/fields", "missing")]
    assert faults({"key": "k", "type": data_type}) == [("/0/fields", "missing")]
    assert one(data_type, fields={}) == [("/0/fields", "bad_type")]
    assert one(data_type, fields=None) == [("/0/fields", "bad_type")]


@pytest.mark.parametrize("data_type", [t.value for t in DataType if t not in {DataType.OBJECT, DataType.ARRAY_OBJECT}])
def test_no_other_type_has_children(data_type):
    assert one(data_type, fields=[CHILD]) == [("/0/fields", "unexpected_field")]


def test_a_tree_is_ten_levels_deep_at_most():
    tree = CHILD
    for _ in range(9):
        tree = {"key": "o", "type": "OBJECT", "fields": [tree]}
    assert faults(tree) == []
    assert faults({"key": "o", "type": "OBJECT", "fields": [tree]}) == [
        ("/0" + "/fields/0" * 9 + "/fields", "too_deep")
    ]


def test_a_tree_that_is_absurdly_deep_is_refused_without_following_it():
    tree = CHILD
    for _ in range(5_000):
        tree = {"key": "o", "type": "OBJECT", "fields": [tree]}
    assert faults(tree) == [("", "too_many")]


def test_a_revision_has_2000_fields_on_all_levels_together():
    children = [{"key": f"k{i}", "type": "INT"} for i in range(MAX_FIELDS - 1)]
    assert one("OBJECT", fields=children) == []
    assert one("OBJECT", fields=[*children, {"key": "last", "type": "INT"}]) == [("", "too_many")]


@pytest.mark.parametrize("rule", RuleName)
@pytest.mark.parametrize("data_type", DataType)
def test_a_rule_stands_on_the_types_it_fits_and_no_other(rule, data_type):
    choices = {"one_of": [CHOICES.get(data_type.removeprefix("ARRAY_"), "a")]}
    expected = [] if data_type in RULE_TYPES[rule] else [("/0/rules/0/rule", "unfit_rule")]
    assert rules(data_type.value, (rule.value, (ARGUMENTS | choices).get(rule, 1))) == expected


@pytest.mark.parametrize(
    ("rule", "pointer", "code"),
    [
        ("a", "", "bad_type"),
        (None, "", "bad_type"),
        ({}, "/rule", "missing"),
        ({"rule": "length", "value": 1}, "/rule", "bad_value"),
        ({"rule": 1, "value": 1}, "/rule", "bad_type"),
        ({"rule": "min_length"}, "/value", "missing"),
        ({"rule": "min_length", "value": None}, "/value", "bad_type"),
        ({"rule": "min_length", "value": "1"}, "/value", "bad_type"),
        ({"rule": "min_length", "value": True}, "/value", "bad_type"),
        ({"rule": "min_length", "value": 1.5}, "/value", "bad_type"),
        ({"rule": "min_length", "value": -1}, "/value", "bad_value"),
        ({"rule": "max_length", "value": 10**30}, "/value", "bad_value"),
        ({"rule": "min_length", "value": 1, "message": "x"}, "/message", "unknown_field"),
        ({"rule": "regex", "value": 1}, "/value", "bad_type"),
        ({"rule": "regex", "value": "a" * 1001}, "/value", "too_long"),
        ({"rule": "regex", "value": "a(?=b)"}, "/value", "bad_regex"),
        ({"rule": "one_of", "value": "a"}, "/value", "bad_type"),
        ({"rule": "one_of", "value": []}, "/value", "bad_value"),
        ({"rule": "one_of", "value": [str(i) for i in range(MAX_ONE_OF_VALUES + 1)]}, "/value", "too_many"),
        ({"rule": "one_of", "value": ["a", None]}, "/value/1", "bad_type"),
        ({"rule": "one_of", "value": ["a", 1]}, "/value/1", "bad_value"),
        ({"rule": "one_of", "value": ["a", "b", "a"]}, "/value/2", "duplicate_value"),
        ({"rule": "max_bytes", "value": -1}, "/value", "bad_value"),
        ({"rule": "format", "value": "zip_code"}, "/value", "bad_value"),
        ({"rule": "format", "value": 1}, "/value", "bad_type"),
        ({"rule": "one_of", "value": ["a", "x" * (MAX_EVENT_BYTES + 1)]}, "/value/1", "bad_value"),
    ],
)
def test_a_rule_has_an_argument_of_its_kind(rule, pointer, code):
    assert one(rules=[{"rule": "max_length", "value": 99}, rule])[:1] == [(f"/0/rules/1{pointer}", code)]


@pytest.mark.parametrize(
    ("data_type", "name", "argument", "pointer", "code"),
    [
        ("JSON", "kinds", [], "", "bad_value"),
        ("JSON", "kinds", "object", "", "bad_type"),
        ("JSON", "kinds", ["object", "null"], "/1", "bad_value"),
        ("JSON", "kinds", ["object", 1], "/1", "bad_type"),
        ("JSON", "kinds", ["object", "array", "object"], "/2", "duplicate_value"),
        ("JSON", "kinds", ["object"] * 7, "", "too_many"),
        ("JSON", "value_kinds", [], "", "bad_value"),
        ("JSON", "value_kinds", ["null", "list"], "/1", "bad_value"),
        ("JSON", "element_kinds", ["null", "string", "null"], "/2", "duplicate_value"),
        ("JSON", "min_properties", 1.5, "", "bad_type"),
        ("ARRAY_INT", "unique_items", False, "", "bad_value"),
        ("ARRAY_INT", "unique_items", 1, "", "bad_type"),
        ("INT", "multiple_of", 0, "", "bad_value"),
        ("INT", "multiple_of", 0.5, "", "bad_type"),
        ("INT", "multiple_of", 2**63, "", "bad_value"),
        ("FLOAT", "one_of", [1, 1.0], "/1", "duplicate_value"),
        ("FLOAT", "one_of", ["1"], "/0", "bad_value"),
        ("BOOLEAN", "one_of", [True, 1], "/1", "bad_value"),
        ("DATE", "one_of", ["2026-02-29"], "/0", "bad_value"),
    ],
)
def test_a_rule_of_other_types_has_an_argument_of_its_kind(data_type, name, argument, pointer, code):
    assert rules(data_type, (name, argument)) == [(f"/0/rules/0/value{pointer}", code)]


@pytest.mark.parametrize("bound", [float("inf"), float("nan"), 10**400])
def test_a_bound_is_finite(bound):
    assert rules("FLOAT", ("min_value", bound)) == [("/0/rules/0/value", "bad_value")]


@pytest.mark.parametrize("bound", ["1", True, None, [1]])
def test_a_bound_is_a_number(bound):
    assert rules("INT", ("max_value", bound)) == [("/0/rules/0/value", "bad_type")]


@pytest.mark.parametrize("choice", [True, 1.5, "1", 2**63])
def test_the_choices_of_an_int_are_ints(choice):
    assert [pointer for pointer, _ in rules("INT", ("one_of", [7, choice]))] == ["/0/rules/0/value/1"]


def test_a_list_of_choices_holds_1000_values():
    assert rules("INT", ("one_of", list(range(MAX_ONE_OF_VALUES)))) == []


def test_a_field_has_16_rules_and_only_patterns_stand_twice():
    assert rules("STRING", *[("regex", "a" * i) for i in range(16)]) == []
    assert rules("STRING", ("min_length", 1), ("min_length", 2)) == [("/0/rules/1/rule", "duplicate_rule")]


@pytest.mark.parametrize(
    ("data_type", "low", "high"),
    [
        ("STRING", ("min_length", 3), ("max_length", 2)),
        ("INT", ("min_value", 3), ("max_value", 2)),
        ("INT", ("min_value", 1.2), ("max_value", 1.8)),
        ("FLOAT", ("min_value", 1.8), ("max_value", 1.2)),
        ("FLOAT", ("min_value", 2**53 + 1), ("max_value", 2**53 + 1)),
        ("ARRAY_FLOAT", ("min_items", 2), ("max_items", 1)),
        ("STRING", ("max_length", 2), ("one_of", ["abc", "abcd"])),
        ("INT", ("max_value", 2), ("one_of", [3, 4])),
        ("STRING", ("min_length", 3), ("max_bytes", 2)),
        ("STRING", ("max_bytes", 2), ("one_of", ["\u65e5"])),
        ("STRING", ("max_length", 35), ("format", "uuid")),
        ("STRING", ("min_length", 3), ("format", "country_code")),
        ("STRING", ("format", "ipv4"), ("max_bytes", 6)),
        ("STRING", ("format", "currency_code"), ("one_of", ["eur", "usd"])),
        ("JSON", ("min_properties", 2), ("max_properties", 1)),
        ("INT", ("multiple_of", 10), ("one_of", [1, 2])),
        ("FLOAT", ("max_value", 1), ("one_of", [1.5])),
        ("ARRAY_BOOLEAN", ("unique_items", True), ("min_items", 3)),
    ],
)
def test_rules_that_no_value_satisfies_contradict_each_other(data_type, low, high):
    contradiction = [("/0/rules/1/value", "contradiction")]
    assert rules(data_type, low, high) == contradiction


def test_three_rules_together_can_leave_no_value():
    assert rules("INT", ("min_value", 11), ("max_value", 19), ("multiple_of", 10)) == [
        ("/0/rules/2/value", "contradiction")
    ]
    assert rules("ARRAY_STRING", ("one_of", ["a"]), ("unique_items", True), ("min_items", 2)) == [
        ("/0/rules/2/value", "contradiction")
    ]
    assert rules("ARRAY_INT", ("min_value", 1), ("max_value", 9), ("unique_items", True), ("min_items", 10)) == [
        ("/0/rules/3/value", "contradiction")
    ]
    assert rules("ARRAY_INT", ("min_value", 1), ("max_value", 9), ("unique_items", True), ("min_items", 9)) == []


def test_rules_that_one_value_satisfies_do_not_contradict_each_other():
    assert rules("STRING", ("min_length", 2), ("max_length", 2)) == []
    assert rules("FLOAT", ("min_value", 1.2), ("max_value", 1.8)) == []
    assert rules("INT", ("max_value", 2), ("one_of", [2, 3])) == []


@pytest.mark.parametrize(
    ("data_type", "name", "argument"),
    [
        ("STRING", "min_length", MAX_EVENT_BYTES + 1),
        ("INT", "min_value", 2**63),
        ("INT", "max_value", -(2**63) - 1),
        ("ARRAY_INT", "min_items", 500_001),
    ],
)
def test_a_rule_that_the_fixed_limits_rule_out_is_a_contradiction(data_type, name, argument):
    assert rules(data_type, (name, argument)) == [("/0/rules/0/value", "contradiction")]


@pytest.mark.parametrize(
    "given",
    [
        "messageId",
        "Coupon Code",
        "$set",
        "日本",
        "a~",
        "x" * 256,
        "k",
        "/k",
        "/context/library/name",
        "/a~1b/~0",
        "/",
        "/0",
        "/a" * 8,
        "/" + "~1" * 256,
    ],
)
def test_a_value_may_stand_at_another_key_or_at_a_pointer(given):
    assert one(**{"from": given}) == []
    assert one("OBJECT", fields=[CHILD | {"from": given}]) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "bad_value"),
        (1, "bad_type"),
        (None, "bad_type"),
        ("x" * 257, "too_long"),
        ("a\nb", "bad_value"),
        ("\x7f", "bad_value"),
        ("\x9f", "bad_value"),
        ("\ud800", "bad_value"),
        ("/a~2b", "bad_value"),
        ("/a~", "bad_value"),
        ("/a" * 9, "too_many"),
        ("/" + "x" * 257, "too_long"),
        ("/a/\x00", "bad_value"),
        ("/\udfff", "bad_value"),
    ],
)
def test_a_value_may_not_stand_anywhere_else(given, code):
    assert one(**{"from": given}) == [("/0/from", code)]


def test_a_format_goes_with_moments_only():
    for data_type in ("TIMESTAMP", "ARRAY_TIMESTAMP"):
        assert one(data_type, format="rfc3339") == []
        assert one(data_type, format="unix") == [("/0/format", "bad_value")]
    assert one("INT", format="unix_milliseconds") == [("/0/format", "unexpected_field")]
    assert one("DATETIME", format="rfc3339") == [("/0/format", "unexpected_field")]


@pytest.mark.parametrize(
    ("written", "good", "bad"),
    [
        ("unix_seconds", 1_767_323_045, 1_767_323_045_000),
        ("unix_milliseconds", 1_767_323_045_000, 253_402_300_800_000),
        ("unix_microseconds", -62_135_596_800_000_000, -62_135_596_800_000_001),
        ("unix_milliseconds", 0, 0.5),
        ("unix_milliseconds", 0, "2026-01-02T03:04:05Z"),
        ("rfc3339", "2026-01-02t03:04:05.123456789+01:00", "2026-01-02T03:04:60Z"),
        ("rfc3339", "2026-01-02 03:04:05z", 1_767_323_045),
    ],
)
def test_a_default_is_a_moment_of_its_format_and_stays_as_it_is_written(written, good, bad):
    more = {"type": "TIMESTAMP", "presence": "default", "format": written}
    assert fields_to_json(check_fields([{"key": "k", "default": good} | more]))[0]["default"] == good
    assert one(**more, default=bad) == [("/0/default", "bad_default")]
    assert one(**more | {"type": "ARRAY_TIMESTAMP"}, default=[good, bad]) == [("/0/default/1", "bad_default")]


@pytest.mark.parametrize("protect", ["hash", "redact", "ip_prefix", "email_domain", "last_4"])
def test_texts_can_be_protected_and_nothing_else(protect):
    assert one(protect=protect) == []
    assert one("ARRAY_STRING", protect=protect, presence="optional") == []
    assert one("INT", protect=protect) == [("/0/protect", "unexpected_field")]
    assert one("OBJECT", protect=protect) == [("/0/protect", "unexpected_field")]
    assert one(protect="hide") == [("/0/protect", "bad_value")]


def test_fields_that_one_event_can_have_protect_one_place_alike():
    ip = {"key": "ip", "type": "STRING", "from": "/context/ip", "protect": "ip_prefix"}
    context = {"key": "context", "type": "OBJECT", "fields": [{"key": "ip", "type": "STRING"}]}
    same = {"key": "again", "type": "STRING", "from": "/context/ip", "protect": "ip_prefix"}
    track, page = {"when": {"/type": ["track"]}}, {"when": {"/type": ["page", "screen"]}}
    assert faults(ip, same) == []
    assert faults(ip, same | {"protect": "hash"}) == [("/1/protect", "contradiction")]
    assert faults(ip, context) == [("/1/fields/0", "contradiction")]
    assert faults(context, ip) == [("/1/protect", "contradiction")]
    assert faults(ip | track, context | page) == []
    assert faults(ip | {"when": {"/type": [1]}}, context | {"when": {"/type": [True]}}) == []
    assert faults(ip | track, context | {"when": {"/event": ["x"]}}) == [("/1/fields/0", "contradiction")]
    items = {"key": "items", "type": "ARRAY_OBJECT", "fields": [{"key": "ip", "type": "STRING"}]}
    assert faults(items | {"from": "context"}, ip | {"presence": "optional"}) == []


@pytest.mark.parametrize(
    ("one_type", "other"),
    [
        ({"type": "STRING"}, {"type": "INT"}),
        ({"type": "DATE"}, {"type": "DATETIME"}),
        ({"type": "TIMESTAMP", "format": "rfc3339"}, {"type": "TIMESTAMP"}),
        ({"type": "BOOLEAN"}, {"type": "FLOAT"}),
        ({"type": "ARRAY_INT"}, {"type": "JSON", "rules": [{"rule": "kinds", "value": ["object"]}]}),
        ({"type": "OBJECT", "fields": [CHILD]}, {"type": "STRING"}),
    ],
)
def test_two_required_fields_can_not_ask_for_different_types_at_one_place(one_type, other):
    first, second = {"key": "a"} | one_type, {"key": "b", "from": "a"} | other
    assert faults(first, second) == [("/1", "contradiction")]
    assert one("ARRAY_OBJECT", fields=[first, second]) == [("/0/fields/1", "contradiction")]
    assert faults(first, second | {"presence": "optional"}) == []
    assert faults(first, second | {"when": {"/kind": ["b"]}}) == []


@pytest.mark.parametrize(
    ("one_type", "other"),
    [
        ({"type": "STRING"}, {"type": "DATE"}),
        ({"type": "STRING"}, {"type": "TIMESTAMP", "format": "rfc3339"}),
        ({"type": "INT"}, {"type": "TIMESTAMP", "format": "unix_milliseconds"}),
        ({"type": "INT"}, {"type": "FLOAT"}),
        ({"type": "ARRAY_INT"}, {"type": "ARRAY_STRING"}),
        ({"type": "OBJECT", "fields": [CHILD]}, {"type": "JSON"}),
    ],
)
def test_two_required_fields_can_read_one_place_where_a_value_satisfies_both(one_type, other):
    assert faults({"key": "a"} | one_type, {"key": "b", "from": "/a"} | other) == []


def test_what_a_pointer_leads_through_is_an_object():
    through = {"key": "b", "type": "INT", "from": "/a/b"}
    assert faults({"key": "a", "type": "STRING"}, through) == [("/1", "contradiction")]
    assert faults(through, {"key": "a", "type": "ARRAY_INT"}) == [("/1", "contradiction")]
    assert faults({"key": "a", "type": "JSON"}, through) == []
    inner = {"key": "a", "type": "OBJECT", "fields": [{"key": "b", "type": "STRING"}]}
    assert faults(inner, through) == [("/1", "contradiction")]
    assert faults(inner | {"presence": "optional"}, through) == []


def test_a_when_stands_at_the_root_and_names_values_by_pointers():
    assert one(when={"/type": ["track", 1, True, 2.0], "/a~1b/c": [-1]}) == []
    assert one("OBJECT", fields=[CHILD | {"when": {"/type": ["a"]}}]) == [("/0/fields/0/when", "unexpected_field")]


@pytest.mark.parametrize(
    ("when", "pointer", "code"),
    [
        ({}, "", "bad_value"),
        ([], "", "bad_type"),
        (None, "", "bad_type"),
        ({"type": ["a"]}, "/type", "bad_value"),
        ({"": ["a"]}, "/", "bad_value"),
        ({"/a~": ["a"]}, "/~1a~0", "bad_value"),
        ({"/\ud800": ["a"]}, "", "bad_value"),
        ({"/a" * 9: ["a"]}, "/" + "~1a" * 9, "too_many"),
        ({"/type": []}, "/~1type", "bad_value"),
        ({"/type": "a"}, "/~1type", "bad_type"),
        ({"/type": [1.5]}, "/~1type/0", "bad_type"),
        ({"/type": [None]}, "/~1type/0", "bad_type"),
        ({"/type": [2**63]}, "/~1type/0", "bad_value"),
        ({"/type": [1e308]}, "/~1type/0", "bad_value"),
        ({"/type": ["\ud800"]}, "/~1type/0", "bad_value"),
        ({"/type": ["a", "b", "a"]}, "/~1type/2", "duplicate_value"),
        ({"/type": [1, True, 1.0]}, "/~1type/2", "duplicate_value"),
        ({"/type": list(range(51))}, "/~1type", "too_many"),
        ({f"/{i}": [1] for i in range(4)}, "", "too_many"),
    ],
)
def test_a_when_has_its_form(when, pointer, code):
    assert one(when=when) == [(f"/0/when{pointer}", code)]


def test_all_when_of_a_revision_name_three_pointers_and_200_fields_have_one():
    fields = [{"key": f"k{i}", "type": "INT", "when": {f"/{i % 3}": [i]}} for i in range(201)]
    assert faults(*fields[:200]) == []
    assert faults(*fields) == [("/200/when", "too_many")]
    assert faults(*fields[:5], CHILD | {"when": {"/4": [1]}}) == [("/5/when", "too_many")]


def test_the_name_of_an_event_stands_at_up_to_three_places_that_no_field_protects():
    def names(event_name, *fields):
        try:
            check_event_name(event_name, fields_to_json(check_fields(list(fields))))
        except Rejected as rejected:
            return [(row["pointer"], row["code"]) for row in rejected.errors]
        return []

    assert names(["/event", "/type", "/a/b"]) == names([]) == []
    assert names(["event", "/a~", "/x" * 9]) == [
        ("/event_name/0", "bad_value"),
        ("/event_name/1", "bad_value"),
        ("/event_name/2", "too_many"),
    ]
    assert names(["/a", "/a"]) == [("/event_name/1", "duplicate_value")]
    protected = {"key": "mail", "type": "STRING", "from": "/user/mail", "protect": "hash", "when": {"/type": ["a"]}}
    assert names(["/type", "/user/mail"], protected) == [("/event_name/1", "contradiction")]
    inside = {"key": "user", "type": "OBJECT", "fields": [{"key": "mail", "type": "STRING", "protect": "redact"}]}
    assert names(["/user/mail"], inside) == [("/event_name/0", "contradiction")]
    # A text in the object's place may hold what is protected.
    assert names(["/user"], inside) == names(["/user"], protected) == [("/event_name/0", "contradiction")]


def test_what_says_where_a_value_stands_is_stored_in_one_way():
    fields = [
        {"key": "a", "type": "STRING", "from": "/userId", "protect": "hash", "when": {"/type": ["x", 1.0]}},
        {"key": "b", "type": "TIMESTAMP", "from": "/b", "format": "unix_seconds"},
        {"key": "c", "type": "TIMESTAMP", "from": "/~1c", "format": "rfc3339"},
    ]
    stored = fields_to_json(check_fields(fields))
    assert stored == [
        {
            "key": "a",
            "from": "userId",
            "type": "STRING",
            "presence": "required",
            "protect": "hash",
            "when": {"/type": ["x", 1]},
        },
        {"key": "b", "type": "TIMESTAMP", "presence": "required"},
        {"key": "c", "from": "/~1c", "type": "TIMESTAMP", "format": "rfc3339", "presence": "required"},
    ]
    assert json.dumps(stored[0]["when"]) == '{"/type": ["x", 1]}'
    assert fields_to_json(check_fields(stored)) == stored


def test_a_tree_of_2000_fields_is_checked_within_its_computing_time():
    protect = ["hash", "redact", "last_4"]
    fields = [
        {"key": f"k{i}", "type": "STRING", "from": f"/p/{i // 200}", "when": {"/type": [i]}, "protect": protect[i % 3]}
        for i in range(200)
    ]
    deep = {"key": "o", "type": "OBJECT", "fields": [{"key": f"k{i}", "type": "STRING"} for i in range(1_700)]}

    with cpu_time() as spent:
        assert faults(*fields, deep) == []

    assert spent.seconds < MAX_CPU_SECONDS / 2


def test_patterns_that_are_together_too_big_are_refused():
    heavy = [{"rule": "regex", "value": f"{letter}.{{1,1000}}"} for letter in "abcdefghijklmnop"]
    fields = [{"key": f"k{i}", "type": "STRING", "rules": heavy} for i in range(2)]
    assert faults(*fields) == [("", "bad_regex")]
    assert faults(*fields[:1]) == []


def test_the_stored_form_says_only_what_says_something():
    fields = [
        {"key": "a", "type": "STRING", "description": "", "rules": [], "fields": []},
        {"key": "b", "type": "OBJECT", "presence": "optional", "fields": [CHILD], "description": "x"},
    ]
    del fields[0]["fields"]
    assert fields_to_json(check_fields(fields)) == [
        {"key": "a", "type": "STRING", "presence": "required"},
        {
            "key": "b",
            "type": "OBJECT",
            "presence": "optional",
            "description": "x",
            "fields": [{"key": "c", "type": "INT", "presence": "required"}],
        },
    ]


def test_values_are_kept_as_ingest_would_store_them_and_bounds_as_they_were_sent():
    stored = fields_to_json(
        check_fields(
            [
                {"key": "f", "type": "FLOAT", "presence": "default", "default": 5},
                {"key": "i", "type": "ARRAY_INT", "presence": "default", "default": [5.0]},
                {"key": "o", "type": "INT", "rules": [{"rule": "one_of", "value": [1.0]}]},
                {"key": "l", "type": "FLOAT", "rules": [{"rule": "one_of", "value": [1]}]},
                {
                    "key": "b",
                    "type": "FLOAT",
                    "rules": [{"rule": "min_value", "value": 0}, {"rule": "max_value", "value": 2**53 + 1}],
                },
            ]
        )
    )
    assert json.dumps([stored[0]["default"], stored[1]["default"]]) == "[5.0, [5]]"
    arguments = [rule["value"] for field in stored[2:] for rule in field["rules"]]
    assert json.dumps(arguments) == "[[1], [1.0], 0, 9007199254740993]"


@pytest.mark.parametrize("data_type", ["INT", "FLOAT"])
def test_a_bound_of_over_64_bits_is_the_next_double_within_it(data_type):
    rules = [{"rule": "min_value", "value": -(2**70) - 1}, {"rule": "max_value", "value": 2**70 + 1}]
    [stored] = fields_to_json(check_fields([{"key": "a", "type": data_type, "rules": rules}]))
    assert [repr(rule["value"]) for rule in stored["rules"]] == [repr(-(2.0**70)), repr(2.0**70)]


@pytest.mark.parametrize(("name", "sign"), [("min_value", 1), ("max_value", -1)])
def test_a_bound_beyond_which_there_is_no_double_is_refused(name, sign):
    beyond = sign * (int(sys.float_info.max) + 1)
    assert rules("FLOAT", (name, beyond)) == [("/0/rules/0/value", "contradiction")]


def test_no_message_repeats_what_was_sent():
    secret = "s3cret"
    with pytest.raises(Rejected) as caught:
        check_fields(
            [
                {"key": secret.upper(), "type": secret, "presence": secret, "macro": secret, "default": [[secret]]},
                {"key": "a", "type": "INT", "presence": "default", "default": secret},
                {"key": "b", "type": "STRING", "rules": [{"rule": secret}, {"rule": "regex", "value": f"({secret}"}]},
            ]
        )
    assert secret not in " ".join(row["message"] for row in caught.value.errors).lower()


def test_every_code_is_given_by_some_check():
    found = {code for _, code in faults({"key": "A", "x": 1, "type": 3}, {})}
    found |= {code for _, code in faults({"key": "_file_", "type": "INT", "fields": [], "presence": "x"}, CHILD, CHILD)}
    found |= {code for _, code in one("ARRAY_OBJECT", presence="default", description="x" * 2000)}
    found |= {code for _, code in one("INT", presence="default", default="x")}
    found |= {code for _, code in one("INT", presence="macro", macro="uuid")}
    found |= {code for _, code in rules("INT", ("regex", "a"), ("one_of", [1, 1]), ("max_value", 1), ("max_value", 1))}
    found |= {code for _, code in rules("STRING", ("regex", "("), ("min_length", 2), ("max_length", 1))}
    found |= {code for _, code in faults(*[CHILD] * (MAX_FIELDS + 1))}
    deep = CHILD
    for _ in range(10):
        deep = {"key": "o", "type": "OBJECT", "fields": [deep]}
    found |= {code for _, code in faults(deep)}
    assert found == set(FieldFault)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_tree_means_the_same_in_its_stored_form(data):
    tree = data.draw(field_trees())
    stored = json.loads(json.dumps(fields_to_json(check_fields(tree))))
    assert fields_to_json(check_fields(stored)) == stored
    event = data.draw(events_for(tree))
    assert interpret(stored, "reject", event) == interpret(tree, "reject", event)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field_trees())
def test_the_json_schema_of_a_field_takes_what_can_be_saved(tree):
    validator = Draft202012Validator(SchemaField.model_json_schema())
    for field in tree:
        validator.validate(field)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_of_a_field_offers_no_null(mode):
    written = json.dumps(SchemaField.model_json_schema(mode=mode))
    assert '"type": "null"' not in written
    assert ": null" not in written
