"""Reads bodies within the bounds of a request: numbers keep their digits.

A body of few values is parsed at once. A larger one is cut into its events first, each of which is parsed alone, so
that what is held at a time is one event; what is beyond the bounds of one stays unread.
"""

import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any, NamedTuple

import orjson

from domain.forms import form_value
from domain.protocols.shared.shape import Sent
from domain.protocols.shared.writing import dumps
from domain.validation.bounds import count_values
from domain.validation.json_cuts import array_elements, documents, envelope_members
from domain.validation.json_text import NotJsonError, NumberText, TooDeepError
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES, MAX_EVENTS_PER_REQUEST, MAX_READ_VALUES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_DIGITS = bytes.maketrans(b"123456789.", b"0" * 10)
SHORT_DIGITS = 15
"""So many digits a double always holds."""
_LONG = b"0" * (SHORT_DIGITS + 1)
_PLAIN_DIGITS = 16
"""So many digits of a whole number the fast parser reads like any other; of more, a double may hold less."""
_EXPONENT = frozenset(b"eE")
_ZEROS = re.compile(rb"0*").match
_BEFORE_NUMBER = frozenset(b":,[ \t\r\n")
_MINUS = ord("-")
_EXACT_VALUES = 4
"""As so many counts a value that is parsed exactly."""
_TO_BASE64 = bytes.maketrans(b"-_ ", b"+/+")


class TooCostlyError(ValueError):
    """A text may not be parsed, after all that was parsed of its request before."""


class Unread(NamedTuple):
    """An event that is not parsed, with its text: over the bounds (`is_costly`), or not JSON."""

    text: bytes
    is_costly: bool


class Envelope(NamedTuple):
    """A body whose events stand in an array: the other members, and the events.

    An event is what it parses to, or `Unread`. `events` are made while they are taken, and taken once. `is_plain` says
    that each is what the text parses to that `dumps` writes of it, so that nobody needs to parse that again.
    `has_short_numbers` says that no number has over 15 digits.
    """

    members: dict[str, Any]
    events: Iterable[Any]
    is_plain: bool = False
    has_short_numbers: bool = False


class ReadingWork:
    """What may be read of a request's events together, in values; of what they hold encoded, likewise."""

    __slots__ = ("_bytes", "_values", "has_short_numbers")

    def __init__(self) -> None:
        self._values = 0
        self._bytes = 0
        self.has_short_numbers = True
        """Whether all that was read has, as an `Envelope` says it."""

    def loaded(self, text: bytes, *, strict: bool = False, is_counted: bool = False) -> tuple[Any, bool]:
        """Parse a further text like `loaded`, with `is_counted` one that stands in a text parsed before.

        Raises:
            NotJsonError: it is no JSON.
            TooCostlyError: it may not be parsed, after all that was.
        """
        if not is_counted:
            self.take(text)

        def may_parse_exactly() -> bool:
            self._values += _values_to_make(text) * (_EXACT_VALUES - 1)
            return self._values <= MAX_READ_VALUES

        value, is_plain, has_short_numbers = loaded(text, strict=strict, may_parse_exactly=may_parse_exactly)
        self.has_short_numbers = self.has_short_numbers and has_short_numbers
        return value, is_plain

    def take(self, text: bytes) -> None:
        """Take off what reading a further text costs.

        Raises:
            TooCostlyError: it may not be read, after all that was.
        """
        self._values += _values_to_make(text)
        self._bytes += len(text)
        if self._values > MAX_READ_VALUES or not is_affordable(text):
            raise TooCostlyError

    def take_exactly(self, text: bytes) -> None:
        """Take off what parsing one of these texts exactly costs as well.

        Raises:
            TooCostlyError: it may not be parsed exactly.
        """
        self._values += _values_to_make(text) * (_EXACT_VALUES - 1)
        if self._values > MAX_READ_VALUES:
            raise TooCostlyError

    @property
    def may_hold(self) -> bool:
        """Say whether all that was read may be held together: no more than a body that is parsed at once."""
        return self._values <= MAX_EVENT_VALUES and self._bytes <= MAX_EVENT_SENT_BYTES


def _values_to_make(text: bytes) -> int:
    """Return what a text counts: what is translated is made twice, of which objects and arrays take most."""
    return count_values(text) + text.count(b"[") + text.count(b"{")


def stripped(text: bytes) -> bytes:
    """Return a text without a byte-order mark and white space around it."""
    return text.removeprefix(BYTE_ORDER_MARK).strip(_SPACE)


def loads(text: bytes) -> Any:
    """Parse JSON text; a number that no double holds keeps its text.

    What only an event's own validation refuses is parsed as well: lone surrogates and `NaN`.

    Raises:
        NotJsonError: it is no JSON.
    """
    return loaded(text)[0]


def loaded(
    text: bytes, *, strict: bool = False, may_parse_exactly: Callable[[], bool] = lambda: True
) -> tuple[Any, bool, bool]:
    """Parse JSON text like `loads`; say also whether it is plain and has short numbers, as an `Envelope` does.

    Args:
        text: the JSON text.
        strict: what only an event's own validation refuses is no JSON.
        may_parse_exactly: asked before the slower way is gone, where the fast parser does not do.

    Raises:
        NotJsonError: it is no JSON.
        TooCostlyError: it may not be parsed exactly.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        if strict:
            raise NotJsonError from None
    else:
        most = _most_digits(text)
        if most <= _PLAIN_DIGITS:
            return value, True, most <= SHORT_DIGITS
    if not may_parse_exactly():
        raise TooCostlyError
    return exact(text), False, False


def _most_digits(text: bytes) -> int:
    """Return how many digits stand at the most where a number may begin; also counts those of some strings.

    It tells up to `SHORT_DIGITS`, as that, from up to `_PLAIN_DIGITS`, and both from more.
    """
    digits = text.translate(_DIGITS)
    most = SHORT_DIGITS
    at = digits.find(_LONG)
    while at >= 0 and most <= _PLAIN_DIGITS:
        end = _ZEROS(digits, at).end()  # type: ignore[union-attr] # it matches nothing as well
        before = at - 2 if at and text[at - 1] == _MINUS else at - 1
        if before < 0 or text[before] in _BEFORE_NUMBER:
            is_fraction = end < len(text) and text[end] in _EXPONENT and b"." not in text[at:end]
            most = max(most, end - at + is_fraction)
        at = digits.find(_LONG, end)
    return most


def read(text: bytes) -> tuple[Any, bool, bool]:
    """Parse a body of one event: `Unread` where it costs too much, or is no JSON.

    With it comes whether it is plain and has short numbers, as an `Envelope` says it.
    """
    if not is_affordable(text):
        return Unread(text, is_costly=True), False, False
    try:
        return loaded(text)
    except NotJsonError:
        return Unread(text, is_costly=False), False, False


def read_array(text: bytes) -> Envelope:
    """Return the events of a body that is a JSON array.

    Raises:
        NotJsonError: it is none.
    """
    if is_affordable(text):
        value, is_plain, has_short_numbers = loaded(text)
        if type(value) is not list:
            raise NotJsonError
        return Envelope({}, value, is_plain, has_short_numbers)
    return Envelope({}, _each(_elements(text, MAX_EVENTS_PER_REQUEST)))


def read_envelope(text: bytes, key: str, most: int = MAX_EVENTS_PER_REQUEST) -> Envelope:
    """Return the events of a body that is a JSON object with an array of events under `key`.

    Raises:
        NotJsonError: it is none, or has no such array.
    """
    if is_affordable(text):
        value, is_plain, has_short_numbers = loaded(text)
        events = value.pop(key, None) if type(value) is dict else None
        if type(events) is not list:
            raise NotJsonError
        return Envelope(value, events, is_plain, has_short_numbers)
    try:
        members, elements = envelope_members(text, key, most)
    except TooDeepError:
        raise NotJsonError from None
    if elements is None:
        raise NotJsonError
    rest = b"{%b}" % b",".join(b"%b:%b" % (dumps(name), member) for name, member in members.items())
    if not is_affordable(rest):
        raise NotJsonError
    return Envelope(loads(rest), _each(elements))


def read_batch(text: bytes, key: str | None = None) -> Envelope:
    """Return the events of a body: an object with an array of them under `key`, an array of them, or one event alone.

    What is not JSON is one event, `Unread`; an empty text holds none.
    """
    if not text:
        return Envelope({}, [])
    if is_affordable(text):
        try:
            value, is_plain, has_short_numbers = loaded(text)
        except NotJsonError:
            return Envelope({}, [Unread(text, is_costly=False)])
        if type(value) is dict and key is not None and type(value.get(key)) is list:
            return Envelope(value, value.pop(key), is_plain, has_short_numbers)
        return Envelope({}, value if type(value) is list else [value], is_plain, has_short_numbers)
    try:
        if text.startswith(b"["):
            return Envelope({}, _each(_elements(text, MAX_EVENTS_PER_REQUEST)))
        if key is not None:
            return read_envelope(text, key)
    except NotJsonError:
        pass
    return Envelope({}, [Unread(text, is_costly=False)])


def read_documents(text: bytes) -> Iterator[tuple[Any, bool, bytes]]:
    """Parse one JSON document after another, in lines or not; stops after one more than a request may have.

    With each comes whether it is plain, as the events of an `Envelope` are, and its text.
    """
    texts = documents(text, MAX_EVENTS_PER_REQUEST)
    if is_affordable(text) and _most_digits(text) <= _PLAIN_DIGITS:
        try:
            values = list(map(orjson.loads, texts))
        except orjson.JSONDecodeError:
            pass
        else:
            return zip(values, repeat(True), texts, strict=False)
    return _each_with_plainness(texts)


def json_of_request(sent: Sent, parameter: str = "data") -> bytes:
    """Return the JSON text of a request: of a GET's parameter, of a form's field of that name, or the body itself."""
    if sent.method == "GET":
        return json_from_parameter(sent.query.get(parameter, ""))
    text = stripped(sent.body)
    if text.startswith((b"{", b"[")):
        return text
    return json_from_parameter(form_value(text, parameter.encode()) or text)


def json_from_parameter(value: str | bytes) -> bytes:
    """Return the JSON text that a parameter holds, as it is or as base64 of either alphabet, padded or not.

    A space stands for the plus that some senders don't escape. What is neither comes back as it is.
    """
    text = stripped(_bytes_from_text(value) if isinstance(value, str) else value)
    if not text or text.startswith((b"{", b"[")):
        return text
    digits = text.translate(_TO_BASE64).rstrip(b"=")
    try:
        return stripped(binascii.a2b_base64(digits + b"=" * (-len(digits) % 4), strict_mode=True))
    except binascii.Error:
        return text


def _bytes_from_text(value: str) -> bytes:
    """Return a text's bytes; those of a query that were no UTF-8 come back as they were sent."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def is_affordable(text: bytes) -> bool:
    """Say whether a text may be read as a whole."""
    return len(text) <= MAX_EVENT_SENT_BYTES and (
        len(text) <= MAX_EVENT_VALUES or count_values(text) <= MAX_EVENT_VALUES
    )


def _elements(text: bytes, most: int) -> list[bytes]:
    try:
        return array_elements(text, most, constants=True)
    except TooDeepError:
        raise NotJsonError from None


def _each(texts: list[bytes]) -> Iterator[Any]:
    """Parse texts one after another, for as long as the request's events may cost."""
    return (value for value, _, _ in _each_with_plainness(texts))


def _each_with_plainness(texts: list[bytes]) -> Iterator[tuple[Any, bool, bytes]]:
    work = ReadingWork()
    for text in texts:
        try:
            value, is_plain = work.loaded(text)
        except TooCostlyError:
            yield Unread(text, is_costly=True), False, text
        except NotJsonError:
            yield Unread(text, is_costly=False), False, text
        else:
            # What is plain is handed on, and so held to the request's end.
            yield value, is_plain and work.may_hold, text


def exact(text: bytes) -> Any:
    """Parse JSON text like `loads`, by the parser that keeps every number; slower."""
    try:
        return json.loads(text.decode(), parse_float=NumberText, parse_int=_exact_int, parse_constant=NumberText)
    except (ValueError, RecursionError):
        raise NotJsonError from None


def _exact_int(text: str) -> int | NumberText:
    return int(text) if len(text) <= _PLAIN_DIGITS else NumberText(text)
