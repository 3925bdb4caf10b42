"""Days and moments as patterns that ECMA-262 and RE2 understand alike, anchored at both ends."""

from domain.intake.datetimes import DATETIME_PATTERN
from schemas.data_types import TimestampFormat

_DAY = DATETIME_PATTERN.removeprefix("^").split("[T ]")[0]
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"

DATE_PATTERN = f"^{_DAY}$"

# Moments of the year 1 in UTC can stand as of the last day of the year 0, with an offset.
RFC3339_PATTERN = rf"^(?:{_DAY}|0000-12-31)[Tt ]{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:[Zz]|[+-]{_CLOCK})$"
"""But for the few hours at both ends of the calendar whose offset leads out of it."""

UNITS_PER_SECOND = {
    TimestampFormat.UNIX_SECONDS: 1,
    TimestampFormat.UNIX_MILLISECONDS: 1_000,
    TimestampFormat.UNIX_MICROSECONDS: 1_000_000,
}
"""Of the formats that are sent as whole numbers."""
