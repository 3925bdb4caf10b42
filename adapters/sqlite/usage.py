"""Usage in SQLite: one row per environment, revision and minute, only ever added to."""

import json
from collections.abc import Sequence
from typing import Any

from adapters.sqlite.database import Connection, Database
from domain.metering.ports import UsageSums

_COUNTS = ("requests", "accepted", "quarantined", "rejected", "limited", "bytes_accepted", "bytes_received")
_COLUMNS = ", ".join(("environment_id", "minute", "revision_id", *_COUNTS))
_PLACES = ", ".join("?" * (3 + len(_COUNTS)))
_ADDITIONS = ", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTS)
_ADD = f"INSERT INTO usage ({_COLUMNS}) VALUES ({_PLACES}) ON CONFLICT DO UPDATE SET {_ADDITIONS}"  # noqa: S608
_ADD_CODE = (
    "INSERT INTO usage_codes (environment_id, minute, revision_id, code, count) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_SELECTED = f"""
    SELECT revision_id, minute, {", ".join(_COUNTS)}, (
        SELECT json_group_object(code, count) FROM usage_codes AS codes
        WHERE codes.environment_id = usage.environment_id AND codes.minute = usage.minute
        AND codes.revision_id = usage.revision_id
    ) FROM usage WHERE environment_id = ? AND minute >= ? AND minute < ? ORDER BY minute, revision_id
"""  # noqa: S608 - constants only
_TOTALS = f"""
    SELECT {", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)}, (
        SELECT json_group_object(code, total) FROM (
            SELECT code, sum(count) AS total FROM usage_codes WHERE environment_id = :environment_id GROUP BY code
        )
    ) FROM usage WHERE environment_id = :environment_id
"""  # noqa: S608


class SqliteUsage:
    """Implements `UsageSink`, and the reading side beside it; each `add` is whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sums: Sequence[UsageSums]) -> None:
        rows = [
            (row.environment_id, row.minute, row.revision_id, *(getattr(row, name) for name in _COUNTS)) for row in sums
        ]
        codes = [
            (row.environment_id, row.minute, row.revision_id, code, count)
            for row in sums
            for code, count in row.codes.items()
        ]

        def work(connection: Connection) -> None:
            connection.executemany(_ADD, rows)
            connection.executemany(_ADD_CODE, codes)

        if rows:
            self._database.write(work)

    def totals(self, environment_id: str) -> UsageSums:
        """Return the sums of an environment over all revisions and time; `revision_id` is empty, `minute` 0."""
        row = self._database.read(_TOTALS, {"environment_id": environment_id})[0]
        return _sums(environment_id, "", 0, row)

    def between(self, environment_id: str, start: int, end: int) -> list[UsageSums]:
        """Return the sums whose minute is in `[start, end)` (Unix seconds), in order of minute and revision."""
        rows = self._database.read(_SELECTED, (environment_id, start, end))
        return [_sums(environment_id, row[0], row[1], row[2:]) for row in rows]


def _sums(environment_id: str, revision_id: str, minute: int, row: Sequence[Any]) -> UsageSums:
    counts = dict(zip(_COUNTS, row, strict=False))
    return UsageSums(environment_id, revision_id, minute, **counts, codes=json.loads(row[-1]))
