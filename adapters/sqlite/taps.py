"""The events of taps in SQLite: a row for each chunk, and one for each tap's state."""

from adapters.sqlite.database import Connection, Database
from domain.items import Conflict
from domain.live.ports import Chunk, Expiry

SIGNAL = "taps"
"""Fired whenever a chunk was kept."""
_STATE = "SELECT version, state FROM tap_states WHERE tap_id = ?"
_PUT = "INSERT INTO tap_states (tap_id, version, state, expires_at) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE = "UPDATE tap_states SET version = version + 1, state = ?, expires_at = ? WHERE tap_id = ? AND version = ?"
_CHUNK = "INSERT INTO tap_chunks (tap_id, number, written_at, packed, expires_at) VALUES (?, ?, ?, ?, ?)"
_GONE = "DELETE FROM tap_chunks WHERE tap_id = ? AND number < ?"
_CHUNKS = "SELECT number, written_at, packed FROM tap_chunks WHERE tap_id = ? AND number >= ? ORDER BY number LIMIT ?"


class SqliteTaps:
    """Implements `domain.live.ports.TapStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._signal = database.signal(SIGNAL)

    @property
    def appended(self) -> int:
        """How many chunks of any tap this process has kept; reading it costs nothing."""
        return self._signal.count

    def state(self, tap_id: str) -> tuple[int, bytes]:
        rows = self._database.read(_STATE, (tap_id,))
        return (rows[0][0], rows[0][1]) if rows else (0, b"")

    def append(self, tap_id: str, version: int, state: bytes, chunk: Chunk, first: int, expiry: Expiry) -> None:
        def work(connection: Connection) -> bool:
            if version:
                put = connection.execute(_REPLACE, (state, expiry.state, tap_id, version))
            else:
                put = connection.execute(_PUT, (tap_id, state, expiry.state))
            if put.rowcount != 1:
                return False
            connection.execute(_CHUNK, (tap_id, chunk.number, chunk.written_at, chunk.packed, expiry.chunk))
            connection.execute(_GONE, (tap_id, first))
            return True

        if not self._database.write(work):
            raise Conflict([0])
        self._signal.fire()

    def chunks(self, tap_id: str, first: int, most: int) -> list[Chunk]:
        return [Chunk(*row) for row in self._database.read(_CHUNKS, (tap_id, first, most))]

    def purge(self, now: int) -> None:
        """Remove what is kept no longer at `now` (Unix seconds)."""

        def work(connection: Connection) -> None:
            for table in ("tap_chunks", "tap_states"):
                connection.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (now,))  # noqa: S608 - names of ours

        self._database.write(work)
