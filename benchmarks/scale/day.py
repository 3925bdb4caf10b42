"""One simulated day: requests, tick by tick, through the handlers, and what works behind them."""

import math
import random
from collections.abc import Mapping
from typing import Any

from benchmarks.scale import declared, formulas
from benchmarks.scale.behind import Landing, Spill, Tap
from benchmarks.scale.clock import Clock
from benchmarks.scale.counting import Counting
from benchmarks.scale.delivering import Delivering
from benchmarks.scale.handlers import CATALOG, COUNTERS, QUARANTINE, SPILL, Handler, Kind, write_catalog
from benchmarks.scale.meters import WINDOW_SECONDS, Meters
from benchmarks.scale.plan import (
    CATALOG_SLOW,
    CUT_TO,
    DESTINATION_DEAD,
    FLASH,
    HALF,
    QUOTA_CUT,
    SLOW_READ_SECONDS,
    Plan,
)
from benchmarks.scale.quotas import ASSUMED, LCU_BYTES_PER_HOUR, MIB, QUOTAS
from benchmarks.scale.services import Services, Stream
from schemas.items import ItemKey, pointer_key
from schemas.limits import (
    COUNTER_FLUSH_SECONDS,
    DEFAULT_BUFFER_SECONDS,
    UNKNOWN_KEYS_FLUSH_SECONDS,
    USAGE_FOLD_SECONDS,
)

_SAMPLED_HANDLERS = 8
_GROWN = 0.1
"""Part of all handlers that are new, from which on they are looked at apart."""
_TAPPED = (FLASH.start - 1_800, FLASH.start + 3_600)


class Day:
    """Everything that one day holds."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rng = random.Random(plan.seed)
        self.clock = Clock()
        self.meters = Meters()
        self.services = Services(
            self.clock, self.meters, self.rng, table_writes=plan.table_writes, table_reads=plan.table_reads
        )
        self.kinds = plan.kinds()
        calls, mib = plan.stream_quota
        for kind in self.kinds:
            write_catalog(self.services, kind)
            self.services.environments_of[kind.token] = float(kind.count)
            for name in kind.stream_names:
                self.services.streams[name] = Stream(calls, mib * MIB)
        self.spill = Spill(self.services, self.kinds)
        self.counting = Counting(self.services, self.kinds, plan.seed)
        self.services.sent = self._sent
        self.delivering = Delivering(self.services)
        self.landing = Landing(self.clock, self.kinds[1])
        self.tap = Tap(self.clock, self.kinds[0], self.rng, *_TAPPED)
        self.clock.second = 0.0
        self.handlers: list[Handler] = []
        self.warm = 0.0
        self.active = 0.0
        self.duration = ASSUMED.put_seconds + ASSUMED.cpu_seconds
        self.served = plan.rate(0.0)
        self.door = plan.door_burst
        self.fold_share: dict[str, float] = {}
        """By environment: the part of all of its kind that had a request within a turn of the usage writer."""
        self.alarms: dict[str, float] = {}
        """By alarm, the second of the day at which it was raised first."""
        self.drained: dict[str, float] = {}
        """By trouble, how long after its end nothing waited any more."""
        self.oldest_spilled = 0.0
        self.oldest_landed = 0.0
        self.most_waiting = 0.0
        self.per_window: dict[Kind, float] = {}
        """Requests of an environment for which one stands when rates are counted, all handlers together."""

    def run(self) -> "Day":
        second = 0.0
        while second < self.plan.end:
            phase = self.plan.phase(second)
            seconds = self.plan.seconds(second)
            self.meters.begin(phase)
            self._set_weather(second)
            self._requests(second, seconds)
            self._behind(second, seconds)
            self.meters.end_tick()
            second += seconds
        return self

    # What goes wrong

    def _set_weather(self, second: float) -> None:
        cut = CUT_TO if QUOTA_CUT.start <= second < QUOTA_CUT.end else 1.0
        for stream in self.services.streams.values():
            stream.share = cut
        is_slow = CATALOG_SLOW.start <= second < CATALOG_SLOW.end
        self.services.slow_reads_seconds = SLOW_READ_SECONDS if is_slow else 0.0
        self.landing.connector.is_dead = DESTINATION_DEAD.start <= second < DESTINATION_DEAD.end

    # Requests

    def _requests(self, second: float, seconds: float) -> None:
        rates = {kind: self.plan.rate_of(kind, second) for kind in self.kinds}
        offered = sum(rate * kind.count for kind, rate in rates.items())
        phase = self.meters.phase
        phase.offered_peak = max(phase.offered_peak, offered)
        let_in = self._through_the_door(offered, second, seconds)
        served = self._with_handlers(let_in, second, seconds)
        share = served / offered
        busy = max(1.0, self.active)
        self.services.standing.row_share = {
            kind.token: -math.expm1(-rate * share * COUNTER_FLUSH_SECONDS / busy) for kind, rate in rates.items()
        }
        self.fold_share = {kind.token: -math.expm1(-rate * share * USAGE_FOLD_SECONDS) for kind, rate in rates.items()}
        served_rates = {kind: rate * share for kind, rate in rates.items()}
        self._hold(served_rates, busy, seconds)
        self.delivering.work(seconds, served_rates)
        took = weight = 0.0
        for start, kind, stands_for, quantile in self._sample(rates, share, second, seconds):
            spent, of = self._one(start, kind, stands_for, quantile)
            took, weight = took + spent * of, weight + of
        if weight:
            self.duration = took / weight
        self.meters.use("requests", served * seconds)
        self.meters.use("handler_seconds", took)
        carried = let_in * seconds * (ASSUMED.event_bytes + ASSUMED.head_bytes + ASSUMED.answer_bytes)
        self.meters.use("balancer_units", carried / LCU_BYTES_PER_HOUR)
        self.meters.use("door_requests", let_in * seconds)

    def _hold(self, rates: Mapping[Kind, float], busy: float, seconds: float) -> None:
        """Note what all handlers read and write every few seconds, whatever requests are looked at."""
        meters = self.meters
        readings = sum(kind.count * formulas.readings(busy, rate) for kind, rate in rates.items())
        meters.phase.readings = max(meters.phase.readings, readings)
        for kind, rate in rates.items():
            reads = formulas.readings(busy, rate)
            meters.hold_item("reads", CATALOG, pointer_key(kind.environment_id), reads, kind.count)
            if kind.rate_limit is not None:
                writes = busy * -math.expm1(-rate * WINDOW_SECONDS / busy) / WINDOW_SECONDS
                meters.hold_item("writes", COUNTERS, ItemKey(f"RATE#{kind.environment_id}", "RATE"), writes, kind.count)
            key = ItemKey(f"UNKNOWN_KEYS#{kind.environment_id}", "UNKNOWN_KEYS")
            told = [(handler.weight, handler.sample_seconds(kind)) for handler in self.handlers]
            learned = max((waited for _, waited in told if waited), default=UNKNOWN_KEYS_FLUSH_SECONDS)
            writes = sum(
                weight * -math.expm1(-rate / busy * (waited or learned)) / (waited or learned)
                for weight, waited in told
            )
            tries = writes * self.services.samples.go_on(key.pk, writes, seconds)
            meters.hold_item("writes", COUNTERS, key, tries, kind.count)
            meters.hold_item("reads", COUNTERS, key, tries / 2, kind.count)
            meters.use("sample_units", tries * kind.count * seconds)
            meters.use("write_units", tries * kind.count * seconds)
            meters.use("read_units", tries / 2 * kind.count * seconds)

    def _through_the_door(self, offered: float, second: float, seconds: float) -> float:
        if self.plan.door_rate is None:
            return offered
        room = self.door + self.plan.door_rate * seconds
        taken = min(offered * seconds, room)
        self.door = min(self.plan.door_burst, room - taken)
        refused = offered * seconds - taken
        if refused > 1e-6:
            self.meters.meet("door_rate", refused, second)
            self.meters.phase.answers["429 front door"] += refused  # type: ignore[assignment]
        return taken / seconds

    def _with_handlers(self, offered: float, second: float, seconds: float) -> float:
        """Return how many requests per second find a handler, and begin those that are missing."""
        most = self.plan.handlers
        grown = max(self.warm, 1.0) + QUOTAS.handler_steps.value * seconds
        if not self.handlers:
            grown = most  # the day before has left what its last minute needed
            self.served = offered
        rooms = {
            "handlers": most / self.duration,
            "handler_calls": most * QUOTAS.handler_calls.value,
            "handler_steps": max(
                grown / self.duration if grown < most else math.inf,
                self.served + QUOTAS.handler_steps.value * QUOTAS.handler_calls.value * seconds,
            ),
        }
        name = min(rooms, key=lambda quota: rooms[quota])
        served = min(offered, rooms[name])
        if served < offered - 1e-6:
            refused = (offered - served) * seconds
            self.meters.meet(name, refused, second)
            self.meters.phase.answers["503 no handler"] += refused  # type: ignore[assignment]
            self._alarm("throttles-ingest", second)
        self.served = max(served, self.served * math.exp(-seconds / ASSUMED.idle_seconds))
        self._have_handlers(served * self.duration, seconds)
        return served

    def _have_handlers(self, busy: float, seconds: float) -> None:
        before, self.active = self.active, busy
        started = max(0.0, busy - self.warm)
        self.warm = max(busy, self.warm * math.exp(-seconds / ASSUMED.idle_seconds))
        self.meters.phase.handlers = max(self.meters.phase.handlers, busy)
        if started and self.handlers:
            self.meters.phase.waits.add(self.duration + ASSUMED.start_seconds, started)
            self.meters.use("starts", started)
        if not self.handlers or started > _GROWN * busy:
            weight = started if self.handlers else busy
            count = min(_SAMPLED_HANDLERS, max(1, math.ceil(weight)))
            for handler in self.handlers:
                handler.weight *= max(0.0, busy - weight) / max(before, 1e-9)
            fresh = [Handler(self.services, self.rng) for _ in range(count)]
            for handler in fresh:
                handler.weight = weight / count
            # Those that were there first, who know the most, and the two latest generations: others are added to these.
            first, rest = self.handlers[:_SAMPLED_HANDLERS], self.handlers[_SAMPLED_HANDLERS:]
            gone, kept = rest[:-_SAMPLED_HANDLERS], rest[-_SAMPLED_HANDLERS:]
            for place, handler in enumerate(gone):
                kept[place % len(kept)].weight += handler.weight
            self.handlers = [*first, *kept, *fresh]
        total = sum(handler.weight for handler in self.handlers)
        for handler in self.handlers:
            handler.weight *= busy / total if total else 1.0

    def _sample(
        self, rates: Mapping[Kind, float], share: float, second: float, seconds: float
    ) -> list[tuple[float, Kind, float, float]]:
        """Return the requests that stand for all: when each comes, to whom, for how many, and its draw of a stream."""
        found = []
        for kind, rate in rates.items():
            requests = rate * share * seconds
            between = seconds * len(self.handlers) / max(1.0, min(_SAMPLED_HANDLERS, requests))
            self.per_window[kind] = rate * share * min(between, WINDOW_SECONDS)
            least = 2 * _SAMPLED_HANDLERS if kind.share == HALF else _SAMPLED_HANDLERS
            # As many for each stream: chance would spread a few requests less evenly than it spreads all of them.
            count = int(min(kind.streams * math.ceil(least / kind.streams), requests))
            count = max(count, int(self.rng.random() < requests))
            draws = list(range(count))
            self.rng.shuffle(draws)
            for place, draw in enumerate(draws):
                start = second + seconds * (place + self.rng.random()) / count
                found.append((start, kind, max(1.0, requests / count), (draw + self.rng.random()) / count))
            for name in kind.stream_names:
                self.services.streams[name].expect(kind.streams * seconds / max(1, count))
        found.sort(key=lambda one: one[0])
        return found

    def _one(self, start: float, kind: Kind, stands_for: float, quantile: float) -> tuple[float, float]:
        """Answer a request; return how long its handler had it on average, and for how many it stands."""
        handler = self.rng.choices(self.handlers, [each.weight for each in self.handlers])[0]
        standing = self.services.standing
        standing.handlers = min(max(1.0, handler.weight), stands_for) if handler.weight < stands_for else stands_for
        standing.requests, standing.environments, standing.stream_calls = stands_for, float(kind.count), 1.0
        handler.rates.each = max(1.0, self.per_window[kind] / max(1.0, self.active))
        handler.next_chance = quantile
        is_valid = self.rng.random() >= ASSUMED.invalid_share
        self.clock.second = start
        first, is_periodic = self._timed(handler, kind, is_valid=is_valid)
        part = min(standing.handlers, stands_for) if is_periodic else stands_for
        if is_periodic and self.services.slow_reads_seconds:
            # A handler that has waited without success for one environment waits for no other.
            part /= kind.count
        took = self._answered(first, part * kind.count) * part
        if part < stands_for:
            # What the handler does now and then is over: the rest of its requests come after that.
            standing.requests = stands_for - part if first[0] >= 500 else 0.0
            second, _ = self._timed(handler, kind, is_valid=is_valid)
            took += self._answered(second, (stands_for - part) * kind.count) * (stands_for - part)
        return took / stands_for, stands_for * kind.count

    def _timed(self, handler: Handler, kind: Kind, *, is_valid: bool) -> tuple[tuple[int, float], bool]:
        began, self.services.standing.periodic_seconds = self.clock.ns, 0.0
        status = handler.answer(kind, is_valid=is_valid)
        took = (self.clock.ns - began) / 1e9 + ASSUMED.cpu_seconds
        return (status, took), self.services.standing.periodic_seconds > 0

    def _answered(self, answer: tuple[int, float], weight: float) -> float:
        status, took = answer
        self.meters.phase.answers[str(status)] += weight  # type: ignore[assignment]
        self.meters.phase.waits.add(took, weight)
        if status >= 500:
            self._alarm("server-errors-ingest", self.clock.second)
        return took

    def _sent(self, queue: str, body: str, weight: float) -> None:
        if queue == SPILL:
            self.spill.take(body, weight)
        elif queue == QUARANTINE:
            self.meters.use("quarantined", weight * self.services.standing.environments)

    # Behind the answers

    def _behind(self, second: float, seconds: float) -> None:
        now = second + seconds
        standing = self.services.standing
        phase = self.plan.phase(second)
        self.counting.work(phase, seconds, self.active, standing.row_share, self.fold_share)
        self.spill.work(now, seconds)
        waiting = self.spill.waiting
        self.most_waiting = max(self.most_waiting, waiting)
        age = self.spill.oldest(now)
        self.oldest_spilled = max(self.oldest_spilled, age)
        for trouble in (FLASH, CATALOG_SLOW, QUOTA_CUT):
            if now >= trouble.end and trouble.name not in self.drained and waiting < 1:
                self.drained[trouble.name] = now - trouble.end
        objects = int(now // DEFAULT_BUFFER_SECONDS) - int(second // DEFAULT_BUFFER_SECONDS)
        self.landing.land(now, objects * self.kinds[1].streams)
        self.landing.work(now)
        landed_age = self.landing.oldest(now)
        self.oldest_landed = max(self.oldest_landed, landed_age)
        if now >= DESTINATION_DEAD.end and DESTINATION_DEAD.name not in self.drained and not self.landing.waiting:
            self.drained[DESTINATION_DEAD.name] = now - DESTINATION_DEAD.end
        if _TAPPED[0] <= second < _TAPPED[1]:
            half = self.plan.rate_of(self.kinds[0], second)
            share = self.served / max(
                self.served, sum(self.plan.rate_of(kind, second) * kind.count for kind in self.kinds)
            )
            self.tap.work(now, seconds, half * share * seconds, self.active)
        for name, is_raised in (
            ("spill-lag", age > declared.LAGS["spill"][0]),
            ("landing-lag", landed_age > declared.LAGS["landing"][0]),
            ("dead-letters-spill", self.spill.dead > 0),
            ("dead-letters-landing", self.landing.dead > 0),
            *((f"throttles-{table}-{kind}", True) for table, kind in sorted(self.services.throttled)),
        ):
            if is_raised:
                self._alarm(name, now)

    def _alarm(self, name: str, second: float) -> None:
        self.alarms.setdefault(name, second)

    # What is told of it

    def result(self) -> dict[str, Any]:
        """Return what the day was like, as JSON has it; nothing in it depends on when or where it was simulated."""
        meters = self.meters
        return {
            "plan": {
                "requests": self.plan.requests,
                "environments": sum(kind.count for kind in self.kinds),
                "is_raised": self.plan.is_raised,
                "seed": self.plan.seed,
                "peak": _short(self.plan.peak),
                "streams": {kind.name: kind.streams for kind in self.kinds},
                "stream_calls": self.plan.stream_quota[0],
                "concurrency": self.plan.handlers,
                "table_writes": _short(self.plan.table_writes),
                "table_reads": _short(self.plan.table_reads),
            },
            "phases": {
                name: {
                    "answers": {key: _short(value) for key, value in sorted(phase.answers.items())},
                    "p50": _short(phase.waits.quantile(0.5)),
                    "p99": _short(phase.waits.quantile(0.99)),
                    "mean": _short(phase.waits.mean),
                    "spilled": _short(phase.spilled),
                    "handlers": _short(phase.handlers),
                    "offered_peak": _short(phase.offered_peak),
                    "readings": _short(phase.readings),
                    "bound": {key: _short(value) for key, value in phase.bound.items()},
                }
                for name, phase in meters.phases.items()
            },
            "first_bound": {key: round(value) for key, value in meters.first_bound.items()},
            "alarms": {key: round(value) for key, value in self.alarms.items()},
            "drained": {key: round(value) for key, value in self.drained.items()},
            "spill": {
                "most_waiting": _short(self.most_waiting),
                "oldest": round(self.oldest_spilled),
                "delivered": _short(self.spill.delivered),
                "dead": _short(self.spill.dead),
                "left": _short(self.spill.waiting),
            },
            "landing": {
                "objects": self.landing.objects,
                "dead": self.landing.dead,
                "oldest": round(self.oldest_landed),
                "calls": self.landing.calls,
            },
            "counting": {
                phase: {name: _short(value) for name, value in work._asdict().items()}
                for phase, work in self.counting.most.items()
            },
            "delivered": {"handlers": _short(self.delivering.handlers)},
            "tap": {"peak": _short(self.tap.peak), "messages": _short(self.tap.messages)},
            "hottest": {
                "item": [meters.items.key, _short(meters.items.peak)],
                "partition": [meters.partitions.key, _short(meters.partitions.peak)],
                "stream": [meters.streams.key, _short(meters.streams.peak)],
            },
            "tables": {key: _short(rate) for key, rate in sorted(meters.tables.peaks.items())},
            "units": {key: _short(value) for key, value in sorted(meters.units.items())},
        }


def _short(number: float) -> float:
    """Return a number with four digits: more would promise what a simulation can't keep."""
    return float(f"{number:.4g}")
