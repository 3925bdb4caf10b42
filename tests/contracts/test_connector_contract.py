"""What every connector owes, the one that fails on purpose included."""

import json
import random
from dataclasses import replace

import pytest

from adapters.failing import Dice, Kind
from adapters.postgres import PostgresClient
from adapters.web_client import WebAnswer
from connectors.bigquery.connector import BigQueryConnector
from connectors.eventbridge.connector import eventbridge_connector
from connectors.failing.connector import FailingConnector
from connectors.http.connector import HttpConnector
from connectors.kinesis.connector import kinesis_connector
from connectors.postgres.connector import PostgresConnector
from connectors.s3.connector import S3Connector
from connectors.sqs.connector import sqs_connector
from domain.delivery.connectors import Capabilities
from domain.errors import Undelivered
from tests import lakes
from tests.bigquery_double import TABLE, TARGET, FakeBigQuery
from tests.destinations import BUCKET, EVENTBRIDGE, HTTP, KINESIS, SQS
from tests.glue_lakes import MANAGED, OWN_BUCKET, GlueFilesWorld, GlueWorld, aws
from tests.landed import MemoryObjects, Time, landed, line

__all__ = ["aws"]

LINES = [line(number, name="x") for number in range(20)]
KEYED = [line(f"{number:012x}8{0:015x}", name="x") for number in range(4)]
"""As of an `Idempotency-Key`: their sender may send them again."""


class S3World:
    def __init__(self):
        self.objects = MemoryObjects()
        self.connector = S3Connector(lambda _: self.objects, {"landing"})
        self.target = replace(TARGET, destination=BUCKET)

    def delivered(self):
        keys = [key for key in self.objects.list_keys(BUCKET["bucket"]) if "_ingest_check" not in key]
        objects = [landed_again(self.objects, key) for key in keys]
        return sorted(row for one in objects for row in one.lines())

    def left_behind(self):
        return [key for key in self.objects.list_keys(BUCKET["bucket"]) if not key.endswith("_ingest_check")]


def landed_again(objects, key):
    return type(landed(LINES))(objects, BUCKET["bucket"], key)


class BigQueryWorld:
    def __init__(self, mode):
        self.bigquery = FakeBigQuery()
        self.bigquery.query = lambda *_, **__: None
        time = Time()
        self.connector = BigQueryConnector(
            emulator_host="nowhere", clients=self.bigquery, monotonic=time.monotonic, sleep=time.sleep
        )
        self.target = replace(TARGET, destination={**TARGET.destination, "mode": mode})

    def delivered(self):
        known = {row.split(b'"')[3].decode(): row for row in (*LINES, *KEYED)}
        return sorted(known[event_id] for event_id in self.bigquery.event_ids())

    def left_behind(self):
        return [*self.bigquery.datasets, *self.bigquery.tables]


class HttpWorld:
    """A target that tells repeats by the ids of batches, as receivers of Standard Webhooks do."""

    def __init__(self):
        self.batches = {}
        self.connector = HttpConnector(self)
        destination = {**HTTP, "header_names": [], "format": "ndjson", "max_events": 7, "sign": False}
        self.target = replace(TARGET, destination=destination, secret=None)

    def post(self, _url, headers, body, **_):
        self.batches[headers["webhook-id"]] = body.splitlines()
        return WebAnswer(200, {}, None)

    def delivered(self):
        return sorted(row for batch in self.batches.values() for row in batch)

    def left_behind(self):
        return self.delivered()


class EntriesWorld:
    """What takes entries of events, and tells repeats by the ids of events as receivers do."""

    def __init__(self, connector_from, destination, line_of):
        self.lines = {}
        self.line_of = line_of
        self.connector = connector_from(lambda _: self)
        self.target = replace(TARGET, destination=destination, secret=None)

    def put(self, entries):
        for entry in entries:
            row = self.line_of(entry)
            self.lines[json.loads(row).get("_event_id")] = row
        return [None] * len(entries)

    def delivered(self):
        return sorted(row for event_id, row in self.lines.items() if event_id)

    def left_behind(self):
        return self.delivered()


def sqs_world():
    destination = {**SQS, "message_group": "events"}
    return EntriesWorld(sqs_connector, destination, lambda entry: entry["MessageBody"].encode())


def kinesis_world():
    return EntriesWorld(kinesis_connector, KINESIS, lambda entry: entry["Data"])


def eventbridge_world():
    destination = {**EVENTBRIDGE, "detail_type": "event"}
    return EntriesWorld(eventbridge_connector, destination, lambda entry: entry["Detail"].encode())


def lines_of(event_ids):
    known = {json.loads(row)["_event_id"]: row for row in (*LINES, *KEYED)}
    return sorted(known[event_id] for event_id in event_ids)


class LakeWorld:
    def __init__(self, folder):
        self.world = lakes.World(folder, TABLE)
        self.connector = self.world.connector
        self.target = replace(lakes.TARGET, environment_id=TARGET.environment_id)

    def delivered(self):
        return lines_of(self.world.event_ids())

    def left_behind(self):
        return [path for path in self.world.lakes._buckets_dir.rglob("*") if path.is_file()]


class ParquetWorld:
    def __init__(self, folder):
        self.world = lakes.ParquetWorld(folder, TABLE)
        self.connector = self.world.connector
        self.target = replace(self.world.target, environment_id=TARGET.environment_id)

    def delivered(self):
        return lines_of(self.world.event_ids())

    def left_behind(self):
        return [path for path in self.world.folder.rglob("*") if path.is_file()]


class LakeOnAwsWorld:
    def __init__(self):
        self.world = GlueWorld(TABLE)
        self.connector = self.world.connector
        self.target = self.world.target = replace(self.world.target, environment_id=TARGET.environment_id)

    def delivered(self):
        return lines_of(self.world.event_ids())

    def left_behind(self):
        return self.world.keys()


class ParquetOnAwsWorld(LakeOnAwsWorld):
    def __init__(self, destination):
        self.world = GlueFilesWorld(TABLE, destination=destination)
        self.connector = self.world.connector
        self.target = self.world.target = replace(self.world.target, environment_id=TARGET.environment_id)


class PostgresWorld:
    def __init__(self, server):
        self.server = server
        self.schema = server.new_schema()
        self.connector = PostgresConnector(PostgresClient(own_machine=True))
        destination = {"type": "postgres", "schema": self.schema, "table": "shop"}
        self.target = replace(TARGET, destination=destination, secret=server.secret(user=self.schema))

    def delivered(self):
        return lines_of(event_id for (event_id,) in self.server.run(f"SELECT _event_id FROM {self.schema}.shop"))

    def left_behind(self):
        return self.server.run(f"SELECT tablename FROM pg_tables WHERE schemaname = '{self.schema}'")


WORLDS = {
    "s3": S3World,
    "http": HttpWorld,
    "sqs": sqs_world,
    "kinesis": kinesis_world,
    "eventbridge": eventbridge_world,
}

ONCE = ["lake", "lake parquet", "lake on AWS", "lake parquet on AWS", "lake parquet of a user", "postgres"]


@pytest.fixture(
    params=[
        "stream",
        "load",
        "lake",
        "lake parquet",
        "lake on AWS",
        "lake parquet on AWS",
        "lake parquet of a user",
        "postgres",
        *WORLDS,
    ]
)
def world(request, tmp_path):
    if request.param == "lake":
        return LakeWorld(tmp_path)
    if request.param == "lake parquet":
        return ParquetWorld(tmp_path)
    if request.param == "lake on AWS":
        request.getfixturevalue("aws")
        return LakeOnAwsWorld()
    if request.param in {"lake parquet on AWS", "lake parquet of a user"}:
        request.getfixturevalue("aws")
        return ParquetOnAwsWorld(OWN_BUCKET if request.param == "lake parquet of a user" else MANAGED)
    if request.param == "postgres":
        return PostgresWorld(request.getfixturevalue("postgres"))
    return WORLDS[request.param]() if request.param in WORLDS else BigQueryWorld(request.param)


def deliver(world, connector, one):
    return connector.deliver(world.target, one, lambda _: TABLE, Time().budget())


def test_it_says_what_it_can_do(world):
    assert isinstance(world.connector.capabilities, Capabilities)


def test_a_check_of_a_sound_destination_passes_and_leaves_nothing_behind(world):
    steps = world.connector.check(world.target)
    assert steps
    assert [step.reason for step in steps] == [None] * len(steps)
    assert world.left_behind() == []


def test_a_check_looks_for_no_repeats_whatever_it_calls_its_probe():
    world = BigQueryWorld("load")
    looks = []
    world.bigquery.query = lambda statement, **_: looks.append(statement)
    for _ in range(100):
        world.connector.check(world.target)
    assert set(looks) == {"SELECT 1"}


def test_tables_may_be_made_as_often_as_one_likes(world):
    for _ in range(3):
        world.connector.make_tables(world.target, [TABLE])


def test_all_events_arrive_once_however_often_an_object_is_delivered(world):
    world.connector.make_tables(world.target, [TABLE])
    one = landed(LINES)
    outcomes = [deliver(world, world.connector, one) for _ in range(3)]
    assert world.delivered() == sorted(LINES)
    assert [outcome.delivered.total() for outcome in outcomes] == [20] * 3
    assert all(outcome.set_aside_body() is None for outcome in outcomes)


def test_an_object_that_is_gone_is_said_and_not_taken_for_an_empty_one(world):
    one = landed(LINES)
    one._objects.objects.clear()
    with pytest.raises(Undelivered):
        deliver(world, world.connector, one)


def test_nothing_is_lost_or_doubled_by_calls_that_fail_before_or_after_their_effect(world):
    rates = {Kind.THROTTLE: 0.2, Kind.TIMEOUT_BEFORE: 0.2, Kind.TIMEOUT_AFTER: 0.2, Kind.PARTIAL: 0.1}
    failing = FailingConnector(world.connector, Dice(rates, random.Random(7)))
    world.connector.make_tables(world.target, [TABLE])
    objects = [landed([row], key=f"environment=env_1/dt=2026-11-02/hour=10/{n}.gz") for n, row in enumerate(LINES)]
    left = list(objects)
    for _ in range(200):
        left = [one for one in left if not delivered_by(world, failing, one)]
    assert left == []
    assert world.delivered() == sorted(LINES)


@pytest.mark.parametrize("world", ONCE, indirect=True)
def test_each_event_is_there_once_where_every_object_has_those_of_all_before_it_again(world):
    world.connector.make_tables(world.target, [TABLE])
    for number in range(len(KEYED)):
        one = landed(KEYED[: number + 1], key=f"environment=env_1/dt=2026-11-02/hour=10/{number}.gz")
        outcomes = deliver(world, world.connector, one)
        assert (outcomes.delivered.total(), outcomes.repeats.total()) == (1, number)
    assert world.delivered() == KEYED


def delivered_by(world, connector, one):
    try:
        return bool(deliver(world, connector, one).delivered)
    except Undelivered:
        return False


def test_one_that_fails_on_purpose_says_so(world):
    failing = FailingConnector(world.connector, Dice({Kind.GONE: 1.0}, random.Random(1)))
    assert failing.capabilities == world.connector.capabilities
    assert failing.check(world.target)[0].reason == "Failed on purpose: gone."
    for call in (failing.make_tables, failing.make_views):
        with pytest.raises(Undelivered) as raised:
            call(world.target, [TABLE])
        assert not raised.value.retryable
