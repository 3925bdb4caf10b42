"""Times that protocols define, as RFC 3339 in UTC with six decimals; and what a sender's wrong clock makes of them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ](?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII).fullmatch
_EVERY_THIRD = "--T::."  # character from the fifth on, in what `Date.toISOString` and Python's `isoformat` write
_HOUR, _NO_HOUR = slice(11, 13), "24"  # newer Pythons take it for the first of the next day
_MILLISECONDS, _MICROSECONDS = len("2026-11-28T13:46:45.131"), len("2026-11-28T13:46:45.131456")
_END_AFTER_MILLISECONDS = {"Z": "000Z", "+00:00": "000Z"}
_END_AFTER_MICROSECONDS = {"Z": "Z", "+00:00": "Z"}
"""What makes six decimals of a time in UTC, by how it ends."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - all times here are in UTC, and say so when they are written
_UTC = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_WRITTEN_BYTES = len('"2026-11-28T13:46:45.131456Z"')
_MICROSECOND = timedelta(0, 0, 1)
_LATEST = 253_402_300_800 * 1_000_000  # the year 10000

Moment = datetime
"""A time in UTC, without a zone."""


def moment_from_rfc3339(text: Any) -> Moment | None:
    """Return the time that a text says, to microseconds; None where it is none."""
    found = moment_and_text_from_rfc3339(text)
    return None if found is None else found[0]


def moment_and_text_from_rfc3339(text: Any) -> tuple[Moment, str] | None:
    """Return the time that a text says, to microseconds, and its text in UTC; None where it is none."""
    if type(text) is not str:
        return None
    try:
        if text[4:20:3] == _EVERY_THIRD:
            local, end = text[:_MILLISECONDS], _END_AFTER_MILLISECONDS.get(text[_MILLISECONDS:])
            if end is None:
                local, end = text[:_MICROSECONDS], _END_AFTER_MICROSECONDS.get(text[_MICROSECONDS:])
            if end is not None:
                moment = datetime.fromisoformat(local)
                is_no_hour = moment.hour == 0 and text[_HOUR] == _NO_HOUR
                return None if moment.tzinfo or is_no_hour else (moment, local + end)
        if not _RFC_3339(text):
            return None
        moment = datetime.fromisoformat(text.upper())
        offset = moment.utcoffset()
        moment = moment.replace(tzinfo=None)
        moment = moment - offset if offset else moment
    except (ValueError, OverflowError):
        return None
    return moment, text_from_moment(moment)


def as_utc(text: Any) -> Any:
    """Return a time that names no zone as one of UTC; anything else as it came."""
    return f"{text}Z" if type(text) is str and _WITHOUT_ZONE(text) else text


def moment_from_unix(number: Any, units_per_second: int) -> Moment | None:
    """Return the time that a number says: seconds (1), milliseconds (1,000) or microseconds (1,000,000) since 1970.

    A number written as text counts as well. None where it is none.
    """
    kind = type(number)
    if kind is str:
        try:
            number = int(number) if number.isdecimal() else float(number)
        except ValueError:
            return None
    elif kind is not int and not isinstance(number, float):
        return None
    microseconds = number * (1_000_000 // units_per_second)
    if not 0 <= microseconds < _LATEST:
        return None
    whole: int = round(microseconds)
    return _EPOCH + _MICROSECOND * whole  # takes half of what a `timedelta` of so many does


def moment_from_ns(nanoseconds: int) -> Moment:
    """Return a time of a clock."""
    return _EPOCH + _MICROSECOND * (nanoseconds // 1_000)


def text_from_moment(moment: Moment) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    written = orjson.dumps(moment, None, _UTC)  # takes half of the time that `isoformat` does
    if len(written) == _WRITTEN_BYTES:
        return written[1:-1].decode()
    return f"{moment.isoformat(timespec='microseconds')}Z"  # a whole second


class SenderClock:
    """How far a sender's clock is off, by the time of sending that a request says; None: it says none.

    An event's time is corrected to `received - (sent - made)`. A time of sending before the event was made is not
    believed, and leaves the event's time as it is.

    Some senders write the time of their own clock and no zone. Such times tell how long an event waited, but only
    compared with each other.
    """

    __slots__ = ("_has_zone", "_is_off", "is_known", "sent", "sent_text")

    def __init__(self, sent: Any, received: Moment, read: Callable[[Any], Moment | None] = moment_from_rfc3339) -> None:
        """Read the time of sending; one that is no time counts as none, and stays as it came in `sent_text`."""
        self.sent = None if sent is None else read(sent)
        self._has_zone = True
        if self.sent is None and sent is not None:
            self.sent = read(as_utc(sent))
            self._has_zone = self.sent is None
        self.is_known = sent is None or self.sent is not None
        """Whether `sent_text` is a time, or none was said."""
        self.sent_text = sent if self.sent is None else text_from_moment(self.sent)
        self._is_off = None if self.sent is None else received - self.sent

    def corrected(self, made: Moment, *, has_zone: bool = True) -> str:
        """Return when an event was made, by the clock that received it, as text; its sender may have named no zone."""
        if self._is_off is not None and has_zone is self._has_zone and self.sent >= made:  # type: ignore[operator] # they are there together
            try:
                return text_from_moment(made + self._is_off)
            except OverflowError:
                pass
        return text_from_moment(made)
