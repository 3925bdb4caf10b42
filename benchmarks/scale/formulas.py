"""The arithmetic of `docs/scale.md`, which simulated days are planned by and checked against."""

import math
from collections.abc import Sequence

from benchmarks.scale.quotas import ASSUMED, QUOTAS, TRANSACTION_UNITS
from domain.metering.slices import STORED
from schemas.limits import COUNTER_FLUSH_SECONDS

SPARE = 1.5
"""Room above a peak: a third of what there is stays free."""
_LEVELS = 3
ROW_UNITS = _LEVELS * len(STORED) * TRANSACTION_UNITS
"""Write units for one environment's sums: its own, its endpoint's and its organisation's, by minute, hour and day."""


def streams(requests: float, mib: float, calls_taken: float, mib_taken: float) -> int:
    """Return how many streams an environment needs for a peak, both by the second."""
    return max(1, math.ceil(SPARE * max(requests / calls_taken, mib / mib_taken)))


def busy_handlers(requests: float, put_seconds: float) -> float:
    """Return how many handlers are busy with so many requests per second."""
    return requests * (put_seconds * math.exp(ASSUMED.spread**2 / 2) + ASSUMED.cpu_seconds)


def concurrency(requests: float, put_seconds: float) -> int:
    """Return the concurrency that so many requests per second need: by their time, and by ten of each handler."""
    return math.ceil(SPARE * max(busy_handlers(requests, put_seconds), requests / QUOTAS.handler_calls.value))


def rows_per_handler(handlers: float, environments: Sequence[tuple[float, float]]) -> float:
    """Return how many environments' sums one handler writes every ten seconds.

    Args:
        handlers: that are busy.
        environments: how many there are of each kind, and the requests per second of each.
    """
    return sum(count * -math.expm1(-rate * COUNTER_FLUSH_SECONDS / max(1.0, handlers)) for count, rate in environments)


def counter_units(handlers: float, environments: Sequence[tuple[float, float]]) -> float:
    """Return the write units per second of all handlers' counts."""
    return max(1.0, handlers) * rows_per_handler(handlers, environments) * ROW_UNITS / COUNTER_FLUSH_SECONDS


def conflicts(handlers: float, shards: int) -> float:
    """Return the share of transactions of one environment's counts that meet another on its items and are cancelled."""
    return -math.expm1(-handlers / shards / COUNTER_FLUSH_SECONDS * ASSUMED.transaction_seconds)
