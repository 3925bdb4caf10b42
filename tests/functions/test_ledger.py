"""The ledger function: what it says when events that were accepted do not arrive."""

import io
import json
import logging
import threading

import pytest

from adapters.emf import EmfMetrics
from domain.errors import Undelivered
from domain.metering.ports import UsageSums
from functions.ledger.handler import make_handler
from tests.management_api import Api

MINUTE_NS = 60 * 10**9
BALANCED = {"LedgerMissing": 0, "LedgerSurplus": 0, "LedgerUnbalanced": 0}


class Metrics:
    def __init__(self):
        self.emitted = []

    def emit(self, figures):
        self.emitted.append(dict(figures))


class Deployment:
    def __init__(self):
        self.api = Api()
        self.endpoint = self.api.endpoint()
        self.environments = [self.api.environment(self.endpoint, name) for name in ("Live", "Staging")]
        self.metrics = Metrics()
        self.run = lambda: handle({}, None)
        handle = make_handler(self.api.table, self.api.usage, self.metrics, self.api.clock, buffer_seconds=60)

    def enter(self, environment, minutes_ago, **counts):
        at = self.api.clock() // 1_000_000_000 - 60 * minutes_ago
        owner = {"endpoint_id": environment["endpoint_id"], "organisation_id": self.api.organisation_id}
        self.api.usage.add([UsageSums(environment["id"], "rev_1", at - at % 60, **owner, **counts)])


@pytest.fixture
def deployment():
    return Deployment()


def test_a_ledger_that_balances_is_reported_as_well(deployment, caplog):
    live, _ = deployment.environments
    deployment.enter(live, 30, accepted=5, delivered=5)
    assert deployment.run() == {**BALANCED, "complete": True}
    assert deployment.metrics.emitted == [BALANCED]
    assert caplog.text == ""


def test_what_is_missing_is_reported_every_time_and_logged_once(deployment, caplog):
    live, staging = deployment.environments
    deployment.enter(live, 30, accepted=5, delivered=3)
    deployment.enter(staging, 30, accepted=5, delivered=9)
    for _ in range(3):
        deployment.run()
    assert deployment.metrics.emitted == [{"LedgerMissing": 2, "LedgerSurplus": 4, "LedgerUnbalanced": 1}] * 3
    assert caplog.messages == [f"ledger: 2 accepted events of {live['id']} have not arrived"]
    deployment.enter(live, 30, delivered=2)
    deployment.run()
    assert deployment.metrics.emitted[-1] == {**BALANCED, "LedgerSurplus": 4}
    assert caplog.messages[1:] == [f"ledger: 0 accepted events of {live['id']} have not arrived"]


def test_what_was_just_accepted_is_on_its_way(deployment):
    deployment.enter(deployment.environments[0], 14, accepted=5)
    deployment.run()
    assert deployment.metrics.emitted == [BALANCED]


def test_streams_that_gather_for_longer_have_longer(deployment):
    environment = deployment.api.environment(deployment.endpoint, "Slow", buffer_seconds=900)
    deployment.enter(environment, 29, accepted=5)
    deployment.run()
    assert deployment.metrics.emitted == [BALANCED]
    deployment.enter(environment, 31, accepted=5)
    deployment.run()
    assert deployment.metrics.emitted[-1]["LedgerMissing"] == 5


def test_of_a_ledger_that_can_not_be_read_whole_nothing_is_reported(deployment, caplog):
    caplog.set_level(logging.WARNING)
    deployment.enter(deployment.environments[0], 30, accepted=5)

    def unreachable(*_):
        raise Undelivered("out")

    deployment.api.usage.series = unreachable
    assert not deployment.run()["complete"]
    assert deployment.metrics.emitted == []
    assert "is looked at by the next run" in caplog.text


class Counting:
    """A reader of usage, or a table, that counts its calls, by whose they are."""

    def __init__(self, inner):
        self._inner = inner
        self.calls = []

    def series(self, scope, *args):
        self.calls.append(scope.environment_id)
        return self._inner.series(scope, *args)

    def __getattr__(self, name):
        return getattr(self._inner, name)


def test_an_environment_of_which_nothing_is_on_its_way_is_not_read_every_minute(deployment):
    live, staging = deployment.environments
    usage = Counting(deployment.api.usage)
    handle = make_handler(deployment.api.table, usage, deployment.metrics, deployment.api.clock, buffer_seconds=60)
    deployment.enter(live, 30, accepted=5, delivered=5)
    deployment.enter(staging, 0, accepted=5)
    for _ in range(16):
        handle({}, None)
        deployment.api.clock.now_ns += MINUTE_NS
    assert usage.calls.count(live["id"]) == 2
    assert usage.calls.count(staging["id"]) == 2 * 16


@pytest.mark.parametrize("quiet_minutes", [0, 1, 9, 15])
def test_what_goes_missing_after_a_quiet_time_is_found_as_soon_as_it_is_due(deployment, quiet_minutes):
    live, _ = deployment.environments
    deployment.enter(live, 30, accepted=5, delivered=5)
    deployment.run()
    deployment.api.clock.now_ns += quiet_minutes * MINUTE_NS
    deployment.enter(live, 0, accepted=3)
    for minute in range(1, 19):
        deployment.api.clock.now_ns += MINUTE_NS
        deployment.run()
        assert deployment.metrics.emitted[-1]["LedgerMissing"] == (3 if minute > 16 else 0), minute


def test_many_environments_are_looked_at_side_by_side(deployment):
    together = threading.Barrier(4, timeout=30)
    for number in range(2):
        deployment.environments.append(deployment.api.environment(deployment.endpoint, f"Further {number}"))
    deployment.enter(deployment.environments[0], 30, accepted=5)
    series = deployment.api.usage.series
    first = threading.local()

    def waiting(scope, *args):
        if not hasattr(first, "done"):
            first.done = True
            together.wait()
        return series(scope, *args)

    deployment.api.usage.series = waiting
    assert deployment.run()["LedgerMissing"] == 5


def test_figures_are_lines_that_cloudwatch_reads_as_metrics():
    out = io.StringIO()
    EmfMetrics("prod", lambda: 1_795_420_800_123_000_000, out).emit({"LedgerMissing": 2})
    line = json.loads(out.getvalue())
    assert (line["LedgerMissing"], line["deployment"]) == (2, "prod")
    assert line["_aws"]["Timestamp"] == 1_795_420_800_123
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Metrics"] == [{"Name": "LedgerMissing", "Unit": "Count"}]
    assert directive["Dimensions"] == [["deployment"]]
