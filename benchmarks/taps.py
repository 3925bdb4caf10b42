"""What a tap costs: calls where none runs, and where one does, the answers under load.

`python -m benchmarks.taps` compares an environment that has a tap of ten events per second with two that have none:

- what 100,000 requests call, on a clock of the count's own: where there never was a tap, and where one has ended;
- the CPU time of single requests in one process, each tried in turn by all three at 2,000 requests a second of that
  clock, which is by how much a tap can make an answer later on a machine that does nothing else;
- the answers of a local run under load, and the CPU time of its processes, in many short blocks.

Whatever else the machine does meets blocks that follow each other about alike. So each block is compared with its
neighbours alone, and of these ratios the median counts, with the interval that holds it in 95 of 100 courses whatever
their distribution. What the two environments without a tap differ by says what a difference means.
"""

import http.client
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import comb
from pathlib import Path
from random import Random
from statistics import mean, median, quantiles
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks.intake import Shelf, http_api_event, make_whole_handler
from benchmarks.local_run import LocalRun
from benchmarks.samples import MEDIUM, SMALL, SMALL_MAPS
from domain.delivery.ports import PutResults
from domain.items import Item
from domain.metering.ports import UsageSums
from schemas.items import ItemKey, TapLease

REQUESTS = 100_000
TICK_NS = 1_000_000
"""By how much the clock of the count goes on with each request: a second per 1,000 requests."""
START_NS = 1_800_000_000 * 10**9

GOAL_RATE = 2_000
"""Requests a second for which the goal is set."""
REQUEST_BLOCKS, BLOCK_REQUESTS = 41, 1_000

SENDERS = 4
ROUNDS, BLOCK_SECONDS = 41, 2.0
SETTLE_SECONDS = 6.0  # a tap is known everywhere within five
TAP_RATE = 10
TAPPED, CONTROL, WITHOUT = NAMES = ("with a tap", "without, too", "without")


class CountingShelf(Shelf):
    """Takes everything, and counts the calls by kind."""

    def __init__(self, items: Mapping[ItemKey, dict[str, Any]]) -> None:
        super().__init__(items)
        self.calls: Counter[str] = Counter()

    def get(self, key: ItemKey) -> Item | None:
        self.calls["reads"] += 1
        return super().get(key)

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        self.calls["stream writes"] += 1
        return super().put_records(stream, records)

    def send(self, bodies: Sequence[str]) -> PutResults:
        self.calls["messages"] += 1
        return super().send(bodies)

    def add(self, sums: Sequence[UsageSums]) -> None:
        self.calls["counts"] += 1
        super().add(sums)

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:
        self.calls["rates"] += 1
        return super().exchange(environment_id, offered)


class Clock:
    """Goes on when it is told to."""

    ns = START_NS

    def __call__(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / 1e9


def counted(*leases: TapLease) -> Counter[str]:
    """Return the calls of `REQUESTS` requests to an environment with these taps."""
    clock = Clock()
    made: list[CountingShelf] = []

    def make_shelf(items: Mapping[ItemKey, dict[str, Any]]) -> CountingShelf:
        made.append(CountingShelf(items))
        return made[0]

    handler = make_whole_handler(*leases, make_shelf=make_shelf, clock=clock, monotonic=clock.monotonic)
    event = http_api_event(MEDIUM.decode())
    for _ in range(REQUESTS):
        clock.ns += TICK_NS
        if handler(event, None)["statusCode"] != 200:
            raise RuntimeError("a request was refused")
    return made[0].calls


def count_calls() -> None:
    seconds = START_NS // 10**9
    lease = TapLease(id="tap_1", until=seconds, sample=100, only={}, share=1.0, told_at=seconds)
    for name, calls in (("no tap", counted()), ("a tap that has ended", counted(lease))):
        counts = ", ".join(f"{kind} {count:,}" for kind, count in sorted(calls.items()))
        print(f"{REQUESTS:,} requests, {name}: {counts}")


class Found(NamedTuple):
    """The median of ratios, and the interval around it that holds it in 95 of 100 courses."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3f} x ({self.low:.3f} to {self.high:.3f})"


def found(ratios: Sequence[float]) -> Found:
    """Return the median of ratios that are independent of each other, whatever their distribution is."""
    ordered, count = sorted(ratios), len(ratios)
    # So many of them are below the true median as heads are thrown with a fair coin.
    below = [sum(comb(count, heads) for heads in range(upto + 1)) / 2**count for upto in range(count)]
    outermost = max((place for place in range(count // 2) if below[place] <= 0.025), default=0)
    return Found(median(ordered), ordered[outermost], ordered[-1 - outermost])


def told(name: str, blocks: Mapping[str, Sequence[float]], goal: str = "") -> None:
    """Print what blocks of three environments that belong together differ by."""
    against = {
        kind: found([one / other for one, other in zip(blocks[kind], blocks[WITHOUT], strict=True)])
        for kind in (TAPPED, CONTROL)
    }
    print(f"{name:22} {median(blocks[WITHOUT]):9.3f}   with a tap {against[TAPPED]}{goal}", end="")
    print(f"   {CONTROL} {against[CONTROL]}")


def percentile(values: Sequence[float], hundredth: int) -> float:
    return quantiles(values, n=100)[hundredth - 1]


def compare_requests() -> None:
    """Print what the tap adds to the CPU time of single requests, at the rate of the goal."""
    seconds = START_NS // 10**9
    # As the writer tells all handlers at that rate, and goes on confirming.
    lease = TapLease(
        id="tap_1", until=seconds * 2, sample=TAP_RATE, only={}, share=TAP_RATE / GOAL_RATE, told_at=seconds * 2
    )
    chance = Random(1)
    clock = Clock()
    shelves: dict[str, CountingShelf] = {}

    def shelf_of(name: str) -> Callable[[Mapping[ItemKey, dict[str, Any]]], CountingShelf]:
        return lambda items: shelves.setdefault(name, CountingShelf(items))

    handlers = {
        name: make_whole_handler(
            *([lease] if name == TAPPED else []),
            make_shelf=shelf_of(name),
            clock=clock,
            monotonic=clock.monotonic,
            random=chance.random,
        )
        for name in NAMES
    }
    event = http_api_event(MEDIUM.decode())
    blocks: dict[str, dict[str, list[float]]] = {part: {name: [] for name in NAMES} for part in ("p50", "p99", "mean")}
    order = list(NAMES)
    for block in range(-1, REQUEST_BLOCKS):
        times: dict[str, list[float]] = {name: [] for name in NAMES}
        for _ in range(BLOCK_REQUESTS):
            clock.ns += 10**9 // GOAL_RATE
            chance.shuffle(order)
            for name in order:
                began = time.thread_time_ns()
                handlers[name](event, None)
                times[name].append((time.thread_time_ns() - began) / 1e3)
        if block < 0:
            continue  # nothing is warm yet
        for name, taken in times.items():
            blocks["p50"][name].append(percentile(taken, 50))
            blocks["p99"][name].append(percentile(taken, 99))
            blocks["mean"][name].append(mean(taken))
    requests = (REQUEST_BLOCKS + 1) * BLOCK_REQUESTS
    sent = shelves[TAPPED].calls["messages"]
    print(f"one process, {requests:,} requests each at {GOAL_RATE:,} a second, {sent / requests:.2%} kept; us of CPU:")
    for part, values in blocks.items():
        told(f"  {part} of a request", values, " (goal 1.05)" if part == "p99" else "")


class Course:
    """Loads three environments of a local run in short blocks."""

    def __init__(self, run: LocalRun) -> None:
        with run.client() as api:
            self._made = {name: api.make_environment(name, SMALL_MAPS) for name in NAMES}
            tapped = self._made[TAPPED].environment_id
            asked = {"seconds": 3_600, "sample": TAP_RATE}
            self._tap = api.call("POST", f"/v1/environments/{tapped}/taps", asked)
        self._run = run
        self._connections = [http.client.HTTPConnection("127.0.0.1", run.port, timeout=30) for _ in range(SENDERS)]
        self.answered = dict.fromkeys(NAMES, 0)
        self.p50: dict[str, list[float]] = {name: [] for name in NAMES}
        self.p99: dict[str, list[float]] = {name: [] for name in NAMES}
        self.cpu: dict[str, list[float]] = {name: [] for name in NAMES}

    def load(self) -> None:
        time.sleep(SETTLE_SECONDS)
        chance = Random(1)
        order = list(NAMES)
        for name in order:
            self._block(name)  # connections are made, and nothing is cold any more
        with ThreadPoolExecutor(SENDERS) as pool:
            for _ in range(ROUNDS):
                chance.shuffle(order)
                for name in order:
                    self._measure(name, pool)

    def kept(self) -> tuple[int, int]:
        """Return how many events the tap kept, and how many it left out."""
        kept, after = 0, ""
        with self._run.client() as api:
            while True:
                query = f"?limit=200{f'&after={after}' if after else ''}"
                page = api.call("GET", f"/v1/taps/{self._tap['id']}/events{query}")
                if not page["items"]:
                    return kept, page["left_out"]
                kept, after = kept + len(page["items"]), page["cursor"]

    def _measure(self, name: str, pool: ThreadPoolExecutor) -> None:
        before = cpu_seconds(self._run.process.pid)
        senders = [pool.submit(self._send, name, connection) for connection in self._connections]
        latencies = [latency for sender in senders for latency in sender.result()]
        cpu = cpu_seconds(self._run.process.pid) - before
        self.answered[name] += len(latencies)
        self.p50[name].append(percentile(latencies, 50) * 1e3)
        self.p99[name].append(percentile(latencies, 99) * 1e3)
        self.cpu[name].append(cpu / len(latencies) * 1e3)

    def _block(self, name: str) -> None:
        for connection in self._connections:
            self._send(name, connection)

    def _send(self, name: str, connection: http.client.HTTPConnection) -> list[float]:
        path = urlsplit(self._made[name].address).path
        latencies: list[float] = []
        began = now = time.monotonic()
        while now - began < BLOCK_SECONDS:
            connection.request("POST", path, SMALL, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"refused: {body!r}")
            before, now = now, time.monotonic()
            latencies.append(now - before)
        return latencies


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its children have taken, those that ended included."""
    ticks = 0
    waiting = [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
        waiting += [int(child) for task in (process / "task").iterdir() for child in _children(task)]
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def load_a_run() -> None:
    with tempfile.TemporaryDirectory() as folder, LocalRun(Path(folder) / "state", buffer_seconds=1) as run:
        course = Course(run)
        course.load()
        seconds = ROUNDS * BLOCK_SECONDS
        rates = ", ".join(f"{name} {answered / seconds:,.0f}" for name, answered in course.answered.items())
        print(f"a local run, {ROUNDS} rounds of {BLOCK_SECONDS:g} s each; requests a second: {rates}; ms:")
        told("  CPU of all processes", course.cpu)
        told("  p50", course.p50)
        told("  p99", course.p99, " (goal 1.05)")
        kept, left_out = course.kept()
        print(f"requests that the tap kept events of: {kept / course.answered[TAPPED]:.2%}")
        # What it saves up while another environment has its turn is in it, up to a second's worth a block.
        print(f"kept: {kept / seconds:.1f} events per second of its blocks, left out {left_out:,}")


def main() -> None:
    count_calls()
    compare_requests()
    load_a_run()


if __name__ == "__main__":
    main()
