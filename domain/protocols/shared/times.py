"""Times that protocols define, as RFC 3339 in UTC with six decimals; and what a sender's wrong clock makes of them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_USUAL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?)(?:Z|\+00:00)", re.ASCII).fullmatch
"""In UTC already, in milliseconds or microseconds: what SDKs send, of `Date.toISOString` and Python's `isoformat`."""
_MILLISECOND_CHARS = len("2026-11-28T13:46:45.131")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - all times here are in UTC, and say so when they are written
_SECONDS_PER_MINUTE = 60
_LATEST_SECONDS = 253_402_300_800  # the year 10000

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
        usual = _USUAL(text)
        if usual:
            local = usual[1]
            written = f"{local}000Z" if len(local) == _MILLISECOND_CHARS else f"{local}Z"
            return datetime.fromisoformat(local), written
        if not _RFC_3339(text):
            return None
        moment = datetime.fromisoformat(text.upper())
        offset = moment.utcoffset()
        moment = moment.replace(tzinfo=None)
        moment = moment - offset if offset else moment
    except (ValueError, OverflowError):
        return None
    return moment, text_from_moment(moment)


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


class _LastMinute:
    """The minute that was written last: events of one request come close together, and writing a date takes longest."""

    __slots__ = ("_minute",)

    def __init__(self) -> None:
        self._minute = (_EPOCH, "1970-01-01T00:00:")  # replaced as a whole, since threads share it

    def text(self, moment: Moment) -> str:
        """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
        start, written = self._minute
        since = moment - start
        seconds = since.seconds
        if since.days or seconds >= _SECONDS_PER_MINUTE:
            start = moment.replace(second=0, microsecond=0)
            written = start.isoformat()[:-2]
            self._minute = (start, written)
            since = moment - start
            seconds = since.seconds
        return "%s%02d.%06dZ" % (written, seconds, since.microseconds)  # noqa: UP031 - a third faster than an f-string


text_from_moment = _LastMinute().text


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
        if self._is_off is not None and self.sent is not None and self.sent >= made:
            try:
                return text_from_moment(made + self._is_off)
            except OverflowError:
                return text_from_moment(made)
        return text_from_moment(made)
