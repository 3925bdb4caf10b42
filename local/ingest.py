"""The ingest function of the local run, from what it reaches beyond a request: here, or over a pipe (`local.lanes`)."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from domain.delivery.ports import QueueSink, SecretReader, StreamSink
from domain.hook_secrets import HookSecrets
from domain.intake.directory import Compile, Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.intake.unknown_sample import UnknownKeySample
from domain.items import ItemReader
from domain.live.tapper import Tapper
from domain.metering.counters import UsageCounters
from domain.metering.ports import UsageSink
from domain.metering.rates import RateLimits
from domain.metering.unknown_keys import Stored
from domain.validation.revision import CompiledRevision
from functions.ingest.handler import Handler, make_handler


class IngestPorts(NamedTuple):
    """All that ingest reaches; a handler is made of them."""

    table: ItemReader
    streams: StreamSink
    spill: QueueSink
    quarantine: QueueSink
    counters: UsageCounters
    rates: RateLimits
    secret: Callable[[], bytes]
    kept_secrets: SecretReader
    """Those of environments; of these, ingest reads what webhooks are signed with."""
    taps: QueueSink
    sample: UnknownKeySample | None = None
    """None in a lane, where what costs much is answered."""


class WorkerPorts(NamedTuple):
    """All that an ingest worker calls in the main process."""

    table: ItemReader
    streams: StreamSink
    spill: QueueSink
    quarantine: QueueSink
    rates: RateLimits
    kept_secrets: SecretReader
    taps: QueueSink
    usage: UsageSink
    unknown_keys: Stored


def make_keeper(streams: StreamSink, spill: QueueSink, quarantine: QueueSink) -> Keeper:
    """Return what makes events durable, on this machine's time and chance."""
    return Keeper(streams, spill, quarantine, monotonic=time.monotonic, sleep=time.sleep, random=random.random)


def make_local_ingest(ports: IngestPorts, keeper: Keeper) -> Handler:
    """Return the function's handler."""
    return make_handler(make_local_intake(ports, keeper), ports.counters, ports.rates)


def make_local_intake(ports: IngestPorts, keeper: Keeper, compiled: Compile = CompiledRevision) -> Intake:
    """Return what answers requests; `compiled` makes a revision of its document."""
    directory = Directory(ports.table, time.monotonic, compiled)
    return Intake(
        directory,
        keeper,
        ports.counters,
        time.time_ns,
        ports.secret,
        ports.rates,
        sample=ports.sample,
        hook_secrets=HookSecrets(ports.kept_secrets, time.monotonic),
        tapper=Tapper(ports.taps, random.random),
    )
