"""The writer of what landed: whole objects, counted once, and no environment that holds up another."""

import threading

import pytest

from domain.catalog.delivered_environments import every_table, tables_of
from domain.delivery.landed import Outcomes, stamps_of
from domain.delivery.last_error import UNEXPECTED
from domain.delivery.resting import AskedToWait
from domain.delivery.writer import make_handler, notification
from domain.errors import Undelivered
from domain.records.keys import environment_key
from schemas.items import pointer_key
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.landed import MemoryObjects, landed, line
from tests.management_api import Api

WITH_KEY = {**BIGQUERY, "credentials": CREDENTIALS}


class Sink:
    """Keeps what was counted, once for each object."""

    def __init__(self):
        self.objects = {}
        self.fails = 0

    def add_delivered(self, object_name, sums):
        if self.fails:
            self.fails -= 1
            raise Undelivered("The table can't be reached.")
        self.objects.setdefault(object_name, sums)


class World:
    def __init__(self):
        self.api = Api()
        self.endpoint = self.api.endpoint()
        self.objects = MemoryObjects()
        self.sink = Sink()
        self.now = 0.0
        self.connector = self.api.connectors.bigquery
        self.connector.deliver = self.deliver
        self.refused = set()
        self.delivered = []
        self.targets = []
        self.hangs = {}
        self.handler = make_handler(
            self.api.table,
            self.api.connectors,
            self.api.secrets,
            self.objects,
            self.sink,
            environment_seconds=0.2,
            clock=self.api.clock,
            monotonic=lambda: self.now,
            sleep=lambda _: None,
        )

    def environment(self, name="Live"):
        return self.api.environment(self.endpoint, name, destination={**WITH_KEY, "table": name.lower()})

    def deliver(self, target, one, tables, budget):
        hang = self.hangs.get(target.environment_id)
        if hang is not None:
            hang.wait(20)
            raise Undelivered("It did not answer in time.")
        self.targets.append(target)
        outcomes = Outcomes()
        for row in one.lines():
            stamps = stamps_of(row)
            assert tables(stamps.revision_id) is not None, stamps
            if stamps.event_id in self.refused:
                outcomes.refuse(row, "It is refused.")
            else:
                self.delivered.append(stamps.event_id)
                outcomes.deliver(stamps)
        return outcomes

    def land(self, environment, *numbers, revision_id=None):
        """Put an object of an environment and return its notification."""
        rows = [line(number, revision_id=revision_id or environment["revision_id"]) for number in numbers]
        key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-{numbers[0]}.gz"
        landed(rows, objects=self.objects, key=key)
        return notification("landing", [key])

    def write(self, *bodies):
        """Hand messages to the function; return the indexes of those that have to come again."""
        records = [{"messageId": str(index), "body": body} for index, body in enumerate(bodies)]
        answer = self.handler({"Records": records}, None)
        return [int(row["itemIdentifier"]) for row in answer["batchItemFailures"]]


@pytest.fixture
def world():
    return World()


def test_an_object_is_delivered_with_the_environments_credentials_and_counted_once(world):
    environment = world.environment()
    message = world.land(environment, 1, 2, 3)
    assert world.write(message) == []
    assert world.write(message) == []
    assert world.delivered == ["evt_1", "evt_2", "evt_3"] * 2  # which the real ones tell apart by id
    assert "the-secret-of-the-service-account" in world.targets[0].secret
    (sums,) = world.sink.objects.values()
    assert [(row.environment_id, row.delivered) for row in sums] == [(environment["id"], 3)]
    owners = {(row.endpoint_id, row.organisation_id) for row in sums}
    assert owners == {(environment["endpoint_id"], world.api.organisation_id)}


def test_what_is_refused_stands_beside_its_reason_in_one_place_however_often_it_is_tried(world):
    environment = world.environment()
    world.refused = {"evt_2"}
    message = world.land(environment, 1, 2, 3)
    for _ in range(2):
        assert world.write(message) == []
    (key,) = world.objects.list_keys("landing", "set-aside/")
    assert key.startswith(f"set-aside/environment={environment['id']}/dt=2026-11-02/hour=10/")
    ((row,),) = world.sink.objects.values()
    assert (row.delivered, row.set_aside) == (2, 1)


def test_a_writer_knows_whether_a_message_came_before(world):
    seen = []
    world.connector.deliver = lambda target, one, tables, budget: seen.append(one.was_tried) or Outcomes()
    message = {"messageId": "1", "body": world.land(world.environment(), 1)}
    for received in ({}, {"ApproximateReceiveCount": "1"}, {"ApproximateReceiveCount": "2"}):
        world.handler({"Records": [{**message, "attributes": received}]}, None)
    assert seen == [False, False, True]


def test_a_message_is_not_done_with_before_its_events_are_counted(world):
    message = world.land(world.environment(), 1)
    world.sink.fails = 1
    assert world.write(message) == [0]
    world.now += 100
    assert world.write(message) == []


def test_a_destination_that_hangs_keeps_no_other_waiting(world):
    slow, fast = world.environment("Slow"), world.environment("Fast")
    world.hangs[slow["id"]] = threading.Event()
    messages = [world.land(slow, 1), world.land(fast, 2), world.land(slow, 3), world.land(fast, 4)]
    done = threading.Event()
    threading.Thread(target=lambda: (world.write(*messages), done.set()), daemon=True).start()
    for _ in range(500):
        if len(world.delivered) == 2:
            break
        done.wait(0.02)
    assert world.delivered == ["evt_2", "evt_4"]
    assert not done.is_set()
    world.hangs[slow["id"]].set()
    assert done.wait(20)
    del world.hangs[slow["id"]]
    assert world.write(messages[0]) == [0]  # it rests for a while
    world.now += 60
    assert world.write(messages[0], messages[2]) == []


def test_a_destination_that_asks_to_be_left_alone_is_for_as_long_as_it_asks(world):
    message = world.land(world.environment(), 1)
    tries = []

    def ask_for_a_while(*_):
        tries.append(world.now)
        raise AskedToWait("The target answered 429.", 300.0)

    world.connector.deliver = ask_for_a_while
    for now in (0, 100, 299, 300):
        world.now = now
        assert world.write(message) == [0]
    assert tries == [0, 300]
    world.connector.deliver = world.deliver
    world.now = 700
    assert world.write(message) == []


def test_what_is_none_of_ours_goes_back_and_ends_with_the_dead_letters(world):
    environment = world.environment()
    good = world.land(environment, 1)
    strange = [
        "no json",
        '{"Records": [{"s3": {}}]}',
        "[]",
        notification("landing", ["quarantine/x.gz"]),
        notification("landing", ["environment=env_never/dt=2026-11-02/hour=10/x.gz"]),
        notification("landing", [f"environment={environment['id']}/dt=2026-11-02/hour=10/gone.gz"]),
    ]
    assert world.write(*strange, good, '{"Service": "Amazon S3", "Event": "s3:TestEvent"}') == [0, 1, 2, 3, 4, 5]
    assert world.delivered == ["evt_1"]


def test_keys_arrive_as_s3_writes_them(world):
    message = world.land(world.environment(), 1)
    assert world.write(message.replace("=", "%3D")) == []


def test_what_was_accepted_before_an_environment_was_deleted_still_arrives(world):
    environment = world.environment()
    message = world.land(environment, 1)
    world.api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live")
    assert world.write(message) == []
    assert world.delivered == ["evt_1"]
    assert world.api.table.get(pointer_key(environment["id"])).data["state"] == "deleted"


def test_events_under_a_revision_that_never_ran_get_its_table_and_the_view_is_told(world):
    environment = world.environment()
    other = world.api.finalised(world.endpoint, name="Mended")
    foreign = world.api.finalised(world.api.endpoint("Other"))
    assert world.write(world.land(environment, 1, revision_id=other["id"])) == []
    item = world.api.table.get(environment_key(environment["endpoint_id"], environment["id"]))
    assert [row["revision_id"] for row in item.data["tables"]] == [other["id"], environment["revision_id"]]
    (letter,) = world.api.table.query("OUTBOX")
    assert letter.data["messages"] == [{"action": "provision", "environment_id": environment["id"]}]
    assert world.write(world.land(environment, 2, revision_id=foreign["id"])) == [0]


def test_a_deployment_that_lost_its_connector_keeps_what_landed(world):
    message = world.land(world.environment(), 1)
    world.api.connectors.bigquery = None
    assert world.write(message) == [0]


def test_what_fails_by_our_own_fault_goes_back_and_no_word_of_an_event_is_logged(world, caplog):
    message = world.land(world.environment(), 1)
    world.connector.deliver = lambda *_: {}["the event said so"]
    assert world.write(message) == [0]
    assert "KeyError" in caplog.text
    assert "the event said so" not in caplog.text.replace('["the event said so"]', "")
    world.connector.deliver = world.deliver
    assert world.write(message) == []


def test_while_a_canary_runs_its_table_and_the_other_are_known_to_stand_side_by_side(world):
    environment = world.environment()
    canary = world.api.finalised(world.endpoint, name="Next")
    body = {"revision_id": canary["id"], "canary": {"share": 10, "seconds": 600}}
    path = f"/v1/environments/{environment['id']}/deployments"
    made = world.api.call("POST", path, body).json
    began = world.api.clock.now_ns // 1_000_000_000

    def beside():
        item = world.api.table.get(environment_key(world.endpoint["id"], environment["id"])).data
        find = tables_of(world.api.table, item)
        own, other = find(environment["revision_id"]), find(canary["id"])
        assert [each.name for each in own.beside] == [other.name]
        assert [each.name for each in other.beside] == [own.name]
        assert other.beside[0].start.timestamp() <= world.api.clock.now_ns / 1_000_000_000
        assert other.beside[0].end.year == 9999, "which runs still"
        return tuple(moment.timestamp() for moment in own.beside[0][2:4])

    assert beside() == (began, began + 600)
    world.api.clock.now_ns += 60_000_000_000
    assert world.api.call("POST", f"{path}/{made['id']}/abort").status == 200
    assert beside() == (began, began + 65)  # every handler knows of the end by then


def test_each_table_is_known_with_when_its_revision_ran_whatever_was_deployed_in_between(world):
    """A sender may send again what it sent two deployments ago, within the hour for which repeats are looked for."""
    environment = world.environment()
    path = f"/v1/environments/{environment['id']}/deployments"
    second = 1_000_000_000
    first = environment["revision_id"]
    plain, canary, last = (world.api.finalised(world.endpoint, name=name)["id"] for name in ("Two", "Three", "Four"))
    start = world.api.clock.now_ns // second

    world.api.clock.now_ns += 100 * second
    assert world.api.call("POST", path, {"revision_id": plain}).status == 201
    world.api.clock.now_ns += 100 * second
    made = world.api.call("POST", path, {"revision_id": canary, "canary": {"share": 10, "seconds": 600}}).json
    world.api.clock.now_ns += 100 * second
    assert world.api.call("POST", f"{path}/{made['id']}/promote").status == 200
    world.api.clock.now_ns += 100 * second
    assert world.api.call("POST", path, {"revision_id": last}).status == 201

    item = world.api.table.get(environment_key(world.endpoint["id"], environment["id"])).data
    find = tables_of(world.api.table, item)
    ran = {first: [(0, 105)], plain: [(100, 305)], canary: [(200, 305), (300, 405)], last: [(400, None)]}
    for revision_id in ran:
        beside = {}
        for each in find(revision_id).beside:
            end = None if each.end.year == 9999 else round(each.end.timestamp() - start)
            beside.setdefault(each.revision_id, []).append((round(each.start.timestamp() - start), end))
        assert beside == {other: times for other, times in ran.items() if other != revision_id}


def test_the_tables_of_a_canary_are_there_before_it_begins_and_its_own_is_not_the_newest_of_the_view(world):
    environment = world.environment()
    canary = world.api.finalised(world.endpoint, name="Next")["id"]
    path = f"/v1/environments/{environment['id']}/deployments"

    def revisions():
        item = world.api.table.get(environment_key(world.endpoint["id"], environment["id"])).data
        return [table.revision_id for table in every_table(world.api.table, item)]

    made = world.api.call("POST", path, {"revision_id": canary, "canary": {"share": 10}}).json
    assert world.connector.tables == [f"live_next_{canary[-8:]}"]
    assert revisions() == [canary, environment["revision_id"]]
    world.api.call("POST", f"{path}/{made['id']}/promote")
    assert revisions() == [environment["revision_id"], canary]


def last_error(world, environment):
    return world.api.call("GET", f"/v1/environments/{environment['id']}").json["delivery_error"]


def test_an_environment_says_why_its_destination_failed_and_when_it_recovered(world):
    environment, other = world.environment(), world.environment("Other")
    message = world.land(environment, 1)
    assert last_error(world, environment) is None

    def fail(*_):
        raise Undelivered("Quota exceeded for table live.")

    world.connector.deliver = fail
    assert world.write(message) == [0]
    found = last_error(world, environment)
    assert (found["reason"], found["recovered_at"]) == ("Quota exceeded for table live.", None)
    listed = world.api.call("GET", f"/v1/endpoints/{world.endpoint['id']}/environments").json["items"]
    assert [row["delivery_error"] for row in listed] == [found, None]
    assert last_error(world, other) is None
    world.connector.deliver = world.deliver
    world.now += 60
    assert world.write(message) == []
    assert last_error(world, environment)["recovered_at"] > found["at"]


def test_a_fault_of_ours_is_told_without_its_text(world):
    environment = world.environment()

    def fail(*_):
        raise ValueError("a value of an event")

    world.connector.deliver = fail
    world.write(world.land(environment, 1))
    assert last_error(world, environment)["reason"] == UNEXPECTED


def test_what_is_not_the_destinations_is_no_error_of_it(world):
    environment = world.environment()
    world.sink.fails = 1
    assert world.write(world.land(environment, 1)) == [0]
    assert last_error(world, environment) is None


def test_reasons_of_single_events_are_no_error_of_the_destination(world):
    environment = world.environment()
    world.refused = {"evt_1"}
    assert world.write(world.land(environment, 1)) == []
    assert last_error(world, environment) is None
