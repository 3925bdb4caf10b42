"""However much of one environment waits, writers that know nothing of each other leave some of them to all others."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus

import pytest

from domain.delivery.shares import ENTRY_SECONDS, LATER_SECONDS, Shares
from domain.delivery.writer import make_handler
from domain.errors import Undelivered
from domain.records.keys import writers_key
from tests.functions.test_bigquery_writer import World

MOST = 3
WRITERS = 8
SECONDS = 60.0


class Writers:
    """Several functions on one catalog, each of which takes a message at a time."""

    def __init__(self):
        self.world = World()
        self.later = []
        self.fails = False
        self.hanging = self.world.environment("Hanging")
        self.healthy = self.world.environment("Healthy")
        self.entered = threading.Semaphore(0)
        self.answers = threading.Event()
        self.deliver = self.world.connector.deliver
        self.world.connector.deliver = self.deliver_or_hang
        self.handlers = [self.function() for _ in range(WRITERS)]

    def shares(self):
        return Shares(self.world.api.table, self.world.api.clock, self.send_later, most=MOST)

    def function(self):
        api = self.world.api
        return make_handler(
            api.table,
            api.connectors,
            api.secrets,
            self.world.objects,
            self.world.sink,
            shares=self.shares(),
            environment_seconds=SECONDS,
            clock=api.clock,
        )

    def send_later(self, message, seconds):
        if self.fails:
            raise Undelivered("The queue can't be reached.")
        self.later.append((message, seconds))

    def deliver_or_hang(self, target, one, tables, budget):
        if target.environment_id == self.hanging["id"]:
            self.entered.release()
            assert self.answers.wait(SECONDS)
        return self.deliver(target, one, tables, budget)

    def put_off(self):
        """Return the keys of the objects that come again later, and after how long."""
        told = [(json.loads(message), seconds) for message, seconds in self.later]
        return [(unquote_plus(one["Records"][0]["s3"]["object"]["key"]), seconds) for one, seconds in told]

    def call(self, number, message):
        answer = self.handlers[number]({"Records": [{"messageId": "1", "body": message}]}, None)
        return len(answer["batchItemFailures"])


def key_of(message):
    return json.loads(message)["Records"][0]["s3"]["object"]["key"]


@pytest.fixture
def writers():
    return Writers()


def test_one_environment_never_holds_more_than_its_share_of_the_writers(writers):
    messages = [writers.world.land(writers.hanging, number) for number in range(WRITERS - 1)]
    with ThreadPoolExecutor(WRITERS) as pool:
        held = [pool.submit(writers.call, number, messages[number]) for number in range(MOST)]
        for _ in range(MOST):
            assert writers.entered.acquire(timeout=SECONDS)
        # All others come back at once, and what they had comes again later, as a new message.
        assert [writers.call(number, messages[number]) for number in range(MOST, WRITERS - 1)] == [0] * 4
        assert writers.put_off() == [(key_of(message), LATER_SECONDS) for message in messages[MOST:]]
        assert writers.call(WRITERS - 1, writers.world.land(writers.healthy, 100)) == 0
        assert len(writers.world.delivered) == 1
        writers.answers.set()
        assert [one.result(SECONDS) for one in held] == [0] * MOST
    # Those that are done have left.
    assert [writers.call(0, message) for message, _ in list(writers.later)] == [0] * 4
    assert len(writers.world.delivered) == WRITERS
    assert len(writers.later) == 4


def test_what_can_not_be_put_off_stays_in_the_queue(writers):
    for _ in range(MOST):
        assert writers.shares().enter(writers.healthy["id"])
    writers.fails = True
    message = writers.world.land(writers.healthy, 1)
    assert writers.call(0, message) == 1
    writers.fails = False
    assert writers.call(0, message) == 0
    assert writers.put_off() == [(key_of(message), LATER_SECONDS)]
    assert writers.world.delivered == []


def test_the_entry_of_a_writer_that_was_killed_expires(writers):
    api = writers.world.api
    for _ in range(MOST):
        assert writers.shares().enter("env_1")
    api.clock.now_ns += (ENTRY_SECONDS - 2) * 10**9
    assert writers.shares().enter("env_1") is None
    assert writers.shares().enter("env_2")
    api.clock.now_ns += 2 * 10**9
    entry = writers.shares().enter("env_1")
    assert list(api.table.get(writers_key("env_1")).data["entries"]) == [entry]
    writers.shares().leave("env_1", entry)
    writers.shares().leave("env_1", entry)
    assert api.table.get(writers_key("env_1")).data["entries"] == {}


def test_of_writers_that_enter_at_once_no_more_get_in_than_may(writers):
    with ThreadPoolExecutor(WRITERS) as pool:
        entries = list(pool.map(lambda _: writers.shares().enter("env_1"), range(WRITERS)))
    inside = [entry for entry in entries if entry is not None]
    assert 1 <= len(inside) <= MOST
    assert sorted(writers.world.api.table.get(writers_key("env_1")).data["entries"]) == sorted(inside)
