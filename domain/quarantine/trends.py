"""How many events of each group arrived when: the latest days of what is asked for, or hours where that is short."""

from collections import defaultdict
from collections.abc import Iterable

from domain.quarantine.ports import Group, GroupKey
from schemas.limits import MAX_TREND_POINTS

_HOUR_SECONDS = 3_600
_DAY_SECONDS = 86_400


class Trends:
    """Counts of groups by hour or day, those included that were sent since."""

    def __init__(self, start: int, end: int, groups: Iterable[Group]) -> None:
        """Count groups of the hours in `[start, end)`, in Unix seconds; days are those of UTC.

        There are at most `MAX_TREND_POINTS` slices: of a longer time, the latest.
        """
        is_short = end - start <= MAX_TREND_POINTS * _HOUR_SECONDS
        self.slice_name = "hour" if is_short else "day"
        self._slice = _HOUR_SECONDS if is_short else _DAY_SECONDS
        last = (end - 1) // self._slice
        first = max(start // self._slice, last - MAX_TREND_POINTS + 1)
        self.start = first * self._slice
        """When the first slice begins."""
        self._slices = last - first + 1
        self._counts: dict[GroupKey, list[int]] = defaultdict(lambda: [0] * self._slices)
        for group in groups:
            if group.hour >= self.start:
                self._counts[group.key][(group.hour - self.start) // self._slice] += group.events

    def of(self, key: GroupKey) -> list[int]:
        """Return a group's events of each slice, the oldest first."""
        return self._counts[key]
