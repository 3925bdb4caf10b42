"""The functions that ship, each with faults around everything that it calls; killed and begun again."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from random import Random
from typing import Any

from adapters.sqlite.rates import SqliteRates
from benchmarks.chaos.bigquery import BigQuery
from benchmarks.chaos.books import Books, Handing, Taking
from benchmarks.chaos.faults import Faults, Killed
from benchmarks.chaos.lake import FailingLakes
from benchmarks.chaos.operator import BUFFER_SECONDS, Unchecked
from benchmarks.chaos.postgres import Client
from benchmarks.chaos.services import BUCKET, LANDING, Services
from benchmarks.chaos.target import Web
from connectors.bigquery.connector import BigQueryConnector
from connectors.http.connector import HttpConnector
from connectors.lake.connector import LakeConnector
from connectors.lake.formats import LakeFormats
from connectors.lake.parquet import ParquetConnector
from connectors.postgres.connector import PostgresConnector
from connectors.s3.connector import S3Connector
from domain.catalog.canaries import look_after_canaries
from domain.delivery.connectors import Connector
from domain.delivery.writer import make_handler as make_bigquery_writer
from domain.ids import new_id
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.live.keeping import TapKeeper
from domain.live.tapper import Tapper
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from domain.quarantine.reading import Quarantine
from domain.quarantine.redriving import Redriver
from domain.trials.running import TrialBuckets, TrialWorker
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
from functions.redrive.handler import make_handler as make_redrive
from functions.redrive.handler import make_queue_handler, queue_starter
from functions.tap_writer.handler import make_handler as make_tap_writer
from functions.trial import handler as trial
from local.workers import QueueHandler

RECEIVES = 1_000
"""How often a message of the provisioner may come: nothing is given up here, since everything gets better."""


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


class Functions:
    """Makes them, as a process does that begins."""

    def __init__(self, services: Services, faults: Faults, random: Random) -> None:
        self._services = services
        self._faults = faults
        self._random = random
        self.books = Books()
        self._handing: Handing | None = None
        self._counters: UsageCounters | None = None

    def hand_over_usage(self) -> None:
        """Have ingest write down what it has counted, as it does when it is told to end."""
        assert self._counters is not None
        self._counters.flush()

    def ingest(self) -> QueueHandler:
        around, clock = self._faults.around, self._services.clock
        if self._handing is not None and self._counters is not None:
            self._handing.is_dead = True
            self._counters.flush()  # so that the books know what went with the process
        taking = Taking(self._services.usage)
        self._handing = Handing(self.books, taking, around(taking, "ingest.usage"))
        self._counters = counters = UsageCounters(self._handing, clock)
        rates = RateLimits(around(SqliteRates(self._services.database), "ingest.rates"), clock)
        keeper = self._keeper("ingest")
        directory = Directory(around(self._services.table, "ingest.catalog"), clock.monotonic)
        key = around(lambda: b"a secret of the deployment", "ingest.secret")
        tapper = Tapper(around(self._services.tapped, "ingest.taps"), self._random.random)
        intake = Intake(directory, keeper, counters, clock, key, rates, tapper=tapper)
        return make_ingest(intake, counters, rates)

    def redeliver(self) -> QueueHandler:
        return make_redeliver(self._faults.around(self._services.streams, "redeliver.streams"))

    def quarantine_writer(self) -> QueueHandler:
        around = self._faults.around
        return make_quarantine_writer(
            around(self._services.objects, "quarantine_writer.objects"),
            BUCKET,
            around(self._services.index, "quarantine_writer.index"),
        )

    def tap_writer(self) -> QueueHandler:
        around = self._faults.around
        table = around(self._services.table, "tap_writer.catalog")
        return make_tap_writer(TapKeeper(table, around(self._services.taps, "tap_writer.store"), self._services.clock))

    def delivered(self) -> QueueHandler:
        around = self._faults.around
        return make_delivered(
            around(self._services.objects, "delivered.objects"), around(self._services.usage, "delivered.usage")
        )

    def bigquery_writer(self) -> QueueHandler:
        around, clock = self._faults.around, self._services.clock
        table = around(self._services.table, "bigquery_writer.catalog")
        return make_bigquery_writer(
            table,
            cache(partial(self.connector, "bigquery_writer")),
            around(self._services.secrets, "bigquery_writer.secrets"),
            around(self._services.objects, "bigquery_writer.objects"),
            around(self._services.usage, "bigquery_writer.usage"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
        )

    def provisioner(self) -> QueueHandler:
        around, clock = self._faults.around, self._services.clock
        table = around(self._services.table, "provisioner.catalog")
        secrets = around(self._services.secrets, "provisioner.secrets")
        postpone = around(self._services.provision, "provisioner.queue").send_later
        return make_provisioner(
            table,
            around(self._services.streams, "provisioner.streams"),
            ProvisionerSettings(Buckets(BUCKET, LANDING), give_up_after_receives=RECEIVES),
            clock,
            steps=[Stores(table, partial(self.connector, "provisioner"), secrets, clock)],
            postpone=postpone,
        )

    def redrive_worker(self) -> QueueHandler:
        return make_queue_handler(self._redriver(), self._faults.around(self._services.redrives, "redrive.queue"))

    def redrive_starter(self) -> QueueHandler:
        queue = self._faults.around(self._services.redrives, "redrive.queue")
        return make_redrive(self._redriver(), queue_starter(queue), BUCKET)

    def _redriver(self) -> Redriver:
        around = self._faults.around
        quarantine = Quarantine(
            around(self._services.objects, "redrive.objects"), BUCKET, around(self._services.index, "redrive.index")
        )
        table, usage = around(self._services.table, "redrive.catalog"), around(self._services.usage, "redrive.usage")
        return Redriver(
            table, quarantine, self._keeper("redrive").deliver, usage, self._services.clock, lambda: b"a secret"
        )

    def trial_worker(self) -> QueueHandler:
        queue = self._faults.around(self._services.trials, "trial.queue")
        return trial.make_queue_handler(self._trials(), queue)

    def trial_starter(self) -> QueueHandler:
        queue = self._faults.around(self._services.trials, "trial.queue")
        return trial.make_handler(self._trials(), trial.queue_starter(queue))

    def _trials(self) -> TrialWorker:
        """Return what works on trials, in steps as short as they can be."""
        around, clock = self._faults.around, self._services.clock
        quarantine = Quarantine(
            around(self._services.objects, "trial.objects"), BUCKET, around(self._services.index, "trial.index")
        )
        table, taps = around(self._services.table, "trial.catalog"), around(self._services.taps, "trial.taps")
        buckets = TrialBuckets(BUCKET, LANDING)
        return TrialWorker(table, quarantine, taps, buckets, clock, clock.monotonic, step_seconds=0.0)

    def outbox(self) -> QueueHandler:
        around = self._faults.around
        return make_outbox(
            around(self._services.table, "outbox.catalog"),
            around(self._services.provision, "outbox.queue"),
            self._services.figures,
        )

    def metering(self) -> QueueHandler:
        around, clock = self._faults.around, self._services.clock
        table, usage = around(self._services.table, "metering.catalog"), around(self._services.usage, "metering.usage")
        settle = make_metering(table, usage, clock)

        def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
            look_after_canaries(table, usage, clock, lambda prefix, ms: new_id(prefix, ms, self._random))
            return settle(event, context)

        return handle

    def ledger(self) -> QueueHandler:
        around = self._faults.around
        table, usage = around(self._services.table, "ledger.catalog"), around(self._services.usage, "ledger.usage")
        return make_ledger(table, usage, self._services.figures, self._services.clock, buffer_seconds=BUFFER_SECONDS)

    def lake_upkeep(self) -> QueueHandler:
        lakes = FailingLakes(self._services.lakes, self._faults, "lake_upkeep")

        def look_after(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
            lakes.look_after()
            return {}

        return look_after

    def connector(self, function: str, kind: str) -> Connector:
        if kind == "s3":
            return S3Connector(lambda _: self._services.objects, {BUCKET, LANDING})
        if kind == "http":
            http = HttpConnector(Web(self._services.received, self._faults, function), self._services.clock)
            return Unchecked(http) if function == "operator" else http
        if kind == "postgres":
            assert self._services.postgres
            postgres = Client(self._services.postgres, self._faults, function)
            clock = self._services.clock
            connector = PostgresConnector(postgres, monotonic=clock.monotonic, sleep=clock.forward)
            return Unchecked(connector) if function == "operator" else connector
        if kind == "lake":
            lakes = FailingLakes(self._services.lakes, self._faults, function)
            parquet = ParquetConnector(lakes.files, clock=self._services.clock)
            lake = LakeFormats({"iceberg": LakeConnector(lakes.open), "parquet": parquet})
            return Unchecked(lake) if function == "operator" else lake
        client, clock = BigQuery(self._services.google, self._faults, function), self._services.clock
        bigquery = BigQueryConnector(
            emulator_host="none",
            monotonic=clock.monotonic,
            sleep=clock.forward,
            clients=client,  # type: ignore[arg-type]
        )
        return Unchecked(bigquery) if function == "operator" else bigquery

    def _keeper(self, function: str) -> Keeper:
        around, clock = self._faults.around, self._services.clock
        return Keeper(
            around(self._services.streams, f"{function}.streams"),
            around(self._services.spill, f"{function}.spill"),
            around(self._services.quarantine, f"{function}.quarantine"),
            monotonic=clock.monotonic,
            sleep=clock.forward,
            random=self._random.random,
        )
