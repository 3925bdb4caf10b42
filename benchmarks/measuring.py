"""Ratios that travel: several pieces of work timed in turns within one process, compared by their medians."""

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

Work = Callable[[], object]
Clock = Callable[[], float]

ROUNDS = 41
ROUND_SECONDS = 0.02


def medians(works: Mapping[str, Work], clock: Clock = perf_counter) -> dict[str, float]:
    """Return seconds per call of each piece of work: the median over rounds in which all take turns.

    With `time.process_time` as the clock it is CPU that counts, and waiting does not.

    Within a round each piece runs as often as fills about `ROUND_SECONDS`, so that drifts of the machine's clock
    meet all of them alike.
    """
    return {name: median(series) for name, series in _series(works, clock).items()}


def fastest(works: Mapping[str, Work], clock: Clock = perf_counter) -> dict[str, float]:
    """Return the same by the fastest round of each: for machines on which other work slows most rounds down."""
    return {name: min(series) for name, series in _series(works, clock).items()}


def _series(works: Mapping[str, Work], clock: Clock) -> dict[str, list[float]]:
    counts = {name: _calls_per_round(work, clock) for name, work in works.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for name, work in works.items():
                times[name].append(_timed(work, counts[name], clock) / counts[name])
    finally:
        gc.enable()
    return times


def _calls_per_round(work: Work, clock: Clock) -> int:
    calls = 1
    while (seconds := _timed(work, calls, clock)) < ROUND_SECONDS / 4:
        calls *= 2
    return max(1, int(calls * ROUND_SECONDS / seconds))


def _timed(work: Work, calls: int, clock: Clock) -> float:
    start = clock()
    for _ in range(calls):
        work()
    return clock() - start
