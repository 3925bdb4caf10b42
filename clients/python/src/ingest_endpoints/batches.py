"""The events that wait, in batches: which are due, what an answer says of each, and when to try again.

Nothing here sends, sleeps or looks at a clock.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import deque
from typing import Any, Callable, NamedTuple

from ingest_endpoints.results import OUTCOMES, Result

Settle = Callable[[Result], None]

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 30.0
MAX_ASKED_SECONDS = 300.0
MAX_EVENTS = 1_000
MAX_BYTES = 4_000_000


class Bounds(NamedTuple):
    """How many events wait and go together."""

    max_events: int = 50
    max_bytes: int = 262_144
    max_wait: float = 2.0
    max_queued: int = 10_000
    max_retry: float = 3_600.0

    def check(self) -> None:
        """Look at each bound: all events of a request that has more than ingest takes would be refused.

        Raises:
            ValueError: one is out of its range; the message names it.
        """
        for name, most in (("max_events", MAX_EVENTS), ("max_bytes", MAX_BYTES)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be 1 to {most:,}.")
        if self.max_queued < 1:
            raise ValueError("max_queued must be at least 1.")


class _Row:
    __slots__ = ("at", "is_settled", "settle", "text")

    def __init__(self, text: bytes, at: float, settle: Settle | None) -> None:
        self.text = text
        self.at = at
        self.settle = settle
        self.is_settled = False


class Batch:
    """Events of one request, under one key for as long as it takes."""

    __slots__ = ("at", "key", "rows", "tries")

    def __init__(self, rows: list[_Row], at: float) -> None:
        self.key = str(uuid.uuid4())
        self.rows = rows
        self.at = at
        self.tries = 0

    @property
    def body(self) -> bytes:
        return b"[%b]" % b",".join(row.text for row in self.rows)


class Batches:
    """The queue of a client. Not safe to use from several threads at once."""

    def __init__(self, bounds: Bounds) -> None:
        self.counters = dict.fromkeys((*OUTCOMES, "waiting", "retries"), 0)
        self._bounds = bounds
        self._settled: list[tuple[Settle | None, Result]] = []
        self._rows: deque[_Row] = deque()
        self._bytes = 0

    def add(self, event: Any, at: float, settle: Settle | None = None) -> None:
        """Queue an event; where too many wait, the oldest is dropped.

        Raises:
            TypeError, ValueError: JSON can't hold it.
        """
        row = _Row(_text(event), at, settle)
        self.counters["waiting"] += 1
        self._rows.append(row)
        self._bytes += len(row.text)
        while len(self._rows) > self._bounds.max_queued:
            oldest = self._rows.popleft()
            self._bytes -= len(oldest.text)
            self._settle(oldest, "dropped", None, [])

    def due_in(self, now: float) -> float | None:
        """Return the seconds until a batch is due; None where nothing waits."""
        if not self._rows:
            return None
        if len(self._rows) >= self._bounds.max_events or self._bytes >= self._bounds.max_bytes:
            return 0.0
        return max(0.0, self._rows[0].at + self._bounds.max_wait - now)

    def take(self, now: float) -> Batch | None:
        """Return the next batch, due or not; None where nothing waits."""
        rows: list[_Row] = []
        size = 0
        while self._rows and len(rows) < self._bounds.max_events:
            if rows and size + len(self._rows[0].text) > self._bounds.max_bytes:
                break
            rows.append(self._rows.popleft())
            size += len(rows[-1].text) + 1
            self._bytes -= len(rows[-1].text)
        return Batch(rows, now) if rows else None

    def answered(
        self, batch: Batch, status: int, document: dict[str, Any], retry_after: str, now: float
    ) -> float | None:
        """Settle what an answer settles; return the seconds to wait before the next try, None if none is needed."""
        rows, results, ids = batch.rows, document.get("results"), document.get("event_ids")
        is_ok = 200 <= status < 300
        if is_ok and document.get("ok") is True and isinstance(ids, list) and len(ids) == len(rows):
            for row, event_id in zip(rows, ids):
                self._settle(row, "accepted", event_id, [])
            return None
        if isinstance(results, list) and len(results) == len(rows):
            for row, found in zip(rows, results):
                if found["outcome"] != "undelivered":
                    self._settle(row, found["outcome"], found["event_id"], found["errors"])
            # An id derives from the key, the text and which of several equal texts it is: equal ones go together.
            texts = {row.text for row in rows if not row.is_settled}
            batch.rows = [row for row in rows if row.text in texts]
            if not texts:
                return None
        elif not is_ok and status not in RETRIED:
            error = {"pointer": "", "code": document.get("code", "refused"), "message": document.get("message", "")}
            for row in rows:
                self._settle(row, "limited" if status == 402 else "rejected", None, [error])
            return None
        asked = float(retry_after) if retry_after.isdecimal() else 0.0
        return self._pause(batch, min(asked, MAX_ASKED_SECONDS), now)

    def failed(self, batch: Batch, now: float) -> float | None:
        """Return the seconds to wait after a try without an answer; None once the batch is given up."""
        return self._pause(batch, 0.0, now)

    def _pause(self, batch: Batch, least: float, now: float) -> float | None:
        most = min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(batch.tries, 10))
        pause = max(least, most * random.uniform(0.5, 1.0))  # noqa: S311 - so that many clients don't come at once
        if now - batch.at + pause > self._bounds.max_retry:
            self.give_up(batch)
            return None
        self.counters["retries"] += 1
        return pause

    def give_up(self, batch: Batch) -> None:
        """Settle what is left of a batch as undelivered."""
        for row in batch.rows:
            self._settle(row, "undelivered", None, [])

    def _settle(self, row: _Row, outcome: str, event_id: str | None, errors: list[dict[str, Any]]) -> None:
        if row.is_settled:
            return
        count = self.counters.get(outcome, 0) + 1  # raises for what is no text, before anything is settled
        row.is_settled = True
        self.counters["waiting"] -= 1
        self.counters[outcome] = count
        event = json.loads(row.text)
        self._settled.append((row.settle, Result(outcome, event_id, errors, event)))

    def take_settled(self) -> list[tuple[Settle | None, Result]]:
        """Return what has been settled since this was asked for last, each with the `settle` of its event."""
        settled, self._settled = self._settled, []
        return settled


def _text(event: Any) -> bytes:
    """Return an event as JSON in UTF-8: text that is not would spoil the request for all its other events."""
    text = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can express
        return json.dumps(event, allow_nan=False, separators=(",", ":")).encode()
