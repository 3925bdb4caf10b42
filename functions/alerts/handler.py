"""The alerts function: looks every minute at the alerts of all environments that have some, and tells their targets.

A run begins nothing after `RUN_SECONDS`; what it did not get to is the next run's, which begins there. It emits how
many environments that were, zero too, so that an alarm can tell that all were looked at from nobody looking.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from domain.alerts.evaluating import Evaluator, World
from domain.metering.ports import MetricSink
from schemas.watched import ALERTS_BEHIND

RUN_SECONDS = 45.0
"""With the longest send, less than the function's timeout."""
THREADS = 16

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(
    world: World, metrics: MetricSink, monotonic: Callable[[], float] = time.monotonic, *, threads: int = THREADS
) -> Handler:
    """Return the handler of scheduled events; it answers what its run came to.

    Args:
        world: what evaluating needs.
        metrics: where the figure goes.
        monotonic: seconds.
        threads: how many environments are looked at, and how many organisations are told, at a time.
    """
    evaluator = Evaluator(world, monotonic, threads)

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        run = evaluator.run(RUN_SECONDS)
        metrics.emit({ALERTS_BEHIND: run.behind})
        return run._asdict()

    return handle
