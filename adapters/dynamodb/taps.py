"""The events of taps in DynamoDB, in a table of their own that nothing backs up: an item for each chunk and state.

    TAP#<id>   CHUNK#<number>   events
    TAP#<id>   STATE            what is known of them as a whole

What is not read any more is left to expire: deleting it would cost as much as writing it did.
"""

import uuid

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import key_attributes
from domain.live.ports import Chunk, Expiry
from schemas.items import ItemKey

_LAST = "CHUNK#~"


class DynamoTaps:
    """Implements `domain.live.ports.TapStore`; safe to use from several threads."""

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table

    def state(self, tap_id: str) -> tuple[int, bytes]:
        request = {"TableName": self._table, "Key": key_attributes(_state_key(tap_id)), "ConsistentRead": True}
        item = self._call("get_item", request).get("Item")
        return (0, b"") if item is None else (int(item["version"]["N"]), bytes(item["kept"]["B"]))

    def append(self, tap_id: str, version: int, state: bytes, chunk: Chunk, first: int, expiry: Expiry) -> None:  # noqa: ARG002
        is_there: Attributes = {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
        is_absent: Attributes = {
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": PARTITION_KEY},
        }
        stored = {
            **key_attributes(_state_key(tap_id)),
            "version": {"N": str(version + 1)},
            "kept": {"B": state},
            TTL_ATTRIBUTE: {"N": str(expiry.state)},
        }
        events = {
            **key_attributes(_chunk_key(tap_id, chunk.number)),
            "written_at": {"N": str(chunk.written_at)},
            "kept": {"B": chunk.packed},
            TTL_ATTRIBUTE: {"N": str(expiry.chunk)},
        }
        writes = [
            {"Put": {"TableName": self._table, "Item": stored, **(is_there if version else is_absent)}},
            {"Put": {"TableName": self._table, "Item": events}},
        ]
        request = {"TransactItems": writes, "ClientRequestToken": str(uuid.uuid4())}
        self._call("transact_write_items", request)

    def chunks(self, tap_id: str, first: int, most: int) -> list[Chunk]:
        request = {
            "TableName": self._table,
            "ConsistentRead": True,
            "Limit": most,
            "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#pk": PARTITION_KEY, "#sk": SORT_KEY},
            "ExpressionAttributeValues": {
                ":pk": {"S": _group(tap_id)},
                ":first": {"S": _chunk_key(tap_id, first).sk},
                ":last": {"S": _LAST},
            },
        }
        return [
            Chunk(int(item[SORT_KEY]["S"].partition("#")[2]), int(item["written_at"]["N"]), bytes(item["kept"]["B"]))
            for item in self._call("query", request)["Items"]
        ]


def _group(tap_id: str) -> str:
    return f"TAP#{tap_id}"


def _state_key(tap_id: str) -> ItemKey:
    return ItemKey(_group(tap_id), "STATE")


def _chunk_key(tap_id: str, number: int) -> ItemKey:
    return ItemKey(_group(tap_id), f"CHUNK#{number:010}")
