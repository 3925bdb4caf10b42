"""The writer's own work for BigQuery and a lake, from a landed object to rows, against reading and parsing it alone.

A lake is one of the local run: its files are written to a folder. BigQuery takes everything at once here: what is
measured is what this side computes. Load jobs are uploaded by Google's own client to a server that
forgets them. Run as its own process for each measurement of memory.
"""

import gzip
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from time import process_time
from typing import Any

import orjson

from benchmarks.google_uploads import running
from connectors.bigquery.clients import Clients
from connectors.bigquery.connector import BigQueryConnector
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import Connector, RevisionTable, Target
from domain.delivery.landed import LandedObject
from domain.delivery.packing import pack

EVENTS = 50_000
BIG_OBJECT_BYTES = 128 * 1024 * 1024
BILLED_BYTES = 5 * 1024
BATCHES = (1, 10, 100, 1_000)
MODES = ("stream", "load", "lake")
MAPS = [
    {"key": "page", "type": "STRING"},
    {"key": "count", "type": "INT"},
    {"key": "price", "type": "FLOAT"},
    {"key": "seen_at", "type": "TIMESTAMP"},
]
TABLE = RevisionTable("bench", "rev_1", "First", MAPS)


class Swallowing:
    """BigQuery's client, as far as the writer calls it; of rows in a stream it does no more than encode a request."""

    def __init__(self, uploads: str) -> None:
        """Take the host and port of what takes uploads."""
        self._clients = Clients(uploads, None)

    def client(self, target: Target) -> "Swallowing":
        self.load_table_from_file = self._clients.client(target).load_table_from_file
        return self

    def insert_rows_json(self, _table: str, rows: list[object], **_options: object) -> list[object]:
        json.dumps(rows)
        return []


class OneFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, _bucket: str, _key: str) -> io.BufferedReader:
        return self._path.open("rb")


def line(number: int) -> bytes:
    stamps = f'{{"_event_id":"evt_{number:032x}","_received_at":"2026-11-02T10:00:00.000000Z","_revision_id":"rev_1",'
    rest = {"page": f"/products/{number % 977}?utm_source=mail", "count": number, "price": number / 7, "seen_at": 1}
    return stamps.encode() + orjson.dumps(rest)[1:] + b"\n"


def write_object(path: Path, size_bytes: int | None) -> int:
    """Write a gzipped object of `EVENTS` events, or of at least so many bytes when unpacked; return how many."""
    count = size = 0
    with gzip.open(path, "wb", 1) as file:
        while (count < EVENTS) if size_bytes is None else (size < size_bytes):
            row = line(count)
            file.write(row)
            size += len(row)
            count += 1
    return count


def connector_for(path: Path, mode: str, uploads: str) -> Connector:
    if mode != "lake":
        return BigQueryConnector(emulator_host="none", clients=Swallowing(uploads))  # type: ignore[arg-type]
    from connectors.lake.catalogs import LocalLakes  # noqa: PLC0415 - no part of the bare process of the others
    from connectors.lake.connector import LakeConnector  # noqa: PLC0415

    return LakeConnector(LocalLakes(path.parent / "catalog", path.parent / "objects", "data").open)


def destination_of(mode: str) -> dict[str, Any]:
    if mode == "lake":
        return {"type": "lake", "managed": True, "table_format": "iceberg", "table": "bench"}
    return {"type": "bigquery", "project": "p", "dataset": "d", "location": "EU", "mode": mode, "table": "bench"}


def deliver(path: Path, mode: str, uploads: str) -> int:
    """Deliver the object at a path, and return how many events it brought."""
    connector = connector_for(path, mode, uploads)
    landed = LandedObject(OneFile(path), "landing", f"environment=env_1/dt=2026-11-02/hour=10/{path.name}")
    budget = TimeBudget(3_600, process_time, lambda _: None)
    outcomes = connector.deliver(Target("org_1", "env_1", destination_of(mode)), landed, lambda _: TABLE, budget)
    assert outcomes.set_aside_body() is None
    return outcomes.delivered.total()


def floor(path: Path) -> None:
    for row in zlib.decompress(path.read_bytes(), 31).splitlines():
        orjson.loads(row)


def measure_memory(path: Path, mode: str, uploads: str) -> None:
    """Print how many MiB the peak lies above the bare process after a small object, and after the large one."""
    connector_for(path, mode, uploads)
    import google.cloud.bigquery  # noqa: F401, PLC0415 - the client belongs to the bare process

    bare = resident_kib()
    deliver(path.with_name("small.gz"), mode, uploads)
    small = peak_kib()
    deliver(path, mode, uploads)
    print(f"{(small - bare) / 1024:.0f} {(peak_kib() - bare) / 1024:.0f}")


def resident_kib() -> int:
    """Return what the process holds now; its peak so far may have been higher, while it imported."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def peak_kib() -> int:
    """Return the most that the process has held; what `getrusage` says includes what its parent held when it began."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith("VmHWM:"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running() as uploads:
        path = Path(folder) / "object.gz"
        write_object(path, None)
        first = path.with_name("first.gz")
        write_object(first, 1)
        start = process_time()
        floor(path)
        lowest = process_time() - start
        print(f"gunzip and parse only: {1e6 * lowest / EVENTS:.1f} us an event")
        for mode in MODES:
            deliver(first, mode, uploads)  # what a process does once
            start = process_time()
            deliver(path, mode, uploads)
            taken = process_time() - start
            each = 1e6 * taken / EVENTS
            print(f"{mode}: {EVENTS / taken:,.0f} events/s, {each:.1f} us an event, {taken / lowest:.1f} x")
        path.rename(path.with_name("small.gz"))
        shutil.rmtree(path.parent / "objects")
        shutil.rmtree(path.parent / "catalog")
        big = path.with_name("big.gz")
        count = write_object(big, BIG_OBJECT_BYTES)
        for mode in MODES:
            arguments = [sys.executable, "-m", "benchmarks.delivery", str(big), mode, uploads]
            peaks = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603
            small, large = map(int, peaks)
            print(f"{mode}: {small} MiB over the bare process for {EVENTS:,} events, {large} for 128 MiB ({count:,})")
        for batch in BATCHES:
            rows = [line(number) for number in range(batch)]
            start = process_time()
            for _ in range(max(1, 20_000 // batch)):
                records, _ = pack(rows, 1_000 * 1024)
            each = 1e6 * (process_time() - start) / max(1, 20_000 // batch) / batch
            packed = sum(-(-len(record) // BILLED_BYTES) for record in records)
            print(
                f"{batch} a request: packing {each:.2f} us an event, billed {packed / batch:.3f} x of one record each"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure_memory(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        main()
