"""The services that outlive every fault, and the functions on them, which are killed and begin again.

Services are those of the local run: streams that write ahead, queues and usage in SQLite, objects in a folder. Time
is simulated, so that nothing waits.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from adapters.files.objects import FolderObjects
from adapters.files.secrets import FolderSecrets
from adapters.files.streams import FolderStreams
from adapters.s3.events import StoredObject, stored_message
from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from adapters.sqlite.queue import SqliteQueue
from adapters.sqlite.rates import SqliteRates
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.usage import SqliteUsage
from benchmarks.chaos.bigquery import BigQuery
from benchmarks.chaos.faults import Faults, Killed
from connectors.bigquery.connector import BigQueryConnector
from domain.catalog.keys import environment_key
from domain.catalog.ports import Put
from domain.delivery.ports import ObjectStore, QueueSink, StreamSettings
from domain.errors import Undelivered
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from functions.bigquery_writer.handler import make_handler as make_bigquery_writer
from functions.delivered.handler import make_handler as make_delivered
from functions.ingest.handler import make_handler as make_ingest
from functions.quarantine_writer.handler import make_handler as make_quarantine_writer
from functions.redeliver.handler import make_handler as make_redeliver
from local.workers import QueueHandler, sqs_event
from schemas.items import pointer_key, revision_document_key

BUCKET = "data"
LANDING = "landing"
POISONED_EVERY = 499
"""The number of each such event is one that BigQuery refuses."""
START_NS = 1_795_500_000_000_000_000
VISIBILITY_SECONDS = 60.0
BUFFER_SECONDS = 5.0
DATA_MAPS = [
    {"key": "number", "type": "INT", "presence": "required"},
    {"key": "text", "type": "STRING", "presence": "optional"},
    {"key": "visitor", "type": "STRING", "presence": "macro", "macro": "user_hash"},
]
REVISION_ID = f"rev_{1:026d}"


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


class Function:
    """A function that is begun again, with nothing in memory, whenever it was killed."""

    def __init__(
        self, faults: Faults, make: Callable[[], Callable[[dict[str, Any], object], Mapping[str, Any]]]
    ) -> None:
        self._faults = faults
        self._make = make
        self._handler = make()

    def __call__(self, event: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the answer, None if the function was killed."""
        kills = self._faults.kills
        try:
            answer = self._handler(event, None)
        except Killed:
            answer = None
        if self._faults.kills == kills:
            return answer
        self._handler = self._make()  # also where it was one of its threads that met the end
        return None


class NotifyingObjects:
    """A store whose buckets tell queues of what is put into them: at least once, and before the put is done."""

    def __init__(self, objects: ObjectStore, queues: Mapping[str, QueueSink]) -> None:
        self._objects = objects
        self._queues = queues

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._objects.put(bucket, key, body)
        if any(self._queues[bucket].send([stored_message(StoredObject(bucket, key))])):
            raise Undelivered("the bucket's message was not sent")


class World:
    """Services, functions, and the queues between them."""

    def __init__(self, folder: Path, faults: Faults, random: Random) -> None:
        self._folder = folder
        self.clock = Clock()
        self.random = random
        self.faults = faults
        self.database = Database(folder / "state.db")
        self.table = SqliteTable(self.database, self.clock)
        self.objects = FolderObjects(folder / "objects")
        self.usage = SqliteUsage(self.database)
        self.index = SqliteQuarantine(self.database)
        self.spill = SqliteQueue(self.database, "spill", self.clock)
        self.quarantine = SqliteQueue(self.database, "quarantine", self.clock)
        self.stored = SqliteQueue(self.database, "stored", self.clock)
        self.landed = SqliteQueue(self.database, "landed", self.clock)
        self.bigquery = BigQuery(faults, lambda row: row["number"] % POISONED_EVERY == 0)
        self.streams = FolderStreams(folder / "streams", self._bucket_of_streams(), self.clock)  # type: ignore[arg-type]
        self.unexpected: list[Exception] = []
        self.ingest = Function(faults, self._make_ingest)
        self._workers: list[tuple[str, SqliteQueue, Function]] = [
            ("redeliver", self.spill, Function(faults, self._make_redeliver)),
            ("quarantine_writer", self.quarantine, Function(faults, self._make_quarantine_writer)),
            ("delivered", self.stored, Function(faults, self._make_delivered)),
            ("bigquery_writer", self.landed, Function(faults, self._make_bigquery_writer)),
        ]
        self.table.transact([Put(revision_document_key(REVISION_ID), self._document(), 0)])

    def close(self) -> None:
        self.streams.close()
        self.database.close()

    def add_environment(self, number: int, streams: int, mode: str | None = None) -> str:
        """Make an environment with streams of its own; `mode` is BigQuery's, None for one whose destination is S3."""
        environment_id = f"env_{number:026d}"
        names = [f"stream-{number}-{stream}" for stream in range(streams)]
        prefix = f"environment={environment_id}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/"
        for name in names:
            self.streams.create(name, StreamSettings(LANDING if mode else BUCKET, prefix, BUFFER_SECONDS, 256 * 1024))
        fields = {
            "environment_id": environment_id,
            "endpoint_id": f"ep_{number:026d}",
            "organisation_id": "org_1",
            "revision_id": REVISION_ID,
            "state": "active",
            "on_invalid": "quarantine",
            "allowed_origins": [],
            "streams": names,
            "plan_exhausted": False,
            "rate_limit": 1_000_000,
            "store_addresses": False,
            "written_at": 0,
        }
        environment = {
            "id": environment_id,
            "endpoint_id": fields["endpoint_id"],
            "organisation_id": "org_1",
            "destination": {
                "type": "bigquery",
                "project": "project",
                "dataset": "events",
                "location": "EU",
                "mode": mode,
                "table": f"table_{number}",
                "partitioning": "DAY",
                "require_partition_filter": False,
            },
            "secret": None,
            "tables": [{"revision_id": REVISION_ID, "table": f"table_{number}"}],
        }
        self.table.transact(
            [
                Put(pointer_key(environment_id), fields, 0),
                Put(environment_key(environment["endpoint_id"], environment_id), environment, 0),
            ]
        )
        return environment_id

    def rows_of(self, number: int) -> list[str]:
        """Return the ids of an environment's rows in BigQuery."""
        return self.bigquery.rows.get(f"project.events.table_{number}", [])

    def work(self) -> bool:
        """Let every queue's function take one batch, and the streams deliver what is due; say whether anything was."""
        worked = False
        for name, queue, function in self._workers:
            worked = self._work_on(name, queue, function) or worked
        self.streams.flush_due()
        return worked

    def depth(self) -> int:
        """Return how many messages wait in all queues."""
        return sum(queue.depth() for _, queue, _ in self._workers)

    def _work_on(self, name: str, queue: SqliteQueue, function: Function) -> bool:
        messages = queue.receive(10, VISIBILITY_SECONDS)
        if not messages:
            return False
        try:
            answer = function(sqs_event(queue.name, messages))
        except Exception as error:  # noqa: BLE001 - none of them may let one out
            self.unexpected.append(error)
            return True
        if answer is None:
            return True  # nobody deletes anything: all of them come again
        failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
        self._settle(name, queue, [message.id for message in messages if message.id not in failed], sorted(failed))
        return True

    def _settle(self, name: str, queue: SqliteQueue, done: Sequence[str], failed: Sequence[str]) -> None:
        settled = self.faults.around(queue, f"{name}.queue")
        try:
            settled.delete(done)
            if failed:
                settled.release(failed, delay_seconds=1.0)
        except (Killed, Undelivered):
            pass  # what was not deleted comes again once its time is over

    def _make_ingest(self) -> QueueHandler:
        around, clock = self.faults.around, self.clock
        counters = UsageCounters(around(self.usage, "ingest.usage"), clock)
        rates = RateLimits(around(SqliteRates(self.database), "ingest.rates"), clock)
        keeper = Keeper(
            around(self.streams, "ingest.streams"),
            around(self.spill, "ingest.spill"),
            around(self.quarantine, "ingest.quarantine"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
            random=self.random.random,
        )
        directory = Directory(around(self.table, "ingest.catalog"), clock.monotonic)
        key = around(lambda: b"a secret of the deployment", "ingest.secret")
        return make_ingest(Intake(directory, keeper, counters, clock, key, rates), counters, rates)

    def _make_redeliver(self) -> QueueHandler:
        return make_redeliver(self.faults.around(self.streams, "redeliver.streams"))

    def _make_quarantine_writer(self) -> QueueHandler:
        around = self.faults.around
        return make_quarantine_writer(
            around(self.objects, "quarantine_writer.objects"), BUCKET, around(self.index, "quarantine_writer.index")
        )

    def _make_delivered(self) -> QueueHandler:
        around = self.faults.around
        return make_delivered(around(self.objects, "delivered.objects"), around(self.usage, "delivered.usage"))

    def _make_bigquery_writer(self) -> QueueHandler:
        around, clock = self.faults.around, self.clock
        connector = BigQueryConnector(monotonic=clock.monotonic, sleep=clock.forward, clients=self.bigquery)  # type: ignore[arg-type]
        return make_bigquery_writer(
            around(self.table, "bigquery_writer.catalog"),
            lambda _: connector,
            around(FolderSecrets(self._folder / "secrets"), "bigquery_writer.secrets"),
            around(self.objects, "bigquery_writer.objects"),
            around(self.usage, "bigquery_writer.usage"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
        )

    def _bucket_of_streams(self) -> NotifyingObjects:
        # Neither Firehose nor a bucket is a function of ours that could be killed; they fail all the same.
        around = self.faults.around
        queues = {BUCKET: self.stored, LANDING: self.landed}
        return NotifyingObjects(
            around(self.objects, "stream.objects", can_kill=False),
            {bucket: around(queue, f"bucket.{bucket}", can_kill=False) for bucket, queue in queues.items()},
        )

    @staticmethod
    def _document() -> dict[str, Any]:
        return {"revision_id": REVISION_ID, "additional_keys": "drop", "data_maps": DATA_MAPS}
