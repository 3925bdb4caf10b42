"""An alert's states on every table: told once, however many evaluate it."""

import pytest

from adapters.dynamodb.table import DynamoTable
from adapters.sqlite.table import SqliteTable
from domain.alerts.evaluating import Evaluator, World
from domain.alerts.ports import SENT
from domain.metering.ports import UsageSums
from domain.records import keys
from domain.records.ports import Put
from schemas.limits import ALERT_NOTED_SECONDS
from tests.dynamodb_in_process import TABLE
from tests.memory_table import MemoryTable
from tests.memory_unknown_keys import MemoryUnknownKeys
from tests.memory_usage import MemoryUsage
from tests.stores import on_each_store

START = 1_795_420_800
ORGANISATION, ENDPOINT, ENVIRONMENT, ALERT, TARGET = "org_1", "ep_1", "env_1", "alr_1", "tgt_1"


class House:
    """One environment with an alert, and the evaluators of its table."""

    def __init__(self, table):
        self.table = table
        self.now = START + 30
        self.usage = MemoryUsage()
        self.sent = []
        owner = {"organisation_id": ORGANISATION, "endpoint_id": ENDPOINT}
        environment = {"id": ENVIRONMENT, "name": "Live", "streams": 1, "destination": {"type": "s3"}, **owner}
        alert = {
            "id": ALERT,
            "environment_id": ENVIRONMENT,
            "name": None,
            "kind": "rejected_share",
            "settings": {"percent": 5, "minutes": 3, "min_events": 1},
            "targets": [TARGET],
            "created_at": "2026-11-23T08:00:00.000Z",
        }
        table.transact(
            [
                Put(keys.environment_key(ENDPOINT, ENVIRONMENT), environment, 0),
                Put(keys.endpoint_key(ORGANISATION, ENDPOINT), {"id": ENDPOINT, "name": "Shop"}, 0),
                Put(
                    keys.alerts_key(ORGANISATION, ENVIRONMENT),
                    {**owner, "environment_id": ENVIRONMENT, "alerts": {ALERT: alert}},
                    0,
                ),
                Put(keys.alert_targets_key(ORGANISATION), {"targets": {TARGET: {"id": TARGET}}}, 0),
            ]
        )

    def evaluator(self):
        world = World(self.table, self.usage, MemoryUnknownKeys(), self.send, lambda: self.now * 10**9, 60)
        return Evaluator(world, lambda: 0.0, threads=1)

    def send(self, _target, message):
        self.sent.append((message.what, message.id))
        return SENT

    def count(self, **counts):
        minute = self.now // 60 * 60
        owner = {"organisation_id": ORGANISATION, "endpoint_id": ENDPOINT}
        self.usage.add([UsageSums(ENVIRONMENT, "rev_1", minute, **counts, **owner)])
        self.now += 60


ADAPTERS = on_each_store(
    sqlite=lambda database: SqliteTable(database, lambda: START * 10**9),
    dynamo=lambda client: DynamoTable(client, TABLE, lambda: START * 10**9),
    memory=lambda: MemoryTable(lambda: START * 10**9),
)


@pytest.fixture(params=ADAPTERS)
def house(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as table:
        yield House(table)


def test_each_episode_is_told_once_by_evaluators_that_take_turns(house):
    first, second = house.evaluator(), house.evaluator()
    for counts in (
        {"accepted": 10},
        {"rejected": 10},
        {"rejected": 10},
        {"rejected": 10},
        {"accepted": 10_000},
        {"accepted": 10_000},
        {"accepted": 10_000},
        *[{"rejected": 10_000}] * 6,
    ):
        house.count(**counts)
        for evaluator in (first, second):
            assert evaluator.run(60).behind == 0
    assert house.sent == [
        ("firing", "msg_1_1_firing"),
        ("recovered", "msg_1_1_recovered"),
        ("firing", "msg_1_2_firing"),
    ]


def test_an_evaluator_that_is_overtaken_between_look_and_claim_sends_nothing(house):
    house.count(rejected=10)
    house.evaluator().run(60)
    house.sent.clear()
    key = keys.alert_states_key(ENVIRONMENT)
    states = house.table.get(key)
    due = {**states.data["alerts"][ALERT]["messages"][TARGET], "status": "due"}
    state = {**states.data["alerts"][ALERT], "messages": {TARGET: due}}
    house.table.transact([Put(key, {**states.data, "alerts": {ALERT: state}}, states.version)])
    slow, fast = house.evaluator(), house.evaluator()
    get = house.table.get
    overtaken = []

    def get_then_be_overtaken(asked):
        found = get(asked)
        if asked == key and not overtaken:
            overtaken.append(True)
            fast.run(60)
        return found

    house.table.get = get_then_be_overtaken
    slow.run(60)
    assert len(house.sent) == 1


def test_that_nothing_has_changed_is_noted_now_and_then(house):
    evaluator = house.evaluator()
    house.count(accepted=10)
    evaluator.run(60)
    version = house.table.get(keys.alert_states_key(ENVIRONMENT)).version
    for _ in range(ALERT_NOTED_SECONDS // 60):
        house.count(accepted=10)
        evaluator.run(60)
    assert house.table.get(keys.alert_states_key(ENVIRONMENT)).version == version + 1
