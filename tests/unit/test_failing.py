"""Doubles that fail on purpose do so as often and in the way they were asked to."""

import random

import pytest

from adapters.failing import (
    Dice,
    FailingObjects,
    FailingQueue,
    FailingSecrets,
    FailingStreamAdmin,
    FailingStreams,
    FailingTable,
    Kind,
)
from domain.errors import Undelivered
from domain.records.ports import Conflict, Put
from schemas.items import ItemKey


class Recorder:
    def __init__(self):
        self.taken = []

    def put_records(self, stream, records):
        self.taken += records
        return [None] * len(records)

    def send(self, bodies):
        return self.put_records("queue", bodies)

    def get(self, key):
        self.taken.append(key)

    def query(self, pk, **_):
        self.taken.append(pk)
        return []

    def transact(self, writes):
        self.taken += writes


def always(kind):
    return Dice({kind: 1.0}, random.Random(1))


CALLS = {
    "streams": lambda recorder, dice: FailingStreams(recorder, dice).put_records("s1", [b"a", b"b", b"c"]),
    "queue": lambda recorder, dice: FailingQueue(recorder, dice).send(["a", "b", "c"]),
}


@pytest.mark.parametrize("sink", CALLS)
@pytest.mark.parametrize(("kind", "retryable"), [(Kind.THROTTLE, True), (Kind.GONE, False)])
def test_a_refusal_takes_nothing_and_says_whether_time_helps(sink, kind, retryable):
    recorder = Recorder()
    results = CALLS[sink](recorder, always(kind))
    assert [result.retryable for result in results] == [retryable] * 3
    assert recorder.taken == []


@pytest.mark.parametrize("sink", CALLS)
@pytest.mark.parametrize(("kind", "taken"), [(Kind.TIMEOUT_BEFORE, 0), (Kind.OUTAGE, 0), (Kind.TIMEOUT_AFTER, 3)])
def test_a_timeout_comes_before_or_after_the_effect(sink, kind, taken):
    recorder = Recorder()
    with pytest.raises(Undelivered) as caught:
        CALLS[sink](recorder, always(kind))
    assert caught.value.retryable
    assert len(recorder.taken) == taken


@pytest.mark.parametrize("sink", CALLS)
def test_a_partial_failure_takes_exactly_what_it_does_not_refuse(sink):
    dice, counts = always(Kind.PARTIAL), set()
    for _ in range(40):
        recorder = Recorder()
        results = CALLS[sink](recorder, dice)
        letters = ["a", "b", "c"] if sink == "queue" else [b"a", b"b", b"c"]
        assert recorder.taken == [letter for letter, result in zip(letters, results, strict=True) if result is None]
        counts.add(len(recorder.taken))
    assert counts == {0, 1, 2}


def test_rates_are_kept_and_may_change():
    dice = Dice({Kind.THROTTLE: 0.2, Kind.OUTAGE: 0.1}, random.Random(1))
    rolls = [dice.roll() for _ in range(5_000)]
    assert rolls.count(Kind.THROTTLE) == dice.failures[Kind.THROTTLE] == pytest.approx(1_000, abs=100)
    assert rolls.count(Kind.OUTAGE) == pytest.approx(500, abs=75)
    dice.rates = {}
    assert {dice.roll() for _ in range(100)} == {None}


def test_a_table_fails_before_or_after_its_effect_or_loses_a_race():
    key, writes = ItemKey("G", "a"), [Put(ItemKey("G", "a"), {}, 0)]
    for kind, error, taken in (
        (Kind.OUTAGE, Undelivered, 0),
        (Kind.TIMEOUT_AFTER, Undelivered, 1),
        (Kind.PARTIAL, Conflict, 0),
    ):
        recorder = Recorder()
        with pytest.raises(error):
            FailingTable(recorder, always(kind)).transact(writes)
        assert len(recorder.taken) == taken
        for read in (lambda table: table.get(key), lambda table: table.query("G")):
            with pytest.raises(Undelivered):
                read(FailingTable(recorder, always(kind)))
    recorder = Recorder()
    table = FailingTable(recorder, Dice({}, random.Random(1)))
    table.get(key)
    table.query("G")
    table.transact(writes)
    assert len(recorder.taken) == 3


class Anything:
    """Answers every call with its name, and notes it."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        def call(*_, **__):
            self.done.append(name)
            return name

        return call


WHOLE = {
    "objects": (FailingObjects, {"put": 3, "get": 2, "open": 2, "list_keys": 2, "delete": 2}),
    "secrets": (FailingSecrets, {"put": 2, "get": 1, "delete": 1}),
    "stream_admin": (FailingStreamAdmin, {"create": 2, "is_active": 1, "holds_for_seconds": 1, "delete": 1}),
}
OPERATIONS = [(double, name, count) for double, names in WHOLE.values() for name, count in names.items()]


@pytest.mark.parametrize(("double", "name", "arguments"), OPERATIONS)
def test_a_call_that_is_whole_fails_before_or_after_its_effect(double, name, arguments):
    for kind, done in ((Kind.OUTAGE, []), (Kind.TIMEOUT_BEFORE, []), (Kind.TIMEOUT_AFTER, [name]), (Kind.GONE, [])):
        adapter = Anything()
        with pytest.raises(Undelivered) as caught:
            getattr(double(adapter, always(kind)), name)(*["x"] * arguments)
        assert adapter.done == done
        assert caught.value.retryable is (kind is not Kind.GONE)
    adapter = Anything()
    getattr(double(adapter, Dice({}, random.Random(1))), name)(*["x"] * arguments)
    assert adapter.done == [name]


def test_a_stream_that_takes_its_time_is_not_active_yet():
    admin = Anything()
    assert FailingStreamAdmin(admin, always(Kind.THROTTLE)).is_active("s1") is False
    assert admin.done == []
