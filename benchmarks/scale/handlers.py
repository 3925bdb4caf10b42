"""The handlers of ingest, as they ship: a few of them stand for all.

A handler that stands for many takes a few of all their requests. What it does for each request, those others do for
each of theirs; what it does now and then, each of the others does as often.
"""

import json
import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.dynamodb.rates import DynamoRates
from adapters.dynamodb.reading import DynamoReader
from adapters.dynamodb.signed_calls import CALL_SECONDS as COUNT_SECONDS
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.unknown_keys import DynamoUnknownKeys
from adapters.firehose.records import CALL_SECONDS as PUT_SECONDS
from adapters.firehose.records import FirehoseRecords
from adapters.sqs.messages import CALL_SECONDS as SEND_SECONDS
from adapters.sqs.messages import SqsMessages
from adapters.tallies import TallySink
from benchmarks.samples import SMALL_EVENT, SMALL_MAPS
from benchmarks.scale import declared
from benchmarks.scale.services import Services
from domain.http import HttpRequest
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.intake.unknown_sample import UnknownKeySample
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from schemas.items import ItemKey, pointer_key, revision_document_key
from schemas.limits import COUNTER_FLUSH_SECONDS, POINTER_MAX_AGE_SECONDS, UNKNOWN_KEYS_FLUSH_SECONDS

READ_SECONDS = declared.constant("functions/ingest/composing.py", "READ_SECONDS")
FIRST_READ_SECONDS = declared.constant("functions/ingest/composing.py", "FIRST_READ_SECONDS")
READ_TRIES = declared.constant("functions/ingest/composing.py", "READ_TRIES")
CATALOG, COUNTERS = "catalog", "counters"
SPILL, QUARANTINE, USAGE = "spill", "quarantine", "usage"
_VALID = json.dumps([SMALL_EVENT]).encode()
_INVALID = json.dumps([{**SMALL_EVENT, "visits": "seventeen"}]).encode()
_HEADERS = {"content-type": "application/json", "user-agent": "sender"}


_LEARNING_SECONDS = 3 * UNKNOWN_KEYS_FLUSH_SECONDS
"""Until a handler has written twice."""


class Kind(NamedTuple):
    """Environments that have the same of everything: one stands for `count` of them."""

    name: str
    count: int
    share: float
    """Of all requests, of all of these environments together."""
    streams: int
    rate_limit: int | None

    @property
    def token(self) -> str:
        """The digits that all ids of the environment share."""
        return f"{sum(map(ord, self.name)):026d}"

    @property
    def environment_id(self) -> str:
        return f"env_{self.token}"

    @property
    def stream_names(self) -> list[str]:
        return [f"stream-{self.name}-{number}" for number in range(self.streams)]


def write_catalog(services: Services, kind: Kind) -> None:
    """Write what ingest reads of an environment."""
    revision_id = f"rev_{kind.token}"
    pointer = {
        "environment_id": kind.environment_id,
        "endpoint_id": f"ep_{kind.token}",
        "organisation_id": f"org_{kind.token}",
        "revision_id": revision_id,
        "state": "active",
        "on_invalid": "quarantine",
        "allowed_origins": [],
        "streams": kind.stream_names,
        "plan_exhausted": False,
        "rate_limit": kind.rate_limit,
        "store_addresses": False,
    }
    document = {"revision_id": revision_id, "additional_keys": "drop", "fields": SMALL_MAPS}
    _write(services, pointer_key(kind.environment_id), pointer)
    _write(services, revision_document_key(revision_id), document)


def _write(services: Services, key: ItemKey, data: Mapping[str, Any]) -> None:
    services.items[key.pk, key.sk] = {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "version": {"N": "1"},
        "data": {"S": json.dumps(data)},
    }


class _Rates(RateLimits):
    """Counts a request as all those that it stands for at its handler."""

    each = 1.0

    def count(self, environment_id: str, events: int, now_ns: int, *, taken: bool) -> None:
        super().count(environment_id, max(1, round(events * self.each)), now_ns, taken=taken)


class Handler:
    """One handler with everything that it keeps in memory."""

    def __init__(self, services: Services, rng: random.Random) -> None:
        self.services = services
        self.weight = 1.0
        """For how many handlers it stands."""
        clock = services.clock
        dynamodb = services.client("dynamodb", READ_SECONDS)
        queues = services.client("sqs", SEND_SECONDS)
        again, first = (
            DynamoReader(
                SignedCalls(dynamodb, tries=READ_TRIES, seconds=seconds, sleep=self._pause, random=rng.random),  # type: ignore[arg-type]
                CATALOG,
                clock,
            )
            for seconds in (READ_SECONDS, FIRST_READ_SECONDS)
        )
        count = SignedCalls(dynamodb, seconds=COUNT_SECONDS, sleep=self._pause, random=rng.random)  # type: ignore[arg-type]
        self._sample = sample = UnknownKeySample(DynamoUnknownKeys(count, COUNTERS), clock)
        tallies = SqsMessages(services.client("sqs", SEND_SECONDS, is_periodic=True), USAGE)  # type: ignore[arg-type]
        self.counters = UsageCounters(TallySink(tallies), clock, sample)
        self.rates = _Rates(DynamoRates(count, COUNTERS), clock)
        keeper = Keeper(
            FirehoseRecords(services.client("firehose", PUT_SECONDS)),  # type: ignore[arg-type]
            SqsMessages(queues, SPILL),  # type: ignore[arg-type]
            SqsMessages(queues, QUARANTINE),  # type: ignore[arg-type]
            monotonic=clock.monotonic,
            sleep=self._pause,
            random=self._chance,
        )
        self._rng = rng
        self._asked: dict[Kind, float] = {}
        self._wrote = self._began = clock.monotonic()
        self.next_chance: float | None = None
        """What is drawn next: requests are spread over streams as evenly as thousands of draws spread them."""
        directory = Directory(again, clock.monotonic, patient=first)
        self.intake = Intake(directory, keeper, self.counters, clock, lambda: b"secret", self.rates, None, sample)

    def sample_seconds(self, kind: Kind) -> float | None:
        """Return how long it waits between two writes of what it saw of unknown keys; None until it has learned that.

        Those for which it stands have learned that within its first minutes.
        """
        turn = self._sample._turns.get(kind.environment_id)  # noqa: SLF001 - nothing else needs to know
        if turn is not None and turn.every_ns > UNKNOWN_KEYS_FLUSH_SECONDS * 1e9:
            return turn.every_ns / 1e9
        is_new = self.services.clock.monotonic() - self._began < _LEARNING_SECONDS
        return UNKNOWN_KEYS_FLUSH_SECONDS if is_new else None

    def _chance(self) -> float:
        drawn, self.next_chance = self.next_chance, None
        return self._rng.random() if drawn is None else drawn

    def _pause(self, seconds: float) -> None:
        self.services.clock.forward(seconds)
        self.services.standing.periodic_seconds += seconds

    def answer(self, kind: Kind, *, is_valid: bool) -> int:
        """Answer a request as the function's handler does; return the status."""
        body = _VALID if is_valid else _INVALID
        request = HttpRequest(
            "POST", f"/e/{kind.environment_id}", "in.example.com", _HEADERS, {}, body, "203.0.113.7", "req"
        )
        standing, now = self.services.standing, self.services.clock.monotonic()
        since = now - self._asked.get(kind, now)
        self._asked[kind] = now
        standing.reads = max(1.0, since / POINTER_MAX_AGE_SECONDS)
        response = self.intake.answer(request)
        since = self.services.clock.monotonic() - self._wrote
        if since >= COUNTER_FLUSH_SECONDS:
            self._wrote += since
            standing.writes = since / COUNTER_FLUSH_SECONDS
        self.counters.flush_if_due()
        self.rates.exchange_if_due()
        standing.reads = standing.writes = 1.0
        return response.status
