"""The services that outlive every fault, and the functions on them, which are killed and begin again.

Services are those of the local run: streams that write ahead, queues and usage in SQLite, objects in a folder. Time
is simulated, so that nothing waits.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from adapters.sqlite.database import Database
from adapters.sqlite.quarantine import SqliteQuarantine
from adapters.sqlite.queue import SqliteQueue
from adapters.sqlite.rates import SqliteRates
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.usage import SqliteUsage
from benchmarks.chaos.faults import Faults, Killed
from domain.catalog.ports import Put
from domain.delivery.ports import StreamSettings
from domain.errors import Undelivered
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.metering.counters import UsageCounters
from domain.metering.delivered import MeteredObjects
from domain.metering.rates import RateLimits
from functions.ingest.handler import make_handler as make_ingest
from functions.quarantine_writer.handler import make_handler as make_quarantine_writer
from functions.redeliver.handler import make_handler as make_redeliver
from local.workers import QueueHandler, sqs_event
from schemas.items import pointer_key, revision_document_key

BUCKET = "data"
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

    def __init__(self, make: Callable[[], Callable[[dict[str, Any], object], Mapping[str, Any]]]) -> None:
        self._make = make
        self._handler = make()

    def __call__(self, event: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the answer, None if the function was killed."""
        try:
            return self._handler(event, None)
        except Killed:
            self._handler = self._make()
            return None


class World:
    """Services, functions, and the queues between them."""

    def __init__(self, folder: Path, faults: Faults, random: Random) -> None:
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
        counted = MeteredObjects(
            faults.around(self.objects, "stream.objects", can_kill=False),
            faults.around(self.usage, "stream.usage", can_kill=False),
        )
        self.streams = FolderStreams(folder / "streams", counted, self.clock)
        self.unexpected: list[Exception] = []
        self.ingest = Function(self._make_ingest)
        self._workers: list[tuple[str, SqliteQueue, Function]] = [
            ("redeliver", self.spill, Function(self._make_redeliver)),
            ("quarantine_writer", self.quarantine, Function(self._make_quarantine_writer)),
        ]
        self.table.transact([Put(revision_document_key(REVISION_ID), self._document(), 0)])

    def close(self) -> None:
        self.streams.close()
        self.database.close()

    def add_environment(self, number: int, streams: int, **pointer: Any) -> str:
        """Make an environment with streams of its own."""
        environment_id = f"env_{number:026d}"
        names = [f"stream-{number}-{stream}" for stream in range(streams)]
        prefix = f"environment={environment_id}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/"
        for name in names:
            self.streams.create(name, StreamSettings(BUCKET, prefix, BUFFER_SECONDS, 256 * 1024))
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
        self.table.transact([Put(pointer_key(environment_id), {**fields, **pointer}, 0)])
        return environment_id

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

    @staticmethod
    def _document() -> dict[str, Any]:
        return {"revision_id": REVISION_ID, "additional_keys": "drop", "data_maps": DATA_MAPS}
