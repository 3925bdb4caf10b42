"""Reads JSON text where reading it by types does not say enough.

That does not see nesting between 65 and 1,000 levels in what it skips; and it refuses what the grammar allows but UTF-8
can't hold (lone surrogates), and numbers of thousands of digits. The checks here are exact; most events need none.
"""

import json
import re
from array import array
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Self

import orjson

from schemas.limits import MAX_JSON_DEPTH

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STRING = re.compile(rb'"[^"]*"')
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")  # one level deeper, one level back
# What begins with a backslash is passed over as a whole: another backslash, or a pair.
_SURROGATES = rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
_CONTINUING = bytes(range(0x80, 0xC0))  # bytes of a character of UTF-8, behind its first
_DIGITS = bytes.maketrans(b"123456789.", b"0" * 10)
_DIGITS_ALONE = bytes.maketrans(b"123456789E", b"000000000e")
_EIGHT_DIGITS = b"0" * 8
_LONG_WITH_POINT = b"0" * 16 + b".0"
_LONG_WITH_EXPONENT = b"0" * 16 + b"e"
_LONG_WHOLE = b"0" * 20
_LONG_NEGATIVE = b"-" + b"0" * 19
_COMMA_TOO_MANY = "Illegal trailing comma"
_FEW_LEVELS = 6
_MAX_PLAIN_DIGITS = 4_000  # under the interpreter's bound of 4,300 digits for str -> int


class NotJsonError(ValueError):
    """The text is not RFC 8259 JSON that UTF-8 can hold; `at` is the character where that shows first, if known."""

    def __init__(self, at: int | None = None) -> None:
        super().__init__()
        self.at = at


class TooDeepError(ValueError):
    """The text is nested over `MAX_JSON_DEPTH` levels."""


class TooMuchWorkError(ValueError):
    """Parsing the text would take more than its request may."""


class NumberText(float):
    """A number that keeps the text it was written with; `float` rounds, the text does not."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        number = float.__new__(cls, text)
        number.text = text
        return number


def may_hold_long_fraction(text: bytes) -> bool:
    """Say whether a number may occur that is written as a fraction, and is whole, and no double holds it.

    `9007199254740993.0` is one: it takes 16 digits, before a point or before an exponent.
    """
    if not _may_hold_16_digits(text):
        return False
    digits = text.translate(_DIGITS_ALONE)
    return _LONG_WITH_POINT in digits or (b"0e" in digits and _LONG_WITH_EXPONENT in digits.replace(b".", b""))


def _may_hold_16_digits(text: bytes) -> bool:
    """Say whether 16 digits in a row may occur: of every second byte they take eight, which few texts have."""
    return _EIGHT_DIGITS in text[1::2].translate(_DIGITS)


def may_hold_long_number(text: bytes) -> bool:
    """Say whether a number may occur that is stored as another one than a parser gives.

    That is one as `may_hold_long_fraction` has it, and a whole number beyond 64 bits, which some parsers round.
    """
    if not _may_hold_16_digits(text):
        return False
    digits = text.translate(_DIGITS_ALONE)
    return _LONG_WHOLE in digits or _LONG_NEGATIVE in digits or may_hold_long_fraction(text)


def is_utf8(text: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def may_hold_surrogates(text: bytes) -> bool:
    """Say whether a surrogate occurs, alone or as one of a pair: JSON can only write it as an escape."""
    return b"\\u" in text and (b"\\ud" in text or b"\\uD" in text)


def is_nested_too_deep(text: bytes) -> bool:
    """Say whether JSON text is nested over 64 levels; exact, and cheap for text with few brackets."""
    # `count` looks at each byte, which takes twice as long as to replace what is there seldom.
    size = len(text)
    if size <= 2 * MAX_JSON_DEPTH:
        return False
    if 2 * size - len(text.replace(b"[", b"")) - len(text.replace(b"{", b"")) <= MAX_JSON_DEPTH:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = text.translate(None, _NOT_STRUCTURE)
    if b'"' in structure:  # strings without brackets go first, at a fraction of what a match costs
        structure = _STRING.sub(b"", structure.replace(b'""', b""))
    left = structure
    for _ in range(_FEW_LEVELS):  # as most texts have: so the levels of each bracket need not be counted
        left = left.replace(b"{}", b"").replace(b"[]", b"")
        if not left:
            return False
    levels = accumulate(array("b", structure.translate(_STEPS)))
    return max(levels, default=0) > MAX_JSON_DEPTH


def count_of_few(text: bytes, byte: bytes) -> int:
    """Return how often a byte occurs that seldom does: `count` looks at each byte, which takes some times longer."""
    return len(text) - len(text.replace(byte, b""))


def value_from_text(text: bytes, may_parse_exactly: Callable[[], bool] = lambda: True) -> Any:
    """Parse one JSON text; floats, and integers beyond 64 bits, come as floats of 64 bits.

    Args:
        text: the JSON text.
        may_parse_exactly: asked before the slower way is gone, where the fast parser says no.

    Raises:
        NotJsonError: not JSON, or a string with a lone surrogate.
        TooDeepError: nested over 64 levels.
        TooMuchWorkError: it may not be parsed exactly.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as found:
        if not may_parse_exactly():
            raise TooMuchWorkError from None
        try:
            return exact_value_from_text(text)
        except NotJsonError as error:
            raise NotJsonError(found.pos if error.at is None else error.at) from None
    if is_nested_too_deep(text):
        raise TooDeepError
    return value


def exact_value_from_text(text: bytes, *, lone_surrogates: bool = False) -> Any:
    """Parse one JSON text like `value_from_text`, with every fractional or huge number as `NumberText`; slower.

    With `lone_surrogates`, strings may hold them, and the last of repeated keys alone counts.
    """
    try:
        value = json.loads(
            text.decode(),
            parse_float=NumberText,
            parse_int=_exact_int,
            parse_constant=refuse_constant,
            object_pairs_hook=None if lone_surrogates else _object_of_pairs,
        )
    except RecursionError:
        raise TooDeepError from None
    except ValueError as error:  # bad UTF-8, bad JSON, a lone surrogate under a key that is repeated
        raise NotJsonError(place_of(error, text)) from None
    if is_nested_too_deep(text):
        raise TooDeepError
    if not lone_surrogates and may_hold_surrogates(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except ValueError:
            raise NotJsonError from None
    return value


def value_beyond_the_parser(text: bytes) -> Any:
    """Parse what `orjson` does not take, such as a lone surrogate, or rounds; None for what is no JSON."""
    try:
        return exact_value_from_text(text, lone_surrogates=True)
    except (NotJsonError, TooDeepError):
        return None


def with_surrogates_as(text: bytes, escape: bytes) -> bytes:
    """Return JSON text in which `escape` stands for each lone surrogate, which JSON can only write as an escape."""
    return re.sub(_SURROGATES, lambda found: escape if found[1] else found[0], text)


def count_characters(text: bytes) -> int:
    """Return how many characters UTF-8 holds, without decoding it."""
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUING))


def place_of(error: Exception, text: bytes) -> int | None:
    """Return the character at which a parser stopped, as far as its error tells."""
    match error:
        case NotJsonError():
            return error.at
        case json.JSONDecodeError(msg=said, doc=document, pos=position):
            # Told is where something is missing after a comma; from Python 3.13 on the parser says where the comma is.
            is_comma = said.startswith(_COMMA_TOO_MANY)
            return len(document) - len(document[position + 1 :].lstrip()) if is_comma else position
        case UnicodeDecodeError():
            return count_characters(text[: error.start])
        case StopIteration(value=int(position)):  # where a value should begin
            return position
        case IndexError():  # it was cut
            return count_characters(text)
    return None


def refuse_constant(_name: str) -> Any:
    raise NotJsonError


def _exact_int(text: str) -> int | NumberText:
    return int(text) if len(text) <= _MAX_PLAIN_DIGITS else NumberText(text)


def _object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):  # what a repeated key hides has to be text as well
        json.dumps(pairs, ensure_ascii=False).encode()
    return members
