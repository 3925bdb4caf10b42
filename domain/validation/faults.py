"""Faults of one event: what is wrong, where, and the sentence that says so.

A message never holds the value (it may be personal data) nor a regex engine's text; the bounds it names come from
the schema.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.msgspec_core import Struct
from domain.validation.json_text import count_characters
from schemas.codes import Fault
from schemas.limits import (
    MAX_EVENT_BYTES,
    MAX_EVENT_SENT_BYTES,
    MAX_EVENT_VALUES,
    MAX_FAULTS_PER_EVENT,
    MAX_JSON_DEPTH,
    MAX_STRING_BYTES,
)

_SHOWN_VALUES = 10
_SHOWN_CHARS = 40


class FaultText(NamedTuple):
    """A code and its sentence, made once per field when a revision is compiled."""

    code: Fault
    message: str


class FoundFault(Struct, frozen=True, gc=False):
    """A fault at an RFC 6901 pointer into the event as sent."""

    pointer: str
    code: Fault
    message: str


class Refusal:
    """An event that can't be accepted: all its faults, and its text as it came."""

    __slots__ = ("faults", "more", "raw")

    def __init__(self, faults: list[FoundFault], raw: bytes) -> None:
        self.more = len(faults) > MAX_FAULTS_PER_EVENT
        self.faults = faults[:MAX_FAULTS_PER_EVENT]
        self.raw = raw

    def errors(self) -> list[dict[str, Any]]:
        """Return the rows of an answer: `{"pointer", "code", "message"}`."""
        return [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in self.faults]


def whole_event_refused(text: FaultText, raw: bytes) -> Refusal:
    """Refuse an event for something that concerns all of it; the pointer is the root's."""
    return Refusal([FoundFault("", text.code, text.message)], raw)


REQUIRED = FaultText(Fault.REQUIRED, "This key is required and must not be null.")
UNKNOWN_KEY = FaultText(
    Fault.UNKNOWN_KEY, "The schema has no such key, and this revision rejects keys it does not know."
)
TYPE_STRING = FaultText(Fault.TYPE_STRING, "Must be a string.")
TYPE_INT = FaultText(Fault.TYPE_INT, "Must be a whole number, not quoted.")
TYPE_FLOAT = FaultText(Fault.TYPE_FLOAT, "Must be a number, not quoted.")
TYPE_BOOLEAN = FaultText(Fault.TYPE_BOOLEAN, "Must be true or false, not quoted.")
TYPE_DATETIME = FaultText(
    Fault.TYPE_DATETIME,
    "Must be a date and time that exist, as YYYY-MM-DD HH:MM:SS (or with T), with up to 6 decimals and no time zone.",
)
TYPE_TIMESTAMP = FaultText(Fault.TYPE_TIMESTAMP, "Must be a whole number of Unix seconds, not quoted.")
TYPE_TIMESTAMP_TEXT = FaultText(
    Fault.TYPE_TIMESTAMP,
    "Must be a moment that exists, as RFC 3339 text with its offset from UTC, such as 2026-01-31T12:00:00Z or "
    "2026-01-31T13:00:00.250+01:00.",
)
TYPE_DATE = FaultText(Fault.TYPE_DATE, "Must be a day that exists, as YYYY-MM-DD.")
TYPE_OBJECT = FaultText(Fault.TYPE_OBJECT, "Must be an object.")
TYPE_ARRAY = FaultText(Fault.TYPE_ARRAY, "Must be an array.")
INT_OUT_OF_RANGE = FaultText(Fault.OUT_OF_RANGE, "Must fit into a signed 64-bit integer.")
FLOAT_OUT_OF_RANGE = FaultText(Fault.OUT_OF_RANGE, "Must fit into a 64-bit floating-point number.")
TIMESTAMP_OUT_OF_RANGE = FaultText(Fault.OUT_OF_RANGE, "Must lie between the years 0001 and 9999, in Unix seconds.")
TIMESTAMP_IN_MILLISECONDS = FaultText(
    Fault.OUT_OF_RANGE, "Lies past the year 9999 and looks like milliseconds: send whole Unix seconds."
)
STRING_TOO_LONG = FaultText(Fault.STRING_TOO_LONG, f"Must not be longer than {MAX_STRING_BYTES:,} bytes of UTF-8.")
REGEX = FaultText(Fault.REGEX, "Must match the pattern of this key as a whole.")
NOT_JSON = FaultText(Fault.NOT_JSON, "Must be one valid JSON text (RFC 8259) in UTF-8.")
NOT_AN_OBJECT = FaultText(Fault.NOT_AN_OBJECT, "An event must be a JSON object.")
EVENT_TOO_LARGE = FaultText(Fault.EVENT_TOO_LARGE, f"Must not be larger than {MAX_EVENT_BYTES:,} bytes as stored.")
SENT_TOO_LARGE = FaultText(
    Fault.EVENT_TOO_LARGE,
    f"Must not be larger than {MAX_EVENT_SENT_BYTES:,} bytes as sent, nor hold more than {MAX_EVENT_VALUES:,} values "
    "with the defaults under its arrays.",
)
TOO_MUCH_WORK = FaultText(
    Fault.EVENT_TOO_LARGE,
    "The events before it took all the work that one request may cost, so this one was not looked at: send it in a "
    "smaller request.",
)


def place_in(text: bytes, at: int) -> str:
    """Say where a character stands, without a word of the text: `at line 3, column 7`."""
    end = _byte_of(text, at)
    if end >= len(text.rstrip()):
        return "at its end"
    if b"\n" not in text.strip():
        return f"at character {at + 1:,}"
    line = text.count(b"\n", 0, end) + 1
    column = count_characters(text[text.rfind(b"\n", 0, end) + 1 : end]) + 1
    return f"at line {line:,}, column {column:,}"


def _byte_of(text: bytes, at: int) -> int:
    """Return at which byte a character stands; found by halves, since a decoded text may take four times as much."""
    if text.isascii():
        return at
    if at >= count_characters(text):
        return len(text)
    start, end = 0, len(text)
    while end - start > 1:
        middle = (start + end) // 2
        before = count_characters(text[start:middle])
        if before <= at:
            start, at = middle, at - before
        else:
            end = middle
    return start


def not_json(text: bytes, at: int | None) -> FaultText:
    """Say that a text is not JSON, and where that shows first, if that is known."""
    if at is None:
        return NOT_JSON
    return FaultText(Fault.NOT_JSON, f"{NOT_JSON.message.removesuffix('.')}; the first error is {place_in(text, at)}.")


DEPTH = FaultText(Fault.DEPTH, f"Must not be nested deeper than {MAX_JSON_DEPTH} levels.")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def min_length(chars: int) -> FaultText:
    return FaultText(Fault.MIN_LENGTH, f"Must have at least {_many(chars, 'character')}.")


def max_length(chars: int) -> FaultText:
    return FaultText(Fault.MAX_LENGTH, f"Must have at most {_many(chars, 'character')}.")


def min_value(bound: float) -> FaultText:
    return FaultText(Fault.MIN_VALUE, f"Must be at least {_plain(bound)}.")


def max_value(bound: float) -> FaultText:
    return FaultText(Fault.MAX_VALUE, f"Must be at most {_plain(bound)}.")


def min_items(count: int) -> FaultText:
    return FaultText(Fault.MIN_ITEMS, f"Must have at least {_many(count, 'element')}.")


def max_items(count: int) -> FaultText:
    return FaultText(Fault.MAX_ITEMS, f"Must have at most {_many(count, 'element')}.")


def timestamp_in_units(unit: str) -> FaultText:
    return FaultText(Fault.TYPE_TIMESTAMP, f"Must be a whole number of Unix {unit}, not quoted.")


def timestamp_in_seconds(unit: str) -> FaultText:
    return FaultText(
        Fault.TYPE_TIMESTAMP, f"Has decimals and looks like seconds: send a whole number of Unix {unit}, not quoted."
    )


def timestamp_in_units_out_of_range(unit: str) -> FaultText:
    return FaultText(
        Fault.OUT_OF_RANGE,
        f"Must lie between the years 0001 and 9999, in Unix {unit}: a finer unit of time gives numbers as large as "
        "this one.",
    )


def max_bytes(count: int) -> FaultText:
    return FaultText(Fault.MAX_BYTES, f"Must have at most {_many(count, 'byte')} of UTF-8.")


def multiple_of(divisor: int) -> FaultText:
    return FaultText(Fault.MULTIPLE_OF, f"Must be a multiple of {divisor}.")


def not_of_format(name: str) -> FaultText:
    return FaultText(Fault.FORMAT, f"Must be of the format {name}.")


JSON_NUMBER_OUT_OF_RANGE = FaultText(
    Fault.OUT_OF_RANGE, "Must fit into a 64-bit floating-point number, or be a whole number of at most 64 bits."
)
NULL_ELEMENT = FaultText(Fault.KIND, "An element must not be null.")


def kind(kinds: Sequence[str]) -> FaultText:
    return FaultText(Fault.KIND, f"Must be of one of the kinds {', '.join(kinds)}.")


def value_kinds(kinds: Sequence[str]) -> FaultText:
    return FaultText(Fault.KIND, f"Each value of the object must be of one of the kinds {', '.join(kinds)}.")


def element_kinds(kinds: Sequence[str]) -> FaultText:
    return FaultText(Fault.KIND, f"Each element of the array must be of one of the kinds {', '.join(kinds)}.")


def min_properties(count: int) -> FaultText:
    return FaultText(Fault.MIN_PROPERTIES, f"Must have at least {_many(count, 'key')}.")


def max_properties(count: int) -> FaultText:
    return FaultText(Fault.MAX_PROPERTIES, f"Must have at most {_many(count, 'key')}.")


UNIQUE_ITEMS = FaultText(Fault.UNIQUE_ITEMS, "No two elements of this array may be equal.")


ONE_OF = FaultText(Fault.ONE_OF, "Must be one of the values that the schema lists.")


def one_of(values: Sequence[object]) -> FaultText:
    """Name the first values of the schema's, each cut where it is long; nothing of the event."""
    shown = [_cut(json.dumps(value, ensure_ascii=False)) for value in values[:_SHOWN_VALUES]]
    more = len(values) - len(shown)
    rest = f" or one of {more:,} more" if more else ""
    return FaultText(Fault.ONE_OF, f"Must be {'one of ' if len(values) > 1 else ''}{', '.join(shown)}{rest}.")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def _plain(bound: float) -> str:
    """Write a whole bound as people do, without `.0`."""
    return str(bound).removesuffix(".0")
