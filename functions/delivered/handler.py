"""Counts what was delivered into the data bucket: the events of each object, once, in the minute of their arrival.

Set off by the bucket's own messages, and not by what stores: it counts what is there.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from adapters.s3.events import StoredObject, stored_objects
from domain.delivery.ports import ObjectStore
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.metering.delivered import delivered_sums, holds_events
from domain.metering.ports import DeliveredSink

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(objects: ObjectStore, sink: DeliveredSink) -> Handler:
    """Return the handler of an SQS event of a bucket's messages; its answer names those that have to come again.

    A message that comes twice, or in two batches at once, counts once.
    """

    def count(stored: StoredObject) -> None:
        if not holds_events(stored.key):
            return
        stream = objects.open(*stored)
        if stream is None:
            # Someone who may remove objects has; what was in it can't be told any more.
            _LOGGER.error("an object of %s was gone before it was counted", stored.bucket)
            return
        with stream:
            sums = delivered_sums(stored.key, stream)
        if sums:
            sink.add_delivered(f"{stored.bucket}/{stored.key}", sums)

    def take(record: Mapping[str, Any]) -> bool:
        """Return whether the message is done with."""
        try:
            for stored in stored_objects(record["body"]):
                count(stored)
        except Undelivered as error:
            if error.retryable:
                _LOGGER.warning("an object is counted later: %s", error)
            else:
                _LOGGER.error("message %s can't be counted: %s", record["messageId"], error)  # noqa: TRY400
            return False
        except Exception as error:  # noqa: BLE001 - one object must not hold up the others
            _LOGGER.error("message %s can't be counted: %s", record["messageId"], place_of_fault(error))  # noqa: TRY400
            return False
        return True

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        again = [record["messageId"] for record in event["Records"] if not take(record)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle
