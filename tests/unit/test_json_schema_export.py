"""The JSON Schema of a revision accepts the documents that ingest accepts."""

import json
import re
import shutil
import subprocess
from functools import lru_cache

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from domain.language.fields import check_fields, fields_to_json
from domain.language.json_schema_export import json_schema_of
from domain.language.pattern_export import ecma_pattern
from domain.language.pattern_tree import UnreadableError
from domain.language.regex_check import check_regex, matches
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from domain.validation.whole_numbers import whole_number
from schemas.limits import MAX_EVENT_BYTES, MAX_STRING_BYTES, UINT64_MAX
from tests.strategies import drawn, events_for, field_trees, with_presences
from tests.unit.test_regex_translation import PATTERNS, TEXTS


@lru_cache(maxsize=10_000)
def linear(pattern):
    """Compile an ECMA-262 pattern by an engine that no pattern keeps busy; what it spells differently is respelled."""
    return re2.compile(re.sub(r"\\([pP])\{Script=", r"\\\1{", pattern))


def pattern_keyword(validator, pattern, instance, schema):
    if validator.is_type(instance, "string") and not linear(pattern).search(instance):
        yield ValidationError("does not match")


class WholeDouble(float):
    """A whole number beyond 64 bits, of which a double is kept."""


def number_from(text):
    """Read a number as JSON Schema has it: whole by its value, not by its spelling, as far as ingest keeps digits."""
    whole = whole_number(text)
    if whole is not None and abs(whole) < 10**19:
        return whole
    if re.fullmatch("[0-9]{20}", text) and int(text) <= UINT64_MAX:
        return int(text)
    return float(text) if whole is None else WholeDouble(text)


Validator = extend(
    Draft202012Validator,
    {"pattern": pattern_keyword},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) in {int, WholeDouble}
    ),
)


def finalised(tree):
    """Return a drawn tree as revisions hold it, with every presence; JSON fields have any default here."""
    return with_presences(json.loads(json.dumps(tree)))


def stored(tree):
    return fields_to_json(check_fields(tree))


@st.composite
def cases(draw, edition):
    tree = draw(field_trees(edition))
    events = events_for(tree)
    return tree, [draw(events) for _ in range(8)], draw(st.sampled_from(["drop", "reject"]))


def is_beyond_json_schema(text, edition):
    """Say whether an event breaks one of the limits that only `$comment` tells."""
    try:
        members = json.loads(text.decode(), parse_constant=lambda _: 1 / 0, parse_int=float, object_pairs_hook=list)
        json.dumps(members, ensure_ascii=False).encode()
    except (ValueError, ZeroDivisionError, RecursionError):
        return True
    longest = MAX_STRING_BYTES if edition == 1 else MAX_EVENT_BYTES
    strings = re.findall(r'"(?:[^"\\]|\\.)*"', text.decode())
    return any(len(json.loads(string).encode()) > longest for string in strings) or text.count(b"[") > 60


def is_told_in_words(text, tree):
    """Say whether a rule that only `$comment` tells may refuse the event."""
    at_the_ends_of_time = re.search(rb"0000-12-31|0001-01-01|9999-12-31", text)
    in_bytes = '"max_bytes"' in json.dumps(tree) and not (text.isascii() and b"\\u" not in text)
    past_a_double = "JSON" in json.dumps(tree) and holds_a_number_past_a_double(text)
    return bool(at_the_ends_of_time or in_bytes or past_a_double or b":60" in text)


def holds_a_number_past_a_double(text):
    """Say whether a number is so far out that JSON is stored with it only if a double holds it."""
    numbers = (float(digits) for digits in re.findall(rb"[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?", text))
    return any(number >= 2**63 for number in numbers)


def agree(case, edition):
    tree, texts, additional_keys = case
    tree = stored(tree) if edition == 1 else finalised(tree)
    schema = json.loads(json.dumps(json_schema_of("Name", tree, edition=edition, additional_keys=additional_keys)))
    Draft202012Validator.check_schema(schema, FormatChecker(()))
    validator = Validator(schema)
    revision = CompiledRevision(
        {"revision_id": "r", "edition": edition, "additional_keys": additional_keys, "fields": tree}
    )
    for text in texts:
        if is_beyond_json_schema(text, edition):
            continue
        document = json.loads(text, parse_float=number_from, parse_int=number_from)
        accepted = not isinstance(revision.read_event(text), Refusal)
        if accepted or not is_told_in_words(text, tree):
            assert validator.is_valid(document) == accepted, (
                text,
                [error.message for error in validator.iter_errors(document)],
            )


@pytest.mark.drawn
@settings(
    max_examples=drawn(500), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(cases(edition=1))
def test_the_schema_accepts_exactly_what_ingest_accepts(case):
    agree(case, 1)


def test_a_choice_that_no_float_equals_is_never_met():
    tree = [{"key": "a", "type": "ARRAY_FLOAT", "rules": [{"rule": "one_of", "value": [9_007_199_254_740_993, 0]}]}]
    agree((tree, [b'{"a":[9007199254740993]}', b'{"a":[0]}'], "drop"), 2)


def test_a_bound_that_no_float_holds_is_the_next_one_within_it():
    tree = [{"key": "a", "type": "FLOAT", "rules": [{"rule": "min_value", "value": 9_007_199_254_740_993}]}]
    agree((tree, [b'{"a":%d}' % (2**53 + step) for step in range(5)], "drop"), 2)


@pytest.mark.parametrize("kinds", [["integer"], ["number"], ["string", "integer"]])
def test_a_whole_number_beyond_64_bits_is_an_integer_among_json(kinds):
    tree = [{"key": "a", "type": "JSON", "rules": [{"rule": "kinds", "value": kinds}]}]
    numbers = [
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "1e20",
        "1.5e300",
        "0.5",
        "1e400",
    ]
    agree((tree, [f'{{"a":{number}}}'.encode() for number in numbers], "drop"), 2)
    revision = CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": "drop", "fields": stored(tree)})
    assert not isinstance(revision.read_event(b'{"a":18446744073709551616}'), Refusal)


@pytest.mark.drawn
@settings(
    max_examples=drawn(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(cases(edition=2))
def test_the_schema_of_the_second_edition_accepts_exactly_what_ingest_accepts(case):
    agree(case, 2)


def test_the_export_holds_nothing_that_the_answer_can_not():
    big = [{"key": "a", "type": "INT", "rules": [{"rule": "max_value", "value": 10**25}]}]
    schema = json_schema_of("Name", stored(big), edition=1)
    assert schema["properties"]["a"]["maximum"] == 2**63 - 1


def test_words_of_the_revision_are_taken_along():
    tree = stored(
        [
            {"key": "a", "type": "STRING", "presence": "default", "default": "x", "description": "The first."},
            {"key": "b", "type": "STRING", "presence": "macro", "macro": "uuid"},
            {"key": "c", "type": "INT", "presence": "optional", "rules": [{"rule": "one_of", "value": [1, 2]}]},
        ]
    )
    schema = json_schema_of("Orders", tree, edition=1, additional_keys="reject")
    assert (schema["title"], schema["additionalProperties"], schema["required"]) == ("Orders", False, [])
    a, b, c = schema["properties"].values()
    assert (a["description"], a["default"], a["type"]) == ("The first.", "x", ["string", "null"])
    assert b["$comment"].startswith("If missing or null, the server fills in `uuid`.")
    assert (c["enum"], c["type"]) == ([1, 2, None], ["integer", "null"])


def test_an_object_that_is_created_empty_is_required_if_its_children_are():
    child = {"key": "a", "type": "INT"}
    around = {"key": "o", "type": "OBJECT", "presence": "default", "fields": [child]}
    assert json_schema_of("", stored([around]), edition=1)["required"] == ["o"]
    around["fields"] = [{**child, "presence": "optional"}]
    assert json_schema_of("", stored([around]), edition=1)["required"] == []


def test_what_the_dialect_can_not_say_is_said_in_words():
    rules = [{"rule": "regex", "value": r"(?i)\p{Lu}+"}, {"rule": "regex", "value": "[a-z]+"}]
    schema = json_schema_of("", stored([{"key": "a", "type": "STRING", "rules": rules}]), edition=1)
    said = schema["properties"]["a"]
    assert said["pattern"] == "^(?:[a-z]+)$"
    assert r"RE2 pattern `(?i)\p{Lu}+`" in said["$comment"]
    assert "32,000 bytes" in said["$comment"]


@pytest.mark.parametrize(
    ("pattern", "exported"),
    [
        ("[a-z]+", "^(?:[a-z]+)$"),
        ("a|b", "^(?:a|b)$"),
        (r"\d+\.\d{2}", r"^(?:[0-9]+\.[0-9]{2})$"),
        ("(?s).*", r"^(?:[\s\S]*)$"),
        (".", r"^(?:[^\n])$"),
        (r"[^\s]", r"^(?:[^\t\n\x0C\r ])$"),
        ("(?i)k", "^(?:[Kk\u212a])$"),
        (r"\p{Greek}\P{Lu}", r"^(?:\p{Script=Greek}\P{Lu})$"),
        ("(?m)^a$", r"^(?:(?<![^\n])a(?![^\n]))$"),
        (r"\[\]\-\^", r"^(?:\[\]-\^)$"),
        (r"[\]\-^]", r"^(?:[\-\]\^])$"),
        ("(ab)*?", "^(?:(?:ab)*)$"),
        ("(?:^)*", "^(?:(?:^)*)$"),
    ],
)
def test_a_pattern_is_spelled_for_the_dialect(pattern, exported):
    assert ecma_pattern(pattern) == exported


def exported_or_none(pattern):
    try:
        check_regex(pattern)
        return ecma_pattern(pattern)
    except (ValueError, UnreadableError):
        return None


NODE = """
const rows = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(rows.map(([pattern, texts]) => texts.map(text => new RegExp(pattern, 'u').test(text)))));
"""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(PATTERNS, st.lists(TEXTS, min_size=1, max_size=12)), min_size=40, max_size=120))
def test_an_ecma_engine_matches_what_re2_matches(drawn):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    rows = [(pattern, exported_or_none(pattern), texts) for pattern, texts in drawn]
    rows = [row for row in rows if row[1] is not None]
    sent = json.dumps([[exported, texts] for _, exported, texts in rows])
    run = subprocess.run([node, "-e", NODE], input=sent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for (pattern, exported, texts), found in zip(rows, json.loads(run.stdout), strict=True):
        assert found == [matches(pattern, text) for text in texts], (pattern, exported, texts)
