"""Usage by the names of events, in DynamoDB: an item for each environment, hour and shard.

An item holds the set of its names, and no update brings in more than it has room for: its condition says so. What is
lost here counts as an event without a name, since the sums of all events stand elsewhere.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import TTL_ATTRIBUTE
from adapters.dynamodb.querying import query_items
from adapters.dynamodb.usage_items import SHARDS, Attributes, Owner, key_attributes, range_bounds
from domain.errors import Undelivered
from domain.items import Conflict
from domain.late_log import LateLog
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

_log = LateLog(__name__)


class DynamoUsageNames:
    """Adds and reads counts by name; one thread at a time adds."""

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table
        self._known: dict[ItemKey, set[str]] = {}
        """The names that an item is known to have."""

    def add(self, sums: Sequence[UsageSums], owner_of: Mapping[str, Owner], shard: int) -> None:
        """Add the names of rows; it never raises."""
        for (environment_id, hour), counted in counts_by_hour(sums).items():
            scope = UsageScope(owner_of[environment_id].organisation_id, environment_id=environment_id)
            try:
                self._add(ItemKey(_partition(scope, shard), f"{range_bounds(hour, hour)[0]}#"), counted, hour)
            except Undelivered as error:
                _log.warning("events are counted without their names: %s", error)

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

    def _add(self, key: ItemKey, counted: NameCounts, hour: int) -> None:
        if len(self._known) >= _MAX_ITEMS_KNOWN:
            self._known.clear()
        named = list(counted.names.items())
        for start in range(0, len(named), _NAMES_PER_UPDATE):
            self._add_part(key, dict(named[start : start + _NAMES_PER_UPDATE]), {}, hour)
        if counted.other:
            self._add_part(key, {}, counted.other, hour)

    def _add_part(
        self, key: ItemKey, names: Mapping[str, Mapping[str, int]], other: Mapping[str, int], hour: int
    ) -> None:
        for _ in range(_TRIES):
            known = self._known.setdefault(key, set())
            fresh = [name for name in names if name not in known][: max(0, MAX_EVENT_NAMES - len(known))]
            added: Counter[str] = Counter({f"{_OTHER}.{outcome}": count for outcome, count in other.items()})
            for name, outcomes in names.items():
                has_room = name in known or name in fresh
                for outcome, count in outcomes.items():
                    added[f"{outcome}.{name}" if has_room else f"{_OTHER}.{outcome}"] += count
            try:
                self._write(key, added, fresh, hour)
            except Conflict:
                self._known[key] = self._names_of(key)
                continue
            known.update(fresh)
            return
        _log.warning("events are counted without their names: others were faster each time")

    def _write(self, key: ItemKey, added: Mapping[str, int], fresh: Sequence[str], hour: int) -> None:
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
        # A transaction of one: its token keeps an update whose answer got lost from being done twice.
        request = {"TransactItems": [{"Update": update}], "ClientRequestToken": str(uuid.uuid4())}
        self._call("transact_write_items", request)

    def _names_of(self, key: ItemKey) -> set[str]:
        request = {"TableName": self._table, "Key": key_attributes(key), "ConsistentRead": True}
        item = self._call("get_item", request).get("Item", {})
        return set(item[_NAMES]["SS"]) if _NAMES in item else set()


def _partition(scope: UsageScope, shard: int) -> str:
    return f"USAGE_NAMES#{scope.organisation_id}#{scope.environment_id}#{shard}"
