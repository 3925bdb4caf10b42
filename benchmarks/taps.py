"""What a tap costs: calls where none runs, and the answers of a run under load where one does.

`python -m benchmarks.taps` counts first what 100,000 requests call, on a clock of the count's own: of an environment
that never had a tap, and of one whose tap has ended. Then senders load a local run in turns: an environment with a tap
of ten events per second, and two without. So whatever else the machine does meets all alike, and what the two without
differ by says what a difference means.
"""

import http.client
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any
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

SENDERS = 4
TURNS, TURN_SECONDS = 9, 10.0
"""A tap may keep a second's worth more after a pause, so that short turns would show more than its rate."""
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
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(calls.items()))
        print(f"{REQUESTS:,} requests, {name}: {told}")


class Course:
    """Loads two environments of a local run in turns."""

    def __init__(self, run: LocalRun) -> None:
        with run.client() as api:
            self._made = {name: api.make_environment(name, SMALL_MAPS) for name in NAMES}
            tapped = self._made[TAPPED].environment_id
            seconds = int(SETTLE_SECONDS + TURNS * TURN_SECONDS) + 30
            self._tap = api.call("POST", f"/v1/environments/{tapped}/taps", {"seconds": seconds, "sample": TAP_RATE})
        self._run = run
        self._until = 0.0
        self._began = 0.0
        self.latencies: dict[str, list[float]] = {name: [] for name in self._made}
        self._lock = threading.Lock()

    def load(self) -> None:
        time.sleep(SETTLE_SECONDS)
        self._began = time.monotonic()
        self._until = self._began + TURNS * TURN_SECONDS
        senders = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

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

    def _send(self) -> None:
        names = list(self._made)
        connection = http.client.HTTPConnection("127.0.0.1", self._run.port, timeout=30)
        paths = {name: urlsplit(made.address).path for name, made in self._made.items()}
        mine: dict[str, list[float]] = {name: [] for name in names}
        while (now := time.monotonic()) < self._until:
            name = names[int((now - self._began) / TURN_SECONDS) % len(names)]
            connection.request("POST", paths[name], SMALL, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            mine[name].append(time.monotonic() - now)
            if answer.status != 200:
                raise RuntimeError(f"refused: {body}")
        with self._lock:
            for name, latencies in mine.items():
                self.latencies[name] += latencies


def load_a_run() -> None:
    with tempfile.TemporaryDirectory() as folder, LocalRun(Path(folder) / "state", buffer_seconds=1) as run:
        course = Course(run)
        course.load()
        seconds = TURNS * TURN_SECONDS / len(NAMES)
        p95: dict[str, float] = {}
        p99: dict[str, float] = {}
        for name, latencies in course.latencies.items():
            cuts = quantiles(latencies, n=100)
            p95[name], p99[name] = cuts[94], cuts[98]
            print(f"{name:12} {len(latencies) / seconds:6,.0f} requests/s   p50 {cuts[49] * 1e3:5.2f} ms   ", end="")
            print(f"p99 {cuts[98] * 1e3:6.2f} ms")
        kept, left_out = course.kept()
        for share, found, goal in (("p95", p95, ""), ("p99", p99, " (goal 1.05)")):
            told = (
                f"{found[TAPPED] / found[WITHOUT]:.3f} x{goal}; without, too: {found[CONTROL] / found[WITHOUT]:.3f} x"
            )
            print(f"{share} with a tap, against without: {told}")
        print(f"requests that the tap kept events of: {kept / len(course.latencies[TAPPED]):.2%}")
        print(f"kept: {kept / seconds:.1f} events per second of its turns (goal at most 12), left out {left_out:,}")


def main() -> None:
    count_calls()
    load_a_run()


if __name__ == "__main__":
    main()
