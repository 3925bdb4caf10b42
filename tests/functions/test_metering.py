"""Plans: what a month's use of an organisation means for ingest, and when it means nothing any more."""

import logging
from datetime import UTC, datetime

import pytest

from domain.errors import Undelivered
from domain.metering.plans import MonthUse, is_exhausted, month_use, used_share
from domain.metering.ports import UsageSums
from domain.records.keys import organisation_key
from domain.records.ports import Conflict, Put
from functions.metering.handler import make_handler, twice
from schemas.items import pointer_key
from tests.ingest_world import World
from tests.management_api import Api

NOW = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp())
DAY = 86_400
REJECT = {"requests_per_month": 100, "bytes_per_month": None, "over_limit": "reject"}


class Deployment:
    """A management function, its usage and the metering function on one clock."""

    def __init__(self):
        self.api = Api()
        self.now = NOW
        self.handler = make_handler(self.api.table, self.api.usage, lambda: self.now * 1_000_000_000)
        self.endpoint = self.api.endpoint("Shop")
        self.environments = [self.api.environment(self.endpoint)]

    def plan(self, **plan):
        item = self.api.table.get(organisation_key(self.api.organisation_id))
        self.api.table.transact([Put(item.key, {**item.data, "plan": plan}, item.version)])

    def use(self, *, at=None, organisation_id=None, environment=None, **counts):
        environment = environment or self.environments[0]
        at = self.now if at is None else at
        row = UsageSums(
            environment["id"],
            environment["revision_id"],
            at - at % 60,
            endpoint_id=environment["endpoint_id"],
            organisation_id=organisation_id or self.api.organisation_id,
            **counts,
        )
        self.api.usage.add([row])

    def run(self):
        return self.handler({}, None)["exhausted"]

    def exhausted(self):
        return [self.pointer(environment)["plan_exhausted"] for environment in self.environments]

    def pointer(self, environment):
        return self.api.table.get(pointer_key(environment["id"])).data


@pytest.fixture
def deployment():
    return Deployment()


@pytest.mark.parametrize(
    ("plan", "requests", "size", "share", "exhausted"),
    [
        ({}, 10**12, 10**15, 0, False),
        ({"requests_per_month": 100, "over_limit": "reject"}, 99, 10**15, 0.99, False),
        ({"requests_per_month": 100, "over_limit": "reject"}, 100, 0, 1, True),
        ({"requests_per_month": 100, "over_limit": "accept"}, 200, 0, 2, False),
        ({"requests_per_month": None, "bytes_per_month": 1_000, "over_limit": "reject"}, 10**9, 999, 0.999, False),
        ({"requests_per_month": None, "bytes_per_month": 1_000, "over_limit": "reject"}, 0, 1_000, 1, True),
        ({"requests_per_month": 100, "bytes_per_month": 1_000, "over_limit": "reject"}, 10, 3_000, 3, True),
    ],
)
def test_the_limit_that_is_used_most_decides(plan, requests, size, share, exhausted):
    use = MonthUse(requests, size)
    assert used_share(plan, use) == pytest.approx(share)
    assert is_exhausted(plan, use) is exhausted


def test_a_month_is_one_of_the_calendar_and_of_all_environments(deployment):
    start = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
    other = deployment.api.environment(deployment.endpoint, "Staging")
    deployment.use(at=start - 60, requests=1_000)
    deployment.use(at=start, requests=1, bytes_accepted=10, bytes_received=99)
    deployment.use(environment=other, requests=2, bytes_accepted=20)
    deployment.use(
        environment={"id": "env_f", "revision_id": "rev_f", "endpoint_id": "ep_f"},
        organisation_id="org_f",
        requests=500,
    )
    assert month_use(deployment.api.usage, deployment.api.organisation_id, NOW) == MonthUse(3, 30)
    deleted = deployment.api.call("DELETE", f"/v1/environments/{other['id']}?confirm=Staging")
    assert deleted.status == 204
    assert month_use(deployment.api.usage, deployment.api.organisation_id, NOW).requests == 3


def test_the_organisation_shows_what_is_used_of_its_plan_this_month(deployment):
    deployment.plan(requests_per_month=100, bytes_per_month=None)
    deployment.use(requests=25, bytes_accepted=70, bytes_received=99)
    deployment.use(at=NOW - 40 * DAY, requests=1_000)
    shown = deployment.api.call("GET", "/v1/organisation").json["limits"]
    assert shown["requests"] == {"used": 25, "limit": 100, "share": 0.25}
    assert shown["bytes"] == {"used": 70, "limit": None, "share": None}
    changed = deployment.api.call("PATCH", "/v1/organisation", {"plan": {"bytes_per_month": 140}}).json["limits"]
    assert changed["bytes"] == {"used": 70, "limit": 140, "share": 0.5}


def test_a_plan_that_is_used_up_is_known_to_every_environment_and_no_other_organisations(deployment):
    deployment.environments.append(deployment.api.environment(deployment.endpoint, "Staging"))
    blog = deployment.api.endpoint("Blog")
    deployment.environments.append(deployment.api.environment(blog))
    deployment.plan(**REJECT)
    deployment.use(requests=99)
    assert deployment.run() == 0
    assert deployment.exhausted() == [False] * 3
    deployment.use(requests=1)
    before = [deployment.pointer(environment) for environment in deployment.environments]
    assert deployment.run() == 1
    after = [deployment.pointer(environment) for environment in deployment.environments]
    assert after == [{**pointer, "plan_exhausted": True} for pointer in before]


def test_ingest_answers_402_by_it_and_takes_events_again_in_the_next_month(deployment):
    world = World()
    environment_id = world.add_environment()
    (environment,) = deployment.environments
    deployment.plan(**REJECT)
    deployment.use(requests=100)

    def status():
        deployment.run()
        world.change(environment_id, plan_exhausted=deployment.pointer(environment)["plan_exhausted"])
        world.clock.forward(5)
        return world.post(environment_id, {"name": "view"}).status

    assert status() == 402
    deployment.now = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    assert status() == 200
    assert deployment.exhausted() == [False]


@pytest.mark.parametrize(
    "plan",
    [
        {**REJECT, "requests_per_month": 101},
        {**REJECT, "requests_per_month": None},
        {**REJECT, "over_limit": "accept"},
        {},
    ],
)
def test_a_larger_plan_opens_ingest_again(deployment, plan):
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    deployment.run()
    assert deployment.exhausted() == [True]
    deployment.plan(**plan)
    deployment.run()
    assert deployment.exhausted() == [False]


def test_an_environment_that_is_made_while_the_plan_is_used_up_learns_it_with_the_next_run(deployment):
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    deployment.run()
    deployment.environments.append(deployment.api.environment(deployment.endpoint, "Staging"))
    deployment.run()
    assert deployment.exhausted() == [True, True]


def test_a_change_of_the_environment_keeps_that_its_plan_is_used_up(deployment):
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    deployment.run()
    (environment,) = deployment.environments
    deployment.api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 5})
    assert deployment.exhausted() == [True]


def test_a_run_with_nothing_new_writes_nothing(deployment):
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    deployment.run()
    before = deployment.api.table.data()
    deployment.run()
    assert deployment.api.table.data() == before


def test_a_change_that_is_faster_is_not_lost(deployment):
    (environment,) = deployment.environments
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    table, state_written = deployment.api.table, []

    def overtake():
        state_written.append(True)
        table.before_transact = lambda: deployment.api.call(
            "PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 5}
        )

    table.before_transact = overtake
    deployment.run()
    assert state_written
    assert deployment.pointer(environment)["rate_limit"] == 5
    assert deployment.exhausted() == [True]


@pytest.mark.parametrize("exhausting", [True, False])
@pytest.mark.parametrize("transactions", range(4))
def test_a_run_that_dies_anywhere_is_made_up_for_by_the_next(deployment, exhausting, transactions):
    deployment.environments.append(deployment.api.environment(deployment.endpoint, "Staging"))
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    if not exhausting:
        deployment.run()
        deployment.plan()
    table = deployment.api.table
    done = [0]
    transact = table.transact

    def dying(writes):
        if done[0] == transactions:
            raise Undelivered("the process is gone")
        done[0] += 1
        transact(writes)

    table.transact = dying
    deployment.run()
    table.transact = transact
    deployment.run()
    assert deployment.exhausted() == [exhausting] * 2
    deployment.plan()
    deployment.run()
    assert deployment.exhausted() == [False] * 2


@pytest.mark.parametrize("error", [Conflict([0]), Undelivered("outage"), KeyError("bug")])
def test_one_organisation_that_fails_holds_up_no_other(deployment, error, caplog):
    caplog.set_level(logging.CRITICAL)
    gone = {"id": "env_0", "revision_id": "rev_0", "endpoint_id": "ep_0"}
    deployment.use(environment=gone, organisation_id="org_0", requests=1)
    deployment.plan(**REJECT)
    deployment.use(requests=100)
    table = deployment.api.table
    get = table.get

    def failing(key):
        if key == organisation_key("org_0"):
            raise error
        return get(key)

    table.get = failing
    assert deployment.run() == 1
    table.get = get
    assert deployment.exhausted() == [True]


def test_alarms_are_raised_once_a_month_at_80_and_100_percent(deployment, caplog):
    caplog.set_level(logging.WARNING)
    deployment.plan(**REJECT, name="Small")
    seen = []
    for _ in range(12):
        deployment.use(requests=10)
        deployment.run()
        seen.append([record.getMessage().split(" ", 3)[-1] for record in caplog.records])
        caplog.clear()
    assert [at for at, messages in enumerate(seen, 1) if messages] == [8, 10]
    assert seen[7] == ["used 80 % of its plan"]
    assert seen[9] == ["used 100 % of its plan"]
    deployment.now = int(datetime(2026, 12, 2, tzinfo=UTC).timestamp())
    deployment.use(requests=100)
    deployment.run()
    assert [record.getMessage().split(" ", 3)[-1] for record in caplog.records] == ["used 100 % of its plan"]


@pytest.mark.parametrize("canaries", [0, 1])
@pytest.mark.parametrize(("seconds", "runs", "left"), [(0, 2, 30.0), (10, 2, 20.0), (16, 1, 14.0), (70, 1, 0.0)])
def test_a_run_of_a_schedule_does_its_work_twice_unless_that_takes_too_long(seconds, runs, left, canaries):
    now, done, pauses = 100.0, [], []

    def work(event, _context):
        nonlocal now
        now += seconds
        done.append(event)
        return {"may_refuse": 1, "exhausted": len(done)}

    handler = twice(work, lambda: canaries, monotonic=lambda: now, sleep=pauses.append)
    assert handler({"at": 1}, None) == {"may_refuse": 1, "exhausted": runs, "canaries": canaries}
    assert done == [{"at": 1}] * runs
    assert pauses == ([left] if runs == 2 or canaries else [])


@pytest.mark.parametrize(("running", "looks", "pauses"), [([0], 1, []), ([2, 1], 2, [30.0])])
def test_canaries_that_run_are_looked_after_twice_a_minute_whatever_plans_there_are(running, looks, pauses):
    left, waited, plans = list(running), [], []

    def work(*_):
        plans.append(1)
        return {"may_refuse": 0, "exhausted": 0}

    handler = twice(work, lambda: left.pop(0), monotonic=lambda: 0.0, sleep=waited.append)
    assert handler({}, None)["canaries"] == running[-1]
    assert len(running) - len(left) == looks
    assert waited == pauses
    assert plans == [1]


@pytest.mark.parametrize(
    ("plan", "may_refuse"),
    [
        ({}, 0),
        ({**REJECT, "requests_per_month": None}, 0),
        ({**REJECT, "over_limit": "accept"}, 0),
        (REJECT, 1),
    ],
)
def test_only_a_limit_with_reject_lets_ingest_refuse(deployment, plan, may_refuse):
    deployment.plan(**plan)
    deployment.use(requests=1)
    assert deployment.handler({}, None) == {"may_refuse": may_refuse, "exhausted": 0}


def test_a_plan_without_limits_is_not_compared_with_anything(deployment):
    deployment.plan(**{**REJECT, "requests_per_month": None})
    deployment.use(requests=1)
    deployment.api.usage.series = None
    assert deployment.run() == 0


def test_an_organisation_that_could_not_be_read_is_tried_again_after_half_a_minute(deployment):
    deployment.plan(**REJECT)
    deployment.use(requests=1)

    def unreachable(*_):
        raise Undelivered("out")

    deployment.api.usage.series = unreachable
    assert deployment.handler({}, None) == {"may_refuse": 1, "exhausted": 0}
