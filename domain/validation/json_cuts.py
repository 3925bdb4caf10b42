"""Cuts JSON text into the texts of what it holds, each exactly as it came; what they hold is never kept as values."""

import gc
import json
import re
from codecs import utf_8_decode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice

from domain.validation.json_cursor import BLANK, WINDOW_BYTES, Cursor
from domain.validation.json_text import NotJsonError, count_characters, place_of
from schemas.limits import MAX_ENVELOPE_MEMBERS

_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_SIDE_BY_SIDE = re.compile(rb"\}[ \t\r]*+\{")
_OPEN_BRACE, _CLOSE_BRACE, _OPEN_BRACKET, _CLOSE_BRACKET, _COMMA, _COLON, _QUOTE = b'{}[],:"'
_LOOKS_IN_VAIN = 64 * WINDOW_BYTES
"""So much may be looked at of what is no document: each of its lines may begin one that ends nowhere."""


def array_elements(text: bytes, most: int, *, constants: bool = False) -> list[bytes]:
    """Cut a JSON array into the texts of its elements, each exactly as it came.

    Stops after `most + 1` elements, so that a caller sees that there are too many. With `constants`, elements may hold
    `NaN` and its like, which JSON does not know. What an element beyond the bounds of an event holds is not looked at.

    Raises:
        NotJsonError: the array as a whole is not JSON.
    """
    with _cutting(text):
        cursor = Cursor(text)
        cursor.pass_space()
        elements = _elements_at(cursor, most, constants=constants)
        if len(elements) <= most:
            cursor.pass_end()
    return elements


def object_members(text: bytes) -> dict[str, bytes]:
    """Cut a JSON object into the texts of its members by their keys, each exactly as it came; the last of a key counts.

    Raises:
        NotJsonError: as `envelope_members`.
    """
    return envelope_members(text, None, 0)[0]


def envelope_members(text: bytes, key: str | None, most: int) -> tuple[dict[str, bytes], list[bytes] | None]:
    """Cut a JSON object into the texts of its members by their keys, and the array under `key` into its elements.

    Each is exactly as it came, and may hold `NaN` and its like; the last of a key counts. Meant for what wraps many
    events, which has few members: each takes some microseconds. What a member or an element beyond the bounds of an
    event holds is not looked at.

    Returns:
        The members without `key`; the first `most + 1` elements of its array, None where it is none.

    Raises:
        NotJsonError: the object as a whole is not JSON, or no object, or has over `MAX_ENVELOPE_MEMBERS` members.
    """
    members: dict[str, bytes] = {}
    elements: list[bytes] | None = None
    taken = 0
    with _cutting(text):
        cursor = Cursor(text)
        is_member = _enters_object(cursor)
        while is_member:
            taken += 1
            if taken > MAX_ENVELOPE_MEMBERS:
                raise NotJsonError
            name = _key_of_member(cursor)
            if name != key:
                members[name] = cursor.value(constants=True)
            elif cursor.byte() == _OPEN_BRACKET:
                elements = _elements_at(cursor, most, constants=True)
                if len(elements) > most:
                    cursor.pass_elements()
            else:
                elements = None
                cursor.value(constants=True)
            is_member = _has_next_member(cursor)
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
            cursor = Cursor(text)
            is_member = _enters_object(cursor)
            while is_member and taken < MAX_ENVELOPE_MEMBERS:
                taken += 1
                key = _key_of_member(cursor)
                if key in keys:
                    return key
                cursor.value()
                is_member = _has_next_member(cursor)
    except NotJsonError:
        pass
    return None


@contextmanager
def _cutting(text: bytes) -> Iterator[None]:
    """Say what is wrong with a text that is cut, and where."""
    try:
        with _without_cycles():
            yield
    except (ValueError, IndexError, StopIteration) as error:
        no_text = _no_utf_8_at(text)  # which counts first
        raise NotJsonError(place_of(error, text) if no_text is None else no_text) from None


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Don't look for cycles among the many empty arrays that may be seen meanwhile: that would take longest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _elements_at(cursor: Cursor, most: int, *, constants: bool) -> list[bytes]:
    """Return the elements of the array that begins here, and pass over it; over `most`, stop behind the one more."""
    elements: list[bytes] = []
    cursor.pass_sign(_OPEN_BRACKET)
    if cursor.byte() == _CLOSE_BRACKET:
        cursor.pass_sign(_CLOSE_BRACKET)
        return elements
    while True:
        elements.append(cursor.value(constants=constants))
        if len(elements) > most or cursor.pass_sign(_COMMA, _CLOSE_BRACKET) == _CLOSE_BRACKET:
            return elements


def _enters_object(cursor: Cursor) -> bool:
    """Go to an object's first member; say whether it has one."""
    cursor.pass_space()
    cursor.pass_sign(_OPEN_BRACE)
    if cursor.byte() != _CLOSE_BRACE:
        return True
    cursor.pass_sign(_CLOSE_BRACE)
    cursor.pass_end()
    return False


def _key_of_member(cursor: Cursor) -> str:
    """Return a member's key, and go to its value."""
    if cursor.byte() != _QUOTE:
        raise NotJsonError(cursor.character)
    key = cursor.value()
    cursor.pass_sign(_COLON)
    return str(json.loads(key.decode())) if b"\\" in key else key[1:-1].decode()


def _has_next_member(cursor: Cursor) -> bool:
    """Go to the member after a value; say whether there is one."""
    if cursor.pass_sign(_COMMA, _CLOSE_BRACE) == _COMMA:
        return True
    cursor.pass_end()
    return False


def documents(text: bytes, most: int) -> list[bytes]:
    """Cut a text of one JSON document after another into theirs, each exactly as it came, in lines or not.

    What is no document stands up to the end of its line, as one; with the document before it, where a line holds no
    other, so that what becomes of a line does not depend on others. Stops after `most + 1`, so that a caller sees that
    there are too many.
    """
    if not may_share_lines(text):
        alone = text.strip(BLANK)
        if b"\n" not in alone and alone[:1] == b"{" and alone[-1:] == b"}":
            return [alone]
        lines = [line.strip(BLANK) for line in islice(_lines(text), most + 1)]
        if len(lines) <= most and all(line[0] == _OPEN_BRACE and line[-1] == _CLOSE_BRACE for line in lines):
            return lines
    if _no_utf_8_at(text) is not None:
        return [line.strip(BLANK) for line in islice(_lines(text), most + 1)]
    with _without_cycles():
        return _documents_at(Cursor(text), text, most)


def may_share_lines(text: bytes) -> bool:
    """Say whether an object may stand in the line in which another ends."""
    return _SIDE_BY_SIDE.search(text) is not None


def _documents_at(cursor: Cursor, text: bytes, most: int) -> list[bytes]:
    found: list[bytes] = []
    looks = _LOOKS_IN_VAIN
    last = -1  # where the document before began
    cursor.pass_space()
    while cursor.at < len(text) and len(found) <= most:
        start = cursor.at
        try:
            if looks < 0:
                raise NotJsonError
            found.append(cursor.value())
            last = start
        except (ValueError, StopIteration) as error:
            place = error.at if isinstance(error, NotJsonError) else None
            looks -= max(WINDOW_BYTES if place is None else place - cursor.character, cursor.looked_to - start)
            end = text.find(b"\n", start)
            end = len(text) if end < 0 else end
            if last >= 0 and _is_one_line(text, last, end):
                found.pop()
                start = last
            found.append(text[start:end].rstrip(BLANK))
            last = -1
            cursor.pass_to(end)
    return found


def _is_one_line(text: bytes, start: int, end: int) -> bool:
    """Say whether what stands between is a line, and would be an event if lines were all that is cut."""
    begin = text.rfind(b"\n", 0, end) + 1
    line = text[begin:end].strip(BLANK)
    return start >= begin and text[begin:start].strip(BLANK) == b"" and line[-1:] == b"}" and not may_share_lines(line)


def _no_utf_8_at(text: bytes) -> int | None:
    """Return at which character a text is no UTF-8, which is seen a window at a time; None if all of it is."""
    if text.isascii():
        return None
    at = 0
    while at < len(text):
        piece = text[at : at + WINDOW_BYTES]
        try:
            at += utf_8_decode(piece, "strict", at + len(piece) == len(text))[1]
        except UnicodeDecodeError as error:
            return count_characters(text[: at + error.start])
    return None


def _lines(text: bytes) -> Iterator[bytes]:
    return (line[0] for line in _FILLED_LINE.finditer(text))
