"""The services that outlive every fault, and the functions on them, which are killed and begin again.

Services are those of the local run: streams that write ahead, queues and usage in SQLite, objects in a folder. Time
is simulated, so that nothing waits.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
from benchmarks.chaos.bigquery import BigQuery, Google, Row
from benchmarks.chaos.books import Books, Handing, Taking
from benchmarks.chaos.faults import Faults, Killed
from benchmarks.chaos.operator import BUFFER_SECONDS, Operator, Unchecked
from connectors.bigquery.connector import BigQueryConnector
from connectors.s3.connector import S3Connector
from domain.delivery.connectors import Connector
from domain.delivery.ports import ObjectStore, QueueSink
from domain.errors import Undelivered
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from domain.quarantine.reading import Quarantine
from domain.quarantine.redriving import Redriver
from functions.bigquery_writer.handler import make_handler as make_bigquery_writer
from functions.delivered.handler import make_handler as make_delivered
from functions.ingest.handler import make_handler as make_ingest
from functions.ledger.handler import make_handler as make_ledger
from functions.metering.handler import make_handler as make_metering
from functions.outbox.handler import make_handler as make_outbox
from functions.provisioner.handler import Buckets, ProvisionerSettings
from functions.provisioner.handler import make_handler as make_provisioner
from functions.provisioner.stores import Stores
from functions.quarantine_writer.handler import make_handler as make_quarantine_writer
from functions.redeliver.handler import make_handler as make_redeliver
from functions.redrive.handler import QueueStarter, make_queue_handler
from functions.redrive.handler import make_handler as make_redrive
from local.workers import QueueHandler, sqs_event

BUCKET = "data"
LANDING = "landing"
POISONED_EVERY = 499
"""The number of each such event is one that BigQuery refuses."""
START_NS = 1_795_500_000_000_000_000
VISIBILITY_SECONDS = 60.0
IDLE_SECONDS = 60.0
RECEIVES = 1_000
"""How often a message of the provisioner may come: nothing is given up here, since everything gets better."""


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
        self.provision = SqliteQueue(self.database, "provision", self.clock)
        self.redrives = SqliteQueue(self.database, "redrive", self.clock)
        self.google = Google(_is_poison)
        self.secrets = FolderSecrets(folder / "secrets")
        self.figures = Figures()
        self.streams = FolderStreams(folder / "streams", self._bucket_of_streams(), self.clock)  # type: ignore[arg-type]
        self.unexpected: list[Exception] = []
        self.books = Books()
        self._handing: Handing | None = None
        self._counters: UsageCounters | None = None
        self.ingest = Function(faults, self._make_ingest)
        self._workers: list[tuple[str, SqliteQueue, Function]] = [
            ("redeliver", self.spill, Function(faults, self._make_redeliver)),
            ("quarantine_writer", self.quarantine, Function(faults, self._make_quarantine_writer)),
            ("delivered", self.stored, Function(faults, self._make_delivered)),
            ("bigquery_writer", self.landed, Function(faults, self._make_bigquery_writer)),
            ("provisioner", self.provision, Function(faults, self._make_provisioner)),
            ("redrive", self.redrives, Function(faults, self._make_redrive_worker)),
        ]
        self._schedules: list[tuple[Function, dict[str, Any]]] = [
            (Function(faults, self._make_outbox), {}),
            (Function(faults, self._make_metering), {}),
            (Function(faults, self._make_ledger), {}),
            (Function(faults, self._make_redrive_starter), {"step": "sweep"}),
        ]
        # People's changes are done or refused; what they send to the provisioner may not arrive.
        provision = faults.around(self.provision, "operator.provision", can_kill=False)
        self.operator = Operator(
            self.table, provision, self.clock, partial(self._connector, "operator"), self.secrets, random
        )

    def close(self) -> None:
        self.streams.close()
        self.database.close()

    def add_environment(self, number: int, streams: int, mode: str | None = None) -> str:
        """Have an environment made; `mode` is BigQuery's, None for one whose destination is the data bucket."""
        name = f"Environment {number}"
        if mode is None:
            return self.operator.make_environment(name, {"type": "s3", "managed": True}, streams)
        fields = {"project": "project", "dataset": "events", "location": "EU", "mode": mode, "table": f"table_{number}"}
        return self.operator.make_environment(name, {"type": "bigquery", **fields}, streams)

    def rows_of(self, number: int) -> list[str]:
        """Return the ids of an environment's rows in BigQuery, under all its revisions."""
        tables = [name for name in self.google.rows if name.startswith(f"project.events.table_{number}_")]
        return [event_id for name in tables for event_id in self.google.rows[name]]

    def work(self) -> bool:
        """Let every queue's function take one batch, and the streams deliver what is due; say whether anything was."""
        worked = False
        for name, queue, function in self._workers:
            worked = self._work_on(name, queue, function) or worked
        self.streams.flush_due()
        return worked

    def hand_over_usage(self) -> None:
        """Have ingest write down what it has counted, as it does when it is told to end."""
        assert self._counters is not None
        self._counters.flush()

    def run_schedules(self) -> None:
        """Run every scheduled function once; one that fails is run again by the next schedule."""
        for function, event in self._schedules:
            try:
                function(event)
            except Undelivered:
                pass
            except Exception as error:  # noqa: BLE001 - none of them may let another one out
                self.unexpected.append(error)

    def store(self) -> Quarantine:
        """Return the quarantine as an operator sees it: nothing fails."""
        return Quarantine(self.objects, BUCKET, self.index)

    def pause(self, seconds: float) -> None:
        """Let time pass: more of it where no message could be worked on meanwhile."""
        is_busy = any(queue.has_visible() for _, queue, _ in self._workers)
        self.clock.forward(seconds if is_busy else IDLE_SECONDS)

    def depth(self) -> int:
        """Return how many messages wait in all queues."""
        return self.waiting().total()

    def waiting(self) -> Counter[str]:
        """Return how many messages wait, by queue."""
        return +Counter({queue.name: queue.depth() for _, queue, _ in self._workers})

    def _work_on(self, name: str, queue: SqliteQueue, function: Function) -> bool:
        # As in the local run: a redrive's message is much work, and nine others would come again with it.
        # All others come in batches of any size, as they do on AWS; one of ten is rarely through before a kill.
        most = 1 if queue is self.redrives else self.random.randint(1, 10)
        messages = queue.receive(most, VISIBILITY_SECONDS)
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
        if self._handing is not None and self._counters is not None:
            self._handing.is_dead = True
            self._counters.flush()  # so that the books know what went with the process
        taking = Taking(self.usage)
        self._handing = Handing(self.books, taking, around(taking, "ingest.usage"))
        self._counters = counters = UsageCounters(self._handing, clock)
        rates = RateLimits(around(SqliteRates(self.database), "ingest.rates"), clock)
        keeper = self._keeper("ingest")
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
        return make_bigquery_writer(
            around(self.table, "bigquery_writer.catalog"),
            partial(self._connector, "bigquery_writer"),
            around(self.secrets, "bigquery_writer.secrets"),
            around(self.objects, "bigquery_writer.objects"),
            around(self.usage, "bigquery_writer.usage"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
        )

    def _make_provisioner(self) -> QueueHandler:
        around, clock = self.faults.around, self.clock
        table = around(self.table, "provisioner.catalog")
        secrets = around(self.secrets, "provisioner.secrets")
        postpone = around(self.provision, "provisioner.queue").send_later
        return make_provisioner(
            table,
            around(self.streams, "provisioner.streams"),
            ProvisionerSettings(Buckets(BUCKET, LANDING), give_up_after_receives=RECEIVES),
            clock,
            steps=[Stores(table, partial(self._connector, "provisioner"), secrets, clock)],
            postpone=postpone,
        )

    def _make_redrive_worker(self) -> QueueHandler:
        return make_queue_handler(self._redriver(), self.faults.around(self.redrives, "redrive.queue"))

    def _make_redrive_starter(self) -> QueueHandler:
        queue = self.faults.around(self.redrives, "redrive.queue")
        table = self.faults.around(self.table, "redrive.catalog")
        return make_redrive(self._redriver(), table, QueueStarter(queue), BUCKET)

    def _redriver(self) -> Redriver:
        around = self.faults.around
        quarantine = Quarantine(around(self.objects, "redrive.objects"), BUCKET, around(self.index, "redrive.index"))
        table, usage = around(self.table, "redrive.catalog"), around(self.usage, "redrive.usage")
        return Redriver(table, quarantine, self._keeper("redrive").deliver, usage, self.clock, lambda: b"a secret")

    def _make_outbox(self) -> QueueHandler:
        around = self.faults.around
        return make_outbox(around(self.table, "outbox.catalog"), around(self.provision, "outbox.queue"), self.figures)

    def _make_metering(self) -> QueueHandler:
        around = self.faults.around
        return make_metering(around(self.table, "metering.catalog"), around(self.usage, "metering.usage"), self.clock)

    def _make_ledger(self) -> QueueHandler:
        around = self.faults.around
        table, usage = around(self.table, "ledger.catalog"), around(self.usage, "ledger.usage")
        return make_ledger(table, usage, self.figures, self.clock, buffer_seconds=BUFFER_SECONDS)

    def _connector(self, function: str, kind: str) -> Connector:
        if kind == "s3":
            return S3Connector(lambda _: self.objects, {BUCKET, LANDING})
        client, clock = BigQuery(self.google, self.faults, function), self.clock
        connector = BigQueryConnector(
            emulator_host="none",
            monotonic=clock.monotonic,
            sleep=clock.forward,
            clients=client,  # type: ignore[arg-type]
        )
        return Unchecked(connector) if function == "operator" else connector

    def _keeper(self, function: str) -> Keeper:
        around, clock = self.faults.around, self.clock
        return Keeper(
            around(self.streams, f"{function}.streams"),
            around(self.spill, f"{function}.spill"),
            around(self.quarantine, f"{function}.quarantine"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
            random=self.random.random,
        )

    def _bucket_of_streams(self) -> NotifyingObjects:
        # Neither Firehose nor a bucket is a function of ours that could be killed; they fail all the same.
        around = self.faults.around
        queues = {BUCKET: self.stored, LANDING: self.landed}
        return NotifyingObjects(
            around(self.objects, "stream.objects", can_kill=False),
            {bucket: around(queue, f"bucket.{bucket}", can_kill=False) for bucket, queue in queues.items()},
        )


def _is_poison(row: Row) -> bool:
    return isinstance(row["number"], int) and row["number"] % POISONED_EVERY == 0
