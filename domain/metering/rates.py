"""Rate limits: events a second per environment, kept by many handlers that know only of their own requests.

Every handler counts what it took of an environment in the last ten seconds, and refuses what is beyond the limit: one
handler alone never lets more through. Every ten seconds a handler tells a shared ledger how many events were offered to
it, and learns how many were offered to all. If that is more than the limit, it takes its own share of the limit only,
so that all handlers together take the limit. What is refused counts as offered, too: refusing does not make the load
look smaller, and nothing swings back and forth.

`docs/decisions/0007-rate-limits.md` has the arithmetic.
"""

import math
import threading
from collections.abc import Mapping
from typing import Protocol

from domain.clock import Clock
from domain.errors import Undelivered
from domain.late_log import LateLog
from schemas.limits import COUNTER_FLUSH_SECONDS

WINDOW_SECONDS = 10
"""Over how long a rate is averaged, and how long the ledger's windows are."""

_SECOND_NS = 1_000_000_000
_WINDOW_NS = WINDOW_SECONDS * _SECOND_NS
_EXCHANGE_NS = int(COUNTER_FLUSH_SECONDS * _SECOND_NS)
_TOLD_AT_ONCE = 50
"""Environments, after one request, which waits for it. Others follow a second later, so that all of the 500 that a
handler keeps are told within ten."""
_NEXT_NS = _SECOND_NS
_FORGOTTEN_AFTER_WINDOWS = 60
_SHARE_LASTS_WINDOWS = 3
_INEXACT = 1e-9  # sums of parts are

_log = LateLog(__name__)


class RateLedger(Protocol):
    """Sums what all handlers were offered. Raises `Undelivered` when it can't."""

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:
        """Add the events of some windows; return what all handlers have added to each of them so far.

        A window is known by its number: its start in Unix seconds, divided by `WINDOW_SECONDS`. Sums may be forgotten
        a minute after their window.
        """
        ...


class RateLimits:
    """The rates of one handler; all methods may be called from any thread."""

    def __init__(self, ledger: RateLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}
        self._due_ns = clock() + _EXCHANGE_NS
        self._began_ns = 0
        """When the ledger began to be told last."""
        self._waiting: list[str] = []
        """Environments of which it is still to be told."""

    def retry_after(self, environment_id: str, limit: int, now_ns: int) -> int | None:
        """Return None if a request may be taken, or else the seconds after which another may be.

        Args:
            environment_id: where the request goes.
            limit: events a second.
            now_ns: Unix time.
        """
        with self._lock:
            use = self._uses.get(environment_id)
            if use is None:
                use = self._uses[environment_id] = _Use(limit, now_ns // _WINDOW_NS)
            return use.retry_after(limit, now_ns)

    def count(self, environment_id: str, events: int, now_ns: int, *, taken: bool) -> None:
        """Count the events of a request that was `taken`, or refused.

        A request is taken whole. What that is beyond the limit is made up for before anything else is taken.
        """
        with self._lock:
            use = self._uses.get(environment_id)
            if use is not None:
                use.count(events, now_ns // _WINDOW_NS, taken=taken)

    def exchange_if_due(self) -> None:
        """Tell the ledger and learn from it if the last time was 10 seconds ago; cheap otherwise, never raises."""
        if self._clock() < self._due_ns:
            return
        with self._lock:
            now_ns = self._clock()
            if now_ns < self._due_ns:  # another thread was first
                return
            if not self._waiting:
                self._began_ns = now_ns
                self._forget_idle(now_ns)
                self._waiting = [environment_id for environment_id, use in self._uses.items() if use.untold]
            told, self._waiting = self._waiting[:_TOLD_AT_ONCE], self._waiting[_TOLD_AT_ONCE:]
            self._due_ns = now_ns + _NEXT_NS if self._waiting else self._began_ns + _EXCHANGE_NS
            uses = [(environment_id, self._uses[environment_id]) for environment_id in told]
        for environment_id, use in uses:
            self._exchange(environment_id, use, now_ns // _WINDOW_NS)

    def _exchange(self, environment_id: str, use: "_Use", window: int) -> None:
        with self._lock:
            told = {number: use.untold.get(number, 0) for number in (window - 2, window - 1, window)}
            use.untold = {}
        try:
            everybody = self._ledger.exchange(environment_id, told)
        except Undelivered as error:
            _log.warning("rates are told the ledger at the next exchange: %s", error)
        except Exception:  # noqa: BLE001 - logged with its traceback; a request must not fail for its rate
            _log.exception("rates could not be exchanged")
        else:
            with self._lock:
                use.learn(everybody, window)
            return
        with self._lock:
            for number, events in told.items():
                if events:
                    use.untold[number] = use.untold.get(number, 0) + events

    def _forget_idle(self, now_ns: int) -> None:
        oldest = now_ns // _WINDOW_NS - _FORGOTTEN_AFTER_WINDOWS
        self._uses = {environment_id: use for environment_id, use in self._uses.items() if use.last_window >= oldest}


class _Use:
    """How much of what one handler may take of one environment it took; its owner holds the lock.

    Use is told in parts of what may be taken in ten seconds, so that it means the same when that changes.
    """

    __slots__ = ("_before", "_learned", "_limit", "_now", "_own", "_share", "_window", "untold")

    def __init__(self, limit: int, window: int) -> None:
        self._limit = limit
        self._share = 1.0
        self._learned = window
        self._window = window
        self._before = 0.0
        """Of the window before this one; 1 at most."""
        self._now = 0.0
        self._own: dict[int, int] = {}
        self.untold: dict[int, int] = {}
        """Events by window that the ledger does not know of."""

    @property
    def last_window(self) -> int:
        return self._window

    def retry_after(self, limit: int, now_ns: int) -> int | None:
        self._go_to(now_ns // _WINDOW_NS)
        share = self._share if self._window - self._learned <= _SHARE_LASTS_WINDOWS else 1.0
        if limit != self._limit or share != self._share:
            self._allow(limit, share)
        ahead = 1 - now_ns % _WINDOW_NS / _WINDOW_NS  # the part of this window that is to come
        full = self._now >= 1 - _INEXACT
        if not full and self._before * ahead + self._now <= 1 + _INEXACT:
            return None
        wait = ahead + self._now - 1 if full else ahead - (1 - self._now) / self._before
        return max(1, math.ceil(wait * WINDOW_SECONDS))

    def count(self, events: int, window: int, *, taken: bool) -> None:
        self._go_to(window)
        if taken:
            self._now += events / (self._limit * WINDOW_SECONDS * self._share)
        self._own[window] = self._own.get(window, 0) + events
        self.untold[window] = self.untold.get(window, 0) + events

    def learn(self, everybody: Mapping[int, int], window: int) -> None:
        """Take this handler's share of the busiest of these windows, if that was over the limit."""
        self._learned = window
        self._own = {number: events for number, events in self._own.items() if number in everybody}
        busiest = max(self._own, key=lambda number: everybody[number], default=None)
        share = 1.0
        if busiest is not None and everybody[busiest] > self._limit * WINDOW_SECONDS:
            share = min(1.0, self._own[busiest] / everybody[busiest])
        self._allow(self._limit, share)

    def _allow(self, limit: int, share: float) -> None:
        """Go on with another allowance; what was taken under one that was larger is at most all of the new one."""
        ratio = self._limit * self._share / (limit * share)
        self._limit, self._share = limit, share
        self._before = min(self._before * ratio, 1.0)
        self._now = max(self._now, min(self._now * ratio, 1.0)) if ratio > 1 else self._now * ratio

    def _go_to(self, window: int) -> None:
        """Begin a window; what was taken beyond a window's due is carried over into the next."""
        passed = window - self._window
        if passed <= 0:
            return
        self._before = min(max(0.0, self._now - (passed - 1)), 1.0)
        self._now = max(0.0, self._now - passed)
        self._window = window
