"""Queue workers: what an SQS event source does for a function, in one thread per queue."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import md5
from typing import Any, Protocol
from uuid import uuid4

from domain.delivery.ports import PutResults, QueueSink
from domain.errors import Undelivered
from local.failures import log_failure
from local.gateway import LocalContext

QueueHandler = Callable[[dict[str, Any], object], Mapping[str, Any]]
"""Takes an SQS event; answers `{"batchItemFailures": [{"itemIdentifier": id}, …]}`."""

BATCH_MESSAGES = 10
VISIBILITY_SECONDS = 60.0
MAX_RETRY_SECONDS = 30.0
_IDLE_SECONDS = 60.0  # a wait is ended by a send; this only bounds what a missed one costs
_FAILURE_SECONDS = 0.5


class ReceivedMessage(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def receives(self) -> int: ...
    @property
    def sent_ns(self) -> int: ...


class WorkQueue(Protocol):
    """The receiving side of a queue, as `adapters.sqlite.queue` has it."""

    name: str

    def receive(self, max_messages: int, visibility_seconds: float) -> Sequence[ReceivedMessage]: ...
    def delete(self, ids: Sequence[str]) -> None: ...
    def release(self, ids: Sequence[str], *, delay_seconds: float = 0.0) -> None: ...
    def depth(self) -> int: ...
    def has_visible(self) -> bool: ...
    def wait(self, timeout_seconds: float) -> bool: ...
    def wake(self) -> None: ...


class QueueWorker:
    """Feeds a handler from a queue, retries what it reports as failed, later each time."""

    def __init__(
        self, queue: WorkQueue, handler: QueueHandler, *, batch_messages: int = BATCH_MESSAGES, drains: bool = True
    ) -> None:
        """Take a queue and its handler; one that does not drain leaves what it has not begun to the next start."""
        self._queue = queue
        self._batch_messages = batch_messages
        self._drains = drains
        self._handler = handler
        self._stopping = False
        self._working = False
        self._settled = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"worker-{queue.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait_until_settled(self, timeout_seconds: float) -> bool:
        """Return True once the queue is empty, False after the timeout."""
        with self._settled:
            return self._settled.wait_for(lambda: self._queue.depth() == 0, timeout_seconds)

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Return True once everything due has been tried, whether or not it has to be tried again later."""
        with self._settled:
            return self._settled.wait_for(lambda: not self._queue.has_visible() and not self._working, timeout_seconds)

    def stop(self, timeout_seconds: float) -> bool:
        """Work off what is visible, then end; return whether the thread did so in time.

        What waits for a retry stays in the queue for the next start.
        """
        self._stopping = True
        deadline = time.monotonic() + timeout_seconds
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._queue.wake()  # again and again: one that came just before the wait would be missed
            self._thread.join(0.05)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            stopping = self._stopping
            if stopping and not self._drains:
                return
            try:
                worked = self._work()
            except Exception as error:  # noqa: BLE001 - the edge: the worker outlives what it meets
                log_failure(f"working on the queue {self._queue.name}", error)
                worked = False
                time.sleep(_FAILURE_SECONDS)
            if worked:
                continue
            if stopping:
                return
            try:
                self._queue.wait(_IDLE_SECONDS)
            except Undelivered:
                time.sleep(_FAILURE_SECONDS)

    def _work(self) -> bool:
        self._working = True
        try:
            messages = self._queue.receive(self._batch_messages, VISIBILITY_SECONDS)
            if messages:
                self._handle(messages)
        finally:
            self._working = False
            with self._settled:
                self._settled.notify_all()
        return bool(messages)

    def _handle(self, messages: Sequence[ReceivedMessage]) -> None:
        failed = self._failed(messages)
        self._queue.delete([message.id for message in messages if message.id not in failed])
        for message in messages:
            if message.id in failed:
                self._queue.release([message.id], delay_seconds=min(2.0 ** (message.receives - 1), MAX_RETRY_SECONDS))

    def _failed(self, messages: Sequence[ReceivedMessage]) -> set[str]:
        try:
            answer = self._handler(
                sqs_event(self._queue.name, messages), LocalContext(str(uuid4()), VISIBILITY_SECONDS)
            )
        except Exception as error:  # noqa: BLE001 - as Lambda does: the whole batch failed
            log_failure(f"handling messages of the queue {self._queue.name}", error)
            return {message.id for message in messages}
        return {row["itemIdentifier"] for row in answer.get("batchItemFailures", ())}


def sqs_event(queue: str, messages: Sequence[ReceivedMessage]) -> dict[str, Any]:
    """Return the event that an SQS event source hands to a function.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": message.id,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": str(message.receives),
                    "SentTimestamp": str(message.sent_ns // 1_000_000),
                },
                "messageAttributes": {},
                "md5OfBody": md5(message.body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue}",
                "awsRegion": "local",
            }
            for message in messages
        ]
    }


class NotedQueue:
    """A queue that notes, per thread, that something was sent: so that an answer can wait for what it set off."""

    def __init__(self, queue: QueueSink) -> None:
        self._queue = queue
        self._thread = threading.local()

    def send(self, bodies: Sequence[str]) -> PutResults:
        self._thread.sent = True
        return self._queue.send(bodies)

    def take_note(self) -> bool:
        """Return whether this thread has sent something since the last call."""
        sent: bool = getattr(self._thread, "sent", False)
        self._thread.sent = False
        return sent
