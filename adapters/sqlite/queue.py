"""Queues in SQLite that behave like SQS: at least once, hidden while they are worked on, set aside when that fails."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from adapters.sqlite.database import Connection, Database
from domain.clock import Clock
from domain.delivery.ports import PutFailure, PutResults
from schemas.limits import MAX_MESSAGE_BYTES

_SECOND_NS = 1_000_000_000

_SEND = "INSERT INTO messages (id, queue, body, sent_ns, visible_ns, part) VALUES (?, ?, ?, ?, ?, ?)"
_VISIBLE = "SELECT min(visible_ns) FROM messages WHERE queue = ?"
_SET_ASIDE = (
    "UPDATE messages SET queue = :dead_letters, receives = 0, visible_ns = :now"
    " WHERE queue = :queue AND visible_ns <= :now AND receives >= :max_receives"
)
_RECEIVE = (
    "SELECT sequence, id, body, receives, sent_ns FROM messages WHERE queue = ? AND visible_ns <= ?"
    " ORDER BY visible_ns, sequence LIMIT ?"
)
_HIDE = "UPDATE messages SET visible_ns = ?, receives = receives + 1 WHERE sequence = ?"


class Message(NamedTuple):
    """One received message; `receives` counts this time too, `id` stays the same over all of them."""

    id: str
    body: str
    receives: int
    sent_ns: int


class SqliteQueue:
    """One queue of a database, by name. Implements `QueueSink`, and the receiving side beside it.

    All methods raise `Undelivered` when the database can't be reached.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        clock: Clock,
        *,
        dead_letters: str | None = None,
        max_receives: int = 5,
    ) -> None:
        """Open the queue `name`.

        Args:
            database: where it stands; instances of one database and name are the same queue.
            name: the queue's name.
            clock: decides what is visible.
            dead_letters: name of the queue that takes what was received `max_receives` times and never deleted;
                without one, messages are received for ever.
            max_receives: see `dead_letters`.
        """
        self.name = name
        self._database = database
        self._clock = clock
        self._dead_letters = dead_letters
        self._max_receives = max_receives
        self._signal = database.signal(name)

    def send(self, bodies: Sequence[str]) -> PutResults:
        now = self._clock()
        results: PutResults = [None] * len(bodies)
        rows = []
        for index, body in enumerate(bodies):
            if len(body) > MAX_MESSAGE_BYTES or len(body.encode(errors="surrogatepass")) > MAX_MESSAGE_BYTES:
                results[index] = PutFailure(f"a message takes {MAX_MESSAGE_BYTES} bytes", retryable=False)
            else:
                rows.append((uuid.uuid4().hex, self.name, body, now, now, self._part_of(body)))
        if rows:
            self._database.write(lambda connection: connection.executemany(_SEND, rows) and None)
            self._signal.fire()
        return results

    def send_later(self, body: str, delay_seconds: float) -> None:
        """Send a message that is received after some seconds."""
        now = self._clock()
        row = (uuid.uuid4().hex, self.name, body, now, now + int(delay_seconds * _SECOND_NS), self._part_of(body))
        self._database.write(lambda connection: connection.execute(_SEND, row) and None)
        self._signal.fire()

    def receive(self, max_messages: int, visibility_seconds: float) -> list[Message]:
        """Take up to `max_messages` visible messages, the longest visible first, and hide them for that time.

        One that is neither deleted nor released by then is visible again. What was received too often moves to the
        dead letters instead.
        """
        now = self._clock()
        if not self._is_visible(now):
            return []
        return self._receive(_RECEIVE, (self.name, now, max_messages), now, visibility_seconds)

    def _receive(self, sql: str, parameters: Sequence[Any], now: int, visibility_seconds: float) -> list[Message]:
        """Take the messages that a statement finds, once what was received too often is out of the way."""
        hidden_until = now + int(visibility_seconds * _SECOND_NS)

        def work(connection: Connection) -> tuple[int, list[Message]]:
            set_aside = 0
            if self._dead_letters is not None:
                set_aside = connection.execute(
                    _SET_ASIDE,
                    {
                        "queue": self.name,
                        "dead_letters": self._dead_letters,
                        "now": now,
                        "max_receives": self._max_receives,
                    },
                ).rowcount
            rows = connection.execute(sql, parameters).fetchall()
            connection.executemany(_HIDE, [(hidden_until, row[0]) for row in rows])
            return set_aside, [Message(row[1], row[2], row[3] + 1, row[4]) for row in rows]

        set_aside, messages = self._database.write(work)
        if set_aside and self._dead_letters is not None:
            self._database.signal(self._dead_letters).fire()
        return messages

    def delete(self, ids: Iterable[str]) -> None:
        """Remove messages for good; ids that are gone already are no error."""
        rows = [(self.name, message_id) for message_id in ids]
        if rows:
            sql = "DELETE FROM messages WHERE queue = ? AND id = ?"
            self._database.write(lambda connection: connection.executemany(sql, rows) and None)

    def release(self, ids: Iterable[str], *, delay_seconds: float = 0.0) -> None:
        """Make received messages visible again now, or after a delay."""
        visible_ns = self._clock() + int(delay_seconds * _SECOND_NS)
        rows = [(visible_ns, self.name, message_id) for message_id in ids]
        if rows:
            sql = "UPDATE messages SET visible_ns = ? WHERE queue = ? AND id = ?"
            self._database.write(lambda connection: connection.executemany(sql, rows) and None)
            self._signal.fire()

    def recover(self) -> None:
        """Make visible what an earlier process received and never finished; for a start, before anyone receives."""
        now = self._clock()
        sql = "UPDATE messages SET visible_ns = min(visible_ns, ?) WHERE queue = ?"
        self._database.write(lambda connection: connection.execute(sql, (now, self.name)) and None)

    def depth(self) -> int:
        """Return how many messages the queue holds, hidden ones too."""
        return int(self._database.read("SELECT count(*) FROM messages WHERE queue = ?", (self.name,))[0][0])

    def has_visible(self) -> bool:
        """Say whether a message could be received now."""
        return self._is_visible(self._clock())

    def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as a message may be visible, False after the timeout.

        Another thread's `send`, `release` or `wake` ends the wait at once.
        """
        seen = self._signal.count
        visible_ns = self._visible_ns()
        if visible_ns is not None:
            hidden_seconds = (visible_ns - self._clock()) / _SECOND_NS
            if hidden_seconds <= 0:
                return True
            if hidden_seconds < timeout_seconds:
                self._signal.wait_beyond(seen, hidden_seconds)
                return True
        return self._signal.wait_beyond(seen, timeout_seconds)

    def wake(self) -> None:
        """End every wait on this queue, as a worker that is to stop needs."""
        self._signal.fire()

    def _is_visible(self, now: int) -> bool:
        visible_ns = self._visible_ns()
        return visible_ns is not None and visible_ns <= now

    def _visible_ns(self) -> int | None:
        """Return when the first message is visible that may be received; None if there is none."""
        visible_ns: int | None = self._database.read(_VISIBLE, (self.name,))[0][0]
        return visible_ns

    def _part_of(self, _body: str) -> str:
        """Return whose part of the queue a message is; this one has no parts."""
        return ""
