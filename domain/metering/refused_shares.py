"""How many events two revisions of an environment refuse, side by side, while one is a canary of the other."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.metering.ports import UsageReader, UsageScope
from domain.metering.slices import Slice
from schemas.limits import MIN_CANARY_EVENTS


class Refused(NamedTuple):
    """Events that arrived under a revision, and how many of them were not valid."""

    events: int = 0
    refused: int = 0

    @property
    def share(self) -> float:
        """The refused part in per cent; 0 without events."""
        return 100 * self.refused / self.events if self.events else 0.0


def refused_between(
    usage: UsageReader, organisation_id: str, environment_id: str, revision_ids: Sequence[str], start: int, end: int
) -> list[Refused]:
    """Return what each of these revisions refused of the events that arrived in `[start, end)`.

    Args:
        usage: what was counted; lags behind by what handlers have not handed over yet.
        organisation_id: whose environment it is.
        environment_id: where the events arrived.
        revision_ids: under which.
        start: Unix seconds of a minute's start.
        end: the same; what is counted of the last minutes is as new as usage is.

    Raises:
        Undelivered: usage can't be read.
    """
    scopes = [UsageScope(organisation_id, None, environment_id, each) for each in revision_ids]
    found = [Refused()] * len(scopes)
    for stored, first, last in _spans(start, end):
        for place, points in enumerate(usage.several(scopes, stored, first, last)):
            events, refused = found[place]
            for _, counts in points:
                invalid = counts["quarantined"] + counts["rejected"]
                # What came out of quarantine was counted when it arrived.
                events += counts["accepted"] - counts["redriven"] + invalid
                refused += invalid
            found[place] = Refused(events, refused)
    return found


def refuses_too_much(canary: Refused, current: Refused, max_extra: float) -> bool:
    """Say whether a canary refuses a larger share than the current revision, by more than so many per cent of all."""
    return canary.events >= MIN_CANARY_EVENTS and canary.share - current.share > max_extra


def _spans(start: int, end: int) -> list[tuple[Slice, int, int]]:
    """Return the spans that cover a time, by whole hours as far as possible: a day has many minutes."""
    first_hour = -(-start // 3_600) * 3_600
    last_hour = Slice.HOUR.start_of(end)
    if first_hour >= last_hour:
        return [(Slice.MINUTE, start, end)]
    spans = [
        (Slice.MINUTE, start, first_hour),
        (Slice.HOUR, first_hour, last_hour),
        (Slice.MINUTE, last_hour, end),
    ]
    return [span for span in spans if span[1] < span[2]]
