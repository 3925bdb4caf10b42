"""The ledger: what was accepted is delivered, dropped as a copy, set aside by the destination, or still on its way.

    accepted = delivered + repeats + set_aside + in_flight

Each event is in the books of the minute in which it arrived, on both sides. What left the quarantine counts as accepted
when it is sent, in the minute of its own arrival. So an hour that is over for longer than delivery takes has nothing in
flight: what it has, someone has to look for. Less than nothing is in flight where counts of accepted events were lost,
as with a process that is killed: nothing of the events is.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.metering.ports import UsagePoint, UsageReader, UsageScope
from domain.metering.slices import Slice

IN_FLIGHT: Mapping[str, int] = {"accepted": 1, "delivered": -1, "repeats": -1, "set_aside": -1}
"""How often each count goes into what is in flight."""

IMBALANCE_AGE_SECONDS = 15 * 60
LOOK_BACK_SECONDS = 24 * 60 * 60
_HOUR_SECONDS = 3_600


class Imbalance(NamedTuple):
    """Events of an environment that should have arrived by now, and those that arrived without being accepted."""

    missing: int
    surplus: int


def weighed(counts: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """Return the sum of the counts that `weights` names, each times its weight."""
    return sum(weight * counts[name] for name, weight in weights.items())


def imbalance_of(points: Iterable[UsagePoint]) -> Imbalance:
    """Return what is out of balance, hour by hour: a surplus in one makes up for nothing in another."""
    hours: dict[int, int] = {}
    for point in points:
        hour = point.at // _HOUR_SECONDS
        hours[hour] = hours.get(hour, 0) + weighed(point.counts, IN_FLIGHT)
    flights = hours.values()
    return Imbalance(sum(max(0, flight) for flight in flights), sum(max(0, -flight) for flight in flights))


def overdue(reader: UsageReader, scope: UsageScope, end: int) -> Imbalance:
    """Return what is out of balance among the events that arrived in the day before `end` (Unix seconds).

    `scope` is best narrowed to one environment, or one's surplus hides what another lacks.
    """
    return imbalance_of(_points(reader, scope, end, end))


class Look(NamedTuple):
    """What the ledger of an environment says at one moment.

    `is_settled`: nothing of the last day is on its way, not even what has just been accepted. Until that has changed,
    and its time to arrive has passed, nothing can be missing.
    """

    imbalance: Imbalance
    is_settled: bool


def look(reader: UsageReader, scope: UsageScope, now: int, buffer_seconds: float) -> Look:
    """Return what is out of balance among the events of the last day that have had time to arrive.

    Args:
        reader: what was counted.
        scope: whose events; narrow it to one environment, or one's surplus hides what another lacks.
        now: Unix seconds.
        buffer_seconds: how long the streams gather before they write.
    """
    end = int(now - IMBALANCE_AGE_SECONDS - buffer_seconds)
    end -= end % 60
    points = _points(reader, scope, end, now + 1)
    return Look(imbalance_of(point for point in points if point.at < end), imbalance_of(points) == Imbalance(0, 0))


def _points(reader: UsageReader, scope: UsageScope, due: int, end: int) -> list[UsagePoint]:
    """Return what was counted in the day before `due`, and from there until `end`."""
    # Whole hours first, minutes only for what comes after them: a day is some 100 rows instead of 1,440.
    whole = due - due % _HOUR_SECONDS
    return [
        *reader.series(scope, Slice.HOUR, whole - LOOK_BACK_SECONDS, whole),
        *reader.series(scope, Slice.MINUTE, whole, end),
    ]
