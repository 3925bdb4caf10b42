"""One environment's destination hangs; the workers of the local run deliver another's events as if it did not."""

import threading
from collections import Counter

import pytest

from adapters.sqlite.database import Database
from domain.delivery.landed import Outcomes, stamps_of
from local.landing import SHARE, WORKERS, Landing, NotifyingObjects
from local.workers import BATCH_MESSAGES
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.landed import MemoryObjects, landed, line
from tests.management_api import Api
from tests.waiting import wait_until

SECONDS = 60.0


class Sink:
    """Notes what was counted, by environment."""

    def __init__(self):
        self.delivered = Counter()

    def add_delivered(self, _object_name, sums):
        for row in sums:
            self.delivered[row.environment_id] += row.delivered


class World:
    """What landed of two environments, one of whose destinations answers nothing until it is let go."""

    def __init__(self, folder):
        self.api = Api()
        self.database = Database(folder / "state.db")
        self.landing = Landing(self.database, self.api.clock)
        held = MemoryObjects()
        self.objects = NotifyingObjects(held, held, "landing", self.landing.queue)
        self.sink = Sink()
        endpoint = self.api.endpoint()
        self.hanging, self.healthy = (
            self.api.environment(
                endpoint, name, destination={**BIGQUERY, "credentials": CREDENTIALS, "table": name.lower()}
            )
            for name in ("Hanging", "Healthy")
        )
        self.answers = threading.Event()
        self.attempts = Counter()
        self.api.connectors.bigquery.deliver = self.deliver

    def start(self):
        self.landing.start(self.api.table, self.api.connectors, self.api.secrets, self.objects, self.sink)

    def deliver(self, target, one, _tables, _budget):
        self.attempts[one.key] += 1
        if target.environment_id == self.hanging["id"]:
            self.answers.wait(10 * SECONDS)
        outcomes = Outcomes()
        for row in one.lines():
            outcomes.deliver(stamps_of(row))
        return outcomes

    def land(self, environment, number):
        key = f"environment={environment['id']}/dt=2026-11-02/hour=10/stream-{number}.gz"
        landed([line(number, revision_id=environment["revision_id"])], objects=self.objects, key=key)
        return key


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.answers.set()
    world.landing.stop(SECONDS)
    world.database.close()


def test_a_destination_that_hangs_costs_another_neither_a_try_nor_its_turn(world):
    # Both are in the first batch, of which one never ends; then more of both comes.
    for number in range(BATCH_MESSAGES):
        world.land(world.hanging if number % 2 else world.healthy, number)
    world.start()
    wait_until(lambda: sum(world.attempts.values()) > BATCH_MESSAGES // 2, seconds=SECONDS)
    world.land(world.hanging, 100)
    keys = [world.land(world.healthy, number) for number in range(200, 240)]
    healthy = BATCH_MESSAGES // 2 + len(keys)
    wait_until(lambda: world.sink.delivered[world.healthy["id"]] == healthy, seconds=SECONDS)
    # All of it was delivered at the first try, while the other destination had not answered once.
    assert world.sink.delivered[world.hanging["id"]] == 0
    assert {world.attempts[key] for key in keys} == {1}
    world.answers.set()
    late = BATCH_MESSAGES // 2 + 1
    wait_until(lambda: world.sink.delivered[world.hanging["id"]] == late, seconds=SECONDS)
    wait_until(lambda: world.landing.queue.depth() == 0, seconds=SECONDS)
    assert world.sink.delivered[world.healthy["id"]] == healthy


def test_however_much_lands_of_one_that_hangs_it_holds_no_more_than_its_share_of_the_workers(world):
    world.start()
    # One after another, so that no worker could take two of them together.
    for number in range(WORKERS):
        key = world.land(world.hanging, number)
        if number < SHARE:
            wait_until(lambda key=key: world.attempts[key], seconds=SECONDS)
    key = world.land(world.healthy, 100)
    wait_until(lambda: world.sink.delivered[world.healthy["id"]] == 1, seconds=SECONDS)
    assert world.attempts[key] == 1
    assert sum(world.attempts.values()) == SHARE + 1
    world.answers.set()
    wait_until(lambda: world.sink.delivered[world.hanging["id"]] == WORKERS, seconds=SECONDS)
    wait_until(lambda: world.landing.queue.depth() == 0, seconds=SECONDS)
    assert set(world.attempts.values()) == {1}
