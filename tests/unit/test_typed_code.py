"""Typed code: which types a revision's events have, and that no text of others gets out of its place."""

import ast
import re
from types import ModuleType
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.language.typed_code import Language, typed_code_of
from domain.language.typed_code.names import MAX_NAME_CHARS
from schemas.limits import MAX_FIELDS, MAX_TYPED_CHARS, MAX_TYPED_FIELDS
from tests.strategies import field_trees, with_presences
from tests.typed_revisions import TYPED_REVISIONS

TEXT = {"key": "a", "type": "STRING", "presence": "required"}
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_COMMENT = re.compile(r"/\*.*?\*/|^//[^\n]*$", re.DOTALL | re.MULTILINE)
_DECLARATION = re.compile(
    r'export interface \w+ (extends CommonEvent )?\{\s*(([\w$]+|"")\??:[^;{}]*(\{ readonly \[key: string\]: unknown \}'
    r"[^;{}]*)*;\s*)*(\[key: string\]: unknown;\s*)?\}\s*|export type (Other)?Event =[\w\s|]+;\s*"
)


def typescript(*fields, **more):
    return typed_code_of(Language.TYPESCRIPT, "Orders", with_presences(list(fields)), **more).code


def python(*fields, **more):
    return typed_code_of(Language.PYTHON, "Orders", with_presences(list(fields)), **more).code


def member(line, *fields, **more):
    return line in typescript(*fields, **more).splitlines()


def run(code):
    """Run a file as Python does when it is imported; return its names."""
    module = ModuleType("events")
    exec(compile(code, "events.py", "exec"), module.__dict__)
    return module


def kinds_in(module):
    """Return the TypedDicts that an event may be."""
    return getattr(module.Event, "__args__", (module.Event,))


def holds_declarations_alone(code):
    """Say whether TypeScript is nothing but declarations once comments and strings are taken out."""
    bare = _COMMENT.sub("", "".join(_without_strings(code)))
    left = _DECLARATION.sub("", bare)
    return not left.strip()


def _without_strings(code):
    """Take strings out of lines that are no comments; comments begin a line, and end one."""
    is_comment = False
    for line in code.splitlines(keepends=True):
        is_comment = is_comment or line.lstrip().startswith("/*")
        yield line if is_comment or line.startswith("//") else _STRING.sub('""', line)
        is_comment = is_comment and "*/" not in line


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "  a: string;"),
        ({"presence": "optional"}, "  a?: string | null | undefined;"),
        ({"presence": "default", "default": "x"}, "  a?: string | null | undefined;"),
        ({"presence": "macro", "macro": "user_ip"}, "  a?: string | null | undefined;"),
        ({"from": "Coupon Code"}, '  "Coupon Code": string;'),
        ({"from": "$set"}, "  $set: string;"),
        ({"type": "INT"}, "  a: number;"),
        ({"type": "BOOLEAN"}, "  a: boolean;"),
        ({"type": "BOOLEAN", "rules": [{"rule": "one_of", "value": [True]}]}, "  a: true;"),
        ({"type": "TIMESTAMP"}, "  a: number;"),
        ({"type": "TIMESTAMP", "format": "rfc3339"}, "  a: string;"),
        ({"type": "DATE"}, "  a: string;"),
        ({"type": "JSON"}, "  a: NonNullable<unknown>;"),
        ({"type": "JSON", "presence": "optional"}, "  a?: unknown;"),
        (
            {"type": "JSON", "rules": [{"rule": "kinds", "value": ["integer", "array"]}]},
            "  a: readonly unknown[] | number;",
        ),
        ({"type": "ARRAY_STRING"}, "  a: readonly string[];"),
        ({"type": "ARRAY_JSON"}, "  a: readonly NonNullable<unknown>[];"),
        ({"type": "ARRAY_STRING", "rules": [{"rule": "one_of", "value": ["x", "y"]}]}, '  a: readonly ("x" | "y")[];'),
        ({"type": "FLOAT", "rules": [{"rule": "one_of", "value": [1.5, 2.0]}]}, "  a: 1.5 | 2;"),
        ({"type": "INT", "rules": [{"rule": "one_of", "value": [1, 2**53 + 1]}]}, "  a: number;"),
    ],
)
def test_a_field_is_typed_as_it_is_sent(change, line):
    assert member(line, TEXT | change)


def test_a_comment_says_what_a_type_can_not():
    fields = [
        TEXT
        | {"description": "A name.", "rules": [{"rule": "max_length", "value": 3}, {"rule": "regex", "value": "a*/b"}]},
        {"key": "b", "type": "TIMESTAMP", "format": "rfc3339", "presence": "macro", "macro": "received_at"},
        {"key": "c", "type": "INT", "rules": [{"rule": "min_value", "value": 1}], "presence": "default", "default": 7},
    ]
    code = typescript(*fields)
    assert "  /**\n   * A name.\n   * At most 3 characters, matches `a*\\/b` (RE2).\n   */\n  a: string;\n" in code
    assert "/** RFC 3339, such as `2026-11-02T10:11:12Z`. Default: the server's `received_at`. */" in code
    assert "/** Whole number, at least 1. Default: 7. */" in code
    assert "    #: At most 3 characters, matches `a*/b` (RE2).\n    a: str\n" in python(*fields)


def test_a_long_description_is_cut_after_its_first_lines():
    code = typescript(TEXT | {"description": "\n\n\t\nx\n" + "y\n" * 500})
    assert "  /**\n   * x\n   * y\n" in code
    assert code.count("   * y\n") == 29
    assert "   * y\n   * …\n   */\n" in code


def test_what_becomes_of_further_keys_is_said_and_only_kept_ones_are_allowed():
    assert "// Keys that are not listed are dropped.\n" in typescript(TEXT)
    assert "// Events with keys that are not listed are rejected.\n" in typescript(TEXT, additional_keys="reject")
    kept = typescript(TEXT, additional_keys="keep")
    assert "// Keys that are not listed are kept.\n" in kept
    assert "  [key: string]: unknown;\n}" in kept
    assert "[key: string]" not in typescript(TEXT, additional_keys="reject")


def test_the_first_edition_says_its_bound():
    assert "// A string has at most 32,000 bytes in UTF-8.\n" in typescript(TEXT, edition=1)


def test_two_fields_of_one_place_make_one_key_that_both_accept():
    assert member('  a: "x";', TEXT | {"rules": [{"rule": "one_of", "value": ["x", "y"]}]}, {
        "key": "b", "type": "JSON", "from": "a"}, {"key": "c", "type": "STRING", "from": "/a", "rules": [
            {"rule": "one_of", "value": ["x", "z"]}]})  # fmt: skip
    assert member("  a?: null | undefined;", TEXT | {"presence": "optional"}, {
        "key": "b", "type": "INT", "presence": "optional", "from": "a"})  # fmt: skip


def test_python_declares_a_class_where_keys_are_names_and_calls_where_they_are_not():
    code = python(TEXT, {"key": "b", "type": "OBJECT", "fields": [TEXT | {"from": "class"}, TEXT | {"key": "c"}]})
    assert 'EventB = TypedDict("EventB", {\n    "class": str,\n    "c": str,\n})' in code
    assert "class Event(TypedDict):\n    a: str\n    b: EventB\n" in code
    for key in ("__a", "str", "Optional", "EventB", "é", "日本", "None", "a-b"):
        assert f'Event = TypedDict("Event", {{\n    "{key}": str,\n' in python(
            TEXT | {"from": key}, {"key": "b", "type": "OBJECT", "fields": [TEXT]}
        )


@pytest.mark.parametrize("revision", TYPED_REVISIONS.values(), ids=TYPED_REVISIONS)
def test_the_python_can_be_imported_and_knows_every_key(revision):
    module = run(python(*revision.fields, additional_keys=revision.additional_keys))
    for event in revision.right:
        assert any(event.keys() <= get_type_hints(kind).keys() for kind in kinds_in(module))


def kinds_of(code):
    (said,) = re.findall(r"^export type Event =\s([^;]*);", code, re.MULTILINE)
    return [name for name in re.split(r"[\s|]+", said) if name]


def test_kinds_are_told_apart_by_the_values_of_their_places():
    code = typescript(*TYPED_REVISIONS["tracking"].fields)
    assert kinds_of(code) == ["OrderCompletedEvent", "TrackEvent", "PageEvent", "IdentifyEvent"]
    assert (
        '/** Events in which `/type` is "track" and `/event` is "Order Completed" or another one that is listed. */\n'
        "export interface OrderCompletedEvent extends CommonEvent {\n"
        '  type: "track";\n'
        '  event: "Order Completed" | "Order Changed";\n'
        "  properties: OrderCompletedEventProperties;\n}\n"
    ) in code
    assert (
        'export interface TrackEvent extends CommonEvent {\n  type: "track";\n  event?: null | undefined;\n}\n' in code
    )
    assert "export interface CommonEvent {\n  messageId: string;\n}\n" in code


def test_events_of_kinds_without_a_name_have_a_type_beside_the_others():
    other = 'export interface OtherEvent extends CommonEvent {\n  type: "track";\n  event: string;\n}\n'
    code = typescript(*TYPED_REVISIONS["tracking"].fields)
    assert other in code
    assert "OtherEvent" not in kinds_of(code)


def test_a_place_that_no_field_reads_tells_kinds_apart_too():
    one = TEXT | {"when": {"/o/kind": [1, True]}}
    two = {"key": "b", "type": "INT", "when": {"/o/kind": ["x"]}}
    code = typescript(one, two)
    assert kinds_of(code) == ["AEvent", "BEvent", "PlainEvent"]
    assert "  kind: 1 | true;\n" in code
    assert '  kind: "x";\n' in code
    assert "export interface PlainEventO {\n  kind?: null | undefined;\n}\n" in code


def test_a_key_without_a_field_tells_nothing_apart_where_such_keys_are_rejected():
    fields = [TEXT | {"when": {"/t": ["x"]}}, {"key": "b", "type": "INT", "when": {"/t": ["y"]}}]
    assert kinds_of(typescript(*fields)) == ["AEvent", "BEvent", "PlainEvent"]
    assert kinds_of(typescript(*fields, additional_keys="reject")) == ["PlainEvent"]
    kept = {"key": "t", "type": "JSON", "presence": "optional"}
    assert kinds_of(typescript(kept, *fields, additional_keys="reject")) == ["AEvent", "BEvent", "PlainEvent"]


def test_kinds_that_no_event_can_be_of_have_no_type():
    told = {"key": "t", "type": "STRING", "rules": [{"rule": "one_of", "value": ["x", "y"]}]}
    whens = [{"/t": ["x"]}, {"/t": ["z"]}, {"/t": [1]}]
    fields = [{"key": f"f{index}", "type": "INT", "when": when} for index, when in enumerate(whens)]
    assert kinds_of(typescript(told, *fields)) == ["F0Event", "YEvent"]


def test_one_that_is_true_is_not_the_number_one():
    told = {"key": "t", "type": "JSON", "rules": [{"rule": "kinds", "value": ["boolean", "integer"]}]}
    whens = [{"/t": [1]}, {"/t": [True]}, {"/t": [False]}]
    fields = [{"key": f"f{index}", "type": "INT", "when": when} for index, when in enumerate(whens)]
    assert [line for line in typescript(told, *fields).splitlines() if line.startswith("  t")] == [
        "  t: 1;", "  t: true;", "  t: false;", "  t: number | boolean;"]  # fmt: skip


def test_the_same_fields_make_the_same_file_and_one_more_field_changes_no_name():
    fields = TYPED_REVISIONS["tracking"].fields
    more = {"key": "alias", "type": "INT", "presence": "optional"}
    before, after = (
        set(re.findall(r"^export \w+ (\w+)", typescript(*some), re.MULTILINE)) for some in (fields, [*fields, more])
    )
    assert before == after
    assert typescript(*fields) == typescript(*fields)
    for language in (Language.TYPESCRIPT, Language.PYTHON):
        assert typed_code_of(language, "A", fields).code == typed_code_of(language, "B", fields).code


def test_names_are_ascii_bounded_and_given_once():
    def below(depth, key):
        inner = [TEXT] if depth == 10 else [below(depth + 1, key)]
        return {"key": "k" * 128, "from": key, "type": "OBJECT", "presence": "required", "fields": inner}

    twins = [
        below(2, key) | {"key": f"k{index}"} for index, key in enumerate(["é" * 256, "e" * 256, "日", "本", "1", "_1"])
    ]
    names = re.findall(r"^export interface (\w+)", typescript(*twins), re.MULTILINE)
    assert len(names) == len(set(names)) == 6 * 9 + 1
    assert all(name.isascii() and len(name) <= MAX_NAME_CHARS + 3 for name in names)
    assert {"EventKey", "EventKey2", "Event_1"} <= set(names)


@pytest.mark.parametrize("language", [Language.TYPESCRIPT, Language.PYTHON])
def test_the_largest_revisions_make_a_bounded_file(language):
    many = [
        {"key": f"k{n}", "from": f"/o/k{n}", "type": "INT", "presence": "optional"} for n in range(MAX_FIELDS - 200)
    ]
    told = [
        {
            "key": f"w{n}",
            "from": f"/o/w{n}",
            "type": "INT",
            "presence": "required",
            "when": {"/t": [f"{n}-{m}" for m in range(50)]},
        }
        for n in range(200)
    ]
    code = typed_code_of(language, "Large", [*many, *told]).code
    assert "There are too many kinds of events for a type each" in code
    assert len(code.splitlines()) < MAX_FIELDS * 3
    apart = [field | {"from": field["key"]} for field in many]
    code = typed_code_of(language, "Large", [*apart, *told]).code
    assert "too many kinds" not in code


VALUES = [f"{number:04}{'v' * 500}" for number in range(1_000)]
ONE_OF_VALUES = [{"rule": "one_of", "value": VALUES}]


@pytest.mark.parametrize(
    "fields",
    [
        [
            {"key": "o", "type": "OBJECT", "fields": [TEXT, {**TEXT, "key": "b", "rules": ONE_OF_VALUES}]},
            *({"key": f"w{n}", "type": "INT", "when": {"/o/a": [f"a{n}"]}} for n in range(9)),
        ],
        [
            {**TEXT, "rules": ONE_OF_VALUES},
            {"key": "w", "type": "INT", "when": {"/a": VALUES[:1]}},
            *({"key": f"w{n}", "type": "INT", "when": {"/c": [n]}} for n in range(9)),
        ],
    ],
)
def test_the_values_of_all_kinds_together_have_a_bounded_size(fields):
    code = typescript(*fields)
    assert len(code) < MAX_TYPED_CHARS
    assert "There are too many kinds of events for a type each" in code
    assert len(code.splitlines()) < MAX_TYPED_FIELDS


def test_kinds_past_the_bound_become_keys_that_may_be_anything():
    whens = [{"/t": [n, n + 1, -n], "/u": [n, n + 2, "x"], "/v": [n]} for n in range(200)]
    fields = [{"key": f"k{n}", "type": "INT", "when": when} for n, when in enumerate(whens)]
    code = typescript(TEXT, *fields)
    assert "export interface Event {\n  a: string;\n  k0?: unknown;\n" in code
    assert code.count("?: unknown;") == 200


PIECES = ["*/", "/*", "//", "\n", "\r", "\u2028", '"', "'", "\\", "`", "@ts-expect-error", "@", "${", "#", " ", "x"]
PIECES += ["type: ignore", "mypy: ignore-errors", '"""', "\u202e", "\0", "\ud800", "export", "}", "😀"]
NASTY = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY.filter(lambda text: text and text[0] != "/"), st.lists(NASTY, min_size=1, unique=True), NASTY)
def test_no_text_gets_out_of_its_comment_or_string(said, key, values, default):
    fields = [
        TEXT
        | {
            "description": said,
            "from": key,
            "rules": [{"rule": "one_of", "value": values}, {"rule": "regex", "value": said}],
        },
        {"key": "b", "type": "STRING", "presence": "default", "default": default, "description": said},
        {"key": "c", "type": "OBJECT", "from": f"{key}x", "fields": [TEXT], "when": {"/t": values}},
    ]
    code = typescript(*fields)
    assert holds_declarations_alone(code)
    assert not re.search(r"^\s*\*?\s*@", code, re.MULTILINE)
    made = ast.parse(python(*fields), type_comments=True)
    assert {type(part) for part in made.body} <= {ast.Import, ast.ImportFrom, ast.If, ast.ClassDef, ast.Assign}
    keys = {key for one in kinds_in(run(python(*fields))) for key in one.__annotations__}
    assert keys == {key, "b", f"{key}x", "t"}


@settings(max_examples=40, deadline=None)
@given(field_trees(2).map(with_presences), st.sampled_from(["drop", "keep", "reject"]))
def test_every_revision_has_types(tree, additional_keys):
    code = typescript(*tree, additional_keys=additional_keys)
    assert holds_declarations_alone(code)
    assert run(python(*tree, additional_keys=additional_keys)).Event


def test_the_json_schema_is_that_of_the_export():
    made = typed_code_of(Language.JSON_SCHEMA, "Orders", with_presences([TEXT]))
    assert (made.language, made.file_name) == ("json-schema", "event.schema.json")
    assert '\n  "title": "Orders",\n' in made.code
