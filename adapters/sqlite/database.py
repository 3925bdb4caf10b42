"""One SQLite file that may be trusted with what was acknowledged.

WAL mode, so that readers never wait for the writer, and `synchronous=FULL`, so that a commit that returned survives a
power cut. SQLite takes one writer at a time: one connection writes, under a group commit that lets concurrent callers
share a transaction's flush to the disk; reads take a connection each from a pool that grows to the number of threads
that read at once.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from adapters.group_commit import Failed, GroupCommit
from domain.errors import Misconfigured, Undelivered

BUSY_SECONDS = 5.0
"""How long a statement waits for another process that holds the file, such as a shell."""

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        """
        CREATE TABLE items (
            pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, expires_at INTEGER,
            PRIMARY KEY (pk, sk)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL",
        """
        CREATE TABLE messages (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL,
            body TEXT NOT NULL, sent_ns INTEGER NOT NULL, visible_ns INTEGER NOT NULL,
            receives INTEGER NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX messages_by_queue ON messages (queue, visible_ns)",
        """
        CREATE TABLE usage (
            environment_id TEXT NOT NULL, minute INTEGER NOT NULL, revision_id TEXT NOT NULL,
            requests INTEGER NOT NULL, accepted INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            rejected INTEGER NOT NULL, limited INTEGER NOT NULL, bytes_accepted INTEGER NOT NULL,
            bytes_received INTEGER NOT NULL,
            PRIMARY KEY (environment_id, minute, revision_id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE usage_codes (
            environment_id TEXT NOT NULL, minute INTEGER NOT NULL, revision_id TEXT NOT NULL, code TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (environment_id, minute, revision_id, code)
        ) WITHOUT ROWID
        """,
    ),
    (
        # Slices are of 60, 3600 or 86400 seconds; `at` is a slice's start in Unix seconds.
        """
        CREATE TABLE usage_sums (
            environment_id TEXT NOT NULL, slice INTEGER NOT NULL, at INTEGER NOT NULL, revision_id TEXT NOT NULL,
            requests INTEGER NOT NULL, accepted INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            rejected INTEGER NOT NULL, limited INTEGER NOT NULL, bytes_accepted INTEGER NOT NULL,
            bytes_received INTEGER NOT NULL, delivered INTEGER NOT NULL,
            PRIMARY KEY (environment_id, slice, at, revision_id)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE usage_sum_codes (
            environment_id TEXT NOT NULL, slice INTEGER NOT NULL, at INTEGER NOT NULL, revision_id TEXT NOT NULL,
            code TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (environment_id, slice, at, revision_id, code)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE usage_environments (
            environment_id TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL, organisation_id TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX usage_environments_by_organisation ON usage_environments (organisation_id, endpoint_id)",
        "CREATE TABLE usage_objects (name BLOB PRIMARY KEY, counted_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX usage_objects_by_time ON usage_objects (counted_at)",
        """
        INSERT INTO usage_sums
        SELECT environment_id, seconds, minute - minute % seconds AS at, revision_id, sum(requests), sum(accepted),
            sum(quarantined), sum(rejected), sum(limited), sum(bytes_accepted), sum(bytes_received), 0
        FROM usage, (SELECT 60 AS seconds UNION ALL SELECT 3600 UNION ALL SELECT 86400)
        GROUP BY environment_id, seconds, at, revision_id
        """,
        """
        INSERT INTO usage_sum_codes
        SELECT environment_id, seconds, minute - minute % seconds AS at, revision_id, code, sum(count)
        FROM usage_codes, (SELECT 60 AS seconds UNION ALL SELECT 3600 UNION ALL SELECT 86400)
        GROUP BY environment_id, seconds, at, revision_id, code
        """,
        # The pointers know whose the environments are, those that were deleted too.
        """
        INSERT INTO usage_environments
        SELECT environment_id, json_extract(data, '$.endpoint_id'), json_extract(data, '$.organisation_id')
        FROM (SELECT DISTINCT environment_id FROM usage) JOIN items
        ON pk = 'POINTER#' || environment_id AND sk = 'POINTER'
        """,
        "DROP TABLE usage",
        "DROP TABLE usage_codes",
    ),
    (
        """
        CREATE TABLE rate_windows (
            environment_id TEXT NOT NULL, window INTEGER NOT NULL, events INTEGER NOT NULL,
            PRIMARY KEY (environment_id, window)
        ) WITHOUT ROWID
        """,
    ),
    (
        "ALTER TABLE usage_sums ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage_sums ADD COLUMN redriven INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # `hour` is the start of an hour in Unix seconds.
        """
        CREATE TABLE quarantine_groups (
            environment_id TEXT NOT NULL, hour INTEGER NOT NULL, revision_id TEXT NOT NULL, code TEXT NOT NULL,
            pointer TEXT NOT NULL, events INTEGER NOT NULL, redriven INTEGER NOT NULL, first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL, first_object TEXT NOT NULL, last_object TEXT NOT NULL,
            PRIMARY KEY (environment_id, hour, revision_id, code, pointer)
        ) WITHOUT ROWID
        """,
        # `name` is a digest of the object's key; `lines` those that were redriven, as JSON.
        """
        CREATE TABLE quarantine_objects (name BLOB PRIMARY KEY, hour INTEGER NOT NULL, lines TEXT NOT NULL)
        WITHOUT ROWID
        """,
        "CREATE INDEX quarantine_objects_by_hour ON quarantine_objects (hour)",
        """
        CREATE TABLE redrive_objects (
            redrive_id TEXT NOT NULL, name BLOB NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (redrive_id, name)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX redrive_objects_by_hour ON redrive_objects (hour)",
        """
        CREATE TABLE redrive_sums (
            redrive_id TEXT PRIMARY KEY, objects INTEGER NOT NULL, matched INTEGER NOT NULL, valid INTEGER NOT NULL,
            sent INTEGER NOT NULL, invalid INTEGER NOT NULL, codes TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    ("ALTER TABLE redrive_sums ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0",),
    ("ALTER TABLE usage_sums ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0",),
    (
        # `kept` is what `domain.metering.unknown_keys` packs; `expires_at` is in Unix seconds.
        """
        CREATE TABLE unknown_keys (
            environment_id TEXT PRIMARY KEY, version INTEGER NOT NULL, kept BLOB NOT NULL, expires_at INTEGER NOT NULL
        )
        """,
    ),
    (
        # `hour` is the start of an hour in Unix seconds; an empty name stands for all for which there was no room.
        """
        CREATE TABLE usage_names (
            environment_id TEXT NOT NULL, hour INTEGER NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (environment_id, hour, name, outcome)
        ) WITHOUT ROWID
        """,
    ),
    (
        # `event_name` is empty for groups of events of any name.
        "ALTER TABLE quarantine_groups RENAME TO quarantine_groups_before",
        """
        CREATE TABLE quarantine_groups (
            environment_id TEXT NOT NULL, hour INTEGER NOT NULL, revision_id TEXT NOT NULL, code TEXT NOT NULL,
            pointer TEXT NOT NULL, event_name TEXT NOT NULL, events INTEGER NOT NULL, redriven INTEGER NOT NULL,
            first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, first_object TEXT NOT NULL, last_object TEXT NOT NULL,
            PRIMARY KEY (environment_id, hour, revision_id, code, pointer, event_name)
        ) WITHOUT ROWID
        """,
        """
        INSERT INTO quarantine_groups SELECT environment_id, hour, revision_id, code, pointer, '', events, redriven,
            first_seen, last_seen, first_object, last_object FROM quarantine_groups_before
        """,
        "DROP TABLE quarantine_groups_before",
    ),
    (
        # `expires_at` and `written_at` are in Unix seconds.
        """
        CREATE TABLE tap_states (
            tap_id TEXT PRIMARY KEY, version INTEGER NOT NULL, state BLOB NOT NULL, expires_at INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE tap_chunks (
            tap_id TEXT NOT NULL, number INTEGER NOT NULL, written_at INTEGER NOT NULL, packed BLOB NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (tap_id, number)
        )
        """,
        "CREATE INDEX tap_chunks_by_expiry ON tap_chunks (expires_at)",
    ),
    ("ALTER TABLE redrive_sums ADD COLUMN changed TEXT NOT NULL DEFAULT '{}'",),
    (
        """
        CREATE TABLE usage_sum_protocols (
            environment_id TEXT NOT NULL, slice INTEGER NOT NULL, at INTEGER NOT NULL, revision_id TEXT NOT NULL,
            protocol TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (environment_id, slice, at, revision_id, protocol, outcome)
        ) WITHOUT ROWID
        """,
    ),
    (
        # `part` is empty where a queue has no parts.
        "ALTER TABLE messages ADD COLUMN part TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX messages_by_part ON messages (queue, part, visible_ns)",
    ),
)
"""What each version of the schema adds to the one before; `user_version` counts those that were applied."""

Connection = sqlite3.Connection
Parameters = Sequence[Any] | Mapping[str, Any]
T = TypeVar("T")


class Database:
    """An open file; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Open or create the file and bring its schema up to date.

        Raises:
            Misconfigured: the file is no such database, was made by a later version, or can't be written.
        """
        self._path = path
        self._readers: deque[Connection] = deque()
        self._closed = False
        self._signals: dict[str, Signal] = {}
        self._signals_lock = threading.Lock()
        self._commits: GroupCommit[Callable[[Connection], Any], Any] = GroupCommit(self._commit)
        try:
            self._writer = self._open()
            with closed_on_failure(self._writer):
                self._migrate()
        except sqlite3.Error as error:
            raise Misconfigured(f"{path} can't be used as the state database: {error}") from error

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        What it raises undoes what it did, and nothing else. `work` must not call the database itself.

        Raises:
            Undelivered: the file can't be written now; nothing of `work` was kept.
        """
        return cast("T", self._commits.submit(work))

    def read(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of one statement: one snapshot, of all writes that returned before.

        Raises:
            Undelivered: the file can't be read now.
        """
        try:
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = self._open()
                connection.execute("PRAGMA query_only = ON")
            with closed_on_failure(connection):
                rows = connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise Undelivered(f"the state database can't be read: {error}") from error
        self._readers.append(connection)
        if self._closed:
            self._close_readers()
        return rows

    def signal(self, name: str) -> "Signal":
        """Return the one signal of that name, by which threads of this process wake each other."""
        with self._signals_lock:
            return self._signals.setdefault(name, Signal())

    def close(self) -> None:
        """Close the file once the write that runs has ended; a second call does nothing."""
        with self._commits.lock:
            self._closed = True
            self._writer.close()
        self._close_readers()

    def _close_readers(self) -> None:
        while self._readers:
            self._readers.pop().close()

    def _open(self) -> Connection:
        # Each connection is used by one thread at a time, whichever took it: from the pool, or with the commit lock.
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        with closed_on_failure(connection):
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise Misconfigured(f"{self._path} stands on a file system without WAL support; choose a local folder")
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _migrate(self) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise Misconfigured(f"{self._path} was made by a later version; run that one, or choose another folder")
        for migration in MIGRATIONS[version:]:
            for statement in migration:
                self._writer.execute(statement)
        self._writer.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._writer.execute("COMMIT")

    def _commit(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        connection = self._writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._run(work) for work in works]
            connection.execute("COMMIT")
        except BaseException as error:
            # SQLite rolls back automatically after some errors, a full disk for one.
            if not self._closed and connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise Undelivered(f"the state database can't be written: {error}") from error
            raise
        return outcomes

    def _run(self, work: Callable[[Connection], Any]) -> Any:
        connection = self._writer
        connection.execute("SAVEPOINT work")
        try:
            result = work(connection)
        except sqlite3.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - the caller that brought the work raises it
            connection.execute("ROLLBACK TO work")
            result = Failed(error)
        connection.execute("RELEASE work")
        return result


@contextmanager
def closed_on_failure(connection: Connection) -> Iterator[None]:
    """Close a connection if what is done with it fails, so that nothing is left open."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


class Signal:
    """Counts what happened, so that a thread can sleep until something does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def fire(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_beyond(self, count: int, timeout_seconds: float) -> bool:
        """Return True as soon as `count` is passed, False after the timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count > count, timeout_seconds)
