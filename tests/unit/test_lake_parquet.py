"""Objects into files of Parquet: each event once, exactly as it is stored, whatever is repeated or killed."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow.fs
import pyarrow.parquet
import pytest

from connectors.lake import hour_ids, writing
from connectors.lake.capabilities import ROWS_PER_GROUP
from connectors.lake.catalogs import LocalLakes
from connectors.lake.parquet import ParquetConnector
from domain.delivery.buffering import buffer_seconds_of
from domain.delivery.connectors import RevisionTable, Target
from domain.delivery.landed import NO_REVISION, UNFIT, UNSTAMPED
from domain.delivery.marks import REDRIVEN
from domain.errors import Misconfigured, Undelivered
from schemas.lakes import LEDGER_DAYS
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


class CountingFiles:
    """A file system that says what was asked of it, and with which paths."""

    def __init__(self, files):
        self._files = files
        self.asked = []

    def __getattr__(self, name):
        found = getattr(self._files, name)

        def told(*arguments, **options):
            self.asked.append((name, str(arguments[0])))
            return found(*arguments, **options)

        return told


def under_key(number, received_at="2026-11-02T10:00:00.000000Z", **fields):
    """Return a line as of an `Idempotency-Key`: its sender may send it again within an hour."""
    return line(f"{number:012x}8{DERIVED[17:]}", received_at=received_at, **fields)


def object_of(number, *lines):
    return landed(list(lines), key=KEY.replace("one.gz", f"{number}.gz"))


def test_what_an_object_takes_does_not_grow_with_the_objects_before_it_or_their_revisions(tmp_path):
    revisions = [replace(FIRST, revision_id=f"rev_{number}") for number in range(20)]
    world = ParquetWorld(tmp_path, *revisions)
    counting = CountingFiles(world.file_system)
    world.file_system = counting
    world.make()
    taken = []
    for number in range(40):
        counting.asked.clear()
        world.deliver(object_of(number, under_key(number, revision_id=f"rev_{number % 20}", name="x")))
        taken.append(len(counting.asked))
    assert len(set(taken[20:])) == 1  # by then each revision has its folders
    assert taken[-1] < 20
    again = world.deliver(object_of("again", *(under_key(number, name="x") for number in range(41))))
    assert (delivered(again), again.repeats.total()) == (1, 40)
    assert {name for name, path in counting.asked if path.endswith(".parquet")} <= {"move", "open_input_stream"}
    assert not [path for name, path in counting.asked if name == "open_input_stream" and "/dt=" in path]


def test_full_parts_of_ids_are_read_once_by_a_process_and_the_last_one_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(hour_ids, "PART_IDS", 4)
    world = ParquetWorld(tmp_path)
    world.deliver(object_of(0, *(under_key(number, name="x") for number in range(6))))
    world.deliver(object_of(1, *(under_key(number, name="x") for number in range(6, 11))))
    sizes = {path.name: path.stat().st_size // 17 for path in world.folder.rglob("ids/*")}
    assert sizes == {"2026-11-02T10-0": 4, "2026-11-02T10-1": 4, "2026-11-02T10-2": 3}
    other = ParquetWorld(tmp_path, files=CountingFiles(world.file_system))
    read = []
    for number in range(2):
        other.file_system.asked.clear()
        outcomes = other.deliver(object_of(f"again-{number}", *(under_key(one, name="x") for one in range(11))))
        assert (delivered(outcomes), outcomes.repeats.total()) == (0, 11)
        read.append(
            [path[-1] for name, path in other.file_system.asked if name == "open_input_stream" and "T10-" in path]
        )
    assert read == [["0", "1", "2"], ["2"]]
    assert world.event_ids() == other.event_ids()
    assert len(set(world.event_ids())) == len(world.event_ids()) == 11


@pytest.mark.parametrize("odd", ["evt_1", "evt_" + "0" * 31 + "g", "evt_" + "0 " * 16, "evt_" + "0" * 33])
def test_an_id_is_found_again_beside_ids_of_any_other_form(world, odd):
    usual = [f"evt_{number:012x}8{0:015x}" for number in range(3)]
    stamps = {"_received_at": "2026-11-02T10:00:00.000000Z", "_revision_id": "rev_1", "name": "x"}

    def lines(*event_ids):
        return [
            REDRIVEN + json.dumps({"_event_id": one, **stamps}, separators=(",", ":")).encode() for one in event_ids
        ]

    assert delivered(world.deliver(object_of(0, *lines(usual[0])))) == 1
    assert delivered(world.deliver(object_of(1, *lines(usual[1], odd)))) == (2 if odd.isascii() else 1)
    outcomes = world.deliver(object_of(2, *lines(*usual, odd)))
    assert (delivered(outcomes), outcomes.left_out.total()) == ((1, 3) if odd.isascii() else (1, 2))


def test_what_a_process_remembers_is_bounded_and_what_was_used_last_stays():
    remembered = hour_ids.Remembered(most_bytes=30)
    for name in "abc":
        remembered.keep((name,), bytes(10))
    assert remembered.get(("a",)) == bytes(10)
    remembered.keep(("d",), bytes(10))
    assert [name for name in "abcd" if remembered.get((name,))] == ["a", "c", "d"]


def test_of_hours_whose_ids_are_forgotten_by_now_files_are_opened(world):
    """As for events of a redrive, which arrived long ago."""
    old = "2026-11-02T10:00:00.000000Z"
    world.deliver(object_of(0, line(1, name="x", received_at=old), line(2, name="x", received_at=old)))
    world.now += timedelta(days=LEDGER_DAYS)
    for path in [path for path in (world.folder / "_ingest").rglob("*") if path.is_file()]:
        path.unlink()
    lines = [REDRIVEN + line(1, name="x", received_at=old), REDRIVEN + line(3, name="x", received_at=old)]
    outcomes = world.deliver(object_of(1, *lines))
    assert (outcomes.delivered.total(), outcomes.left_out.total()) == (1, 1)
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
    assert list(world.folder.rglob("ids/*")) == []


def killed_after_its_file(folder, one):
    """Deliver an object until a file of it is there, and no further."""
    calm = ParquetWorld(folder)
    calm.make()
    before = calm.files()
    for call in range(1, 100):
        with suppress(Killed):
            ParquetWorld(folder, files=KillingFiles(calm.file_system, call)).deliver(one)
        if calm.files() != before:
            break
    assert list(calm.folder.rglob(one.digest)) == []
    return calm


def test_what_a_killed_worker_has_left_is_removed_by_the_next_object(tmp_path):
    one = object_of(0, MARK + line(1, name="x"))
    world = killed_after_its_file(tmp_path, one)
    assert world.event_ids() == ["evt_1"]
    assert delivered(world.deliver(object_of(1, line(2, name="x")))) == 1
    assert world.event_ids() == ["evt_2"]
    assert delivered(world.deliver(object_of(2, MARK + line(1, name="x")))) == 1
    outcomes = world.deliver(one)
    assert (delivered(outcomes), outcomes.left_out.total()) == (0, 1)
    assert world.event_ids() == ["evt_1", "evt_2"]


def test_an_object_that_is_tried_again_may_have_fewer_files_than_before(tmp_path, monkeypatch):
    """As where a deployment in between has larger files."""
    monkeypatch.setattr(writing, "CHUNK_BYTES", 100)
    one = object_of(0, *(line(number, name="x" * 50) for number in range(9)))
    with monkeypatch.context() as small:
        small.setattr(writing, "FILE_BYTES", 300)
        calm = ParquetWorld(tmp_path)
        calm.make()
        with pytest.raises(Killed):
            ParquetWorld(tmp_path, files=KillingFiles(calm.file_system, 10)).deliver(one)
        assert len(calm.files()) > 2
    assert delivered(calm.deliver(one)) == 9
    assert len(calm.event_ids()) == len(set(calm.event_ids())) == 9


def test_an_object_that_is_tried_again_leaves_no_file_of_a_revision_that_is_gone_by_then(tmp_path):
    later = replace(FIRST, revision_id="rev_2")
    one = object_of(0, line(1, name="x", revision_id="rev_2"), line(2, name="x"))
    calm = ParquetWorld(tmp_path, FIRST, later)
    calm.make()
    for call in range(1, 100):
        with suppress(Killed):
            ParquetWorld(tmp_path, FIRST, later, files=KillingFiles(calm.file_system, call)).deliver(one)
        if len(calm.files()) == 2:
            break
    assert list(calm.folder.rglob(one.digest)) == []
    outcomes = ParquetWorld(tmp_path).deliver(one)
    assert (delivered(outcomes), len(set_aside(outcomes))) == (1, 1)
    assert calm.event_ids() == ["evt_2"]


def test_an_object_that_was_done_is_named_as_begun_no_more_once_it_has_come_again(tmp_path):
    """Else it could be undone when its entry in the ledger is gone."""
    calm, one = ParquetWorld(tmp_path), object_of(0, line(1, name="x"))
    calm.make()
    (begun,) = (calm.folder / "_ingest/env_1/org_1/shop_live/begun",)
    for call in range(1, 100):
        with suppress(Killed):
            ParquetWorld(tmp_path, files=KillingFiles(calm.file_system, call)).deliver(one)
        if begun.exists() and (calm.folder / f"_ingest/env_1/{one.digest}").exists():
            break
    assert begun.exists()
    assert delivered(calm.deliver(one)) == 1
    assert not begun.exists()
    again = calm.deliver(object_of(1, MARK + line(1, name="x")))
    assert (delivered(again), again.left_out.total()) == (0, 1)


def test_what_is_kept_of_a_table_says_nothing_of_another_that_the_environment_has_later(tmp_path):
    one, again = object_of(0, MARK + line(1, name="x")), object_of(1, MARK + line(1, name="x"))
    world = killed_after_its_file(tmp_path, one)
    first = world.target
    world.target = replace(first, destination={**first.destination, "table": "shop_later"})
    assert [delivered(world.deliver(two)) for two in (again, object_of(2, MARK + line(1, name="x")))] == [1, 0]
    world.target = first
    assert delivered(world.deliver(object_of(3, line(2, name="x")))) == 1
    tables = [path.relative_to(world.folder).parts[1] for path in world.files()]
    assert (tables, world.event_ids()) == (["shop_later", "shop_live"], ["evt_1", "evt_2"])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"object": "0123", "hours": []}',
        b'{"object": "' + b"0" * 32 + b'", "hours": [["rev_1/../..", "2026-11-02T10"]]}',
        b'{"object": "' + b"0" * 32 + b'", "hours": [["rev_1"]]}',
    ],
)
def test_what_others_write_in_the_place_of_what_was_begun_names_nothing(world, text):
    world.deliver(object_of(0, line(1, name="x")))
    before = world.files()
    (world.folder / "_ingest/env_1/org_1/shop_live/begun").write_bytes(text)
    assert delivered(world.deliver(object_of(1, line(2, name="x")))) == 1
    assert set(before) < set(world.files())


@pytest.mark.parametrize("size", [16, 17 * 131_073])
def test_ids_that_are_none_are_not_read(world, size):
    world.deliver(object_of(0, line(1, name="x")))
    (part,) = world.folder.rglob("ids/*")
    part.write_bytes(bytes(size))
    with pytest.raises(Undelivered, match="Remove it from the bucket"):
        world.deliver(object_of(1, line(2, name="x")))


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
