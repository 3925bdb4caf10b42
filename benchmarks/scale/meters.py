"""What a day used and met: units that are paid for, answers, waits, quotas that bound, the busiest keys."""

import math
from collections import Counter, defaultdict

from schemas.items import ItemKey

_BINS_PER_DOUBLING = 8
WINDOW_SECONDS = 10


class Waits:
    """How long requests waited, by bins that grow by a ninth."""

    def __init__(self) -> None:
        self.bins: Counter[int] = Counter()
        self.total = 0.0
        self.weight = 0.0

    def add(self, seconds: float, weight: float) -> None:
        self.bins[math.ceil(math.log2(max(seconds, 1e-4)) * _BINS_PER_DOUBLING)] += weight  # type: ignore[assignment]
        self.total += seconds * weight
        self.weight += weight

    def quantile(self, share: float) -> float:
        """Return the seconds that so many of all waited at most; 0 where nobody did."""
        left = share * sum(self.bins.values())
        for place in sorted(self.bins):
            left -= self.bins[place]
            if left <= 0:
                return float(2 ** (place / _BINS_PER_DOUBLING))
        return 0.0

    @property
    def mean(self) -> float:
        return self.total / self.weight if self.weight else 0.0


class Busiest:
    """The most that one key had per second, over windows of ten seconds, and of what goes on through a whole tick.

    The few calls that stand for all of a long tick meet in no window. So what handlers do every few seconds is held.
    """

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        """By key."""
        self._window = 0
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._before: dict[str, float] = {}
        self._held: defaultdict[str, float] = defaultdict(float)
        self._steady: dict[str, float] = {}

    @property
    def key(self) -> str:
        return max(self.peaks, key=lambda key: self.peaks[key], default="")

    @property
    def peak(self) -> float:
        return self.peaks.get(self.key, 0.0)

    def add(self, key: str, units: float, second: float) -> None:
        window = int(second // WINDOW_SECONDS)
        if window != self._window:
            self._turn(window)
        self._sums[key] += units

    def hold(self, key: str, units_per_second: float) -> None:
        """Add what a key has throughout this tick."""
        self._held[key] += units_per_second

    def end_tick(self) -> None:
        self._steady = dict(self._held)
        self._held.clear()
        for key, rate in self._steady.items():
            self._note(key, rate)

    def rate(self, key: str) -> float:
        """Return what a key had per second lately: in this window, the one before, or throughout the tick before."""
        lately = max(self._before.get(key, 0.0), self._sums.get(key, 0.0)) / WINDOW_SECONDS
        return max(lately, self._steady.get(key, 0.0))

    def _note(self, key: str, rate: float) -> None:
        self.peaks[key] = max(rate, self.peaks.get(key, 0.0))

    def _turn(self, window: int) -> None:
        for key, units in self._sums.items():
            self._note(key, units / WINDOW_SECONDS)
        self._before = dict(self._sums) if window == self._window + 1 else {}
        self._sums.clear()
        self._window = window


class Phase:
    """What was met in one part of the day."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.waits = Waits()
        self.spilled = 0.0
        self.handlers = 0.0
        self.offered_peak = 0.0
        self.readings = 0.0
        """Of pointers, per second at most."""
        self.bound: dict[str, float] = {}
        """By quota, in the order in which they began to bind: how many calls or requests met it."""

    def meet(self, quota: str, weight: float) -> None:
        self.bound[quota] = self.bound.get(quota, 0.0) + weight


class Meters:
    """Of a whole day, and of its phases."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        """What is paid for."""
        self.phases: dict[str, Phase] = {}
        self.phase = Phase()
        self.items = Busiest()
        self.partitions = Busiest()
        self.streams = Busiest()
        self.tables = Busiest()
        self.first_bound: dict[str, float] = {}
        """By quota, the second of the day at which it bound first."""

    def begin(self, phase: str) -> None:
        self.phase = self.phases.setdefault(phase, Phase())

    def use(self, unit: str, amount: float) -> None:
        self.units[unit] += amount  # type: ignore[assignment]

    def end_tick(self) -> None:
        for busiest in (self.items, self.partitions, self.tables):
            busiest.end_tick()

    def hold_item(self, kind: str, table: str, key: ItemKey, each: float, count: float) -> None:
        """Note what goes on throughout a tick: so many `reads` or `writes` a second of an item, and of its like."""
        if kind == "writes":
            self.items.hold(f"{key.pk} {key.sk}", each)
        self.partitions.hold(f"{kind} {key.pk}", each)
        self.tables.hold(f"{kind} {table}", each * count)

    def meet(self, quota: str, weight: float, second: float) -> None:
        """Note that a quota refused something."""
        self.phase.meet(quota, weight)
        self.first_bound.setdefault(quota, second)
