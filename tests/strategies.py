"""Hypothesis strategies for revisions and for the events that people send to them."""

import json
import os
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.language.fields import check_fields
from schemas.data_types import (
    ELEMENT_TYPE,
    RULE_TYPES,
    DataType,
    InnerKind,
    Kind,
    Presence,
    Protect,
    RuleName,
    TimestampFormat,
)
from schemas.macros import MACRO_TYPES, Macro
from tests.plain_interpreter import interpret, place_of, written_pointer


def drawn(most: int) -> int:
    """Return how many examples a test draws that is marked `drawn`: all of them in `make slow`, else a third."""
    return most if "ALL_EXAMPLES" in os.environ else most // 3


def _made_once(make: Callable[..., st.SearchStrategy[Any]]) -> Callable[..., st.SearchStrategy[Any]]:
    """Make the strategy of a field or of fields once for all that are alike: that costs more than to draw from it."""
    made = lru_cache(maxsize=2_000)(lambda text: make(json.loads(text)))
    return wraps(make)(lambda fields: made(json.dumps(fields)))


_KEYS = st.sampled_from(["a", "b", "c", "d", "_e", "f1", "key_with_words", "g" * 128, "_id", "z", "type", "__"])

# A pattern, strings that match it as a whole, strings that nearly do.
_PATTERNS: list[tuple[str, list[str], list[str]]] = [
    ("[a-z]+", ["a", "abc"], ["", "A", "a1", "a\n", "é"]),
    ("^foo|bla$", ["foo", "bla"], ["ffoo", "foobla", "blaa"]),
    (r"\w{1,64}", ["a_1", "Z"], ["é", "", "a b", "x" * 65]),
    (r"\s*\d+", ["12", "\t7"], ["\x0b7", "٣", "\u00a01"]),
    (r".*\bcat\b.*", ["cat", "a cat!", "écat"], ["cats", "c\nat"]),
    ("(?i)straße", ["STRASSE".replace("SS", "ẞ"), "straße"], ["strasse"]),
    (r"\p{Greek}+", ["αβγ", "Ω"], ["abc", "Ωx"]),
    ("(?s)a.b", ["a\nb", "a😀b"], ["ab", "a\r\nb"]),
    ("(a+)+", ["a", "a" * 30], ["a" * 30 + "b"]),
    ("", [""], [" "]),
]

_TEXTS = st.sampled_from(
    [
        "",
        "a",
        "abc",
        "foo",
        "bla",
        "page-view",
        "é",
        "日本",
        "😀",
        "a\nb",
        '"',
        "\\",
        "\x00",
        "\x7f",
        "\u2028",
        " ",
        "a@b.example",
        "a@b@",
        "192.0.2.77",
        "2001:db8::1",
        "fe80::1%1",
        "x" * 40,
    ]
    + [string for _, good, bad in _PATTERNS for string in good + bad]
)

_HUGE_TEXTS = st.sampled_from(["x" * 32_000, "x" * 32_001, "é" * 16_000, "é" * 16_001, "😀" * 8_000, "😀" * 8_001])

_FORMATS = {
    "email": (["a@b.example", "a.b+c@d-e.example"], ["a", "a@", "@b", "é@b.example", "a@b@c"]),
    "uri": (["https://a.example/x?y#z", "urn:x:y"], ["/x", "a b", "http://é/"]),
    "uuid": (["0f8fad5b-d9cb-469f-a165-70867728950e"], ["0f8fad5bd9cb469fa16570867728950e"]),
    "ipv4": (["192.0.2.1"], ["192.0.2.256", "192.0.2", "192.0.02.1"]),
    "time": (["10:11:12Z", "23:59:60Z"], ["10:11:60Z", "10:11:12"]),
    "country_code": (["FR"], ["fr", "XX", "FRA"]),
}
"""Of each format, strings that are of it and strings that are not."""

_DATETIMES = ["2021-01-02 15:16:17", "2024-02-29T23:59:59.123456", "0001-01-01 00:00:00", "9999-12-31 23:59:59.9"]
_ODD_DATETIMES = [
    "0000-01-01 00:00:00",
    "2023-02-29 00:00:00",
    "1900-02-29 00:00:00",
    "2024-13-01 00:00:00",
    "2024-04-31T00:00:00",
    "2021-01-02 24:00:00",
    "2021-01-02 15:60:00",
    "2021-01-02 15:16:60",
    "2021-01-02",
    "2021-01-02 15:16",
    "2021-01-02T15:16:17Z",
    "2021-01-02 15:16:17+01:00",
    "2024-02-29 12:34+01",
    "2021-01-02t15:16:17",
    "2021-01-02\t15:16:17",
    "2021-01-02 15:16:17.",
    "2021-01-02 15:16:17,5",
    "2021-01-02 15:16:17.1234567",
    "2021-01-02 15:16:17\n",
    " 2021-01-02 15:16:17",
    "\uff12021-01-02 15:16:17",
    "20210102T151617",
    "2021-W01-2 15:16:17",
]

_DATES = ["2021-01-02", "2024-02-29", "0001-01-01", "9999-12-31", "2000-02-29"]
_ODD_DATES = [
    "0000-01-01",
    "2023-02-29",
    "1900-02-29",
    "2021-1-2",
    "2021-01-02T00:00:00",
    "2021-13-01",
    "2021-04-31",
    "20210102",
    "2021-W01-2",
    "2021-01-02\n",
    " 2021-01-02",
    "\uff12021-01-02",
]

_MOMENTS = [
    "2021-01-02T15:16:17Z",
    "2021-01-02T15:16:17.5Z",
    "2021-01-02T15:16:17.123456Z",
    "2021-01-02t15:16:17z",
    "2021-01-02 15:16:17Z",
    "2021-01-02T15:16:17.123456789Z",
    "2021-01-02T15:16:17.250+01:00",
    "2021-12-31T23:59:59-23:59",
    "2024-02-29T23:30:00-00:30",
    "2021-01-02T15:16:17-00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "0000-12-31T23:30:00-01:00",
]
_ODD_MOMENTS = [
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "0000-01-01T00:00:00Z",
    "0000-12-31T22:59:59-01:00",
    "2021-01-02T15:16:60Z",
    "2021-01-02T24:00:00Z",
    "2021-01-02T15:60:17Z",
    "2021-02-29T15:16:17Z",
    "2021-01-02T15:16:17",
    "2021-01-02T15:16Z",
    "2021-01-02T15:16:17.Z",
    "2021-01-02T15:16:17.1234567890Z",
    "2021-01-02T15:16:17+24:00",
    "2021-01-02T15:16:17+01:60",
    "2021-01-02T15:16:17+0100",
    "2021-01-02T15:16:17+01",
    "2021-01-02T15:16:17 Z",
    "2021-01-02T15:16:17Z\n",
    "2021-01-02",
    "1625579080",
    "\uff12021-01-02T15:16:17Z",
]
_UNITS = ["0", "-1", "1625579080123", "1625579080123456", "1625579080.0", "16e8", "-62135596800000", "253402300799999"]

_WHOLE_NUMBERS = [
    "0",
    "-0",
    "1",
    "7",
    "12",
    "-5",
    "100",
    "1625579080",
    "1.0",
    "-3.00",
    "1e3",
    "2E+2",
    "100e-2",
    "0.5e1",
]
_FRACTIONS = ["0.5", "12.5", "-1.25", "1e-7", "3.141592653589793", "0.1", "1.7976931348623157e308", "5e-324"]
_ODD_NUMBERS = [
    "-0.0",
    "0e400",
    "1e-400",
    "1e400",
    "-1e400",
    "1.5e400",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    "9007199254740993",
    "9007199254740993.0",
    "1.00000000000000000001",
    "0.99999999999999999999",
    "9223372036854775807",
    "9223372036854775807.0",
    "9223372036854775807.5",
    "9223372036854775808",
    "9.223372036854775807e18",
    "-9223372036854775808",
    "-9223372036854775808.0",
    "-9223372036854775809",
    "253402300799",
    "253402300799.0",
    "253402300800",
    "-62135596800",
    "-62135596801",
    "1625579080000",
    "-62135596800001",
    "253402300800000",
    "-62135596800000000",
    "-62135596800000001",
    "253402300799999999",
    "253402300800000000",
    "16777217.5",
    "1" + "0" * 400,
    "9" * 5_000,
    "1." + "0" * 400,
    "0." + "0" * 400 + "1",
]


_PLACES = st.sampled_from(
    [
        "/a",
        "A",
        "Coupon Code",
        "$set",
        "日本",
        "o~k",
        "_event_id",
        "b",
        "/o/x",
        "/o/y",
        "/o",
        "/o/p/q",
        "/a/b",
        "/a~1b",
        "//",
    ]
)
"""Where a field may read, often where another one reads or leads to."""

_WHEN_POINTERS = st.sampled_from(["/type", "/a", "/o/x", "/o", "/kind"])
_WHEN_VALUES = st.sampled_from(["track", "page", "a", "", 1, 0, True, False, 12, 2**53 + 1])

_FIRST_EDITION_TYPES = frozenset(
    {
        DataType.STRING,
        DataType.INT,
        DataType.FLOAT,
        DataType.BOOLEAN,
        DataType.DATETIME,
        DataType.TIMESTAMP,
        DataType.OBJECT,
        DataType.ARRAY_OBJECT,
        DataType.ARRAY_STRING,
        DataType.ARRAY_INT,
        DataType.ARRAY_FLOAT,
    }
)


@st.composite
def field_trees(draw: st.DrawFn, edition: int = 1) -> list[dict[str, Any]]:
    """Draw a tree that can be saved: all of an edition's types, presences and rules, up to depth 3."""
    tree = draw(_siblings(1, edition))
    if edition > 1 and draw(st.booleans()):
        pointers = draw(st.lists(_WHEN_POINTERS, min_size=1, max_size=3, unique=True))
        for field in tree:
            if draw(st.booleans()):
                whens = st.lists(_WHEN_VALUES, min_size=1, max_size=3, unique_by=lambda value: (type(value), value))
                chosen = draw(st.lists(st.sampled_from(pointers), min_size=1, unique=True))
                field["when"] = {pointer: draw(whens) for pointer in chosen}
    if edition > 1:
        assume(_can_be_saved(tree))  # of some hundred, a few have rules that contradict each other
    return tree


def _can_be_saved(tree: list[dict[str, Any]]) -> bool:
    try:
        check_fields(with_presences(tree))
    except Rejected:
        return False
    return True


def with_presences(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a drawn tree with every presence, as revisions hold it."""
    fields = [{"presence": Presence.REQUIRED.value, **field} for field in tree]
    return [{**field, "fields": with_presences(field["fields"])} if "fields" in field else field for field in fields]


@st.composite
def protecting(draw: st.DrawFn, tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw a tree like the given one, some of whose texts are protected."""
    drawn = []
    for field in tree:
        more: dict[str, Any] = {}
        if field["type"] in {DataType.STRING, DataType.ARRAY_STRING} and draw(st.integers(0, 3)) == 3:
            more["protect"] = draw(st.sampled_from(Protect)).value
        if field.get("fields"):
            more["fields"] = draw(protecting(field["fields"]))
        drawn.append(field | more)
    return drawn


@st.composite
def _siblings(draw: st.DrawFn, depth: int, edition: int) -> list[dict[str, Any]]:
    keys = draw(st.lists(_KEYS, min_size=1, max_size=6 if depth == 1 else 3, unique=True))
    return [draw(_fields(key, depth, edition)) for key in keys]


@st.composite
def _fields(draw: st.DrawFn, key: str, depth: int, edition: int) -> dict[str, Any]:
    types = [
        t
        for t in DataType
        if (edition > 1 or t in _FIRST_EDITION_TYPES)
        and (depth < 3 or t not in {DataType.OBJECT, DataType.ARRAY_OBJECT})
    ]
    data_type = draw(st.sampled_from(types))
    field: dict[str, Any] = {"key": key, "type": data_type.value}
    if edition > 1 and ELEMENT_TYPE.get(data_type, data_type) is DataType.TIMESTAMP and draw(st.integers(0, 3)):
        field["format"] = draw(st.sampled_from(TimestampFormat)).value
    if edition > 1 and draw(st.integers(0, 2)) == 2:
        field["from"] = draw(_PLACES)
    rules = draw(_rules(data_type, edition))
    if rules:
        field["rules"] = rules
    if data_type in {DataType.OBJECT, DataType.ARRAY_OBJECT}:
        field["fields"] = draw(_siblings(depth + 1, edition))
    presence = draw(st.sampled_from(Presence))
    if presence is Presence.DEFAULT and data_type is not DataType.OBJECT:
        default = draw(_defaults(field))
        if default is None:
            presence = Presence.OPTIONAL
        else:
            field["default"] = default
    elif presence is Presence.MACRO:
        macros = [macro.value for macro in Macro if data_type in MACRO_TYPES[macro]]
        if macros:
            field["macro"] = draw(st.sampled_from(macros))
        else:
            presence = Presence.REQUIRED
    if presence is not Presence.REQUIRED or draw(st.booleans()):
        field["presence"] = presence.value
    return field


@st.composite
def _rules(draw: st.DrawFn, data_type: DataType, edition: int) -> list[dict[str, Any]]:
    scalar = ELEMENT_TYPE.get(data_type, data_type)
    rules: list[tuple[str, Any]] = []
    if data_type in ELEMENT_TYPE and draw(st.booleans()):
        rules += draw(_bounds("items", st.integers(0, 4)))
    if scalar is DataType.STRING:
        rules += draw(
            st.one_of(
                st.just([]),
                _bounds("length", st.sampled_from([0, 1, 2, 3, 10, 32_000])),
                st.lists(st.sampled_from(_PATTERNS).map(lambda p: ("regex", p[0])), min_size=1, max_size=2),
                st.lists(_TEXTS, min_size=1, max_size=4, unique=True).map(lambda choices: [("one_of", choices)]),
            )
        )
    elif scalar is DataType.INT:
        bounds = st.one_of(st.integers(-10, 100), st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1]), st.just(10**25))
        rules += draw(
            st.one_of(
                st.just([]),
                _bounds("value", bounds),
                st.sampled_from(
                    [[("min_value", 0.5)], [("max_value", 99.5)], [("min_value", -1.5), ("max_value", 7.5)]]
                ),
                st.lists(st.sampled_from([0, 1, 7, 12, 1000, 2**63 - 1]), min_size=1, unique=True).map(
                    lambda choices: [("one_of", choices)]
                ),
            )
        )
        rules = [(name, value) for name, value in rules if (name, value) != ("min_value", 10**25)]
    elif scalar is DataType.FLOAT:
        rules += draw(
            st.one_of(st.just([]), _bounds("value", st.sampled_from([-1.25, 0, 0.1, 0.5, 1, 7.25, 100, 1e300])))
        )
    if edition > 1:
        rules += draw(_second_edition_rules(data_type, rules))
    return [{"rule": name, "value": value} for name, value in draw(st.permutations(rules))]


@st.composite
def _second_edition_rules(draw: st.DrawFn, data_type: DataType, others: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    scalar = ELEMENT_TYPE.get(data_type, data_type)
    choices: dict[DataType, list[Any]] = {
        DataType.FLOAT: [0, 0.1, 0.5, 1, 12.5, 9007199254740993, 100.0],
        DataType.BOOLEAN: [True, False],
        DataType.DATE: _DATES,
    }
    rules: list[tuple[str, Any]] = []
    if data_type in RULE_TYPES[RuleName.UNIQUE_ITEMS] and draw(st.booleans()):
        rules.append(("unique_items", True))
    if scalar in choices and not others and draw(st.integers(0, 3)) == 3:
        rules.append(("one_of", draw(st.lists(st.sampled_from(choices[scalar]), min_size=1, max_size=3, unique=True))))
    if scalar is DataType.STRING and draw(st.integers(0, 3)) == 3:
        rules.append(("max_bytes", draw(st.sampled_from([0, 1, 2, 3, 4, 8, 32_000]))))
    if scalar is DataType.JSON:
        if draw(st.booleans()):
            rules.append(("kinds", draw(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=3, unique=True))))
        rules += draw(st.sampled_from([[], [], [("min_properties", 1)], [("max_properties", 1)]]))
        inner = st.lists(st.sampled_from(list(InnerKind)), min_size=1, max_size=4, unique=True)
        for name in draw(
            st.sampled_from([[], [], ["value_kinds"], ["element_kinds"], ["value_kinds", "element_kinds"]])
        ):
            rules.append((name, draw(inner)))
        if draw(st.integers(0, 3)) == 3:
            rules.append(("format", draw(st.sampled_from(sorted(_FORMATS)))))
    if scalar is DataType.STRING and not others and draw(st.integers(0, 3)) == 3:
        rules.append(("format", draw(st.sampled_from(sorted(_FORMATS)))))
    if scalar is DataType.INT and draw(st.integers(0, 3)) == 3:
        rules.append(("multiple_of", draw(st.sampled_from([1, 2, 5, 2**62]))))
    return rules


@st.composite
def _bounds(draw: st.DrawFn, subject: str, limits: st.SearchStrategy[Any]) -> list[tuple[str, Any]]:
    low, high = sorted([draw(limits), draw(limits)])
    both = [(f"min_{subject}", low), (f"max_{subject}", high)]
    return draw(st.sampled_from([both, both[:1], both[1:]]))


@st.composite
def _defaults(draw: st.DrawFn, field: dict[str, Any]) -> Any:
    """Draw a default that the field's own rules accept, or None where none was found soon."""
    if field["type"] == DataType.ARRAY_OBJECT:
        return None
    for _ in range(4):
        written = draw(_fitting(field))
        event = f'{{"{field["key"]}":{written}}}'.encode()
        alone = {name: value for name, value in field.items() if name != "from"}
        stored = interpret([{**alone, "presence": "required"}], "drop", event, edition=2).stored
        if stored:
            value = json.loads(written) if field.get("format") else stored[field["key"]]
            return None if isinstance(value, dict) or "{" in written or "null" in written else value
    return None


def events_for(fields: list[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Draw the JSON text of events: mostly fitting documents, with all that goes wrong in the field."""
    return _texts(fields).map(str.encode)


@_made_once
@st.composite
def _texts(draw: st.DrawFn, fields: list[dict[str, Any]]) -> str:
    objects = _objects(fields)
    return draw(_framed(objects) if draw(st.integers(0, 15)) == 15 else objects)


def _framed(objects: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Spoil or dress up a document as a whole."""
    return st.one_of(
        objects.map(lambda text: "\ufeff" + text),
        objects.map(lambda text: f" \r\n\t{text}\n"),
        objects.map(lambda text: text + "x"),
        objects.map(lambda text: text + text),
        objects.map(lambda text: text[:-1]),
        objects.map(lambda text: text.replace(":", ":NaN,", 1)),
        objects.map(lambda text: f"[{text}]"),
        st.sampled_from(
            ["", " ", "null", "1", '"a"', "[]", "{}", "\x0c{}", "{'a':1}", '{"a":1,}', '{"a":.5}', '{"a":-}']
        ),
        st.sampled_from([63, 64, 65, 200]).map(lambda levels: '{"z":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"),
    )


@_made_once
@st.composite
def _objects(draw: st.DrawFn, fields: list[dict[str, Any]]) -> str:
    members: list[tuple[str, str]] = []
    into: dict[str, list[dict[str, Any]]] = {}
    for field in fields:
        first, *steps = place_of(field)
        if steps:
            into.setdefault(first, []).append({**field, "from": written_pointer(steps)})
        elif draw(st.integers(0, 3)) or all(first != name for name, _ in members):
            members += [(first, value) for value in draw(_values(field))]
    for first, inner in into.items():
        match draw(st.integers(0, 19)):
            case 19:
                members.append((first, draw(_junk())))
            case 18:
                members.append((first, draw(st.sampled_from(["{}", "null", "[]"]))))
            case number if number > 1 and all(first != name for name, _ in members):
                members.append((first, draw(_objects(inner))))
    if draw(st.integers(0, 7)) == 7:
        unknown = draw(st.sampled_from(["unknown", "A", "o.k", "a/b~c", "", "é", "_event_id", "a b", "\x00"]))
        members.append((unknown, draw(st.one_of(_junk(), st.just("null")))))
    if any(field.get("when") for field in fields):
        for pointer in {pointer: None for field in fields for pointer in field.get("when", {})}:
            name, *steps = place_of({"key": "", "from": pointer})
            value = draw(st.one_of(_WHEN_VALUES.map(json.dumps), st.sampled_from(["1.0", "1e0", "null", "1.5", "{}"])))
            if steps:
                value = f"{{{json.dumps(steps[0])}:{value}}}"
            if draw(st.integers(0, 2)) or all(name != other for other, _ in members):
                members.append((name, value))
    written = [f"{draw(_key_texts(name))}:{value}" for name, value in members]
    return "{" + ",".join(draw(st.permutations(written))) + "}"


@_made_once
@st.composite
def _values(draw: st.DrawFn, field: dict[str, Any]) -> list[str]:
    """Draw what a sender writes for a field: mostly one fitting value."""
    match draw(st.integers(0, 39)):
        case 39 | 38:
            return []
        case 37:
            return ["null"]
        case 36:
            return [draw(_junk())]
        case 35 | 34:
            return [draw(_odd(field))]
        case 33:
            return [draw(_junk()), draw(_fitting(field))]
        case _:
            return [draw(_fitting(field))]


@cache
def _key_texts(key: str) -> st.SearchStrategy[str]:
    """Spell a key plainly, rarely with an escape."""
    plain = json.dumps(key, ensure_ascii=False)
    escaped = json.dumps(key)[:-1] + '"' if not key.isascii() or not key else f'"\\u{ord(key[0]):04X}{plain[2:]}'
    return st.sampled_from([plain] * 19 + [escaped if key.isprintable() else plain])


@_made_once
def _fitting(field: dict[str, Any]) -> st.SearchStrategy[str]:
    """Draw the text of a value that is of the type and mostly satisfies the rules."""
    data_type = DataType(field["type"])
    element_type = ELEMENT_TYPE.get(data_type)
    if data_type is DataType.OBJECT:
        return _objects(field["fields"])
    if element_type is DataType.OBJECT:
        return st.lists(_objects(field["fields"]), max_size=3).map(_array)
    if element_type is None:
        return _fitting_scalars(data_type, field)
    is_unique = any(rule["rule"] == "unique_items" for rule in field.get("rules", []))
    repeats = st.integers(0, 4).map(lambda number: not is_unique or number == 4)
    return repeats.flatmap(
        lambda may_repeat: st.lists(_fitting_scalars(element_type, field), max_size=4, unique=not may_repeat).map(
            _array
        )
    )


def _array(elements: list[str]) -> str:
    return "[" + ",".join(elements) + "]"


def _fitting_scalars(data_type: DataType, field: dict[str, Any]) -> st.SearchStrategy[str]:
    rules = field.get("rules", [])
    choices = [choice for rule in rules if rule["rule"] == "one_of" for choice in rule["value"]]
    matching = [
        string
        for p in _PATTERNS
        for rule in rules
        if rule["rule"] == "regex" and rule["value"] == p[0]
        for string in p[1]
    ]
    if data_type is not DataType.JSON:
        matching += [string for rule in rules if rule["rule"] == "format" for string in _FORMATS[rule["value"]][0]]
    if choices or matching:
        return st.sampled_from(choices + matching).flatmap(_written)
    match data_type:
        case DataType.STRING:
            return st.one_of(_TEXTS, _TEXTS, st.text(max_size=12)).flatmap(_written)
        case DataType.INT:
            return st.one_of(st.sampled_from(_WHOLE_NUMBERS), st.integers(-10, 110).map(str))
        case DataType.TIMESTAMP if field.get("format") == TimestampFormat.RFC3339:
            return st.sampled_from(_MOMENTS).flatmap(_written)
        case DataType.TIMESTAMP if field.get("format") in {"unix_milliseconds", "unix_microseconds"}:
            return st.sampled_from(_UNITS + _WHOLE_NUMBERS)
        case DataType.TIMESTAMP:
            return st.sampled_from(_WHOLE_NUMBERS)
        case DataType.DATE:
            return st.sampled_from(_DATES).flatmap(_written)
        case DataType.JSON:
            return _json_texts(rules)
        case DataType.FLOAT:
            return st.one_of(st.sampled_from(_WHOLE_NUMBERS + _FRACTIONS), st.floats(-2, 110).map(repr))
        case DataType.BOOLEAN:
            return st.sampled_from(["true", "false"])
    return st.sampled_from(_DATETIMES).flatmap(_written)


@_made_once
def _odd(field: dict[str, Any]) -> st.SearchStrategy[str]:
    """Draw the text of a value of about the right kind that is at an edge, or past it."""
    data_type = DataType(field["type"])
    element_type = ELEMENT_TYPE.get(data_type)
    if element_type is not None:
        odd = st.one_of(_odd({**field, "type": element_type.value}), _junk(), st.just("null"))
        return st.tuples(_fitting(field), odd).map(lambda pair: _with_element(*pair))
    match data_type:
        case DataType.STRING if any(rule["rule"] == "format" for rule in field.get("rules", [])):
            bad = [text for rule in field["rules"] if rule["rule"] == "format" for text in _FORMATS[rule["value"]][1]]
            return st.one_of(st.sampled_from(bad), _TEXTS).flatmap(_written)
        case DataType.STRING:
            return st.one_of(_TEXTS.flatmap(_written), _HUGE_TEXTS.flatmap(_written))
        case DataType.TIMESTAMP if field.get("format") == TimestampFormat.RFC3339:
            return st.sampled_from(_ODD_MOMENTS).flatmap(_written)
        case DataType.DATE:
            return st.sampled_from(_ODD_DATES).flatmap(_written)
        case DataType.JSON:
            return st.one_of(st.sampled_from(_ODD_JSON), st.sampled_from(_ODD_NUMBERS), _junk())
        case DataType.INT | DataType.FLOAT | DataType.TIMESTAMP:
            return st.sampled_from(_ODD_NUMBERS + _FRACTIONS)
        case DataType.DATETIME:
            return st.one_of(st.sampled_from(_ODD_DATETIMES).flatmap(_written), _HUGE_TEXTS.flatmap(_written))
    return _junk()


@_made_once
def _json_texts(rules: list[dict[str, Any]]) -> st.SearchStrategy[str]:
    formatted = [text for rule in rules if rule["rule"] == "format" for text in _FORMATS[rule["value"]][0]]
    by_kind = {
        Kind.OBJECT: st.sampled_from(
            [
                '{"a":1}',
                '{"a":"x"}',
                '{"a":["x"],"b":null}',
                '{"a":[1,2.0],"b":[null]}',
                '{"b":null,"a":[1.0,"x"],"b":2}',
                "{}",
                '{"k":{"é":"\\u0000"}}',
            ]
        ),
        Kind.ARRAY: st.sampled_from(["[]", '["x"]', "[1.0]", "[null]", '[1,"1",true,[{}]]']),
        Kind.STRING: (st.sampled_from(formatted) if formatted else _TEXTS).flatmap(_written),
        Kind.INTEGER: st.sampled_from([*_WHOLE_NUMBERS, "18446744073709551615", "-9223372036854775808"]),
        Kind.NUMBER: st.sampled_from(_FRACTIONS + _WHOLE_NUMBERS),
        Kind.BOOLEAN: st.sampled_from(["true", "false"]),
    }
    kinds = [kind for rule in rules if rule["rule"] == "kinds" for kind in rule["value"]]
    return st.sampled_from(kinds or list(by_kind)).flatmap(by_kind.__getitem__)


_ODD_JSON = [
    "18446744073709551616",
    "-9223372036854775809",
    "[1e400]",
    '{"a":{"b~/c":-1e999}}',
    '{"a":"\\ud800"}',
    '{"\\udfff":1}',
    '["\\ud800",1e400]',
    '{"a":NaN}',
    "[-Infinity]",
    '"NaN 1e400 12345678901234567890123"',
    "0.1e-400",
    "123456789012345678901234567890",
]


def _with_element(array: str, element: str) -> str:
    return array[:-1] + ("," if array != "[]" else "") + element + "]"


@lru_cache(maxsize=2_000, typed=True)
def _written(value: Any) -> st.SearchStrategy[str]:
    """Spell a scalar as JSON, with or without escapes."""
    return st.sampled_from([json.dumps(value, ensure_ascii=False), json.dumps(value)])


@cache
def _junk() -> st.SearchStrategy[str]:
    """Draw the text of any JSON value, and rarely of a string that is no Unicode text."""
    scalars = st.one_of(
        st.sampled_from(["true", "false", "0", "1", "12.5", '"12"', '"true"', "[]", "{}", '""', '"x"', "[null]"]),
        st.sampled_from(_ODD_NUMBERS),
        st.sampled_from(['"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00x"', '["\\udfff"]', '{"\\ud800":1}', '"\\/"']),
        _TEXTS.flatmap(_written),
    )
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(_array),
            st.lists(inner, max_size=2).map(
                lambda values: "{" + ",".join(f'"k{i % 2}":{value}' for i, value in enumerate(values)) + "}"
            ),
        ),
        max_leaves=4,
    )
