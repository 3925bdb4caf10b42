"""What was offered to all handlers, by environment and window of ten seconds, in SQLite."""

from collections.abc import Mapping

from adapters.sqlite.database import Connection, Database

_ADD = (
    "INSERT INTO rate_windows (environment_id, window, events) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET events = events + excluded.events"
)
_FORGET = "DELETE FROM rate_windows WHERE environment_id = ? AND window < ?"
_SUM = "SELECT window, events FROM rate_windows WHERE environment_id = ?"
_KEPT_WINDOWS = 6


class SqliteRates:
    """Implements `RateLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:
        rows = [(environment_id, window, events) for window, events in offered.items() if events]

        def work(connection: Connection) -> dict[int, int]:
            connection.executemany(_ADD, rows)
            connection.execute(_FORGET, (environment_id, max(offered) - _KEPT_WINDOWS))
            return dict(connection.execute(_SUM, (environment_id,)).fetchall())

        known = self._database.write(work) if offered else {}
        return {window: known.get(window, 0) for window in offered}
