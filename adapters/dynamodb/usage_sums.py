"""Adds rows of usage to the sums in DynamoDB, together with a guard: a write whose condition lets it happen once.

Whose an environment is, is known from the first row that says so. What is counted before that waits under the
environment's id.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import key_attributes
from adapters.dynamodb.usage_items import ORGANISATIONS, Owner, additions, owner_key, waiting_group
from domain.items import Conflict
from domain.metering.ports import UsageSums
from schemas.items import ItemKey

ABSENT = "attribute_not_exists(#pk)"
PRESENT = "attribute_exists(#pk)"
_PK = {"#pk": PARTITION_KEY}
_MAX_OWNERS_KNOWN = 50_000


class DynamoUsageSums:
    """Adds to one table; safe to use from several threads."""

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table
        self._owners: dict[str, Owner] = {}

    def add(self, guard: Attributes, rows: Sequence[UsageSums], shard: int, name: str) -> None:
        """Add at most `ROWS_PER_TRANSACTION` rows to a shard, in one transaction with a guard.

        Args:
            guard: a write with a condition that does not hold any more once it was done.
            rows: what is added; those whose environment is nobody's yet wait.
            shard: of the items.
            name: under which they wait; no other rows of the environment have it.

        Raises:
            Conflict: the guard's condition does not hold, so nothing was added.
            Undelivered: it was not done, or it is not known whether it was.
        """
        while not self._add_once(guard, rows, shard, name):
            pass  # it has become known since whose an environment is

    def _add_once(self, guard: Attributes, rows: Sequence[UsageSums], shard: int, name: str) -> bool:
        known: list[UsageSums] = []
        ownerless: list[UsageSums] = []
        owners: dict[str, Owner] = {}
        for row in rows:
            owner = self.owner_of(row, shard)
            if owner is None:
                ownerless.append(row)
            else:
                owners[row.environment_id] = owner
                known.append(row)
        writes = [guard, *additions(self._table, known, owners, shard)]
        for environment_id in sorted({row.environment_id for row in ownerless}):
            waiting = [row.as_dict() for row in ownerless if row.environment_id == environment_id]
            key = ItemKey(waiting_group(environment_id), name)
            writes.append(self.put({**key_attributes(key), "rows": {"S": json.dumps(waiting)}}))
            writes.append(self._condition("ConditionCheck", owner_key(environment_id), ABSENT))
        try:
            self.write(writes)
        except Conflict as conflict:
            if 0 in conflict.failed:
                raise
            return False
        return True

    def owner_of(self, row: UsageSums, shard: int) -> Owner | None:
        """Return whose a row's environment is, if it is known; what waited for that is counted, in a shard."""
        owner = self._owners.get(row.environment_id)
        if owner is not None:
            return owner
        key = owner_key(row.environment_id)
        item = self._call("get_item", self._request(key, ConsistentRead=True)).get("Item")
        if item is None:
            if not row.organisation_id:
                return None
            item = {
                **key_attributes(key),
                "organisation_id": {"S": row.organisation_id},
                "endpoint_id": {"S": row.endpoint_id},
            }
            organisation = key_attributes(ItemKey(ORGANISATIONS, row.organisation_id))
            self._call("put_item", {"TableName": self._table, "Item": organisation})
            with suppress(Conflict):
                self._call("put_item", self.put(item)["Put"])
        owner = Owner(item["organisation_id"]["S"], item["endpoint_id"]["S"])
        if "nothing_waits" not in item:
            self._count_waiting(row.environment_id, owner, shard)
        if len(self._owners) >= _MAX_OWNERS_KNOWN:
            self._owners.clear()
        self._owners[row.environment_id] = owner
        return owner

    def write(self, writes: Sequence[Attributes]) -> None:
        """Do writes in one transaction."""
        self._call("transact_write_items", {"TransactItems": writes, "ClientRequestToken": str(uuid.uuid4())})

    def put(self, item: Attributes) -> Attributes:
        """Return the write that puts an item which must not be there yet."""
        put = {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT, "ExpressionAttributeNames": _PK}
        return {"Put": put}

    def _count_waiting(self, environment_id: str, owner: Owner, shard: int) -> None:
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
                taken = self._condition("Delete", ItemKey(item[PARTITION_KEY]["S"], item[SORT_KEY]["S"]), PRESENT)
                with suppress(Conflict):  # another process was faster
                    self.write([taken, *additions(self._table, rows, {environment_id: owner}, shard)])
        update = {
            "UpdateExpression": "SET #nothing_waits = :true",
            "ExpressionAttributeNames": {"#nothing_waits": "nothing_waits"},
            "ExpressionAttributeValues": {":true": {"S": "true"}},
        }
        self._call("update_item", self._request(owner_key(environment_id), **update))

    def _condition(self, kind: str, key: ItemKey, condition: str) -> Attributes:
        return {kind: self._request(key, ConditionExpression=condition, ExpressionAttributeNames=_PK)}

    def _request(self, key: ItemKey, **more: Any) -> Mapping[str, Any]:
        return {"TableName": self._table, "Key": key_attributes(key), **more}
