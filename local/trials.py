"""Trials on one machine: what works on them, and what starts and ends those that got lost."""

import time
from collections.abc import Callable

from adapters.sqlite.database import Database
from domain.clock import Clock
from domain.live.ports import TapStore
from domain.quarantine.reading import Quarantine
from domain.records.ports import Table
from domain.trials.running import TrialBuckets, TrialWorker, sweep_trials
from functions.trial.handler import make_queue_handler, queue_starter
from local.queues import make_queue
from local.workers import QueueHandler

STEP_SECONDS = 5.0
"""Well within what a message is hidden for: the next step is another message."""


class LocalTrials:
    """The queue of trials, and its handler."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self.queue = make_queue(database, "trial", clock)
        self.starter = queue_starter(self.queue)

    def worker(self, table: Table, quarantine: Quarantine, taps: TapStore, buckets: TrialBuckets) -> QueueHandler:
        worker = TrialWorker(table, quarantine, taps, buckets, self._clock, time.monotonic, STEP_SECONDS)
        return make_queue_handler(worker, self.queue)

    def sweep(self, table: Table) -> Callable[[], object]:
        """Return what starts the trials whose start got lost, and ends those that nobody works on any more."""
        return lambda: sweep_trials(table, self.starter, self._clock())
