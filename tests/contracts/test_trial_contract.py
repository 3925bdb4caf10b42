"""How trials are kept in every adapter of the catalog's table: step by step, once, and until they expire."""

import json

import pytest

from domain.catalog.trial_items import end, find_held, find_trial
from domain.records import keys
from domain.records.ports import Put
from domain.trials.running import TrialBuckets, TrialWorker, sweep_trials
from schemas.limits import TRIAL_KEPT_DAYS
from tests.contracts.test_table_contract import ADAPTERS
from tests.management_api import Starter
from tests.quarantine_world import NUMBER, TEXT
from tests.trial_world import TrialWorld

MANY = [
    {"key": f"field_{number:04d}", "type": "STRING", "presence": "optional", "description": f"{number:x}" * 200}
    for number in range(800)
]


@pytest.fixture
def world():
    return TrialWorld(NUMBER)


@pytest.fixture(params=ADAPTERS)
def table(request, tmp_path, world):
    with ADAPTERS[request.param](tmp_path, world.api.clock) as opened:
        yield opened


def moved(world, table):
    for key, (_, text, expires_at) in world.api.table._items.items():
        table.transact([Put(key, json.loads(text), 0, expires_at)])


def worker(world, table, seconds=1e9):
    world.seconds_per_look = 1.0
    return TrialWorker(
        table,
        world.quarantine,
        world.api.taps,
        TrialBuckets("data", "landing"),
        world.api.clock,
        world._now,
        seconds,
    )


def test_a_large_trial_is_kept_from_step_to_step(world, table):
    world.delivered(*({"price": number} for number in range(60)))
    made = world.begin(world.draft(TEXT, *MANY))
    moved(world, table)
    steps = 0
    while worker(world, table, seconds=2.0).work(made["id"]) == "running":
        steps += 1
    assert steps > 1
    held = find_held(table, made["id"])
    assert (held.trial.data["state"], held.trial.data["looked_at"]) == ("done", 60)
    assert held.state.data["tally"]["newly_invalid"] == 60
    assert table.query(keys.OPEN_TRIALS) == []


def test_a_step_that_was_overtaken_keeps_nothing(world, table):
    world.delivered(*({"price": number} for number in range(60)))
    made = world.begin(world.draft(TEXT))
    moved(world, table)
    slow = worker(world, table)
    get, was_overtaken = table.get, []

    def overtake(key):
        found = get(key)
        if key == keys.tried_document_key(made["id"]) and not was_overtaken:
            was_overtaken.append(True)
            assert worker(world, table).work(made["id"]) == "done"
        return found

    table.get = overtake
    assert slow.work(made["id"]) == "done"
    assert was_overtaken
    assert find_held(table, made["id"]).state.data["tally"]["newly_invalid"] == 60


def test_a_trial_ends_once_and_expires_with_all_that_is_kept_of_it(world, table):
    made = world.begin(world.draft(TEXT))
    moved(world, table)
    starter = Starter()
    assert sweep_trials(table, starter, world.api.clock()) == 1
    assert starter.started == [made["id"]]
    assert end(table, made["id"], "failed", world.api.clock(), "It can't go on.") == "failed"
    assert end(table, made["id"], "done", world.api.clock()) == "failed"
    assert table.query(keys.OPEN_TRIALS) == []
    world.api.clock.now_ns += (TRIAL_KEPT_DAYS * 86_400 + 1) * 10**9
    assert find_trial(table, made["id"]) is None
    assert table.query(keys.trials_group(made["revision_id"])) == []
    assert table.get(keys.tried_document_key(made["id"])) is None
