"""Sends hostile events, from a process of its own: what it costs to read their answers nobody else waits for.

It does so in turns, between which it sends nothing: what honest senders notice is then measured on one run at one time,
whatever else the machine does.
"""

import http.client
import json
import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from benchmarks.hostile import HostileRequest, prepared_requests

BODIES = 512
NICENESS = 5
TURN_SECONDS = 5.0
SETTLE_SECONDS = 2.0
"""How long after a hostile turn it is not quiet yet: the last hostile request is still worked on."""

_PAUSE_SECONDS = 0.01
_RECONNECT_SECONDS = 0.05
_ANSWER_SECONDS = 30.0

_requests: list[HostileRequest] = []


@dataclass(slots=True)
class Told:
    """What became of an attack: the ids of events that answers called accepted or quarantined, and the answers."""

    events: int = 0
    accepted: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    seconds: float = 0.0
    """Of hostile turns."""


class Attacker:
    """The process that attacks; its requests are made when it is entered."""

    def __init__(self, bodies: int = BODIES) -> None:
        """Take how many different requests are made beforehand; they are sent over and over."""
        self._bodies = bodies
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        self._process.submit(_prepare, self._bodies).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.shutdown(wait=True, cancel_futures=True)

    def attack(self, address: str, events: int, started: float, seconds: float, longest: float) -> "Future[Told]":
        """Begin to send so many events, due evenly over so many seconds of hostile turns, the first from `started`.

        It ends with the last answer, or `longest` seconds after `started`, which is a time of `time.monotonic`.
        """
        return self._process.submit(_attack, address, events, started, seconds, longest)


def is_hostile(elapsed: float) -> bool:
    """Say whether so many seconds after its start an attack has a turn."""
    return elapsed % (2 * TURN_SECONDS) < TURN_SECONDS


def is_quiet(elapsed: float) -> bool:
    """Say whether so many seconds after its start nothing is left of an attack's last turn."""
    return elapsed % (2 * TURN_SECONDS) >= TURN_SECONDS + SETTLE_SECONDS


def _hostile_seconds(elapsed: float) -> float:
    turns, rest = divmod(elapsed, 2 * TURN_SECONDS)
    return turns * TURN_SECONDS + min(rest, TURN_SECONDS)


def _prepare(bodies: int) -> None:
    _requests.extend(prepared_requests(bodies))
    os.nice(NICENESS)


def _attack(address: str, events: int, started: float, seconds: float, longest: float) -> Told:
    parts = urlsplit(address)
    assert parts.hostname is not None
    told = Told()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_ANSWER_SECONDS)
    sent = 0
    while told.events < events and (elapsed := time.monotonic() - started) < longest:
        if not is_hostile(elapsed) or told.events > events * _hostile_seconds(elapsed) / seconds:
            time.sleep(_PAUSE_SECONDS)
            continue
        request = _requests[sent % len(_requests)]
        sent += 1
        try:
            connection.request("POST", parts.path, request.body, request.headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            told.broken += 1
            time.sleep(_RECONNECT_SECONDS)
            continue
        told.events += request.events
        _note(status, text, told)
    connection.close()
    told.seconds = _hostile_seconds(time.monotonic() - started)
    return told


def _note(status: int, text: bytes, told: Told) -> None:
    told.answers[status] += 1
    document = json.loads(text)
    if "results" not in document:
        told.accepted += document.get("event_ids", ())
        return
    for row in document["results"]:
        if row["outcome"] == "accepted":
            told.accepted.append(row["event_id"])
        elif row["outcome"] == "quarantined":
            told.quarantined.append(row["event_id"])
