"""The services that outlive every fault: those of the local run, with time simulated, so that nothing waits.

Streams that write ahead, queues and usage in SQLite, objects in a folder; BigQuery and targets over HTTP in memory;
PostgreSQL, where a run has a server, is a real one.
"""

from collections.abc import Mapping
from pathlib import Path

from adapters.files.objects import FolderObjects
from adapters.files.secrets import FolderSecrets
from adapters.files.streams import FolderStreams
from adapters.s3.events import StoredObject, stored_message
from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from adapters.sqlite.queue import SqliteQueue
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.taps import SqliteTaps
from adapters.sqlite.usage import SqliteUsage
from benchmarks.chaos.bigquery import Google, Row
from benchmarks.chaos.faults import Faults
from benchmarks.chaos.lake import lake_rows, parquet_rows
from benchmarks.chaos.postgres import Postgres, Server
from benchmarks.chaos.target import Received
from connectors.lake.catalogs import LocalLakes
from domain.delivery.ports import ObjectStore, QueueSink
from domain.errors import Undelivered
from domain.quarantine.reading import Quarantine
from schemas.lakes import MANAGED_PREFIX

BUCKET = "data"
LANDING = "landing"
POISONED_EVERY = 97
"""The number of each such event is one that destinations refuse."""
START_NS = 1_795_500_000_000_000_000


class Clock:
    """Wall clock and monotonic clock in one; it moves when somebody sleeps, or it is told to."""

    def __init__(self) -> None:
        self.ns = START_NS

    def __call__(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / 1e9

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


class Figures:
    """Keeps the last figures of each name."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def emit(self, figures: Mapping[str, float]) -> None:
        self.last.update(figures)


class NotifyingObjects:
    """A store whose buckets tell queues of what is put into them: at least once, and before the put is done."""

    def __init__(self, objects: ObjectStore, queues: Mapping[str, QueueSink]) -> None:
        self._objects = objects
        self._queues = queues

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._objects.put(bucket, key, body)
        if any(self._queues[bucket].send([stored_message(StoredObject(bucket, key))])):
            raise Undelivered("the bucket's message was not sent")


class Services:
    """All of them, and the queues between functions."""

    def __init__(self, folder: Path, faults: Faults, server: Server | None = None) -> None:
        self.faults = faults
        self.postgres = None if server is None else Postgres(server, POISONED_EVERY)
        self.clock = Clock()
        self.database = Database(folder / "state.db")
        self.table = SqliteTable(self.database, self.clock)
        self.objects = FolderObjects(folder / "objects")
        self.usage = SqliteUsage(self.database)
        self.index = SqliteQuarantine(self.database)
        self.spill = SqliteQueue(self.database, "spill", self.clock)
        self.quarantine = SqliteQueue(self.database, "quarantine", self.clock)
        self.stored = SqliteQueue(self.database, "stored", self.clock)
        self.landed = SqliteQueue(self.database, "landed", self.clock)
        self.provision = SqliteQueue(self.database, "provision", self.clock)
        self.redrives = SqliteQueue(self.database, "redrive", self.clock)
        self.trials = SqliteQueue(self.database, "trial", self.clock)
        self.tapped = SqliteQueue(self.database, "taps", self.clock)
        self.taps = SqliteTaps(self.database)
        self.google = Google(_is_poison)
        self.received = Received(_is_poison)
        self.lakes = LocalLakes(folder / "lake", folder / "objects", BUCKET)
        self.lake_files = folder / "objects" / BUCKET / MANAGED_PREFIX
        self.secrets = FolderSecrets(folder / "secrets")
        self.figures = Figures()
        self.streams = FolderStreams(folder / "streams", self._bucket_of_streams(), self.clock)  # type: ignore[arg-type]

    def close(self) -> None:
        self.streams.close()
        self.database.close()

    def store(self) -> Quarantine:
        """Return the quarantine as an operator sees it: nothing fails."""
        return Quarantine(self.objects, BUCKET, self.index)

    def rows_of(self, number: int, kind: str) -> list[str]:
        """Return the ids of what an environment's target accepted, or of its rows under all revisions."""
        if kind == "postgres" and self.postgres is not None:
            return self.postgres.event_ids(table_of(number))
        if kind == "lake parquet":
            return parquet_rows(self.lake_files, table_of(number))
        if kind == "lake":
            return lake_rows(self.lakes, table_of(number))
        if url_of(number) in self.received.event_ids:
            return self.received.event_ids[url_of(number)]
        tables = [name for name in self.google.rows if name.startswith(f"project.events.{table_of(number)}_")]
        return [event_id for name in tables for event_id, _ in self.google.rows[name]]

    def _bucket_of_streams(self) -> NotifyingObjects:
        # Neither Firehose nor a bucket is a function of ours that could be killed; they fail all the same.
        around = self.faults.around
        queues = {BUCKET: self.stored, LANDING: self.landed}
        return NotifyingObjects(
            around(self.objects, "stream.objects", can_kill=False),
            {bucket: around(queue, f"bucket.{bucket}", can_kill=False) for bucket, queue in queues.items()},
        )


def table_of(number: int) -> str:
    """Return what the table of the environment of this number is called, or what the names of its tables begin with."""
    return f"table_{number}"


def url_of(number: int) -> str:
    """Return where the environment of this number delivers to if its destination is a target over HTTP."""
    return f"https://target-{number}.example.com/"


def _is_poison(row: Row) -> bool:
    return isinstance(row["number"], int) and row["number"] % POISONED_EVERY == 0
