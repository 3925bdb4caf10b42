"""Sends events in batches from a thread of its own, and tells each event's own outcome once it is durable."""

from __future__ import annotations

import atexit
import logging
import multiprocessing.util
import os
import threading
import time
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Callable, Generic

from ingest_endpoints.batches import Batch, Batches, Bounds
from ingest_endpoints.events import EventT
from ingest_endpoints.transport import NoAnswer, Transport

if TYPE_CHECKING:
    from types import TracebackType

    from ingest_endpoints.results import Result

EXIT_SECONDS = 10.0

_log = logging.getLogger("ingest_endpoints")
_clients: weakref.WeakSet[Client[Any]] = weakref.WeakSet()


class Client(Generic[EventT]):
    """A queue of events for one environment; safe to use from several threads, and in processes that fork.

    `Client[Event]` sends events of that type alone, such as `ingestctl types` makes.

    What waits when a process forks is the parent's to send. At the end of the process, what waits is sent for up to
    ten seconds; what is left then is `undelivered`.
    """

    def __init__(
        self,
        address: str,
        *,
        max_events: int = 50,
        max_bytes: int = 262_144,
        max_wait: float = 2.0,
        max_queued: int = 10_000,
        max_retry: float = 3_600.0,
        timeout: float = 15.0,
        gzip: bool = True,
        headers: Mapping[str, str] | None = None,
        on_result: Callable[[Result], None] | None = None,
    ) -> None:
        """Start with an empty queue; nothing is sent yet.

        Args:
            address: the environment's.
            max_events: per request, at most 1,000.
            max_bytes: of events per request, at most 4,000,000.
            max_wait: seconds that an event waits for others.
            max_queued: events that wait at most; the oldest are dropped, and counted.
            max_retry: seconds after which a batch is given up.
            timeout: seconds that an answer may take.
            gzip: compress bodies of over a kilobyte.
            headers: for each request.
            on_result: called from the sending thread with what became of each tracked event.

        Raises:
            ValueError: the address is none, or a number is out of its range.
        """
        self._transport = Transport(address, headers or {}, timeout, compresses=gzip)
        self._bounds = Bounds(max_events, max_bytes, max_wait, max_queued, max_retry)
        self._bounds.check()
        self._on_result = on_result
        self._is_closed = False
        self._reset()
        _clients.add(self)

    def track(self, event: EventT) -> None:
        """Queue an event; `on_result` and `counters` tell what becomes of it.

        Raises:
            TypeError, ValueError: JSON can't hold it. RuntimeError: the client is closed.
        """
        self._add(event, None)

    def send(self, event: EventT) -> Result:
        """Send an event soon, together with others that are sent meanwhile, and wait for what becomes of it.

        Raises:
            TypeError, ValueError: JSON can't hold it. RuntimeError: the client is closed.
        """
        return self.submit(event).result()

    def submit(self, event: EventT) -> Future[Result]:
        """Do as `send` does, without waiting."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()  # who stops waiting does not stop the event
        self._add(event, future.set_result, is_urgent=True)
        return future

    def flush(self, within: float = 30.0) -> bool:
        """Send what waits; return whether all of it is settled within so many seconds."""
        until = time.monotonic() + within
        with self._changed:
            self._is_urgent = True
            self._changed.notify_all()
            while self._batches.counters["waiting"] and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._batches.counters["waiting"]

    def close(self, within: float = EXIT_SECONDS) -> bool:
        """Flush, end the thread, and refuse what comes later; what is left is `undelivered`."""
        with self._changed:
            self._is_closed = True
        is_settled = self.flush(within)
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(within + 1.0)
        return is_settled

    @property
    def counters(self) -> dict[str, int]:
        """How many events had each outcome, how many wait, and how many tries were repeated."""
        with self._changed:
            return dict(self._batches.counters)

    def __enter__(self) -> Client[EventT]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reset(self) -> None:
        """Begin with nothing: at first, and in a child of a fork, where threads are gone and locks may be held."""
        self._changed = threading.Condition(threading.RLock())
        self._batches = Batches(self._bounds)
        self._thread: threading.Thread | None = None
        self._is_urgent = False
        self._is_ending = False

    def _forget_connection(self) -> None:
        self._transport.close()

    def _add(self, event: EventT, settle: Callable[[Result], None] | None, *, is_urgent: bool = False) -> None:
        with self._changed:
            if self._is_closed:
                raise RuntimeError("The client is closed.")
            self._batches.add(event, time.monotonic(), settle)
            self._is_urgent = self._is_urgent or is_urgent
            if self._thread is None:
                _close_at_the_end_of_a_child()
                self._thread = threading.Thread(target=self._run, name="ingest-endpoints", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        self._tell_settled()

    def _tell_settled(self) -> None:
        """Tell results, while no lock is held: what is called may use the client, or wait for what does."""
        with self._changed:
            settled = self._batches.take_settled()
        for settle, result in settled:
            told = settle or self._on_result
            if told is not None:
                try:
                    told(result)
                except Exception:  # noqa: BLE001 - whatever it is
                    _log.exception("what is called with results failed")  # and must not hold up the events after it

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            pause: float | None = 0.0
            while pause is not None:
                self._rest(pause)
                if self._is_ending and batch.tries:
                    with self._changed:
                        self._batches.give_up(batch)
                    pause = None
                else:
                    pause = self._attempt(batch)
                self._tell_settled()
            with self._changed:
                self._changed.notify_all()
        self._transport.close()

    def _next(self) -> Batch | None:
        """Wait for a batch that is due; None at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = self._batches.due_in(now)
                if due is None:
                    self._is_urgent = False
                    if self._is_ending:
                        return None
                elif self._is_urgent or self._is_ending or due <= 0:
                    return self._batches.take(now)
                self._changed.wait(due)

    def _rest(self, seconds: float) -> None:
        """Wait before the next try; the end of the client comes first."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._is_ending and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)

    def _attempt(self, batch: Batch) -> float | None:
        batch.tries += 1
        try:
            answer = self._transport.post(batch.body, batch.key)
        except NoAnswer as error:
            _log.info("a batch had no answer (%s); it is sent again under its key", error)
            with self._changed:
                return self._batches.failed(batch, time.monotonic())
        with self._changed:
            try:
                return self._batches.answered(batch, *answer, time.monotonic())
            except (AttributeError, KeyError, TypeError) as error:  # no ingest address says such things
                _log.info("a batch had an answer of another kind (%s); it is sent again", type(error).__name__)
                return self._batches.failed(batch, time.monotonic())


def _close_all() -> None:
    until = time.monotonic() + EXIT_SECONDS
    for client in list(_clients):
        client.close(max(0.0, until - time.monotonic()))


def _close_at_the_end_of_a_child() -> None:
    """Close clients when a process of `multiprocessing` ends: it calls what is registered here, not with `atexit`."""
    if multiprocessing.parent_process() is not None:
        multiprocessing.util.Finalize(None, _close_all, exitpriority=0)


def _reset_all() -> None:
    for client in list(_clients):
        client._forget_connection()  # noqa: SLF001
        client._reset()  # noqa: SLF001


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
