"""Reads JSON text where the fast validator's own reading does not say enough.

The validator's parser reports no fault for three things in parts that a schema drops: `NaN` and its like, which
RFC 8259 does not know; nesting between 65 and 201 levels; and it refuses what the grammar allows but UTF-8 can't hold
(lone surrogates) or numbers of thousands of digits. The checks here are exact; each ordinary event pays for one or
two single-byte searches.
"""

import gc
import json
import re
from array import array
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import accumulate, islice
from typing import Any, Self

import orjson

from schemas.limits import MAX_ENVELOPE_MEMBERS, MAX_JSON_DEPTH

PARSER_DEPTH = 201
"""How deep pydantic_core's parser follows arrays; the innermost must be empty. Held by a test."""

NESTING = PARSER_DEPTH - MAX_JSON_DEPTH
"""Levels to put around an event so that the parser's own bound lets nothing pass that exceeds `MAX_JSON_DEPTH`.

It stops some text of exactly 64 levels too: what it stops is looked at again, exactly.
"""

_OPEN = b"[" * NESTING
_CLOSE = b"]" * NESTING
_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_BLANK = b" \t\r\n"
_OPEN_BRACE, _CLOSE_BRACE = b"{}"
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STRING = re.compile(rb'"[^"]*"')
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")  # one level deeper, one level back
_SPACE = re.compile(r"[ \t\r\n]*+")
# What begins with a backslash is passed over as a whole: another backslash, or a pair.
_SURROGATES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN|-?Infinity)')
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
        number = super().__new__(cls, text)
        number.text = text
        return number


def may_hold_nan(text: bytes) -> bool:
    """Say whether `NaN` or `Infinity` occurs, as a token or within a string."""
    return (78 in text and b"NaN" in text) or (73 in text and b"Infinity" in text)


def may_hold_surrogates(text: bytes) -> bool:
    """Say whether a surrogate occurs, alone or as one of a pair: JSON can only write it as an escape."""
    return b"\\u" in text and (b"\\ud" in text or b"\\uD" in text)


def is_nested_too_deep(text: bytes) -> bool:
    """Say whether JSON text is nested over 64 levels; exact, and cheap for text with few brackets."""
    if not _may_be_deep(text):
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = text.translate(None, _NOT_STRUCTURE)
    if b'"' in structure:  # strings without brackets go first, at a fraction of what a match costs
        structure = _STRING.sub(b"", structure.replace(b'""', b""))
    levels = accumulate(array("b", structure.translate(_STEPS)))
    return max(levels, default=0) > MAX_JSON_DEPTH


def _may_be_deep(text: bytes) -> bool:
    if len(text) <= 2 * MAX_JSON_DEPTH:
        return False
    first_array = text.find(b"[")  # many have none, or late: looking for one is cheaper than counting
    arrays = text.count(b"[", first_array) if first_array >= 0 else 0
    return arrays + text.count(b"{") > MAX_JSON_DEPTH


def wrapped(text: bytes, levels: int) -> bytes:
    """Put `levels` arrays around JSON text."""
    return _OPEN[:levels] + text + _CLOSE[:levels]


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
            parse_constant=_refuse_constant,
            object_pairs_hook=None if lone_surrogates else _object_of_pairs,
        )
    except RecursionError:
        raise TooDeepError from None
    except ValueError as error:  # bad UTF-8, bad JSON, a lone surrogate under a key that is repeated
        raise NotJsonError(_place_of(error, text)) from None
    if is_nested_too_deep(text):
        raise TooDeepError
    if not lone_surrogates and may_hold_surrogates(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except ValueError:
            raise NotJsonError from None
    return value


def with_surrogates_as(text: bytes, escape: bytes) -> bytes:
    """Return JSON text in which `escape` stands for each lone surrogate, which JSON can only write as an escape."""
    return _SURROGATES.sub(lambda found: escape if found[1] else found[0], text)


def array_elements(text: bytes, most: int, *, constants: bool = False) -> list[bytes]:
    """Cut a JSON array into the texts of its elements, each exactly as it came.

    Stops after `most + 1` elements, so that a caller sees that there are too many. With `constants`, elements may hold
    `NaN` and its like, which JSON does not know.

    Raises:
        NotJsonError: the array as a whole is not JSON.
        TooDeepError: nested so deep that its elements can't be told apart.
    """
    with _cutting(text):
        document = text.decode()
        elements, end = _elements_at(document, document.index("["), most, constants=constants)
        if end is not None:
            _refuse_more(document, end - 1)
    return elements


def object_members(text: bytes) -> dict[str, bytes]:
    """Cut a JSON object into the texts of its members by their keys, each exactly as it came; the last of a key counts.

    Raises:
        NotJsonError, TooDeepError: as `envelope_members`.
    """
    return envelope_members(text, None, 0)[0]


def envelope_members(text: bytes, key: str | None, most: int) -> tuple[dict[str, bytes], list[bytes] | None]:
    """Cut a JSON object into the texts of its members by their keys, and the array under `key` into its elements.

    Each is exactly as it came, and may hold `NaN` and its like; the last of a key counts. Meant for what wraps many
    events, which has few members: each takes some microseconds.

    Returns:
        The members without `key`; the first `most + 1` elements of its array, None where it is none.

    Raises:
        NotJsonError: the object as a whole is not JSON, or no object, or has over `MAX_ENVELOPE_MEMBERS` members.
        TooDeepError: nested so deep that its members can't be told apart.
    """
    members: dict[str, bytes] = {}
    elements: list[bytes] | None = None
    taken = 0
    with _cutting(text):
        document = text.decode()
        position = _first_member(document)
        while position is not None:
            taken += 1
            if taken > MAX_ENVELOPE_MEMBERS:
                raise NotJsonError
            name, start = _key_of_member(document, position)
            end: int | None = None
            if name == key:
                elements = None
                if document[start] == "[":
                    elements, end = _elements_at(document, start, most, constants=True)
            if end is None:
                end = position_after_value(document, start, constants=True)
            if name != key:
                members[name] = document[start:end].encode()
            position = _next_member(document, end)
    return members, elements


def first_key_among(text: bytes, keys: Collection[str]) -> str | None:
    """Return which of `keys` comes first in a JSON object; what follows it is not looked at.

    None if it has none of them among its first `MAX_ENVELOPE_MEMBERS` members, or is no such object.
    """
    taken = 0
    try:
        with _cutting(text):
            document = text.decode()
            position = _first_member(document)
            while position is not None and taken < MAX_ENVELOPE_MEMBERS:
                taken += 1
                key, position = _key_of_member(document, position)
                if key in keys:
                    return key
                position = _next_member(document, position_after_value(document, position))
    except (NotJsonError, TooDeepError):
        pass
    return None


@contextmanager
def _cutting(text: bytes) -> Iterator[None]:
    """Say what is wrong with a text that is cut, and where.

    Millions of empty arrays may be seen meanwhile: looking for cycles among them would take longest.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    except RecursionError:
        raise TooDeepError from None
    except (ValueError, IndexError, StopIteration) as error:
        raise NotJsonError(_place_of(error, text)) from None
    finally:
        if was_enabled:
            gc.enable()


def _place_of(error: Exception, text: bytes) -> int | None:
    """Return the character at which a parser stopped, as far as its error tells."""
    match error:
        case NotJsonError():
            return error.at
        case json.JSONDecodeError():
            return error.pos
        case UnicodeDecodeError():
            return len(text[: error.start].decode())
        case StopIteration(value=int(position)):  # where a value should begin
            return position
        case IndexError():  # it was cut
            return len(text.decode())
    return None


def _elements_at(document: str, position: int, most: int, *, constants: bool) -> tuple[list[bytes], int | None]:
    """Return the elements of the array that begins at a position, and where it ends; None if there are over `most`."""
    elements: list[bytes] = []
    position = position_after_space(document, position + 1)
    if document[position] == "]":
        return elements, position + 1
    while True:
        try:
            end = position_after_value(document, position, constants=constants)
        except NotJsonError:
            raise NotJsonError(_constant_from(document, position)) from None
        elements.append(document[position:end].encode())
        if len(elements) > most:
            return elements, None
        position = position_after_space(document, end)
        if document[position] == "]":
            return elements, position + 1
        if document[position] != ",":
            raise NotJsonError(position)
        position = position_after_space(document, position + 1)


def _constant_from(document: str, position: int) -> int | None:
    """Return where the first `NaN` or its like stands from a position on; all before it is JSON."""
    return next((found.start() for found in _CONSTANT.finditer(document, position) if found[1]), None)


def _first_member(document: str) -> int | None:
    position = position_after_space(document, 0)
    if document[position] != "{":
        raise NotJsonError(position)
    position = position_after_space(document, position + 1)
    if document[position] == "}":
        _refuse_more(document, position)
        return None
    return position


def _key_of_member(document: str, position: int) -> tuple[str, int]:
    """Return a member's key, and where its value begins."""
    if document[position] != '"':
        raise NotJsonError(position)
    key, end = _scan(document, position)
    position = position_after_space(document, end)
    if document[position] != ":":
        raise NotJsonError(position)
    return key, position_after_space(document, position + 1)


def _next_member(document: str, end: int) -> int | None:
    """Return where the member after a value begins, None after the last."""
    position = position_after_space(document, end)
    if document[position] == "}":
        _refuse_more(document, position)
        return None
    if document[position] != ",":
        raise NotJsonError(position)
    return position_after_space(document, position + 1)


def _refuse_more(document: str, closing: int) -> None:
    position = position_after_space(document, closing + 1)
    if position != len(document):
        raise NotJsonError(position)


def documents(text: bytes, most: int) -> list[bytes]:
    """Cut a text of one JSON document after another into theirs, each exactly as it came, in lines or not.

    What is no document stands up to the end of its line, as one. Stops after `most + 1`, so that a caller sees that
    there are too many.
    """
    if b"}{" not in text and b"} {" not in text:
        alone = text.strip(_BLANK)
        if b"\n" not in alone and alone[:1] == b"{" and alone[-1:] == b"}":
            return [alone]
        lines = [line.strip(_BLANK) for line in islice(_lines(text), most + 1)]
        if len(lines) <= most and all(line[0] == _OPEN_BRACE and line[-1] == _CLOSE_BRACE for line in lines):
            return lines
    try:
        document = text.decode()
    except UnicodeDecodeError:
        return [line.strip(_BLANK) for line in islice(_lines(text), most + 1)]
    found: list[bytes] = []
    position = position_after_space(document, 0)
    while position < len(document) and len(found) <= most:
        try:
            _, end = _scan(document, position)
        except (ValueError, StopIteration, RecursionError):
            end = document.find("\n", position)
            end = len(document) if end < 0 else end
        found.append(document[position:end].rstrip(" \t\r\n").encode())
        position = position_after_space(document, end)
    return found


def _lines(text: bytes) -> Iterator[bytes]:
    return (line[0] for line in _FILLED_LINE.finditer(text))


def _refuse_constant(_name: str) -> Any:
    raise NotJsonError


def _exact_int(text: str) -> int | NumberText:
    return int(text) if len(text) <= _MAX_PLAIN_DIGITS else NumberText(text)


def _object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):  # what a repeated key hides has to be text as well
        json.dumps(pairs, ensure_ascii=False).encode()
    return members


# Where a value ends can be seen without keeping what it holds: for objects and numbers stands whether they are truthy,
# which costs no call of Python's.
_scan = json.JSONDecoder(object_hook=bool, parse_float=bool, parse_int=bool, parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]
_scan_any = json.JSONDecoder(object_hook=bool, parse_float=bool, parse_int=bool, parse_constant=bool).scan_once  # type: ignore[attr-defined]


def position_after_value(document: str, position: int, *, constants: bool = False) -> int:
    """Return where the JSON value ends that begins at a position of a text; with `constants`, `NaN` and its like are.

    Raises:
        NotJsonError, ValueError, IndexError, StopIteration: there is none.
        RecursionError: it is nested too deeply to tell.
    """
    end: int = (_scan_any if constants else _scan)(document, position)[1]
    return end


def position_after_space(document: str, position: int) -> int:
    """Return where the next thing that is no JSON space stands; the length of the text where there is none."""
    return _SPACE.match(document, position).end()  # type: ignore[union-attr] # it matches nothing as well
