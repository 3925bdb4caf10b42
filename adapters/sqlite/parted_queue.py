"""A queue of many parts, such as environments, of which none ever has more than its share of the receivers."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from adapters.sqlite.database import Database
from adapters.sqlite.queue import Message, SqliteQueue
from domain.clock import Clock

_SECOND_NS = 1_000_000_000

# One step for each part that has messages, however many these are.
_FIRST_PART = """
    WITH RECURSIVE parts (part) AS (
        SELECT min(part) FROM messages WHERE queue = :queue
        UNION ALL
        SELECT (SELECT min(part) FROM messages WHERE queue = :queue AND part > parts.part)
        FROM parts WHERE parts.part IS NOT NULL
    )
    SELECT part, (SELECT min(visible_ns) FROM messages WHERE queue = :queue AND part = parts.part) AS visible_ns
    FROM parts WHERE part IS NOT NULL AND part NOT IN ({full}) ORDER BY visible_ns LIMIT 1
"""
_RECEIVE = (
    "SELECT sequence, id, body, receives, sent_ns FROM messages WHERE queue = ? AND part = ? AND visible_ns <= ?"
    " ORDER BY visible_ns, sequence LIMIT ?"
)


class _Batch(NamedTuple):
    """What one receiver took: messages of one part, which are visible again at that time."""

    part: str
    ids: set[str]
    until_ns: int


class PartedQueue(SqliteQueue):
    """Gives each receiver messages of one part alone, of that whose messages wait the longest.

    A part with as many receivers as its share gives no more until one of them has deleted or released all that it took,
    or its time is over. Receivers are counted in this process.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        clock: Clock,
        *,
        part_of: Callable[[str], str],
        share: int,
        dead_letters: str | None = None,
        max_receives: int = 5,
    ) -> None:
        """Open the queue `name`.

        Args:
            database: where it stands.
            name: the queue's name.
            clock: decides what is visible.
            part_of: says by a message's body which part it is of.
            share: how many receivers may have messages of one part at a time.
            dead_letters: as `SqliteQueue` has it.
            max_receives: the same.
        """
        super().__init__(database, name, clock, dead_letters=dead_letters, max_receives=max_receives)
        self._get_part = part_of
        self._share = share
        self._lock = threading.Lock()
        self._batches: list[_Batch] = []

    def receive(self, max_messages: int, visibility_seconds: float) -> list[Message]:
        """Take up to `max_messages` visible messages of one part, and hide them for that time."""
        with self._lock:
            now = self._clock()
            part, visible_ns = self._first_part(now)
            if visible_ns is None or visible_ns > now:
                return []
            messages = self._receive(_RECEIVE, (self.name, part, now, max_messages), now, visibility_seconds)
            if messages:
                until_ns = now + int(visibility_seconds * _SECOND_NS)
                self._batches.append(_Batch(part, {message.id for message in messages}, until_ns))
            return messages

    def delete(self, ids: Iterable[str]) -> None:
        done = list(ids)
        super().delete(done)
        self._give_back(done)

    def release(self, ids: Iterable[str], *, delay_seconds: float = 0.0) -> None:
        done = list(ids)
        super().release(done, delay_seconds=delay_seconds)
        self._give_back(done)

    def _give_back(self, ids: Sequence[str]) -> None:
        with self._lock:
            for batch in self._batches:
                batch.ids.difference_update(ids)
            left = [batch for batch in self._batches if batch.ids]
            is_less = len(left) < len(self._batches)
            self._batches = left
        if is_less:
            self.wake()

    def _first_part(self, now: int) -> tuple[str, int | None]:
        """Return the part that is to be received from next, and when its first message is visible; None without any."""
        self._batches = [batch for batch in self._batches if batch.until_ns > now]
        held = Counter(batch.part for batch in self._batches)
        full = {f"full_{index}": part for index, (part, count) in enumerate(held.items()) if count >= self._share}
        parameters: dict[str, Any] = {"queue": self.name, **full}
        rows = self._database.read(_FIRST_PART.format(full=", ".join(f":{name}" for name in full)), parameters)
        return (rows[0][0], rows[0][1]) if rows else ("", None)

    def _visible_ns(self) -> int | None:
        with self._lock:
            return self._first_part(self._clock())[1]

    def _part_of(self, body: str) -> str:
        return self._get_part(body)
