"""The quarantine's counts in DynamoDB.

An object is counted, and settled, in one transaction with the item that says so. What is too much for a transaction
goes in parts, each with such an item of its own, and the one that counts comes last: a repetition goes on where
it stopped. Sums of a redrive are spread over shards, so that many may work on it at once.

The first and last time of a group are compared with what was read just before; of two writers at once, one may be
overlooked. So may the bound on made-up keys, by the few that they bring at once.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.quarantine_items import (
    LINES,
    OBJECT,
    SUM_SHARDS,
    VERSION,
    counts_update,
    digest_of,
    group_from,
    group_item_key,
    group_update,
    groups_partition,
    hour_text,
    marker,
    object_item_key,
    progress_counts,
    progress_from,
    settled_item_key,
    sums_partition,
)
from adapters.dynamodb.querying import query_items
from adapters.dynamodb.reading import key_attributes
from domain.errors import Undelivered
from domain.quarantine.groups import folded, may_be_folded
from domain.quarantine.ports import Group, GroupCount, GroupKey, ObjectEntry, Progress, SettledObject
from domain.records.ports import Conflict
from schemas.codes import Fault
from schemas.items import ItemKey
from schemas.limits import MAX_NAMED_GROUPS_PER_HOUR, MAX_UNKNOWN_KEYS_PER_HOUR, QUARANTINE_KEPT_DAYS

GROUPS_PER_TRANSACTION = 90
"""Of the 100 writes that a transaction takes."""
_TRIES = 10
_MARGIN_SECONDS = 2 * 86_400


class DynamoQuarantine:
    """Implements `QuarantineIndex` on the counters' table."""

    def __init__(
        self,
        call: Call,
        table: str,
        *,
        kept_days: int = QUARANTINE_KEPT_DAYS,
        groups_per_transaction: int = GROUPS_PER_TRANSACTION,
    ) -> None:
        """Take what calls DynamoDB, the table's name, and for how many days quarantined events are kept."""
        self._call = call
        self._table = table
        self._kept_seconds = kept_days * 86_400 + _MARGIN_SECONDS
        self._groups_per_transaction = groups_per_transaction

    def add(self, entry: ObjectEntry) -> None:
        digest, expires_at = digest_of(entry.object_key), entry.hour + self._kept_seconds
        ordered = sorted(entry.groups)
        parts = self._parts(ordered) or [[]]
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            key = object_item_key(digest, OBJECT if is_last else f"PART#{number}")
            more = {LINES: {"S": "[]"}, VERSION: {"N": "1"}} if is_last else {}
            if self._item(key) is not None:
                continue
            writes = [
                marker(self._table, key, expires_at, **more),
                *self._additions(entry, part, self._hour_groups(entry.environment_id, entry.hour), expires_at),
            ]
            with suppress(Conflict):  # another one has counted it meanwhile
                self._write(writes)

    def groups(self, environment_id: str, start: int, end: int) -> list[Group]:
        items = self._query(groups_partition(environment_id), between=(hour_text(start), hour_text(end)))
        return sorted(group_from(item) for item in items if "events" in item)

    def redriven_lines(self, object_key: str) -> frozenset[int] | None:
        item = self._item(object_item_key(digest_of(object_key)))
        return None if item is None else frozenset(json.loads(item[LINES]["S"]))

    def is_settled(self, redrive_id: str, object_key: str) -> bool:
        return self._item(settled_item_key(redrive_id, digest_of(object_key))) is not None

    def settle(self, settled: SettledObject) -> bool:
        digest, expires_at = digest_of(settled.object_key), settled.hour + self._kept_seconds
        for _ in range(_TRIES):
            if self.is_settled(settled.redrive_id, settled.object_key):
                return False
            stored = self._item(object_item_key(digest))
            before = set(json.loads(stored[LINES]["S"])) if stored else set()
            taken = self._counted_in(settled, settled.groups_without(before))
            *early, last = self._parts(sorted(taken.items())) or [[]]
            for number, part in enumerate(early):
                key = settled_item_key(settled.redrive_id, digest, f"PART#{number}")
                with suppress(Conflict):  # done before, by one that did not come to its end
                    self._write([marker(self._table, key, expires_at), *self._takings(settled, part)])
            writes = [
                marker(self._table, settled_item_key(settled.redrive_id, digest), expires_at),
                *self._takings(settled, last),
                self._sums_update(settled, digest, expires_at),
            ]
            if settled.sent:
                writes.append(self._lines_put(digest, stored, before.union(settled.sent), expires_at))
            with suppress(Conflict):
                self._write(writes)
                return True
        raise Undelivered("an object is being settled by too many at once")

    def progress(self, redrive_id: str) -> Progress:
        items = self._query(sums_partition(redrive_id))
        return sum((progress_from(item) for item in items), Progress())

    def _additions(
        self, entry: ObjectEntry, counts: Sequence[GroupCount], known: Mapping[GroupKey, Group], expires_at: int
    ) -> list[Attributes]:
        made_up = sum(1 for key in known if key.code == Fault.UNKNOWN_KEY and may_be_folded(key))
        named = sum(1 for key in known if key.event_name)
        name = entry.object_key
        added: dict[GroupKey, Group] = {}
        for key, events, first, last in counts:
            counted = key
            if key.event_name and key not in known:
                if named >= MAX_NAMED_GROUPS_PER_HOUR:
                    continue
                named += 1
            if may_be_folded(key) and key not in known:
                if made_up >= MAX_UNKNOWN_KEYS_PER_HOUR:
                    counted = folded(key)
                else:
                    made_up += 1
            so_far = added.get(counted) or Group(entry.hour, counted, 0, 0, first, last, name, name)
            added[counted] = so_far._replace(
                events=so_far.events + events,
                first_seen=min(so_far.first_seen, first),
                last_seen=max(so_far.last_seen, last),
            )
        return [
            group_update(self._table, entry.environment_id, group, known.get(key), expires_at)
            for key, group in added.items()
        ]

    def _counted_in(self, settled: SettledObject, groups: Mapping[GroupKey, int]) -> dict[GroupKey, int]:
        """Return the groups in which events are counted: of made-up keys, not always their own."""
        if not any(key.event_name or may_be_folded(key) for key in groups):
            return dict(groups)
        known = self._hour_groups(settled.environment_id, settled.hour)
        counted: dict[GroupKey, int] = {}
        for key, events in groups.items():
            if key.event_name and key not in known:
                continue
            home = folded(key) if may_be_folded(key) and key not in known else key
            counted[home] = counted.get(home, 0) + events
        return counted

    def _takings(self, settled: SettledObject, groups: Sequence[tuple[GroupKey, int]]) -> list[Attributes]:
        return [
            counts_update(self._table, group_item_key(settled.environment_id, settled.hour, key), {"redriven": events})
            for key, events in groups
        ]

    def _sums_update(self, settled: SettledObject, digest: str, expires_at: int) -> Attributes:
        key = ItemKey(sums_partition(settled.redrive_id), f"SUM#{int(digest[:4], 16) % SUM_SHARDS:02}")
        return counts_update(self._table, key, progress_counts(settled.progress), expires_at)

    def _lines_put(self, digest: str, stored: Attributes | None, lines: set[int], expires_at: int) -> Attributes:
        version = int(stored[VERSION]["N"]) if stored else 0
        write = marker(
            self._table,
            object_item_key(digest),
            expires_at,
            **{LINES: {"S": json.dumps(sorted(lines))}, VERSION: {"N": str(version + 1)}},
        )
        if stored:
            write["Put"] |= {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": VERSION},
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        return write

    def _hour_groups(self, environment_id: str, hour: int) -> dict[GroupKey, Group]:
        items = self._query(groups_partition(environment_id), prefix=f"{hour_text(hour)}#")
        return {group.key: group for group in map(group_from, (item for item in items if "events" in item))}

    def _parts(self, rows: Sequence[Any]) -> list[Sequence[Any]]:
        size = self._groups_per_transaction
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    def _item(self, key: ItemKey) -> Attributes | None:
        request = {"TableName": self._table, "Key": key_attributes(key), "ConsistentRead": True}
        item: Attributes | None = self._call("get_item", request).get("Item")
        return item

    def _write(self, writes: Sequence[Attributes]) -> None:
        request = {"TransactItems": list(writes), "ClientRequestToken": str(uuid.uuid4())}
        self._call("transact_write_items", request)

    def _query(self, partition: str, **part: Any) -> Iterator[Attributes]:
        return query_items(self._call, self._table, partition, **part, is_consistent=True)
