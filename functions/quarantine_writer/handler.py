"""Writes refused events into the quarantine: one object per environment and hour of a batch, and its counts.

An object's name derives from the ids of its messages, so that a batch which is handled twice writes the same object
twice and counts it once. A message that returns in another batch is found again in that batch's object: readers tell
events apart by their id.
"""

import logging
from collections.abc import Callable
from typing import Any

from domain.delivery.messages import QuarantinedEvent, quarantine_line, quarantined_event_from_message
from domain.delivery.ports import ObjectStore
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.quarantine.groups import counts_of
from domain.quarantine.objects import Partition, object_body, object_key, place_of
from domain.quarantine.ports import ObjectEntry, QuarantineIndex

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def make_handler(objects: ObjectStore, bucket: str, index: QuarantineIndex) -> Handler:
    """Return the handler of an SQS event; its answer names the messages that have to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

    Args:
        objects: where events are kept, in `bucket`.
        bucket: the deployment's.
        index: where they are counted.
    """

    def write(partition: Partition, events: dict[str, QuarantinedEvent]) -> None:
        lines = {message_id: quarantine_line(event) for message_id, event in events.items()}
        key = object_key(partition, lines)
        place = place_of(key)
        if place is None:
            raise ValueError("a quarantined event arrived at a time that does not exist")
        # An object that is there and not counted is found by its hour, and counted by whoever redrives it.
        objects.put(bucket, key, object_body(lines))
        index.add(ObjectEntry(key, *place, counts_of(events.values())))

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        failed: list[str] = []
        partitions: dict[Partition, dict[str, QuarantinedEvent]] = {}
        for message in event["Records"]:
            message_id = message["messageId"]
            try:
                refused = quarantined_event_from_message(message["body"])
            except ValueError as error:
                reason = place_of_fault(error)
                _log.error("message %s of the quarantine queue can't be read: %s", message_id, reason)
                failed.append(message_id)
            else:
                partitions.setdefault(refused.partition, {})[message_id] = refused
        for partition, events in partitions.items():
            try:
                write(partition, events)
            except Undelivered as error:
                _log.warning("quarantine can't be written yet: %s", error)
                failed += events
            except ValueError as error:
                _log.error("quarantine of %s can't be written: %s", partition[0], place_of_fault(error))
                failed += events
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handle
