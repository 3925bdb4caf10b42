"""JSON with positions. The standard parser validates the text; a second walk over what it took notes the places."""

import json
import re
from bisect import bisect_right
from math import isfinite
from typing import Any, NoReturn

from ingestctl.located import START, BadText, Located, Position, is_sendable, member

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def read_json(text: str) -> Located:
    """Read one JSON document.

    Raises:
        BadText: it is none, or an object names a key twice.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise BadText(f"Not JSON: {error.msg}.", Position(error.lineno, error.colno)) from None
    except ValueError as error:
        raise BadText(f"Not JSON: {error}.", START) from None
    except RecursionError:
        raise _too_deep() from None
    walk = _Walk(text)
    try:
        walk.visit(0, "")
    except RecursionError:
        raise _too_deep() from None
    return Located(value, walk.positions)


def _too_deep() -> BadText:
    return BadText("Nested too deep.", START)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("it has no NaN and no Infinity")


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("a number is too large")
    return number


class _Walk:
    """Visits every value of a text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.positions: dict[str, Position] = {}

    def visit(self, at: int, pointer: str) -> int:
        """Note where the value at or after `at` stands, and all within it; return where it ends."""
        at = self._skip(at)
        self.positions.setdefault(pointer, self._position(at))
        match self._text[at]:
            case "{":
                return self._visit_object(at, pointer)
            case "[":
                return self._visit_array(at, pointer)
            case '"':
                return self._string(at)[1]
        found = _SCALAR.match(self._text, at)
        assert found is not None
        return found.end()

    def _visit_object(self, at: int, pointer: str) -> int:
        at = self._skip(at + 1)
        while self._text[at] != "}":
            position = self._position(at)
            key, at = self._string(at)
            below = member(pointer, key)
            if below in self.positions:
                raise BadText("The object has this key twice.", position)
            self.positions[below] = position
            at = self.visit(self._skip(at) + 1, below)
            at = self._next(at)
        return at + 1

    def _visit_array(self, at: int, pointer: str) -> int:
        at = self._skip(at + 1)
        index = 0
        while self._text[at] != "]":
            at = self._next(self.visit(at, member(pointer, index)))
            index += 1
        return at + 1

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self._text[at] == "," else at

    def _string(self, at: int) -> tuple[str, int]:
        found = _STRING.match(self._text, at)
        assert found is not None
        string: str = json.loads(found[0])
        if not is_sendable(string):
            raise BadText("Half of a character, which UTF-8 can't hold.", self._position(at))
        return string, found.end()

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        assert found is not None
        return found.end()

    def _position(self, at: int) -> Position:
        line = bisect_right(self._lines, at)
        return Position(line, at - self._lines[line - 1] + 1)


def write_json(value: Any) -> str:
    """Return a value as indented JSON that ends with a line break."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
