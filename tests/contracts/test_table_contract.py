"""What every adapter of the catalog's table keeps; an adapter joins by a row in `ADAPTERS`."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from adapters.dynamodb.table import DynamoTable
from adapters.sqlite.database import Database
from adapters.sqlite.table import SqliteTable
from domain.records.ports import Check, Conflict, Delete, Item, Put, Table
from schemas.items import ItemKey
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.memory_table import MemoryTable

NOW_SECONDS = 1_795_500_000
A, B, C = ItemKey("G", "A"), ItemKey("G", "B"), ItemKey("G", "C")


class Clock:
    def __init__(self):
        self.seconds = NOW_SECONDS

    def __call__(self) -> int:
        return self.seconds * 1_000_000_000


@contextmanager
def sqlite_table(folder: Path, clock: Clock) -> Iterator[Table]:
    database = Database(folder / "state.db")
    yield SqliteTable(database, clock)
    database.close()


@contextmanager
def dynamodb_table(_folder: Path, clock: Clock) -> Iterator[Table]:
    with dynamodb() as client:
        yield DynamoTable(client, TABLE, clock)


@contextmanager
def memory_table(_folder: Path, clock: Clock) -> Iterator[Table]:
    yield MemoryTable(clock)


ADAPTERS: dict[str, Callable] = {"sqlite": sqlite_table, "dynamodb": dynamodb_table, "memory": memory_table}

# DynamoDB reads each item of a query as of a moment of its own, so that a query may see a part of a transaction:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
# Nothing in the catalog may need more than that; these give more.
ISOLATING = ["sqlite", "memory"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=ADAPTERS)
def table(request, tmp_path, clock):
    with ADAPTERS[request.param](tmp_path, clock) as adapter:
        yield adapter


def failed_of(table, writes):
    with pytest.raises(Conflict) as caught:
        table.transact(writes)
    return caught.value.failed


def test_an_absent_item_is_none(table):
    assert table.get(A) is None


def test_a_first_put_makes_version_1_and_the_next_version_2(table):
    table.transact([Put(A, {"n": 1}, expect=0)])
    assert table.get(A) == Item(A, 1, {"n": 1})
    table.transact([Put(A, {"n": 2}, expect=1)])
    assert table.get(A) == Item(A, 2, {"n": 2})


def test_json_values_come_back_as_they_were(table):
    data = {
        "text": "ü \U0001f600 \x00 \ud800 \"'\\",
        "int": 2**63 - 1,
        "negative": -(2**63),
        "float": 0.1,
        "whole_float": 1.0,
        "none": None,
        "true": True,
        "list": [1, [2, {"a": []}], {}],
        "empty": "",
        "ключ": "значение",
    }
    table.transact([Put(A, data, expect=0)])
    stored = table.get(A).data
    assert stored == data
    assert list(stored) == list(data)
    assert [type(value) for value in stored.values()] == [type(value) for value in data.values()]


def test_what_a_reader_does_to_an_item_changes_no_other_reader(table):
    table.transact([Put(A, {"list": [1]}, expect=0)])
    table.get(A).data["list"].append(2)
    assert table.get(A).data == {"list": [1]}


@pytest.mark.parametrize(
    ("stored_version", "write"),
    [
        (0, Put(A, {}, expect=1)),
        (1, Put(A, {}, expect=0)),
        (1, Put(A, {}, expect=2)),
        (2, Put(A, {}, expect=1)),
        (0, Delete(A, expect=1)),
        (2, Delete(A, expect=1)),
        (0, Check(A, expect=1)),
        (1, Check(A, expect=0)),
        (2, Check(A, expect=1)),
    ],
)
def test_a_write_under_a_false_expectation_conflicts_and_changes_nothing(table, stored_version, write):
    for version in range(stored_version):
        table.transact([Put(A, {"n": version}, expect=version)])
    before = table.get(A)
    assert failed_of(table, [write]) == [0]
    assert table.get(A) == before


def test_a_conflict_lists_every_condition_that_failed_and_nothing_is_done(table):
    table.transact([Put(B, {"n": 1}, expect=0)])
    writes = [Put(A, {}, expect=0), Put(B, {}, expect=7), Check(C, expect=1), Delete(ItemKey("H", "x"), expect=1)]
    assert failed_of(table, writes) == [1, 2, 3]
    assert table.get(A) is None
    assert table.get(B) == Item(B, 1, {"n": 1})


def test_one_transaction_puts_deletes_and_checks(table):
    table.transact([Put(A, {"a": 1}, expect=0), Put(B, {"b": 1}, expect=0)])
    table.transact([Put(C, {"c": 1}, expect=0), Delete(A, expect=1), Check(B, expect=1)])
    assert table.get(A) is None
    assert table.get(B).version == 1
    assert table.get(C) == Item(C, 1, {"c": 1})


def test_a_deleted_item_starts_again_at_version_1(table):
    table.transact([Put(A, {}, expect=0)])
    table.transact([Put(A, {}, expect=1)])
    table.transact([Delete(A, expect=2)])
    table.transact([Put(A, {"again": True}, expect=0)])
    assert table.get(A).version == 1


def test_a_check_of_an_absent_item_holds_with_expect_0(table):
    table.transact([Check(A, expect=0), Put(B, {}, expect=0)])
    assert table.get(B) is not None
    assert table.get(A) is None


def test_a_transaction_takes_100_writes(table):
    table.transact([Put(ItemKey("G", f"{n:03}"), {"n": n}, expect=0) for n in range(100)])
    assert [item.data["n"] for item in table.query("G", limit=200)] == list(range(100))


def test_101_writes_or_two_on_one_item_are_refused(table):
    with pytest.raises(ValueError, match="100"):
        table.transact([Put(ItemKey("G", str(n)), {}, expect=0) for n in range(101)])
    with pytest.raises(ValueError, match="one item"):
        table.transact([Put(A, {}, expect=0), Check(A, expect=0)])
    assert table.query("G") == []


def test_a_query_walks_one_group_in_the_order_of_sk(table):
    for sk in ("b", "a", "Z", "\U0001f600", "\uffee", "ä", "a#2", "a#10"):
        table.transact([Put(ItemKey("G", sk), {}, expect=0)])
    table.transact([Put(ItemKey("G2", "a"), {}, expect=0)])
    in_order = ["Z", "a", "a#10", "a#2", "b", "ä", "\uffee", "\U0001f600"]
    assert [item.key for item in table.query("G")] == [ItemKey("G", sk) for sk in in_order]
    assert [item.key.sk for item in table.query("G", descending=True)] == in_order[::-1]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("ENV#", ["ENV#1", "ENV#2"]),
        ("ENV", ["ENV", "ENV#1", "ENV#2", "ENV%", "ENV_"]),
        ("ENV_", ["ENV_"]),
        ("ENV%", ["ENV%"]),
        ("\ud7ff", ["\ud7ff!"]),
        ("\U0010ffff", ["\U0010ffff!"]),
        ("nothing", []),
    ],
)
def test_a_query_by_prefix_finds_exactly_what_starts_with_it(table, prefix, found):
    for sk in ("EN", "ENV", "ENV#1", "ENV#2", "ENV%", "ENV_", "EOV", "\ud7ff!", "\ue000", "\U0010ffff!"):
        table.transact([Put(ItemKey("G", sk), {}, expect=0)])
    assert [item.key.sk for item in table.query("G", prefix=prefix)] == found


@pytest.mark.parametrize("descending", [False, True])
def test_pages_cover_a_group_once_in_both_directions(table, descending):
    sks = [f"P#{n:02}" for n in range(11)]
    for sk in ("O", *sks, "Q"):
        table.transact([Put(ItemKey("G", sk), {}, expect=0)])
    seen, after = [], None
    while page := table.query("G", prefix="P#", after=after, limit=4, descending=descending):
        assert len(page) <= 4
        seen += [item.key.sk for item in page]
        after = seen[-1]
    assert seen == (sks[::-1] if descending else sks)


def test_a_page_may_start_after_an_item_that_is_gone(table):
    for sk in ("a", "c"):
        table.transact([Put(ItemKey("G", sk), {}, expect=0)])
    assert [item.key.sk for item in table.query("G", after="b")] == ["c"]
    assert [item.key.sk for item in table.query("G", after="b", descending=True)] == ["a"]


def test_an_expired_item_is_absent_for_readers_and_conditions(table, clock):
    table.transact([Put(A, {"n": 1}, expect=0, expires_at=NOW_SECONDS + 60)])
    clock.seconds += 59
    assert table.get(A) is not None
    assert len(table.query("G")) == 1
    clock.seconds += 1
    assert table.get(A) is None
    assert table.query("G") == []
    assert failed_of(table, [Check(A, expect=1)]) == [0]
    table.transact([Put(A, {"n": 2}, expect=0)])
    assert table.get(A) == Item(A, 1, {"n": 2})


def test_expired_items_take_no_place_in_a_page(table, clock):
    for n in range(6):
        expires_at = NOW_SECONDS + 1 if n % 2 else None
        table.transact([Put(ItemKey("G", str(n)), {}, expect=0, expires_at=expires_at)])
    clock.seconds += 1
    assert [item.key.sk for item in table.query("G", limit=3)] == ["0", "2", "4"]


def test_a_put_without_expiry_takes_the_old_one_away(table, clock):
    table.transact([Put(A, {}, expect=0, expires_at=NOW_SECONDS + 1)])
    table.transact([Put(A, {}, expect=1)])
    clock.seconds += 3_600
    assert table.get(A).version == 2


@pytest.mark.parametrize(
    ("prefix", "after", "ascending", "descending"),
    [
        ("P#", "O", ["P#1", "P#2"], []),
        ("P#", "P", ["P#1", "P#2"], []),
        ("P#", "Q", [], ["P#2", "P#1"]),
        ("P#", "P#", ["P#1", "P#2"], []),
        ("", "P#2", ["Q"], ["P#1", "O"]),
        ("", "", ["O", "P#1", "P#2", "Q"], []),
    ],
)
def test_a_page_may_start_after_what_the_query_would_not_return(table, prefix, after, ascending, descending):
    table.transact([Put(ItemKey("G", sk), {}, expect=0) for sk in ("O", "P#1", "P#2", "Q")])
    assert [item.key.sk for item in table.query("G", prefix=prefix, after=after)] == ascending
    assert [item.key.sk for item in table.query("G", prefix=prefix, after=after, descending=True)] == descending


@pytest.mark.parametrize("size", [1_000, 1_025, 37_900, 60_000, 500_000, 5_000_000])
def test_an_item_of_any_size_comes_back_until_it_is_replaced_or_deleted(table, size):
    text, other = (Random(seed).randbytes(size // 2).hex() for seed in (1, 2))
    table.transact([Put(A, {"text": text}, expect=0), Put(B, {"text": other}, expect=0)])
    assert table.get(A) == Item(A, 1, {"text": text})
    assert [item.data["text"] for item in table.query("G")] == [text, other]
    table.transact([Put(A, {"text": other}, expect=1), Delete(B, expect=1)])
    assert table.get(A) == Item(A, 2, {"text": other})
    assert table.query("G") == [Item(A, 2, {"text": other})]


def test_a_number_that_json_does_not_know_is_refused_and_nothing_is_done(table):
    with pytest.raises(ValueError, match="JSON"):
        table.transact([Put(A, {}, expect=0), Put(B, {"n": float("nan")}, expect=0)])
    assert table.query("G") == []


def test_concurrent_compare_and_swap_loses_no_increment(table):
    table.transact([Put(A, {"n": 0}, expect=0)])
    together = threading.Barrier(8)
    conflicts = []

    def add_25(_):
        done, item = 0, table.get(A)
        together.wait()  # all have read the same version
        while done < 25:
            try:
                table.transact([Put(A, {"n": item.data["n"] + 1}, expect=item.version)])
                done += 1
            except Conflict as conflict:
                conflicts.append(conflict.failed)
            item = table.get(A)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_25, range(8)))
    assert table.get(A) == Item(A, 201, {"n": 200})
    assert conflicts


def test_of_many_who_claim_one_name_one_gets_it(table):
    def claim(owner):
        try:
            table.transact(
                [
                    Put(ItemKey("NAME", "shop"), {"owner": owner}, expect=0),
                    Put(ItemKey("OWNER", str(owner)), {}, expect=0),
                ]
            )
        except Conflict as conflict:
            return conflict.failed
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(claim, range(16)))
    assert outcomes.count(None) == 1
    assert [outcome for outcome in outcomes if outcome is not None] == [[0]] * 15
    winner = outcomes.index(None)
    assert table.get(ItemKey("NAME", "shop")).data == {"owner": winner}
    assert [n for n in range(16) if table.get(ItemKey("OWNER", str(n)))] == [winner]


@pytest.mark.parametrize("table", ISOLATING, indirect=True)
def test_no_reader_sees_half_a_transaction(table):
    keys = [ItemKey("G", str(n)) for n in range(5)]
    table.transact([Put(key, {"n": 0}, expect=0) for key in keys])
    done = threading.Event()
    torn = []

    def read():
        while not done.is_set():
            seen = {item.data["n"] for item in table.query("G")}
            if len(seen) != 1:
                torn.append(seen)

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for version in range(1, 60):
                table.transact([Put(key, {"n": version}, expect=version) for key in keys])
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert torn == []


def test_many_items_are_read_at_once_in_the_order_of_their_keys(table, clock):
    keys = [ItemKey("G", f"{number:03}") for number in range(120)]
    for first in range(0, 120, 60):
        table.transact([Put(key, {"of": key.sk}, 0) for key in keys[first : first + 60]])
    table.transact([Put(A, {"large": "x" * 900_000}, 0), Put(B, {}, 0, expires_at=NOW_SECONDS + 1)])
    asked = [*keys[::-1], C, A, B, A]
    clock.seconds += 1
    found = table.get_all(asked)
    assert [item.key for item in found] == [*keys[::-1], A]
    assert found[0] == Item(keys[-1], 1, {"of": "119"})
    assert len(found[-1].data["large"]) == 900_000
    assert table.get_all([]) == []
