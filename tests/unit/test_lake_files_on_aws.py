"""Files of Parquet on AWS: each event once, by several functions at once, and every file where a table says it is."""

import base64
import json
from collections import Counter
from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp

from connectors.lake import writing
from domain.delivery.connectors import CheckStep, RevisionTable, Target
from domain.delivery.leases import LEASE_SECONDS, MARGIN_SECONDS
from domain.errors import Misconfigured, Undelivered
from tests.glue_lakes import DATA, OWN_BUCKET, THEIRS, GlueFilesWorld, aws
from tests.killed import Killed
from tests.lake_events import EVERY_TYPE, MARK, STORED, VALUES, delivered, two_objects
from tests.lakes import FIRST
from tests.landed import KEY, Time, landed, line

__all__ = ["aws"]


@pytest.fixture
def world(aws):
    return GlueFilesWorld()


@pytest.fixture
def theirs(aws):
    return GlueFilesWorld(destination=OWN_BUCKET)


def objects():
    """Return two landed objects, of which the second has an event of the first again."""
    return two_objects([line(1, name="x"), line(2, name="x")], [MARK + line(1, name="x"), line(3, name="x")])


def test_each_revision_has_a_table_over_its_files_with_a_column_for_each_field(aws):
    second = RevisionTable("shop_live", "rev_2", "Second", [{"key": "name", "type": "INT"}])
    world = GlueFilesWorld(RevisionTable("shop_live", "rev_1", "First", EVERY_TYPE, "keep"), second)
    assert world.make() == []
    one = landed([line(1, **VALUES), line(2, revision_id="rev_2", name=5)])
    assert delivered(world.deliver(one)) == 2
    first, other = world.rows()
    assert {key: first[key] for key in STORED if key != "_extra"} == {
        key: value for key, value in STORED.items() if key != "_extra"
    }
    assert other["name"] == 5
    tables = world.tables()
    assert set(tables) == {"shop_live__rev_1", "shop_live__rev_2"}
    table = tables["shop_live__rev_2"]
    folder = f"s3://{DATA}/lake/org_1/shop_live/revision=rev_2/environment=env_1/"
    assert table["StorageDescriptor"]["Location"] == folder
    columns = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
    assert columns == {"_event_id": "string", "_received_at": "timestamp", "_revision_id": "string", "name": "bigint"}
    assert table["PartitionKeys"] == [{"Name": f"_partition_{one}", "Type": "string"} for one in ("date", "hour")]
    told = table["Parameters"]
    assert told["projection.enabled"] == "true"
    assert told["storage.location.template"] == f"{folder}dt=${{_partition_date}}/hour=${{_partition_hour}}/"
    keys = world.keys()
    assert all(key.startswith("lake/_ingest/env_1/") for key in keys if "_ingest" in key)


def test_types_inside_objects_and_arrays_are_told_as_the_catalog_has_them(aws):
    inner = [{"key": "zip", "type": "INT"}, {"key": "at", "type": "TIMESTAMP"}, {"key": "tags", "type": "ARRAY_STRING"}]
    fields = [
        {"key": "place", "type": "OBJECT", "fields": inner},
        {"key": "dt", "type": "DATE", "description": "Two\nlines"},
        {"key": "more", "type": "JSON"},
    ]
    world = GlueFilesWorld(RevisionTable("shop_live", "rev_1", "First", fields))
    world.make()
    columns = world.tables()["shop_live__rev_1"]["StorageDescriptor"]["Columns"]
    assert {one["Name"]: one["Type"] for one in columns[3:]} == {
        "place": "struct<zip:bigint,at:timestamp,tags:array<string>>",
        "dt": "date",
        "more": "string",
    }
    assert columns[4]["Comment"] == "Two lines"


def test_a_deployment_makes_a_view_over_all_tables_and_each_later_one_puts_another_in_its_place(aws):
    second = RevisionTable("shop_live", "rev_2", "Second", [{"key": "name", "type": "INT"}])
    world = GlueFilesWorld(FIRST, second)
    world.make()
    for revisions in ([FIRST], [FIRST, second], [second, FIRST]):
        world.connector.make_views(world.target, revisions)
        view = world.view()
        assert view["TableType"] == "VIRTUAL_VIEW"
        assert view["ViewExpandedText"] == "/* Presto View */"
        assert view["Parameters"] == {
            "ingest.environment": "env_1",
            "presto_view": "true",
            "comment": "Presto View",
        }
        told = json.loads(base64.b64decode(view["ViewOriginalText"].split()[3]))
        assert (told["catalog"], told["schema"]) == ("awsdatacatalog", "ingest_test_org_1")
        read = [one.name for one in sqlglot.parse_one(told["originalSql"], dialect="athena").find_all(exp.Table)]
        assert read == [f"shop_live__{one.revision_id}" for one in revisions]
        assert set(read) <= set(world.tables())
        columns = view["StorageDescriptor"]["Columns"]
        assert [one["Name"] for one in columns] == [one["name"] for one in told["columns"]]
        types = {one["Name"]: one["Type"] for one in columns}
        assert types["_received_at"] == "timestamp"
        assert ("name__int" in types) == (revisions == [FIRST, second])
    assert world.connector.view_takes(world.target, [second, FIRST]) == ["rev_1", "rev_2"]
    assert world.connector.check(world.target) == [CheckStep("write"), CheckStep("table")]
    planned = replace(world.target, environment_id="")
    assert [step.state for step in world.connector.check(planned)] == ["passed", "failed"]
    world.calls.made.clear()
    world.connector.make_views(world.target, [second, FIRST])
    assert [operation for _, operation in world.calls.made] == ["GetDatabase", "GetTable"]


def test_a_table_or_view_of_another_is_never_put_out_of_its_place(world):
    world.make()
    world.glue.create_table(DatabaseName=world.database, TableInput={"Name": "shop_live_all", "Parameters": {}})
    with pytest.raises(Undelivered, match="shop_live_all is there already") as raised:
        world.connector.make_views(world.target, [FIRST])
    assert not raised.value.retryable
    assert world.view().get("TableType") is None
    *_, failed = world.connector.check(world.target)
    assert failed.name == "table"
    assert "shop_live_all is there already" in failed.reason
    assert delivered(world.deliver(landed([line(1, name="x")]))) == 1


def test_a_revision_without_room_in_a_view_leaves_the_one_that_is_there_and_is_named(world):
    world.make()
    world.connector.make_views(world.target, [FIRST])
    before = world.view()
    wide = RevisionTable("t", "rev_2", "Wide", [{"key": f"{n:04}{'x' * 120}", "type": "INT"} for n in range(2_000)])
    world.connector.make_views(world.target, [FIRST, wide])
    assert world.view() == before
    assert world.connector.view_takes(world.target, [wide, FIRST]) == []


def test_an_object_is_added_once_however_often_it_comes_and_repeats_are_left_out(world):
    first, second = objects()
    outcomes = [world.deliver(one) for one in (first, second, first, second)]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
    assert [delivered(one) for one in outcomes] == [2, 1, 2, 1]
    assert [one.left_out.total() for one in outcomes] == [0, 1, 0, 1]


def test_what_an_object_takes_of_aws_does_not_grow_with_the_objects_before_it(world):
    world.make()
    taken = []
    for number in range(8):
        world.calls.made.clear()
        again = [line(f"{one:012x}8{0:015x}", name="x") for one in range(number + 1)]
        assert delivered(world.deliver(landed(again, key=KEY.replace("one.gz", f"{number}.gz")))) == 1
        taken.append(Counter(operation for service, operation in world.calls.made if service == "s3"))
    assert {name: taken[-1][name] for name in ("PutObject", "DeleteObject", "ListObjectsV2")} == {
        "PutObject": 4,  # what is begun, its file, that it was added, and its ids
        "DeleteObject": 1,
        "ListObjectsV2": 0,
    }
    assert taken[-1]["GetObject"] == 6
    assert taken[1:] == taken[:-1]


def test_a_table_begins_on_the_day_of_its_oldest_event_however_late_that_comes(world):
    world.make()
    (table,) = world.tables().values()
    assert table["Parameters"]["projection._partition_date.range"] == "2026-11-02,NOW+1DAY"
    late = [line(n, name="x", received_at=f"2026-10-{day}T23:59:59Z") for n, day in enumerate((20, 19, 30))]
    world.deliver(landed(late))
    assert len(world.event_ids()) == 3
    (table,) = world.tables().values()
    assert table["Parameters"]["projection._partition_date.range"] == "2026-10-19,NOW+1DAY"


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a_worker_may_be_killed_after_any_call(world, monkeypatch, every):
    monkeypatch.setattr(writing, "CHUNK_BYTES", 300)
    monkeypatch.setattr(writing, "FILE_BYTES", 600)
    shared = line(1, name="x")
    pair = (
        [MARK + shared, *(line(number, name="x") for number in range(2, 12))],
        [shared, *(line(number, name="x") for number in range(12, 22))],
    )
    call = 0
    while True:
        call += every
        destination = {**world.target.destination, "table": f"shop_{call}"}
        world.target = Target("org_1", f"env_{call}", destination)
        left = [call]

        def count(_service, _operation, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        outcomes = []
        for one in two_objects(*pair):
            world.calls.after = count
            try:
                outcomes.append(world.deliver(one))
            except Killed:
                world.calls.after = lambda *_: None
                world.now.seconds += LEASE_SECONDS
                outcomes.append(world.deliver(one))
        world.calls.after = lambda *_: None
        assert world.event_ids() == sorted(f"evt_{number}" for number in range(1, 22))
        assert [delivered(one) for one in outcomes] == [11, 10]
        assert [one.left_out.total() for one in outcomes] == [0, 1]
        if left[0] > 0:
            break
    assert call > 20


def test_a_function_waits_for_another_that_writes_for_the_same_environment(world):
    """Both look before they write: without that wait neither would see the other's copy of the event."""
    first, second = objects()
    waited = Time()
    started = []

    def overtake(_service, operation):
        if operation == "PutObject" and not started:
            started.append(operation)
            other = world.other()
            with pytest.raises(Undelivered, match="Others were adding files"):
                other.connector.deliver(world.target, second, world.revisions.get, waited.budget(10.0))

    world.calls.before = overtake
    world.deliver(first)
    assert started == ["PutObject"]
    assert len(waited.waits) > 2
    world.other().deliver(second)
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]


def test_a_function_that_was_stopped_for_too_long_writes_nothing_any_more(world):
    first, second = objects()
    world.make()

    def stop(_service, operation):
        if operation == "GetObject" and world.now.seconds < until:
            world.now.seconds = until

    for late in (LEASE_SECONDS - MARGIN_SECONDS + 1, LEASE_SECONDS):
        until = world.now.seconds + late
        world.calls.before = stop
        before = world.keys()
        with pytest.raises(Undelivered, match="another writer may have begun"):
            world.deliver(first)
        assert world.keys() == before
        world.now.seconds += LEASE_SECONDS
    world.calls.before = lambda *_: None
    assert [delivered(world.deliver(one)) for one in (second, first)] == [2, 1]


def test_a_table_of_another_environment_is_never_touched(world):
    world.make()
    before = world.tables()
    world.target = replace(world.target, environment_id="env_2")
    with pytest.raises(Undelivered, match="not this environment's") as raised:
        world.deliver(landed([line(1, name="x")]))
    assert not raised.value.retryable
    assert world.tables() == before


def test_what_was_written_as_another_format_before_is_known_by_the_same_ledger(world):
    first, _ = objects()
    world.deliver(first)
    (entry,) = [key for key in world.keys() if key.endswith(f"/_ingest/env_1/{first.digest}")]  # noqa: SIM118 - no dict
    world.s3.put_object(Bucket=DATA, Key=entry, Body=b"\x1f\x8b")  # a part of a file is none
    assert delivered(world.deliver(first)) == 2
    assert world.event_ids() == ["evt_1", "evt_2"]


def test_a_check_tries_all_that_delivery_needs_and_leaves_a_database_alone(world):
    assert world.connector.check(world.target) == [CheckStep("write"), CheckStep("table")]
    assert world.keys() == []
    assert world.glue.get_tables(DatabaseName=world.database)["TableList"] == []
    for needed, step in [
        *((one, "write") for one in ("PutObject", "GetObject", "ListObjectsV2", "DeleteObject")),
        *((one, "table") for one in ("GetDatabase", "CreateTable", "GetTable", "UpdateTable", "DeleteTable")),
    ]:
        world.calls.before = lambda _, operation, needed=needed: (
            "AccessDeniedException" if operation == needed else None
        )
        *_, failed = world.connector.check(world.target)
        assert (failed.name, failed.state) == (step, "failed"), needed
        assert "secret" not in json.dumps(failed)


def test_files_in_a_bucket_of_a_user_are_written_and_listed_by_its_role_in_its_account(theirs):
    assert theirs.connector.check(theirs.target) == [CheckStep("role"), CheckStep("write"), CheckStep("table")]
    first, second = objects()
    outcomes = [theirs.deliver(one) for one in (first, second, first)]
    assert [delivered(one) for one in outcomes] == [2, 1, 2]
    assert theirs.event_ids() == ["evt_1", "evt_2", "evt_3"]
    (table,) = theirs.tables().values()
    folder = f"s3://{THEIRS}/lake/ingest/shop_live/revision=rev_1/environment=env_1/"
    assert table["StorageDescriptor"]["Location"] == folder
    keys = theirs.keys()
    assert keys
    assert all(key.startswith(("lake/ingest/shop_live/", "lake/_ingest/env_1/")) for key in keys)
    assert theirs.s3.list_objects_v2(Bucket=DATA)["KeyCount"] == 0
    assert {(role.arn, role.external_id, role.region) for role in theirs.roles.taken} == {
        (OWN_BUCKET["role_arn"], "org_1", OWN_BUCKET["region"])
    }


def test_what_others_put_beside_the_files_of_a_user_keeps_no_event_from_arriving(theirs):
    first, second = objects()
    theirs.deliver(first)
    (path,) = [key for key in theirs.keys() if key.endswith("-0.parquet")]  # noqa: SIM118 - it is no dict
    hour, day = path.rpartition("/")[0], path.partition("/hour=")[0]
    for key in (f"{hour}/_SUCCESS", f"{hour}/part-0.parquet", f"{day}/hour=x/1", f"{day}/notes.txt"):
        theirs.s3.put_object(Bucket=THEIRS, Key=key, Body=b"none of ours")
    assert delivered(theirs.deliver(second)) == 1


@pytest.mark.parametrize("bucket", [DATA, "landing"])
def test_a_bucket_of_the_deployment_is_none_of_a_user(aws, bucket):
    world = GlueFilesWorld(destination={**OWN_BUCKET, "bucket": bucket})
    (failed,) = world.connector.check(world.target)
    assert (failed.name, failed.state) == ("role", "failed")
    with pytest.raises(Misconfigured, match="own bucket"):
        world.make()
    assert world.roles.taken == []
