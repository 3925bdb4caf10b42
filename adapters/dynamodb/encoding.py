"""How the data of an item is written, so that no item and no transaction can outgrow what DynamoDB takes.

JSON text as it is where it is small, deflated where that saves write units, and cut into chunks where it is large. The
item then names its chunks, which stand under keys of their own that no query meets.
`docs/decisions/0006-catalog-on-dynamodb.md` has the arithmetic. Nothing here needs an SDK: values are written and read
as DynamoDB's own `{"S": …}`, `{"N": …}` and `{"B": bytes}`.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.items import ItemKey

MAX_TEXT_BYTES = 1_024
"""Up to here the text stays readable: a write is billed by the KiB, so that deflating would save nothing."""
MAX_INLINE_BYTES = 38_000
"""100 such items, each with the longest keys there are (3,072 bytes), are less than the 4 MiB of a transaction.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""
CHUNK_BYTES = 380_000
"""With its key, within the 400 KiB of an item."""

CHUNK_PREFIX = "CHUNK#"
"""What the partition key of every chunk starts with."""
DATA = "data"
CHUNKS_ID = "chunks_id"
CHUNK_COUNT = "chunks"

Attributes = dict[str, Any]


class Packed(NamedTuple):
    """The attributes that hold an item's data, and the chunks that have to be there before the item is."""

    attributes: Attributes
    chunks: list[bytes]


def pack(data: Mapping[str, Any], chunks_id: str) -> Packed:
    """Return `data` as it is written; `chunks_id` is one that was never used before.

    Raises:
        ValueError: it holds a number that JSON can't express.
    """
    text, raw = _json(data)
    if len(raw) <= MAX_TEXT_BYTES:
        return Packed({DATA: {"S": text}}, [])
    deflated = zlib.compress(raw)
    if len(deflated) <= MAX_INLINE_BYTES:
        return Packed({DATA: {"B": deflated}}, [])
    chunks = [deflated[start : start + CHUNK_BYTES] for start in range(0, len(deflated), CHUNK_BYTES)]
    return Packed({CHUNKS_ID: {"S": chunks_id}, CHUNK_COUNT: {"N": str(len(chunks))}}, chunks)


def chunk_keys(attributes: Mapping[str, Any]) -> list[ItemKey]:
    """Return where the chunks of an item stand, in order; none for an item that holds its data itself."""
    if CHUNKS_ID not in attributes:
        return []
    count = int(attributes[CHUNK_COUNT]["N"])
    # A partition takes 1,000 write units a second and a chunk costs some 370: each has a partition key of its own.
    return [ItemKey(f"{CHUNK_PREFIX}{attributes[CHUNKS_ID]['S']}#{number}", "CHUNK") for number in range(count)]


def unpack(attributes: Mapping[str, Any], chunks: Iterable[bytes] = ()) -> dict[str, Any]:
    """Return the data of an item from its attributes and all its chunks in order."""
    data: dict[str, Any]
    if CHUNKS_ID in attributes:
        data = json.loads(zlib.decompress(b"".join(chunks)))
    elif "S" in attributes[DATA]:
        data = json.loads(attributes[DATA]["S"])
    else:
        data = json.loads(zlib.decompress(attributes[DATA]["B"]))
    return data


def _json(data: Mapping[str, Any]) -> tuple[str, bytes]:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text, text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can express
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
        return text, text.encode()
