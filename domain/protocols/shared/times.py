"""Times that protocols define, as RFC 3339 in UTC with six decimals; and what a sender's wrong clock makes of them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - all times here are in UTC, and say so when they are written
_LATEST_SECONDS = 253_402_300_800  # the year 10000

_JAVASCRIPT_CHARS = len("2026-11-28T13:46:45.131Z")

Moment = datetime
"""A time in UTC, without a zone."""


def moment_from_rfc3339(text: Any) -> Moment | None:
    """Return the time that a text says, to microseconds; None where it is none."""
    if type(text) is not str:
        return None
    try:
        if _is_of_javascript(text):
            return datetime.fromisoformat(text[:-1])
        if not _RFC_3339(text):
            return None
        moment = datetime.fromisoformat(text.upper())
        offset = moment.utcoffset()
        moment = moment.replace(tzinfo=None)
        return moment - offset if offset else moment
    except (ValueError, OverflowError):
        return None


def text_in_utc(text: str, moment: Moment) -> str:
    """Return the text of a time that was read from `text`: what SDKs send most often needs its last digits only."""
    return f"{text[:-1]}000Z" if _is_of_javascript(text) else text_from_moment(moment)


def _is_of_javascript(text: str) -> bool:
    """Say whether a text is of the form that most SDKs send, `Date.toISOString`: so much is read without a pattern."""
    return (
        len(text) == _JAVASCRIPT_CHARS
        and text[-1] == "Z"
        and text[10] == "T"
        and text[4] == text[7] == "-"
        and text[13] == text[16] == ":"
        and text[19] == "."
    )


def moment_from_unix(number: Any, units_per_second: int) -> Moment | None:
    """Return the time that a number says: seconds (1), milliseconds (1,000) or microseconds (1,000,000) since 1970.

    A number written as text counts as well. None where it is none.
    """
    if type(number) is str:
        try:
            number = int(number) if number.isdecimal() else float(number)
        except ValueError:
            return None
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        return None
    if not 0 <= number < _LATEST_SECONDS * units_per_second:
        return None
    return _EPOCH + timedelta(0, 0, round(number * (1_000_000 // units_per_second)))


def moment_from_ns(nanoseconds: int) -> Moment:
    """Return a time of a clock."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1_000)


def text_from_moment(moment: Moment) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return (moment.isoformat() if moment.microsecond else f"{moment.isoformat()}.000000") + "Z"


class SenderClock:
    """How far a sender's clock is off, by the time of sending that a request says; None: it says none.

    An event's time is corrected to `received - (sent - made)`. A time of sending before the event was made is not
    believed, and leaves the event's time as it is.
    """

    __slots__ = ("_is_off", "sent", "sent_text")

    def __init__(self, sent: Any, received: Moment, read: Callable[[Any], Moment | None] = moment_from_rfc3339) -> None:
        """Read the time of sending; one that is no time counts as none, and stays as it came in `sent_text`."""
        self.sent = None if sent is None else read(sent)
        self.sent_text = sent if self.sent is None else text_from_moment(self.sent)
        self._is_off = None if self.sent is None else received - self.sent

    def corrected(self, made: Moment) -> str:
        """Return when an event was made, by the clock that received it, as text."""
        if self._is_off is None or self.sent is None or self.sent < made:
            return text_from_moment(made)
        try:
            return text_from_moment(made + self._is_off)
        except OverflowError:
            return text_from_moment(made)
