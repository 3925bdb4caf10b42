"""The figures that alerts of one environment look at: each read once, and only where an alert asks for it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from domain.certificates.expiry import days_left
from domain.delivery.buffering import buffer_seconds_of
from domain.delivery.last_error import read_last_errors
from domain.metering.ledger import overdue
from domain.metering.plans import MonthUse, has_limit, month_use, used_share
from domain.metering.ports import UsagePoint, UsageReader, UsageScope
from domain.metering.slices import DAY_SECONDS, Slice
from domain.metering.unknown_keys import Stored, unpacked
from domain.records import keys
from domain.records.ports import Table

COUNTED_AFTER_SECONDS = 30
"""How long after its end a minute is counted by all handlers that go on working."""
_HOUR_SECONDS = 3_600
_WRITING_SECONDS = 300
"""What a stream has beyond its buffer to write an object."""
_CODES_DAYS = 30


class Events(NamedTuple):
    """How many events there were in some time, limited ones aside; `rejected` has those in quarantine, too."""

    all: int
    rejected: int


class Facts:
    """What is known of an environment at one moment. Each property or method may raise `Undelivered`."""

    def __init__(
        self,
        table: Table,
        usage: UsageReader,
        unknown: Stored,
        organisation: "OrganisationFacts",
        environment: Mapping[str, Any],
        *,
        buffer_seconds: float,
        window_minutes: int,
    ) -> None:
        """Take how long a stream gathers that has no setting of its own, and the most minutes that are asked for."""
        self._table = table
        self._usage = usage
        self._unknown = unknown
        self._organisation = organisation
        self._environment = environment
        self._buffer_seconds = buffer_seconds
        self._window_seconds = window_minutes * 60
        self._scope = UsageScope(environment["organisation_id"], environment_id=environment["id"])
        self.now = organisation.now

    @property
    def counted_until(self) -> int:
        """The end of the last minute that is counted, Unix seconds."""
        return Slice.MINUTE.start_of(self.now - COUNTED_AFTER_SECONDS)

    def by_minute(self, minutes: int) -> list[Events]:
        """Return the events of each of the last counted minutes in which there were any."""
        start = self.counted_until - minutes * 60
        counted = [_events(point) for point in self._minutes if start <= point.at < self.counted_until]
        return [events for events in counted if events.all]

    def arrived_within(self, minutes: int) -> bool:
        """Say whether anything arrived in the last counted minutes, or since."""
        start = self.counted_until - minutes * 60
        return any(_arrived(point) for point in self._minutes if point.at >= start)

    @cached_property
    def arrived_a_day_ago(self) -> bool:
        """Whether anything arrived in the hour that ended at this time of the day before."""
        end = self.counted_until - DAY_SECONDS
        return any(_arrived(point) for point in self._usage.series(self._scope, Slice.MINUTE, end - _HOUR_SECONDS, end))

    def overdue(self, minutes: int) -> int:
        """Return how many events of the last day were accepted longer ago, and are not where they should be.

        None is looked for before its stream has had the time to write it.
        """
        least = buffer_seconds_of(self._environment, self._buffer_seconds) + _WRITING_SECONDS
        end = Slice.MINUTE.start_of(int(self.now - max(minutes * 60, least)))
        return overdue(self._usage, self._scope, end).missing

    @cached_property
    def delivery_error(self) -> str | None:
        """Why the destination takes no events now, in a sentence; None where it does, or never failed."""
        error = read_last_errors(self._table, [self._environment["id"]]).get(self._environment["id"])
        return None if error is None or error["recovered_at"] is not None else error["reason"]

    def codes(self, *, all_known: bool) -> dict[str, int]:
        """Return the codes of rejected events by count: of the last 30 days, or of today and yesterday."""
        days = _CODES_DAYS if all_known else 1
        start = Slice.DAY.start_of(self.now)
        return self._usage.codes(self._scope, Slice.DAY, start - days * DAY_SECONDS, start + DAY_SECONDS)

    @cached_property
    def unknown_keys(self) -> Sequence[str]:
        """The pointers of keys that no field names."""
        found = unpacked(self._unknown.get(self._environment["id"])[1])
        found.forget(self.now)
        return list(found.keys)

    @property
    def plan_share(self) -> float | None:
        """How much of its plan the organisation has used this month; None for a plan without limits."""
        return self._organisation.plan_share

    @cached_property
    def certificate_days(self) -> int | None:
        """The whole days until the certificate of the custom domain expires; None where there is none."""
        domain = self._environment.get("custom_domain")
        claim = None if domain is None else self._table.get(keys.custom_domain_key(domain))
        if claim is None or claim.data["environment_id"] != self._environment["id"]:
            return None
        expires_at = claim.data["facts"]["expires_at"]
        return None if expires_at is None else days_left(expires_at, self.now)

    @property
    def domain(self) -> str:
        """The custom domain, or nothing."""
        return self._environment.get("custom_domain") or ""

    @cached_property
    def _minutes(self) -> list[UsagePoint]:
        start = self.counted_until - self._window_seconds
        return self._usage.series(self._scope, Slice.MINUTE, start, self.now + 1)


class OrganisationFacts:
    """What is the same for all environments of an organisation at one moment (`now`: Unix seconds)."""

    def __init__(self, table: Table, usage: UsageReader, organisation_id: str, now: int) -> None:
        self._table = table
        self._usage = usage
        self._id = organisation_id
        self.now = now

    @cached_property
    def plan_share(self) -> float | None:
        organisation = self._table.get(keys.organisation_key(self._id))
        plan = {} if organisation is None else organisation.data.get("plan") or {}
        if not has_limit(plan):
            return None
        use: MonthUse = month_use(self._usage, self._id, self.now)
        return used_share(plan, use)


def _events(point: UsagePoint) -> Events:
    rejected = point.counts["rejected"] + point.counts["quarantined"]
    return Events(point.counts["accepted"] - point.counts["redriven"] + rejected, rejected)


def _arrived(point: UsagePoint) -> bool:
    return _events(point).all > 0 or point.counts["limited"] > 0
