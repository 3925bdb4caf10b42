"""The services as the product's adapters call them.

Each call takes simulated time, and what a quota leaves no room for is refused as the service refuses it.

A call that is made here stands for many: those of all requests that the one being answered stands for, or those of all
handlers that the one at work stands for. `Standing` says how many.
"""

import binascii
import math
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from adapters.aws_http.client import Refused
from benchmarks.scale.clock import Clock
from benchmarks.scale.meters import WINDOW_SECONDS, Meters
from benchmarks.scale.quotas import ASSUMED, QUOTAS
from domain.errors import Undelivered
from domain.metering.unknown_keys import MERGE_TRIES
from schemas.limits import POINTER_MAX_AGE_SECONDS

_RECORD_UNIT = 5 * 1024
_MOST_READS = WINDOW_SECONDS / POINTER_MAX_AGE_SECONDS
_TOKEN = re.compile(r"\d{26}")


class Standing:
    """How many the request, the handler and the environment at hand stand for."""

    def __init__(self) -> None:
        self.requests = 1.0
        self.handlers = 1.0
        self.environments = 1.0
        self.row_share: Mapping[str, float] = {}
        """By environment: the part of all handlers that had a request to it since they last wrote."""
        self.periodic_seconds = 0.0
        """That the request at hand waited for what its handler does now and then."""
        self.reads = 1.0
        self.writes = 1.0
        """How often a handler would have done meanwhile what it does every few seconds, had it had all its requests."""
        self.stream_calls = 1.0
        """For how many calls of a stream one stands, for each of these requests."""


class Samples:
    """The items to which all handlers add what they saw of unknown keys: how often they do so."""

    def __init__(self) -> None:
        self.written: dict[str, float] = {}
        """By partition key: how many versions there have been."""
        self._writes: dict[str, float] = {}

    def go_on(self, pk: str, writes_per_second: float, seconds: float) -> float:
        """Let handlers write for some seconds; return the tries that each of these writes takes."""
        self._writes[pk] = writes_per_second
        conflicts = self.conflicts(pk)
        tries = sum(conflicts**before for before in range(MERGE_TRIES))
        self.written[pk] = self.written.get(pk, 0.0) + writes_per_second * seconds * (1 - conflicts**MERGE_TRIES)
        return tries

    def conflicts(self, pk: str) -> float:
        """Return the chance that another handler writes between this one's reading and its write."""
        return -math.expm1(-self._writes.get(pk, 0.0) * (ASSUMED.get_seconds + ASSUMED.write_seconds))


class Services:
    """One region of one account."""

    def __init__(
        self, clock: Clock, meters: Meters, rng: random.Random, *, table_writes: float, table_reads: float
    ) -> None:
        self.clock = clock
        self.meters = meters
        self.rng = rng
        self._token_of: dict[str, str] = {}
        self.standing = Standing()
        self.streams: dict[str, Stream] = {}
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.rate_windows: dict[str, dict[str, float]] = {}
        self.sent: Callable[[str, str, float], None] = lambda _queue, _body, _weight: None
        """Told of each message: its queue, its body, and for how many it stands."""
        self.slow_reads_seconds = 0.0
        self._table_quota = {"writes": table_writes, "reads": table_reads}
        self.throttled: set[tuple[str, str]] = set()
        """Tables of which reads or writes were refused."""
        self.environments_of: dict[str, float] = {}
        """By the digits that all ids of an environment share: how many environments it stands for."""
        self.samples = Samples()

    def client(self, service: str, seconds: float, *, is_periodic: bool = False) -> "Client":
        """Return a client of a service; `is_periodic` where a handler calls it now and then, as it does DynamoDB."""
        return Client(self, seconds, is_periodic=is_periodic or service == "dynamodb")

    def wait(self, median: float, most: float) -> None:
        """Let a call's time pass; raise `Undelivered` if it takes longer than its caller waits."""
        took = median * math.exp(ASSUMED.spread * self.rng.gauss(0.0, 1.0))
        if took > most:
            self.clock.forward(most)
            raise Undelivered("AWS did not answer in time.")
        self.clock.forward(took)

    # Streams

    def put_record_batch(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        stream = self.streams[request["DeliveryStreamName"]]
        sizes = [len(binascii.a2b_base64(row["Data"])) for row in request["Records"]]
        standing = self.standing
        calls = standing.requests * standing.stream_calls
        self.wait(ASSUMED.put_seconds, seconds)
        refused_by = stream.refusal(calls, standing.requests * sum(sizes), self.clock.second, self.rng)
        if refused_by is not None:
            self.meters.meet(refused_by, calls * standing.environments, self.clock.second)
            rows = [{"ErrorCode": "ServiceUnavailableException"}] * len(sizes)
            return {"FailedPutCount": len(sizes), "RequestResponses": rows}
        lately = calls * min(1.0, WINDOW_SECONDS / stream.between_seconds)
        self.meters.streams.add(request["DeliveryStreamName"], lately, self.clock.second)
        billed = sum(math.ceil(size / _RECORD_UNIT) for size in sizes)
        self.meters.use("stream_units", billed * standing.requests * standing.environments)
        self.meters.use("delivered_bytes", sum(sizes) * standing.requests * standing.environments)
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}] * len(sizes)}

    # Queues

    def send_message_batch(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        standing = self.standing
        self.wait(ASSUMED.queue_seconds, seconds)
        self.meters.use("queue_calls", standing.requests * standing.environments)
        for entry in request["Entries"]:
            self.sent(request["QueueUrl"], entry["MessageBody"], standing.requests)
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def send_tallies(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Take what one handler has counted; what that costs, and what comes of it, is reckoned for all at once."""
        self.wait(ASSUMED.queue_seconds, seconds)
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    # Tables. What a handler reads and writes it does now and then: a call stands for one of each handler.

    def get_item(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        pk, sk = _key(request["Key"])
        if pk in self.samples.written:
            self.wait(ASSUMED.get_seconds, seconds)
            self._refuse_what_is_too_much("GetItem", request["TableName"], "reads", pk)
            return self._sample(pk, sk)
        weight = self._calls_of(pk)
        reads = self.standing.requests * self.standing.environments
        weight = min(weight * min(self.standing.reads, _MOST_READS), reads)
        self.meters.use("read_units", max(0.0, min(weight * self.standing.reads / _MOST_READS, reads) - weight))
        self.wait(self.slow_reads_seconds or ASSUMED.get_seconds, seconds)
        self._use("GetItem", request["TableName"], "reads", pk, sk, weight, 1.0)
        item = self.items.get((pk, sk))
        return {} if item is None else {"Item": item}

    def update_item(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        pk, sk = _key(request["Key"])
        self.wait(ASSUMED.write_seconds, seconds)
        self._use("UpdateItem", request["TableName"], "writes", pk, sk, self._calls_of(pk), 1.0)
        windows = self.rate_windows.setdefault(pk, {})
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        for place, value in values.items():
            if place.startswith(":w"):
                name = names[f"#{place[1:]}"]
                windows[name] = windows.get(name, 0.0) + int(value["N"]) * self.standing.handlers
        while len(windows) > 8:
            del windows[min(windows)]
        return {"Attributes": {name: {"N": str(round(events))} for name, events in windows.items()}}

    def put_item(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Take a handler's sample of unknown keys; what that costs is reckoned for all handlers at once."""
        pk, sk = _key(request["Item"])
        self.wait(ASSUMED.write_seconds, seconds)
        self._refuse_what_is_too_much("PutItem", request["TableName"], "writes", pk)
        if self.rng.random() < self.samples.conflicts(pk):
            raise Refused("PutItem", "ConditionalCheckFailedException", 400, {})
        self.items[pk, sk] = dict(request["Item"])
        return {}

    def _sample(self, pk: str, sk: str) -> dict[str, Any]:
        item = self.items.get((pk, sk))
        return {} if item is None else {"Item": {**item, "version": {"N": str(int(self.samples.written[pk]) + 1)}}}

    def _calls_of(self, pk: str) -> float:
        """Return for how many calls of all handlers and environments the one at hand stands."""
        token = self._token(pk)
        share = self.standing.row_share.get(token, 1.0)
        return self.standing.handlers * share * self.environments_of.get(token, 1.0)

    def _token(self, pk: str) -> str:
        found = self._token_of.get(pk)
        if found is None:
            match = _TOKEN.search(pk)
            found = self._token_of[pk] = match[0] if match else ""
        return found

    def _use(self, operation: str, table: str, kind: str, pk: str, sk: str, weight: float, units: float) -> None:
        """Bill a call, and refuse it where its partition or its table has no room."""
        second, meters = self.clock.second, self.meters
        if kind == "writes":
            meters.use("write_units", weight * units * self.standing.writes)
        else:
            meters.use("read_units", weight * units)
        each = weight / self.environments_of.get(self._token(pk), 1.0)
        if kind == "writes":
            meters.items.add(f"{pk} {sk}", each * units, second)
        meters.partitions.add(f"{kind} {pk}", each * units, second)
        meters.tables.add(f"{kind} {table}", weight * units, second)
        self._refuse_what_is_too_much(operation, table, kind, pk, weight)

    def _refuse_what_is_too_much(
        self, operation: str, table: str, kind: str, pk: str, weight: float | None = None
    ) -> None:
        meters = self.meters
        quota = QUOTAS.item_writes if kind == "writes" else QUOTAS.item_reads
        for name, busy, room in (
            (f"item_{kind}", meters.partitions.rate(f"{kind} {pk}"), quota.value),
            (f"table_{kind}", meters.tables.rate(f"{kind} {table}"), self._table_quota[kind]),
        ):
            if busy > room and self.rng.random() >= room / busy:
                meters.meet(name, self.standing.handlers if weight is None else weight, self.clock.second)
                self.throttled.add((table, kind))
                raise Refused(operation, "ProvisionedThroughputExceededException", 400, {})


class Stream:
    """One delivery stream: what it takes in a second, and what is left of that."""

    def __init__(self, calls: float, size: float) -> None:
        self.calls = calls
        self.bytes = size
        self.between_seconds = 1.0
        """Between two requests that stand for all of it."""
        self.share = 1.0
        """Of its quota that is left by the region."""
        self._calls_left = calls
        self._bytes_left = size
        self._at = 0.0

    def expect(self, between_seconds: float) -> None:
        """Take requests that stand for all of so long: fewer than before come with the room that they have left."""
        more = max(0.0, max(1.0, 2 * between_seconds) - max(1.0, 2 * self.between_seconds)) * self.share
        self._calls_left += more * self.calls
        self._bytes_left += more * self.bytes
        self.between_seconds = between_seconds

    def refusal(self, calls: float, size: float, second: float, rng: random.Random) -> str | None:
        """Return the quota for want of which calls are refused, or None; what is taken is taken off."""
        passed = max(0.0, second - self._at)
        self._at = max(self._at, second)
        most = max(1.0, 2 * self.between_seconds) * self.share
        self._calls_left = min(self._calls_left + passed * self.calls * self.share, self.calls * most)
        self._bytes_left = min(self._bytes_left + passed * self.bytes * self.share, self.bytes * most)
        chance = rng.random()
        if chance * calls >= self._calls_left:
            return "stream_calls"
        if chance * size >= self._bytes_left:
            return "stream_bytes"
        self._calls_left -= calls
        self._bytes_left -= size
        return None


class Client:
    """Stands for `adapters.aws_http.client.JsonClient`."""

    def __init__(self, services: Services, seconds: float, *, is_periodic: bool) -> None:
        self._services = services
        self._is_periodic = is_periodic
        self._seconds = seconds

    def call(
        self,
        operation: str,
        payload: bytes,
        *,
        seconds: float | None = None,
        again: Callable[[], bytes] | None = None,  # noqa: ARG002 - no connection is closed here
    ) -> dict[str, Any]:
        began = self._services.clock.ns
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            if self._is_periodic and name == "send_message_batch":
                name = "send_tallies"
            return getattr(self._services, name)(orjson.loads(payload), self._seconds if seconds is None else seconds)  # type: ignore[no-any-return]
        finally:
            if self._is_periodic:
                self._services.standing.periodic_seconds += (self._services.clock.ns - began) / 1e9


def _key(attributes: Mapping[str, Any]) -> tuple[str, str]:
    return attributes["pk"]["S"], attributes["sk"]["S"]
