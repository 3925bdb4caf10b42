"""Finds the JSON text of a request, and says what may be read of it; parses what no other parser takes."""

import binascii
import json
from typing import Any, NamedTuple

import orjson

from domain.forms import form_value
from domain.protocols.shared.shape import Sent
from domain.validation.bounds import count_values
from domain.validation.json_text import NotJsonError, NumberText
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES, MAX_READ_VALUES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_MOST_DIGITS = 16
"""Of a whole number that is parsed as one; others keep their text."""
_EXACT_VALUES = 4
"""As so many counts a value that is parsed exactly."""
_TO_BASE64 = bytes.maketrans(b"-_ ", b"+/+")


class TooCostlyError(ValueError):
    """A text may not be parsed, after all that was parsed of its request before."""


class Unread(NamedTuple):
    """An event that is not parsed, with its text: over the bounds (`is_costly`), or not JSON."""

    text: bytes
    is_costly: bool


class ReadingWork:
    """What may be read of a request's events together, in values; of what they hold encoded, likewise."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = 0

    def take(self, text: bytes) -> None:
        """Take off what reading a further text costs.

        Raises:
            TooCostlyError: it may not be read, after all that was.
        """
        self._values += _values_to_make(text)
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


def _values_to_make(text: bytes) -> int:
    """Return what a text counts: what is translated is made twice, of which objects and arrays take most."""
    return count_values(text) + text.count(b"[") + text.count(b"{")


def stripped(text: bytes) -> bytes:
    """Return a text without a byte-order mark and white space around it."""
    return text.removeprefix(BYTE_ORDER_MARK).strip(_SPACE)


def loads(text: bytes) -> Any:
    """Parse JSON text; numbers keep theirs, but for whole ones of few digits.

    What only an event's own validation refuses is parsed as well: lone surrogates and `NaN`.

    Raises:
        NotJsonError: it is no JSON.
    """
    try:
        return json.loads(text.decode(), parse_float=NumberText, parse_int=_exact_int, parse_constant=NumberText)
    except ValueError:
        raise NotJsonError from None
    except RecursionError:
        try:
            return orjson.loads(text)  # which takes some more levels
        except orjson.JSONDecodeError:
            raise NotJsonError from None


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


def _exact_int(text: str) -> int | NumberText:
    return int(text) if len(text) <= _MOST_DIGITS else NumberText(text)
