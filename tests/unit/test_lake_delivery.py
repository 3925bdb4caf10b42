"""Objects into tables of a lake: each event once, exactly as it is stored, whatever is repeated or killed."""

import json

import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import EqualTo
from pyiceberg.io.pyarrow import PyArrowFileIO

from connectors.lake import capabilities, writing
from connectors.lake.catalogs import LocalLakes
from domain.delivery.connectors import RevisionTable, Target
from domain.delivery.landed import NO_REVISION, UNFIT, UNSTAMPED
from domain.errors import Undelivered
from schemas.lakes import LEDGER
from tests.killed import Killed
from tests.lake_events import DERIVED, EVERY_TYPE, MARK, STORED, VALUES, delivered, two_objects
from tests.lakes import FIRST, TARGET, World
from tests.landed import KEY, Time, landed, line, set_aside


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_values_of_every_type_are_read_as_they_were_stored(tmp_path):
    world = World(tmp_path, RevisionTable("shop_live", "rev_1", "First", EVERY_TYPE, "keep"))
    one = landed([line(1, _extra={"/more": {"x": None}}, **VALUES), line(2)])
    assert delivered(world.deliver(one)) == 2
    for full, without in (world.rows().to_pylist(), world.by_pyarrow()):
        assert {key: full[key] for key in STORED} == STORED
        assert [key for key in STORED if without[key]] == []
    names = ", ".join(f'"{key}"' for key in STORED)
    (found,) = world.duckdb(f"SELECT {names} FROM events WHERE _event_id = 'evt_1'")
    assert dict(zip(STORED, found, strict=True)) == STORED


def test_an_object_is_added_once_however_often_it_comes(world):
    one = landed([line(number, name="x") for number in range(10)])
    assert [delivered(world.deliver(one)) for _ in range(3)] == [10, 10, 10]
    assert world.event_ids() == sorted(f"evt_{number}" for number in range(10))
    (snapshot,) = world.table().metadata.snapshots
    assert snapshot.summary.additional_properties["ingest.key"] == KEY


def test_a_file_is_sorted_by_arrival_and_late_rows_go_to_their_own_day(world):
    times = ["2026-11-02T10:00:02Z", "2026-11-01T23:59:59.999999Z", "2026-11-02T10:00:01Z", "2026-11-03T00:00:00Z"]
    world.deliver(landed([line(n, received_at=at, name="x") for n, at in enumerate(times)]))
    tasks = list(world.table().scan().plan_files())
    days = {str(task.file.partition[0]): task.file.record_count for task in tasks}
    assert days == {"20758": 1, "20759": 2, "20760": 1}  # days since 1970
    for file in world.parquet():
        found = file.read()["_received_at"].to_pylist()
        assert found == sorted(found)


@pytest.mark.parametrize("end", ["\ud7ff", "\ud7ff\U0010ffff", "\U0010ffff" * 16])
def test_a_text_after_whose_beginning_no_character_follows_is_added(world, end):
    text = end.rjust(16, "x") + "and more"
    assert delivered(world.deliver(landed([line(1, name=text), line(2, name="x")]))) == 2
    assert sorted(world.rows()["name"].to_pylist()) == ["x", text]
    assert world.table().scan(row_filter=EqualTo("name", text)).to_arrow()["_event_id"].to_pylist() == ["evt_1"]


def test_an_event_that_does_not_fit_leaves_the_others_together(world, monkeypatch):
    held = []
    monkeypatch.setattr(writing, "sorted_by_time", lambda table: held.append(len(table["name"].chunks)) or table)
    lines = [line(number, name="x") for number in range(100)]
    lines[50] = line(50, name=5)
    assert delivered(world.deliver(landed(lines))) == 99
    assert held == [1]


def test_what_a_lake_fails_with_is_logged_without_its_text(world, monkeypatch, caplog):
    value = "-".join("secret")

    def fail(*_):
        raise ValueError(value)

    monkeypatch.setattr(writing, "sorted_by_time", fail)
    with pytest.raises(Undelivered, match="could not write a file: ValueError"):
        world.deliver(landed([line(1, name="x")]))
    assert "write a file" in caplog.text
    assert value not in caplog.text


def test_large_objects_become_files_of_bounded_size(world, monkeypatch):
    monkeypatch.setattr(writing, "FILE_BYTES", 2_000)
    monkeypatch.setattr(writing, "CHUNK_BYTES", 500)
    world.deliver(landed([line(number, name="x" * 50) for number in range(100)]))
    assert len(world.files()) > 3
    assert len(world.event_ids()) == 100
    assert len(world.table().metadata.snapshots) == 1


def test_what_does_not_fit_is_set_aside_alone(world):
    wrong = line(2, name=["no", "text"])
    rows = [line(1, name="x"), wrong, line(3, revision_id="rev_other", name="x"), b'{"none": "of ours"}', line(4)]
    one = landed(rows)
    for _ in range(2):
        outcomes = world.deliver(one)
        assert delivered(outcomes) == 2
        assert [(row["event_id"], row["reason"]) for row in set_aside(outcomes)] == [
            ("evt_3", NO_REVISION),
            (None, UNSTAMPED),
            ("evt_2", UNFIT),
        ]
    assert world.event_ids() == ["evt_1", "evt_4"]


def test_an_object_of_which_nothing_is_delivered_makes_no_commit(world):
    outcomes = world.deliver(landed([b"none of ours"]))
    assert (delivered(outcomes), len(set_aside(outcomes))) == (0, 1)
    assert world.table().current_snapshot() is None


@pytest.mark.parametrize(("later", "rows"), [("10:59:00", 1), ("11:30:00", 2)])
def test_repeats_under_one_key_are_dropped_within_an_hour_and_counted(world, later, rows):
    derived = [json.loads(line(1, name="x", received_at=f"2026-11-02T{at}Z")) for at in ("10:00:00", later)]
    bodies = [json.dumps({**row, "_event_id": DERIVED}, separators=(",", ":")).encode() for row in derived]
    one, two = two_objects(bodies[:1], bodies[1:])
    outcomes = [world.deliver(one), world.deliver(two)]
    assert len(world.event_ids()) == rows
    assert [outcome.repeats.total() for outcome in outcomes] == [0, 2 - rows]


def test_copies_within_one_object_are_one_row(world):
    outcomes = world.deliver(landed([line(1, name="x"), MARK + line(1, name="x"), b"  " + line(1, name="x")]))
    assert (delivered(outcomes), outcomes.left_out.total()) == (1, 2)
    assert world.event_ids() == ["evt_1"]


def test_two_workers_with_one_object_add_it_once(world, monkeypatch):
    one = landed([line(1, name="x")])
    world.make()
    between(monkeypatch, lambda: World.deliver(other, one))
    other = World(world.lakes._state_dir.parent)
    assert delivered(world.deliver(one)) == 1
    assert world.event_ids() == ["evt_1"]


@pytest.mark.parametrize("marked_first", [False, True])
def test_copies_that_two_workers_add_at_the_same_time_are_one_row(world, monkeypatch, marked_first):
    plain, marked = two_objects([line(1, name="x"), line(2, name="x")], [MARK + line(1, name="x")])
    first, second = (marked, plain) if marked_first else (plain, marked)
    other = World(world.lakes._state_dir.parent)
    seen = []
    world.make()
    between(monkeypatch, lambda: seen.append(World.deliver(other, second)))
    seen.append(world.deliver(first))
    assert world.event_ids() == ["evt_1", "evt_2"]
    assert sum(delivered(one) for one in seen) == 2
    assert sum(one.left_out.total() for one in seen) == 1


def between(monkeypatch, work):
    """Do `work` once, between the look at a table and the commit on it."""
    from connectors.lake.delivering import Delivering

    commit = Delivering._commit
    left = [work]

    def commit_later(self, *arguments):
        if left:
            left.pop()()
        return commit(self, *arguments)

    monkeypatch.setattr(Delivering, "_commit", commit_later)


def test_a_table_that_others_keep_changing_makes_the_object_wait(world, monkeypatch):
    from pyiceberg.table import Transaction

    def too_late(self):
        raise CommitFailedException("too late")

    world.make()
    monkeypatch.setattr(Transaction, "commit_transaction", too_late)
    with pytest.raises(Undelivered, match="Others keep changing"):
        world.deliver(landed([line(1, name="x")]))
    monkeypatch.undo()
    assert list((world.lakes._buckets_dir / "data/lake/org_1/shop_live/data").rglob("*.parquet")) == []
    assert world.event_ids() == []


class KillingIO(PyArrowFileIO):
    """Files; the `calls`th call is the last, and what it asked for is done."""

    calls = None
    made = 0

    def _count(self, effect):
        cls = KillingIO
        cls.made += 1
        is_last = cls.made == cls.calls
        result = effect()
        if is_last:
            raise Killed
        return result

    def new_input(self, location):
        return self._count(lambda: super(KillingIO, self).new_input(location))

    def new_output(self, location):
        return self._count(lambda: super(KillingIO, self).new_output(location))

    def delete(self, location):
        return self._count(lambda: super(KillingIO, self).delete(location))


class KillingLakes(LocalLakes):
    def _opened(self):
        catalog = super()._opened()
        catalog.properties["py-io-impl"] = f"{KillingIO.__module__}.{KillingIO.__qualname__}"
        catalog._load_file_io = lambda properties=None, location=None: KillingIO(properties or {})
        commit = type(catalog).commit_table

        def counted(*arguments):
            return KillingIO({})._count(lambda: commit(catalog, *arguments))

        catalog.commit_table = counted
        return catalog


def test_a_worker_may_be_killed_after_any_call(tmp_path):
    plain, marked = two_objects([line(1, name="x"), line(2, name="x")], [MARK + line(1, name="x"), line(3, name="x")])
    call = 0
    while True:
        call += 1
        world = World(tmp_path / str(call), lakes=KillingLakes)
        KillingIO.calls, KillingIO.made = call, 0
        outcomes = []
        for one in (plain, marked):
            try:
                outcomes.append(world.deliver(one))
            except Killed:
                KillingIO.calls = None
                outcomes.append(World(tmp_path / str(call)).deliver(one))
        was_killed, KillingIO.calls = KillingIO.calls is None, None
        assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
        assert [delivered(one) for one in outcomes] == [2, 1]
        assert [one.left_out.total() for one in outcomes] == [0, 1]
        if not was_killed:
            break
    assert call > 20


def test_an_object_is_known_when_its_snapshot_has_expired(world):
    plain, marked = two_objects([line(1, name="x")], [MARK + line(1, name="x"), line(2, name="x")])
    outcomes = [world.deliver(one) for one in (plain, marked)]
    world.deliver(landed([line(3, name="x")], key=KEY.replace("one.gz", "three.gz")))
    table = world.table()
    old = [one.snapshot_id for one in table.metadata.snapshots[:-1]]
    table.maintenance.expire_snapshots().by_ids(old).commit()
    again = [world.deliver(one) for one in (plain, marked)]
    assert [(one.delivered, one.left_out) for one in again] == [(one.delivered, one.left_out) for one in outcomes]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]


def test_a_crash_before_an_object_is_noted_is_made_up_for_by_the_next_commit(world):
    one, two = two_objects([line(1, name="x")], [line(2, name="x")])
    world.deliver(one)
    ledger = world.lakes._buckets_dir / "data/lake" / LEDGER / "env_1"
    (ledger / one.digest).unlink()  # as if the worker had been killed after its commit
    world.deliver(two)
    assert {path.name for path in ledger.iterdir()} == {one.digest, two.digest}


def test_a_table_of_another_environment_is_left_alone(world):
    world.make()
    other = Target("org_1", "env_2", TARGET.destination)
    refusal = "belongs to another environment; name another `table`"
    with pytest.raises(Undelivered, match=refusal):
        world.connector.make_tables(other, [FIRST])
    with pytest.raises(Undelivered, match=refusal):
        world.connector.deliver(other, landed([]), {}.get, Time().budget())
    assert world.connector.check(other)[0].state == "failed"


def test_bounds_are_such_that_memory_stays_flat():
    assert capabilities.FILE_BYTES <= 64 * 1024 * 1024
    assert capabilities.CHUNK_BYTES * 4 <= capabilities.FILE_BYTES
