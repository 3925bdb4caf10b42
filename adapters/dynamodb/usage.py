"""Counts in DynamoDB what objects hold, each object once: a marker of it is written with its sums."""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import TTL_ATTRIBUTE
from adapters.dynamodb.reading import key_attributes
from adapters.dynamodb.usage_items import ROWS_PER_TRANSACTION, SHARDS, object_expiry
from adapters.dynamodb.usage_sums import DynamoUsageSums
from domain.chance import chance
from domain.items import Conflict
from domain.metering.ports import UsageSums
from schemas.items import ItemKey


class DynamoDeliveredSink:
    """Implements `DeliveredSink`; safe to use from several threads."""

    def __init__(
        self, call: Call, table: str, *, shard: int | None = None, rows_per_transaction: int = ROWS_PER_TRANSACTION
    ) -> None:
        """Take what calls DynamoDB and the table's name; `shard` is drawn unless given."""
        self._sums = DynamoUsageSums(call, table)
        self._rows_per_transaction = rows_per_transaction
        self._shard = int(chance() * SHARDS) if shard is None else shard

    def add_delivered(self, object_name: str, sums: Sequence[UsageSums]) -> None:
        name = sha256(object_name.encode()).hexdigest()[:32]
        rows = sorted(sums, key=lambda row: (row.environment_id, row.minute, row.revision_id))
        size = self._rows_per_transaction
        for number, start in enumerate(range(0, len(rows), size)):
            part = rows[start : start + size]
            key = ItemKey(f"USAGE_OBJECT#{name}#{number}", "OBJECT")
            marker = self._sums.put({**key_attributes(key), TTL_ATTRIBUTE: {"N": str(object_expiry(part))}})
            with suppress(Conflict):  # it was counted before
                self._sums.add(marker, part, self._shard, f"{name}#{number}")
