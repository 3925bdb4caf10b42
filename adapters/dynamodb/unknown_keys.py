"""Unknown keys in DynamoDB: an item for each environment, in the table of the counters."""

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.reading import key_attributes
from schemas.items import ItemKey


class DynamoUnknownKeys:
    """Implements `domain.metering.unknown_keys.Stored`; safe to use from several threads.

    A put whose answer got lost is tried again and is then a conflict: the handler adds its sample once more.
    """

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table

    def get(self, environment_id: str) -> tuple[int, bytes]:
        request = {"TableName": self._table, "Key": key_attributes(_key(environment_id))}
        item = self._call("get_item", request).get("Item")
        return (0, b"") if item is None else (int(item["version"]["N"]), bytes(item["kept"]["B"]))

    def put(self, environment_id: str, version: int, kept: bytes, expires_at: int) -> None:
        item = {
            **key_attributes(_key(environment_id)),
            "version": {"N": str(version + 1)},
            "kept": {"B": kept},
            TTL_ATTRIBUTE: {"N": str(expires_at)},
        }
        request = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(#pk)"}
        names = {"#pk": PARTITION_KEY}
        if version:
            request |= {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
            names = {"#version": "version"}
        self._call("put_item", {**request, "ExpressionAttributeNames": names})


def _key(environment_id: str) -> ItemKey:
    return ItemKey(f"UNKNOWN_KEYS#{environment_id}", "UNKNOWN_KEYS")
