"""Requests as senders make them, some again under their `Idempotency-Key`, and what they believe of the answers."""

import json
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

from benchmarks.chaos.account import Account
from benchmarks.chaos.books import Measure, Sums
from benchmarks.chaos.world import World

MOST_EVENTS = 60
INVALID_SHARE = 0.05
TRIES = 6
AGAIN_SHARE = 0.2
_AGAIN_SECONDS = 0.6


def send_batch(world: World, account: Account, environment_id: str, name: str) -> None:
    """Send some events; half of all senders have a key, and try until they are answered or have tried often.

    Some of them send the same again minutes later, as clients do that were offline, whatever has been deployed since.
    """
    sent = account.sent_with_key[environment_id]
    if sent and world.random.random() < AGAIN_SHARE:
        _send(world, account, environment_id, *world.random.choice(sent))
    batch = [_event(world.random, account.sent_events + place) for place in range(world.random.randint(1, MOST_EVENTS))]
    account.sent_events += len(batch)
    key = name if world.random.random() < 0.5 else None
    ids: dict[int, str] = {}
    if key is not None:
        sent.append((batch, key, ids))
    _send(world, account, environment_id, batch, key, ids)


def _send(
    world: World,
    account: Account,
    environment_id: str,
    batch: list[dict[str, Any]],
    key: str | None,
    ids: dict[int, str],
) -> None:
    """Send a batch until it is answered or was tried often; `ids` are those that its events got before."""
    for _ in range(TRIES if key else 1):
        answer = _post(world, account, environment_id, batch, key)
        if answer is not None:
            rows = _rows(answer)
            _believe(account, environment_id, rows, answer["headers"].get("X-Revision-Id"))
            account.changed_ids += any(ids.setdefault(place, known) != known for place, known in _ids(rows))
            if answer["statusCode"] != 503:
                break
        world.clock.forward(_AGAIN_SECONDS)


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


def _believe(account: Account, environment_id: str, rows: list[dict[str, Any]], revision_id: str | None) -> None:
    for row in rows:
        if row["event_id"] is not None and revision_id is not None:
            account.named[row["event_id"]].add(revision_id)
        if row["outcome"] == "accepted":
            account.place_of(environment_id).accepted.add(row["event_id"])
        elif row["outcome"] == "quarantined":
            account.quarantined[environment_id].add(row["event_id"])
