"""Hypothesis strategies for revisions and for the events that people send to them."""

import json
from typing import Any

from hypothesis import strategies as st

from schemas.data_types import ELEMENT_TYPE, DataType, Presence
from schemas.macros import MACRO_TYPES, Macro
from tests.plain_interpreter import interpret

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
        "x" * 40,
    ]
    + [string for _, good, bad in _PATTERNS for string in good + bad]
)

_HUGE_TEXTS = st.sampled_from(["x" * 32_000, "x" * 32_001, "é" * 16_000, "é" * 16_001, "😀" * 8_000, "😀" * 8_001])

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
    "16777217.5",
    "1" + "0" * 400,
    "9" * 5_000,
    "1." + "0" * 400,
    "0." + "0" * 400 + "1",
]


@st.composite
def field_trees(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a tree that can be saved: all types, presences and rules, up to depth 3."""
    return draw(_siblings(depth=1))


@st.composite
def _siblings(draw: st.DrawFn, depth: int) -> list[dict[str, Any]]:
    keys = draw(st.lists(_KEYS, min_size=1, max_size=6 if depth == 1 else 3, unique=True))
    return [draw(_fields(key, depth)) for key in keys]


@st.composite
def _fields(draw: st.DrawFn, key: str, depth: int) -> dict[str, Any]:
    types = [t for t in DataType if depth < 3 or t not in {DataType.OBJECT, DataType.ARRAY_OBJECT}]
    data_type = draw(st.sampled_from(types))
    field: dict[str, Any] = {"key": key, "type": data_type.value}
    rules = draw(_rules(data_type))
    if rules:
        field["rules"] = rules
    if data_type in {DataType.OBJECT, DataType.ARRAY_OBJECT}:
        field["fields"] = draw(_siblings(depth=depth + 1))
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
def _rules(draw: st.DrawFn, data_type: DataType) -> list[dict[str, Any]]:
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
    return [{"rule": name, "value": value} for name, value in draw(st.permutations(rules))]


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
        stored = interpret([{**field, "presence": "required"}], "drop", event).stored
        if stored:
            return stored[field["key"]]
    return None


def events_for(fields: list[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Draw the JSON text of events: mostly fitting documents, with all that goes wrong in the field."""
    return _texts(fields).map(str.encode)


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


@st.composite
def _objects(draw: st.DrawFn, fields: list[dict[str, Any]]) -> str:
    members: list[str] = []
    for field in fields:
        name = draw(_key_texts(field["key"]))
        match draw(st.integers(0, 39)):
            case 39 | 38:
                continue
            case 37:
                members.append(f"{name}:null")
            case 36:
                members.append(f"{name}:{draw(_junk())}")
            case 35 | 34:
                members.append(f"{name}:{draw(_odd(field))}")
            case 33:
                members.append(f"{name}:{draw(_junk())},{name}:{draw(_fitting(field))}")
            case _:
                members.append(f"{name}:{draw(_fitting(field))}")
    if draw(st.integers(0, 7)) == 7:
        unknown = draw(st.sampled_from(["unknown", "A", "o.k", "a/b~c", "", "é", "_event_id", "a b", "\x00"]))
        members.append(f"{json.dumps(unknown)}:{draw(st.one_of(_junk(), st.just('null')))}")
    return "{" + ",".join(draw(st.permutations(members))) + "}"


def _key_texts(key: str) -> st.SearchStrategy[str]:
    """Spell a key plainly, rarely with an escape."""
    plain = f'"{key}"'
    return st.sampled_from([plain] * 19 + [f'"\\u{ord(key[0]):04X}{key[1:]}"'])


def _fitting(field: dict[str, Any]) -> st.SearchStrategy[str]:
    """Draw the text of a value that is of the type and mostly satisfies the rules."""
    data_type = DataType(field["type"])
    element_type = ELEMENT_TYPE.get(data_type)
    if data_type is DataType.OBJECT:
        return _objects(field["fields"])
    if element_type is DataType.OBJECT:
        return st.lists(_objects(field["fields"]), max_size=3).map(_array)
    if element_type is None:
        return _fitting_scalars(data_type, field.get("rules", []))
    return st.lists(_fitting_scalars(element_type, field.get("rules", [])), max_size=4).map(_array)


def _array(elements: list[str]) -> str:
    return "[" + ",".join(elements) + "]"


def _fitting_scalars(data_type: DataType, rules: list[dict[str, Any]]) -> st.SearchStrategy[str]:
    choices = [choice for rule in rules if rule["rule"] == "one_of" for choice in rule["value"]]
    matching = [string for p in _PATTERNS for rule in rules if rule["value"] == p[0] for string in p[1]]
    if choices or matching:
        return st.sampled_from(choices + matching).flatmap(_written)
    match data_type:
        case DataType.STRING:
            return st.one_of(_TEXTS, _TEXTS, st.text(max_size=12)).flatmap(_written)
        case DataType.INT:
            return st.one_of(st.sampled_from(_WHOLE_NUMBERS), st.integers(-10, 110).map(str))
        case DataType.TIMESTAMP:
            return st.sampled_from(_WHOLE_NUMBERS)
        case DataType.FLOAT:
            return st.one_of(st.sampled_from(_WHOLE_NUMBERS + _FRACTIONS), st.floats(-2, 110).map(repr))
        case DataType.BOOLEAN:
            return st.sampled_from(["true", "false"])
    return st.sampled_from(_DATETIMES).flatmap(_written)


def _odd(field: dict[str, Any]) -> st.SearchStrategy[str]:
    """Draw the text of a value of about the right kind that is at an edge, or past it."""
    data_type = DataType(field["type"])
    element_type = ELEMENT_TYPE.get(data_type)
    if element_type is not None:
        odd = st.one_of(_odd({**field, "type": element_type.value}), _junk(), st.just("null"))
        return st.tuples(_fitting(field), odd).map(lambda pair: _with_element(*pair))
    match data_type:
        case DataType.STRING:
            return st.one_of(_TEXTS.flatmap(_written), _HUGE_TEXTS.flatmap(_written))
        case DataType.INT | DataType.FLOAT | DataType.TIMESTAMP:
            return st.sampled_from(_ODD_NUMBERS + _FRACTIONS)
        case DataType.DATETIME:
            return st.one_of(st.sampled_from(_ODD_DATETIMES).flatmap(_written), _HUGE_TEXTS.flatmap(_written))
    return _junk()


def _with_element(array: str, element: str) -> str:
    return array[:-1] + ("," if array != "[]" else "") + element + "]"


def _written(value: Any) -> st.SearchStrategy[str]:
    """Spell a scalar as JSON, with or without escapes."""
    return st.sampled_from([json.dumps(value, ensure_ascii=False), json.dumps(value)])


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
