"""The catalog's table in DynamoDB."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes, Packed, chunk_keys, pack, unpack
from adapters.dynamodb.reading import CHUNK, VERSION, get_all_stored, get_chunks, get_stored, key_attributes, key_of
from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.ports import MAX_WRITES_PER_TRANSACTION, Conflict, Delete, Item, Put, Write
from schemas.items import ItemKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERY_CALLS = 50
"""Expired items are read and passed over until DynamoDB has deleted them; this bounds how many."""
CHUNK_GRACE_SECONDS = 3_600
"""How long chunks stay that nothing names any more, for readers that have just read the item that did."""

_SECOND_NS = 1_000_000_000
_NEXT_STEP = 200  # items read at once where the first page held expired ones
_LIVE = "(attribute_not_exists(#expires_at) OR #expires_at > :now)"
_ABSENT = "(attribute_not_exists(#pk) OR #expires_at <= :now)"
_NAMES = {"#pk": PARTITION_KEY, "#version": VERSION, "#expires_at": TTL_ATTRIBUTE}


class DynamoTable:
    """Implements `Table`; an expired item counts as absent for readers and for conditions alike.

    A query reads each item as of some moment of the query, and not all as of the same: of a transaction that is done
    meanwhile, it may see a part. What has to be consistent over several items is a condition of a transaction.
    """

    def __init__(self, client: "DynamoDBClient", name: str, clock: Clock, calls: Calls | None = None) -> None:
        """Take a client, best from `make_client`, and the table's name."""
        self._name = name
        self._clock = clock
        self._call = calls or Calls(client)
        # Of the large items that were read lately: the next write of one says what to do with its chunks.
        self._chunks_read: dict[ItemKey, tuple[int, list[ItemKey]]] = {}

    def get(self, key: ItemKey) -> Item | None:
        stored = get_stored(self._call, self._name, key, self._clock)
        return None if stored is None else self._items([stored])[0]

    def get_all(self, keys: Sequence[ItemKey]) -> list[Item]:
        return self._items(get_all_stored(self._call, self._name, keys, self._clock, self._call.pause))

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int = 50, descending: bool = False
    ) -> list[Item]:
        if after is not None and not (after and after.startswith(prefix)):
            # DynamoDB starts only at a key that the query could return.
            if (after > prefix) if not descending else (after <= prefix):
                return []
            after = None
        request: dict[str, Any] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "ScanIndexForward": not descending,
            "KeyConditionExpression": "#pk = :pk",
            "FilterExpression": _LIVE,
            "ExpressionAttributeNames": {"#pk": PARTITION_KEY, "#expires_at": TTL_ATTRIBUTE},
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":now": _number(self._now_seconds())},
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(#sk, :prefix)"
            request["ExpressionAttributeNames"]["#sk"] = SORT_KEY
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        start = None if after is None else key_attributes(ItemKey(pk, after))
        return self._items(self._live(request, start, limit))

    def transact(self, writes: Sequence[Write]) -> None:
        if len(writes) > MAX_WRITES_PER_TRANSACTION:
            raise ValueError(f"{len(writes)} writes in a transaction; {MAX_WRITES_PER_TRANSACTION} fit")
        if len({write.key for write in writes}) < len(writes):
            raise ValueError("two writes of a transaction are on one item")
        if not writes:
            return
        now = self._now_seconds()
        packed = {write.key: pack(write.data, uuid.uuid4().hex) for write in writes if isinstance(write, Put)}
        self._put_chunks(writes, packed)
        request = {
            "TransactItems": [self._operation(write, packed, now) for write in writes],
            # With its token, a request that was done is not done again when its answer got lost.
            "ClientRequestToken": str(uuid.uuid4()),
        }
        replaced = self._known_chunks(writes)
        try:
            self._call("transact_write_items", request)
        except Conflict:
            self._let_go(key for item in packed.values() for key in chunk_keys(item.attributes))
            raise
        self._let_go(replaced)

    def _live(self, request: Mapping[str, Any], start: Mapping[str, Any] | None, limit: int) -> list[Attributes]:
        found: list[Attributes] = []
        step = limit
        for _ in range(MAX_QUERY_CALLS):
            page = {**request, "Limit": step}
            if start is not None:
                page["ExclusiveStartKey"] = start
            answer = self._call("query", page)
            found += answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if start is None or len(found) >= limit:
                return found[:limit]
            step = max(limit, _NEXT_STEP)
        raise Undelivered("Too many expired items stand in this group until DynamoDB has deleted them.")

    def _items(self, stored: list[Attributes]) -> list[Item]:
        chunks_of = [chunk_keys(attributes) for attributes in stored]
        every_key = [key for keys in chunks_of for key in keys]
        chunks = get_chunks(self._call, self._name, every_key, self._call.pause)
        items = []
        for attributes, keys in zip(stored, chunks_of, strict=True):
            key = key_of(attributes)
            version = int(attributes[VERSION]["N"])
            if keys:
                self._remember(key, version, keys)
            items.append(Item(key, version, unpack(attributes, [chunks[chunk] for chunk in keys])))
        return items

    def _operation(self, write: Write, packed: Mapping[ItemKey, Packed], now: int) -> dict[str, Any]:
        absent = write.expect == 0
        values = {":now": _number(now)}
        if not absent:
            values[":version"] = _number(write.expect)
        condition = {
            "TableName": self._name,
            "ConditionExpression": _ABSENT if absent else f"#version = :version AND {_LIVE}",
            "ExpressionAttributeNames": {
                name: attribute for name, attribute in _NAMES.items() if name != ("#version" if absent else "#pk")
            },
            "ExpressionAttributeValues": values,
        }
        if not isinstance(write, Put):
            return {
                "Delete" if isinstance(write, Delete) else "ConditionCheck": {
                    **condition,
                    "Key": key_attributes(write.key),
                }
            }
        item = {**key_attributes(write.key), VERSION: _number(write.expect + 1), **packed[write.key].attributes}
        if write.expires_at is not None:
            item[TTL_ATTRIBUTE] = _number(write.expires_at)
        return {"Put": {**condition, "Item": item}}

    def _put_chunks(self, writes: Sequence[Write], packed: Mapping[ItemKey, Packed]) -> None:
        for write in writes:
            if not isinstance(write, Put):
                continue
            attributes, chunks = packed[write.key]
            for key, chunk in zip(chunk_keys(attributes), chunks, strict=True):
                item = {**key_attributes(key), CHUNK: {"B": chunk}}
                if write.expires_at is not None:
                    item[TTL_ATTRIBUTE] = _number(write.expires_at + CHUNK_GRACE_SECONDS)
                self._call("put_item", {"TableName": self._name, "Item": item})

    def _remember(self, key: ItemKey, version: int, chunks: list[ItemKey]) -> None:
        if len(self._chunks_read) >= 100:
            self._chunks_read.clear()
        self._chunks_read[key] = (version, chunks)

    def _known_chunks(self, writes: Iterable[Write]) -> list[ItemKey]:
        """Return the chunks, as far as they are known, that nothing will name once a transaction is done."""
        chunks: list[ItemKey] = []
        for write in writes:
            if isinstance(write, Put | Delete):
                version, known = self._chunks_read.pop(write.key, (0, []))
                if version == write.expect:
                    chunks += known
        return chunks

    def _let_go(self, chunks: Iterable[ItemKey]) -> None:
        """Have DynamoDB delete chunks after a while. One that is missed, as after a crash, only takes space."""
        expires_at = _number(self._now_seconds() + CHUNK_GRACE_SECONDS)
        for chunk in chunks:
            request = {
                "TableName": self._name,
                "Key": key_attributes(chunk),
                "UpdateExpression": "SET #expires_at = :expires_at",
                "ExpressionAttributeNames": {"#expires_at": TTL_ATTRIBUTE},
                "ExpressionAttributeValues": {":expires_at": expires_at},
            }
            with suppress(Undelivered):
                self._call("update_item", request)

    def _now_seconds(self) -> int:
        return self._clock() // _SECOND_NS


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
