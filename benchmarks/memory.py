"""How much memory the ingest function should have: what its requests cost at each size, and what bounds it.

`python -m benchmarks.memory` measures the CPU of warm requests, of a start with its first request, and the dearest
requests that are known (`tests/costly_requests.py`), in CPU and in memory. Lambda gives a function of 1,769 MB one
processor and a smaller one its share, so CPU stretches by 1,769 / memory; waiting does not. It prints what becomes of
each at every size, and the cheapest size that keeps the bounds of a request: half of the memory, and a run that ends
within `RUN_SECONDS`.

Without `--all`, only the cases that were dearest when all of them were tried are tried.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.cold_start import like_lambda, printed
from benchmarks.intake import http_api_event
from benchmarks.prices import ASSUMED, PRICES, memory_of
from benchmarks.request import items, stub_of_aws
from benchmarks.samples import SMALL, SMALL_MAPS
from tests.costly_requests import OTHER_ROUTE_REQUESTS, REQUESTS, ROUTE_REQUESTS
from tests.functions.test_ingest_costs import PROGRAM, TABLE

WHOLE_PROCESSOR_MB = 1_769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
SIZES_MB = (512, 640, 704, 768, 832, 896, 960, 1_024, 1_280, 1_536, WHOLE_PROCESSOR_MB)
RUN_SECONDS = 10.0
"""Half of the function's timeout."""
RUNS_DIFFER_MIB = 10
"""By so much more the same request may take in another run."""
REQUESTS_MEASURED = 3_000
STARTS = 15
LIMIT_MB = 2_048
"""Of the address space of a process in which a dear request runs: more than any of them needs."""
FIRST_CALLS = 4
"""Of a handler's first request, one after another: the deployment's secret, the pointer, the revision, the stream."""
DEAREST = frozenset(
    {
        "deep lists to /batch",
        "huge numbers, 1,000 events",
        "kinds, 1,000 lines",
        "long fractions, 1,000 events",
        "log events of a wide owner to /firehose",
        "long ids to /2/httpapi",
        "wide keys, 1,000 events",
    }
)

_FIRST = """
import json, os, sys, time
started = time.process_time()
from functions.ingest.aws import handler
ready = time.process_time()
answer = handler(json.loads(sys.stdin.read()), None)
print(ready - started, time.process_time() - ready, answer["statusCode"])
"""


class Measured(NamedTuple):
    """CPU in milliseconds of a whole processor, and what the dearest requests take."""

    warm_ms: float
    warm_p99_ms: float
    start_ms: float
    first_ms: float
    dearest_seconds: float
    dearest_mib: int


class Row(NamedTuple):
    """What becomes of it with so much memory; dollars are the function's, a million single events."""

    memory_mb: int
    dollars: float
    p50_ms: float
    p99_ms: float
    first_ms: float
    dearest_seconds: float
    keeps_bounds: bool


def warm() -> tuple[float, float]:
    """Return the median and the 99th percentile of the CPU of a small event's request, in milliseconds."""
    from functions.ingest.aws import compose  # noqa: PLC0415 - what it imports reads the environment

    handler, _ = compose(os.environ)
    event = http_api_event(SMALL.decode())
    series = []
    for _ in range(REQUESTS_MEASURED):
        start = time.process_time()
        answer = handler(event, None)
        series.append((time.process_time() - start) * 1_000)
        assert answer["statusCode"] == 200, answer
    return median(series), quantiles(series, n=100)[98]


def starts(variables: Mapping[str, str]) -> tuple[float, float]:
    """Return the medians of the CPU of a start and of the first request after it, in milliseconds."""
    event = json.dumps(http_api_event(SMALL.decode()))
    series = []
    with like_lambda(variables) as bundle:
        for _ in range(STARTS + 1):
            start, first, status = printed(_FIRST, bundle, event).split()
            assert status == "200", status
            series.append((float(start) * 1_000, float(first) * 1_000))
    del series[0]  # it wrote the byte code
    return median(start for start, _ in series), median(first for _, first in series)


def dearest(*, every: bool) -> tuple[float, int]:
    """Return the seconds of CPU and the MiB of memory that the dearest requests take."""
    told = [found for found in _costs(every=every) if "exit" not in found]
    return max(found["seconds"] for found in told), max(found["mib"] for found in told)


def _costs(*, every: bool) -> Iterator[dict[str, Any]]:
    cases = [(schema, "", name, REQUESTS[name]) for schema, name in TABLE]
    of_routes = ROUTE_REQUESTS | OTHER_ROUTE_REQUESTS
    cases += [("kept", route, name, make) for name, (route, make) in of_routes.items()]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        body_file = Path(folder) / "body"
        for schema, route, name, make in cases:
            if not every and name not in DEAREST:
                continue
            headers, body = make()
            body_file.write_bytes(body)
            case = [schema, route, headers, str(body_file), LIMIT_MB * 2**20]
            process.stdin.write(json.dumps(case) + "\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            ended = told if "exit" in told else json.loads(process.stdout.readline())
            assert ended == {"exit": 0}, f"{name} did not come to an answer"
            yield told
        process.stdin.close()


def rows_of(measured: Measured) -> list[Row]:
    """Return what becomes of what was measured, by size."""
    rows = []
    for memory in SIZES_MB:
        stretch = WHOLE_PROCESSOR_MB / memory
        p50 = ASSUMED.stream_wait_ms + measured.warm_ms * stretch
        dearest_run = measured.dearest_seconds * stretch
        rows.append(
            Row(
                memory,
                PRICES.invocation.dollars + PRICES.compute.dollars * ceil(p50) * 1_000 * memory / 1_024,
                p50,
                ASSUMED.stream_wait_ms + measured.warm_p99_ms * stretch,
                ASSUMED.aws_ms_per_call * FIRST_CALLS + (measured.start_ms + measured.first_ms) * stretch,
                dearest_run,
                memory >= 2 * (measured.dearest_mib + RUNS_DIFFER_MIB) and dearest_run <= RUN_SECONDS,
            )
        )
    return rows


def cheapest(rows: list[Row]) -> Row:
    """Return the cheapest size that keeps the bounds of a request."""
    return min((row for row in rows if row.keeps_bounds), key=lambda row: row.dollars)


def measure(*, every: bool) -> Measured:
    with stub_of_aws(items(SMALL_MAPS)) as variables:
        os.environ.update(variables)
        warm_ms, warm_p99_ms = warm()
        start_ms, first_ms = starts(variables)
    return Measured(warm_ms, warm_p99_ms, start_ms, first_ms, *dearest(every=every))


def main() -> None:
    measured = measure(every="--all" in sys.argv)
    print(
        f"CPU: a request {measured.warm_ms:.2f} ms, 99th percentile {measured.warm_p99_ms:.2f} ms; a start "
        f"{measured.start_ms:.0f} ms, its first request {measured.first_ms:.1f} ms"
    )
    print(f"the dearest requests: {measured.dearest_seconds:.2f} s of CPU, {measured.dearest_mib} MiB")
    print("memory   $ a million   p50 ms   p99 ms   first answer ms   dearest request s   keeps the bounds")
    rows = rows_of(measured)
    for row in rows:
        print(
            f"{row.memory_mb:6,}   {row.dollars:11.3f}   {row.p50_ms:6.1f}   {row.p99_ms:6.1f}   {row.first_ms:15.0f}",
            f"  {row.dearest_seconds:17.1f}   {'yes' if row.keeps_bounds else 'no'}",
        )
    print(f"cheapest: {cheapest(rows).memory_mb} MB; the stack's: {memory_of('ingest')} MB")


if __name__ == "__main__":
    main()
