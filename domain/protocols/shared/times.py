"""Times that protocols define, as RFC 3339 in UTC with six decimals; and what a sender's wrong clock makes of them."""

import re
from datetime import datetime, timedelta
from typing import Any

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - all times here are in UTC, and say so when they are written
_LATEST_SECONDS = 253_402_300_800  # the year 10000

Moment = datetime
"""A time in UTC, without a zone."""


def moment_from_rfc3339(text: Any) -> Moment | None:
    """Return the time that a text says, to microseconds; None where it is none."""
    if type(text) is not str or not _RFC_3339(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        offset = moment.utcoffset()
        moment = moment.replace(tzinfo=None)
        return moment - offset if offset else moment
    except (ValueError, OverflowError):
        return None


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
    return _EPOCH + timedelta(microseconds=round(number * (1_000_000 // units_per_second)))


def moment_from_ns(nanoseconds: int) -> Moment:
    """Return a time of a clock."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1_000)


def text_from_moment(moment: Moment) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return moment.isoformat(timespec="microseconds") + "Z"


def corrected(made: Moment, sent: Moment | None, received: Moment) -> Moment:
    """Return when an event was made by the clock that received it: `received - (sent - made)`.

    A sender that says no time of sending, or one before the event was made, is believed.
    """
    if sent is None or sent < made:
        return made
    try:
        return received - (sent - made)
    except OverflowError:
        return made
