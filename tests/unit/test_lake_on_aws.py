"""Lakes whose tables stand in Glue and S3: each event once, whatever is killed, lost or refused on the way."""

import pytest

from domain.delivery.connectors import CheckStep, RevisionTable, Target
from domain.errors import Misconfigured, Undelivered
from schemas.lakes import LEDGER
from tests.glue_lakes import (
    DATA,
    DATABASE_PREFIX,
    MANAGED,
    OPTIMIZER,
    OPTIMIZERS,
    OWN_BUCKET,
    THEIRS,
    GlueWorld,
    aws,
)
from tests.killed import Killed
from tests.lake_events import MARK
from tests.lakes import FIRST, TARGET
from tests.landed import KEY, MemoryObjects, landed, line
from tests.users_services import ROLE_ARN

__all__ = ["aws"]

SECOND = RevisionTable("shop_live", "rev_2", "Second", [{"key": "name", "type": "INT"}])


@pytest.fixture
def world(aws):
    return GlueWorld()


def objects():
    """Return two landed objects, of which the second has an event of the first again."""
    store = MemoryObjects()
    first = landed([line(1, name="x"), line(2, name="x")], objects=store)
    return first, landed([MARK + line(1, name="x"), line(3, name="x")], objects=store, key=KEY.replace("one", "two"))


def test_the_deployments_lake_has_a_database_for_each_organisation_and_a_folder_in_its_bucket(world):
    first, second = objects()
    outcomes = [world.deliver(one) for one in (first, second, first)]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
    assert [one.delivered.total() for one in outcomes] == [2, 1, 2]
    (found,) = world.glue.get_tables(DatabaseName=f"{DATABASE_PREFIX}org_1")["TableList"]
    assert found["StorageDescriptor"]["Location"] == f"s3://{DATA}/lake/{DATABASE_PREFIX}org_1/shop_live"
    keys = world.keys(DATA)
    assert {key.split("/")[1] for key in keys} == {f"{DATABASE_PREFIX}org_1", LEDGER}
    assert all(key.startswith(f"lake/{LEDGER}/env_1/") for key in keys if LEDGER in key)


def test_a_lake_of_a_user_is_reached_by_their_role_alone(aws):
    world = GlueWorld(destination=OWN_BUCKET)
    world.make()
    world.deliver(landed([line(1, name="x")]))
    assert world.event_ids() == ["evt_1"]
    assert {(role.arn, role.external_id) for role in world.roles.taken} == {(ROLE_ARN, "org_1")}
    (found,) = world.glue.get_tables(DatabaseName="ingest")["TableList"]
    assert found["StorageDescriptor"]["Location"] == f"s3://{THEIRS}/lake/ingest/shop_live"
    assert {key.split("/")[0] for key in world.keys(THEIRS)} == {"lake"}
    assert world.keys(DATA) == []
    told = [config["roleArn"] for config in world.calls.optimizers["ingest", "shop_live"].values()]
    assert told == [ROLE_ARN] * 3


def test_no_user_may_name_a_bucket_of_the_deployment(aws):
    world = GlueWorld(destination={**OWN_BUCKET, "bucket": DATA})
    (step,) = world.connector.check(world.target)
    assert (step.name, step.reason) == ("role", "This is the deployment's own bucket; name one of yours.")
    with pytest.raises(Misconfigured):
        world.make()


def test_a_table_is_looked_after_from_its_first_deployment_on_and_only_once(world):
    for _ in range(2):
        world.make()
    held = world.calls.optimizers[f"{DATABASE_PREFIX}org_1", "shop_live"]
    assert set(held) == OPTIMIZERS
    assert {config["roleArn"] for config in held.values()} == {OPTIMIZER}
    kept = held["retention"]["retentionConfiguration"]["icebergConfiguration"]
    assert (kept["snapshotRetentionPeriodInDays"], kept["numberOfSnapshotsToRetain"]) == (1, 100)


def test_without_a_role_nothing_looks_after_tables(aws):
    world = GlueWorld(optimizer=None)
    world.make()
    assert world.calls.optimizers == {}
    assert world.connector.check(world.target) == [CheckStep("catalog"), CheckStep("write"), CheckStep("table")]


def test_a_deployment_adds_columns_and_says_which_are_apart(aws):
    world = GlueWorld(FIRST, SECOND)
    assert world.make("rev_1") == []
    assert world.make("rev_2") == [("name", "name__int")]
    (found,) = world.glue.get_tables(DatabaseName=f"{DATABASE_PREFIX}org_1")["TableList"]
    columns = {column["Name"]: column["Type"] for column in found["StorageDescriptor"]["Columns"]}
    assert {name: columns[name] for name in ("name", "name__int")} == {"name": "string", "name__int": "bigint"}


def test_descriptions_that_glue_would_not_take_are_told_as_it_takes_them(aws):
    long = f"First line.\nSecond,\t{'é' * 300}"
    fields = [{"key": "name", "type": "STRING", "description": long}]
    world = GlueWorld(RevisionTable("shop_live", "rev_1", "First", fields))
    world.make()
    (found,) = world.glue.get_tables(DatabaseName=f"{DATABASE_PREFIX}org_1")["TableList"]
    (told,) = [one["Comment"] for one in found["StorageDescriptor"]["Columns"] if one["Name"] == "name"]
    assert told == f"First line. Second, {'é' * 300}"[:255]
    assert world.table().schema().find_field("name").doc == long


@pytest.mark.parametrize("destination", [MANAGED, OWN_BUCKET])
def test_a_check_tries_all_that_delivery_needs_and_leaves_a_database_alone(aws, destination):
    world = GlueWorld(destination=destination)
    steps = world.connector.check(world.target)
    assert [step.reason for step in steps] == [None] * len(steps)
    assert [step.name for step in steps][-3:] == ["catalog", "write", "table"]
    assert world.keys(DATA) + world.keys(THEIRS) == []
    (database,) = world.glue.get_databases()["DatabaseList"]
    assert world.glue.get_tables(DatabaseName=database["Name"])["TableList"] == []
    assert [held for held in world.calls.optimizers.values() if held] == []


@pytest.mark.parametrize(
    ("operation", "step", "doing"),
    [
        (("glue", "GetTable"), "catalog", "look at the table in Glue"),
        (("s3", "PutObject"), "write", "store an object"),
        (("s3", "GetObject"), "write", "read an object"),
        (("s3", "DeleteObject"), "write", "remove an object"),
        (("glue", "CreateTable"), "table", "make the table in Glue"),
        (("glue", "UpdateTable"), "table", "change the table in Glue"),
        (("glue", "CreateTableOptimizer"), "table", "have the table looked after"),
        (("glue", "DeleteTable"), "table", "remove a table from Glue"),
    ],
)
def test_a_check_says_in_awss_words_what_is_refused(world, operation, step, doing):
    world.calls.before = lambda *made: "AccessDeniedException" if made == operation else None
    failed = world.connector.check(world.target)[-1]
    assert (failed.name, failed.state) == (step, "failed")
    assert failed.reason == f"AWS did not {doing}: AccessDeniedException."


def test_a_role_that_may_make_no_database_uses_the_one_that_is_there(aws):
    world = GlueWorld(destination=OWN_BUCKET)
    world.calls.before = lambda *made: "AccessDeniedException" if made[1] == "CreateDatabase" else None
    assert world.connector.check(world.target)[-1].reason == (
        "AWS did not make the database in Glue: EntityNotFoundException."
    )
    world.glue.create_database(DatabaseInput={"Name": "ingest"})
    assert world.connector.check(world.target)[-1] == CheckStep("table")


def test_a_table_of_another_environment_is_never_touched(aws):
    world = GlueWorld()
    world.make()
    world.target = Target("org_1", "env_2", TARGET.destination)
    assert "belongs to another environment" in world.connector.check(world.target)[-1].reason
    with pytest.raises(Undelivered, match="belongs to another environment"):
        world.deliver(landed([line(1, name="x")]))


def test_a_commit_that_another_was_ahead_of_is_tried_again_on_the_table_as_it_is_then(world):
    first, second = objects()
    world.make()
    left = [second]

    def overtake(_service, operation):
        if operation == "UpdateTable" and left:
            one = left.pop()
            GlueWorld().deliver(one)

    world.calls.before = overtake
    world.deliver(first)
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
    assert [call for call in world.calls.made if call[1] == "UpdateTable"] == [("glue", "UpdateTable")] * 3


def test_a_commit_whose_answer_is_lost_harms_no_file_and_is_found_when_the_object_comes_again(world):
    first, _ = objects()
    world.make()

    def lose(_service, operation):
        if operation == "UpdateTable":
            raise ConnectionResetError

    world.calls.after = lose
    with pytest.raises(Undelivered):
        world.deliver(first)
    updates = [call for call in world.calls.made if call[1] == "UpdateTable"]
    world.calls.after = lambda *_: None
    assert world.event_ids() == ["evt_1", "evt_2"]  # the files of the commit are there
    assert world.deliver(first).delivered.total() == 2
    assert world.event_ids() == ["evt_1", "evt_2"]
    assert len(updates) == 2  # one for the columns, one for the events: neither was sent again


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_a_worker_may_be_killed_after_any_call(world, every):
    call = 0
    while True:
        call += every
        world.target = Target("org_1", f"env_{call}", {**MANAGED, "table": f"shop_{call}"})
        left = [call]

        def count(_service, _operation, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        outcomes = []
        for one in objects():
            world.calls.after = count
            try:
                outcomes.append(world.deliver(one))
            except Killed:
                world.calls.after = lambda *_: None
                outcomes.append(world.deliver(one))
        world.calls.after = lambda *_: None
        assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
        assert [one.delivered.total() for one in outcomes] == [2, 1]
        assert [one.left_out.total() for one in outcomes] == [0, 1]
        if left[0] > 0:
            break
    assert call > 40


def test_snapshots_that_a_service_lets_expire_take_no_object_out_of_memory(world):
    """What Glue does: merges files in a commit of its own, and lets all snapshots but the newest go."""
    first, second = objects()
    world.deliver(first)
    world.deliver(second)
    table = world.table()
    old = [one.snapshot_id for one in table.metadata.snapshots if one != table.current_snapshot()]
    table.maintenance.expire_snapshots().by_ids(old).commit()
    assert [world.deliver(one).delivered.total() for one in (first, second)] == [2, 1]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
