"""What ingest has counted, what usage took of it, and what died with a process: usage, accounted for.

    counted by processes = in usage + lost - counted again

`lost` is what a process had in memory when it was killed. `again` is what usage had taken although its answer got lost,
so that the process handed it over once more: usage in DynamoDB tells that by its token, and has none of it.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from benchmarks.chaos.faults import Killed
from domain.errors import Undelivered
from domain.metering.ports import UsageSink, UsageSums


class Measure(StrEnum):
    """What is accounted for, by its name in usage."""

    REQUESTS = "requests"
    ACCEPTED = "accepted"
    BYTES = "bytes_received"


Sums = Counter[Measure]


class Books:
    """Of all processes of a run."""

    def __init__(self) -> None:
        self.lost: Sums = Counter()
        self.again: Sums = Counter()
        self.accepted_again: Counter[tuple[str, int]] = Counter()
        """Events by environment and hour (Unix seconds of its start)."""


class Taking:
    """A `UsageSink` that knows whether its last call took effect, whatever its caller was told."""

    def __init__(self, sink: UsageSink) -> None:
        self._sink = sink
        self.took = False

    def add(self, sums: Sequence[UsageSums]) -> None:
        self._sink.add(sums)
        self.took = True


class Handing:
    """The `UsageSink` that the counters of one process see."""

    def __init__(self, books: Books, taking: Taking, faulty: Any) -> None:
        """Take where usage is kept, with and without the faults around it."""
        self._books = books
        self._taking = taking
        self._faulty = faulty
        self.is_dead = False
        """Whether the process is gone: what comes now is what it had in memory."""

    def add(self, sums: Sequence[UsageSums]) -> None:
        if self.is_dead:
            self._books.lost += total(sums)
            return
        self._taking.took = False
        try:
            self._faulty.add(sums)
        except Killed:
            if not self._taking.took:
                self._books.lost += total(sums)
            raise
        except Undelivered:
            if self._taking.took:
                self._books.again += total(sums)
                for row in sums:
                    self._books.accepted_again[row.environment_id, row.minute // 3_600 * 3_600] += row.accepted
            raise


def total(sums: Sequence[UsageSums]) -> Sums:
    """Return what rows of usage come to."""
    return Counter({measure: sum(getattr(row, measure) for row in sums) for measure in Measure})
