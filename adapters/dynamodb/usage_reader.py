"""Reads sums of usage from DynamoDB: one series of every shard, in order, whatever is asked for."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import SORT_KEY
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.querying import query_items
from adapters.dynamodb.reading import key_attributes
from adapters.dynamodb.usage_items import (
    ORGANISATIONS,
    at_of,
    codes_of,
    counts_of,
    owner_key,
    partitions,
    protocols_of,
    range_bounds,
    revision_of,
)
from adapters.dynamodb.usage_names import DynamoUsageNames
from domain.metering.names import NameCounts
from domain.metering.ports import COUNTS, UsagePoint, UsageScope
from domain.metering.slices import Slice

_AT_ONCE = 8  # fewer than the connections that a client keeps


class DynamoUsageReader:
    """Implements `UsageReader`.

    Reads are not consistent, at half the price: what was added within about the last second may be missing.
    """

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table
        self._names = DynamoUsageNames(call, table)

    def series(self, scope: UsageScope, stored: Slice, start: int, end: int) -> list[UsagePoint]:
        points: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for item in self._items(scope, stored, start, end):
            points[at_of(item)].update(counts_of(item))
        return [UsagePoint(at, {name: counts[name] for name in COUNTS}) for at, counts in sorted(points.items())]

    def several(self, scopes: Sequence[UsageScope], stored: Slice, start: int, end: int) -> list[list[UsagePoint]]:
        # Each is a query of every shard, some milliseconds one after another.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda scope: self.series(scope, stored, start, end), scopes))

    def codes(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, int]:
        codes: Counter[str] = Counter()
        for item in self._items(scope, stored, start, end):
            codes.update(codes_of(item))
        return dict(codes)

    def protocols(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, dict[str, int]]:
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for item in self._items(scope, stored, start, end):
            for protocol, outcome, count in protocols_of(item):
                found[protocol][outcome] += count
        return {protocol: dict(outcomes) for protocol, outcomes in found.items()}

    def names(self, scope: UsageScope, start: int, end: int) -> NameCounts:
        return self._names.read(scope, start, end) if self._is_consistent(scope) else NameCounts()

    def organisations(self) -> list[str]:
        return [item[SORT_KEY]["S"] for item in query_items(self._call, self._table, ORGANISATIONS)]

    def _items(self, scope: UsageScope, stored: Slice, start: int, end: int) -> Iterator[Attributes]:
        if not self._is_consistent(scope):
            return
        between = range_bounds(start, end)
        for partition in partitions(scope, stored):
            for item in query_items(self._call, self._table, partition, between=between):
                if scope.revision_id in {None, revision_of(item)}:
                    yield item

    def _is_consistent(self, scope: UsageScope) -> bool:
        """Say whether the environment of a scope, if it names one, is one of the endpoint that it names."""
        if scope.environment_id is None or scope.endpoint_id is None:
            return True
        request = {"TableName": self._table, "Key": key_attributes(owner_key(scope.environment_id))}
        owner = self._call("get_item", request).get("Item")
        return owner is not None and owner["endpoint_id"]["S"] == scope.endpoint_id
