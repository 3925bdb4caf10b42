"""Usage by the names of events, in DynamoDB: an item for each environment, hour and shard.

An item holds the set of its names, and no update brings in more than it has room for: its condition says so. The names
of an environment are written to one shard alone; others have what was written before that was so.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.querying import query_items
from adapters.dynamodb.reading import key_attributes
from adapters.dynamodb.usage_items import SHARDS, range_bounds
from domain.items import Conflict
from domain.metering.names import NameCounts
from domain.metering.ports import UsageScope, UsageSums, counts_by_hour
from domain.metering.slices import KEPT_SECONDS, Slice
from schemas.items import ItemKey
from schemas.limits import MAX_EVENT_NAMES

_NAMES_PER_UPDATE = 30  # an expression has at most 4 KB and 300 operators, and a name three outcomes
_TRIES = 3
_NAMES = "names"
_OTHER = "other"
_MAX_ITEMS_KNOWN = 1_000


class NamedPart(NamedTuple):
    """Counts by name that one update takes, of one environment and hour."""

    environment_id: str
    hour: int
    """Unix seconds of its start."""
    names: Mapping[str, Mapping[str, int]]
    other: Mapping[str, int]


class DynamoUsageNames:
    """Adds and reads counts by name; one thread at a time adds those of an environment."""

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table
        self._known: dict[ItemKey, set[str]] = {}
        """The names that an item is known to have."""

    def add(self, guard: Attributes, part: NamedPart, organisation_id: str) -> None:
        """Add a part in one transaction with a guard, a write whose condition lets it happen once.

        Raises:
            Conflict: the guard's condition does not hold, so nothing was added.
            Undelivered: it was not done, or it is not known whether it was.
        """
        scope = UsageScope(organisation_id, environment_id=part.environment_id)
        key = ItemKey(_partition(scope, _shard_of(part.environment_id)), f"{range_bounds(part.hour, part.hour)[0]}#")
        for tries_left in reversed(range(_TRIES)):
            known = self._known.get(key, set())
            # Others bring in names all the time: the last try brings in none, and needs no room.
            room = max(0, MAX_EVENT_NAMES - len(known)) if tries_left else 0
            fresh = [name for name in part.names if name not in known][:room]
            try:
                self._write(guard, key, _added(part, known.union(fresh)), fresh, part.hour)
            except Conflict as conflict:
                if 0 in conflict.failed:
                    raise
                self._keep(key, self._names_of(key))
            else:
                self._keep(key, known.union(fresh))
                return

    def read(self, scope: UsageScope, start: int, end: int) -> NameCounts:
        """Return what was counted in the hours that start in `[start, end)`, Unix seconds."""
        counts = NameCounts()
        between = range_bounds(start, end)
        for shard in range(SHARDS):
            for item in query_items(self._call, self._table, _partition(scope, shard), between=between):
                for attribute, value in item.items():
                    outcome, dot, name = attribute.partition(".")
                    if dot and outcome == _OTHER:
                        counts.add_other(name, int(value["N"]))
                    elif dot:
                        counts.add(name, outcome, int(value["N"]))
        return counts

    def _keep(self, key: ItemKey, names: set[str]) -> None:
        if len(self._known) >= _MAX_ITEMS_KNOWN:
            self._known.clear()
        self._known[key] = names

    def _write(
        self, guard: Attributes, key: ItemKey, added: Mapping[str, int], fresh: Sequence[str], hour: int
    ) -> None:
        names = {f"#n{number}": name for number, name in enumerate(added)}
        values: Attributes = {f":n{number}": {"N": str(count)} for number, count in enumerate(added.values())}
        terms = [f"#n{number} :n{number}" for number in range(len(added))]
        update: dict[str, Any] = {"TableName": self._table, "Key": key_attributes(key)}
        if fresh:
            names["#names"] = _NAMES
            values |= {":fresh": {"SS": list(fresh)}, ":room": {"N": str(MAX_EVENT_NAMES - len(fresh))}}
            terms.append("#names :fresh")
            update["ConditionExpression"] = "attribute_not_exists(#names) OR size(#names) <= :room"
        update |= {
            "UpdateExpression": f"SET #ttl = :ttl ADD {', '.join(terms)}",
            "ExpressionAttributeNames": {"#ttl": TTL_ATTRIBUTE, **names},
            "ExpressionAttributeValues": {":ttl": {"N": str(hour + KEPT_SECONDS[Slice.HOUR])}, **values},
        }
        self._call("transact_write_items", {"TransactItems": [guard, {"Update": update}]})

    def _names_of(self, key: ItemKey) -> set[str]:
        request = {"TableName": self._table, "Key": key_attributes(key), "ConsistentRead": True}
        item = self._call("get_item", request).get("Item", {})
        return set(item[_NAMES]["SS"]) if _NAMES in item else set()


def named_parts(rows: Sequence[UsageSums]) -> Iterator[NamedPart]:
    """Yield what rows have counted by name, in parts that one update takes each."""
    for (environment_id, hour), counted in counts_by_hour(rows).items():
        named = list(counted.names.items())
        for start in range(0, len(named), _NAMES_PER_UPDATE):
            yield NamedPart(environment_id, hour, dict(named[start : start + _NAMES_PER_UPDATE]), {})
        if counted.other:
            yield NamedPart(environment_id, hour, {}, counted.other)


def _added(part: NamedPart, known: set[str]) -> Counter[str]:
    added: Counter[str] = Counter({f"{_OTHER}.{outcome}": count for outcome, count in part.other.items()})
    for name, outcomes in part.names.items():
        for outcome, count in outcomes.items():
            added[f"{outcome}.{name}" if name in known else f"{_OTHER}.{outcome}"] += count
    return added


def _shard_of(environment_id: str) -> int:
    return zlib.crc32(environment_id.encode()) % SHARDS


def _partition(scope: UsageScope, shard: int) -> str:
    return f"USAGE_NAMES#{scope.organisation_id}#{scope.environment_id}#{shard}"
