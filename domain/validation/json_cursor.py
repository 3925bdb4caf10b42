"""A place in JSON text, which goes from value to value; of a text of any size, it takes little memory.

A window of the text is decoded and looked at at a time, and what is beyond the bounds of an event is not looked at: it
ends where its brackets do.
"""

import json
import re
from array import array
from codecs import utf_8_decode
from itertools import accumulate

from domain.validation.bounds import count_values
from domain.validation.json_text import NotJsonError, count_characters, place_of, refuse_constant
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES

BLANK = b" \t\r\n"
_QUOTE, _BACKSLASH = b'"\\'
_OPENING = frozenset(b"{[")
_SPACE = re.compile(r"[ \t\r\n]*+")
_SPACE_BYTES = re.compile(rb"[ \t\r\n]*+")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN|-?Infinity)')

WINDOW_BYTES = 256 * 1024
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
_FIRST_PIECE_BYTES = 1024
_SMALL_PIECE_BYTES = 256
_FINER = 16


class Cursor:
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
        if at < self._size and self._text[at] in BLANK:
            end = _SPACE_BYTES.match(self._text, at).end()  # type: ignore[union-attr] # it matches nothing as well
            self._position += end - at
            self.at = end

    def pass_end(self) -> None:
        """Raise `NotJsonError` if anything stands here."""
        if self.at < len(self._text):
            raise NotJsonError(self.character)

    def value(self, *, constants: bool = False) -> bytes:
        """Return the text of the JSON value that begins here, and pass over it and the space behind it.

        What is nested far deeper than an event may be is not looked at.

        Raises:
            NotJsonError, ValueError, IndexError, StopIteration: there is none.
        """
        try:
            try:
                end: int | None = (_scan_any if constants else _scan)(self._document, self._position)[1]
            except (ValueError, StopIteration):
                end = None
            if end is None or end > self._sure_end:
                end = self._end_in_window(constants=constants)
                if end is None:
                    return self._value_beyond_window(constants=constants)
        except RecursionError:
            return self._passed(self._text_by_structure())
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
        window = self._text[self.at : self.at + WINDOW_BYTES]
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
        value = self._text_by_structure()
        if len(value) <= MAX_EVENT_SENT_BYTES and count_values(value) <= MAX_EVENT_VALUES:
            alone = Cursor(value)
            alone.look_at_all(self.character, constants=constants)
        return self._passed(value)

    def _text_by_structure(self) -> bytes:
        """Return the text of the value that begins here by its brackets and quotes alone; what it holds may be no JSON.

        Raises:
            NotJsonError: it does not end.
        """
        end = _end_by_structure(self._text, self.at)
        self.looked_to = len(self._text) if end is None else end
        if end is None:
            raise NotJsonError(count_characters(self._text))
        return self._text[self.at : end]

    def _passed(self, value: bytes) -> bytes:
        self.pass_to(self.at + len(value))
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
    size, most = _FIRST_PIECE_BYTES, _PIECE_BYTES
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
            size = most = size // _FINER
            continue
        level += len(steps) - 2 * closing
        is_in_string ^= len(parts) % 2 == 0
        at += len(piece)
        size = min(2 * size, most)
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


def _constant_from(document: str, position: int) -> int | None:
    """Return where the first `NaN` or its like stands from a position on; all before it is JSON."""
    return next((found.start() for found in _CONSTANT.finditer(document, position) if found[1]), None)


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
