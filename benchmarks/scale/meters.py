"""What a day used and met: units that are paid for, answers, waits, quotas that bound, the busiest keys."""

import math
from collections import Counter, defaultdict

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
    """The most that one key had per second, over windows of ten seconds."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.key = ""
        self._window = 0
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._before: dict[str, float] = {}

    def add(self, key: str, units: float, second: float) -> None:
        window = int(second // WINDOW_SECONDS)
        if window != self._window:
            self._turn(window)
        self._sums[key] += units

    def rate(self, key: str) -> float:
        """Return what a key had per second lately: in the window before, or so far in this one if that is more."""
        return max(self._before.get(key, 0.0), self._sums.get(key, 0.0)) / WINDOW_SECONDS

    def _turn(self, window: int) -> None:
        for key, units in self._sums.items():
            if units / WINDOW_SECONDS > self.peak:
                self.peak, self.key = units / WINDOW_SECONDS, key
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

    def meet(self, quota: str, weight: float, second: float) -> None:
        """Note that a quota refused something."""
        self.phase.meet(quota, weight)
        self.first_bound.setdefault(quota, second)
