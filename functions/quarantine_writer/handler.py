"""Writes refused events into the quarantine: objects for each environment and hour of a batch, and their counts.

A batch holds events of all organisations, and whatever they sent. So it is worked off message by message: of an event
that is written, no more is held than its compressed line and its groups, and what is wrong with one message fails no
other.

An object's name derives from the ids of its messages, so that a batch which is handled twice writes the same objects
twice and counts them once. A message that returns in another batch is found again in that batch's object: readers tell
events apart by their id.

A batch of a thousand messages may be of as many environments. Most of the time of each object is waited for, so some
are written side by side, and what there is no time for comes again.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from domain.delivery.messages import quarantine_line, quarantine_partition_of
from domain.delivery.ports import ObjectStore
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.quarantine.groups import GroupCounter
from domain.quarantine.objects import ObjectBody, Partition, place_of
from domain.quarantine.ports import ObjectEntry, QuarantineIndex

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], object], dict[str, Any]]
Work = tuple[Partition, dict[str, str]]
"""Messages of an environment and an hour, by their ids."""
Each = Callable[[Callable[[Work], list[str]], Iterable[Work]], Iterable[list[str]]]

OBJECTS_AT_ONCE = 8
WORK_SECONDS = 30.0
"""After which no object is begun: the last ones end well within the time of the function."""


def make_handler(
    objects: ObjectStore,
    bucket: str,
    index: QuarantineIndex,
    *,
    each: Each = map,
    monotonic: Callable[[], float] = time.monotonic,
) -> Handler:
    """Return the handler of an SQS event; its answer names the messages that have to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

    Args:
        objects: where events are kept, in `bucket`.
        bucket: the deployment's.
        index: where they are counted.
        each: does what it is given for each of some, as `map` does, or for several at a time.
        monotonic: seconds.
    """

    def write(body: ObjectBody, groups: GroupCounter) -> None:
        key, packed = body.finish()
        place = place_of(key)
        if place is None:
            raise ValueError("a quarantined event arrived at a time that does not exist")
        # An object that is there and not counted is found by its hour, and counted by the redrive of it.
        objects.put(bucket, key, packed)
        index.add(ObjectEntry(key, *place, groups.counts()))

    def close(body: ObjectBody, groups: GroupCounter) -> list[str]:
        """Write an object if it holds anything; return the ids of its messages if that failed."""
        if not body.message_ids:
            return []
        try:
            write(body, groups)
        except Undelivered as error:
            _log.warning("quarantine can't be written yet: %s", error)
        except ValueError as error:
            _log.error("quarantine of %s can't be written: %s", body.partition[0], place_of_fault(error))
        else:
            return []
        return body.message_ids

    def write_partition(partition: Partition, messages: dict[str, str]) -> list[str]:
        """Write the messages of an environment and an hour; return the ids of those that have to come again."""
        failed: list[str] = []
        body, groups = ObjectBody(partition), GroupCounter()
        for message_id in sorted(messages):
            try:
                event, line = quarantine_line(messages[message_id])
            except ValueError as error:
                failed.append(unreadable(message_id, error))
                continue
            # What a redrive would have to unpack counts as well.
            size = len(line) if event.is_truncated else max(len(line), len(event.raw))
            if not body.has_room_for(size):
                failed += close(body, groups)
                body, groups = ObjectBody(partition), GroupCounter()
            body.add(message_id, line, size)
            groups.add(event)
        return failed + close(body, groups)

    def unreadable(message_id: str, error: ValueError) -> str:
        _log.error("message %s of the quarantine queue can't be read: %s", message_id, place_of_fault(error))
        return message_id

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        failed: list[str] = []
        partitions: dict[Partition, dict[str, str]] = {}
        for message in event["Records"]:
            try:
                partition = quarantine_partition_of(message["body"])
            except ValueError as error:
                failed.append(unreadable(message["messageId"], error))
            else:
                partitions.setdefault(partition, {})[message["messageId"]] = message["body"]
        deadline = monotonic() + WORK_SECONDS

        def work_off(work: Work) -> list[str]:
            partition, messages = work
            return write_partition(partition, messages) if monotonic() < deadline else list(messages)

        for again in each(work_off, partitions.items()):
            failed += again
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handle
