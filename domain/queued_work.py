"""Long work by a queue, on one machine, where a state machine does it on AWS: redrives and trials."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.fault_log import place_of_fault

_LOGGER = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]
Message = Mapping[str, Any]


class WorkQueue(QueueSink, Protocol):
    """A queue that says how much it holds, hidden messages too."""

    def depth(self) -> int: ...


class QueueStarter:
    """Starts work by the message of its first step."""

    def __init__(self, queue: WorkQueue, first: Callable[[str], Message]) -> None:
        """Take the queue, and what makes the first message for the id of a redrive or a trial."""
        self._queue = queue
        self._first = first

    def start(self, work_id: str) -> None:
        send(self._queue, [self._first(work_id)])

    def is_at_work(self, work_id: str) -> bool:
        """Say whether a message waits, for this work or for other: all of it ends."""
        del work_id
        return self._queue.depth() > 0


def messages_handler(take: Callable[[Any], None]) -> Handler:
    """Return the handler of an SQS event, each of whose messages `take` works off; it answers which come again.

    The message of the next step is to be sent before this one's is done with; one that comes twice does no harm.
    """

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        again = []
        for record in event["Records"]:
            try:
                take(json.loads(record["body"]))
            except Exception as error:  # noqa: BLE001 - one message must not hold up the others
                reason = place_of_fault(error)
                _LOGGER.error("message %s has to come again: %s", record["messageId"], reason)  # noqa: TRY400
                again.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle


def send(queue: QueueSink, messages: Sequence[Message]) -> None:
    """Send the messages of further steps.

    Raises:
        Undelivered: the queue takes none.
    """
    if any(queue.send([json.dumps(message) for message in messages])):
        raise Undelivered("the queue of the work takes no messages")
