"""The landing bucket of the local run: what S3's notifications, a queue and its function do on AWS."""

from typing import BinaryIO

from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from domain.clock import Clock
from domain.delivery.connectors import Connectors
from domain.delivery.landed import environment_of
from domain.delivery.last_error import LastErrors
from domain.delivery.overseen import OverseenObjects
from domain.delivery.ports import ObjectStore, SecretStore
from domain.delivery.writer import make_handler, notification, told_environment
from domain.errors import Undelivered
from domain.metering.ports import DeliveredSink
from domain.records.ports import Table
from local.queues import make_parted_queue
from local.workers import VISIBILITY_SECONDS, QueueWorker

WORKERS = 8
SHARE = 2
"""Of the workers, that one environment may have: what hangs or is slow leaves the others to all others."""
ENVIRONMENT_SECONDS = VISIBILITY_SECONDS - 20  # a batch has to be over before its messages are visible again


class NotifyingObjects:
    """An `ObjectStore` that tells a queue of every object that is put into one of its buckets.

    If the queue does not take that, `put` raises `Undelivered` although the object is there: the writer puts it
    again.
    """

    def __init__(self, landing: ObjectStore, others: ObjectStore, bucket: str, queue: SqliteQueue) -> None:
        """Take the stores of the bucket that is listened to and of all others."""
        self._landing = landing
        self._others = others
        self._bucket = bucket
        self._queue = queue

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._of(bucket).put(bucket, key, body)
        if bucket == self._bucket and any(self._queue.send([notification(bucket, [key])])):
            raise Undelivered("the landing queue did not take a notification")

    def get(self, bucket: str, key: str) -> bytes | None:
        return self._of(bucket).get(bucket, key)

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        return self._of(bucket).open(bucket, key)

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        return self._of(bucket).list_keys(bucket, prefix, after=after, limit=limit)

    def delete(self, bucket: str, key: str) -> None:
        self._of(bucket).delete(bucket, key)

    def _of(self, bucket: str) -> ObjectStore:
        return self._landing if bucket == self._bucket else self._others


class ReportingObjects(OverseenObjects):
    """An `ObjectStore` that notes whether streams can write to the bucket of managed destinations."""

    def __init__(self, objects: ObjectStore, bucket: str, errors: LastErrors) -> None:
        super().__init__(objects)
        self._bucket = bucket
        self._errors = errors

    def put(self, bucket: str, key: str, body: bytes) -> None:
        environment_id = environment_of(key) if bucket == self._bucket else None
        try:
            super().put(bucket, key, body)
        except Undelivered as error:
            if environment_id is not None:
                self._errors.failed(environment_id, str(error))
            raise
        if environment_id is not None:
            self._errors.succeeded(environment_id)


class Landing:
    """The queue of what landed, and its workers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.queue = make_parted_queue(database, "landing", clock, part_of=told_environment, share=SHARE)
        self._workers: list[QueueWorker] = []

    def start(
        self, table: Table, connectors: Connectors, secrets: SecretStore, objects: ObjectStore, sink: DeliveredSink
    ) -> None:
        """Work off what an earlier run left, and what comes."""
        handler = make_handler(table, connectors, secrets, objects, sink, environment_seconds=ENVIRONMENT_SECONDS)
        self.queue.recover()
        self._workers = [QueueWorker(self.queue, handler) for _ in range(WORKERS)]
        for worker in self._workers:
            worker.start()

    def stop(self, timeout_seconds: float) -> None:
        """Work off what can be; what waits for a retry is gone on with at the next start."""
        for worker in self._workers:
            worker.stop(timeout_seconds / WORKERS)
