"""What a bucket tells a queue of an object that was stored in it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote_plus, unquote_plus


class StoredObject(NamedTuple):
    """Where an object stands."""

    bucket: str
    key: str


def stored_objects(body: str) -> list[StoredObject]:
    """Read a message of a bucket; one that tells of nothing stored, as the first of all does, names none.

    Raises:
        ValueError: it is none of a bucket.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        return list(_stored(message["Records"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a message is none of a bucket") from error


def stored_message(stored: StoredObject) -> str:
    """Return the message that a bucket would send, as far as `stored_objects` reads it."""
    where = {"bucket": {"name": stored.bucket}, "object": {"key": quote_plus(stored.key, safe="/=-_.")}}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": where}]})


def _stored(records: list[dict[str, dict[str, dict[str, str]]]]) -> Iterator[StoredObject]:
    for record in records:
        if str(record["eventName"]).startswith("ObjectCreated:"):
            where = record["s3"]
            yield StoredObject(where["bucket"]["name"], unquote_plus(where["object"]["key"]))
