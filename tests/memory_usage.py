"""Usage in memory: what the handlers need of it, in the plainest way."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from domain.metering.names import NameCounts
from domain.metering.ports import COUNTS, UsagePoint, UsageScope, UsageSums
from domain.metering.slices import Slice
from schemas.limits import MAX_EVENT_NAMES


class MemoryUsage:
    """Implements `UsageSink`, `DeliveredSink` and `UsageReader` by keeping every row it was ever given."""

    def __init__(self) -> None:
        self.rows: list[UsageSums] = []
        self._owners: dict[str, tuple[str, str]] = {}
        self._objects: set[str] = set()

    def add(self, sums: Sequence[UsageSums]) -> None:
        for row in sums:
            self.rows.append(row)
            if row.organisation_id:
                self._owners.setdefault(row.environment_id, (row.organisation_id, row.endpoint_id))

    def add_delivered(self, object_name: str, sums: Sequence[UsageSums]) -> None:
        if object_name not in self._objects:
            self._objects.add(object_name)
            self.add(sums)

    def series(self, scope: UsageScope, stored: Slice, start: int, end: int) -> list[UsagePoint]:
        points: dict[int, Counter[str]] = defaultdict(Counter)
        for at, row in self._selected(scope, stored, start, end):
            points[at].update({name: getattr(row, name) for name in COUNTS})
        return [UsagePoint(at, {name: points[at][name] for name in COUNTS}) for at in sorted(points)]

    def several(self, scopes: Sequence[UsageScope], stored: Slice, start: int, end: int) -> list[list[UsagePoint]]:
        return [self.series(scope, stored, start, end) for scope in scopes]

    def codes(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, int]:
        codes: Counter[str] = Counter()
        for _, row in self._selected(scope, stored, start, end):
            codes.update(row.codes)
        return dict(codes)

    def protocols(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, dict[str, int]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for _, row in self._selected(scope, stored, start, end):
            for protocol, outcomes in row.protocols.items():
                found[protocol].update(outcomes)
        return {protocol: dict(outcomes) for protocol, outcomes in found.items()}

    def names(self, scope: UsageScope, start: int, end: int) -> NameCounts:
        by_hour: dict[int, NameCounts] = defaultdict(NameCounts)
        for at, row in self._selected(scope, Slice.HOUR, start, end):
            by_hour[at].add_all(row.names, row.other_names, MAX_EVENT_NAMES)
        counts = NameCounts()
        for hour in by_hour.values():
            counts.add_all(hour.names, hour.other, len(by_hour) * MAX_EVENT_NAMES)
        return counts

    def organisations(self) -> list[str]:
        return sorted({organisation_id for organisation_id, _ in self._owners.values()})

    def _selected(self, scope: UsageScope, stored: Slice, start: int, end: int) -> Iterator[tuple[int, UsageSums]]:
        for row in self.rows:
            organisation_id, endpoint_id = self._owners.get(row.environment_id, ("", ""))
            at = stored.start_of(row.minute)
            if (
                organisation_id == scope.organisation_id
                and scope.endpoint_id in {None, endpoint_id}
                and scope.environment_id in {None, row.environment_id}
                and scope.revision_id in {None, row.revision_id}
                and start <= at < end
            ):
                yield at, row
