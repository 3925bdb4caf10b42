"""Sends the events of one object: batch after batch, each until it is accepted, or the object has to wait.

A request that the target refuses because of its events (400, 413, 422) is halved until the refused events stand
alone. Everything else that is no success may pass: it is tried again within the time that there is, and then with the
whole object. The id of a batch says which events of which object it holds, so a target can tell a repeat by it.
"""

import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

from adapters.reaching import Unreachable
from adapters.web_client import WebAnswer
from connectors.http.answers import (
    BAD_REQUEST,
    MULTIPLE_CHOICES,
    OK,
    REFUSING,
    Unreadable,
    lists_refused,
    may_pass,
    refused_by,
    retry_after,
)
from domain.delivery.batching import Event, batches_of, events_of, line_bytes
from domain.delivery.connectors import Budget, Target
from domain.delivery.landed import LandedObject, Outcomes
from domain.delivery.refusals import Refusals
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured, Undelivered
from domain.http_secrets import secrets_of_text
from domain.standard_webhooks import signed_headers
from schemas.limits import (
    HTTP_SECONDS,
    HTTP_TRIES,
    MAX_HTTP_ANSWER_BYTES,
    MAX_HTTP_BATCH_BYTES,
)

_CONTENT_TYPES = {"ndjson": "application/x-ndjson", "json": "application/json"}
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 10.0
"""In a call; a target that asks for more is left alone."""
_TRIES_PER_HANG = 2
"""What a time-out counts for: it would most likely hang again, and holds a worker up."""
_NS = 1_000_000_000


class Web(Protocol):
    """The part of `WebClient` that is used."""

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float, max_answer_bytes: int, reads: Any
    ) -> WebAnswer: ...


class Poster:
    """Makes the requests of one target."""

    def __init__(self, web: Web, target: Target, clock: Any = time.time_ns) -> None:
        """Take the destination with its secrets.

        Raises:
            Misconfigured: its secrets are gone.
        """
        self._web = web
        self._settings = target.destination
        self._secrets = secrets_of_text(target.secret)
        self._clock = clock
        if len(self._secrets.headers) < len(self._settings["header_names"]) or (
            self._settings["sign"] and not self._secrets.keys
        ):
            raise Misconfigured("The headers' values or the signing secret are gone; give the headers again.")

    @property
    def now(self) -> float:
        return float(self._clock() / _NS)

    def post(self, batch_id: str, lines: Sequence[bytes], seconds: float) -> WebAnswer:
        """Send lines once; raises `Unreachable`."""
        body = _body(self._settings["format"], lines)
        headers = {
            **self._secrets.headers,
            "Content-Type": _CONTENT_TYPES[self._settings["format"]],
            "Accept-Encoding": "identity",
            "User-Agent": "ingest-endpoints/1",
            "webhook-id": batch_id,
        }
        if self._settings["sign"]:
            headers |= signed_headers(batch_id, int(self.now), body, self._secrets.keys)
        return self._web.post(
            self._settings["url"],
            headers,
            body,
            seconds=min(seconds, HTTP_SECONDS),
            max_answer_bytes=MAX_HTTP_ANSWER_BYTES,
            reads=lists_refused,
        )


class Sending:
    """Sends the events of one object."""

    def __init__(self, poster: Poster, max_events: int, budget: Budget) -> None:
        self._poster = poster
        self._max_events = max_events
        self._budget = budget
        self._outcomes = Outcomes()
        self._refusals = Refusals()

    def deliver(self, landed: LandedObject) -> Outcomes:
        events = events_of(landed, self._outcomes)
        for batch in batches_of(events, self._max_events, MAX_HTTP_BATCH_BYTES, line_bytes):
            self._send(landed.digest, batch)
        return self._outcomes

    def _send(self, digest: str, batch: Sequence[Event]) -> None:
        """Send a batch, or its halves, until each event is delivered or refused."""
        answer = self._answer(batch_id_of(digest, batch), [event.line for event in batch])
        if answer.status in REFUSING:
            self._refusals.count(f"The target answers {answer.status} to too many requests of one object.")
            if len(batch) == 1:
                self._outcomes.refuse(batch[0].line, f"The target answered {answer.status}.")
                return
            middle = len(batch) // 2
            self._send(digest, batch[:middle])
            self._send(digest, batch[middle:])
            return
        self._refusals.succeeded()
        refused = refused_by(answer.status, answer.headers, answer.body)
        for event in batch:
            reason = refused.get(event.stamps.event_id)
            if reason is None:
                self._outcomes.deliver(event.stamps)
            else:
                self._outcomes.refuse(event.line, reason)

    def _answer(self, batch_id: str, lines: Sequence[bytes]) -> WebAnswer:
        """Return an answer that accepts or refuses the events; `Undelivered` if there is none for now."""
        wait_seconds = _FIRST_WAIT_SECONDS
        tries_left = HTTP_TRIES
        while True:
            seconds_left = self._budget.seconds_left()
            if not seconds_left:
                raise Undelivered("There was no time left for the rest of an object.")
            asked = 0.0
            try:
                answer = self._poster.post(batch_id, lines, seconds_left)
            except Unreachable as error:
                failure = AskedToWait(str(error), 0.0)
                tries_left -= _TRIES_PER_HANG if error.took_too_long else 1
            else:
                if is_settled(answer):
                    return answer
                asked = retry_after(answer.headers, self._poster.now) or 0.0
                failure = AskedToWait(failure_of(answer), asked)
                tries_left -= 1 if may_pass(answer.status) else HTTP_TRIES
            if tries_left <= 0 or asked > _LONGEST_WAIT_SECONDS:
                raise failure
            self._budget.wait(max(asked, wait_seconds), failure)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)


def batch_id_of(digest: str, batch: Sequence[Event]) -> str:
    """Return the id of a batch: of other events, or of another object, it is another."""
    names = b"\n".join(event.stamps.event_id.encode() for event in batch)
    return f"msg_{sha256(digest.encode() + b'/' + names).hexdigest()[:32]}"


def is_settled(answer: WebAnswer) -> bool:
    """Say whether an answer accepts or refuses the events of its request, each of them."""
    if answer.status in REFUSING:
        return True
    if not OK <= answer.status < MULTIPLE_CHOICES:
        return False
    try:
        refused_by(*answer)
    except Unreadable:
        return False
    return True


def failure_of(answer: WebAnswer) -> str:
    """Return in one sentence why an answer is no success; it repeats nothing but the status."""
    status = answer.status
    if status < MULTIPLE_CHOICES:
        return f"The target answered {status} with a list of refused events that can't be read."
    if status < BAD_REQUEST:
        return f"The target answered {status}, a redirect; give the URL that it leads to."
    return f"The target answered {status}."


def _body(batch_format: str, lines: Sequence[bytes]) -> bytes:
    if batch_format == "json":
        return b"[" + b",".join(lines) + b"]"
    return b"".join(line + b"\n" for line in lines)
