"""A day: how many requests, when, to whom, and what goes wrong."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchmarks.scale import formulas
from benchmarks.scale.handlers import Kind
from benchmarks.scale.quotas import ASSUMED, MIB, QUOTAS
from infra.settings.stage import Concurrency, StageSettings
from schemas.limits import MAX_STREAMS

DAY_SECONDS = 86_400
_CURVE = 0.55
"""By how much of the average the rate of requests swings between night and evening."""
_EVENING = 20 * 3_600
_LEARNING_SECONDS = 600
_SHIPPED = StageSettings(name="prod")


class Trouble(NamedTuple):
    """What goes wrong between two seconds of the day; `looked_at_until` is when its phase ends."""

    name: str
    start: int
    end: int
    looked_at_until: int


FLASH = Trouble("flash crowd", 9 * 3_600, 9 * 3_600 + 1_800, 9 * 3_600 + 1_800)
CATALOG_SLOW = Trouble("catalog slow", 11 * 3_600, 11 * 3_600 + 600, 11 * 3_600 + 900)
QUOTA_CUT = Trouble("stream quota cut", 13 * 3_600, 13 * 3_600 + 1_800, 14 * 3_600)
TROUBLES = (FLASH, CATALOG_SLOW, QUOTA_CUT)
DESTINATION_DEAD = Trouble("destination dead", 3 * 3_600, 9 * 3_600, 9 * 3_600)
CALM = "calm"

FLASH_TIMES = 20
FLASH_RISES_SECONDS = 10
FLASH_HALVES_SECONDS = 240
CUT_TO = 0.25
SLOW_READ_SECONDS = 2.0


@dataclass(frozen=True)
class Plan:
    """What is simulated. `name` tells one day from another; all else follows from these."""

    name: str
    requests: float
    environments: int
    is_raised: bool
    """Whether quotas and settings are what `docs/scale.md` says for the rate, or as they come."""
    seed: int = 1
    calm_tick: float = 600.0
    tick: float = 15.0
    """While something is wrong; seconds."""
    end: int = DAY_SECONDS

    def rate(self, second: float) -> float:
        """Return the requests per second of an ordinary day, all environments together."""
        swing = math.cos((second - _EVENING) / DAY_SECONDS * 2 * math.pi)
        return self.requests / DAY_SECONDS * (1 + _CURVE * swing)

    @property
    def peak(self) -> float:
        return self.rate(_EVENING)

    def rate_of(self, kind: Kind, second: float) -> float:
        """Return the requests per second of one environment of a kind, the flash crowd included."""
        usual = self.rate(second) * kind.share / kind.count
        if kind.share != HALF or not FLASH.start <= second < FLASH.end:
            return usual
        since = second - FLASH.start
        rising = min(1.0, since / FLASH_RISES_SECONDS)
        falling = 0.5 ** (max(0.0, since - FLASH_RISES_SECONDS) / FLASH_HALVES_SECONDS)
        return usual * (1 + (FLASH_TIMES - 1) * rising * falling)

    def phase(self, second: float) -> str:
        for trouble in TROUBLES:
            if trouble.start <= second < trouble.looked_at_until:
                return trouble.name
        return CALM

    def seconds(self, second: float) -> float:
        """Return the length of a tick: short where something is wrong, and before it, when handlers still learn."""
        is_near = CATALOG_SLOW.start - _LEARNING_SECONDS <= second < CATALOG_SLOW.start
        return self.tick if is_near or self.phase(second) != CALM else self.calm_tick

    def kinds(self) -> list[Kind]:
        """Return the environments: one has half of all requests, nine have three tenths, all others the rest."""
        shares = (("half", 1, HALF), ("large", 9, 0.3), ("small", max(1, self.environments - 10), 0.2))
        found = []
        for name, count, share in shares:
            peak = self.peak * share / count
            streams = min(MAX_STREAMS, formulas.streams(peak, peak * ASSUMED.event_bytes / MIB, *self.stream_quota))
            # The limit of an environment that has one is above its peak: it counts and refuses nothing.
            found.append(Kind(name, count, share, streams, math.ceil(3 * peak) if name == "large" else None))
        return found

    @property
    def stream_quota(self) -> tuple[float, float]:
        """Calls and MiB per second of one stream: three quotas rise together, where 50 streams are too few."""
        calls, size = QUOTAS.stream_calls.value, QUOTAS.stream_bytes.value / MIB
        if self.is_raised:
            peak = self.peak * HALF
            needed = formulas.streams(peak, peak * ASSUMED.event_bytes / MIB, calls, size)
            times = math.ceil(needed / MAX_STREAMS)
            return calls * times, size * times
        return calls, size

    @property
    def handlers(self) -> float:
        """How many handlers may be busy at once."""
        if self.is_raised:
            return max(formulas.concurrency(self.peak, ASSUMED.put_seconds), Concurrency().ingest)
        return min(Concurrency().ingest, QUOTAS.handlers.value)

    @property
    def door_rate(self) -> float | None:
        """What the front door takes per second: with raised quotas it is a load balancer, which has no such number."""
        return None if self.is_raised else min(_SHIPPED.ingest_requests_per_second, QUOTAS.door_rate.value)

    @property
    def door_burst(self) -> float:
        return min(_SHIPPED.ingest_burst, QUOTAS.door_burst.value)

    @property
    def table_writes(self) -> float:
        """Write units that the table of counters takes per second."""
        needed = formulas.SPARE * formulas.counting(*self.busy).write_units if self.is_raised else 0.0
        return max(QUOTAS.table_writes.value, needed)

    @property
    def table_reads(self) -> float:
        """Read units that the catalog's table takes per second."""
        needed = formulas.SPARE * formulas.reading(*self.busy) if self.is_raised else 0.0
        return max(QUOTAS.table_reads.value, needed)

    @property
    def busy(self) -> tuple[float, list[tuple[float, float]]]:
        """The handlers of the evening; and how many environments there are of each kind, with each one's requests."""
        rates = [(float(kind.count), self.peak * kind.share / kind.count) for kind in self.kinds()]
        return formulas.busy_handlers(self.peak, ASSUMED.put_seconds), rates


HALF = 0.5


def days() -> list[Plan]:
    """Return the days of the report."""
    sizes = ((8, 20), (9, 100), (10, 1_000))
    return [
        Plan(f"10^{power}, {'raised' if is_raised else 'as they come'}", 10.0**power, environments, is_raised)
        for power, environments in sizes
        for is_raised in (False, True)
    ]


def reduced() -> Plan:
    """Return a day that takes a second: coarse, but with all that goes wrong."""
    return replace(days()[2], name="reduced", calm_tick=3_600.0, tick=300.0)
