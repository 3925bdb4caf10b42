"""Slices of time, in UTC: a minute, an hour, a day, a calendar month.

Usage is stored by minute, hour and day, each kept for its own time; months are summed up from days.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from schemas.limits import USAGE_DAYS_KEPT_DAYS, USAGE_HOURS_KEPT_DAYS, USAGE_MINUTES_KEPT_DAYS

DAY_SECONDS = 86_400


class Slice(StrEnum):
    """How long a slice is, from the shortest to the longest."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @property
    def stored_as(self) -> "Slice":
        """The slice whose sums this one is made of."""
        return Slice.DAY if self is Slice.MONTH else self

    @property
    def kept_seconds(self) -> int:
        """For how long its sums are kept."""
        return KEPT_SECONDS[self.stored_as]

    @property
    def coarser(self) -> "Slice | None":
        order = list(Slice)
        place = order.index(self) + 1
        return order[place] if place < len(order) else None

    def start_of(self, seconds: int) -> int:
        """Return the start of the slice in which a moment is (Unix seconds)."""
        if self is not Slice.MONTH:
            return seconds - seconds % SECONDS[self]
        moment = datetime.fromtimestamp(seconds, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp())

    def after(self, start: int) -> int:
        """Return the start of the slice after the one that starts at `start`."""
        return start + SECONDS[self] if self is not Slice.MONTH else self.start_of(start + 31 * DAY_SECONDS)


STORED = (Slice.MINUTE, Slice.HOUR, Slice.DAY)

SECONDS: Mapping[Slice, int] = {Slice.MINUTE: 60, Slice.HOUR: 3_600, Slice.DAY: DAY_SECONDS}
"""How long a stored slice is."""

KEPT_SECONDS: Mapping[Slice, int] = {
    Slice.MINUTE: USAGE_MINUTES_KEPT_DAYS * DAY_SECONDS,
    Slice.HOUR: USAGE_HOURS_KEPT_DAYS * DAY_SECONDS,
    Slice.DAY: USAGE_DAYS_KEPT_DAYS * DAY_SECONDS,
}

_MARGIN_SECONDS = 31 * DAY_SECONDS


def kept_from(stored: Slice, now: int) -> int:
    """Return the start (Unix seconds) before which the sums of a stored slice may go.

    A query for a moment that is still kept gets the whole slice around it, even a month: so each stays longer
    than `KEPT_SECONDS` says by the longest slice there is.
    """
    return now - KEPT_SECONDS[stored] - _MARGIN_SECONDS
