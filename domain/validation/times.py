"""Moments and days: what each TIMESTAMP format takes, and what it is stored as.

Pure functions of one value, so that intake, the checks at save and inference read a time alike. All but Unix seconds
are stored as RFC 3339 text in UTC: text that is sent in that form already stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

from domain.validation import faults as text_of
from domain.validation.datetimes import DATE_PATTERN
from domain.validation.faults import FaultText
from domain.validation.whole_numbers import read_whole
from schemas.data_types import TimestampFormat
from schemas.limits import TIMESTAMP_MAX_SECONDS, TIMESTAMP_MIN_SECONDS

UNITS_PER_SECOND: Mapping[str, int] = {
    TimestampFormat.UNIX_SECONDS: 1,
    TimestampFormat.UNIX_MILLISECONDS: 1_000,
    TimestampFormat.UNIX_MICROSECONDS: 1_000_000,
}
"""Of the formats that are sent as whole numbers."""

_US_PER_SECOND = 1_000_000
_SECONDS_PER_DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAYS_PER_400_YEARS = 146_097
_SMALLEST_MILLISECONDS = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973: what is below is seconds

_RFC3339 = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_STORED_AS_SENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,6})?Z"
_pattern = cache(re.compile)  # few handlers see a time that takes one, and each handler's start would compile them

ReadTime = Callable[[Any], int | str | FaultText]
"""Takes a parsed JSON value; returns it as stored, or what is wrong with it as `FaultText`."""


def read_date(value: Any) -> str | FaultText:
    """Read a day, `YYYY-MM-DD`."""
    return value if type(value) is str and _pattern(DATE_PATTERN).fullmatch(value) else text_of.TYPE_DATE


def text_from_units(number: int, units_per_second: int) -> str:
    """Write a moment within the years 0001-9999, in whole units since 1970, as `YYYY-MM-DDThh:mm:ss.ffffffZ`."""
    seconds, rest = divmod(number, units_per_second)
    return _text(seconds, rest * (_US_PER_SECOND // units_per_second))


def text_from_rfc3339(value: str) -> str | None:
    """Return RFC 3339 text as it is stored, in UTC; None where it is no moment of the years 0001-9999."""
    parts = _pattern(_RFC3339).fullmatch(value)
    if parts is None:
        return None
    year, month, day, hour, minute, second, decimals, sign, offset_hours, offset_minutes = parts.groups()
    try:
        # The year 0000 has the calendar of the year 0400; its last hours may lie within the year 0001 in UTC.
        days = date(int(year) or 400, int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    if year == "0000":
        days -= _DAYS_PER_400_YEARS
    seconds = days * _SECONDS_PER_DAY + int(hour) * 3_600 + int(minute) * 60 + int(second)
    if sign is not None:
        offset = int(offset_hours) * 3_600 + int(offset_minutes) * 60
        seconds += offset if sign == "-" else -offset
    if not TIMESTAMP_MIN_SECONDS <= seconds <= TIMESTAMP_MAX_SECONDS:
        return None
    if _pattern(_STORED_AS_SENT).fullmatch(value):
        return value
    return _text(seconds, int((decimals or "0")[:6].ljust(6, "0")))


def _text(seconds: int, microseconds: int) -> str:
    days, second = divmod(seconds, _SECONDS_PER_DAY)
    hour, second = divmod(second, 3_600)
    minute, second = divmod(second, 60)
    day = date.fromordinal(_EPOCH_DAY + days).isoformat()
    return f"{day}T{hour:02d}:{minute:02d}:{second:02d}.{microseconds:06d}Z"


def _read_seconds(value: Any) -> int | FaultText:
    whole = read_whole(value, text_of.TYPE_TIMESTAMP)
    if isinstance(whole, int) and not TIMESTAMP_MIN_SECONDS <= whole <= TIMESTAMP_MAX_SECONDS:
        if TIMESTAMP_MAX_SECONDS < whole <= TIMESTAMP_MAX_SECONDS * 1_000:
            return text_of.TIMESTAMP_IN_MILLISECONDS
        return text_of.TIMESTAMP_OUT_OF_RANGE
    return whole


def _unit_reader(unit: str, units_per_second: int) -> ReadTime:
    wrong_type = text_of.timestamp_in_units(unit)
    in_seconds = text_of.timestamp_in_seconds(unit)
    too_far = text_of.timestamp_in_units_out_of_range(unit)
    least, most = least_and_most(units_per_second)

    def read(value: Any) -> str | FaultText:
        whole = read_whole(value, wrong_type)
        if not isinstance(whole, int):
            # Seconds with decimals are what many clocks give.
            return in_seconds if isinstance(value, float) and abs(value) < _SMALLEST_MILLISECONDS else whole
        if not least <= whole <= most:
            return too_far
        return text_from_units(whole, units_per_second)

    return read


def least_and_most(units_per_second: int) -> tuple[int, int]:
    """Return the first and the last moment of the years 0001-9999 in units since 1970."""
    return TIMESTAMP_MIN_SECONDS * units_per_second, (TIMESTAMP_MAX_SECONDS + 1) * units_per_second - 1


def _read_rfc3339(value: Any) -> str | FaultText:
    text = text_from_rfc3339(value) if type(value) is str else None
    return text_of.TYPE_TIMESTAMP_TEXT if text is None else text


TIMESTAMP_READERS: Mapping[str, ReadTime] = {
    TimestampFormat.UNIX_SECONDS: _read_seconds,
    TimestampFormat.UNIX_MILLISECONDS: _unit_reader("milliseconds", 1_000),
    TimestampFormat.UNIX_MICROSECONDS: _unit_reader("microseconds", 1_000_000),
    TimestampFormat.RFC3339: _read_rfc3339,
}
"""By the format of a TIMESTAMP, what reads a moment that was sent in it.

It is read to whole seconds for `unix_seconds`, else to RFC 3339 text in UTC. A float that may not be the number that
was sent raises `NeedsExactText`; `NumberText` never does.
"""
