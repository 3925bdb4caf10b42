"""The writer for PostgreSQL, from a landed object to rows of a real server, against reading and parsing it alone."""

import tempfile
import time
from pathlib import Path
from time import process_time

from adapters.postgres import PostgresClient
from benchmarks.delivery import BIG_OBJECT_BYTES, EVENTS, TABLE, OneFile, floor, peak_kib, resident_kib, write_object
from connectors.postgres.connector import PostgresConnector
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import Target
from domain.delivery.landed import LandedObject
from tests.postgres_server import binaries, running_server


def deliver(path: Path, target: Target) -> None:
    connector = PostgresConnector(PostgresClient(own_machine=True))
    landed = LandedObject(OneFile(path), "landing", f"environment=env_1/dt=2026-11-02/hour=10/{path.name}")
    outcomes = connector.deliver(target, landed, lambda _: TABLE, TimeBudget(3_600, process_time, lambda _: None))
    assert outcomes.set_aside_body() is None


def main() -> None:
    if binaries() is None:
        print("This machine has no PostgreSQL; `make postgres` installs it.")
        return
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        schema = server.new_schema()
        target = Target("org_1", "env_1", {"schema": schema, "table": "bench"}, server.secret(user=schema))
        path = Path(folder) / "object.gz"
        write_object(path, None)
        start = process_time()
        floor(path)
        lowest = process_time() - start
        bare = resident_kib()
        start, began = process_time(), time.monotonic()
        deliver(path, target)
        taken, passed = process_time() - start, time.monotonic() - began
        print(
            f"postgres: {EVENTS / taken:,.0f} events/s of a core, {taken / lowest:.1f} x gunzip and parse only; "
            f"{EVENTS / passed:,.0f} a second with the server beside it"
        )
        small = peak_kib() - bare
        count = write_object(path, BIG_OBJECT_BYTES)
        deliver(path, target)
        large = peak_kib() - bare
        peaks = f"{small / 1024:.0f} MiB over the bare process for {EVENTS:,} events"
        print(f"postgres: {peaks}, {large / 1024:.0f} for 128 MiB ({count:,})")


if __name__ == "__main__":
    main()
