"""Usage in DynamoDB: sums that are only ever added to, each addition exactly once.

Rows go in transactions that carry a token, so that one whose answer got lost is not done twice. What can't be settled
at once is kept, token and all, and comes first the next time; until then nothing new is taken, and what counts
goes on adding up in memory. DynamoDB knows a token for ten minutes: only what is settled later than that may count
twice.

Whose an environment is, is known from the first request to it. What was delivered before that is known waits under
the environment's id.
"""

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.usage_items import (
    ORGANISATIONS,
    ROWS_PER_TRANSACTION,
    SHARDS,
    Attributes,
    Owner,
    additions,
    key_attributes,
    object_expiry,
    owner_key,
    waiting_group,
)
from adapters.dynamodb.usage_names import DynamoUsageNames
from domain.chance import chance
from domain.errors import Undelivered
from domain.items import Conflict
from domain.late_log import LateLog
from domain.metering.ports import UsageSums
from schemas.items import ItemKey

_ABSENT = "attribute_not_exists(#pk)"
_PRESENT = "attribute_exists(#pk)"
_PK = {"#pk": PARTITION_KEY}

_log = LateLog(__name__)

Transaction = dict[str, Any]


class DynamoUsageSink:
    """Implements `UsageSink` and `DeliveredSink`; all methods may be called from any thread."""

    def __init__(
        self, call: Call, table: str, *, shard: int | None = None, rows_per_transaction: int = ROWS_PER_TRANSACTION
    ) -> None:
        """Take what calls DynamoDB and the table's name; `shard` is drawn unless given."""
        self._call = call
        self._table = table
        self._rows_per_transaction = rows_per_transaction
        self._shard = int(chance() * SHARDS) if shard is None else shard
        self._names = DynamoUsageNames(call, table)
        self._lock = threading.Lock()
        self._unsettled: list[Transaction] = []
        self._owners: dict[str, Owner] = {}

    def add(self, sums: Sequence[UsageSums]) -> None:
        """Add rows; with none, only settle what an earlier call left.

        Raises:
            Undelivered: nothing of these rows was taken. What is left when some of them can't be settled is this
                object's to settle, at the next call.
        """
        with self._lock:
            self._settle()
            ownerless = [row for row in sums if not self._learn(row)]
            if ownerless:
                self.add_delivered(uuid.uuid4().hex, ownerless)
            rows = [row for row in sums if row.environment_id in self._owners]
            self._names.add(rows, self._owners, self._shard)
            self._unsettled = [self._transaction(part) for part in self._parts(rows)]
            try:
                self._settle()
            except Undelivered as error:
                _log.warning("%s transactions of usage are settled later: %s", len(self._unsettled), error)

    def add_delivered(self, object_name: str, sums: Sequence[UsageSums]) -> None:
        name = sha256(object_name.encode()).hexdigest()[:32]
        rows = sorted(sums, key=lambda row: (row.environment_id, row.minute, row.revision_id))
        for number, part in enumerate(self._parts(rows)):
            key = ItemKey(f"USAGE_OBJECT#{name}#{number}", "OBJECT")
            marker = self._put({**key_attributes(key), TTL_ATTRIBUTE: {"N": str(object_expiry(part))}})
            while not self._add_once(marker, part, f"{name}#{number}"):
                pass  # it has become known since whose the environment is

    def _add_once(self, marker: Attributes, rows: Sequence[UsageSums], name: str) -> bool:
        """Count rows unless the marker is there already; return False if that has to be tried again."""
        known: list[UsageSums] = []
        ownerless: list[UsageSums] = []
        for row in rows:
            (known if self._learn(row) else ownerless).append(row)
        writes = [marker, *additions(self._table, known, self._owners, self._shard)]
        for environment_id in sorted({row.environment_id for row in ownerless}):
            waiting = [row.as_dict() for row in ownerless if row.environment_id == environment_id]
            key = ItemKey(waiting_group(environment_id), name)
            writes.append(self._put({**key_attributes(key), "rows": {"S": json.dumps(waiting)}}))
            writes.append(self._condition("ConditionCheck", owner_key(environment_id), _ABSENT))
        try:
            self._write(writes)
        except Conflict as conflict:
            return 0 in conflict.failed
        return True

    def _learn(self, row: UsageSums) -> bool:
        """Return whether it is known whose a row's environment is; what waited for that is counted."""
        if row.environment_id in self._owners:
            return True
        key = owner_key(row.environment_id)
        item = self._call("get_item", self._request(key, ConsistentRead=True)).get("Item")
        if item is None:
            if not row.organisation_id:
                return False
            item = {
                **key_attributes(key),
                "organisation_id": {"S": row.organisation_id},
                "endpoint_id": {"S": row.endpoint_id},
            }
            organisation = key_attributes(ItemKey(ORGANISATIONS, row.organisation_id))
            self._call("put_item", {"TableName": self._table, "Item": organisation})
            with suppress(Conflict):
                self._call("put_item", self._put(item)["Put"])
        owner = Owner(item["organisation_id"]["S"], item["endpoint_id"]["S"])
        if "nothing_waits" not in item:
            self._count_waiting(row.environment_id, owner)
        self._owners[row.environment_id] = owner
        return True

    def _count_waiting(self, environment_id: str, owner: Owner) -> None:
        """Count what waited; from the time on that the owner is known, nothing is added to that."""
        query = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": _PK,
            "ExpressionAttributeValues": {":pk": {"S": waiting_group(environment_id)}},
        }
        while items := self._call("query", query)["Items"]:
            for item in items:
                rows = [UsageSums(**row) for row in json.loads(item["rows"]["S"])]
                taken = self._condition("Delete", ItemKey(item[PARTITION_KEY]["S"], item[SORT_KEY]["S"]), _PRESENT)
                with suppress(Conflict):  # another process was faster
                    self._write([taken, *additions(self._table, rows, {environment_id: owner}, self._shard)])
        update = {
            "UpdateExpression": "SET #nothing_waits = :true",
            "ExpressionAttributeNames": {"#nothing_waits": "nothing_waits"},
            "ExpressionAttributeValues": {":true": {"S": "true"}},
        }
        self._call("update_item", self._request(owner_key(environment_id), **update))

    def _transaction(self, rows: Sequence[UsageSums]) -> Transaction:
        writes = additions(self._table, rows, self._owners, self._shard)
        return {"TransactItems": writes, "ClientRequestToken": str(uuid.uuid4())}

    def _settle(self) -> None:
        while self._unsettled:
            self._call("transact_write_items", self._unsettled[0])
            del self._unsettled[0]

    def _write(self, writes: Sequence[Attributes]) -> None:
        self._call("transact_write_items", {"TransactItems": writes, "ClientRequestToken": str(uuid.uuid4())})

    def _put(self, item: Attributes) -> Attributes:
        put = {"TableName": self._table, "Item": item, "ConditionExpression": _ABSENT, "ExpressionAttributeNames": _PK}
        return {"Put": put}

    def _condition(self, kind: str, key: ItemKey, condition: str) -> Attributes:
        return {kind: self._request(key, ConditionExpression=condition, ExpressionAttributeNames=_PK)}

    def _request(self, key: ItemKey, **more: Any) -> Mapping[str, Any]:
        return {"TableName": self._table, "Key": key_attributes(key), **more}

    def _parts(self, rows: Sequence[UsageSums]) -> list[Sequence[UsageSums]]:
        size = self._rows_per_transaction
        return [rows[start : start + size] for start in range(0, len(rows), size)]
