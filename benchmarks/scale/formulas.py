"""The arithmetic of `docs/scale.md`, which simulated days are planned by and checked against."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from adapters.dynamodb.usage_items import ROWS_PER_TRANSACTION, SHARDS
from adapters.dynamodb.usage_sheets import TALLIES_PER_SHEET
from benchmarks.prices import memory_of
from benchmarks.scale import declared
from benchmarks.scale.quotas import ASSUMED, BATCH_BYTES, QUOTAS, SQS_CHUNK_BYTES, TRANSACTION_UNITS
from domain.metering.slices import STORED
from schemas.limits import COUNTER_FLUSH_SECONDS, POINTER_MAX_AGE_SECONDS, USAGE_FOLD_SECONDS

SPARE = 1.5
"""Room above a peak: a third of what there is stays free."""
_LEVELS = 3
ROW_BYTES = 83
"""Of a row of a tally or a sheet, deflated; most of it are the ids of the environment, its revision and its owner."""
_SPEC = declared.function("usage_writer")
WRITER = declared.function("bigquery_writer")
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
    """Return of how many environments the tally has a row that one handler sends every ten seconds.

    Args:
        handlers: that are busy.
        environments: how many there are of each kind, and the requests per second of each.
    """
    return sum(count * -math.expm1(-rate * COUNTER_FLUSH_SECONDS / max(1.0, handlers)) for count, rate in environments)


def readings(handlers: float, requests: float) -> float:
    """Return how often handlers read an environment's pointer that has so many requests, all by the second."""
    handlers = max(1.0, handlers)
    return handlers / (POINTER_MAX_AGE_SECONDS + handlers / requests) if requests else 0.0


def reading(handlers: float, environments: Sequence[tuple[float, float]]) -> float:
    """Return how often handlers read pointers; the arguments are those of `rows_per_handler`."""
    return sum(count * readings(handlers, rate) for count, rate in environments)


def written(cpu_ms: float, waits_ms: float, environments: int) -> float:
    """Return how many events per second all writers take of so many environments together.

    Args:
        cpu_ms: that one computes for an event, on a whole processor.
        waits_ms: that it waits for an event.
        environments: whose objects a run has; those of one environment are written one after the other.
    """
    computes = cpu_ms * 1_769 / memory_of("bigquery_writer")
    side_by_side = min(environments, WRITER["batch_size"])
    return WRITER["max_concurrency"] * 1_000 / max(computes, (computes + waits_ms) / side_by_side)


class Counted(NamedTuple):
    """What counting takes, by the second but for the first."""

    rows: float
    """Of one tally."""
    write_units: float
    queue_calls: float


def counting(handlers: float, environments: Sequence[tuple[float, float]]) -> Counted:
    """Return what it takes to count what all handlers do; the arguments are those of `rows_per_handler`."""
    tallies = max(1.0, handlers) / COUNTER_FLUSH_SECONDS
    rows = rows_per_handler(handlers, environments)
    message = ROW_BYTES * rows * 4 / 3
    batch = min(_SPEC["batch_size"], BATCH_BYTES / message, max(1.0, tallies * _SPEC["batch_seconds"]))
    in_sheet = min(batch, TALLIES_PER_SHEET)
    sheets = tallies / in_sheet
    in_one = COUNTER_FLUSH_SECONDS * in_sheet / max(1.0, handlers)
    sheet_rows = sum(count * -math.expm1(-rate * in_one) for count, rate in environments)
    turns = min(tallies / batch, 1 / USAGE_FOLD_SECONDS)
    turn_rows = sum(count * -math.expm1(-rate / turns) for count, rate in environments)
    # A sheet is written in a transaction and deleted; a turn is opened and closed, and moves on with each transaction.
    units = tallies * TRANSACTION_UNITS + sheets * math.ceil(ROW_BYTES * sheet_rows / 1_024) * (TRANSACTION_UNITS + 1)
    steps = math.ceil(turn_rows / ROWS_PER_TRANSACTION)
    stripes = max(1, min(SHARDS, steps // 4))
    units += turns * (turn_rows * ROW_UNITS + (1 + stripes + steps) * TRANSACTION_UNITS + 1)
    return Counted(rows, units, tallies * (2 * math.ceil(message / SQS_CHUNK_BYTES) + 0.1))
