"""What a tap costs: calls where none runs, and where one does, the answers under load.

`python -m benchmarks.taps` compares an environment that has a tap of ten events per second with two that have none:

- what 100,000 requests call, on a clock of the count's own: where there never was a tap, and where one has ended;
- the CPU time of single requests in one process, each tried in turn by all three at 2,000 requests a second of that
  clock, which is by how much a tap can make an answer later on a machine that does nothing else;
- the answers of a local run under load where every request goes to another of the three, so that whatever else the
  machine does meets them alike. A run that answers fewer has a tap of fewer events, in the same proportion;
- the CPU time of that run's processes, in which what works off the tap's messages is, in short turns.

Each block is compared with its own time alone, and of these ratios the median counts, with the interval that holds it
in 95 of 100 courses whatever their distribution. What the two environments without a tap differ by says what a
difference means.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
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
from local.api_client import ManagementClient
from schemas.items import ItemKey, TapLease

REQUESTS = 100_000
TICK_NS = 1_000_000
"""By how much the clock of the count goes on with each request: a second per 1,000 requests."""
START_NS = 1_800_000_000 * 10**9

GOAL_RATE = 2_000
"""Requests a second for which the goal is set."""
REQUEST_BLOCKS, BLOCK_REQUESTS = 41, 1_000

SENDERS = 4
ROUNDS = 41
BLOCK_SECONDS, TURN_SECONDS = 4.0, 1.0
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
    """Loads three environments of a local run, all at once or in turns."""

    def __init__(self, run: LocalRun, api: ManagementClient) -> None:
        self._run = run
        self._api = api
        self._made = {name: api.make_environment(name, SMALL_MAPS) for name in NAMES}
        self._connections = [HTTPConnection("127.0.0.1", run.port, timeout=30) for _ in range(SENDERS)]
        self._pool = ThreadPoolExecutor(SENDERS)

    def beside_each_other(self) -> None:
        """Print how late answers are where each request goes to one of the three, so that all meet the same."""
        rate = self._settled(NAMES)
        p50: dict[str, list[float]] = {name: [] for name in NAMES}
        p99: dict[str, list[float]] = {name: [] for name in NAMES}
        with self._tap(rate / len(NAMES), NAMES) as tap:
            for _ in range(ROUNDS):
                for name, latencies in self._block(NAMES, BLOCK_SECONDS).items():
                    p50[name].append(percentile(latencies, 50) * 1e3)
                    p99[name].append(percentile(latencies, 99) * 1e3)
            told("  p50", p50)
            told("  p99", p99, " (goal 1.05)")
            self._tell_kept(tap)

    def in_turns(self) -> None:
        """Print the CPU time of all processes where one environment after the other has all requests."""
        rate = self._settled(NAMES)
        cpu: dict[str, list[float]] = {name: [] for name in NAMES}
        chance, order = Random(1), list(NAMES)
        with self._tap(rate, [TAPPED]) as tap:
            for _ in range(ROUNDS):
                chance.shuffle(order)
                for name in order:
                    before = cpu_seconds(self._run.process.pid)
                    answered = len(self._block([name], TURN_SECONDS)[name])
                    cpu[name].append((cpu_seconds(self._run.process.pid) - before) / answered * 1e3)
            told("  CPU of a request", cpu)
            self._tell_kept(tap)

    def _settled(self, names: Sequence[str]) -> float:
        """Return how many requests a second are answered, once nothing is cold any more."""
        self._block(names, SETTLE_SECONDS)
        latencies = self._block(names, SETTLE_SECONDS)
        return sum(map(len, latencies.values())) / SETTLE_SECONDS

    @contextmanager
    def _tap(self, rate: float, names: Sequence[str]) -> Iterator[str]:
        """Start a tap that keeps the share of the requests that it would keep at the rate of the goal, and end it."""
        sample = max(1, round(rate * TAP_RATE / GOAL_RATE))
        path = f"/v1/environments/{self._made[TAPPED].environment_id}/taps"
        tap_id = str(self._api.call("POST", path, {"seconds": 3_600, "sample": sample})["id"])
        self._block(names, 2 * SETTLE_SECONDS)  # until it is known everywhere, and its share is told
        print(f"  {rate:,.0f} requests a second to an environment; a tap of {sample} events a second; ms:")
        yield tap_id
        self._api.call("DELETE", f"/v1/taps/{tap_id}")

    def _tell_kept(self, tap_id: str) -> None:
        kept, after, page = 0, "", {"items": [None]}
        while page["items"]:
            page = self._api.call("GET", f"/v1/taps/{tap_id}/events?limit=200{f'&after={after}' if after else ''}")
            kept, after = kept + len(page["items"]), page["cursor"]
        print(f"  kept {kept:,} events, left out {page['left_out']:,}")

    def _block(self, names: Sequence[str], seconds: float) -> dict[str, list[float]]:
        """Return the latencies of the requests to each environment."""
        senders = [self._pool.submit(self._send, names, seconds, connection) for connection in self._connections]
        found = [sender.result() for sender in senders]
        return {name: [latency for latencies in found for latency in latencies[name]] for name in names}

    def _send(self, names: Sequence[str], seconds: float, connection: HTTPConnection) -> dict[str, list[float]]:
        paths = {name: urlsplit(self._made[name].address).path for name in names}
        latencies: dict[str, list[float]] = {name: [] for name in names}
        order, chance = list(names), Random()
        began = now = time.monotonic()
        while now - began < seconds:
            chance.shuffle(order)
            for name in order:
                connection.request("POST", paths[name], SMALL, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"refused: {body!r}")
                before, now = now, time.monotonic()
                latencies[name].append(now - before)
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
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalRun(Path(folder) / "state", buffer_seconds=1) as run,
        run.client() as api,
    ):
        course = Course(run, api)
        print(f"a local run, {ROUNDS} blocks of {BLOCK_SECONDS:g} s in which requests to all three alternate:")
        course.beside_each_other()
        print(f"the same run, {ROUNDS} rounds in which each has {TURN_SECONDS:g} s:")
        course.in_turns()


def main() -> None:
    count_calls()
    compare_requests()
    load_a_run()


if __name__ == "__main__":
    main()
