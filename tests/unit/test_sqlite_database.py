"""The state database: its schema, its transactions, and a file that can't be written."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.sqlite.database import MIGRATIONS, Database
from adapters.sqlite.queue import SqliteQueue
from adapters.sqlite.table import SqliteTable
from domain.errors import Misconfigured, Undelivered
from domain.records.ports import Put
from schemas.items import ItemKey


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


def insert(sk, then=None):
    def work(connection):
        connection.execute("INSERT INTO items (pk, sk, version, data) VALUES ('G', ?, 1, '{}')", (sk,))
        if then is not None:
            raise then
        return sk

    return work


def stored(database):
    return [row[0] for row in database.read("SELECT sk FROM items ORDER BY sk")]


def test_a_commit_survives_a_power_cut_and_readers_do_not_wait_for_the_writer(database):
    settings = [database._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]  # 2 is FULL

    def work(connection):
        connection.execute("DELETE FROM items")
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(stored, database).result(5)

    database.write(insert("a"))
    assert database.write(work) == ["a"]
    assert stored(database) == []


def test_opening_again_changes_nothing(tmp_path, database):
    database.write(insert("a"))
    again = Database(tmp_path / "state.db")
    assert stored(again) == ["a"]
    assert again.read("PRAGMA user_version") == [(len(MIGRATIONS),)]
    again.close()


def test_a_database_of_a_later_version_is_refused(tmp_path):
    Database(tmp_path / "state.db").close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(Misconfigured, match="later version"):
        Database(tmp_path / "state.db")


def test_a_file_that_is_no_database_or_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "state.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(Misconfigured, match=r"state\.db"):
        Database(tmp_path / "state.db")
    with pytest.raises(Misconfigured, match="no-such-folder"):
        Database(tmp_path / "no-such-folder" / "state.db")


def test_a_work_that_raises_undoes_what_it_did_and_nothing_else(database):
    """All three share one transaction: the first holds it up until the others wait."""
    queued = database._commits._waiting
    started, go_on = threading.Event(), threading.Event()

    def holds_up(_connection):
        started.set()
        go_on.wait(10)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(database.write, holds_up)
        started.wait(10)
        others = [
            pool.submit(database.write, insert(sk, then))
            for sk, then in [("a", None), ("b", KeyError("no")), ("c", None)]
        ]
        while len(queued) < 3:
            pass
        go_on.set()
        first.result(10)
        assert others[0].result(10) == "a"
        assert isinstance(others[1].exception(10), KeyError)
        assert others[2].result(10) == "c"
    assert stored(database) == ["a", "c"]


def test_a_full_disk_is_undelivered_and_leaves_nothing_of_the_transaction(database):
    database.write(insert("a"))
    pages = database._writer.execute("PRAGMA page_count").fetchone()[0]
    database._writer.execute(f"PRAGMA max_page_count = {pages}")
    table = SqliteTable(database, lambda: 0)
    queue = SqliteQueue(database, "spill", lambda: 0)
    large = {"text": "x" * 50_000}
    for call in (
        lambda: table.transact([Put(ItemKey("G", "b"), {}, 0), Put(ItemKey("G", "c"), large, 0)]),
        lambda: queue.send(["x" * 50_000]),
    ):
        with pytest.raises(Undelivered) as caught:
            call()
        assert caught.value.retryable
    assert stored(database) == ["a"]
    assert queue.depth() == 0
    database._writer.execute("PRAGMA max_page_count = 100000")
    table.transact([Put(ItemKey("G", "c"), large, 0)])
    assert stored(database) == ["a", "c"]


def test_a_database_that_another_process_holds_is_undelivered(tmp_path, database):
    database._writer.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Undelivered):
        database.write(insert("a"))
    other.execute("ROLLBACK")
    other.close()
    database.write(insert("a"))
    assert stored(database) == ["a"]


def test_reading_changes_nothing(database):
    with pytest.raises(Undelivered):
        database.read("DELETE FROM items")


def test_a_closed_database_takes_nothing_and_may_be_closed_again(tmp_path):
    database = Database(tmp_path / "state.db")
    database.write(insert("a"))
    stored(database)
    database.close()
    database.close()
    with pytest.raises(sqlite3.ProgrammingError):
        database.write(insert("b"))


def test_expired_items_can_be_swept(database):
    table = SqliteTable(database, lambda: 100 * 1_000_000_000)
    for sk, expires_at in (("a", None), ("b", 100), ("c", 101), ("d", 7)):
        table.transact([Put(ItemKey("G", sk), {}, 0, expires_at)])
    assert table.purge_expired() == 2
    assert stored(database) == ["a", "c"]
