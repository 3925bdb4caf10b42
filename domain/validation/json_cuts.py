"""Cuts JSON text into the texts of what it holds, each exactly as it came; what they hold is never kept as values.

A window of a text is decoded and looked at at a time, and what is beyond the bounds of an event is not looked at: it
ends where its brackets do. So a text of any size takes little memory.
"""

import gc
import json
import re
from array import array
from codecs import utf_8_decode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import accumulate, islice

from domain.validation.bounds import count_values
from domain.validation.json_text import NotJsonError, TooDeepError, count_characters, place_of, refuse_constant
from schemas.limits import MAX_ENVELOPE_MEMBERS, MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES

_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_BLANK = b" \t\r\n"
_OPEN_BRACE, _CLOSE_BRACE, _OPEN_BRACKET, _CLOSE_BRACKET, _COMMA, _COLON, _QUOTE, _BACKSLASH = b'{}[],:"\\'
_OPENING = frozenset({_OPEN_BRACE, _OPEN_BRACKET})
_SPACE = re.compile(r"[ \t\r\n]*+")
_SPACE_BYTES = re.compile(rb"[ \t\r\n]*+")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN|-?Infinity)')

_WINDOW_BYTES = 256 * 1024
_LOOKS_IN_VAIN = 64 * _WINDOW_BYTES
"""So much may be looked at of what is no document: each of its lines may begin one that ends nowhere."""
_FEW_CHARACTERS = 16
"""So near to its end, a window may end within a number, an escape or a name such as `null`."""

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_OPEN, _CLOSE = b"\1", b"\xff"  # one level deeper, one level back
_STEPS = bytes.maketrans(b"[{]}", _OPEN * 2 + _CLOSE * 2)
_MOST_PAIRS = 3
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NO_STRING = re.compile(rb"[^ \t\r\n,:\]}\[{\"]*+")
_STRUCTURE = re.compile(rb'\\.|[\[\]{}"]', re.DOTALL)
_PIECE_BYTES = 64 * 1024
_SMALL_PIECE_BYTES = 256
_FINER = 16


def array_elements(text: bytes, most: int, *, constants: bool = False) -> list[bytes]:
    """Cut a JSON array into the texts of its elements, each exactly as it came.

    Stops after `most + 1` elements, so that a caller sees that there are too many. With `constants`, elements may hold
    `NaN` and its like, which JSON does not know. What an element beyond the bounds of an event holds is not looked at.

    Raises:
        NotJsonError: the array as a whole is not JSON.
        TooDeepError: nested so deep that its elements can't be told apart.
    """
    with _cutting(text):
        cursor = _Cursor(text)
        cursor.pass_space()
        elements = _elements_at(cursor, most, constants=constants)
        if len(elements) <= most:
            cursor.pass_end()
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
    events, which has few members: each takes some microseconds. What a member or an element beyond the bounds of an
    event holds is not looked at.

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
        cursor = _Cursor(text)
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
            cursor = _Cursor(text)
            is_member = _enters_object(cursor)
            while is_member and taken < MAX_ENVELOPE_MEMBERS:
                taken += 1
                key = _key_of_member(cursor)
                if key in keys:
                    return key
                cursor.value()
                is_member = _has_next_member(cursor)
    except (NotJsonError, TooDeepError):
        pass
    return None


@contextmanager
def _cutting(text: bytes) -> Iterator[None]:
    """Say what is wrong with a text that is cut, and where."""
    if (place := _no_utf_8_at(text)) is not None:
        raise NotJsonError(place)
    try:
        with _without_cycles():
            yield
    except RecursionError:
        raise TooDeepError from None
    except (ValueError, IndexError, StopIteration) as error:
        raise NotJsonError(place_of(error, text)) from None


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


class _Cursor:
    """A place in a JSON text, of which a window is decoded at a time."""

    __slots__ = (
        "_characters_before",
        "_document",
        "_position",
        "_size",
        "_sure_end",
        "_text",
        "_window_at",
        "at",
        "looked_to",
    )

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.at = 0
        """The place, in bytes."""
        self.looked_to = 0
        """Up to which byte a value was looked for that is larger than a window."""
        self._size = len(text)
        self._window_at = 0
        self._characters_before = 0  # of the text, before the window
        self._document = ""
        self._position = 0  # of the place, in the window
        self._sure_end = -1  # up to which a value in the window surely ends where it seems to

    @property
    def character(self) -> int:
        """The place, in characters."""
        return self._characters_before + self._position

    def byte(self) -> int:
        """Return what stands here.

        Raises:
            IndexError: the text ends here.
        """
        return self._text[self.at]

    def pass_sign(self, *signs: int) -> int:
        """Pass over one of some ASCII characters, and the space behind it; return which one it was.

        Raises:
            NotJsonError: none of them stands here.
            IndexError: the text ends here.
        """
        sign = self._text[self.at]
        if sign not in signs:
            raise NotJsonError(self.character)
        self.at += 1
        self._position += 1
        self.pass_space()
        return sign

    def pass_space(self) -> None:
        """Pass over space, if there is any."""
        at = self.at
        if at < self._size and self._text[at] in _BLANK:
            end = _SPACE_BYTES.match(self._text, at).end()  # type: ignore[union-attr] # it matches nothing as well
            self._position += end - at
            self.at = end

    def pass_end(self) -> None:
        """Raise `NotJsonError` if anything stands here."""
        if self.at < len(self._text):
            raise NotJsonError(self.character)

    def value(self, *, constants: bool = False) -> bytes:
        """Return the text of the JSON value that begins here, and pass over it and the space behind it.

        Raises:
            NotJsonError, ValueError, IndexError, StopIteration: there is none.
            RecursionError: it is nested too deeply to tell.
        """
        try:
            end: int | None = (_scan_any if constants else _scan)(self._document, self._position)[1]
        except (ValueError, StopIteration):
            end = None
        if end is None or end > self._sure_end:
            end = self._end_in_window(constants=constants)
            if end is None:
                return self._value_beyond_window(constants=constants)
        value = self._document[self._position : end].encode()
        self._position = end
        self.at += len(value)
        self.pass_space()
        return value

    def pass_elements(self) -> None:
        """Pass over further elements of the array that this place is in, unlooked at, and its end."""
        end = _end_of_container(self._text, self.at)
        if end is None:
            raise NotJsonError(count_characters(self._text))
        self.pass_to(end)

    def _open_window(self) -> None:
        """Decode what begins here."""
        self._characters_before += self._position
        self._position = 0
        self._window_at = self.at
        window = self._text[self.at : self.at + _WINDOW_BYTES]
        is_last = self.at + len(window) == self._size
        self._document, _ = utf_8_decode(window, "strict", is_last)
        self._sure_end = len(self._document) - (0 if is_last else _FEW_CHARACTERS)

    def _end_in_window(self, *, constants: bool) -> int | None:
        """Return where the value ends that begins here, in a window that begins here as well; None if it goes on."""
        if self.at > self._window_at or not self._document:
            self._open_window()
        document = self._document
        try:
            end = position_after_value(document, self._position, constants=constants)
        except NotJsonError:
            place = _constant_from(document, self._position)
        except (ValueError, StopIteration) as error:
            place = place_of(error, b"")
            if self._sure_end < len(document) and _may_go_on(error, place, self._sure_end):
                return None
        else:
            return end if end <= self._sure_end else None
        raise NotJsonError(None if place is None else self._characters_before + place)

    def _value_beyond_window(self, *, constants: bool) -> bytes:
        """Return the text of the value that begins here, which is larger than a window."""
        end = _end_by_structure(self._text, self.at)
        self.looked_to = len(self._text) if end is None else end
        if end is None:
            raise NotJsonError(count_characters(self._text))
        value = self._text[self.at : end]
        if len(value) <= MAX_EVENT_SENT_BYTES and count_values(value) <= MAX_EVENT_VALUES:
            alone = _Cursor(value)
            alone.look_at_all(self.character, constants=constants)
        self.pass_to(end)
        return value

    def look_at_all(self, characters_before: int, *, constants: bool) -> None:
        """Raise what is wrong with a text that is one value, in a window as large as it is."""
        self._characters_before = characters_before
        self._document = self._text.decode()
        self._sure_end = len(self._document)
        end = self._end_in_window(constants=constants)
        if end != len(self._document):
            raise NotJsonError(None if end is None else characters_before + end)

    def pass_to(self, end: int) -> None:
        """Go on at a place that lies behind this one, and pass over the space there."""
        self._position += count_characters(self._text[self.at : end])
        self.at = end
        self.pass_space()


def _may_go_on(error: Exception, place: int | None, sure_end: int) -> bool:
    """Say whether a value that does not end in a window may end behind it, rather than be wrong within."""
    if place is None or place >= sure_end:
        return True
    return isinstance(error, json.JSONDecodeError) and error.msg.startswith("Unterminated string")


def _end_by_structure(text: bytes, at: int) -> int | None:
    """Return where a value ends by its brackets and quotes alone, None if it does not; what it holds may be no JSON."""
    first = text[at]
    if first == _QUOTE:
        found = _STRING.match(text, at)
        return None if found is None else found.end()
    if first in _OPENING:
        return _end_of_container(text, at + 1)
    return _NO_STRING.match(text, at).end()  # type: ignore[union-attr] # it matches nothing as well


def _end_of_container(text: bytes, at: int) -> int | None:
    """Return where the object or array ends that a place is in."""
    level = 1
    size = _PIECE_BYTES
    is_in_string = False
    while piece := text[at : at + size]:
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece = piece[:-1]  # what a backslash begins stays together
            if not piece:
                return None
        bare = piece.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in piece else piece
        parts = bare.translate(None, _NOT_STRUCTURE).replace(b'""', b"").split(b'"')
        steps = b"".join(parts[is_in_string::2]).translate(_STEPS)
        for _ in range(_MOST_PAIRS):
            steps = steps.replace(_OPEN + _CLOSE, b"")  # what holds nothing changes nothing
        closing = steps.count(_CLOSE)
        if closing >= level and level + min(accumulate(array("b", steps))) <= 0:
            if size <= _SMALL_PIECE_BYTES:
                return _end_in_piece(text, at, len(piece), level, is_in_string=is_in_string)
            size //= _FINER
            continue
        level += len(steps) - 2 * closing
        is_in_string ^= len(parts) % 2 == 0
        at += len(piece)
    return None


def _end_in_piece(text: bytes, at: int, size: int, level: int, *, is_in_string: bool) -> int | None:
    for found in _STRUCTURE.finditer(text, at, at + size):
        byte = text[found.start()]
        if byte == _QUOTE:
            is_in_string = not is_in_string
        elif not is_in_string and byte != _BACKSLASH:
            level += 1 if byte in _OPENING else -1
            if level <= 0:
                return found.end()
    return None


def _elements_at(cursor: _Cursor, most: int, *, constants: bool) -> list[bytes]:
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


def _constant_from(document: str, position: int) -> int | None:
    """Return where the first `NaN` or its like stands from a position on; all before it is JSON."""
    return next((found.start() for found in _CONSTANT.finditer(document, position) if found[1]), None)


def _enters_object(cursor: _Cursor) -> bool:
    """Go to an object's first member; say whether it has one."""
    cursor.pass_space()
    cursor.pass_sign(_OPEN_BRACE)
    if cursor.byte() != _CLOSE_BRACE:
        return True
    cursor.pass_sign(_CLOSE_BRACE)
    cursor.pass_end()
    return False


def _key_of_member(cursor: _Cursor) -> str:
    """Return a member's key, and go to its value."""
    if cursor.byte() != _QUOTE:
        raise NotJsonError(cursor.character)
    key = cursor.value()
    cursor.pass_sign(_COLON)
    return str(json.loads(key.decode())) if b"\\" in key else key[1:-1].decode()


def _has_next_member(cursor: _Cursor) -> bool:
    """Go to the member after a value; say whether there is one."""
    if cursor.pass_sign(_COMMA, _CLOSE_BRACE) == _COMMA:
        return True
    cursor.pass_end()
    return False


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
    if _no_utf_8_at(text) is not None:
        return [line.strip(_BLANK) for line in islice(_lines(text), most + 1)]
    with _without_cycles():
        return _documents_at(_Cursor(text), text, most)


def _documents_at(cursor: _Cursor, text: bytes, most: int) -> list[bytes]:
    found: list[bytes] = []
    looks = _LOOKS_IN_VAIN
    cursor.pass_space()
    while cursor.at < len(text) and len(found) <= most:
        start = cursor.at
        try:
            if looks < 0:
                raise NotJsonError
            found.append(cursor.value())
        except (ValueError, StopIteration, RecursionError) as error:
            place = error.at if isinstance(error, NotJsonError) else None
            looks -= max(_WINDOW_BYTES if place is None else place - cursor.character, cursor.looked_to - start)
            end = text.find(b"\n", start)
            end = len(text) if end < 0 else end
            found.append(text[start:end].rstrip(_BLANK))
            cursor.pass_to(end)
    return found


def _no_utf_8_at(text: bytes) -> int | None:
    """Return at which character a text is no UTF-8, which is seen a window at a time; None if all of it is."""
    if text.isascii():
        return None
    at = 0
    while at < len(text):
        piece = text[at : at + _WINDOW_BYTES]
        try:
            at += utf_8_decode(piece, "strict", at + len(piece) == len(text))[1]
        except UnicodeDecodeError as error:
            return count_characters(text[: at + error.start])
    return None


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
