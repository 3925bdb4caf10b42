"""How an item is read again, its chunks included: what the catalog's table and ingest's reader of it share."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes, chunk_keys, unpack
from domain.chance import chance
from domain.clock import Clock
from domain.errors import Undelivered
from domain.items import Item
from schemas.items import ItemKey

VERSION = "version"
CHUNK = "chunk"
READS_IN_VAIN = 7

_MAX_ITEMS_PER_READ = 40  # of 380,000 bytes: a call returns at most 16 MB
_SECOND_NS = 1_000_000_000


class DynamoReader:
    """Implements `ItemReader`, all that ingest needs of the catalog; loads no SDK."""

    def __init__(self, call: Call, name: str, clock: Clock, *, sleep: Callable[[float], object] = time.sleep) -> None:
        """Take a call, the table's name, and what to wait with."""
        self._call = call
        self._name = name
        self._clock = clock
        self._sleep = sleep

    def get(self, key: ItemKey) -> Item | None:
        stored = get_stored(self._call, self._name, key, self._clock)
        if stored is None:
            return None
        keys = chunk_keys(stored)
        chunks = get_chunks(self._call, self._name, keys, self._pause)
        return Item(key, int(stored[VERSION]["N"]), unpack(stored, [chunks[chunk] for chunk in keys]))

    def _pause(self, reads_in_vain: int) -> None:
        self._sleep(min(0.5, 0.025 * 2**reads_in_vain) * chance())


def get_stored(call: Call, name: str, key: ItemKey, clock: Clock) -> Attributes | None:
    """Return an item's attributes; None for one that is not there, or not any more."""
    request = {"TableName": name, "Key": key_attributes(key), "ConsistentRead": True}
    stored: Attributes | None = call("get_item", request).get("Item")
    return None if stored is None or is_expired(stored, clock() // _SECOND_NS) else stored


def get_all_stored(
    call: Call, name: str, keys: Sequence[ItemKey], clock: Clock, pause: Callable[[int], object]
) -> list[Attributes]:
    """Return the attributes of the items that are there, in the order of their keys, without any twice.

    Raises:
        Undelivered: some could not be read; `pause` was called between tries.
    """
    now_seconds = clock() // _SECOND_NS
    found = {key_of(item): item for item in _read_all(call, name, keys, pause) if not is_expired(item, now_seconds)}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def get_chunks(call: Call, name: str, keys: Sequence[ItemKey], pause: Callable[[int], object]) -> dict[ItemKey, bytes]:
    """Return chunks by their keys.

    Raises:
        Undelivered: one of them is not there any more, or could not be read; `pause` was called between tries.
    """
    chunks = {key_of(item): item[CHUNK]["B"] for item in _read_all(call, name, keys, pause)}
    if len(chunks) < len(keys):
        raise Undelivered("A large item was replaced while it was read.")
    return chunks


def _read_all(call: Call, name: str, keys: Sequence[ItemKey], pause: Callable[[int], object]) -> Iterator[Attributes]:
    waiting = [key_attributes(key) for key in dict.fromkeys(keys)]
    in_vain = 0
    while waiting:
        asked, waiting = waiting[:_MAX_ITEMS_PER_READ], waiting[_MAX_ITEMS_PER_READ:]
        answer = call("batch_get_item", {"RequestItems": {name: {"Keys": asked, "ConsistentRead": True}}})
        found = answer["Responses"].get(name, [])
        yield from found
        unread = answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
        if unread and not found:
            in_vain += 1
            if in_vain == READS_IN_VAIN:
                raise Undelivered("DynamoDB did not return all items that were asked for.")
            pause(in_vain)
        waiting = [*unread, *waiting]


def key_of(attributes: Attributes) -> ItemKey:
    return ItemKey(attributes[PARTITION_KEY]["S"], attributes[SORT_KEY]["S"])


def key_attributes(key: ItemKey) -> Attributes:
    return {PARTITION_KEY: {"S": key.pk}, SORT_KEY: {"S": key.sk}}


def is_expired(attributes: Mapping[str, Any], now_seconds: int) -> bool:
    return TTL_ATTRIBUTE in attributes and int(attributes[TTL_ATTRIBUTE]["N"]) <= now_seconds
