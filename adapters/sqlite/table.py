"""The catalog's table in SQLite."""

import json
from collections.abc import Sequence
from typing import Any

from adapters.sqlite.database import Connection, Database
from domain.clock import Clock
from domain.records.ports import MAX_WRITES_PER_TRANSACTION, Check, Conflict, Item, Put, Write
from schemas.items import ItemKey

_SECOND_NS = 1_000_000_000

_LIVE = "(expires_at IS NULL OR expires_at > :now)"
_VERSION = f"SELECT version FROM items WHERE pk = :pk AND sk = :sk AND {_LIVE}"  # noqa: S608 - constants only
_GET = f"SELECT version, data FROM items WHERE pk = :pk AND sk = :sk AND {_LIVE}"  # noqa: S608
_QUERY = (
    f"SELECT sk, version, data FROM items WHERE pk = :pk AND {_LIVE}"  # noqa: S608
    " AND sk >= :prefix AND substr(sk, 1, :prefix_chars) = :prefix"
)
_GROUPS = "SELECT DISTINCT pk FROM items WHERE pk >= :prefix AND pk < :bound ORDER BY pk"
_PUT = (
    "INSERT INTO items (pk, sk, version, data, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    " SET version = excluded.version, data = excluded.data, expires_at = excluded.expires_at"
)
_DELETE = "DELETE FROM items WHERE pk = ? AND sk = ?"


class SqliteTable:
    """Implements `Table`; an expired item counts as absent for readers and for conditions alike."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, key: ItemKey) -> Item | None:
        rows = self._database.read(_GET, {"pk": key.pk, "sk": key.sk, "now": self._now_seconds()})
        return Item(key, rows[0][0], json.loads(rows[0][1])) if rows else None

    def get_all(self, keys: Sequence[ItemKey]) -> list[Item]:
        return [item for key in dict.fromkeys(keys) if (item := self.get(key)) is not None]

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int = 50, descending: bool = False
    ) -> list[Item]:
        parameters = {
            "pk": pk,
            "prefix": prefix,
            "prefix_chars": len(prefix),
            "now": self._now_seconds(),
            "limit": limit,
        }
        sql = _QUERY
        bound = _first_beyond(prefix)
        if bound is not None:
            sql += " AND sk < :bound"
            parameters["bound"] = bound
        if after is not None:
            sql += f" AND sk {'<' if descending else '>'} :after"
            parameters["after"] = after
        sql += f" ORDER BY sk {'DESC' if descending else 'ASC'} LIMIT :limit"
        rows = self._database.read(sql, parameters)
        return [Item(ItemKey(pk, sk), version, json.loads(data)) for sk, version, data in rows]

    def transact(self, writes: Sequence[Write]) -> None:
        if len(writes) > MAX_WRITES_PER_TRANSACTION:
            raise ValueError(f"{len(writes)} writes in a transaction; {MAX_WRITES_PER_TRANSACTION} fit")
        if len({write.key for write in writes}) < len(writes):
            raise ValueError("two writes of a transaction are on one item")
        prepared = [(write, _json(write)) for write in writes]
        now = self._now_seconds()

        def work(connection: Connection) -> None:
            failed = [
                index for index, write in enumerate(writes) if _version(connection, write.key, now) != write.expect
            ]
            if failed:
                raise Conflict(failed)
            for write, data in prepared:
                if isinstance(write, Put):
                    row = (write.key.pk, write.key.sk, write.expect + 1, data, write.expires_at)
                    connection.execute(_PUT, row)
                elif not isinstance(write, Check):
                    connection.execute(_DELETE, (write.key.pk, write.key.sk))

        if writes:
            self._database.write(work)

    def groups(self, prefix: str) -> list[str]:
        """Return the names of all groups that start with a text of ASCII, in order."""
        rows = self._database.read(_GROUPS, {"prefix": prefix, "bound": _first_beyond(prefix)})
        return [row[0] for row in rows]

    def purge_expired(self) -> int:
        """Free the space of items that nobody sees any more; return how many there were."""
        now = self._now_seconds()
        return self._database.write(
            lambda connection: connection.execute("DELETE FROM items WHERE expires_at <= ?", (now,)).rowcount
        )

    def _now_seconds(self) -> int:
        return self._clock() // _SECOND_NS


def _json(write: Write) -> str | None:
    return json.dumps(write.data, separators=(",", ":"), allow_nan=False) if isinstance(write, Put) else None


def _version(connection: Connection, key: ItemKey, now_seconds: int) -> int:
    rows: list[Any] = connection.execute(_VERSION, {"pk": key.pk, "sk": key.sk, "now": now_seconds}).fetchall()
    return int(rows[0][0]) if rows else 0


def _first_beyond(prefix: str) -> str | None:
    """Return the first text that sorts after every text with that prefix; None where there is none.

    SQLite compares the UTF-8 bytes, whose order is that of the code points.
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    last = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if last == 0xD800 else last)
