"""What an organisation has used of its plan this month, and whether ingest still takes its events.

A plan is as the organisation's item has it: `requests_per_month` and `bytes_per_month`, where None is no limit, and
`over_limit`, `accept` or `reject`. A month is one of the calendar, in UTC.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.metering.ports import UsageReader, UsageScope
from domain.metering.slices import Slice

ALARM_SHARES = (0.8, 1.0)
"""At which shares of a limit someone is told."""


class MonthUse(NamedTuple):
    """What counts against a plan.

    Bytes are those of accepted events, as they are stored, and those of quarantined events: as many as the events of
    their day had on average as they were sent.
    """

    requests: int
    bytes: int


def month_use(reader: UsageReader, organisation_id: str, now: int) -> MonthUse:
    """Return what an organisation has used since the month began; `now` in Unix seconds."""
    start = Slice.MONTH.start_of(now)
    days = reader.series(UsageScope(organisation_id), Slice.DAY, start, Slice.MONTH.after(start))
    return MonthUse(
        sum(day.counts["requests"] for day in days),
        sum(day.counts["bytes_accepted"] + _bytes_quarantined(day.counts) for day in days),
    )


def _bytes_quarantined(counts: Mapping[str, int]) -> int:
    events = sum(counts[outcome] for outcome in ("accepted", "quarantined", "rejected", "limited"))
    return counts["bytes_received"] * counts["quarantined"] // events if events else 0


def has_limit(plan: Mapping[str, Any]) -> bool:
    """Say whether a plan limits anything, so that its use has to be looked at."""
    return any(plan.get(name) is not None for name in ("requests_per_month", "bytes_per_month"))


def used_share(plan: Mapping[str, Any], use: MonthUse) -> float:
    """Return the share of the limit that is used most, 1 where it is used up; 0 without limits."""
    limits = ((use.requests, plan.get("requests_per_month")), (use.bytes, plan.get("bytes_per_month")))
    return max((used / limit for used, limit in limits if limit is not None), default=0.0)


def is_exhausted(plan: Mapping[str, Any], use: MonthUse) -> bool:
    """Say whether ingest is to refuse: a limit is used up, and the plan says `reject`."""
    return plan.get("over_limit") == "reject" and used_share(plan, use) >= 1
