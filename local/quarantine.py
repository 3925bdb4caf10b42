"""The quarantine on one machine: what writes it, sends from it and cleans it up."""

from collections.abc import Callable

from adapters.files.objects import FolderObjects
from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from domain.catalog.redrives import sweep_redrives
from domain.clock import Clock
from domain.derived_keys import DeploymentSecret
from domain.metering.ports import DeliveredSink
from domain.quarantine.reading import Quarantine
from domain.quarantine.redriving import DeliverLines, Redriver
from domain.quarantine.retention import oldest_kept, purge_objects
from domain.records.ports import Table
from functions.quarantine_writer.handler import make_handler as make_writer
from functions.redrive.handler import make_queue_handler, queue_starter
from local.queues import make_queue
from local.workers import QueueHandler

WRITER_BATCH_MESSAGES = 100
"""The more events an object has, the fewer objects a redrive goes through; a message has at most 1 MiB."""


class LocalQuarantine:
    """Everything of the quarantine, on these objects and this database."""

    def __init__(self, objects: FolderObjects, bucket: str, database: Database, kept_days: int, clock: Clock) -> None:
        self._objects = objects
        self._clock = clock
        self._index = SqliteQuarantine(database)
        self.store = Quarantine(objects, bucket, self._index, kept_days)
        self.queue = make_queue(database, "quarantine", clock)
        self.redrive_queue = make_queue(database, "redrive", clock)
        self.starter = queue_starter(self.redrive_queue)

    def writer(self) -> QueueHandler:
        return make_writer(self._objects, self.store.bucket, self._index)

    def redrive_worker(
        self, table: Table, deliver: DeliverLines, usage: DeliveredSink, deployment_secret: DeploymentSecret
    ) -> QueueHandler:
        redriver = Redriver(table, self.store, deliver, usage, self._clock, deployment_secret)
        return make_queue_handler(redriver, self.redrive_queue)

    def sweep(self, table: Table) -> Callable[[], object]:
        """Return what starts the redrives whose start got lost, and ends those that nobody works on any more."""
        return lambda: sweep_redrives(table, self._index, self.starter, self._clock())

    def purge(self) -> None:
        """Remove what is kept no longer."""
        before = oldest_kept(self._clock() // 1_000_000_000, self.store.kept_days)
        purge_objects(self._objects, self.store.bucket, before)
        self._index.purge(before)
