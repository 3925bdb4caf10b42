"""The composition root of the local run: the handlers that ship, on adapters that need nothing but a folder."""

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from adapters.files.certificates import FolderCertificates
from adapters.files.objects import FolderObjects
from adapters.files.secrets import FolderSecrets
from adapters.files.streams import FolderStreams
from adapters.host_front import HostFront
from adapters.log_mail import LogMail
from adapters.outgoing import WebPoster
from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from adapters.sqlite.rates import SqliteRates
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.taps import SqliteTaps
from adapters.sqlite.unknown_keys import SqliteUnknownKeys
from adapters.sqlite.usage import SqliteUsage
from adapters.web_client import WebClient
from connectors.eventbridge.connector import eventbridge_connector
from connectors.http.connector import HttpConnector
from connectors.kinesis.connector import kinesis_connector
from connectors.registry import connectors_from
from connectors.s3.connector import S3Connector
from connectors.sqs.connector import sqs_connector
from domain.access.access import token_hash
from domain.access.first_organisation import bootstrap
from domain.alerts.evaluating import World
from domain.alerts.sending import Ways, send
from domain.catalog.canaries import look_after_canaries
from domain.certificates.ports import TextRecords
from domain.delivery.connectors import Connector, Connectors
from domain.delivery.last_error import LastErrors
from domain.delivery.ports import ObjectStore
from domain.ids import new_id
from domain.intake.dry_run import dry_run
from domain.intake.unknown_sample import UnknownKeySample
from domain.live.keeping import TapKeeper
from domain.live.reading import Patience
from domain.live.standing import settle_standing_tap
from domain.metering.counters import UsageCounters
from domain.metering.delivered import MeteredObjects
from domain.metering.rates import RateLimits
from domain.operations.set_aside import SetAside
from domain.trials.running import TrialBuckets
from domain.warehouses.engine import OwnBucket
from functions.alerts.handler import make_handler as make_alerts
from functions.ledger.handler import make_handler as make_ledger
from functions.management.handler import ManagementSettings
from functions.management.handler import make_handler as make_management
from functions.metering.handler import make_handler as make_metering
from functions.outbox.handler import make_handler as make_outbox
from functions.provisioner.domains import Domains
from functions.provisioner.handler import Buckets, ProvisionerSettings
from functions.provisioner.handler import make_handler as make_provisioner
from functions.provisioner.proofs import Proofs
from functions.provisioner.stores import Stores
from functions.redeliver.handler import make_handler as make_redeliver
from functions.tap_writer.handler import make_handler as make_tap_writer
from local.front import Handler
from local.gateway import LambdaAnswer
from local.ingest import IngestPorts, WorkerPorts, make_keeper, make_local_ingest
from local.lake import LocalLake
from local.landing import Landing, NotifyingObjects, ReportingObjects
from local.lanes import Lanes
from local.quarantine import WRITER_BATCH_MESSAGES, LocalQuarantine
from local.queues import make_dead_letters, make_queue
from local.sent import sent_to_files
from local.settings import HOST, Settings
from local.standing_in import EMULATOR, FOLDER, NO_ROLE, StandingIn
from local.state import admin_token, deployment_secret
from local.timer import Timer
from local.trials import LocalTrials
from local.unwatched import Unwatched
from local.workers import BATCH_MESSAGES, NotedQueue, QueueHandler, QueueWorker
from schemas.items import pointer_key

DATA_BUCKET = "data"
LANDING_BUCKET = "landing"
SETTLE_SECONDS = 1.0
OUTBOX_SECONDS = 10.0
PURGE_SECONDS = 3600.0
TAPS_PURGE_SECONDS = 60.0
TAP_BATCH_MESSAGES = 100
PLANS_SECONDS = 5.0
LEDGER_SECONDS = 60.0
DOMAINS_SECONDS = 5.0
ALERTS_SECONDS = 5.0
LAKE_SECONDS = 600.0
ALERT_THREADS = 2
SWEEP_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a front door needs; `close` may take about as many seconds as it is given.

    `ports` is what ingest workers call, and `deployment_secret` what they know. `dear_ingest` answers requests that may
    cost much, until `end_dear_ingest`. `news_of_taps` returns a number that changes when events of a tap were kept.
    """

    ports: WorkerPorts
    deployment_secret: bytes
    ingest: Handler
    dear_ingest: Handler
    end_dear_ingest: Callable[[], None]
    management: Handler
    computes: Callable[[str, str], bool]
    news_of_taps: Callable[[], int]
    admin_token: str
    close: Callable[[float], None]


def open_house(settings: Settings, state_dir: Path) -> House:
    """Open or create everything below `state_dir`, and deliver what an earlier run left undelivered.

    Raises:
        Misconfigured: the state was made by a later version, or can't be read.
    """
    clock = time.time_ns
    database = Database(state_dir / "state.db")
    table = SqliteTable(database, clock)
    token = settings.admin_token or admin_token(state_dir)
    bootstrap(table, token_hash(token), clock)
    secret = deployment_secret(state_dir)

    objects = FolderObjects(state_dir / "objects")
    usage = SqliteUsage(database)
    secrets = FolderSecrets(state_dir / "secrets")
    lake = LocalLake(state_dir, DATA_BUCKET, LANDING_BUCKET)
    connectors = _connectors(settings, state_dir, objects, lake)
    landing = Landing(database, clock)
    delivered = NotifyingObjects(objects, MeteredObjects(objects, usage), LANDING_BUCKET, landing.queue)
    reported = ReportingObjects(delivered, DATA_BUCKET, LastErrors(table, clock))
    streams = FolderStreams(state_dir / "streams", reported, clock, buffer_seconds=settings.buffer_seconds)
    streams.recover()
    streams.start()

    provisioner_settings = ProvisionerSettings(Buckets(data=DATA_BUCKET, landing=LANDING_BUCKET))
    spill = make_queue(database, "spill", clock)
    provision = make_queue(database, "provision", clock)
    quarantine = LocalQuarantine(objects, DATA_BUCKET, database, settings.quarantine_days, clock)
    unknown_keys = SqliteUnknownKeys(database)
    taps = SqliteTaps(database)
    trials = LocalTrials(database, clock)
    sample = UnknownKeySample(unknown_keys, clock)
    counters = UsageCounters(usage, clock, sample)
    keeper = make_keeper(streams, spill, quarantine.queue)
    rates = RateLimits(SqliteRates(database), clock)
    tapped = make_queue(database, "taps", clock)
    ports = IngestPorts(
        table, streams, spill, quarantine.queue, counters, rates, lambda: secret, secrets, tapped, sample
    )
    lanes = Lanes(ports)

    certificates = FolderCertificates(state_dir / "certificates", clock)
    proofs = Proofs(table, _texts() if settings.domain_proof else None, None, clock)
    domains = Domains(table, certificates, HostFront(HOST), None, clock, proofs)
    stores = Stores(table, connectors, secrets, clock)
    handlers: dict[SqliteQueue, QueueHandler] = {
        spill: make_redeliver(streams),
        quarantine.queue: quarantine.writer(),
        tapped: make_tap_writer(TapKeeper(table, taps, clock)),
        quarantine.redrive_queue: quarantine.redrive_worker(table, keeper.deliver, usage, lambda: secret),
        trials.queue: trials.worker(table, quarantine.store, taps, TrialBuckets(DATA_BUCKET, LANDING_BUCKET)),
        provision: make_provisioner(
            table,
            streams,
            provisioner_settings,
            clock,
            steps=[stores],
            domains=domains,
            postpone=provision.send_later,
        ),
    }
    # A redrive may take long, and so may a trial: their workers take little at once, and a stop does not wait for more.
    long = {quarantine.redrive_queue, trials.queue}
    batches = {quarantine.queue: WRITER_BATCH_MESSAGES, tapped: TAP_BATCH_MESSAGES, **dict.fromkeys(long, 1)}
    workers = _started_workers(handlers, batches, long)
    landing.start(table, connectors, secrets, objects, usage)
    settle_plans = make_metering(table, usage, clock)
    unwatched = Unwatched()
    look_at_ledger = make_ledger(table, usage, unwatched, clock, buffer_seconds=settings.buffer_seconds)
    ending = threading.Event()
    alert_ways = Ways(WebPoster(WebClient(own_machine=True)), LogMail(), secrets, clock, own_machine=True)
    look_at_alerts = make_alerts(
        World(table, usage, unknown_keys, partial(send, alert_ways), clock, settings.buffer_seconds),
        unwatched,
        lambda: math.inf if ending.is_set() else time.monotonic(),  # at the end of a run there is no more time
        threads=ALERT_THREADS,
    )
    send_outbox = make_outbox(table, provision, unwatched)
    timers = [
        Timer("outbox", OUTBOX_SECONDS, lambda: send_outbox({}, None)),
        Timer("redrives", OUTBOX_SECONDS, quarantine.sweep(table)),
        Timer("trials", OUTBOX_SECONDS, trials.sweep(table)),
        Timer("quarantine-purge", PURGE_SECONDS, quarantine.purge),
        Timer("usage", 1.0, counters.flush_if_due),
        Timer("rates", 1.0, rates.exchange_if_due),
        Timer("plans", PLANS_SECONDS, lambda: settle_plans({}, None)),
        Timer("canaries", PLANS_SECONDS, lambda: look_after_canaries(table, usage, clock, new_id)),
        Timer("ledger", LEDGER_SECONDS, lambda: look_at_ledger({}, None)),
        Timer("alerts", ALERTS_SECONDS, lambda: look_at_alerts({}, None)),
        Timer("domains", DOMAINS_SECONDS, domains.look),
        Timer("certificates", SWEEP_SECONDS, domains.sweep),
        Timer("secrets", SWEEP_SECONDS, stores.sweep),
        Timer("lake", LAKE_SECONDS, lake.look_after),
        Timer("purge", PURGE_SECONDS, table.purge_expired),
        Timer("usage-purge", PURGE_SECONDS, lambda: usage.purge(clock() // 1_000_000_000)),
        Timer("taps-purge", TAPS_PURGE_SECONDS, lambda: taps.purge(clock() // 1_000_000_000)),
        Timer("unknown-keys-purge", PURGE_SECONDS, lambda: unknown_keys.purge(clock() // 1_000_000_000)),
    ]
    for timer in timers:
        timer.start()

    noted = NotedQueue(provision)
    management = make_management(
        table=table,
        provision_queue=noted,
        usage=usage,
        unknown_keys=unknown_keys,
        dry_run=partial(dry_run, deployment_secret=lambda: secret),
        connectors=connectors,
        secrets=secrets,
        quarantine=quarantine.store,
        redrives=quarantine.starter,
        trials=trials.starter,
        certificates=certificates,
        domain_secret=(lambda: secret) if settings.domain_proof else None,
        dead_letters=make_dead_letters(database, clock),
        set_aside=SetAside(delivered, LANDING_BUCKET),
        taps=taps,
        alert_ways=alert_ways,
        patience=Patience(),  # the front asks again, so that no thread waits
        clock=clock,
        settings=ManagementSettings(
            ingest_base_url=settings.address,
            own_bucket=OwnBucket(DATA_BUCKET, folder=str(state_dir / "objects"), lake_catalog=str(lake.catalog_path)),
        ),
    )

    def close(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        ending.set()
        for timer in timers:
            timer.stop()
        for worker in workers.values():
            worker.stop(max(0.1, (deadline - time.monotonic()) / 2))
        landing.stop(max(0.1, (deadline - time.monotonic()) / 2))
        counters.flush()
        _within(deadline - time.monotonic(), streams.close)
        database.close()

    settled = _settled(management, noted, workers[provision])

    def settle_taps() -> None:
        for group in table.groups(pointer_key("").pk):
            settle_standing_tap(table, group.partition("#")[2], clock(), wanted=settings.taps_all)

    settle_taps()
    return House(
        WorkerPorts(table, streams, spill, quarantine.queue, rates, secrets, tapped, usage, unknown_keys),
        secret,
        make_local_ingest(ports, keeper),
        lanes.handle,
        lanes.close,
        _with_standing_taps(settled, settle_taps) if settings.taps_all else settled,
        management.computes,
        lambda: taps.appended,
        token,
        close,
    )


def _connectors(settings: Settings, state_dir: Path, objects: ObjectStore, lake: LocalLake) -> Connectors:
    """Return what delivers. Every bucket is a folder here, whatever account it belongs to, and no role is assumed."""
    return connectors_from(
        {
            "s3": lambda: StandingIn(
                S3Connector(lambda _: objects, {DATA_BUCKET, LANDING_BUCKET}), FOLDER, {"role": NO_ROLE}
            ),
            "bigquery": partial(_bigquery, settings.bigquery_emulator_host),
            "http": lambda: HttpConnector(WebClient(own_machine=True)),
            "lake": lake.connector,
            "eventbridge": partial(sent_to_files, state_dir / "sent", "bus_arn", eventbridge_connector),
            "postgres": _postgres,
            "kinesis": partial(sent_to_files, state_dir / "sent", "stream_arn", kinesis_connector),
            "sqs": partial(sent_to_files, state_dir / "sent", "queue_url", sqs_connector),
        }
    )


def _started_workers(
    handlers: Mapping[SqliteQueue, QueueHandler], batches: Mapping[SqliteQueue, int], long: Collection[SqliteQueue]
) -> dict[SqliteQueue, QueueWorker]:
    """Return a worker for each queue, which has begun with what an earlier run left.

    Args:
        handlers: what works on the messages of each queue.
        batches: the most that it takes at once, where that is not as usual.
        long: queues whose messages take long: a stop leaves those that were not begun.
    """
    workers = {
        queue: QueueWorker(queue, handler, batch_messages=batches.get(queue, BATCH_MESSAGES), drains=queue not in long)
        for queue, handler in handlers.items()
    }
    for queue, worker in workers.items():
        queue.recover()
        worker.start()
    return workers


def _with_standing_taps(management: Handler, settle: Callable[[], None]) -> Handler:
    """Have each environment's tap settled before the answer to a request that may have changed one leaves."""

    def handle(event: dict[str, Any], context: object) -> LambdaAnswer:
        answer = management(event, context)
        if event["requestContext"]["http"]["method"] not in {"GET", "HEAD"}:
            settle()
        return answer

    return handle


def _bigquery(emulator_host: str | None) -> Connector:
    from connectors.bigquery.connector import BigQueryConnector  # noqa: PLC0415 - most runs never need Google's client

    connector = BigQueryConnector(emulator_host=emulator_host)
    return connector if emulator_host is None else StandingIn(connector, EMULATOR)


def _postgres() -> Connector:
    from adapters.postgres import PostgresClient  # noqa: PLC0415 - most runs never need the driver
    from connectors.postgres.connector import PostgresConnector  # noqa: PLC0415

    return PostgresConnector(PostgresClient(own_machine=True))


def _texts() -> TextRecords:
    from adapters.dns_texts import DnsTexts  # noqa: PLC0415 - most runs ask for no proof

    return DnsTexts()


def _settled(management: Any, noted: NotedQueue, provisioner: QueueWorker) -> Handler:
    """Hold an answer back until what its request set off is provisioned, as long as that takes no second.

    So the next request sees an environment that is active, and a test or a person needs no loop.
    """

    def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
        answer: dict[str, Any] = management(event, context)
        if noted.take_note():
            provisioner.wait_until_idle(SETTLE_SECONDS)
        return answer

    return handle


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do `work`, but wait for it no longer than that: what it leaves is durable, and the next start goes on with it."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(0.1, seconds))
