import json
from pathlib import Path

import pytest

from domain.language.fields import check_fields
from tests.plain_interpreter import Verdict, interpret

CASES = json.loads((Path(__file__).parents[1] / "data" / "validation_cases.json").read_text(encoding="utf-8"))


def judge(data_type, written, **fields):
    """Judge `{"v": <written>}` by one field of the type."""
    return interpret([{"key": "v", "type": data_type, **fields}], "drop", b'{"v":%s}' % written.encode())


def refused(*faults):
    return Verdict(None, frozenset(faults))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_known_case_gets_the_verdict_of_the_contract(case):
    verdict = interpret(case["fields"], case.get("additional_keys", "drop"), case["event"].encode())
    if case["outcome"] == "accepted":
        assert verdict == Verdict(case["stored"], frozenset())
        assert list(verdict.stored) == list(case["stored"])
    else:
        assert verdict == refused(*((fault["pointer"], fault["code"]) for fault in case["errors"]))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_revision_of_the_known_cases_can_be_saved(case):
    assert len(check_fields(case["fields"])) == len(case["fields"])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{} {}",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":"\t"}',
        b'{"a":"\\x"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"z":["\\ud800x"],"z":1}',
        "{}".encode("utf-16"),
    ],
)
def test_a_text_that_is_not_json_has_one_fault(text):
    assert interpret([{"key": "a", "type": "STRING"}], "drop", text) == refused(("", "not_json"))


def test_a_byte_order_mark_and_an_escaped_pair_are_tolerated():
    verdict = interpret([{"key": "a", "type": "STRING"}], "drop", b'\xef\xbb\xbf{"a":"\\ud83d\\ude00"}')
    assert verdict.stored == {"a": "😀"}


@pytest.mark.parametrize(("levels", "faults"), [(64, frozenset()), (65, {("", "depth")}), (100_000, {("", "depth")})])
def test_an_event_is_nested_64_levels_at_most_its_own_included(levels, faults):
    text = b'{"z":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    assert interpret([{"key": "a", "type": "INT", "presence": "optional"}], "drop", text).faults == faults


@pytest.mark.parametrize("text", [b"[]", b"null", b'"a"', b"1", b"true"])
def test_an_event_is_an_object(text):
    assert interpret([{"key": "a", "type": "INT"}], "drop", text) == refused(("", "not_an_object"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9007199254740993.0", 9007199254740993),
        ("1e3", 1000),
        ("100e-2", 1),
        ("0.5E1", 5),
        ("-0.0", 0),
        ("0e400", 0),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807.000", 2**63 - 1),
    ],
)
def test_an_int_is_whole_by_its_text_and_kept_exactly(written, value):
    assert judge("INT", written).stored == {"v": value}


@pytest.mark.parametrize(
    ("data_type", "written", "code"),
    [
        ("INT", "1.00000000000000000001", "type_int"),
        ("INT", "1e-400", "type_int"),
        ("INT", "9223372036854775807.5", "type_int"),
        ("INT", "9223372036854775808", "out_of_range"),
        ("INT", "1e400", "out_of_range"),
        ("INT", "9" * 5000, "out_of_range"),
        ("INT", "1e" + "9" * 5000, "out_of_range"),
        ("FLOAT", "-1e400", "out_of_range"),
        ("FLOAT", "9" * 5000, "out_of_range"),
        ("FLOAT", "true", "type_float"),
        ("TIMESTAMP", "253402300800", "out_of_range"),
        ("TIMESTAMP", "-62135596801", "out_of_range"),
        ("TIMESTAMP", "1e400", "out_of_range"),
        ("TIMESTAMP", "0.5", "type_timestamp"),
        ("STRING", "1e400", "type_string"),
        ("BOOLEAN", "1", "type_boolean"),
        ("DATETIME", '"0000-01-01 00:00:00"', "type_datetime"),
        ("DATETIME", '"2023-02-29 00:00:00"', "type_datetime"),
        ("DATETIME", '"2024-02-29 24:00:00"', "type_datetime"),
        ("DATETIME", '"2024-02-29 12:34+01"', "type_datetime"),
        ("DATETIME", '"2024-02-29 12:34:56.1234567"', "type_datetime"),
        ("DATETIME", '"2024-02-29 12:34:56\\n"', "type_datetime"),
    ],
)
def test_a_value_of_the_wrong_kind_or_size_has_the_code_for_it(data_type, written, code):
    assert judge(data_type, written) == refused(("/v", code))


def test_a_dropped_key_may_hold_any_json():
    assert interpret([], "drop", b'{"z":[1e400,%s,{"z":null}]}' % (b"9" * 5000)).stored == {}


def test_a_float_is_stored_as_a_float():
    assert str(judge("FLOAT", "3").stored["v"]) == "3.0"


def test_the_last_of_repeated_keys_counts():
    verdict = interpret([{"key": "a", "type": "INT"}], "drop", b'{"a":"x","a":2}')
    assert verdict.stored == {"a": 2}


def test_unknown_keys_are_refused_on_every_level_whatever_their_value():
    fields = [
        {"key": "o", "type": "OBJECT", "fields": [{"key": "n", "type": "INT", "presence": "optional"}]},
        {"key": "l", "type": "ARRAY_OBJECT", "fields": [{"key": "n", "type": "INT", "presence": "optional"}]},
    ]
    verdict = interpret(fields, "reject", b'{"a/b~":null,"o":{"x":{"y":1}},"l":[{},{"x":1}]}')
    assert verdict == refused(("/a~1b~0", "unknown_key"), ("/o/x", "unknown_key"), ("/l/1/x", "unknown_key"))


def test_every_rule_of_a_value_is_evaluated():
    rules = [{"rule": "min_length", "value": 3}, {"rule": "regex", "value": "b+"}, {"rule": "one_of", "value": ["x"]}]
    assert judge("STRING", '"a"', rules=rules) == refused(("/v", "min_length"), ("/v", "regex"), ("/v", "one_of"))


def test_elements_and_their_number_are_judged_apart():
    rules = [{"rule": "max_items", "value": 1}, {"rule": "max_value", "value": 5}]
    verdict = judge("ARRAY_INT", "[6,null]", rules=rules)
    assert verdict == refused(("/v", "max_items"), ("/v/0", "max_value"), ("/v/1", "type_int"))


def test_a_missing_object_with_a_default_is_judged_like_an_empty_one():
    children = [{"key": "d", "type": "INT", "presence": "default", "default": 0}, {"key": "r", "type": "INT"}]
    field = {"key": "o", "type": "OBJECT", "presence": "default", "fields": children}
    assert interpret([field], "drop", b"{}") == refused(("/o/r", "required"))
    assert interpret([field | {"fields": children[:1]}], "drop", b'{"o":null}').stored == {"o": {"d": 0}}


def test_a_macro_fills_only_what_is_missing_and_may_have_no_value():
    fields = [{"key": key, "type": "STRING", "presence": "macro", "macro": "page_url"} for key in ("a", "b")]
    verdict = interpret(fields, "drop", b'{"b":"sent"}', lambda name, data_type: f"{name} {data_type}")
    assert verdict.stored == {"a": "page_url STRING", "b": "sent"}
    assert interpret(fields, "drop", b"{}").stored == {}


def test_what_is_stored_stands_in_the_order_of_the_fields():
    fields = [{"key": key, "type": "INT"} for key in ("b", "a")]
    assert list(interpret(fields, "drop", b'{"a":1,"b":2}').stored) == ["b", "a"]
