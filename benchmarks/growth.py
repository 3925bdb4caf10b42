"""How time, memory and calls grow with ten times as much: `python -m benchmarks.growth`.

Each case is made twice, the second time with ten times as many of one thing. The exponent says how what it takes has
grown: 0 for not at all, 1 for ten times as much. Calls are those of the ports behind a function (tables, usage,
objects, streams) with the items that they read, so they are the same on every machine; time is CPU.
"""

import json
import logging
import math
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from time import process_time, time_ns
from typing import Any, NamedTuple

from adapters.files.objects import FolderObjects
from adapters.files.secrets import FolderSecrets
from adapters.sqlite.database import Database
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.usage import SqliteUsage
from benchmarks.catalog import NoQueue, Recorder, fill
from benchmarks.counted import Counted
from benchmarks.parquet_files import next_of_an_hour
from benchmarks.samples import SMALL, SMALL_MAPS
from connectors.registry import connectors_from
from connectors.s3.connector import S3Connector
from domain.access.rosters import environments_of
from domain.catalog import endpoints, environments, revisions
from domain.delivery.delivering import deliver
from domain.delivery.ports import PutResults
from domain.delivery.stream_settings import StreamSettings
from domain.ids import new_id
from domain.intake.directory import Directory
from domain.metering.counters import UsageCounters
from domain.metering.ports import UsageScope, UsageSums
from domain.metering.slices import Slice
from domain.records.caller import Call, Principal, Role
from domain.records.change import Catalog
from domain.records.keys import organisation_key
from domain.records.ports import Put
from functions.ledger.handler import make_handler as make_ledger
from functions.metering.handler import make_handler as make_metering
from functions.provisioner.streams import Streams
from schemas.models.environment import EnvironmentCreate
from tests.quarantine_world import NUMBER, TEXT, QuarantineWorld

TIMES = 10
FLAT, LINEAR = "flat", "linear"
MOST = {FLAT: 0.1, LINEAR: 1.05}
"""What the exponent of calls may be."""
_ROUNDS = 3
_NOW = 1_793_614_272
_MINUTE = _NOW - _NOW % 60 - 3_600
_PAGE = 5

Work = Callable[[], object]


class Case(NamedTuple):
    """What grows, what is done with it, and how its calls may grow."""

    of: str
    work: str
    may: str
    make: Callable[[int, Counter[str]], Work]
    size: int
    """The smaller of the two."""


class World:
    """A catalog on SQLite, with endpoints that are copies of one, and usage of each environment."""

    def __init__(self, calls: Counter[str], endpoints_: int, revisions_: int = 2, environments_: int = 2) -> None:
        folder = Path(mkdtemp())
        self.database = Database(folder / "state.db")
        recorder = Recorder(self.database)
        organisation_id = new_id("org", time_ns() // 1_000_000)
        principal = Principal(organisation_id, "Growth", "mem_1", "owner@example.com", None, Role.OWNER)
        connectors = connectors_from({"s3": lambda: S3Connector(lambda _: FolderObjects(folder / "objects"), ())})
        secrets = FolderSecrets(folder / "secrets")
        self.call = Call(principal, "203.0.113.7")

        def catalog(table: Any) -> Catalog:
            return Catalog(table, NoQueue(), time_ns, new_id, "https://in.example.com", "ingest-", connectors, secrets)

        made = catalog(recorder)
        self.endpoint_id = endpoints.create_endpoint(made, self.call, "Endpoint", None)["id"]
        for _ in range(revisions_):
            revision = revisions.create_revision(made, self.call, self.endpoint_id)
            revisions.replace_fields(made, self.call, revision["id"], SMALL_MAPS)
            revisions.finalise_revision(made, self.call, revision["id"])
        for number in range(environments_):
            destination = {"type": "s3", "managed": True}
            wanted = EnvironmentCreate.model_validate(
                {"name": f"Environment {number}", "revision_id": revision["id"], "destination": destination}
            )
            settings = wanted.model_dump()
            self.environment_id = environments.create_environment(made, self.call, self.endpoint_id, settings)["id"]
        table = SqliteTable(self.database, time_ns)
        fill(table, recorder.of_endpoints(), endpoints_ - 1)
        self.table: Any = Counted(table, calls)
        self.catalog = catalog(self.table)
        usage = SqliteUsage(self.database)
        self.organisation_id = organisation_id
        usage.add(
            [
                UsageSums(
                    environment_id,
                    "rev_1",
                    _MINUTE,
                    requests=1,
                    accepted=1,
                    endpoint_id=endpoint_id,
                    organisation_id=organisation_id,
                )
                for endpoint_id, environment_id in environments_of(table, organisation_id)
            ]
        )
        self.usage: Any = Counted(usage, calls)


class _Metrics:
    def emit(self, _figures: Any) -> None:
        pass


def _ledger(size: int, calls: Counter[str]) -> Work:
    world = World(calls, size)
    # A handler that has just started: what it knows of settled environments would spare it the work.
    return lambda: make_ledger(world.table, world.usage, _Metrics(), lambda: _NOW * 10**9, buffer_seconds=60)({}, None)


def _endpoints_page(size: int, calls: Counter[str]) -> Work:
    world = World(calls, size)
    return lambda: endpoints.list_endpoints(world.catalog, world.call, _PAGE, None)


def _environments_page(size: int, calls: Counter[str]) -> Work:
    world = World(calls, size)
    return lambda: environments.list_environments(world.catalog, world.call, world.endpoint_id, _PAGE, None)


def _look_up(size: int, calls: Counter[str]) -> Work:
    world = World(calls, size)
    return lambda: Directory(world.table, lambda: 0.0).environment(world.environment_id)


def _usage_of_an_organisation(size: int, calls: Counter[str]) -> Work:
    world = World(calls, size)
    scope = UsageScope(world.organisation_id)
    return lambda: world.usage.series(scope, Slice.HOUR, _MINUTE - 86_400, _NOW)


def _revisions_page(size: int, calls: Counter[str]) -> Work:
    world = World(calls, 1, revisions_=size)
    return lambda: revisions.list_revisions(world.catalog, world.call, world.endpoint_id, _PAGE, None)


def _deploy_look_up(size: int, calls: Counter[str]) -> Work:
    world = World(calls, 1, revisions_=size)
    return lambda: Directory(world.table, lambda: 0.0).environment(world.environment_id)


def _metering(size: int, calls: Counter[str]) -> Work:
    database = Database(Path(mkdtemp()) / "state.db")
    table, usage = SqliteTable(database, time_ns), SqliteUsage(database)
    for number in range(size):
        organisation_id = f"org_{number:026d}"
        plan = {"requests_per_month": 1_000, "over_limit": "reject"}
        table.transact([Put(organisation_key(organisation_id), {"id": organisation_id, "plan": plan}, 0)])
        usage.add(
            [
                UsageSums(
                    f"env_{number:026d}",
                    "rev_1",
                    _MINUTE,
                    accepted=1,
                    endpoint_id="ep_1",
                    organisation_id=organisation_id,
                )
            ]
        )
    handler = make_metering(Counted(table, calls), Counted(usage, calls), lambda: _NOW * 10**9)
    return lambda: handler({}, None)


def _counting(size: int, calls: Counter[str]) -> Work:
    database = Database(Path(mkdtemp()) / "state.db")
    usage = Counted(SqliteUsage(database), calls)
    pointer: Any = {"environment_id": "env_1", "endpoint_id": "ep_1", "organisation_id": "org_1"}

    def work() -> None:
        counters = UsageCounters(usage, lambda: _NOW * 10**9)
        for _ in range(size):
            counters.count(pointer, "rev_1", _NOW * 10**9, accepted=1)
        counters.flush()

    return work


class _Sink:
    def put_records(self, _stream: str, records: Sequence[bytes]) -> PutResults:
        return [None] * len(records)

    def send(self, bodies: Sequence[str]) -> PutResults:
        return [None] * len(bodies)


def _request_to_streams(size: int, calls: Counter[str]) -> Work:
    sink = Counted(_Sink(), calls)
    streams = [f"stream-{number}" for number in range(size)]
    record = SMALL + b"\n"
    return lambda: deliver(
        [record], streams, sink, sink, monotonic=lambda: 0.0, sleep=lambda _: None, random=lambda: 0.5
    )


class _Admin:
    def create(self, _stream: str, _settings: StreamSettings) -> None:
        pass

    def is_active(self, _stream: str) -> bool:
        return True

    def holds_for_seconds(self, _stream: str) -> float:
        return 0.0

    def delete(self, _stream: str) -> None:
        pass


def _provision(size: int, calls: Counter[str]) -> Work:
    settings = StreamSettings("data", "environment=env_1/", None, 1)
    streams = Streams(Counted(_Admin(), calls), lambda _: settings)
    environment = {"id": "env_1", "stream_prefix": "ingest-", "streams": size, "most_streams": size}

    def work() -> None:
        streams.make(environment)
        assert streams.waits_for(environment) is None
        streams.remove([f"stream-{number}" for number in range(size)], 10**9)

    return work


def _quarantined(size: int, calls: Counter[str]) -> QuarantineWorld:
    world = QuarantineWorld(NUMBER)
    world.keep_many([json.dumps({"price": str(price)}).encode() for price in range(size)], per_object=10)
    # Where the world has them already, so that its API and its functions are counted as well.
    for port in (world.quarantine.objects, world.quarantine.index):
        counted = Counted(port, calls)
        for name in (name for name in dir(type(port)) if not name.startswith("_")):
            setattr(port, name, getattr(counted, name))
    return world


def _quarantine_page(size: int, calls: Counter[str]) -> Work:
    world = _quarantined(size, calls)
    return world.page


def _redrive(size: int, calls: Counter[str]) -> Work:
    world = _quarantined(size, calls)
    fixed = world.revision(TEXT)

    def work() -> None:
        world.start(fixed, dry_run=True)
        handle = world.process()
        while world.queue.waiting:
            world.work_once(handle)

    return work


def _quarantine_writer(size: int, calls: Counter[str]) -> Work:
    world = _quarantined(1, calls)
    events = [world.refused(json.dumps({"price": str(price)}).encode()) for price in range(size)]
    return lambda: world.keep(*events)


CASES = (
    Case("environments", "the ledger looks at all", LINEAR, _ledger, 4),
    Case("environments", "the first page of endpoints", FLAT, _endpoints_page, 6),
    Case("environments", "the first page of environments", FLAT, _environments_page, 4),
    Case("environments", "a request finds its environment", FLAT, _look_up, 4),
    Case("environments", "an organisation's usage", FLAT, _usage_of_an_organisation, 4),
    Case("revisions", "the first page of revisions", FLAT, _revisions_page, 6),
    Case("revisions", "a request finds its revision", FLAT, _deploy_look_up, 4),
    Case("organisations", "metering settles all plans", LINEAR, _metering, 10),
    Case("events", "a handler counts them", FLAT, _counting, 1_000),
    Case("streams", "a request is delivered", FLAT, _request_to_streams, 5),
    Case("streams", "the provisioner makes and removes them", LINEAR, _provision, 5),
    Case("objects of an hour", "the next becomes a file of Parquet", FLAT, next_of_an_hour, 4),
    Case("quarantined events", "the writer keeps them", FLAT, _quarantine_writer, 20),
    Case("quarantined events", "the first page of quarantine", FLAT, _quarantine_page, 60),
    Case("quarantined events", "a redrive tries all", LINEAR, _redrive, 40),
)


class Grown(NamedTuple):
    """The exponents of a case."""

    time: float
    memory: float
    calls: float


def calls_of(case: Case, size: int) -> int:
    """Return how many calls and items a case takes at a size."""
    calls: Counter[str] = Counter()
    work = case.make(size, calls)
    calls.clear()
    work()
    return sum(calls.values())


def exponent(small: float, large: float) -> float:
    """Return by which power of its size something has grown."""
    return math.log(max(large, 1e-9) / max(small, 1e-9), TIMES)


def grown(case: Case) -> Grown:
    """Return how a case grows."""
    found = [_measured(case, size) for size in (case.size, case.size * TIMES)]
    return Grown(*(exponent(small, large) for small, large in zip(*found, strict=True)))


def _measured(case: Case, size: int) -> tuple[float, float, float]:
    """Return seconds of CPU, bytes at the most, and calls."""
    calls: Counter[str] = Counter()
    work = case.make(size, calls)
    work()
    calls.clear()
    work()
    made = sum(calls.values())
    seconds = min(_timed(work) for _ in range(_ROUNDS))
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, float(most), float(made)


def _timed(work: Work) -> float:
    start = process_time()
    work()
    return process_time() - start


def main() -> None:
    """Print a row for each case, and fail if one grows as it may not."""
    logging.disable(logging.CRITICAL)  # the ledger finds nothing delivered here, and would say so
    print(f"{'10 x':20}{'':42}{'may be':8}{'time':>7}{'memory':>8}{'calls':>7}")
    too_much = []
    for case in CASES:
        found = grown(case)
        print(
            f"{case.of:20}{case.work:42}{case.may:8}{found.time:7.2f}{found.memory:8.2f}{found.calls:7.2f}", flush=True
        )
        if found.calls > MOST[case.may]:
            too_much.append(case.work)
    if too_much:
        sys.exit(f"grows too much: {', '.join(too_much)}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
