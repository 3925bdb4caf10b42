"""Sends events through the world while everything in it fails, and accounts for each of them afterwards."""

import gzip
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.chaos.account import Account, Counted, Place
from benchmarks.chaos.books import Measure, Sums
from benchmarks.chaos.faults import Faults
from benchmarks.chaos.world import BUCKET, LANDING, World
from domain.quarantine.filters import QuarantineFilter
from domain.quarantine.objects import PREFIX, events_of
from domain.quarantine.reading import waiting_groups
from functions.redrive.handler import QueueStarter
from schemas.watched import LEDGER_MISSING, LEDGER_SURPLUS

RATE = 0.015
"""Of each of the six kinds: one call of eleven fails."""
MOST_EVENTS = 60
INVALID_SHARE = 0.05
TRIES = 6
_ENVIRONMENTS = (("s3", 1, None), ("s3", 3, None), ("bigquery load", 2, "load"), ("bigquery stream", 1, "stream"))
"""Kind of destination, streams, and BigQuery's mode."""
_WORK_EVERY = 5
_REQUEST_SECONDS = 1.0
"""Between two requests: in the ten seconds of its counters ingest is killed more often than not."""
_WEATHER: Sequence[tuple[float, str | None]] = ((1.0, None), (1.0, "ingest.streams"), (6.0, None), (0.0, None))
"""What the rate is multiplied with for a while, and what is down: in foul weather half of all calls fail."""
_WEATHER_LASTS = 25
_DRAINING_ROUNDS = 50_000
_REDRIVING_ROUNDS = 100_000
"""A redrive's message is ten objects and some hundred calls, so that it comes again many times before it is done."""
_CHANGE_EVERY = 30
"""Requests between two changes of environments."""
_STREAMS = (3, 1, 2)
_FIRST_PASSING = 1_000
"""Above the numbers of those that stay."""
_LEDGER_SECONDS = 30 * 60
"""After which nothing may be in flight any more."""


def run(folder: Path, events: int, *, seed: int = 1, rate: float = RATE) -> Account:
    """Return the account of a run of at least so many events."""
    random = Random(seed)
    faults = Faults(random, rate)
    account = Account()
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what functions say of each failure
    world = World(folder, faults, random)
    try:
        for number, (kind, streams, mode) in enumerate(_ENVIRONMENTS, 1):
            environment_id = world.add_environment(number, streams, mode)
            account.places[environment_id] = Place(kind)
            account.environments[environment_id] = max(streams, *_STREAMS)
        _settle(world, account)
        _send_all(world, account, events, rate)
        _drain(world, rate)
        _settle(world, account)
        _exhaust(world, account)
        _redrive(world, account, rate)
        account.left_in_queues = world.waiting()
        for number, (environment_id, place) in enumerate(account.places.items(), 1):
            _take_stock(world, environment_id, place)
            if place.kind != "s3":
                place.rows = Counter(world.rows_of(number))
        for number, (environment_id, place) in enumerate(account.passed.items(), 1):
            _take_stock(world, environment_id, place)
            if place.kind != "s3":
                place.rows = Counter(world.rows_of(_FIRST_PASSING + number))
        for key in world.objects.list_keys(BUCKET, PREFIX):
            account.in_quarantine.update(event.event_id for event in events_of(_body(world, BUCKET, key)))
        _balance(world, account)
        account.unexpected = Counter(type(error).__name__ for error in world.unexpected)
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
        batch = [
            _event(world.random, account.sent_events + place) for place in range(world.random.randint(1, MOST_EVENTS))
        ]
        account.sent_events += len(batch)
        environment_id = world.random.choice([*environments, *filter(None, [account.passing])])
        key = f"key-{number}" if world.random.random() < 0.5 else None
        ids: dict[int, str] = {}
        for _ in range(TRIES if key else 1):
            answer = _post(world, account, environment_id, batch, key)
            if answer is not None:
                rows = _rows(answer)
                _believe(account, environment_id, rows)
                account.changed_ids += any(ids.setdefault(place, known) != known for place, known in _ids(rows))
                if answer["statusCode"] != 503:
                    break
            world.clock.forward(0.6)
        world.clock.forward(_REQUEST_SECONDS)
        if number % _WORK_EVERY == 0:
            world.work()
            world.run_schedules()
        if number % _CHANGE_EVERY == 0:
            _change(world, account, number // _CHANGE_EVERY)


def _change(world: World, account: Account, number: int) -> None:
    """Change how many streams one of the environments has; make another one, and delete the one before."""
    places = list(account.places)
    world.operator.change_streams(places[number % len(places)], _STREAMS[number % len(_STREAMS)])
    if account.passing is not None:
        world.operator.delete(account.passing)
    mode = (None, "load", "stream")[number % 3]
    account.passing = world.add_environment(_FIRST_PASSING + number, 2, mode)
    account.environments[account.passing] = 2
    account.passed[account.passing] = Place("s3" if mode is None else f"bigquery {mode}")


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
    starter = QueueStarter(world.faults.around(world.redrives, "operator.redrives", can_kill=False))
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
    everything = QuarantineFilter(0, 2**40)
    for environment_id, place in account.places.items():
        groups = waiting_groups(store, environment_id, everything)
        account.left_in_quarantine += sum(group.events - group.redriven for group in groups)
        place.accepted |= account.quarantined[environment_id]


def _balance(world: World, account: Account) -> None:
    """Have the ledger looked at once everything has had its time, with nothing that fails."""
    world.faults.rate = 0.0
    world.hand_over_usage()
    account.lost, account.again = world.books.lost, world.books.again
    totals = [world.usage.totals(environment_id) for environment_id in account.environments]
    for measure in Measure:
        counted = sum(getattr(sums, measure) for sums in totals) + account.lost[measure] - account.again[measure]
        if measure is Measure.ACCEPTED:
            counted -= sum(sums.redriven for sums in totals)
        least = account.told[measure]
        account.usage[measure] = Counted(counted, least, least + account.untold[measure])
    world.clock.forward(_LEDGER_SECONDS)
    world.figures.last.clear()
    world.run_schedules()
    account.ledger_missing = world.figures.last.get(LEDGER_MISSING)
    account.ledger_surplus = world.figures.last.get(LEDGER_SURPLUS)


def _event(random: Random, number: int) -> dict[str, Any]:
    if random.random() < INVALID_SHARE:
        return {"number": "no number", "text": str(number)}
    return {"number": number, "text": "x" * random.randint(0, 300)}


def _post(
    world: World, account: Account, environment_id: str, batch: list[dict[str, Any]], key: str | None
) -> Mapping[str, Any] | None:
    account.requests += 1
    body = json.dumps(batch)
    headers = {"host": "in.example.com", "content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    answer = world.ingest(
        {
            "version": "2.0",
            "rawPath": f"/e/{environment_id}",
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "http": {"method": "POST", "path": f"/e/{environment_id}", "sourceIp": "192.0.2.1"},
                "requestId": f"request-{account.requests}",
                "stage": "$default",
            },
            "body": body,
            "isBase64Encoded": False,
        }
    )
    if answer is None:
        account.unanswered += 1
        account.untold += _told(len(batch), body)
    else:
        account.statuses[answer["statusCode"]] += 1
        outcomes = [row["outcome"] for row in _rows(answer)]
        if outcomes:
            account.told += _told(outcomes.count("accepted"), body)
    return answer


def _told(accepted: int, body: str) -> Sums:
    return Counter({Measure.REQUESTS: 1, Measure.ACCEPTED: accepted, Measure.BYTES: len(body)})


def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an answer says of each event; nothing where it speaks of none."""
    said = json.loads(answer["body"])
    if "results" in said:
        return list(said["results"])
    return [{"outcome": "accepted", "event_id": event_id} for event_id in said.get("event_ids", ())]


def _ids(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Return the ids of the events that are kept somewhere, by their places."""
    return [(place, row["event_id"]) for place, row in enumerate(rows) if row["event_id"] is not None]


def _believe(account: Account, environment_id: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["outcome"] == "accepted":
            account.place_of(environment_id).accepted.add(row["event_id"])
        elif row["outcome"] == "quarantined":
            account.quarantined[environment_id].add(row["event_id"])


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


def _take_stock(world: World, environment_id: str, place: Place) -> None:
    seen: dict[str, bytes] = {}
    bucket = BUCKET if place.kind == "s3" else LANDING
    for line in _lines(world, bucket, f"environment={environment_id}/"):
        event_id = json.loads(line)["_event_id"]
        place.log[event_id] += 1
        # The same event may arrive twice at another time, and is the same event.
        told = line.split(b',"_revision_id"', 1)[1]
        place.contradictions += seen.setdefault(event_id, told) != told
    for line in _lines(world, LANDING, f"set-aside/environment={environment_id}/"):
        place.set_aside[json.loads(line)["event_id"]] += 1
    place.rows = place.log
    place.counted = world.usage.totals(environment_id).delivered


def _lines(world: World, bucket: str, prefix: str) -> Iterator[bytes]:
    for key in world.objects.list_keys(bucket, prefix):
        yield from gzip.decompress(_body(world, bucket, key)).splitlines()


def _body(world: World, bucket: str, key: str) -> bytes:
    body = world.objects.get(bucket, key)
    assert body is not None
    return body
