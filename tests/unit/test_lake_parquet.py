"""Objects into files of Parquet: each event once, exactly as it is stored, whatever is repeated or killed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow.fs
import pyarrow.parquet
import pytest

from connectors.lake import writing
from connectors.lake.capabilities import ROWS_PER_GROUP
from connectors.lake.catalogs import LocalLakes
from connectors.lake.parquet import ParquetConnector
from domain.delivery.buffering import buffer_seconds_of
from domain.delivery.connectors import RevisionTable, Target
from domain.delivery.landed import NO_REVISION, UNFIT, UNSTAMPED
from domain.errors import Misconfigured
from schemas.limits import DEFAULT_BUFFER_SECONDS
from tests.killed import Killed
from tests.lake_events import (
    DERIVED,
    EVERY_TYPE,
    MARK,
    STORED,
    VALUES,
    delivered,
    two_objects,
)
from tests.lakes import FIRST, ParquetWorld
from tests.landed import KEY, Time, landed, line, set_aside


@pytest.fixture
def world(tmp_path):
    return ParquetWorld(tmp_path)


def test_values_of_every_type_are_read_as_they_were_stored_by_two_engines(tmp_path):
    world = ParquetWorld(tmp_path, RevisionTable("shop_live", "rev_1", "First", EVERY_TYPE, "keep"))
    one = landed([line(1, _extra={"/more": {"x": None}}, **VALUES), line(2)])
    assert delivered(world.deliver(one)) == 2
    full, without = world.by_pyarrow()
    assert {key: full[key] for key in STORED} == STORED
    assert [key for key in STORED if without[key]] == []
    names = ", ".join(f'"{key}"' for key in STORED)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read = f"read_parquet('{world.folder}/org_1/**/*.parquet', hive_partitioning = false)"
        (found,) = connection.sql(f"SELECT {names} FROM {read} WHERE _event_id = 'evt_1'").fetchall()
    assert dict(zip(STORED, found, strict=True)) == STORED


def test_an_object_is_added_once_however_often_it_comes(world):
    one = landed([line(number, name="x") for number in range(10)])
    assert delivered(world.deliver(one)) == 10
    (path,) = world.files()
    written = path.stat().st_mtime_ns
    assert [delivered(world.deliver(one)) for _ in range(2)] == [10, 10]
    assert [path.stat().st_mtime_ns for path in world.files()] == [written]
    assert world.event_ids() == sorted(f"evt_{number}" for number in range(10))


def test_rows_stand_below_their_revision_environment_day_and_hour_in_the_order_of_their_arrival(world):
    times = ["2026-11-02T10:00:02Z", "2026-11-01T23:59:59.999999Z", "2026-11-02T10:00:01Z", "2026-11-03T00:00:00Z"]
    world.deliver(landed([line(n, received_at=at, name="x") for n, at in enumerate(times)]))
    folders = {path.parent.relative_to(world.folder).as_posix() for path in world.files()}
    revision = "org_1/shop_live/revision=rev_1/environment=env_1"
    hours = ("dt=2026-11-01/hour=23", "dt=2026-11-02/hour=10", "dt=2026-11-03/hour=00")
    assert folders == {f"{revision}/{hour}" for hour in hours}
    for file in world.parquet():
        found = file.read()["_received_at"].to_pylist()
        assert found == sorted(found)
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_large_objects_become_files_and_groups_of_bounded_size(world, monkeypatch):
    monkeypatch.setattr(writing, "FILE_BYTES", 40_000)
    monkeypatch.setattr(writing, "CHUNK_BYTES", 10_000)
    assert delivered(world.deliver(landed([line(number, name="x" * 100) for number in range(1_000)]))) == 1_000
    sizes = [file.metadata.num_rows for file in world.parquet()]
    assert len(sizes) > 3
    assert sum(sizes) == 1_000
    assert max(sizes) < 300
    assert ROWS_PER_GROUP <= 65_536


def test_a_revision_can_be_read_before_it_has_events(world):
    assert world.make() == []
    (path,) = world.folder.rglob("_schema.parquet")
    before = path.stat().st_mtime_ns
    assert world.make() == []
    assert path.stat().st_mtime_ns == before
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT _event_id, name FROM '{path}'").fetchall() == []


def test_what_does_not_fit_is_set_aside_alone(world):
    lines = [
        line(1, name="x"),
        line(2, name=5),
        line(3, revision_id="rev_9", name="x"),
        b"none of ours",
        line(4),
    ]
    outcomes = world.deliver(landed(lines))
    assert {row["reason"] for row in set_aside(outcomes)} == {NO_REVISION, UNSTAMPED, UNFIT}
    assert world.event_ids() == ["evt_1", "evt_4"]


@pytest.mark.parametrize(("later", "rows"), [("10:59:00", 1), ("11:30:00", 2)])
def test_repeats_under_one_key_are_dropped_within_an_hour_and_counted(world, later, rows):
    derived = [json.loads(line(1, name="x", received_at=f"2026-11-02T{at}Z")) for at in ("10:00:00", later)]
    bodies = [json.dumps({**row, "_event_id": DERIVED}, separators=(",", ":")).encode() for row in derived]
    one, two = two_objects(bodies[:1], bodies[1:])
    outcomes = [world.deliver(one), world.deliver(two)]
    assert len(world.event_ids()) == rows
    assert [outcome.repeats.total() for outcome in outcomes] == [0, 2 - rows]


class KillingFiles:
    """A file system; the `calls`th call that changes something is the last, and what it asked for is done."""

    def __init__(self, files, calls):
        self._files = files
        self.calls = calls

    def __getattr__(self, name):
        found = getattr(self._files, name)
        if name not in {"open_output_stream", "move", "delete_file", "create_dir"}:
            return found

        def counted(*arguments, **options):
            result = found(*arguments, **options)
            self.calls -= 1
            if self.calls == 0:
                raise Killed
            return result

        return counted


@pytest.mark.parametrize("redelivered", ["at once", "after the other"])
def test_a_worker_may_be_killed_after_any_call(tmp_path, monkeypatch, redelivered):
    monkeypatch.setattr(writing, "CHUNK_BYTES", 300)
    monkeypatch.setattr(writing, "FILE_BYTES", 600)
    shared = line(1, name="x")
    first = [MARK + shared, *(line(number, name="x") for number in range(2, 12))]
    second = [shared, *(line(number, name="x") for number in range(12, 22))]
    for killed in (0, 1):
        call = 0
        while True:
            call += 1
            folder = tmp_path / f"{killed}-{call}"
            objects = dict(enumerate(two_objects(first, second)))
            calm = ParquetWorld(folder)
            calm.make()
            killing = KillingFiles(calm.file_system, call)
            one, other = objects[killed], objects[1 - killed]
            outcomes = {}
            try:
                outcomes[killed] = ParquetWorld(folder, files=killing).deliver(one)
            except Killed:
                order = (killed, 1 - killed) if redelivered == "at once" else (1 - killed, killed)
                outcomes = {number: calm.deliver(objects[number]) for number in order}
            outcomes.setdefault(1 - killed, calm.deliver(other))
            assert calm.event_ids() == sorted(f"evt_{number}" for number in range(1, 22))
            assert sum(delivered(found) for found in outcomes.values()) == 21
            assert sum(found.left_out.total() for found in outcomes.values()) == 1
            if killing.calls > 0:
                break
        assert call > 12


def test_a_folder_of_others_that_is_called_like_a_day_that_is_none_keeps_no_event_from_arriving(world):
    last, first = "2026-11-30T23:59:30.000000Z", "2026-12-01T00:00:10.000000Z"
    world.deliver(landed([line(1, name="x", received_at=last)], key=KEY.replace("one.gz", "0.gz")))
    (path,) = world.files()
    for folder in ("dt=2026-11-31/hour=00", "dt=2026-12-01/hour=24", "dt=2026-12-01/notes"):
        (path.parents[2] / folder).mkdir(parents=True)
    outcomes = world.deliver(landed([MARK + line(1, name="x", received_at=last), MARK + line(2, received_at=first)]))
    assert (outcomes.delivered.total(), outcomes.left_out.total()) == (1, 1)
    assert world.event_ids() == ["evt_1", "evt_2"]


def test_a_bucket_of_a_user_is_a_folder_of_its_own(tmp_path):
    lakes = LocalLakes(tmp_path / "lake", tmp_path / "objects", "data")
    connector = ParquetConnector(lakes.files)
    place = {"bucket": "theirs", "prefix": "a/b/", "region": "eu-west-1", "role_arn": "-", "database": "shops"}
    theirs = Target("org_1", "env_1", {"type": "lake", **place, "table_format": "parquet", "table": "shop_live"})
    connector.deliver(theirs, landed([line(1, name="x")]), {"rev_1": FIRST}.get, Time().budget())
    below = tmp_path / "objects" / "theirs" / "a" / "b"
    (path,) = below.glob("shops/shop_live/revision=rev_1/environment=env_1/dt=*/hour=*/*.parquet")
    assert pyarrow.parquet.read_table(path, partitioning=None)["_event_id"].to_pylist() == ["evt_1"]
    assert {path.name for path in (tmp_path / "objects").iterdir()} == {"theirs"}
    assert below / "_ingest" in lakes.files_ledgers()
    own = replace(theirs, destination={**theirs.destination, "bucket": "data"})
    (failed,) = connector.check(own)
    assert (failed.name, failed.state) == ("role", "failed")
    with pytest.raises(Misconfigured, match="own bucket"):
        connector.make_tables(own, [])


def test_an_hour_of_an_event_a_second_makes_few_files_since_nothing_merges_them(world):
    """Simulated from a quarter to the hour on: a stream lets go of what it has gathered once its time is over."""
    environment = {"destination": world.target.destination, "streams": 1, "buffer_seconds": None}
    seconds = int(buffer_seconds_of(environment, DEFAULT_BUFFER_SECONDS))
    start = datetime(2026, 11, 2, 10, 41, tzinfo=UTC)
    for first in range(0, 3_600, seconds):
        numbers = range(first, min(first + seconds, 3_600))
        lines = [line(n, name="x", received_at=(start + timedelta(seconds=n)).isoformat()) for n in numbers]
        world.deliver(landed(lines, key=KEY.replace("one.gz", f"{first}.gz")))
    assert len(world.event_ids()) == len(set(world.event_ids())) == 3_600
    assert len(world.files()) == 5


def test_a_check_writes_a_file_and_removes_it(world, tmp_path):
    assert [step.name for step in world.connector.check(world.target)] == ["write"]
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []
    missing = pyarrow.fs.SubTreeFileSystem(str(tmp_path / "file"), pyarrow.fs.LocalFileSystem())
    (tmp_path / "file").write_text("no folder")
    (step,) = ParquetWorld(tmp_path, files=missing).connector.check(world.target)
    assert (step.name, step.state) == ("write", "failed")
