"""Dead letters of the queues in SQLite."""

from collections.abc import Mapping, Sequence

from adapters.sqlite.database import Connection, Database
from domain.clock import Clock
from domain.operations.ports import DeadLetter, QueueState

_COUNT = "SELECT queue, count(*) FROM messages GROUP BY queue"
_LETTERS = "SELECT id, sent_ns, body FROM messages WHERE queue = ? ORDER BY sequence LIMIT ?"
_LETTER = "SELECT id, sent_ns, body FROM messages WHERE queue = ? AND id = ?"
_OLDEST = "SELECT id FROM messages WHERE queue = ? ORDER BY sequence LIMIT ?"
_MOVE = "UPDATE messages SET queue = ?, receives = 0, visible_ns = ? WHERE queue = ? AND id = ?"


class SqliteDeadLetters:
    """Implements `DeadLetters`."""

    def __init__(self, database: Database, queues: Mapping[str, str], clock: Clock) -> None:
        """Take the names of queues, each with that of the queue that takes its dead letters."""
        self._database = database
        self._queues = dict(sorted(queues.items()))
        self._clock = clock

    def queues(self) -> list[QueueState]:
        counts: dict[str, int] = dict(self._database.read(_COUNT))
        return [QueueState(name, counts.get(name, 0), counts.get(dead, 0)) for name, dead in self._queues.items()]

    def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        return [DeadLetter(*row) for row in self._database.read(_LETTERS, (self._queues[queue], limit))]

    def find(self, queue: str, letter_id: str) -> DeadLetter | None:
        rows = self._database.read(_LETTER, (self._queues[queue], letter_id))
        return DeadLetter(*rows[0]) if rows else None

    def send_again(self, queue: str, letter_ids: Sequence[str] | None, limit: int) -> int:
        dead, now = self._queues[queue], self._clock()

        def work(connection: Connection) -> int:
            oldest = (
                [row[0] for row in connection.execute(_OLDEST, (dead, limit))] if letter_ids is None else letter_ids
            )
            return sum(connection.execute(_MOVE, (queue, now, dead, each)).rowcount for each in oldest[:limit])

        moved = self._database.write(work)
        if moved:
            self._database.signal(queue).fire()
        return moved
