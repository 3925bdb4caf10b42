"""Cuts JSON text into the texts of what it holds, each exactly as it came; what they hold is never kept as values."""

import gc
import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice

from domain.validation.json_text import NotJsonError, TooDeepError, place_of, refuse_constant
from schemas.limits import MAX_ENVELOPE_MEMBERS

_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_BLANK = b" \t\r\n"
_OPEN_BRACE, _CLOSE_BRACE = b"{}"
_SPACE = re.compile(r"[ \t\r\n]*+")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN|-?Infinity)')


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


def key_after_texts(text: bytes, keys: Collection[str], most_bytes: int) -> str | None:
    """Return which of `keys` comes first in a JSON object: one at its beginning, or after plain texts alone.

    That can be told at a glance. None says nothing: `first_key_among` tells of any object.
    """
    found = _after_texts(tuple(keys)).match(text, 0, most_bytes)
    return found[1].decode() if found else None


@cache
def _after_texts(keys: tuple[str, ...]) -> re.Pattern[bytes]:
    space, plain = rb"[ \t\r\n]*+", rb'"[ !#-\[\]-~]*+"'
    member = b"".join((space, plain, space, b":", space, plain, space, b","))
    wanted = b"|".join(re.escape(key).encode() for key in keys)
    most = MAX_ENVELOPE_MEMBERS - 1
    return re.compile(rb'%b\{(?:%b){0,%d}?%b"(%b)"%b:' % (space, member, most, space, wanted, space))


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
        raise NotJsonError(place_of(error, text)) from None
    finally:
        if was_enabled:
            gc.enable()


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


# Where a value ends can be seen without keeping what it holds: for objects and numbers stands whether they are truthy,
# which costs no call of Python's.
_scan = json.JSONDecoder(object_hook=bool, parse_float=bool, parse_int=bool, parse_constant=refuse_constant).scan_once  # type: ignore[attr-defined]
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
