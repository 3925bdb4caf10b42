"""Which part of the events a handler keeps for a tap: no handler knows how many others there are.

`docs/decisions/0024-taps.md` has the arithmetic.
"""

from collections.abc import Mapping

from domain.metering.ports import UsageReader, UsageScope
from domain.metering.slices import Slice
from schemas.codes import Outcome
from schemas.items import TapFilter

_LOOKED_BACK_MINUTES = 3
_COUNTED = (Outcome.ACCEPTED, Outcome.QUARANTINED, Outcome.REJECTED)
_FEWEST = 1e-6
_WORTH_TELLING = 1.25


def first_share(
    usage: UsageReader, organisation_id: str, environment_id: str, only: TapFilter, rate: int, now_seconds: int
) -> float:
    """Return the share that a tap starts with: by the busiest of the last minutes.

    All of it where that is not known: for events of a code or a name.

    Raises:
        Undelivered: usage can't be read.
    """
    if "code" in only or "event_name" in only:
        return 1.0
    outcomes = [Outcome(only["outcome"])] if "outcome" in only else list(_COUNTED)
    this_minute = Slice.MINUTE.start_of(now_seconds)
    scope = UsageScope(organisation_id, environment_id=environment_id)
    points = usage.series(scope, Slice.MINUTE, this_minute - _LOOKED_BACK_MINUTES * 60, this_minute + 60)
    return share_of(rate, max((_events(point.counts, outcomes) for point in points), default=0) / 60)


def share_of(rate: int, per_second: float) -> float:
    """Return the share that keeps a tap at its rate where so many events come per second."""
    return 1.0 if per_second <= rate else max(_FEWEST, round(rate / per_second, 7))


def is_worth_telling(before: float, after: float) -> bool:
    """Say whether a share has changed enough for all handlers to be told."""
    return after > before * _WORTH_TELLING or after < before / _WORTH_TELLING


def _events(counts: Mapping[str, int], outcomes: list[Outcome]) -> int:
    return sum(counts.get(outcome.value, 0) for outcome in outcomes)
