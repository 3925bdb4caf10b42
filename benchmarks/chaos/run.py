"""Sends events through the world while everything in it fails, and accounts for each of them afterwards."""

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.chaos.account import FIRST_PASSING, Account, Place
from benchmarks.chaos.faults import Faults
from benchmarks.chaos.operator import Times
from benchmarks.chaos.postgres import Server
from benchmarks.chaos.sending import send_batch
from benchmarks.chaos.stock import take_stock
from benchmarks.chaos.world import World
from domain.catalog.deployments import abort, promote
from domain.records.change import time_text
from functions.redrive.handler import queue_starter
from functions.trial.handler import queue_starter as trial_starter

RATE = 0.015
"""Of each of the six kinds: one call of eleven fails."""
_ENVIRONMENTS = (
    ("s3", 1, None),
    ("s3", 3, None),
    ("bigquery load", 2, "load"),
    ("bigquery stream", 1, "stream"),
    ("http", 2, "http"),
    ("lake", 2, "lake"),
    ("lake parquet", 1, "parquet"),
)
"""Kind of destination, streams, and the mode that `World.add_environment` makes it by."""
_POSTGRES = ("postgres", 2, "postgres")
"""Where a run has a server."""
_PASSING_KINDS = (("s3", None), ("bigquery load", "load"), ("bigquery stream", "stream"), ("http", "http"))
_WORK_EVERY = 5
_REQUEST_SECONDS = 1.0
"""Between two requests: in the ten seconds of its counters ingest is killed more often than not."""
_WEATHER: Sequence[tuple[float, str | None]] = ((1.0, None), (1.0, "ingest.streams"), (6.0, None), (0.0, None))
"""What the rate is multiplied with for a while, and what is down: in foul weather half of all calls fail."""
_WEATHER_LASTS = 25
_DRAINING_ROUNDS = 50_000
_FOUND = ("looked_at", "accepted", "newly_invalid", "left_out", "groups", "columns", "unknown_keys", "objects_done")
"""What two trials of the same objects have to find alike, whatever fails."""
_REDRIVING_ROUNDS = 100_000
"""A redrive's message is ten objects and some hundred calls, so that it comes again many times before it is done."""
_CHANGE_EVERY = 30
"""Requests between two changes of environments."""
_WATCHED_SECONDS = 70
_WATCHED_AT_A_TIME = 3
"""More than the time between two changes: some environments are watched twice."""
_CANARY_SECONDS = 150
"""Longer than the time between two changes, and shorter than that between three: some canaries end by their time."""
_STREAMS = (3, 1, 2)


def run(folder: Path, events: int, *, seed: int = 1, rate: float = RATE, server: Server | None = None) -> Account:
    """Return the account of a run of at least so many events; `server` is one of PostgreSQL."""
    random = Random(seed)
    faults = Faults(random, rate)
    account = Account()
    world = World(folder, faults, random, server)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what functions say of each failure
    try:
        world.operator.raise_bounds(world.usage)
        kinds = _ENVIRONMENTS if server is None else (*_ENVIRONMENTS, _POSTGRES)
        for number, (kind, streams, mode) in enumerate(kinds, 1):
            environment_id = world.add_environment(number, streams, mode)
            account.places[environment_id] = Place(kind)
            account.environments[environment_id] = max(streams, *_STREAMS)
        _settle(world, account)
        began = world.clock()
        _send_all(world, account, events, rate)
        sent = Times(time_text(began), time_text(world.clock()))
        _drain(world, rate)
        _settle(world, account)
        _exhaust(world, account)
        _redrive(world, account, rate)
        account.waited = world.waiting()
        amid_failures = _try(world, account, sent)
        _drain(world, 0.0)  # what is not there now never will be
        account.trials_differ = amid_failures != _try(world, account, sent)
        take_stock(world, account)
    finally:
        logging.disable(before)
        world.close()
    account.calls, account.failed = faults.calls, faults.failed
    return account


def _send_all(world: World, account: Account, events: int, rate: float) -> None:
    environments = list(account.places)
    number = 0
    while account.sent_events < events:
        number += 1
        if number % _WEATHER_LASTS == 1:
            factor, down = _WEATHER[number // _WEATHER_LASTS % len(_WEATHER)]
            world.faults.rate, world.faults.down = rate * factor, down
        environment_id = world.random.choice([*environments, *filter(None, [account.passing])])
        send_batch(world, account, environment_id, f"key-{number}")
        world.clock.forward(_REQUEST_SECONDS)
        if number % _WORK_EVERY == 0:
            world.work()
            world.run_schedules()
        if number % _CHANGE_EVERY == 0:
            _change(world, account, number // _CHANGE_EVERY)


def _change(world: World, account: Account, number: int) -> None:
    """Change how many streams one of the environments has; make another one, and delete the one before."""
    places = list(account.places)
    for further in range(_WATCHED_AT_A_TIME):
        watched = places[(number + further) % len(places)]
        account.taps.append(world.operator.watch(watched, world.usage, _WATCHED_SECONDS))
    world.operator.change_streams(places[number % len(places)], _STREAMS[number % len(_STREAMS)])
    _change_canaries(world, places, number)
    if account.passing is not None:
        world.operator.delete(account.passing)
    kind, mode = _PASSING_KINDS[number % len(_PASSING_KINDS)]
    account.passing = world.add_environment(FIRST_PASSING + number, 2, mode)
    account.environments[account.passing] = 2
    account.passed[account.passing] = Place(kind)


def _change_canaries(world: World, places: list[str], number: int) -> None:
    """Begin a canary in one environment, and in the one before promote, abort or leave it."""
    end = (promote, abort, None)[number % 3]
    if end is not None:
        world.operator.end_canary(places[(number - 1) % len(places)], world.usage, end)
    world.operator.begin_canary(places[number % len(places)], _CANARY_SECONDS, (1.0, 100.0)[number % 2])


def _settle(world: World, account: Account) -> None:
    """Go on until every environment has what it needs, and those that are gone have nothing."""
    for _ in range(_DRAINING_ROUNDS):
        world.work()
        world.run_schedules()
        world.pause(1.0)
        account.unsettled = [
            environment_id
            for environment_id, most_streams in account.environments.items()
            if not world.operator.is_settled(environment_id, world.streams.is_active, most_streams)
        ]
        if not account.unsettled:
            return


def _exhaust(world: World, account: Account) -> None:
    """Set a limit that is passed already, until ingest is told; take it away, until it is told that, too."""
    for limit, told in ((1, True), (None, False)):
        world.operator.limit_requests(world.usage, limit)
        for _ in range(_DRAINING_ROUNDS):
            world.run_schedules()
            account.plans_told = all(world.operator.is_exhausted(place) is told for place in account.places)
            if account.plans_told:
                break


def _redrive(world: World, account: Account, rate: float) -> None:
    """Send all that is in quarantine under revisions that fit it; what was quarantined has to be delivered then."""
    starter = queue_starter(world.faults.around(world.redrives, "operator.redrives", can_kill=False))
    store = world.store()
    redrives = [world.operator.redrive(place, store, starter) for place in account.places]
    for number in range(_REDRIVING_ROUNDS):
        world.work()
        if number % _WORK_EVERY == 0:
            world.run_schedules()
        world.clock.forward(1.0)
        account.redrives = Counter(world.operator.redrive_state(redrive, store) for redrive in redrives)
        if not account.redrives.keys() & {"queued", "running"}:
            break
    _drain(world, rate)
    for environment_id, place in account.places.items():
        place.accepted |= account.quarantined[environment_id]


def _try(world: World, account: Account, sent: Times) -> list[dict[str, Any]]:
    """Try a revision on what every environment was sent, and return what that has found; such objects stay as they are.

    Of themselves trials look at the last day, and simulated days may have passed since.
    """
    starter = trial_starter(world.faults.around(world.trials, "operator.trials", can_kill=False))
    trials = [
        world.operator.try_revision(place, source, sent, starter)
        for place in account.places
        for source in ("delivered", "quarantine")
    ]
    found: list[dict[str, Any]] = []
    for number in range(_DRAINING_ROUNDS):
        world.work()
        if number % _WORK_EVERY == 0:
            world.run_schedules()
        world.clock.forward(1.0)
        found = [world.operator.trial(trial_id) for trial_id in trials]
        is_done = not any(trial["state"] in {"queued", "running"} for trial in found)
        if is_done and not world.waiting()[world.trials.name]:  # its message comes again if it was not deleted
            break
    account.trials += Counter(trial["state"] for trial in found)
    account.tried += sum(trial["looked_at"] for trial in found)
    return [{name: trial[name] for name in _FOUND} for trial in found]


def _drain(world: World, rate: float) -> None:
    """Go on, failing all the time, until nothing waits any more."""
    world.faults.rate, world.faults.down = rate, None
    for number in range(_DRAINING_ROUNDS):
        world.work()
        if number % _WORK_EVERY == 0:
            world.run_schedules()
        world.pause(3.0)
        if world.depth() == 0 and world.streams.flush_due() and _is_quiet(world):
            return


def _is_quiet(world: World) -> bool:
    """Return whether the streams hold nothing: past every buffer's time there is nothing due."""
    world.clock.forward(60.0)
    return world.streams.flush_due() and world.depth() == 0
