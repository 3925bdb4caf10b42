"""The quarantine's counts in SQLite."""

import json
from hashlib import sha256
from typing import Any

from adapters.sqlite.database import Connection, Database
from domain.quarantine.groups import folded, may_be_folded
from domain.quarantine.ports import Group, GroupCount, GroupKey, ObjectEntry, Progress, SettledObject
from schemas.codes import Fault
from schemas.limits import MAX_NAMED_GROUPS_PER_HOUR, MAX_UNKNOWN_KEYS_PER_HOUR

_GROUP = "environment_id = ? AND hour = ? AND revision_id = ? AND code = ? AND pointer = ? AND event_name = ?"
_COUNTED = "INSERT INTO quarantine_objects (name, hour, lines) VALUES (?, ?, '[]') ON CONFLICT DO NOTHING"
_ADD = """
    INSERT INTO quarantine_groups VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    events = events + excluded.events, first_seen = min(first_seen, excluded.first_seen),
    last_seen = max(last_seen, excluded.last_seen), last_object = excluded.last_object
"""
_IS_THERE = f"SELECT 1 FROM quarantine_groups WHERE {_GROUP}"  # noqa: S608 - constants only
_MADE_UP = (
    "SELECT count(*) FROM quarantine_groups WHERE environment_id = ? AND hour = ? AND code = ? AND pointer NOT LIKE ?"
)
_NAMED = "SELECT count(*) FROM quarantine_groups WHERE environment_id = ? AND hour = ? AND event_name != ''"
_TAKE = f"UPDATE quarantine_groups SET redriven = redriven + ? WHERE {_GROUP}"  # noqa: S608
_GROUPS = (
    "SELECT hour, revision_id, code, pointer, event_name,"
    " events, redriven, first_seen, last_seen, first_object, last_object"
    " FROM quarantine_groups WHERE environment_id = ? AND hour >= ? AND hour < ?"
    " ORDER BY hour, revision_id, code, pointer, event_name"
)
_LINES = "SELECT lines FROM quarantine_objects WHERE name = ?"
_REDRIVEN = "INSERT INTO quarantine_objects VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET lines = excluded.lines"
_SETTLED = "SELECT 1 FROM redrive_objects WHERE redrive_id = ? AND name = ?"
_SETTLE = "INSERT INTO redrive_objects (redrive_id, name, hour) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_SUMS = (
    "SELECT objects, matched, valid, sent, invalid, codes, truncated, changed FROM redrive_sums WHERE redrive_id = ?"
)
_PURGED = ("quarantine_groups", "quarantine_objects", "redrive_objects")


class SqliteQuarantine:
    """Implements `QuarantineIndex`; each change is whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: ObjectEntry) -> None:
        def work(connection: Connection) -> None:
            if connection.execute(_COUNTED, (_name(entry.object_key), entry.hour)).rowcount:
                for group in entry.groups:
                    _add(connection, entry, group)

        self._database.write(work)

    def groups(self, environment_id: str, start: int, end: int) -> list[Group]:
        rows = self._database.read(_GROUPS, (environment_id, start, end))
        return [Group(row[0], GroupKey(*row[1:5]), *row[5:]) for row in rows]

    def redriven_lines(self, object_key: str) -> frozenset[int] | None:
        rows = self._database.read(_LINES, (_name(object_key),))
        return frozenset(json.loads(rows[0][0])) if rows else None

    def is_settled(self, redrive_id: str, object_key: str) -> bool:
        return bool(self._database.read(_SETTLED, (redrive_id, _name(object_key))))

    def settle(self, settled: SettledObject) -> bool:
        name = _name(settled.object_key)

        def work(connection: Connection) -> bool:
            if not connection.execute(_SETTLE, (settled.redrive_id, name, settled.hour)).rowcount:
                return False
            if settled.sent:
                rows = connection.execute(_LINES, (name,)).fetchall()
                before = set(json.loads(rows[0][0]) if rows else ())
                for key, events in settled.groups_without(before).items():
                    _take(connection, settled, key, events)
                lines = json.dumps(sorted(before.union(settled.sent)))
                connection.execute(_REDRIVEN, (name, settled.hour, lines))
            _add_progress(connection, settled.redrive_id, settled.progress)
            return True

        return self._database.write(work)

    def progress(self, redrive_id: str) -> Progress:
        rows = self._database.read(_SUMS, (redrive_id,))
        return _progress(rows)

    def purge(self, before: int) -> int:
        """Remove the counts of hours before that one (Unix seconds); return how many rows that were."""

        def work(connection: Connection) -> int:
            statements = [f"DELETE FROM {table} WHERE hour < ?" for table in _PURGED]  # noqa: S608
            return sum(connection.execute(statement, (before,)).rowcount for statement in statements)

        return self._database.write(work)


def _add(connection: Connection, entry: ObjectEntry, group: GroupCount) -> None:
    place = (entry.environment_id, entry.hour)
    key = group.key
    is_new = not connection.execute(_IS_THERE, (*place, *key)).fetchall()
    if key.event_name and is_new and connection.execute(_NAMED, place).fetchone()[0] >= MAX_NAMED_GROUPS_PER_HOUR:
        return
    if may_be_folded(key) and is_new:
        made_up = connection.execute(_MADE_UP, (*place, Fault.UNKNOWN_KEY, "%/*")).fetchone()[0]
        key = folded(key) if made_up >= MAX_UNKNOWN_KEYS_PER_HOUR else key
    seen = (group.first_seen, group.last_seen, entry.object_key, entry.object_key)
    connection.execute(_ADD, (*place, *key, group.events, *seen))


def _take(connection: Connection, settled: SettledObject, key: GroupKey, events: int) -> None:
    # A key without a group of its own was counted in the one for all such keys.
    for counted in dict.fromkeys((key, folded(key) if may_be_folded(key) else key)):
        if connection.execute(_TAKE, (events, settled.environment_id, settled.hour, *counted)).rowcount:
            return


def _add_progress(connection: Connection, redrive_id: str, more: Progress) -> None:
    rows = connection.execute(_SUMS, (redrive_id,)).fetchall()
    sums = _progress(rows) + more
    counts = (sums.objects, sums.matched, sums.valid, sums.sent, sums.invalid)
    row = (redrive_id, *counts, json.dumps(sums.codes), sums.truncated, json.dumps(sums.changed))
    connection.execute("INSERT OR REPLACE INTO redrive_sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _progress(rows: list[Any]) -> Progress:
    if not rows:
        return Progress()
    objects, matched, valid, sent, invalid, codes, truncated, changed = rows[0]
    return Progress(objects, matched, valid, sent, invalid, json.loads(codes), truncated, json.loads(changed))


def _name(object_key: str) -> bytes:
    return sha256(object_key.encode()).digest()[:16]
