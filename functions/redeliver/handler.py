"""Moves spilled records back to their streams once those take records again, marked: they may be there already.

What a stream still refuses goes back to the queue, alone; the queue's own redrive policy ends with the dead letters.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from domain.delivery.marks import marked
from domain.delivery.messages import spilled_record_from_message
from domain.delivery.packing import calls_of
from domain.delivery.ports import StreamSink
from domain.errors import Undelivered
from domain.fault_log import place_of_fault

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


WORK_SECONDS = 30.0
"""After which no call begins: with the last one, it ends well within the time of its function."""


def make_handler(sink: StreamSink, *, monotonic: Callable[[], float] = time.monotonic) -> Handler:
    """Return the handler of an SQS event; its answer names the messages that have to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        deadline = monotonic() + WORK_SECONDS
        failed: list[str] = []
        by_stream: dict[str, list[tuple[str, bytes]]] = {}
        for message in event["Records"]:
            try:
                stream, record = spilled_record_from_message(message["body"])
            except ValueError as error:
                reason = place_of_fault(error)
                _log.error("message %s of the spill queue can't be read: %s", message["messageId"], reason)
                failed.append(message["messageId"])
            else:
                by_stream.setdefault(stream, []).append((message["messageId"], record))
        for stream, spilled in by_stream.items():
            failed += _put(sink, stream, spilled, lambda: monotonic() < deadline)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handle


def _put(sink: StreamSink, stream: str, spilled: list[tuple[str, bytes]], has_time: Callable[[], bool]) -> list[str]:
    """Put records by message id; return the ids of those that were not taken."""
    records = [marked(record) for _, record in spilled]
    failed: list[str] = []
    for call in calls_of(records):
        ids = [message_id for message_id, _ in spilled[call]]
        if not has_time():
            failed += ids
            continue
        try:
            results = sink.put_records(stream, records[call])
        except Undelivered as error:
            _log.warning("stream %s takes no spilled records yet: %s", stream, error)
            failed += ids
            continue
        failed += [message_id for message_id, failure in zip(ids, results, strict=True) if failure is not None]
    return failed
