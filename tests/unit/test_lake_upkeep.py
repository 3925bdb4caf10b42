"""The upkeep of a lake's tables on one machine: small files merge, snapshots expire, and no row is lost or doubled."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.exceptions import CommitFailedException

from connectors.lake import expiring, upkeep
from connectors.lake.upkeep import Upkeep
from domain.delivery.connectors import Target
from domain.errors import Undelivered
from local import lake as local_lake
from local.lake import NOT_INSTALLED, LocalLake
from schemas.lakes import LEDGER
from schemas.limits import DEFAULT_BUFFER_SECONDS
from tests.lakes import TARGET, ParquetWorld, World
from tests.landed import KEY, Time, landed, line

DAY_NS = 86_400 * 1_000_000_000


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def objects(count, first=0, received_at="2026-11-02T10:00:00Z"):
    numbers = range(first, first + count)
    return [landed([line(n, name="x", received_at=received_at)], key=KEY.replace("one.gz", f"{n}.gz")) for n in numbers]


def look_after(world, *, later_ns=0):
    lake = world.lakes.open(TARGET)
    Upkeep(lake, (lake.namespace, "shop_live"), lambda: time.time_ns() + later_ns).run()


def everything_below(world):
    folder = world.lakes._buckets_dir / "data/lake/org_1/shop_live"
    return {path for path in folder.rglob("*") if path.is_file()}


def test_small_files_of_a_day_become_one_and_their_rows_stay_as_they_are(world):
    made = [*objects(upkeep.MIN_FILES), *objects(2, first=100, received_at="2026-11-03T10:00:00Z")]
    for one in made:
        world.deliver(one)
    before = world.rows().to_pylist()
    look_after(world)
    assert world.rows().to_pylist() == before
    assert sorted(file.metadata.num_rows for file in world.parquet()) == [1, 1, upkeep.MIN_FILES]
    assert [world.deliver(one).delivered.total() for one in made] == [1] * len(made)
    assert world.rows().to_pylist() == before


@pytest.mark.slow
def test_an_hour_of_an_event_a_second_makes_few_files_and_hardly_any_after_upkeep(world):
    """Simulated around midnight: a stream lets go of what it has gathered once a minute is over."""
    start = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    gathered, since, delivered = [], 0, 0
    for second in range(3_600 + DEFAULT_BUFFER_SECONDS):
        if gathered and second - since >= DEFAULT_BUFFER_SECONDS:
            world.deliver(landed(gathered, key=KEY.replace("one.gz", f"{second}.gz")))
            delivered, gathered = delivered + len(gathered), []
        if second < 3_600:
            since = since if gathered else second
            received_at = (start + timedelta(seconds=second)).isoformat()
            gathered.append(line(second, name="x", received_at=received_at))
    assert delivered == 3_600
    assert len(world.files()) <= 61
    look_after(world)
    assert len(world.files()) <= 2
    assert len(set(world.event_ids())) == 3_600


def test_nothing_is_merged_that_would_not_fit_into_memory(world, monkeypatch):
    monkeypatch.setattr(upkeep, "MAX_ROWS", upkeep.MIN_FILES - 1)
    monkeypatch.setattr(upkeep, "SMALL_ROWS", 10)
    for one in objects(upkeep.MIN_FILES + 1):
        world.deliver(one)
    look_after(world)
    assert len(world.files()) == upkeep.MIN_FILES + 1


def test_old_snapshots_go_with_what_only_they_name_and_their_objects_stay_known(world):
    made = objects(upkeep.MIN_FILES)
    for one in made:
        world.deliver(one)
    look_after(world)
    assert len(world.table().metadata.snapshots) == upkeep.MIN_FILES + 1
    before = everything_below(world)
    ledger = world.lakes._buckets_dir / "data/lake" / LEDGER / "env_1"
    for path in ledger.iterdir():
        path.unlink()  # as if every worker had been killed right after its commit
    look_after(world, later_ns=2 * DAY_NS)
    (snapshot,) = world.table().metadata.snapshots
    gone = {path for path in before if not path.exists()}
    assert sum(path.suffix == ".parquet" for path in gone) == upkeep.MIN_FILES
    assert sum(path.name.startswith("snap-") for path in gone) == upkeep.MIN_FILES
    assert len(world.files()) == 1
    assert [world.deliver(one).delivered.total() for one in made] == [1] * len(made)
    assert world.table().metadata.snapshots == [snapshot]


def test_a_table_that_nobody_looks_after_keeps_few_snapshots_and_knows_every_object(world, monkeypatch):
    monkeypatch.setattr(expiring, "MAX_SNAPSHOTS", 6)
    monkeypatch.setattr(expiring, "EXPIRED_AT_ONCE", 3)
    made = objects(12)
    ledger = world.lakes._buckets_dir / "data/lake" / LEDGER / "env_1"
    counts = []
    for one in made:
        world.deliver(one)
        counts.append(len(world.table().metadata.snapshots))
        for path in ledger.iterdir():
            path.unlink()  # as if every worker had been killed right after its commit
    assert counts == [1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6]
    lists = [path for path in everything_below(world) if path.name.startswith("snap-")]
    assert len(lists) == 6
    assert len(world.event_ids()) == 12


def test_snapshots_that_expire_early_leave_their_objects_known(world, monkeypatch):
    monkeypatch.setattr(expiring, "MAX_SNAPSHOTS", 2)
    made = objects(6)
    for one in made:
        world.deliver(one)
    assert len(world.table().metadata.snapshots) <= 2
    assert [world.deliver(one).delivered.total() for one in made] == [1] * len(made)
    assert len(world.event_ids()) == 6


def test_others_that_change_the_table_meanwhile_only_put_that_off(world, monkeypatch):
    monkeypatch.setattr(expiring, "MAX_SNAPSHOTS", 2)

    def late(*_):
        raise CommitFailedException("others were ahead")

    made = objects(4)
    with monkeypatch.context() as patched:
        patched.setattr("pyiceberg.table.update.snapshot.ExpireSnapshots.commit", late)
        assert [world.deliver(one).delivered.total() for one in made[:3]] == [1] * 3
        assert len(world.table().metadata.snapshots) == 3
    world.deliver(made[3])
    assert len(world.table().metadata.snapshots) == 1
    assert len(world.event_ids()) == 4


def test_a_commit_of_another_is_not_lost_by_a_merge(world, monkeypatch):
    for one in objects(upkeep.MIN_FILES):
        world.deliver(one)
    (late,) = objects(1, first=50)
    write_file = upkeep.write_file

    def written_late(*arguments):
        World(world.lakes._state_dir.parent).deliver(late)
        return write_file(*arguments)

    monkeypatch.setattr(upkeep, "write_file", written_late)
    look_after(world)  # its commit is refused
    assert len(world.event_ids()) == upkeep.MIN_FILES + 1
    monkeypatch.undo()
    look_after(world)
    assert len(world.files()) == 1
    assert len(world.event_ids()) == upkeep.MIN_FILES + 1


def test_the_local_run_looks_after_its_tables_and_forgets_objects_of_long_ago(tmp_path):
    local = LocalLake(tmp_path, "data", "landing")
    local.look_after()  # there is no lake yet, so that nothing is loaded
    assert not (tmp_path / "lake").exists()
    world = World(tmp_path)
    made = objects(upkeep.MIN_FILES)
    for one in made:
        local.connector().deliver(TARGET, one, world.revisions.get, Time().budget())
    ledger = tmp_path / "objects/data/lake" / LEDGER / "env_1"
    long_ago = time.time() - local_lake.LEDGER_KEPT_SECONDS - 60
    os.utime(ledger / made[0].digest, (long_ago, long_ago))
    local.look_after()
    assert len(world.files()) == 1
    assert len(list(ledger.iterdir())) == upkeep.MIN_FILES - 1


def test_a_table_that_can_not_be_looked_after_holds_up_no_other(tmp_path, monkeypatch):
    first = World(tmp_path)
    second = World(tmp_path)
    second.target = Target("org_2", "env_2", TARGET.destination)
    for world in (first, second):
        world.make()
    run, seen = Upkeep.run, []

    def failing(self):
        seen.append(self._name)
        if len(seen) == 1:
            raise Undelivered("The catalog is locked.")
        run(self)

    monkeypatch.setattr(Upkeep, "run", failing)
    LocalLake(tmp_path, "data", "landing").look_after()
    assert sorted(seen) == [("org_1", "shop_live"), ("org_2", "shop_live")]


def test_a_run_without_the_packages_says_how_to_get_them(tmp_path, monkeypatch):
    def missing(self):
        raise ModuleNotFoundError("No module named 'pyiceberg'")

    monkeypatch.setattr(LocalLake, "_open", missing)
    connector = LocalLake(tmp_path, "data", "landing").connector()
    assert connector.check(TARGET)[0].reason == NOT_INSTALLED
    for call in (lambda: connector.make_tables(TARGET, []), lambda: connector.deliver(TARGET, None, None, None)):
        with pytest.raises(local_lake.Misconfigured, match="make run LAKE=yes"):
            call()


def test_what_files_of_parquet_came_of_is_forgotten_after_long_as_well(tmp_path):
    """There is no catalog that lists them, and a crash may have left files that were never finished."""
    local = LocalLake(tmp_path, "data", "landing")
    world = ParquetWorld(tmp_path)
    made = objects(2)
    for one in made:
        local.connector().deliver(world.target, one, world.revisions.get, Time().budget())
    ledger = tmp_path / "objects/data/lake" / LEDGER
    left = [ledger / "env_1/0.part", ledger / "check-0", ledger / "env_1/org_1/shop_live/ids/2026-01-01T00-0"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    long_ago = time.time() - local_lake.LEDGER_KEPT_SECONDS - 60
    for path in (*left, ledger / "env_1" / made[0].digest):
        os.utime(path, (long_ago, long_ago))
    local.look_after()
    assert {path.name for path in (ledger / "env_1").iterdir()} == {made[1].digest, "org_1"}
    assert not any(path.exists() for path in left)
    assert len(world.files()) == 2


def test_organisations_that_name_one_database_and_table_have_a_table_each(tmp_path):
    first, second = World(tmp_path), World(tmp_path)
    yours = {"type": "lake", "table_format": "iceberg", "table": "shop_live", "prefix": "", "region": "eu-west-1"}
    first.target = Target("org_1", "env_1", {**yours, "bucket": "one-bucket", "database": "ingest"})
    second.target = Target("org_2", "env_2", {**yours, "bucket": "another", "database": "ingest"})
    third = World(tmp_path)
    third.target = Target("org_3", "env_3", {**yours, "bucket": "a-third", "database": "org_1"})
    owner = World(tmp_path)
    for number, world in enumerate((third, first, second, owner)):
        (one,) = objects(1, first=number)
        assert world.deliver(one).delivered.total() == 1
    assert [len(world.event_ids()) for world in (first, second, third, owner)] == [1, 1, 1, 1]
