"""A compiled revision says of every event what the contract says."""

import hmac
import json
import math
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.intake.stamping import stamp
from domain.intake.translated_texts import TranslatedTexts
from domain.language.fields import check_fields, fields_to_json
from domain.protocols.shared.shape import Made
from domain.validation import bounds, fields_in_force, records, variants
from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.stamps import STAMP_KEYS
from tests.plain_interpreter import interpret
from tests.strategies import events_for, field_trees, protecting, with_presences

CASES = json.loads((Path(__file__).parent.parent / "data" / "validation_cases.json").read_text())


def hashed(text):
    return hmac.new(b"k" * 32, text.encode(), "sha256").hexdigest()


FACTS = SimpleNamespace(protected_hash=hashed)
"""All that protecting a value draws on."""


def compiled(fields, additional_keys="drop", edition=1):
    document = {"revision_id": "rev_1", "additional_keys": additional_keys, "fields": fields}
    return CompiledRevision({**document, "edition": edition} if edition > 1 else document)


def verdicts_of(revision, payload):
    """Return for each event ("accepted", stored document) or ("rejected", set of (pointer, code))."""
    verdicts = read_events(revision, payload)
    lines = iter(stamp(revision, payload, verdicts, ["evt_1"] * len(verdicts), "2026-01-01T00:00:00.000000Z", FACTS))
    return [
        ("rejected", {(fault.pointer, fault.code.value) for fault in verdict.faults})
        if isinstance(verdict, Refusal)
        else ("accepted", without_stamps(json.loads(next(lines))))
        for verdict in verdicts
    ]


def without_stamps(document):
    assert list(document)[:3] == list(STAMP_KEYS)
    return {key: value for key, value in document.items() if key not in STAMP_KEYS}


def as_one(text):
    return EventTexts("one", text)


def as_batch_of_three(text):
    return EventTexts("json", b"[" + text + b"," + text + b" , " + text + b"]")


def as_lines(text):
    return EventTexts("lines", text.replace(b"\n", b" ") + b"\n\n" + text.replace(b"\n", b" "))


FORMS = [as_one, as_batch_of_three, as_lines]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_given_case_has_its_outcome(case, form):
    expected = (
        ("accepted", case["stored"])
        if case["outcome"] == "accepted"
        else ("rejected", {(error["pointer"], error["code"]) for error in case["errors"]})
    )
    for verdict in verdicts_of(compiled(case["fields"]), form(case["event"].encode())):
        assert verdict == expected


@st.composite
def trees_with_events(draw):
    tree = without_macros(fields_to_json(check_fields(draw(field_trees()))))
    return (
        tree,
        draw(st.lists(events_for(tree).map(without_bom), min_size=1, max_size=4)),
        draw(st.sampled_from(["drop", "reject"])),
    )


@st.composite
def second_edition_trees_with_events(draw):
    tree = draw(protecting(with_presences(without_macros(draw(field_trees(edition=2))))))
    return (
        tree,
        draw(st.lists(events_for(tree).map(without_bom), min_size=1, max_size=4)),
        draw(st.sampled_from(["drop", "reject", "keep"])),
    )


def without_bom(text):
    return text.removeprefix(b"\xef\xbb\xbf")  # payloads lose it before they are cut into events


def without_macros(tree):
    """Return the tree with macros made optional: what they fill in is another test's subject."""
    return [
        {key: value for key, value in field.items() if key != "macro"}
        | ({"presence": "optional"} if field.get("presence") == "macro" else {})
        | ({"fields": without_macros(field["fields"])} if field.get("fields") else {})
        for field in tree
    ]


def expected_of(tree, additional_keys, text, edition=1):
    verdict = interpret(tree, additional_keys, text, hashed=hashed, edition=edition)
    if verdict.stored is None:
        return "rejected", {(pointer, str(code)) for pointer, code in verdict.faults}
    return "accepted", verdict.stored


def same(left, right):
    """Compare documents as JSON, to the order of fields and the kind of numbers; zero has one sign.

    What no field names comes in the order in which it was first seen, which may have been in another event.
    """
    return json.dumps(in_one_order(unsigned_zeros(left))) == json.dumps(in_one_order(unsigned_zeros(right)))


def in_one_order(document):
    return document | ({"_extra": dict(sorted(document["_extra"].items()))} if "_extra" in document else {})


def unsigned_zeros(value):
    if isinstance(value, dict):
        return {key: unsigned_zeros(child) for key, child in value.items()}
    if isinstance(value, list):
        return [unsigned_zeros(child) for child in value]
    return value + 0.0 if isinstance(value, float) else value


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trees_with_events())
def test_the_compiled_validator_agrees_with_the_plain_interpreter(drawn):
    tree, texts, additional_keys = drawn
    revision = compiled(tree, additional_keys)
    for text in texts:
        [(outcome, found)] = verdicts_of(revision, as_one(text))
        expected_outcome, expected = expected_of(tree, additional_keys, text)
        assert outcome == expected_outcome, (text, found, expected)
        if outcome == "accepted":
            assert same(found, expected)
        else:
            assert len(found) == 100 or found == expected


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(second_edition_trees_with_events())
def test_the_compiled_validator_agrees_with_the_plain_interpreter_in_the_second_edition(drawn):
    tree, texts, additional_keys = drawn
    revision = compiled(tree, additional_keys, edition=2)
    for text in texts:
        [(outcome, found)] = verdicts_of(revision, as_one(text))
        expected_outcome, expected = expected_of(tree, additional_keys, text, edition=2)
        assert outcome == expected_outcome, (text, found, expected)
        if outcome == "accepted":
            assert same(found, expected), (text, found, expected)
        else:
            assert len(found) == 100 or found == expected, text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.one_of(st.tuples(trees_with_events(), st.just(1)), st.tuples(second_edition_trees_with_events(), st.just(2))))
def test_an_event_fares_in_a_batch_as_it_fares_alone(drawn):
    (tree, texts, additional_keys), edition = drawn
    revision = compiled(tree, additional_keys, edition)
    alone = [verdict for text in texts for verdict in verdicts_of(revision, as_one(text))]
    if any(found == {("", "not_json")} for outcome, found in alone if outcome == "rejected"):
        return  # then the batch as a whole may be no JSON
    batch = b"[" + b",".join(texts) + b"]"
    together = verdicts_of(revision, EventTexts("json", batch))
    if together != alone:
        assert together == [("rejected", {("", "depth")})]
        assert ("rejected", {("", "depth")}) in alone


def test_whole_floats_are_integers_to_the_last_digit():
    revision = compiled([{"key": "n", "type": "INT", "presence": "required"}])
    for text, value in [("1.0", 1), ("1e3", 1000), ("9007199254740993.0", 9007199254740993), ("-0.0", 0)]:
        assert verdicts_of(revision, as_one(f'{{"n":{text}}}'.encode())) == [("accepted", {"n": value})]
    for text in ["1.5", "1.00000000000000000001", "1e-400"]:
        assert verdicts_of(revision, as_one(f'{{"n":{text}}}'.encode())) == [("rejected", {("/n", "type_int")})]
    for text in ["9223372036854775808.0", "1e19", "1e400", "9" * 5_000, "1e99999999999"]:
        assert verdicts_of(revision, as_one(f'{{"n":{text}}}'.encode())) == [("rejected", {("/n", "out_of_range")})]


def test_milliseconds_are_told_apart_from_other_numbers_out_of_range():
    revision = compiled([{"key": "t", "type": "TIMESTAMP", "presence": "required"}])
    refusal = revision.read_event(b'{"t":1793614272000}')
    assert "milliseconds" in refusal.faults[0].message
    refusal = revision.read_event(b'{"t":99999999999999999}')
    assert "milliseconds" not in refusal.faults[0].message


def test_text_that_only_becomes_json_within_brackets_is_not_json():
    revision = compiled([{"key": "a", "type": "STRING", "presence": "optional"}])
    for text in [b"[{}],[{}]", b"[{}]],[[{}]", b"[{}", b"{}]", b"[{}]]"]:
        assert verdicts_of(revision, EventTexts("json", text)) == [("rejected", {("", "not_json")})]


@pytest.mark.parametrize("text", [b"{}", b'{"_event_id":"mine","_revision_id":{},"_received_at":[1]}', b'{"a":null}'])
@pytest.mark.parametrize(("edition", "additional_keys"), [(1, "drop"), (2, "drop"), (2, "keep")])
def test_of_an_event_without_any_field_the_stamps_are_stored(text, edition, additional_keys):
    revision = compiled([{"key": "a", "type": "STRING", "presence": "optional"}], additional_keys, edition)
    event = json.loads(text)
    unnamed = {f"/{key}": value for key, value in event.items() if key != "a"}
    document = {"_extra": unnamed} if additional_keys == "keep" and unnamed else {}
    for form in FORMS:
        assert set(map(repr, verdicts_of(revision, form(text)))) == {repr(("accepted", document))}
    deep = b'{"z":' + b"[" * 64 + b"]" * 64 + b"}"
    verdicts = verdicts_of(revision, EventTexts("json", b"[" + text + b"," + deep + b"]"))
    assert verdicts == [("accepted", document), ("rejected", {("", "depth")})]


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_a_field_may_read_a_place_that_is_called_like_a_stamp(additional_keys):
    fields = [
        {"key": key, "from": f"_{key}", "type": "STRING", "presence": "optional"}
        for key in ("event_id", "received_at", "revision_id", "extra")
    ]
    event = {f"_{key}": "theirs" for key in ("event_id", "received_at", "revision_id", "extra")}
    revision = compiled(fields, additional_keys, edition=2)
    for form in FORMS:
        for outcome, document in verdicts_of(revision, form(json.dumps(event).encode())):
            assert (outcome, document) == ("accepted", {key[1:]: "theirs" for key in event})


def test_one_element_that_no_parser_takes_spoils_no_other():
    revision = compiled([{"key": "a", "type": "INT", "presence": "optional"}])
    for bad, code in [
        (rb'{"x":"\ud800"}', "not_json"),
        (b'{"x":' + b"[" * 300 + b"]" * 300 + b"}", "depth"),
        (b'{"x":' + b"[" * 64 + b"]" * 64 + b"}", "depth"),
    ]:
        text = b'[{"a":1},' + bad + b',{"a":2}]'
        assert verdicts_of(revision, EventTexts("json", text)) == [
            ("accepted", {"a": 1}),
            ("rejected", {("", code)}),
            ("accepted", {"a": 2}),
        ]
    text = b'[{"a":' + b"9" * 5_000 + b'},{"a":2}]'
    assert verdicts_of(revision, EventTexts("json", text)) == [
        ("rejected", {("/a", "out_of_range")}),
        ("accepted", {"a": 2}),
    ]


@pytest.mark.parametrize("levels", [63, 64])
def test_nesting_is_bounded_in_what_is_dropped_too(levels):
    revision = compiled([{"key": "a", "type": "INT", "presence": "optional"}])
    text = b'{"a":1,"many":[' + b"{}," * 99 + b'{}],"deep":' + b"[" * levels + b"1" + b"]" * levels + b"}"
    expected = ("accepted", {"a": 1}) if levels == 63 else ("rejected", {("", "depth")})
    assert verdicts_of(revision, as_one(text)) == [expected]
    assert verdicts_of(revision, as_batch_of_three(text)) == [expected] * 3


def test_a_hundred_faults_are_listed_and_more_are_owned_up_to():
    revision = compiled([{"key": "n", "type": "ARRAY_INT", "presence": "required"}])
    exactly = revision.read_event(b'{"n":[' + b",".join([b"null"] * 100) + b"]}")
    assert (len(exactly.faults), exactly.more) == (100, False)
    beyond = revision.read_event(b'{"n":[' + b",".join([b"null"] * 90_000) + b"]}")
    assert (len(beyond.faults), beyond.more) == (100, True)


def test_what_a_client_sends_under_a_stamps_key_never_arrives():
    fields = [{"key": "a", "type": "INT", "presence": "optional"}]
    text = b'{"_event_id":"mine","a":1,"_received_at":{"x":[1]}}'
    assert verdicts_of(compiled(fields), as_one(text)) == [("accepted", {"a": 1})]
    assert verdicts_of(compiled(fields), as_batch_of_three(text)) == [("accepted", {"a": 1})] * 3
    assert verdicts_of(compiled(fields, "reject"), as_one(text)) == [
        ("rejected", {("/_event_id", "unknown_key"), ("/_received_at", "unknown_key")})
    ]
    assert verdicts_of(compiled(fields, "reject"), as_one(b'{"_event_id":null}')) == [
        ("rejected", {("/_event_id", "unknown_key")})
    ]


def test_no_message_holds_the_value():
    secret = "hunter2-is-a-secret"
    fields = [
        {"key": "i", "type": "INT", "presence": "required"},
        {"key": "s", "type": "STRING", "presence": "required", "rules": [{"rule": "regex", "value": "[0-9]+"}]},
        {"key": "o", "type": "STRING", "presence": "required", "rules": [{"rule": "one_of", "value": ["a"]}]},
        {"key": "d", "type": "DATETIME", "presence": "required"},
    ]
    refusal = compiled(fields).read_event(json.dumps(dict.fromkeys("isod", secret)).encode())
    assert len(refusal.faults) == 4
    assert secret not in json.dumps(refusal.errors())


def test_float_bounds_are_compared_exactly():
    revision = compiled(
        [{"key": "f", "type": "FLOAT", "presence": "required", "rules": [{"rule": "min_value", "value": 0.1}]}]
    )
    just_below = math.nextafter(0.1, 0)
    assert verdicts_of(revision, as_one(f'{{"f":{just_below!r}}}'.encode())) == [("rejected", {("/f", "min_value")})]
    assert verdicts_of(revision, as_one(b'{"f":0.1}')) == [("accepted", {"f": 0.1})]


def test_a_field_reads_where_its_from_says_and_stores_under_its_key():
    fields = [
        {"key": "message_id", "from": "messageId", "type": "STRING", "presence": "required"},
        {"key": "library", "from": "/context/library/name", "type": "STRING", "presence": "optional"},
        {"key": "version", "from": "/context/library/version", "type": "INT", "presence": "required"},
        {"key": "odd", "from": "/a~1b/~0", "type": "INT", "presence": "optional"},
    ]
    revision = compiled(fields, edition=2)
    event = {"context": {"library": {"version": 3, "name": "x"}}, "messageId": "m", "a/b": {"~": 1}}
    expected = {"message_id": "m", "library": "x", "version": 3, "odd": 1}
    assert verdicts_of(revision, as_batch_of_three(json.dumps(event).encode())) == [("accepted", expected)] * 3
    assert verdicts_of(revision, as_one(b'{"message_id":"m","context":[],"a/b":{"~":"x"}}')) == [
        ("rejected", {("/messageId", "required"), ("/context/library/version", "required"), ("/a~1b/~0", "type_int")})
    ]


def test_an_object_that_is_read_in_part_has_unknown_keys_of_its_own():
    fields = [{"key": "x", "from": "/o/p/x", "type": "INT", "presence": "optional"}]
    revision = compiled(fields, "reject", edition=2)

    def unknown(text):
        [(outcome, found)] = verdicts_of(revision, as_one(text))
        return set() if outcome == "accepted" else {pointer for pointer, code in found if code == "unknown_key"}

    assert unknown(b"{}") == unknown(b'{"o":{"p":{"x":1}}}') == unknown(b'{"o":{"p":{"x":null}}}') == set()
    assert unknown(b'{"o":{"p":{"x":1,"y":null},"q":{}},"x":1}') == {"/o/p/y", "/o/q", "/x"}
    assert unknown(b'{"o":{"p":{}}}') == {"/o/p"}
    assert unknown(b'{"o":null}') == unknown(b'{"o":[{}]}') == unknown(b'{"o":{}}') == {"/o"}


def test_two_fields_of_one_place_both_judge_it_and_tell_an_equal_fault_once():
    fields = [
        {"key": "n", "from": "/a/n", "type": "INT", "presence": "required"},
        {
            "key": "whole",
            "from": "a",
            "type": "OBJECT",
            "presence": "optional",
            "fields": [{"key": "f", "from": "n", "type": "INT", "presence": "required"}],
        },
        {"key": "text", "from": "/a/n", "type": "STRING", "presence": "optional"},
    ]
    revision = compiled(fields, "reject", edition=2)
    assert verdicts_of(revision, as_one(b'{"a":{"n":1.5}}')) == [
        ("rejected", {("/a/n", "type_int"), ("/a/n", "type_string")})
    ]
    assert len(revision.read_event(b'{"a":{"n":1.5}}').faults) == 2
    assert len(revision.read_event(b'{"a":{"n":null}}').faults) == 1


def test_each_rule_that_fails_is_a_fault_of_its_own_wherever_a_field_reads():
    patterns = {"type": "STRING", "presence": "optional", "rules": [{"rule": "regex", "value": "[a-z]+"}] * 2}
    kinds = [{"rule": "value_kinds", "value": ["string"]}, {"rule": "element_kinds", "value": ["string"]}]
    text = b'{"t":"A","ts":["A","a","B"],"j":{"a":[1]},"js":[{"a":[1]}],"o":{"u":"A"}}'

    def faults(*more):
        fields = [
            {"key": "t", **patterns},
            {"key": "ts", **patterns, "type": "ARRAY_STRING"},
            {"key": "j", "type": "JSON", "presence": "optional", "rules": kinds},
            {"key": "js", "type": "ARRAY_JSON", "presence": "optional", "rules": kinds},
            {"key": "o", "type": "OBJECT", "presence": "optional", "fields": [{"key": "u", **patterns}]},
            *more,
        ]
        refusal = compiled(fields, edition=2).read_event(text)
        return [(fault.pointer, fault.code.value) for fault in refusal.faults]

    apart = faults()
    assert [apart.count(fault) for fault in dict.fromkeys(apart)] == [2] * 6
    by_pointer = {"key": "p", "from": "/q/p", "type": "INT", "presence": "optional"}
    assert faults(by_pointer) == apart
    again = {"key": "again", "from": "/o/u", **patterns}
    same = {"key": "same", "from": "j", "type": "JSON", "presence": "optional", "rules": kinds}
    assert faults(again, same) == apart


def test_json_of_any_form_is_stored_as_it_came():
    revision = compiled([{"key": "j", "type": "JSON", "presence": "required"}], "reject", edition=2)
    for text in [
        '{"b":1,"a":[null,{"é":true}],"n":18446744073709551615}',
        "-9223372036854775808",
        '"\\u0000 NaN 1e999"',
        "1.0",
        "[]",
        "0.5",
    ]:
        event = f'{{"j":{text}}}'.encode()
        assert verdicts_of(revision, as_batch_of_three(event)) == [("accepted", json.loads(event))] * 3
    assert verdicts_of(revision, as_one(b'{"j":{"a":1,"b":2,"a":3}}')) == [("accepted", {"j": {"a": 3, "b": 2}})]
    assert verdicts_of(revision, as_one(b'{"j":18446744073709551616}')) == [("accepted", {"j": 2.0**64})]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("null", ("/j", "required")),
        ('{"a":[1,1e400]}', ("/j/a/1", "out_of_range")),
        ("-1" + "0" * 400, ("/j", "out_of_range")),
        ('{"a/b":"\\ud800"}', ("/j/a~1b", "type_string")),
        ('[{"\\ud800":1}]', ("/j/0", "type_string")),
        ('{"a":NaN}', ("", "not_json")),
        ("[" * 64 + "]" * 64, ("", "depth")),
    ],
)
@pytest.mark.parametrize("additional_keys", ["drop", "reject"])
def test_json_that_no_line_can_hold_is_told_at_its_place(text, fault, additional_keys):
    revision = compiled([{"key": "j", "type": "JSON", "presence": "required"}], additional_keys, edition=2)
    event = f'{{"j":{text}}}'.encode()
    assert verdicts_of(revision, as_one(event)) == [("rejected", {fault})]
    if fault[0]:
        assert verdicts_of(revision, as_batch_of_three(event)) == [("rejected", {fault})] * 3


def test_a_lone_surrogate_elsewhere_is_no_json():
    fields = [
        {"key": "j", "type": "JSON", "presence": "optional"},
        {"key": "s", "type": "STRING", "presence": "optional"},
    ]
    for text in [rb'{"j":"\ud800","s":"\ud800"}', rb'{"j":1,"x":"\ud800"}', rb'{"\ud800":1}']:
        assert verdicts_of(compiled(fields, edition=2), as_one(text)) == [("rejected", {("", "not_json")})]


BY_KIND = [
    {"key": "type", "type": "STRING", "presence": "required"},
    {
        "key": "order",
        "from": "properties",
        "type": "OBJECT",
        "presence": "required",
        "when": {"/type": ["track"], "/version": [1, True]},
        "fields": [{"key": "total", "type": "INT", "presence": "required"}],
    },
    {
        "key": "page",
        "from": "properties",
        "type": "OBJECT",
        "presence": "default",
        "when": {"/type": ["page"]},
        "fields": [{"key": "url", "type": "STRING", "presence": "default", "default": "/"}],
    },
]


def test_a_field_is_in_force_where_every_pointer_holds_one_of_its_values():
    revision = compiled(BY_KIND, edition=2)
    for version in ["1", "1.0", "true", "10e-1"]:
        text = f'{{"type":"track","version":{version},"properties":{{"total":5}}}}'.encode()
        assert (
            verdicts_of(revision, as_batch_of_three(text))
            == [("accepted", {"type": "track", "order": {"total": 5}})] * 3
        )
    for version in ['"1"', "false", "2", "null", "[1]", "1.5"]:
        text = f'{{"type":"track","version":{version},"properties":{{"total":"x"}}}}'.encode()
        assert verdicts_of(revision, as_one(text)) == [("accepted", {"type": "track"})]
    assert verdicts_of(revision, as_one(b'{"type":"page"}')) == [("accepted", {"type": "page", "page": {"url": "/"}})]
    assert verdicts_of(revision, as_one(b'{"type":"track","version":1}')) == [
        ("rejected", {("/properties", "required")})
    ]


def test_what_is_named_is_decided_by_the_fields_in_force():
    revision = compiled(BY_KIND, "reject", edition=2)
    assert verdicts_of(revision, as_one(b'{"type":"page","properties":{"url":"x"}}')) == [
        ("accepted", {"type": "page", "page": {"url": "x"}})
    ]
    assert verdicts_of(revision, as_one(b'{"type":"other","properties":{"url":"x"}}')) == [
        ("rejected", {("/properties", "unknown_key")})
    ]


def test_a_request_compiles_so_many_combinations_of_fields_and_no_more():
    inner = [{"key": f"k{number}", "type": "INT", "presence": "optional"} for number in range(1_800)]
    fields = [{"key": "all", "type": "OBJECT", "presence": "optional", "fields": inner}] + [
        {"key": f"w{number}", "type": "INT", "presence": "optional", "when": {"/kind": [number]}}
        for number in range(90)
    ]
    revision = compiled(fields, edition=2)
    lines = b"\n".join(b'{"kind":%d,"w%d":1}' % (number, number) for number in range(90))
    outcomes = [outcome for outcome, _ in verdicts_of(revision, EventTexts("lines", lines))]
    assert outcomes[0] == "accepted"
    assert outcomes[-1] == "rejected"
    assert verdicts_of(revision, as_one(b'{"kind":89,"w89":1}')) == [("accepted", {"w89": 1})]


@pytest.mark.parametrize("additional_keys", ["drop", "reject", "keep"])
def test_what_decides_is_what_counts_of_repeated_keys(additional_keys):
    revision = compiled(BY_KIND, additional_keys, edition=2)
    text = b'{"type":"track","properties":{"url":"x"},"type":"page"}'
    assert verdicts_of(revision, as_one(text)) == [("accepted", {"type": "page", "page": {"url": "x"}})]


_NOT_QUITE = ["1.00000000000000000001", "9007199254740993.5", "9007199254740992.0", "9223372036854775807.5"]


def test_whole_numbers_that_decide_are_compared_to_the_last_digit():
    kinds = [
        {"key": f"n{number}", "type": "BOOLEAN", "presence": "default", "default": True, "when": {"/n": [number]}}
        for number in (1, 2**53 + 1, 2**63 - 1, -(2**63))
    ]
    revision = compiled(kinds, edition=2)
    for text, number in [
        ("1.0", 1),
        ("9007199254740993", 2**53 + 1),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9007199254740993.0", 2**53 + 1),
        ("9.007199254740993e15", 2**53 + 1),
        ("9223372036854775807.0", 2**63 - 1),
    ]:
        assert (
            verdicts_of(revision, as_batch_of_three(f'{{"n":{text}}}'.encode()))
            == [("accepted", {f"n{number}": True})] * 3
        )
        assert verdicts_of(revision, as_one(f'{{"n":{text}}}'.encode())) == [("accepted", {f"n{number}": True})]
    for text in [
        "9007199254740992",
        "9007199254740994",
        "9223372036854775808",
        "1e19",
        "true",
        '"1"',
        "null",
        "[1]",
        *_NOT_QUITE,
    ]:
        assert verdicts_of(revision, as_one(f'{{"n":{text}}}'.encode())) == [("accepted", {})]


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_whole_numbers_of_64_bits_come_out_as_they_were_sent_however_they_are_written(additional_keys):
    fields = [
        {"key": "j", "type": "JSON", "presence": "optional"},
        {"key": "a", "type": "ARRAY_JSON", "presence": "optional"},
        {"key": "n", "type": "INT", "presence": "optional"},
    ]
    revision = compiled(fields, additional_keys, edition=2)
    text = b'{"j":{"x":[9007199254740993.0,1.0,9007199254740993]},"a":[18446744073709551615.0],"n":9007199254740993.0}'
    stored = {
        "j": {"x": [9007199254740993, 1.0, 9007199254740993]},
        "a": [18446744073709551615],
        "n": 9007199254740993,
    }
    assert verdicts_of(revision, as_one(text)) == [("accepted", stored)]
    assert verdicts_of(revision, as_batch_of_three(text)) == [("accepted", stored)] * 3


@pytest.mark.parametrize("text", [b"[]", b"1", b'"type"', b"null"])
def test_an_event_that_is_no_object_has_no_kind(text):
    refused = [("rejected", {("", "not_an_object")})]
    assert verdicts_of(compiled(BY_KIND, edition=2), as_one(text)) == refused
    assert verdicts_of(compiled(BY_KIND, "keep", edition=2), as_one(text)) == refused


def test_values_that_decide_are_found_where_another_value_is_beyond_the_parser():
    revision = compiled(BY_KIND, "keep", edition=2)
    text = rb'{"type":"page","x":"\ud800","y":1e400,"properties":{"url":"u"}}'
    kept = {"_extra": {"/x": r'"\ud800"', "/y": "1e400"}, "type": "page", "page": {"url": "u"}}
    assert verdicts_of(revision, as_one(text)) == [("accepted", kept)]
    assert verdicts_of(revision, as_batch_of_three(text)) == [("accepted", kept)] * 3


@pytest.mark.parametrize("sent", [r'"\ud800"', r'[{"y":"\udc00x"}]'])
def test_an_event_of_which_no_field_stores_anything_may_keep_lone_surrogates(sent):
    revision = compiled([{"key": "a", "type": "INT", "presence": "optional"}], "keep", edition=2)
    text = b'{"x":%b}' % sent.encode()
    [(outcome, document)] = verdicts_of(revision, as_one(text))
    assert outcome == "accepted"
    assert list(document["_extra"]) == ["/x"]
    assert "\\ud" in json.dumps(document["_extra"]["/x"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("constant", ["NaN", "-Infinity"])
def test_what_is_no_json_is_refused_where_a_key_that_stands_twice_hides_it(constant, additional_keys, form):
    revision = compiled([{"key": "a", "type": "INT", "presence": "optional"}], additional_keys, edition=2)
    payload = form(f'{{"a":{constant},"a":1}}'.encode())
    assert {verdict for verdict, _ in verdicts_of(revision, payload)} == {"rejected"}
    assert {code for _, faults in verdicts_of(revision, payload) for _, code in faults} == {"not_json"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("levels", [63, 64])
def test_nesting_is_bounded_where_a_key_that_stands_twice_hides_it(levels, additional_keys, form):
    revision = compiled([{"key": "a", "type": "INT", "presence": "optional"}], additional_keys, edition=2)
    payload = form(b'{"a":' + b"[" * levels + b"]" * levels + b',"a":1}')
    expected = ("accepted", {"a": 1}) if levels == 63 else ("rejected", {("", "depth")})
    assert set(map(repr, verdicts_of(revision, payload))) == {repr(expected)}


@pytest.mark.parametrize("form", [*FORMS, None], ids=["one", "batch", "lines", "together"])
@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("data_type", ["INT", "ARRAY_INT"])
def test_nesting_is_bounded_in_what_fields_read(data_type, additional_keys, form):
    eight_keys = "/a" * 8
    fields = [{"key": "leaf", "type": data_type, "presence": "required", "from": eight_keys}]
    for _ in range(7):
        fields = [{"key": "o", "type": "OBJECT", "presence": "required", "from": eight_keys, "fields": fields}]
    revision = compiled(fields, additional_keys, edition=2)
    value = b"1" if data_type == "INT" else b"[]"  # the array is on the 65th level
    text = b'{"a":' * 64 + value + b"}" * 64
    if form is None:
        [document] = revision.read_together([text], RequestWork())
        assert (document is not None) == (data_type == "INT")
        return
    for outcome, found in verdicts_of(revision, form(text)):
        assert outcome == "accepted" if data_type == "INT" else found == {("", "depth")}


class JudgesNothing(CompiledRevision):
    """A revision whose events are valid: reading by types has to take all of them."""

    __slots__ = ()

    def judge_event(self, text, work=None):
        raise AssertionError(text)

    def judge_each(self, texts, work):
        raise AssertionError(texts)


WITH_NULL = b'{"a":null,"b":null,"l":[{"x":null},{"x":1}],"o":{"x":null},"n":null}'


@pytest.mark.parametrize("form", [*FORMS, "together"])
@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_null_is_taken_from_the_first_one_on_without_validating_in_full(additional_keys, form):
    x = {"key": "x", "type": "INT", "presence": "optional"}
    fields = [
        {"key": "a", "type": "STRING", "presence": "optional"},
        {"key": "b", "type": "STRING", "presence": "default", "default": "d"},
        {"key": "l", "type": "ARRAY_OBJECT", "presence": "optional", "fields": [x]},
        {"key": "o", "type": "OBJECT", "presence": "optional", "fields": [x]},
    ]
    revision = JudgesNothing(
        {"revision_id": "rev_1", "edition": 2, "additional_keys": additional_keys, "fields": fields}
    )
    stored = {"b": "d", "l": [{}, {"x": 1}], "o": {}} | ({"_extra": {"/n": None}} if additional_keys == "keep" else {})
    for text, expected in [(b'{"a":"s"}', {"a": "s", "b": "d"}), (WITH_NULL, stored), (WITH_NULL, stored)]:
        found = (
            revision.read_together([text] * 2, RequestWork())
            if form == "together"
            else read_events(revision, form(text))
        )
        assert list(map(json.loads, found)) == [expected] * len(found)


def test_null_is_taken_by_each_combination_of_fields_from_its_first_one_on():
    revision = compiled([*BY_KIND, {"key": "s", "type": "STRING", "presence": "optional"}], "keep", edition=2)
    texts = [b'{"type":"page","s":null}', b'{"type":"track","s":null}', b'{"type":"page","s":1}']
    payload = EventTexts("json", b"[" + b",".join(texts * 2) + b"]")
    taken = ("accepted", {"type": "page", "page": {"url": "/"}})
    found = [taken, ("accepted", {"type": "track"}), ("rejected", {("/s", "type_string")})]
    assert verdicts_of(revision, payload) == found * 2
    assert verdicts_of(revision, payload) == found * 2


@pytest.mark.parametrize("form", ["json", "together"])
@pytest.mark.parametrize("fields", [BY_KIND, [{"key": "j", "type": "JSON", "presence": "optional"}]])
def test_what_bounds_events_is_counted_once_for_all_of_them(fields, form, monkeypatch):
    counted = Mock(wraps=bounds.count_values)
    monkeypatch.setattr(bounds, "count_values", counted)
    revision = compiled(fields, "keep", edition=2)
    texts = [b'{"type":"%b","x":"%b"}' % (kind, b"y" * 20_000) for kind in (b"page", b"track")] * 10
    if form == "together":
        documents = revision.read_together(texts, RequestWork())
        looks = counted.call_count / len(texts)
    else:
        documents = read_events(revision, EventTexts("json", b"[" + b",".join(texts) + b"]"))
        looks = counted.call_count
    assert [json.loads(document)["_extra"]["/x"] for document in documents] == ["y" * 20_000] * 20
    assert looks <= 2


@pytest.mark.parametrize(("form", "changes"), [("json", 2), ("lines", 2), ("one", 20)])
def test_a_combination_is_compiled_once_where_another_has_learned_of_null(form, changes, monkeypatch):
    monkeypatch.setattr(variants, "MAX_VARIANTS_BYTES", 1)  # the newest alone is kept
    made = Mock(wraps=fields_in_force.EventReader)
    monkeypatch.setattr(fields_in_force, "EventReader", made)
    default = {"key": "s", "type": "STRING", "presence": "default", "default": "d"}
    revision = compiled([*BY_KIND, default], "drop", edition=2)
    texts = [b'{"type":"page","s":null}', b'{"type":"track","s":null}'] * 10
    whole = {"lines": b"\n".join(texts), "json": b"[" + b",".join(texts) + b"]"}
    for payload in texts if form == "one" else [whole[form]]:
        assert {outcome for outcome, _ in verdicts_of(revision, EventTexts(form, payload))} == {"accepted"}
    # One for each change of the combination, and two when null was new: to see, and to stay.
    assert made.call_count == changes + 2


@pytest.mark.parametrize("form", ["json", "lines", "translated"])
@pytest.mark.parametrize(
    "beside",
    [
        [b'{"type":"page","x":"%b"}' % (b"x" * 1_100_000)] * 2,
        [b'{"type":"page","x":"\\ud800"}'],
        [b'{"type":"page","properties":7}', b'{"type":"track","version":1}'] * 10,
    ],
    ids=["large", "half a character", "faulty"],
)
def test_a_kind_is_compiled_once_for_a_request_of_which_events_are_read_one_by_one(beside, form, monkeypatch):
    monkeypatch.setattr(variants, "MAX_VARIANTS_BYTES", 1)  # the newest alone is kept
    made = Mock(wraps=fields_in_force.FieldsInForce)
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": "keep", "fields": BY_KIND}
    revision = CompiledRevision(document, made)
    texts = [b'{"type":"page","n":1}', b'{"type":"track","n":2}'] * 10 + beside
    if form == "translated":
        verdicts = TranslatedTexts([Made(text) for text in texts]).read(revision)
    else:
        whole = b"\n".join(texts) if form == "lines" else b"[%b]" % b",".join(texts)
        verdicts = read_events(revision, EventTexts(form, whole))
    assert [json.loads(verdict)["_extra"]["/n"] for verdict in verdicts[:20]] == [1, 2] * 10
    for text, verdict in zip(texts, verdicts, strict=True):
        alone = CompiledRevision(document).read_event(text)
        assert (verdict.faults if isinstance(verdict, Refusal) else verdict) == (
            alone.faults if isinstance(alone, Refusal) else alone
        )
    kinds = {json.loads(text)["type"] + str(json.loads(text).get("version")) for text in texts}
    faulty = 2 if any(b"version" in text for text in beside) else 0  # once to be read, and once to be judged
    assert made.call_count <= len(kinds) + faulty


def test_what_senders_make_up_where_a_kind_stands_takes_bounded_memory():
    page = {"key": "url", "type": "STRING", "presence": "optional", "when": {"/type": ["page"]}}
    revision = compiled([page], "drop", edition=2)
    revision.read_event(b'{"type":"page"}')
    tracemalloc.start()
    try:
        for number in range(400):
            revision.read_event(b'{"type":"%d%s"}' % (number, b"x" * 10_000))
        for number in range(5_000):
            revision.read_event(b'{"type":"%d"}' % number)
        assert tracemalloc.get_traced_memory()[0] < 200_000
    finally:
        tracemalloc.stop()


def test_new_keys_of_each_event_are_learned_together_the_more_there_are_to_compile(monkeypatch):
    made = Mock(wraps=fields_in_force.EventReader)
    monkeypatch.setattr(fields_in_force, "EventReader", made)
    fields = [{"key": f"f{index}", "type": "INT", "presence": "optional"} for index in range(80)]
    revision = compiled(fields, "keep", edition=2)
    for number in range(100):
        document = json.loads(revision.read_event(b'{"f1":1,"k%d":%d}' % (number, number)))
        assert document == {"f1": 1, "_extra": {f"/k{number}": number}}
    learned = [len(call.kwargs.get("learned", ())) for call in made.call_args_list]
    assert learned == [0, 0, 10, 20, 32]  # at first, to see all, and after 10, 20 and 40 events
    for call in made.call_args_list[2:]:
        assert len({*call.kwargs["learned"]}) == len(call.kwargs["learned"])


def test_pointers_through_very_many_objects_are_followed_without_a_type_for_each(monkeypatch):
    made = Mock(wraps=records.defstruct)
    monkeypatch.setattr(records, "defstruct", made)

    def reading(count):
        below = [
            {"key": f"f{index}", "type": "INT", "from": f"/a{index}/b/c/d/e/f/g/h", "presence": "optional"}
            for index in range(count)
        ]
        rows = {"key": "rows", "type": "ARRAY_OBJECT", "presence": "optional", "fields": below}
        return compiled([rows], "drop", edition=2)

    text = b'{"rows":[{"a7":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}},{}]}'
    for count in (500 // 7, 500 // 7 + 1):
        made.reset_mock()
        assert json.loads(reading(count).read_event(text)) == {"rows": [{"f7": 1}, {}]}
        assert bool(made.call_count) == (count == 500 // 7)
        assert made.call_count <= 510


@pytest.mark.parametrize("presence", [{"presence": "default", "default": 7}, {"presence": "optional"}])
@pytest.mark.parametrize("before", [[], [b'{"o":{"a":null}}'], [b'{"o":{"a":1},"z":1}'] * 3])
@pytest.mark.parametrize("additional_keys", ["keep", "reject"])
def test_no_field_names_an_empty_object_on_the_way_whatever_came_before(additional_keys, before, presence):
    revision = compiled([{"key": "a", "type": "INT", "from": "/o/a", **presence}], additional_keys, edition=2)
    for text in before:
        revision.read_event(text)
    read = revision.read_event(b'{"o":{}}')
    if additional_keys == "reject":
        assert [(fault.pointer, fault.code) for fault in read.faults] == [("/o", "unknown_key")]
    else:
        assert json.loads(read) == {"_extra": {"/o": {}}} | ({"a": 7} if "default" in presence else {})


@pytest.mark.parametrize("additional_keys", ["keep", "reject"])
def test_an_empty_object_is_found_on_the_way_to_one_that_is_made_where_it_was_not_sent(additional_keys):
    inner = [{"key": "a", "type": "INT", "presence": "default", "default": 7}]
    made = {"key": "made", "type": "OBJECT", "from": "/o/x", "presence": "default", "fields": inner}
    revision = compiled([made], additional_keys, edition=2)
    assert json.loads(revision.read_event(b'{"o":{"x":{}}}')) == {"made": {"a": 7}}
    read = revision.read_event(b'{"o":{}}')
    if additional_keys == "reject":
        assert [(fault.pointer, fault.code) for fault in read.faults] == [("/o", "unknown_key")]
    else:
        assert json.loads(read) == {"_extra": {"/o": {}}, "made": {"a": 7}}


@pytest.mark.parametrize("levels", [63, 64])
@pytest.mark.parametrize("value", ['{"x":%s}', '{"o":{"mail":%s}}', '{"j":%s}', '{"j":[%s]}'])
@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_nesting_is_bounded_where_events_are_parsed_first(levels, value, additional_keys):
    mail = {"key": "mail", "type": "STRING", "presence": "optional", "protect": "redact"}
    protected = {"key": "o", "type": "OBJECT", "presence": "optional", "when": {"/type": ["k"]}, "fields": [mail]}
    fields = [*BY_KIND[:2], {"key": "j", "type": "JSON", "presence": "optional"}, protected]
    levels_around = value.count("{") + value.count("[") - 1
    deep = "[" * (levels - levels_around) + "]" * (levels - levels_around)
    text = (value % deep)[:-1] + ',"type":"a","many":[' + "{}," * 70 + "{}]}"
    revision = compiled(fields, additional_keys, edition=2)
    for form, count in ((as_one, 1), (as_batch_of_three, 3)):
        outcomes = verdicts_of(revision, form(text.encode()))
        if levels == 63:
            assert [outcome for outcome, _ in outcomes] == ["accepted"] * count
        else:
            assert outcomes == [("rejected", {("", "depth")})] * count


def test_a_field_reads_what_is_sent_under_the_key_of_a_stamp():
    fields = [
        {"key": "sent_extra", "from": "_extra", "type": "STRING", "presence": "optional"},
        {"key": "sent_id", "from": "/_event_id/x", "type": "INT", "presence": "optional"},
    ]
    revision = compiled(fields, "keep", edition=2)
    assert verdicts_of(revision, as_one(b'{"_extra":"e","_event_id":{"x":1},"_revision_id":2,"\\u0000_extra":3}')) == [
        ("accepted", {"_extra": {"/_revision_id": 2, "/\x00_extra": 3}, "sent_extra": "e", "sent_id": 1})
    ]
    assert verdicts_of(revision, as_one(b"{}")) == [("accepted", {})]


def test_what_is_kept_is_what_fields_in_force_leave_whatever_stands_on_the_way():
    fields = [
        {"key": "kind", "type": "STRING", "presence": "optional"},
        {"key": "n", "from": "/o/p/n", "type": "INT", "presence": "optional"},
        {"key": "same", "from": "/o/p/n", "type": "JSON", "presence": "optional"},
        {
            "key": "mail",
            "from": "/u/mail",
            "type": "STRING",
            "presence": "optional",
            "protect": "last_4",
            "when": {"/kind": ["k"]},
        },
    ]
    revision = compiled(fields, "keep", edition=2)
    for sent, kept in [
        ('{"o":{"p":{"n":1}}}', {"n": 1, "same": 1}),
        ('{"o":{"p":{}}}', {"_extra": {"/o/p": {}}}),
        ('{"o":{}}', {"_extra": {"/o": {}}}),
        ('{"o":null}', {"_extra": {"/o": None}}),
        ('{"o":[{"p":1}]}', {"_extra": {"/o": [{"p": 1}]}}),
        ('{"o":{"p":"n"}}', {"_extra": {"/o/p": "n"}}),
        ('{"z":1,"o":{"q":2,"p":{"n":1,"m":3}},"a":4}', {"_extra": {"/z": 1, "/o/q": 2, "/o/p/m": 3, "/a": 4}, "n": 1}),
        ('{"u":{"mail":"ab@c.example","x":1}}', {"_extra": {"/u/x": 1}}),
        ('{"kind":"k","u":{"mail":"mail@"}}', {"kind": "k", "mail": "*ail@"}),
        ('{"u":{"mail":{"deep":1}}}', {}),
    ]:
        expected = kept | ({"same": kept["n"]} if "n" in kept else {})
        assert verdicts_of(revision, as_one(sent.encode())) == [("accepted", expected)], sent
        assert list(verdicts_of(revision, as_one(sent.encode()))[0][1].get("_extra", {})) == list(
            kept.get("_extra", {})
        )
        assert verdicts_of(revision, as_batch_of_three(sent.encode())) == [("accepted", expected)] * 3


@pytest.mark.parametrize("form", FORMS)
def test_what_a_line_has_no_room_for_goes_by_the_order_of_its_event_whatever_keys_came_before(form):
    fields = [{"key": "a", "type": "INT", "presence": "optional"}]
    text = b'{"first":1,"long":"' + b"x" * 1_000_000 + b'","last":2}'
    revision = compiled(fields, "keep", edition=2)
    for key in [b"long", b"last", b"first"]:
        for _ in range(10):
            verdicts_of(revision, as_one(b'{"%b":1}' % key))
    for outcome, stored in verdicts_of(revision, form(text)):
        assert outcome == "accepted"
        assert stored == {"_extra": {"/first": 1, "": {"dropped": 2}}}


def test_one_refused_event_of_a_batch_spoils_no_other_where_events_are_parsed_first():
    revision = compiled(BY_KIND, "keep", edition=2)
    text = b'[{"type":"page","x":1},{"type":1,"x":2},{"type":"track","version":1},[],{"type":"a","properties":{}}]'
    assert verdicts_of(revision, EventTexts("json", text)) == [
        ("accepted", {"_extra": {"/x": 1}, "type": "page", "page": {"url": "/"}}),
        ("rejected", {("/type", "type_string")}),
        ("rejected", {("/properties", "required")}),
        ("rejected", {("", "not_an_object")}),
        ("accepted", {"_extra": {"/properties": {}}, "type": "a"}),
    ]


@pytest.mark.parametrize("form", ["lines", "json"])
def test_many_kinds_of_a_large_revision_are_each_compiled_once_for_a_request(form, monkeypatch):
    monkeypatch.setattr(variants, "MAX_VARIANTS_BYTES", 1)  # the newest alone is kept
    common = [{"key": f"c{number}", "type": "INT", "presence": "optional"} for number in range(1_900)]
    kinds = [
        {"key": f"w{number}", "type": "INT", "presence": "optional", "when": {"/kind": [f"k{number}"]}}
        for number in range(100)
    ]
    revision = compiled([*common, *kinds], "keep", edition=2)
    texts = [b'{"kind":"k%d","w%d":1}' % (number % 100, number % 100) for number in range(300)]
    text = b"\n".join(texts) if form == "lines" else b"[" + b",".join(texts) + b"]"
    found = verdicts_of(revision, EventTexts(form, text))
    outcomes = [outcome for outcome, _ in found]
    accepted = outcomes.count("accepted") // 3
    assert accepted >= 40
    assert outcomes == (["accepted"] * accepted + ["rejected"] * (100 - accepted)) * 3
    assert found[0][1] == {"_extra": {"/kind": "k0"}, "w0": 1}
