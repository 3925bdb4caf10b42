"""The provisioner when calls fail before or after they are done, and when it dies between any two of them.

Each run goes through the life of an environment: made, given more streams, fewer, other settings, removed. One call of
it goes wrong; a queue delivers what was not finished again. In the end there is what has to be, and nothing else.
"""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from adapters.firehose.admin import DeliveryRole, FirehoseAdmin
from domain.errors import Undelivered
from functions.provisioner.handler import Buckets, ProvisionerSettings, make_handler
from schemas.items import pointer_key
from tests.management_api import Api
from tests.one_at_a_time import OneAtATime

MAX_DELIVERIES = 20


class Died(BaseException):
    """What ends a process ends everything: nothing catches it but the queue."""


class Faults:
    """Counts calls and makes one of them go wrong."""

    def __init__(self):
        self.calls = 0
        self.at = 0
        self.after = False
        self.error: BaseException | None = None

    def set(self, at, error, *, after):
        self.calls, self.at, self.error, self.after = 0, at, error, after

    def __call__(self, work):
        self.calls += 1
        number = self.calls
        if number == self.at and not self.after:
            raise self.error
        result = work()
        if number == self.at:
            raise self.error
        return result


class FaultyStreams:
    """A `StreamAdmin` all of whose calls go through the faults."""

    def __init__(self, admin, faults):
        self._admin = admin
        self._faults = faults

    def __getattr__(self, name):
        return lambda *args: self._faults(lambda: getattr(self._admin, name)(*args))


class FaultyTable:
    """A `Table` all of whose calls go through the faults."""

    def __init__(self, table, faults):
        self._table = table
        self._faults = faults

    def __getattr__(self, name):
        return lambda *args, **more: self._faults(lambda: getattr(self._table, name)(*args, **more))


class World:
    """A catalog with one endpoint, a provisioner, and the queue between them."""

    def __init__(self, admin, *, faulty=("streams", "table")):
        self.api = Api()
        self.admin = admin
        self.faults = Faults()
        self.handler = make_handler(
            FaultyTable(self.api.table, self.faults) if "table" in faulty else self.api.table,
            FaultyStreams(admin, self.faults) if "streams" in faulty else admin,
            ProvisionerSettings(Buckets("data", "landing")),
            self.api.clock,
        )
        self.endpoint = self.api.endpoint()
        self.environment = None

    def settle(self):
        """Deliver every message until it is done with, each time the clock forward by what has to be waited for."""
        messages = [(message, 1) for message in self.api.queue.messages]
        self.api.queue.messages = []
        while messages:
            message, receives = messages.pop(0)
            assert receives <= MAX_DELIVERIES
            if not self.take(message, receives):
                self.api.clock.now_ns += 300 * 1_000_000_000
                messages.append((message, receives + 1))

    def take(self, message, receives):
        record = {
            "messageId": "1",
            "body": json.dumps(message),
            # More than one fault in a row would be shown as the failure that it is.
            "attributes": {"ApproximateReceiveCount": str(min(receives, 2))},
        }
        try:
            return self.handler({"Records": [record]}, None)["batchItemFailures"] == []
        except Died:
            return False

    def live(self, name):
        """Go through the life of an environment and return, step by step, what there was of it."""
        settings = {"streams": 2}
        seen = []
        if self.environment is None:
            self.environment = self.api.environment(self.endpoint, name, **settings)
        else:
            revision_id = self.environment["revision_id"]
            self.environment = self.api.environment(self.endpoint, name, revision_id=revision_id, **settings)
        path = f"/v1/environments/{self.environment['id']}"
        self.settle()
        seen.append(self.state())
        for change in ({"streams": 3}, {"streams": 1}, {"buffer_seconds": 5}):
            assert self.api.call("PATCH", path, change).status == 200
            self.settle()
            seen.append(self.state())
        assert self.api.call("DELETE", f"{path}?confirm={name}").status == 204
        self.settle()
        seen.append(self.state())
        return seen

    def state(self):
        pointer = self.api.table.get(pointer_key(self.environment["id"])).data
        names = [f"ingest-{self.environment['id']}-{number}" for number in range(1, 4)]
        there = [number for number, name in enumerate(names, 1) if self.admin.is_active(name)]
        told = [name.rpartition("-")[2] for name in pointer["streams"]]
        return pointer["state"], there, told


EXPECTED = [
    ("active", [1, 2], ["1", "2"]),
    ("active", [1, 2, 3], ["1", "2", "3"]),
    ("active", [1], ["1"]),
    ("active", [1], ["1"]),
    ("deleted", [], ["1", "2", "3"]),
]
KINDS = {
    "fails-before": (Undelivered("Busy."), False),
    "fails-after": (Undelivered("Busy."), True),
    "dies-before": (Died(), False),
    "dies-after": (Died(), True),
}
SLOW = pytest.mark.slow


def go_wrong_everywhere(world, kind, *, every=1):
    """Let each call of a life go wrong in turn; return how many lives that were."""
    error, after = KINDS[kind]
    assert world.live("None") == EXPECTED
    calls = world.faults.calls
    lives = 0
    for number in range(1, calls + 1, every):
        world.faults.set(number, error, after=after)
        assert world.live(f"{number}") == EXPECTED, f"call {number} of {calls}"
        lives += 1
    return lives


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[SLOW] if kind in {"fails-before", "dies-after"} else []) for kind in KINDS]
)
def test_whichever_call_goes_wrong_the_embedded_streams_are_as_they_have_to_be(tmp_path, kind):
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), lambda: 0)
    assert go_wrong_everywhere(World(streams), kind) > 40


@pytest.mark.parametrize("kind", ["fails-after", pytest.param("dies-before", marks=SLOW)])
def test_whichever_call_goes_wrong_the_streams_of_firehose_are_as_they_have_to_be(kind):
    with mock_aws():
        client = boto3.client("firehose", region_name="eu-central-1")
        admin = FirehoseAdmin(client, DeliveryRole("arn:aws:iam::123456789012:role/delivery"))
        # A sample: each call of Firehose by itself goes wrong in tests/unit/test_firehose_admin.py.
        assert go_wrong_everywhere(World(admin, faulty=("streams",)), kind, every=9) >= 4
        assert client.list_delivery_streams()["DeliveryStreamNames"] == []


class Racing:
    """A `StreamAdmin` whose calls of two threads take turns, in an order that every run mixes anew."""

    def __init__(self, admin):
        self._admin = admin
        self._lock = threading.Lock()

    def __getattr__(self, name):
        def call(*args):
            with self._lock:
                return getattr(self._admin, name)(*args)

        return call


def test_provisioners_that_work_on_the_same_messages_at_once_come_to_the_same(tmp_path):
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), lambda: 0)
    world = World(Racing(streams), faulty=())
    settle_alone = world.settle

    def settle_together():
        messages = list(world.api.queue.messages) * 4
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda message: world.take(message, 1), messages))
        world.api.queue.messages = world.api.queue.messages or messages[:1]
        settle_alone()

    world.settle = settle_together
    for life in range(5):
        assert world.live(f"{life}") == EXPECTED


def test_two_that_provision_one_environment_on_firehose_at_once_come_to_the_same():
    with mock_aws():
        client = OneAtATime(boto3.client("firehose", region_name="eu-central-1"))
        admin = FirehoseAdmin(client, DeliveryRole("arn:aws:iam::123456789012:role/delivery"))
        world = World(admin, faulty=())
        environment = world.api.environment(world.endpoint, streams=5)
        (message,) = world.api.queue.messages
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: world.take(message, 1), range(4)))
        world.environment = environment
        world.settle()
        assert world.state()[0] == "active"
        assert len(client.list_delivery_streams()["DeliveryStreamNames"]) == 5
