"""The two clients, held to the same promises against a local run: what they say of an event is what became of it."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter

import pytest

from benchmarks.local_run import ROOT, LocalRun
from local.delivered import delivered_events
from tests.clients.faulty_front import FaultyFront
from tests.waiting import wait_until

SECONDS = 120
FIELDS = [
    {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "purchase"]}]},
    {"key": "n", "type": "INT", "presence": "optional"},
]
COMMANDS = {
    "python": [sys.executable, str(ROOT / "tests" / "clients" / "python_driver.py")],
    "javascript": ["node", str(ROOT / "clients" / "javascript" / "test" / "driver.js")],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("local") / "state") as run:
        yield run


@pytest.fixture(scope="module")
def api(run):
    with run.client() as client:
        yield client


@pytest.fixture(params=COMMANDS)
def client(request):
    """What does with a client of a language what it is asked for, and returns what that client says."""

    def call(address, events, *, way="track", within=60, more=None, **options):
        asked = {"address": address, "events": events, "way": way, "withinMs": within * 1_000, "options": options}
        if more is not None:
            asked |= {"more": more, "isMeasured": True}
        variables = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
        done = subprocess.run(
            [*COMMANDS[request.param], json.dumps(asked)],
            env=variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout.splitlines()[-1])
        said["outcomes"] = [outcome for outcome, *_ in said["results"]]
        return said

    return call


@pytest.fixture
def environment(api, request):
    return api.make_environment(request.node.name[:90], FIELDS)


@pytest.fixture
def path(environment):
    return f"/e/{environment.environment_id}"


def arrived(run, environment, count):
    """Return how often each number arrived, once `count` different ones have; by the ids, how often."""

    def found():
        rows = list(delivered_events(run.state_dir, environment.environment_id))
        return rows if len({row["_event_id"] for row in rows}) >= count else None

    return wait_until(found, seconds=60)


def test_each_event_gets_its_own_outcome(client, run, environment):
    events = [{"event": "view", "n": 1}, {"event": "other"}, {"event": "purchase", "n": 2}]
    said = client(environment.address, events, way="send")
    assert said["outcomes"] == ["accepted", "quarantined", "accepted"]
    assert [codes for _, _, codes, _ in said["results"]] == [[], ["one_of"], []]
    assert [event for *_, event in said["results"]] == events
    ids = [event_id for _, event_id, _, _ in said["results"]]
    rows = arrived(run, environment, 2)
    assert {row["_event_id"] for row in rows} == {ids[0], ids[2]}
    assert said["counters"]["accepted"] == 2


def test_events_go_in_batches(client, run, path):
    with FaultyFront(run.port, lambda _n: None) as front:
        said = client(front.address + path, 120, max_events=50)
    assert said["counters"]["accepted"] == 120
    assert len(front.keys) == len(set(front.keys)) == 3


@pytest.mark.parametrize("fault", [503, 429, 500, "cut", "lost"])
def test_what_may_be_repeated_is_repeated_under_its_key_and_arrives_once(client, run, environment, path, fault):
    with FaultyFront(run.port, lambda n: fault if n == 0 else None) as front:
        said = client(front.address + path, 20)
    assert said["counters"]["accepted"] == 20
    assert (len(front.keys), len(set(front.keys))) == (2, 1)
    rows = arrived(run, environment, 20)
    assert len({row["_event_id"] for row in rows}) == 20
    assert {row["n"] for row in rows} == set(range(20))


def test_an_answer_that_comes_too_late_is_asked_for_again(client, run, environment, path):
    with FaultyFront(run.port, lambda n: "slow" if n == 0 else None, slow_seconds=2.0) as front:
        said = client(front.address + path, 5, timeout=0.7)
    assert said["counters"]["accepted"] == 5
    assert len(set(front.keys)) == 1
    assert len({row["_event_id"] for row in arrived(run, environment, 5)}) == 5


def undelivered(*places):
    """Return what makes of an answer one in which some events are not durable."""

    def change(_status, answered):
        document = json.loads(answered)
        rows = [
            {"index": index, "outcome": "accepted", "event_id": event_id, "errors": []}
            for index, event_id in enumerate(document["event_ids"])
        ]
        for place in places:
            rows[place] = {"index": place, "outcome": "undelivered", "event_id": None, "errors": []}
        return 503, json.dumps({"code": "undeliverable", "message": "Some are not.", "results": rows}).encode()

    return change


def test_of_a_batch_only_what_is_not_durable_goes_again(client, run, environment, path):
    with FaultyFront(run.port, lambda n: undelivered(1, 3) if n == 0 else None) as front:
        said = client(front.address + path, 5)
    assert said["counters"]["accepted"] == 5
    assert len(set(front.keys)) == 1
    expected = {0: 1, 1: 2, 2: 1, 3: 2, 4: 1}
    wait_until(lambda: Counter(row["n"] for row in arrived(run, environment, 5)) == expected, seconds=60)
    rows = arrived(run, environment, 5)
    assert len({row["_event_id"] for row in rows}) == 5


def test_equal_events_stay_apart_when_one_of_them_goes_again(client, run, environment, path):
    with FaultyFront(run.port, lambda n: undelivered(2) if n == 0 else None) as front:
        said = client(front.address + path, [{"event": "view"}] * 3)
    assert said["counters"]["accepted"] == 3
    ids = {event_id for _, event_id, _, _ in said["results"]}
    assert len(ids) == 3
    assert {row["_event_id"] for row in arrived(run, environment, 3)} == ids


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "rejected"), (403, "rejected"), (410, "rejected"), (402, "limited")]
)
def test_what_was_refused_is_not_sent_again(client, run, path, status, outcome):
    with FaultyFront(run.port, lambda _n: status) as front:
        said = client(front.address + path, 3)
    assert said["outcomes"] == [outcome] * 3
    assert [codes for _, _, codes, _ in said["results"]] == [["tried"]] * 3
    assert len(front.keys) == 1


@pytest.mark.parametrize("client", ["javascript"], indirect=True)
def test_a_string_that_is_no_json_is_told_at_once_and_spoils_no_other_event(client, run, path):
    with FaultyFront(run.port, lambda _n: None) as front:
        strings = ['{"event":"view","n":1}', "view", '{"event":"view"},{"event":"view"}', '{"event":"view","n":2}']
        said = client(front.address + path, strings, within=10)
    assert said["isSettled"]
    assert sorted(said["outcomes"]) == ["TypeError", "TypeError", "accepted", "accepted"]
    assert len(front.keys) == 1


def test_a_batch_is_given_up_in_the_end_and_told(client, run, path):
    with FaultyFront(run.port, lambda _n: 503) as front:
        said = client(front.address + path, 2, max_retry=4)
    assert said["outcomes"] == ["undelivered"] * 2
    assert len(front.keys) >= 2


def test_the_oldest_events_leave_a_full_queue_and_are_counted(client, run, path):
    with FaultyFront(run.port, lambda n: 503 if n == 0 else None) as front:
        said = client(front.address + path, 500, max_queued=100, max_events=50, max_wait=30)
    counters = said["counters"]
    assert counters["dropped"] > 0
    assert counters["accepted"] + counters["dropped"] == 500
    assert counters["waiting"] == 0
    assert [event["n"] for outcome, _, _, event in said["results"] if outcome == "accepted"][-1] == 499


MANY = 20_000
VERY_MANY = 100_000
LONG_TEXT = {"text": "x" * 1_000}
GROWN_MB = 10  # the texts of the events that it is told after that are 90


@pytest.mark.parametrize(("count", "more"), [(MANY, None), pytest.param(VERY_MANY, LONG_TEXT, marks=pytest.mark.slow)])
def test_of_many_events_under_faults_none_is_missing_and_none_counts_twice(client, run, environment, path, count, more):
    plan = {3: "lost", 7: 503, 11: "cut", 15: "lost", 20: 429, 30: undelivered(0, 5, 99), 40: "lost", 150: "lost"}
    with FaultyFront(run.port, plan.get) as front:
        said = client(front.address + path, count, more=more, max_events=500, on_result=False)
    assert said["counters"]["accepted"] == count
    assert said["grownMb"] < GROWN_MB
    rows = arrived(run, environment, count)
    assert {row["n"] for row in rows} == set(range(count))
    assert len({row["_event_id"] for row in rows}) == count


def test_a_server_that_is_killed_and_comes_back_has_every_event_once(client, tmp_path):
    with LocalRun(tmp_path / "state") as own:
        with own.client() as api:
            made = api.make_environment("Shop", FIELDS)

        def plan(number):
            if number == 10:
                own.kill()
                threading.Thread(target=own.start).start()

        with FaultyFront(own.port, plan) as front:
            said = client(f"{front.address}/e/{made.environment_id}", 5_000, max_events=100, on_result=False)
        assert said["counters"]["accepted"] == 5_000
        rows = arrived(own, made, 5_000)
        assert {row["n"] for row in rows} == set(range(5_000))
        assert len({row["_event_id"] for row in rows}) == 5_000
