"""How much one machine takes: a local run against one whose ingest workers only echo (`benchmarks.echo_worker`).

Both are sent the same requests in turns, by a process on the same machine, and both write, flush and deliver alike.
Where nginx is installed, it is measured beside them: it writes a line of its log for each request for an image, and
flushes nothing.
"""

import argparse
import contextlib
import getpass
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.local_run import ROOT, LocalRun, free_port
from benchmarks.samples import SMALL_EVENT, SMALL_MAPS, text
from domain.intake.answers import PIXEL

BATCH_EVENTS = 100


class Read(NamedTuple):
    """What one turn of sending saw."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    answers: int
    """Those before the count began included."""
    cpu_us: float = 0.0
    """Of the server's processes, for a request."""


class Load(NamedTuple):
    """What is sent: a body, on so many connections."""

    name: str
    body: bytes
    events: int
    connections: int


def event(number: int) -> dict[str, object]:
    """Return one of many events that resemble each other as real ones do."""
    return {
        **SMALL_EVENT,
        "user_id": f"u-{number * 7_919 % 10_000_019:010}",
        "session": f"{number * 2_654_435_761 % 2**32:08x}-88a1-4a52-b6c1",
        "page": f"https://shop.example.com/products/{number * 31 % 10_000:04}?ref=mail",
        "scroll": round(number * 0.137 % 1, 2),
        "visits": 1 + number % 40,
    }


def loads(singles: int, batches: int) -> list[Load]:
    return [
        Load("single events", text(event(1)), 1, singles),
        Load("batches of 100", text([event(number) for number in range(BATCH_EVENTS)]), BATCH_EVENTS, batches),
    ]


def sent(port: int, path: str, load: Load, seconds: float, folder: Path) -> Read:
    """Send for so many seconds, from a process of its own."""
    body_file = folder / "body"
    body_file.write_bytes(load.body)
    said = subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "benchmarks.sender"),
            *(str(port), str(load.connections), str(seconds), path, str(body_file)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(said.stdout)
    latencies = sorted(found["latencies"])
    return Read(
        len(latencies) / seconds,
        latencies[len(latencies) // 2] * 1e3,
        latencies[len(latencies) * 99 // 100] * 1e3,
        found["refused"],
        found["answers"],
    )


@contextlib.contextmanager
def started(folder: Path, program: str, workers: int) -> Iterator[tuple[LocalRun, str]]:
    """Start a run with one environment; gives it, and the path of its address."""
    with LocalRun(folder / program, buffer_seconds=2, workers=workers, program=program) as run:
        with run.client() as api:
            made = api.make_environment("One machine", SMALL_MAPS)
        yield run, urlsplit(made.address).path
        if run.terminate() != 0:
            raise RuntimeError(f"a run did not end as it should: {run.log.read_text()[-2000:]}")


@contextlib.contextmanager
def nginx(folder: Path, workers: int) -> Iterator[int]:
    """Start nginx with an image and a log; gives its port."""
    port = free_port()
    home = folder / "nginx"
    home.mkdir()
    (home / "e.gif").write_bytes(PIXEL)
    (home / "nginx.conf").write_text(
        f"""daemon off; user {getpass.getuser()}; worker_processes {workers};
        pid {home}/pid; error_log {home}/error.log;
        events {{ worker_connections 4096; }}
        http {{
          access_log {home}/access.log; keepalive_requests 1000000000; types {{ image/gif gif; }}
          client_body_temp_path {home}/1; proxy_temp_path {home}/2; fastcgi_temp_path {home}/3;
          uwsgi_temp_path {home}/4; scgi_temp_path {home}/5;
          server {{ listen 127.0.0.1:{port}; root {home}; }}
        }}"""
    )
    process = subprocess.Popen(["nginx", "-c", str(home / "nginx.conf")])  # noqa: S603, S607 - where the PATH has it
    try:
        time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()


def sync_ms(folder: Path) -> float:
    """Return how long a flush of 4 KB takes here: the median."""
    with (folder / "flushed").open("wb", buffering=0) as file:
        times = []
        for _ in range(100):
            file.write(b"x" * 4_096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a turn lasts")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--workers", type=int, default=cores, help="ingest workers of each run, and of nginx")
    parser.add_argument("--singles", type=int, default=128, help="connections for single events")
    parser.add_argument("--batches", type=int, default=64, help="connections for batches")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, {arguments.workers} workers")
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="one-machine-")))
        print(f"a flush of 4 KB takes {sync_ms(folder):.2f} ms", flush=True)
        targets = {
            name: held.enter_context(started(folder, program, arguments.workers))
            for name, program in (("ingest", "local"), ("echo", "benchmarks.echo_run"))
        }
        for load in loads(arguments.singles, arguments.batches):
            reads: dict[str, list[Read]] = {name: [] for name in targets}
            for _ in range(arguments.turns):
                for name, (run, path) in targets.items():
                    before = run.cpu_seconds
                    read = sent(run.port, path, load, arguments.seconds, folder)
                    reads[name].append(read._replace(cpu_us=(run.cpu_seconds - before) / read.answers * 1e6))
            report(load, reads)
        if shutil.which("nginx"):
            port = held.enter_context(nginx(folder, arguments.workers))
            load = Load("images", b"", 1, arguments.singles)
            report(load, {"nginx": [sent(port, "/e.gif", load, arguments.seconds, folder)]})


def report(load: Load, reads: Mapping[str, Sequence[Read]]) -> None:
    """Print the medians of all turns, and of the ratios within each."""
    print(f"\n{load.name}, {load.connections} connections")
    for name, turns in reads.items():
        found = Read(*(statistics.median(values) for values in zip(*turns, strict=True)))
        print(
            f"  {name:<8}{found.requests_per_second:>10,.0f} requests/s"
            f"{found.requests_per_second * load.events:>12,.0f} events/s"
            f"   p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, {found.cpu_us:.0f} us of CPU a request;"
            f" not 200: {sum(turn.refused for turn in turns)}",
            flush=True,
        )
    if "echo" in reads:
        pairs = list(zip(reads["ingest"], reads["echo"], strict=True))
        speed = [ours.requests_per_second / echo.requests_per_second for ours, echo in pairs]
        p99 = [ours.p99_ms / echo.p99_ms for ours, echo in pairs]
        cpu = [ours.cpu_us / echo.cpu_us for ours, echo in pairs]
        for what, ratios in (("requests/s", speed), ("p99", p99), ("CPU a request", cpu)):
            ordered = sorted(ratios)
            middle = statistics.median(ordered)
            print(f"  ingest / echo, {what}: {middle:.2f} x (turns: {ordered[0]:.2f} to {ordered[-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
