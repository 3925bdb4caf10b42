"""Unknown keys in SQLite: a row for each environment."""

from adapters.sqlite.database import Connection, Database
from domain.items import Conflict

_GET = "SELECT version, kept FROM unknown_keys WHERE environment_id = ?"
_PUT = "INSERT INTO unknown_keys (environment_id, version, kept, expires_at) VALUES (?, ?, ?, ?)"
_REPLACE = "UPDATE unknown_keys SET version = ?, kept = ?, expires_at = ? WHERE environment_id = ? AND version = ?"


class SqliteUnknownKeys:
    """Implements `domain.metering.unknown_keys.Stored`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, environment_id: str) -> tuple[int, bytes]:
        rows = self._database.read(_GET, (environment_id,))
        return (rows[0][0], rows[0][1]) if rows else (0, b"")

    def put(self, environment_id: str, version: int, kept: bytes, expires_at: int) -> None:
        def work(connection: Connection) -> bool:
            if version:
                replaced = connection.execute(_REPLACE, (version + 1, kept, expires_at, environment_id, version))
                return replaced.rowcount == 1
            put = connection.execute(f"{_PUT} ON CONFLICT DO NOTHING", (environment_id, 1, kept, expires_at))
            return put.rowcount == 1

        if not self._database.write(work):
            raise Conflict([0])

    def purge(self, now: int) -> int:
        """Remove what is kept no longer at `now` (Unix seconds); return how many environments' that was."""
        sql = "DELETE FROM unknown_keys WHERE expires_at <= ?"
        return self._database.write(lambda connection: connection.execute(sql, (now,)).rowcount)
