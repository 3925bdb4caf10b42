"""Spilled records on their way back."""

import itertools
import random

from adapters.failing import Dice, FailingQueue, FailingStreams, Kind
from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from domain.delivery.delivering import deliver
from domain.delivery.messages import spill_messages
from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from functions.redeliver.handler import make_handler

THROTTLED = PutFailure("slow down", retryable=True)


class Streams:
    def __init__(self, **answers):
        self.answers = answers
        self.taken = []

    def put_records(self, stream, records):
        answer = self.answers.get(stream)
        if isinstance(answer, Exception):
            raise answer
        results = answer or [None] * len(records)
        self.taken += [(stream, record) for record, result in zip(records, results, strict=True) if result is None]
        return results


def event_of(*bodies):
    return {"Records": [{"messageId": f"m{index}", "body": body} for index, body in enumerate(bodies)]}


def spill(stream, record):
    (message,) = spill_messages(stream, record)
    return message


def failed_of(answer):
    assert answer.keys() == {"batchItemFailures"}
    return [row["itemIdentifier"] for row in answer["batchItemFailures"]]


def test_every_record_returns_to_its_own_stream_marked_as_one_that_may_be_there_already():
    sink = Streams()
    handle = make_handler(sink)
    answer = handle(event_of(spill("s1", b"a\n"), spill("s2", b"b\n"), spill("s1", b"c\n")), None)
    assert failed_of(answer) == []
    assert sink.taken == [("s1", b" a\n"), ("s1", b" c\n"), ("s2", b" b\n")]


def test_only_messages_whose_record_was_refused_come_again():
    sink = Streams(s1=[None, THROTTLED])
    answer = make_handler(sink)(event_of(spill("s1", b"a\n"), spill("s1", b"b\n"), spill("s2", b"c\n")), None)
    assert failed_of(answer) == ["m1"]
    assert sink.taken == [("s1", b" a\n"), ("s2", b" c\n")]


def test_a_stream_that_is_out_holds_up_no_other():
    sink = Streams(s1=Undelivered("outage"))
    answer = make_handler(sink)(event_of(spill("s1", b"a\n"), spill("s2", b"b\n"), spill("s1", b"c\n")), None)
    assert failed_of(answer) == ["m0", "m2"]
    assert sink.taken == [("s2", b" b\n")]


def test_a_message_that_cannot_be_read_fails_alone_and_is_not_echoed(caplog):
    sink = Streams()
    answer = make_handler(sink)(event_of('{"secret": 1}', spill("s1", b"a\n")), None)
    assert failed_of(answer) == ["m0"]
    assert sink.taken == [("s1", b" a\n")]
    assert "m0" in caplog.text
    assert "secret" not in caplog.text


def test_large_records_go_in_calls_that_the_service_takes():
    class SmallCalls(Streams):
        def put_records(self, stream, records):
            assert sum(map(len, records)) <= 4 * 1024 * 1024
            return super().put_records(stream, records)

    sink = SmallCalls()
    record = b"x" * 700_000 + b"\n"
    assert failed_of(make_handler(sink)(event_of(*[spill("s1", record)] * 10), None)) == []
    assert len(sink.taken) == 10


def test_after_a_bad_day_everything_that_was_called_durable_is_in_its_stream(tmp_path):
    noise, stored = random.Random(3), Streams()
    stream_dice = Dice({**dict.fromkeys(Kind, 0.12), Kind.GONE: 0.02}, noise)
    queue_dice = Dice(dict.fromkeys(Kind, 0.05), noise)
    sink = FailingStreams(stored, stream_dice)
    now = itertools.count(0, 10**12)  # each look at the clock makes everything hidden visible again
    database = Database(tmp_path / "state.db")
    queue = SqliteQueue(database, "spill", lambda: next(now), dead_letters="dead", max_receives=1_000)
    spill, handle = FailingQueue(queue, queue_dice), make_handler(sink)
    numbers, durable = itertools.count(), set()

    def redeliver():
        while messages := queue.receive(10, 1):
            records = [{"messageId": message.id, "body": message.body} for message in messages]
            failed = failed_of(handle({"Records": records}, None))
            if noise.random() < 0.9:  # else the worker dies before it deletes
                queue.delete([message.id for message in messages if message.id not in failed])
            if noise.random() < 0.5:
                return

    for _ in range(1_500):
        records = [b"%d\n" % next(numbers) for _ in range(noise.randint(1, 4))]
        results = deliver(
            records,
            ["s1", "s2"],
            sink,
            spill,
            monotonic=lambda: 0.0,
            sleep=lambda _: None,
            random=noise.random,
        )
        durable |= {record for record, is_durable in zip(records, results, strict=True) if is_durable}
        if noise.random() < 0.1:
            redeliver()
    assert queue.depth() > 0
    stream_dice.rates = {Kind.THROTTLE: 0.3}
    while queue.depth():
        redeliver()
    assert durable <= {record.lstrip() for _, record in stored.taken}
    assert len(durable) > next(numbers) * 0.9
    assert SqliteQueue(database, "dead", lambda: 0).depth() == 0
    database.close()


def test_streams_that_do_not_answer_use_up_no_more_than_the_time_there_is():
    class Silent:
        now = 0.0
        calls = 0

        def put_records(self, stream, records):
            self.calls += 1
            self.now += 10.0
            raise Undelivered("no answer")

    sink = Silent()
    messages = [spill(f"s{number}", b"a\n") for number in range(50)]
    answer = make_handler(sink, monotonic=lambda: sink.now)(event_of(*messages), None)
    assert len(failed_of(answer)) == 50
    assert sink.calls == 3
