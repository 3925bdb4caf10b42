"""What a destination refused, fixed and sent again: to one row each, whatever is repeated, and in balance."""

import gzip
import itertools
import json

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from connectors.bigquery.connector import BigQueryConnector
from connectors.s3.connector import S3Connector
from domain.delivery.landed import Outcomes
from domain.delivery.set_aside import Place
from domain.delivery.writer import make_handler, notification
from domain.errors import Undelivered
from domain.metering.ports import UsageSums
from tests.bigquery_double import FakeBigQuery
from tests.destinations import BIGQUERY, BUCKET, CREDENTIALS
from tests.landed import landed, line
from tests.management_api import Api
from tests.memory_objects import MemoryObjects

MAPS = [{"key": "name", "type": "STRING"}, {"key": "seen_at", "type": "TIMESTAMP", "presence": "optional"}]
ALL = "/v1/operations/set-aside"
REDRIVE = f"{ALL}/redrive"


class World:
    """The management API, the writer and BigQuery, on one landing bucket."""

    def __init__(self, tmp_path, mode="load", destination=None):
        self.api = Api()
        endpoint = self.api.endpoint()
        revision = self.api.draft(endpoint, *MAPS)
        self.api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
        destination = destination or {**BIGQUERY, "credentials": CREDENTIALS, "table": "shop", "mode": mode}
        self.environment = self.api.environment(endpoint, destination=destination, revision_id=revision["id"])
        self.bigquery = FakeBigQuery()
        self.api.connectors.bigquery = BigQueryConnector(clients=self.bigquery, sleep=lambda _: None)
        self.objects = self.api.landing
        self.usage = SqliteUsage(Database(tmp_path / "state.db"))
        self.now = 0.0
        self.written = set()
        self.handler = make_handler(
            self.api.table,
            self.api.connectors,
            self.api.secrets,
            self.objects,
            self.usage,
            monotonic=lambda: self.now,
            sleep=lambda _: None,
        )

    def accept(self, *lines):
        """Let ingest accept events and their stream land them."""
        environment = self.environment
        owner = {"organisation_id": self.api.organisation_id, "endpoint_id": environment["endpoint_id"]}
        minute = 1_793_613_600  # 2026-11-02T10:00Z
        sums = UsageSums(environment["id"], environment["revision_id"], minute, accepted=len(lines), **owner)
        self.usage.add([sums])
        key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-1.gz"
        landed(lines, objects=self.objects, key=key)

    def line(self, number, **fields):
        return line(number, revision_id=self.environment["revision_id"], name="x", **fields)

    def write(self, *, again=False):
        """Have the writer work off what has landed; `again`: old objects, too, as if their messages came twice."""
        keys = [key for key in self.objects.list_keys("landing", "environment=") if again or key not in self.written]
        self.written.update(keys)
        self.now += 1_000
        answer = self.handler({"Records": [{"messageId": "1", "body": notification("landing", keys)}]}, None)
        assert answer == {"batchItemFailures": []}

    def rows(self):
        (rows,) = self.bigquery.rows.values()
        return sorted(row["_event_id"] for row in rows)

    def counts(self):
        totals = self.usage.totals(self.environment["id"])
        return totals.accepted, totals.delivered, totals.set_aside

    def set_aside(self):
        return self.objects.list_keys("landing", "set-aside/")

    def redrive(self, **body):
        return self.api.call("POST", REDRIVE, body).json


@pytest.fixture(params=["load", "stream"])
def world(request, tmp_path):
    return World(tmp_path, request.param)


def poison(*event_ids, message="Could not parse '1,5' as DOUBLE for field price."):
    return lambda row: message if row["_event_id"] in event_ids else None


def test_a_refused_event_is_a_row_once_its_table_is_mended_and_the_ledger_balances_all_the_way(world):
    world.bigquery.poison = poison("evt_2", "evt_3")
    world.accept(*(world.line(number) for number in range(5)))
    world.write()
    assert world.rows() == ["evt_0", "evt_1", "evt_4"]
    assert world.counts() == (5, 3, 2)

    world.bigquery.poison = lambda _: None
    assert world.redrive(dry_run=True) == {"dry_run": True, "objects": 1, "events": 2, "skipped": [], "next": None}
    assert len(world.set_aside()) == 1
    assert world.redrive() == {"dry_run": False, "objects": 1, "events": 2, "skipped": [], "next": None}
    assert world.set_aside() == []
    assert world.counts() == (5, 3, 2)  # until it has arrived
    world.write()
    assert world.rows() == ["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]
    assert world.counts() == (5, 5, 0)
    world.write(again=True)
    assert world.rows() == ["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]
    assert world.counts() == (5, 5, 0)


def test_what_is_refused_again_is_set_aside_again_for_its_new_reason(world):
    world.bigquery.poison = poison("evt_2", "evt_3")
    world.accept(*(world.line(number) for number in range(5)))
    world.write()
    world.bigquery.poison = poison("evt_3", message="no such field: price")
    world.redrive()
    world.write()
    assert world.rows() == ["evt_0", "evt_1", "evt_2", "evt_4"]
    assert world.counts() == (5, 4, 1)
    (item,) = world.api.call("GET", ALL).json["items"]
    assert item["reasons"] == [{"reason": "no such field: price.", "events": 1}]

    world.bigquery.poison = lambda _: None
    assert world.redrive(ids=[item["id"]])["events"] == 1
    world.write()
    assert world.rows() == ["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]
    assert world.counts() == (5, 5, 0)


def test_whatever_call_fails_or_is_the_last_before_a_crash_a_second_redrive_makes_it_whole(tmp_path):
    for step in itertools.count():
        (tmp_path / str(step)).mkdir()
        world = World(tmp_path / str(step))
        world.bigquery.poison = poison("evt_1")
        world.accept(*(world.line(number) for number in range(3)))
        world.write()
        world.bigquery.poison = lambda _: None
        world.api.landing = failing = Failing(world.objects, step)
        world.api.handler = world.api.serve()
        answer = world.api.call("POST", REDRIVE, {})
        world.api.landing = world.objects
        world.api.handler = world.api.serve()
        world.write()
        assert world.redrive()["skipped"] == []
        assert world.set_aside() == []
        for _ in range(2):
            world.write(again=True)
            assert (world.rows(), world.counts()) == (["evt_0", "evt_1", "evt_2"], (3, 3, 0)), step
            world.redrive()  # of what the writer has set aside once more, since the first object's message came again
        if not failing.failed:
            assert answer.status == 200
            break
        assert answer.status == 503
    assert step > 8  # four calls and more, each before and after its effect


class Failing:
    """Objects of which one call fails, before its effect or after it."""

    def __init__(self, objects, step):
        self.objects = objects
        self.step = step
        self.calls = 0
        self.failed = False

    def __getattr__(self, name):
        def call(*arguments, **more):
            number, self.calls = self.calls, self.calls + 1
            if number == self.step // 2:
                self.failed = True
                if self.step % 2:
                    getattr(self.objects, name)(*arguments, **more)
                raise Undelivered("It can't be reached.")
            return getattr(self.objects, name)(*arguments, **more)

        return call


def test_an_event_that_stood_in_the_log_twice_becomes_one_row(tmp_path):
    world = World(tmp_path)
    world.bigquery.poison = poison("evt_1")
    world.accept(world.line(0), world.line(1))
    second = f"environment={world.environment['id']}/dt=2026-11-02/hour=10/stream-2.gz"
    landed([b" " + world.line(1)], objects=world.objects, key=second)
    world.write()
    assert len(world.set_aside()) == 2
    world.bigquery.poison = lambda _: None
    assert world.redrive()["events"] == 2
    world.write()
    assert world.rows() == ["evt_0", "evt_1"]


def test_the_text_of_an_event_outlives_what_bigquery_is_told_instead(world):
    world.bigquery.poison = poison("evt_1")
    moments = [world.line(number, seen_at=1_700_000_000) for number in range(2)]
    world.accept(*moments)
    world.write()
    (item,) = world.api.call("GET", ALL).json["items"]
    (row,) = world.api.call("GET", f"{ALL}/{item['id']}").json["lines"]
    assert json.loads(row)["event"]["seen_at"] == 1_700_000_000
    world.bigquery.poison = lambda _: None
    world.redrive()
    world.write()
    (rows,) = world.bigquery.rows.values()
    assert [row["seen_at"] for row in rows] == ["2023-11-14T22:13:20Z"] * 2


def test_a_bucket_of_a_user_gets_what_is_sent_again_too(tmp_path):
    world = World(tmp_path, destination=BUCKET)
    copies = MemoryObjects()
    world.api.connectors.s3 = S3Connector(lambda _: copies, ())
    outcomes = Outcomes()
    outcomes.refuse(world.line(1), "It is so.")
    place = Place(world.environment["id"], "2026-11-02", "10", "ab")
    world.objects.put("landing", place.key, outcomes.set_aside_body())
    world.usage.add_delivered("landed", outcomes.sums(world.environment["id"]))
    assert world.redrive()["events"] == 1
    world.write()
    destination = world.environment["destination"]
    (key,) = copies.list_keys(destination["bucket"])
    assert key == destination["prefix"] + place.key_sent_again()
    assert gzip.decompress(copies.get(destination["bucket"], key)).strip() == world.line(1)
    assert world.counts() == (0, 1, 0)


def later_revision(world, *maps):
    """Deploy another revision, and return its id."""
    endpoint = world.api.call("GET", f"/v1/endpoints/{world.environment['endpoint_id']}").json
    revision = world.api.draft(endpoint, *maps)
    world.api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
    path = f"/v1/environments/{world.environment['id']}/deployments"
    assert world.api.call("POST", path, {"revision_id": revision["id"]}).status in {200, 201}
    return revision["id"]


def table_rows(world):
    found = {
        name.rpartition(".")[2]: sorted(row["_event_id"] for row in rows) for name, rows in world.bigquery.rows.items()
    }
    return {name: rows for name, rows in found.items() if rows}


def test_events_whose_table_can_not_take_them_go_to_that_of_a_later_revision_once(world):
    world.bigquery.poison = poison("evt_1", "evt_2")
    world.accept(*(world.line(number) for number in range(4)))
    world.write()
    (item,) = world.api.call("GET", ALL).json["items"]
    assert item["newer_tables"] == []
    later = later_revision(world, *MAPS)
    (item,) = world.api.call("GET", ALL).json["items"]
    (shown,) = item["newer_tables"]
    assert shown["revision_id"] == later
    world.bigquery.poison = lambda _: None
    assert world.redrive(revision_id=later)["events"] == 2
    world.write()
    found = table_rows(world)
    assert found.pop(shown["table"]) == ["evt_1", "evt_2"]
    assert list(found.values()) == [["evt_0", "evt_3"]]
    assert world.counts() == (4, 4, 0)
    if world.environment["destination"]["mode"] == "stream":
        return  # what is delivered to another table once more is no repeat that BigQuery sees
    world.write(again=True)
    world.redrive(revision_id=later)
    world.write(again=True)
    assert sorted(table_rows(world).values()) == [["evt_0", "evt_3"], ["evt_1", "evt_2"]]
    assert world.counts() == (4, 4, 0)


def test_events_of_two_revisions_that_go_to_one_table_are_all_there(tmp_path):
    world = World(tmp_path)
    second = later_revision(world, *MAPS)
    third = later_revision(world, *MAPS)
    world.bigquery.poison = poison("evt_0", "evt_1")
    world.accept(world.line(0), line(1, revision_id=second, name="x"))
    world.write()
    world.bigquery.poison = lambda _: None
    assert world.redrive(revision_id=third)["events"] == 2
    world.write()
    world.write(again=True)
    assert list(table_rows(world).values()) == [["evt_0", "evt_1"]]
    assert world.counts()[1:] == (2, 0)


def test_a_redrive_that_broke_off_is_ended_by_the_next_whatever_table_that_names(tmp_path):
    world = World(tmp_path)
    world.bigquery.poison = poison("evt_0")
    world.accept(world.line(0))
    world.write()
    later = later_revision(world, *MAPS)
    world.bigquery.poison = lambda _: None
    (kept,) = world.set_aside()
    body = world.objects.get("landing", kept)
    assert world.redrive()["events"] == 1
    world.objects.put("landing", kept, body)  # as if the process had ended before it removed this
    assert world.redrive(revision_id=later)["events"] == 1
    assert world.set_aside() == []
    world.write()
    assert list(table_rows(world).values()) == [["evt_0"]]
    assert (
        len(world.objects.list_keys("landing", f"environment={world.environment['id']}/dt=2026-11-02/hour=10/set-a"))
        == 1
    )


def test_a_table_that_the_environment_does_not_have_is_named_in_vain(tmp_path):
    world = World(tmp_path)
    world.bigquery.poison = poison("evt_0")
    world.accept(world.line(0))
    world.write()
    (row,) = world.redrive(revision_id="rev_unknown")["skipped"]
    assert row["reason"].startswith("Its environment has no table of that revision")
    assert len(world.set_aside()) == 1
