"""How many load jobs each table had today, as one process knows it."""

import threading
from collections import Counter

from connectors.bigquery.capabilities import MAX_JOBS_BEFORE_HALVING_STOPS
from domain.clock import Clock
from domain.errors import Undelivered

_DAY_NS = 86_400 * 1_000_000_000


class JobCounts:
    """Counts of one day, UTC; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        """Take a clock (nanoseconds)."""
        self._clock = clock
        self._lock = threading.Lock()
        self._day = 0
        self._jobs: Counter[str] = Counter()

    def started(self, table_id: str) -> None:
        with self._lock:
            self._turn()
            self._jobs[table_id] += 1

    def expect_halves(self, table_id: str) -> None:
        """Raise `Undelivered`, not retryable, if a table has no jobs left today but for objects as they come."""
        with self._lock:
            self._turn()
            jobs = self._jobs[table_id]
        if jobs >= MAX_JOBS_BEFORE_HALVING_STOPS:
            message = (
                f"A table had {jobs:,} load jobs today, of 1,500 that BigQuery allows: an object with rows that it "
                "refuses waits until tomorrow."
            )
            raise Undelivered(message, retryable=False)

    def _turn(self) -> None:
        day = self._clock() // _DAY_NS
        if day != self._day:
            self._day = day
            self._jobs.clear()
