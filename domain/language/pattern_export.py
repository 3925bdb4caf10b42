r"""Says patterns in the dialect of JSON Schema, ECMA-262 in Unicode mode, anchored at both ends.

Every class is spelled out, since `\s`, `.` and flags mean something else there. Boundaries of lines become look-around,
which ECMA-262 has.
"""

from collections.abc import Mapping

from domain.language.pattern_tree import (
    EVERYTHING,
    Assertion,
    AssertionKind,
    Characters,
    Choice,
    Node,
    Property,
    Ranges,
    Repeat,
    UnreadableError,
    complement,
    contains,
    joined,
    read_pattern,
)
from domain.validation.regex_classes import MAX_CODE_POINT

_SURROGATES = (0xD800, 0xDFFF)  # no text holds them, so a class may have them or not
_SYNTAX = frozenset(r"^$\.*+?()[]{}|")
_CLASS_SYNTAX = frozenset(r"^\[]-")
_CONTROLS = {9: r"\t", 10: r"\n", 13: r"\r"}
_ASSERTIONS: Mapping[AssertionKind, str] = {
    "word_boundary": r"\b",
    "no_word_boundary": r"\B",
    "start": "^",
    "end": "$",
    "line_start": r"(?<![^\n])",
    "line_end": r"(?![^\n])",
}


def ecma_pattern(pattern: str) -> str:
    """Return what an accepted pattern in RE2 syntax means, for a search by an ECMA-262 engine.

    Raises:
        UnreadableError: ECMA-262 can't say it; the text is a plain sentence.
    """
    tree = read_pattern(pattern)
    return f"^(?:{_options(tree)})$"


def _options(choice: Choice) -> str:
    if len(choice.options) == 1 and len(choice.options[0]) == 1 and isinstance(choice.options[0][0], Choice):
        return _options(choice.options[0][0])
    return "|".join("".join(map(_written, option)) for option in choice.options)


def _written(node: Node) -> str:
    match node:
        case Characters():
            return _characters(node)
        case Assertion():
            return _ASSERTIONS[node.kind]
        case Repeat():
            return _atom(node.part) + _times(node.least, node.most)
        case Choice():
            if len(node.options) == 1 and len(node.options[0]) == 1:
                return _written(node.options[0][0])
            return f"(?:{_options(node)})"


def _atom(node: Node) -> str:
    """Write what is repeated so that it can be."""
    while isinstance(node, Choice) and len(node.options) == 1 and len(node.options[0]) == 1:
        node = node.options[0][0]
    written = _written(node)
    return f"(?:{written})" if isinstance(node, Assertion | Repeat) else written


def _times(least: int, most: int | None) -> str:
    match least, most:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case _, None:
            return f"{{{least},}}"
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


def _characters(characters: Characters) -> str:
    if characters.properties:
        return _with_properties(characters)
    ranges = joined([*characters.ranges, _SURROGATES])
    if ranges == EVERYTHING:
        return r"[\s\S]"
    if contains(ranges, MAX_CODE_POINT):
        return f"[^{_ranges(complement(ranges))}]"
    ranges = _without_surrogates(characters.ranges)
    if not ranges:
        return r"[^\s\S]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0], _SYNTAX)
    return f"[{_ranges(ranges)}]"


def _with_properties(characters: Characters) -> str:
    if not characters.ranges and len(characters.properties) == 1:
        return _property(characters.properties[0], turned_round=characters.negated)
    parts = "".join(map(_property, characters.properties))
    return f"[{'^' if characters.negated else ''}{_ranges(_without_surrogates(characters.ranges))}{parts}]"


def _property(one: Property, *, turned_round: bool = False) -> str:
    if one.folds:
        raise UnreadableError("It has a Unicode class whatever its case.")
    name = one.name if one.kind == "gc" else f"Script={one.name}"
    return f"\\{'P' if one.negated != turned_round else 'p'}{{{name}}}"


def _without_surrogates(ranges: Ranges) -> Ranges:
    found = []
    for low, high in ranges:
        found += [(low, min(high, _SURROGATES[0] - 1)), (max(low, _SURROGATES[1] + 1), high)]
    return joined([(low, high) for low, high in found if low <= high])


def _ranges(ranges: Ranges) -> str:
    written = []
    for low, high in ranges:
        ends = [_character(point, _CLASS_SYNTAX) for point in ((low,) if low == high else (low, high))]
        written.append(("" if high == low + 1 else "-").join(ends))
    return "".join(written)


def _character(point: int, syntax: frozenset[str]) -> str:
    if point in _CONTROLS:
        return _CONTROLS[point]
    if point < 0x20 or point == 0x7F:
        return f"\\x{point:02X}"
    character = chr(point)
    return f"\\{character}" if character in syntax else character
