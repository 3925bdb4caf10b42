r"""Says patterns of JSON Schema, ECMA-262 that searches, in the language of fields: RE2 that matches as a whole.

What the two understand differently is written out: `\s` and `.` in ECMA-262 know Unicode's spaces and line ends, `[`
in a class is a bracket and no POSIX class.
"""

import re

from domain.validation.regex import rust_pattern
from domain.validation.regex_classes import MAX_CODE_POINT
from schemas.limits import MAX_REGEX_CHARS

MAX_SOURCE_CHARS = 10 * MAX_REGEX_CHARS
"""Of a pattern that is looked at at all: none of ten times the limit becomes one that keeps it."""

_ANYTHING = "(?s:.*)"
_SPACE_RANGES = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
_NOT_SPACE_RANGES = tuple(
    (high + 1, low - 1)
    for (_, high), (low, _) in zip(((0, -1), *_SPACE_RANGES), (*_SPACE_RANGES, (MAX_CODE_POINT + 1, 0)), strict=True)
)
_PASSED_ON = frozenset("dDwWnrtfv")
_REPEAT = re.compile(r"(?:[*+?]|\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\})\??")
_PADDED_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_NAMED_GROUP = re.compile(r"\(\?<[A-Za-z_]\w*>")
_ESCAPED_POINT = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|(0)(?!\d))")
_LOW_SURROGATE = re.compile(r"\\u([dD][c-fC-F][0-9A-Fa-f]{2})")
_PROPERTY = re.compile(r"\\([pP])\{(?:(?:Script|sc|General_Category|gc)=)?(\w+)\}")


def re2_pattern(pattern: str) -> str:
    """Return the RE2 pattern that matches as a whole what `pattern` is found in; whether it compiles is not said.

    Raises:
        ValueError: there is none; the text is a plain sentence.
    """
    if len(pattern) > MAX_SOURCE_CHARS:
        raise ValueError(f"It has more than {MAX_SOURCE_CHARS:,} characters.")
    return _Translation(pattern).run()


def _points(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\x{{{low:X}}}-\\x{{{high:X}}}" for low, high in ranges if low <= high)


def _ungrouped(tokens: list[str]) -> list[str]:
    """Take off a group around all tokens: a match of the whole needs none."""
    if tokens[:1] != ["(?:"]:
        return tokens
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, "(?:": 1, ")": -1}.get(token, 0)
        if depth == 0:
            return tokens[1:-1] if index == len(tokens) - 1 else tokens
    return tokens


class _Translation:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.tokens: list[str] = []
        self.has_choice = False

    def run(self) -> str:
        while self.at < len(self.pattern):
            self.tokens.append(self._token())
        starts = not self.has_choice and self.tokens[:1] == ["^"]
        ends = not self.has_choice and self.tokens[-1:] == ["$"] and len(self.tokens) > starts
        inner = self.tokens[starts : len(self.tokens) - ends]
        body = "".join(_ungrouped(inner) if starts and ends else inner)
        if self.has_choice:
            body = f"(?:{body})"
        return f"{'' if starts else _ANYTHING}{body}{'' if ends else _ANYTHING}"

    def _token(self) -> str:
        character = self.pattern[self.at]
        if repeat := _REPEAT.match(self.pattern, self.at):
            if self.tokens[-1:] in (["^"], ["$"]):
                raise ValueError("A boundary is repeated.")
            self.at = repeat.end()
            return repeat[0]
        if _PADDED_COUNT.match(self.pattern, self.at):
            raise ValueError("A count of a repetition starts with a zero.")
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        if named := _NAMED_GROUP.match(self.pattern, self.at):
            self.depth += 1
            self.at = named.end()
            return "("
        if self.pattern.startswith("(?", self.at) and not self.pattern.startswith("(?:", self.at):
            rust_pattern(self.pattern[self.at :])  # it knows the remedies
            raise ValueError("What follows `(?` is no part of the dialect.")
        if self.pattern.startswith("(?:", self.at):
            self.depth += 1
            self.at += 3
            return "(?:"
        self.at += 1
        if character == ".":
            return r"[^\n\r\x{2028}\x{2029}]"
        self.depth += {"(": 1, ")": -1}.get(character, 0)
        self.has_choice = self.has_choice or (character == "|" and self.depth == 0)
        return character

    def _escape(self) -> str:
        if found := _PROPERTY.match(self.pattern, self.at):
            self.at = found.end()
            return f"\\{found[1]}{{{found[2]}}}"
        point = self._escaped_point()
        if point is not None:
            return f"\\x{{{point:X}}}"
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in {"s", "S"}:
            return f"[{'^' if letter == 'S' else ''}{_points(_SPACE_RANGES)}]"
        if letter in _PASSED_ON or letter in {"b", "B"}:
            return f"\\{letter}" if letter else letter
        return self._punctuation(letter)

    def _punctuation(self, letter: str) -> str:
        if letter.isdigit():
            raise ValueError("Back-references are not supported: write the repeated part out.")
        if not letter or letter.isalnum():
            raise ValueError("A backslash stands before something that it gives no meaning.")
        return f"\\{letter}" if letter.isascii() and letter != "_" else letter

    def _escaped_point(self) -> int | None:
        found = _ESCAPED_POINT.match(self.pattern, self.at)
        if found is None:
            return None
        self.at = found.end()
        if found[4]:
            return ord(found[4]) % 32
        point = int(next(filter(None, (found[1], found[2], found[3], found[5]))), 16)
        if 0xD800 <= point < 0xDC00 and (low := _LOW_SURROGATE.match(self.pattern, self.at)):
            self.at = low.end()
            return 0x10000 + ((point - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        return point

    def _class(self) -> str:
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        items: list[str] = []
        while not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise ValueError("A bracket is not closed.")
            items.append(self._class_item())
        self.at += 1
        if not items:
            return "(?s:.)" if negated else r"[^\x{0}-\x{10FFFF}]"
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _class_item(self) -> str:
        low, is_one = self._class_atom()
        following = self.pattern[self.at : self.at + 2]
        if not is_one or len(following) < 2 or following[0] != "-" or following[1] == "]":
            return low
        self.at += 1
        high, is_one = self._class_atom()
        return f"{low}-{high}" if is_one else f"{low}\\-{high}"

    def _class_atom(self) -> tuple[str, bool]:
        """Return what stands for one item, and whether it is one character, which may end a range."""
        character = self.pattern[self.at]
        if character != "\\":
            self.at += 1
            return (f"\\{character}" if character in "[-^" else character), True
        if found := _PROPERTY.match(self.pattern, self.at):
            self.at = found.end()
            return f"\\{found[1]}{{{found[2]}}}", False
        point = self._escaped_point()
        if point is not None:
            return f"\\x{{{point:X}}}", True
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in {"s", "S"}:
            return _points(_SPACE_RANGES if letter == "s" else _NOT_SPACE_RANGES), False
        if letter == "b":
            return r"\x{8}", True
        if letter and letter in _PASSED_ON:
            return f"\\{letter}", letter not in "dDwW"
        return self._punctuation(letter), True
