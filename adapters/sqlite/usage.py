"""Usage in SQLite: sums per environment, revision and slice, only ever added to.

What arrives is added to its minute, its hour and its day in one transaction: longer slices are never behind shorter
ones nor different from them, and nothing has to be caught up after a crash, however late sums come.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from adapters.sqlite.database import Connection, Database
from domain.metering.names import NameCounts
from domain.metering.ports import COUNTS, UsagePoint, UsageScope, UsageSums, counts_by_hour
from domain.metering.slices import SECONDS, STORED, Slice, kept_from
from schemas.limits import MAX_EVENT_NAMES

_KEY = ("environment_id", "slice", "at", "revision_id")
_COLUMNS = ", ".join((*_KEY, *COUNTS))
_PLACES = ", ".join("?" * (len(_KEY) + len(COUNTS)))
_ADDITIONS = ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTS)
_ADD = f"INSERT INTO usage_sums ({_COLUMNS}) VALUES ({_PLACES}) ON CONFLICT DO UPDATE SET {_ADDITIONS}"  # noqa: S608
_ADD_CODE = (
    "INSERT INTO usage_sum_codes (environment_id, slice, at, revision_id, code, count) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_ADD_PROTOCOL = (
    "INSERT INTO usage_sum_protocols (environment_id, slice, at, revision_id, protocol, outcome, count)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_ADD_OWNER = "INSERT INTO usage_environments (environment_id, endpoint_id, organisation_id) VALUES (?, ?, ?)"
_SUMMED = ", ".join(f"coalesce(sum({name}), 0)" for name in COUNTS)
_SELECTED = f"""
    SELECT revision_id, at, {", ".join(COUNTS)}, (
        SELECT json_group_object(code, count) FROM usage_sum_codes AS codes
        WHERE codes.environment_id = sums.environment_id AND codes.slice = sums.slice AND codes.at = sums.at
        AND codes.revision_id = sums.revision_id
    ) FROM usage_sums AS sums WHERE environment_id = ? AND slice = 60 AND at >= ? AND at < ? ORDER BY at, revision_id
"""  # noqa: S608 - constants only
_TOTALS = f"""
    SELECT {_SUMMED}, (
        SELECT json_group_object(code, total) FROM (
            SELECT code, sum(count) AS total FROM usage_sum_codes
            WHERE environment_id = :environment_id AND slice = 86400 GROUP BY code
        )
    ) FROM usage_sums WHERE environment_id = :environment_id AND slice = 86400
"""  # noqa: S608
_SCOPED = """
    environment_id IN (
        SELECT environment_id FROM usage_environments WHERE organisation_id = :organisation_id
        AND (:endpoint_id IS NULL OR endpoint_id = :endpoint_id)
        AND (:environment_id IS NULL OR environment_id = :environment_id)
    ) AND slice = :slice AND at >= :start AND at < :end AND (:revision_id IS NULL OR revision_id = :revision_id)
"""
_SERIES = f"SELECT at, {_SUMMED} FROM usage_sums WHERE {_SCOPED} GROUP BY at ORDER BY at"  # noqa: S608
_CODES = f"SELECT code, sum(count) FROM usage_sum_codes WHERE {_SCOPED} GROUP BY code"  # noqa: S608
_PROTOCOLS = f"""
    SELECT protocol, outcome, sum(count) FROM usage_sum_protocols WHERE {_SCOPED} GROUP BY protocol, outcome
"""  # noqa: S608
_OTHER = ""
_ADD_NAME = (
    "INSERT INTO usage_names (environment_id, hour, name, outcome, count) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)
_NAMES_OF_HOUR = "SELECT DISTINCT name FROM usage_names WHERE environment_id = ? AND hour = ?"
_NAMES = """
    SELECT name, outcome, sum(count) FROM usage_names
    WHERE environment_id IN (
        SELECT environment_id FROM usage_environments WHERE organisation_id = :organisation_id
        AND (:endpoint_id IS NULL OR endpoint_id = :endpoint_id) AND environment_id = :environment_id
    ) AND hour >= :start AND hour < :end GROUP BY name, outcome
"""
_PURGE_NAMES = "DELETE FROM usage_names WHERE hour < ?"
_COUNTED = "INSERT INTO usage_objects (name, counted_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
_PURGE = tuple(
    f"DELETE FROM {table} WHERE environment_id IN (SELECT environment_id FROM usage_environments)"  # noqa: S608
    " AND slice = ? AND at < ?"
    for table in ("usage_sums", "usage_sum_codes", "usage_sum_protocols")
)


class SqliteUsage:
    """Implements `UsageSink`, `DeliveredSink` and `UsageReader`; each addition is whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sums: Sequence[UsageSums]) -> None:
        if sums:
            self._database.write(lambda connection: _add(connection, sums))

    def add_delivered(self, object_name: str, sums: Sequence[UsageSums]) -> None:
        name = sha256(object_name.encode()).digest()[:16]
        counted_at = max((row.minute for row in sums), default=0)

        def work(connection: Connection) -> None:
            if connection.execute(_COUNTED, (name, counted_at)).rowcount:
                _add(connection, sums)

        self._database.write(work)

    def series(self, scope: UsageScope, stored: Slice, start: int, end: int) -> list[UsagePoint]:
        rows = self._database.read(_SERIES, _parameters(scope, stored, start, end))
        return [UsagePoint(row[0], dict(zip(COUNTS, row[1:], strict=True))) for row in rows]

    def several(self, scopes: Sequence[UsageScope], stored: Slice, start: int, end: int) -> list[list[UsagePoint]]:
        return [self.series(scope, stored, start, end) for scope in scopes]

    def codes(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, int]:
        return dict(self._database.read(_CODES, _parameters(scope, stored, start, end)))

    def protocols(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for protocol, outcome, count in self._database.read(_PROTOCOLS, _parameters(scope, stored, start, end)):
            found.setdefault(protocol, {})[outcome] = count
        return found

    def names(self, scope: UsageScope, start: int, end: int) -> NameCounts:
        counts = NameCounts()
        rows = self._database.read(_NAMES, _parameters(scope, Slice.HOUR, start, end))
        for name, outcome, count in rows:
            if name == _OTHER:
                counts.add_other(outcome, count)
            else:
                counts.add(name, outcome, count)
        return counts

    def organisations(self) -> list[str]:
        sql = "SELECT DISTINCT organisation_id FROM usage_environments ORDER BY organisation_id"
        return [row[0] for row in self._database.read(sql)]

    def totals(self, environment_id: str) -> UsageSums:
        """Return the sums of an environment over all revisions and time; `revision_id` is empty, `minute` 0."""
        row = self._database.read(_TOTALS, {"environment_id": environment_id})[0]
        return _sums(environment_id, "", 0, row)

    def between(self, environment_id: str, start: int, end: int) -> list[UsageSums]:
        """Return the sums whose minute is in `[start, end)` (Unix seconds), in order of minute and revision."""
        rows = self._database.read(_SELECTED, (environment_id, start, end))
        return [_sums(environment_id, row[0], row[1], row[2:]) for row in rows]

    def purge(self, now: int) -> int:
        """Remove what is kept no longer at `now` (Unix seconds); return how many rows that were."""

        def work(connection: Connection) -> int:
            removed = sum(
                connection.execute(statement, (SECONDS[stored], kept_from(stored, now))).rowcount
                for stored in STORED
                for statement in _PURGE
            )
            removed += connection.execute(_PURGE_NAMES, (kept_from(Slice.HOUR, now),)).rowcount
            forgotten = "DELETE FROM usage_objects WHERE counted_at < ?"
            return removed + connection.execute(forgotten, (kept_from(Slice.MINUTE, now),)).rowcount

        return self._database.write(work)


def _add(connection: Connection, sums: Sequence[UsageSums]) -> None:
    connection.executemany(_ADD, _rows(sums))
    connection.executemany(_ADD_CODE, _code_rows(sums))
    connection.executemany(_ADD_PROTOCOL, _protocol_rows(sums))
    _add_names(connection, sums)
    owners = {(row.environment_id, row.endpoint_id, row.organisation_id) for row in sums if row.organisation_id}
    connection.executemany(f"{_ADD_OWNER} ON CONFLICT DO NOTHING", sorted(owners))


def _add_names(connection: Connection, sums: Sequence[UsageSums]) -> None:
    for (environment_id, hour), more in counts_by_hour(sums).items():
        known = [name for (name,) in connection.execute(_NAMES_OF_HOUR, (environment_id, hour))]
        counts = NameCounts()
        counts.names = {name: {} for name in known if name}
        counts.add_all(more.names, more.other, MAX_EVENT_NAMES)
        for name, outcomes in ((_OTHER, counts.other), *counts.names.items()):
            rows = [(environment_id, hour, name, outcome, count) for outcome, count in outcomes.items()]
            connection.executemany(_ADD_NAME, rows)


def _rows(sums: Sequence[UsageSums]) -> Iterator[tuple[Any, ...]]:
    for row in sums:
        counts = [getattr(row, name) for name in COUNTS]
        for stored in STORED:
            yield row.environment_id, SECONDS[stored], stored.start_of(row.minute), row.revision_id, *counts


def _code_rows(sums: Sequence[UsageSums]) -> Iterator[tuple[Any, ...]]:
    for row in sums:
        for stored in STORED:
            at = stored.start_of(row.minute)
            for code, count in row.codes.items():
                yield row.environment_id, SECONDS[stored], at, row.revision_id, code, count


def _protocol_rows(sums: Sequence[UsageSums]) -> Iterator[tuple[Any, ...]]:
    for row in sums:
        for stored in STORED:
            at = stored.start_of(row.minute)
            for protocol, outcomes in row.protocols.items():
                for outcome, count in outcomes.items():
                    yield row.environment_id, SECONDS[stored], at, row.revision_id, protocol, outcome, count


def _parameters(scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, Any]:
    return {**scope._asdict(), "slice": SECONDS[stored], "start": start, "end": end}


def _sums(environment_id: str, revision_id: str, minute: int, row: Sequence[Any]) -> UsageSums:
    counts = dict(zip(COUNTS, row, strict=False))
    return UsageSums(environment_id, revision_id, minute, **counts, codes=json.loads(row[-1]))
