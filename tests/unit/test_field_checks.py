import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.errors import Rejected
from domain.language.fields import check_fields, fields_to_json
from schemas.codes import FieldFault, Problem
from schemas.data_types import RULE_TYPES, DataType, RuleName
from schemas.limits import MAX_ONE_OF_VALUES, MAX_STRING_BYTES
from schemas.macros import MACRO_TYPES, Macro
from schemas.models.field import SchemaField
from tests.plain_interpreter import interpret
from tests.strategies import events_for, field_trees

CHILD = {"key": "c", "type": "INT"}
ARGUMENTS = {"regex": "a", "one_of": ["a"]}


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


@pytest.mark.parametrize("key", ["_event_id", "_received_at", "_revision_id"])
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
        ("STRING", "x" * (MAX_STRING_BYTES + 1), ""),
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


def test_a_tree_is_three_levels_deep_at_most():
    second = {"key": "b", "type": "ARRAY_OBJECT", "fields": [CHILD]}
    assert one("OBJECT", fields=[second]) == []
    third = {"key": "c", "type": "OBJECT", "fields": [CHILD]}
    too_deep = [("/0/fields/0/fields/0/fields", "too_deep")]
    assert one("OBJECT", fields=[second | {"fields": [third]}]) == too_deep


def test_a_tree_that_is_absurdly_deep_is_refused_without_following_it():
    tree = CHILD
    for _ in range(5_000):
        tree = {"key": "o", "type": "OBJECT", "fields": [tree]}
    assert faults(tree) == [("", "too_many")]


def test_a_revision_has_750_fields_on_all_levels_together():
    children = [{"key": f"k{i}", "type": "INT"} for i in range(749)]
    assert one("OBJECT", fields=children) == []
    assert one("OBJECT", fields=[*children, {"key": "last", "type": "INT"}]) == [("", "too_many")]


@pytest.mark.parametrize("rule", RuleName)
@pytest.mark.parametrize("data_type", DataType)
def test_a_rule_stands_on_the_types_it_fits_and_no_other(rule, data_type):
    choices = {"one_of": [1] if data_type in {DataType.INT, DataType.ARRAY_INT} else ["a"]}
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
        ({"rule": "one_of", "value": [str(i) for i in range(257)]}, "/value", "too_many"),
        ({"rule": "one_of", "value": ["a", None]}, "/value/1", "bad_type"),
        ({"rule": "one_of", "value": ["a", 1]}, "/value/1", "bad_value"),
        ({"rule": "one_of", "value": ["a", "b", "a"]}, "/value/2", "duplicate_value"),
        ({"rule": "one_of", "value": ["a", "x" * (MAX_STRING_BYTES + 1)]}, "/value/1", "bad_value"),
    ],
)
def test_a_rule_has_an_argument_of_its_kind(rule, pointer, code):
    assert one(rules=[{"rule": "max_length", "value": 99}, rule])[:1] == [(f"/0/rules/1{pointer}", code)]


@pytest.mark.parametrize("bound", [float("inf"), float("nan"), 10**400])
def test_a_bound_is_finite(bound):
    assert rules("FLOAT", ("min_value", bound)) == [("/0/rules/0/value", "bad_value")]


@pytest.mark.parametrize("bound", ["1", True, None, [1]])
def test_a_bound_is_a_number(bound):
    assert rules("INT", ("max_value", bound)) == [("/0/rules/0/value", "bad_type")]


@pytest.mark.parametrize("choice", [True, 1.5, "1", 2**63])
def test_the_choices_of_an_int_are_ints(choice):
    assert [pointer for pointer, _ in rules("INT", ("one_of", [7, choice]))] == ["/0/rules/0/value/1"]


def test_a_list_of_choices_holds_256_values():
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
        ("ARRAY_FLOAT", ("min_items", 2), ("max_items", 1)),
        ("STRING", ("max_length", 2), ("one_of", ["abc", "abcd"])),
        ("INT", ("max_value", 2), ("one_of", [3, 4])),
    ],
)
def test_rules_that_no_value_satisfies_contradict_each_other(data_type, low, high):
    contradiction = [("/0/rules/1/value", "contradiction")]
    assert rules(data_type, low, high) == contradiction


def test_rules_that_one_value_satisfies_do_not_contradict_each_other():
    assert rules("STRING", ("min_length", 2), ("max_length", 2)) == []
    assert rules("FLOAT", ("min_value", 1.2), ("max_value", 1.8)) == []
    assert rules("INT", ("max_value", 2), ("one_of", [2, 3])) == []


@pytest.mark.parametrize(
    ("data_type", "name", "argument"),
    [
        ("STRING", "min_length", MAX_STRING_BYTES + 1),
        ("INT", "min_value", 2**63),
        ("INT", "max_value", -(2**63) - 1),
        ("ARRAY_INT", "min_items", 500_001),
    ],
)
def test_a_rule_that_the_fixed_limits_rule_out_is_a_contradiction(data_type, name, argument):
    assert rules(data_type, (name, argument)) == [("/0/rules/0/value", "contradiction")]


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


def test_numbers_are_kept_as_ingest_would_store_them():
    stored = fields_to_json(
        check_fields(
            [
                {"key": "f", "type": "FLOAT", "presence": "default", "default": 5},
                {"key": "i", "type": "ARRAY_INT", "presence": "default", "default": [5.0]},
                {"key": "o", "type": "INT", "rules": [{"rule": "one_of", "value": [1.0]}]},
                {"key": "b", "type": "FLOAT", "rules": [{"rule": "min_value", "value": 0}]},
            ]
        )
    )
    assert json.dumps([stored[0]["default"], stored[1]["default"]]) == "[5.0, [5]]"
    assert json.dumps([stored[2]["rules"][0]["value"], stored[3]["rules"][0]["value"]]) == "[[1], 0.0]"


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
    found |= {code for _, code in faults(*[CHILD] * 751)}
    nested = {"key": "o", "type": "OBJECT", "fields": [{"key": "o", "type": "OBJECT", "fields": [CHILD]}]}
    found |= {code for _, code in faults({"key": "o", "type": "OBJECT", "fields": [nested]})}
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
    assert '"null"' not in written
    assert ": null" not in written
