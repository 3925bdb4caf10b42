"""Doubles that fail on purpose, by kind and rate, around adapters that work: for tests and for runs under chaos.

throttle          refused whole, time helps
partial           some records of the call are refused, the others were taken
timeout_before    raised before anything happened
timeout_after     raised although everything happened
outage            can't be reached at all
gone              refused whole, time does not help: the stream was removed
"""

import random as random_module
import threading
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import BinaryIO, TypeVar

from domain.delivery.ports import ObjectStore, PutFailure, PutResults, QueueSink, SecretStore, StreamAdmin, StreamSink
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Undelivered
from domain.records.ports import Conflict, Item, Table, Write
from schemas.items import ItemKey


class Kind(StrEnum):
    """How a call fails."""

    THROTTLE = "throttle"
    PARTIAL = "partial"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    OUTAGE = "outage"
    GONE = "gone"


Rates = Mapping[Kind, float]
"""The share of calls that fail in each way; together at most 1."""

_T = TypeVar("_T")

_THROTTLED = PutFailure("throttled on purpose", retryable=True)
_GONE = PutFailure("gone on purpose", retryable=False)


class Dice:
    """Decides what happens to each call; the rates may be changed at any time, from any thread."""

    def __init__(self, rates: Rates, random: random_module.Random) -> None:
        self.rates = dict(rates)
        self.failures: dict[Kind, int] = dict.fromkeys(Kind, 0)
        """How often each kind came up."""
        self._random = random
        self._lock = threading.Lock()

    def roll(self) -> Kind | None:
        with self._lock:
            number = self._random.random()
            for kind, rate in self.rates.items():
                if number < rate:
                    self.failures[kind] += 1
                    return kind
                number -= rate
        return None

    def some_of(self, count: int) -> list[int]:
        """Return at least one of the indexes below `count`, in order."""
        with self._lock:
            return sorted(self._random.sample(range(count), self._random.randint(1, count))) if count else []


class FailingStreams:
    """A `StreamSink` that fails before, around or after the one it stands for."""

    def __init__(self, sink: StreamSink, dice: Dice) -> None:
        self._sink = sink
        self._dice = dice

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        kind = self._dice.roll()
        if kind is Kind.PARTIAL:
            refused = set(self._dice.some_of(len(records)))
            taken = [index for index in range(len(records)) if index not in refused]
            results: PutResults = [_THROTTLED] * len(records)
            if taken:
                put = self._sink.put_records(stream, [records[index] for index in taken])
                for index, result in zip(taken, put, strict=True):
                    results[index] = result
            return results
        refusal = _refusal_before(kind)
        if refusal is not None:
            return [refusal] * len(records)
        results = self._sink.put_records(stream, records)
        _raise_after(kind)
        return results


class FailingQueue:
    """A `QueueSink` that fails before, around or after the one it stands for."""

    def __init__(self, queue: QueueSink, dice: Dice) -> None:
        self._queue = queue
        self._dice = dice

    def send(self, bodies: Sequence[str]) -> PutResults:
        kind = self._dice.roll()
        if kind is Kind.PARTIAL:
            refused = set(self._dice.some_of(len(bodies)))
            taken = [index for index in range(len(bodies)) if index not in refused]
            results: PutResults = [_THROTTLED] * len(bodies)
            for index, result in zip(taken, self._queue.send([bodies[i] for i in taken]), strict=True):
                results[index] = result
            return results
        refusal = _refusal_before(kind)
        if refusal is not None:
            return [refusal] * len(bodies)
        results = self._queue.send(bodies)
        _raise_after(kind)
        return results


class FailingTable:
    """A `Table` that can't always be reached. `partial` conflicts with its first write, as a race would."""

    def __init__(self, table: Table, dice: Dice) -> None:
        self._table = table
        self._dice = dice

    def get(self, key: ItemKey) -> Item | None:
        _raise_any(self._dice.roll())
        return self._table.get(key)

    def get_all(self, keys: Sequence[ItemKey]) -> list[Item]:
        _raise_any(self._dice.roll())
        return self._table.get_all(keys)

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int = 50, descending: bool = False
    ) -> list[Item]:
        _raise_any(self._dice.roll())
        return self._table.query(pk, prefix=prefix, after=after, limit=limit, descending=descending)

    def transact(self, writes: Sequence[Write]) -> None:
        kind = self._dice.roll()
        if kind is Kind.PARTIAL:
            raise Conflict([0])
        if kind is not Kind.TIMEOUT_AFTER:
            _raise_any(kind)
        self._table.transact(writes)
        _raise_after(kind)


class FailingStreamAdmin:
    """A `StreamAdmin` that can't always be reached; a stream of it takes its time, for `throttle` and `partial`."""

    def __init__(self, admin: StreamAdmin, dice: Dice) -> None:
        self._admin = admin
        self._dice = dice

    def create(self, stream: str, settings: StreamSettings) -> None:
        _around(self._dice.roll(), lambda: self._admin.create(stream, settings))

    def is_active(self, stream: str) -> bool:
        kind = self._dice.roll()
        if kind in {Kind.THROTTLE, Kind.PARTIAL}:
            return False
        return _around(kind, lambda: self._admin.is_active(stream))

    def holds_for_seconds(self, stream: str) -> float:
        return _around(self._dice.roll(), lambda: self._admin.holds_for_seconds(stream))

    def delete(self, stream: str) -> None:
        _around(self._dice.roll(), lambda: self._admin.delete(stream))


class FailingObjects:
    """An `ObjectStore` that fails before or after the one it stands for."""

    def __init__(self, objects: ObjectStore, dice: Dice) -> None:
        self._objects = objects
        self._dice = dice

    def put(self, bucket: str, key: str, body: bytes) -> None:
        _around(self._dice.roll(), lambda: self._objects.put(bucket, key, body))

    def get(self, bucket: str, key: str) -> bytes | None:
        return _around(self._dice.roll(), lambda: self._objects.get(bucket, key))

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        return _around(self._dice.roll(), lambda: self._objects.open(bucket, key))

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        return _around(self._dice.roll(), lambda: self._objects.list_keys(bucket, prefix, after=after, limit=limit))

    def delete(self, bucket: str, key: str) -> None:
        _around(self._dice.roll(), lambda: self._objects.delete(bucket, key))


class FailingSecrets:
    """A `SecretStore` that fails before or after the one it stands for."""

    def __init__(self, secrets: SecretStore, dice: Dice) -> None:
        self._secrets = secrets
        self._dice = dice

    def put(self, name: str, secret: str) -> None:
        _around(self._dice.roll(), lambda: self._secrets.put(name, secret))

    def get(self, name: str) -> str | None:
        return _around(self._dice.roll(), lambda: self._secrets.get(name))

    def delete(self, name: str) -> None:
        _around(self._dice.roll(), lambda: self._secrets.delete(name))


def _around(kind: Kind | None, work: Callable[[], _T]) -> _T:
    """Do the work, or fail before or after it; what can't be partial fails before."""
    if kind is not Kind.TIMEOUT_AFTER:
        _raise_any(kind)
    result = work()
    _raise_after(kind)
    return result


def _refusal_before(kind: Kind | None) -> PutFailure | None:
    if kind is Kind.THROTTLE:
        return _THROTTLED
    if kind is Kind.GONE:
        return _GONE
    if kind in {Kind.TIMEOUT_BEFORE, Kind.OUTAGE}:
        _raise_any(kind)
    return None


def _raise_after(kind: Kind | None) -> None:
    if kind is Kind.TIMEOUT_AFTER:
        _raise_any(kind)


def _raise_any(kind: Kind | None) -> None:
    if kind is not None:
        raise Undelivered(f"failed on purpose: {kind}", retryable=kind is not Kind.GONE)
