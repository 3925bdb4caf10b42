"""Writes refused events into the quarantine: one object per environment and hour of a batch.

An object's name derives from the ids of its messages, so that a batch which is handled twice writes the same object
twice. A message that returns in another batch is found again in that batch's object: readers tell events apart by
their id.
"""

import logging
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from domain.delivery.messages import quarantine_line, quarantined_event_from_message
from domain.delivery.ports import ObjectStore
from domain.errors import Undelivered

_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def make_handler(objects: ObjectStore, bucket: str) -> Handler:
    """Return the handler of an SQS event, writing to `bucket`; its answer names the messages that have to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        failed: list[str] = []
        partitions: dict[tuple[str, str, str], dict[str, bytes]] = {}
        for message in event["Records"]:
            message_id = message["messageId"]
            try:
                refused = quarantined_event_from_message(message["body"])
            except ValueError:
                _log.exception("message %s of the quarantine queue can't be read", message_id)
                failed.append(message_id)
            else:
                partitions.setdefault(refused.partition, {})[message_id] = quarantine_line(refused)
        for partition, lines in partitions.items():
            try:
                objects.put(bucket, _key(partition, lines), _body(lines))
            except Undelivered as error:
                _log.warning("quarantine can't be written yet: %s", error)
                failed += lines
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handle


def _key(partition: tuple[str, str, str], lines: Mapping[str, bytes]) -> str:
    environment_id, date, hour = partition
    name = sha256("\0".join(sorted(lines)).encode()).hexdigest()[:32]
    return f"quarantine/environment={environment_id}/dt={date}/hour={hour}/{name}.ndjson.gz"


def _body(lines: Mapping[str, bytes]) -> bytes:
    return zlib.compress(b"".join(lines[message_id] for message_id in sorted(lines)), wbits=_GZIP)
