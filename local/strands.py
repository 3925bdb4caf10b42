"""Strands: many requests under way in one thread, each of which gives way to the others while it waits.

The ingest function calls its ports as plain functions, and waits for what they return. A strand (a greenlet) lets it
wait there without holding a thread: so one process has as many requests under way as senders wait for, and all that
wait for the disk share its next flush.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet

from local.failures import log_failure

_MOST_IDLE = 512  # a new one costs some microseconds, and 16 KiB


class Strands:
    """The strands of the thread that makes it; to be used by that thread alone."""

    def __init__(self) -> None:
        self._hub = getcurrent()
        self._idle: deque[greenlet] = deque()
        self.under_way = 0
        """Pieces of work that have not ended."""

    def run(self, work: Callable[..., object], *arguments: Any) -> None:
        """Do `work` in a strand, and return when it has ended or waits."""
        self.under_way += 1
        strand = self._idle.pop() if self._idle else greenlet(self._live, self._hub)
        strand.switch(work, arguments)

    def wait(self) -> Any:
        """Give way to others, and return what this strand is resumed with; called in a strand."""
        return self._hub.switch()

    def _live(self, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        own = getcurrent()
        while True:
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001 - the edge of a strand: it outlives what it meets
                log_failure("working in an ingest worker", error)
            self.under_way -= 1
            if len(self._idle) >= _MOST_IDLE:
                return
            self._idle.append(own)
            work, arguments = self._hub.switch()
