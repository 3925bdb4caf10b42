"""The rule by which the records of a request become durable."""

import itertools
import random

import pytest

from adapters.failing import Dice, FailingQueue, FailingStreams, Kind
from domain.delivery.delivering import deliver, make_line_delivery
from domain.delivery.marks import MARK
from domain.delivery.messages import spilled_record_from_message
from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from schemas.limits import MAX_RECORD_BYTES

THROTTLED = PutFailure("slow down", retryable=True)
MISSING = PutFailure("no such stream", retryable=False)


class Streams:
    """Takes everything, unless an answer was prepared: per call a function of the records, or an error."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []
        self.taken = []

    def put_records(self, stream, records):
        self.calls.append((stream, list(records)))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        results = [None] * len(records) if answer is None else answer(records)
        self.taken += [(stream, record) for record, result in zip(records, results, strict=True) if result is None]
        return results

    @property
    def called(self):
        return [stream for stream, _ in self.calls]


class Queue(Streams):
    def send(self, bodies):
        return self.put_records("spill", bodies)

    @property
    def spilled(self):
        return [tuple(spilled_record_from_message(body)) for _, body in self.taken]


class Time:
    def __init__(self):
        self.now = 100.0
        self.pauses = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def all_are(failure):
    return lambda records: [failure] * len(records)


def run(records, streams, sink, spill, *, time=None, randoms=(0.5,)):
    time = time or Time()
    source = itertools.cycle(randoms)
    return deliver(
        records, streams, sink, spill, monotonic=time.monotonic, sleep=time.sleep, random=lambda: next(source)
    )


def test_one_record_that_is_taken_costs_one_call():
    sink, spill, time = Streams(), Queue(), Time()
    assert run([b"a\n"], ["s1"], sink, spill, time=time) == [True]
    assert sink.calls == [("s1", [b"a\n"])]
    assert spill.calls == []
    assert time.pauses == []


@pytest.mark.parametrize(("number", "stream"), [(0.0, "s1"), (0.34, "s2"), (0.999, "s3")])
def test_requests_spread_over_the_streams_at_random(number, stream):
    sink = Streams()
    run([b"a\n"], ["s1", "s2", "s3"], sink, Queue(), randoms=(number,))
    assert sink.called == [stream]


def test_a_large_request_goes_in_calls_that_the_service_takes():
    sink = Streams()
    records = [b"%d\n" % n for n in range(1_201)]
    assert run(records, ["s1"], sink, Queue()) == [True] * 1_201
    assert [len(call) for _, call in sink.calls] == [500, 500, 201]
    assert [record for _, record in sink.taken] == records


def test_only_failed_records_are_sent_again():
    sink = Streams(lambda records: [None, THROTTLED, None, THROTTLED])
    assert run([b"a\n", b"b\n", b"c\n", b"d\n"], ["s1"], sink, Queue()) == [True] * 4
    assert [call for _, call in sink.calls] == [[b"a\n", b"b\n", b"c\n", b"d\n"], [b"b\n", b"d\n"]]


def test_three_tries_with_growing_jittered_pauses_come_before_the_spill_queue():
    sink, spill, time = Streams(*[all_are(THROTTLED)] * 3), Queue(), Time()
    assert run([b"a\n"], ["s1"], sink, spill, time=time, randoms=(0.0, 0.9)) == [True]
    assert sink.called == ["s1"] * 3
    assert time.pauses == pytest.approx([0.05, 0.56])
    assert spill.spilled == [("s1", b"a\n")]


def test_no_random_number_makes_the_pauses_longer_than_the_time():
    sink, time = Streams(*[all_are(THROTTLED)] * 3), Time()
    run([b"a\n"], ["s1"], sink, Queue(), time=time, randoms=(0.999,))
    assert len(sink.calls) == 3
    assert sum(time.pauses) < 2.0


def test_a_throttled_record_tries_the_other_streams_at_once():
    sink, spill, time = Streams(*[all_are(THROTTLED)] * 2), Queue(), Time()
    assert run([b"a\n"], ["s1", "s2", "s3"], sink, spill, time=time) == [True]
    assert sink.called == ["s2", "s3", "s1"]
    assert time.pauses == []
    assert spill.calls == []


def test_a_second_try_of_the_same_stream_waits():
    sink, time = Streams(*[all_are(THROTTLED)] * 2), Time()
    run([b"a\n"], ["s1", "s2"], sink, Queue(), time=time, randoms=(0.0,))
    assert sink.called == ["s1", "s2", "s1"]
    assert len(time.pauses) == 1


def test_an_error_that_cannot_get_better_skips_the_tries():
    sink, spill, time = Streams(all_are(MISSING)), Queue(), Time()
    assert run([b"a\n", b"b\n"], ["s1"], sink, spill, time=time) == [True, True]
    assert sink.called == ["s1"]
    assert time.pauses == []
    assert spill.spilled == [("s1", b"a\n"), ("s1", b"b\n")]


def test_a_removed_stream_leaves_its_records_to_the_others():
    sink, spill = Streams(all_are(MISSING)), Queue()
    assert run([b"a\n"], ["s1", "s2"], sink, spill, randoms=(0.0,)) == [True]
    assert sink.called == ["s1", "s2"]
    assert spill.calls == []


def test_records_spill_to_a_stream_that_exists_where_there_is_one():
    sink, spill = Streams(all_are(MISSING), all_are(THROTTLED), all_are(THROTTLED)), Queue()
    run([b"a\n"], ["s1", "s2"], sink, spill, randoms=(0.0,))
    assert sink.called == ["s1", "s2", "s2"]
    assert spill.spilled == [("s2", b"a\n")]


def test_a_record_that_is_refused_for_good_spills_alone_while_others_try_again():
    sink, spill = Streams(lambda records: [MISSING, THROTTLED, None]), Queue()
    assert run([b"a\n", b"b\n", b"c\n"], ["s1"], sink, spill) == [True] * 3
    assert sink.calls[1:] == [("s1", [b"b\n"])]
    assert spill.spilled == [("s1", b"a\n")]


def test_a_stream_that_raises_undelivered_has_taken_nothing():
    sink = Streams(Undelivered("timed out"))
    assert run([b"a\n", b"b\n"], ["s1"], sink, Queue()) == [True, True]
    assert len(sink.calls) == 2
    sink, spill = Streams(Undelivered("denied", retryable=False)), Queue()
    assert run([b"a\n"], ["s1"], sink, spill) == [True]
    assert len(sink.calls) == 1
    assert len(spill.spilled) == 1


def test_slow_failures_leave_the_rest_of_the_time_to_the_spill_queue():
    time = Time()

    class SlowStreams(Streams):
        def put_records(self, stream, records):
            time.now += 1.5
            return super().put_records(stream, records)

    sink, spill = SlowStreams(*[Undelivered("timed out")] * 9), Queue()
    records = [b"x" * 1_000_000 + b"\n"] * 9
    assert run(records, ["s1"], sink, spill, time=time) == [True] * 9
    assert len(sink.calls) == 2
    assert [record for _, record in spill.spilled] == [MARK + record for record in records[:8]] + records[8:]


def test_what_may_be_there_already_is_marked_once_it_is_sent_again():
    partial = lambda records: [THROTTLED, *[None] * (len(records) - 1)]
    sink = Streams(Undelivered("timed out"), partial, all_are(THROTTLED))
    spill = Queue()
    assert run([b'{"a":1}\n{"b":2}\n', b"c\n"], ["s1", "s2"], sink, spill) == [True, True]
    first, again = b'{"a":1}\n{"b":2}\n', b' {"a":1}\n {"b":2}\n'
    assert [records for _, records in sink.calls] == [[first, b"c\n"], [again, b" c\n"], [again]]
    assert [record for _, record in spill.spilled] == [again]


def test_what_was_refused_for_certain_is_not_marked():
    sink = Streams(all_are(THROTTLED))
    run([b"a\n"], ["s1"], sink, Queue())
    assert [records for _, records in sink.calls] == [[b"a\n"], [b"a\n"]]


def test_a_record_that_is_packed_has_room_for_its_marks():
    lines = [b"x" * 1_022 + b"\n"] * 1_000
    sink = Streams(Undelivered("timed out"))
    make_line_delivery(sink, Queue(), monotonic=lambda: 0.0, sleep=lambda _: None, random=lambda: 0.5)(["s1"], lines)
    assert [row for _, record in sink.taken for row in record.split(b"\n") if row] == [b" " + b"x" * 1_022] * 1_000
    assert max(len(record) for _, record in sink.taken) <= MAX_RECORD_BYTES


def test_with_neither_stream_nor_queue_nothing_is_durable():
    sink, spill = Streams(*[Undelivered("outage")] * 3), Queue(*[Undelivered("outage")] * 2)
    assert run([b"a\n", b"b\n"], ["s1"], sink, spill) == [False, False]
    assert len(spill.calls) == 2


def test_what_the_queue_took_is_durable_and_only_the_rest_is_sent_again():
    sink = Streams(all_are(MISSING))
    spill = Queue(lambda bodies: [None, THROTTLED, MISSING], all_are(THROTTLED))
    assert run([b"a\n", b"b\n", b"c\n"], ["s1"], sink, spill) == [True, False, False]
    assert [len(bodies) for _, bodies in spill.calls] == [3, 1]


def test_a_record_that_needs_several_messages_is_durable_only_with_all_of_them():
    lines = [b"x" * 499_999 + b"\n", b"y" * 499_999 + b"\n"]
    record = b"".join(lines)
    assert len(record) < MAX_RECORD_BYTES
    sink, spill = Streams(all_are(MISSING)), Queue()
    assert run([record], ["s1"], sink, spill) == [True]
    assert [part for _, part in spill.spilled] == lines
    sink, spill = Streams(all_are(MISSING)), Queue(lambda bodies: [None, MISSING])
    assert run([record, b"z\n"], ["s1"], Streams(all_are(MISSING)), Queue(lambda _: [None, MISSING, None])) == [
        False,
        True,
    ]


def test_a_line_that_no_message_can_hold_is_not_durable():
    noise = random.Random(1)
    line = bytes(noise.choices(range(32, 127), k=1_000_000)) + b"\n"
    sink, spill = Streams(all_are(MISSING)), Queue()
    assert run([line, b"a\n"], ["s1"], sink, spill) == [False, True]
    assert spill.spilled == [("s1", b"a\n")]


def test_errors_of_ours_are_not_taken_for_a_failed_delivery():
    with pytest.raises(KeyError):
        run([b"a\n"], ["s1"], Streams(KeyError("bug")), Queue())


def test_lines_are_packed_and_answered_one_by_one():
    time = Time()
    sink, spill = Streams(lambda records: [None, MISSING]), Queue(all_are(MISSING))
    deliver_lines = make_line_delivery(sink, spill, monotonic=time.monotonic, sleep=time.sleep, random=lambda: 0.5)
    lines = [b"a" * 600_000 + b"\n", b"b\n", b"c" * 600_000 + b"\n", b"d\n"]
    assert deliver_lines(["s1"], lines) == [True, True, False, False]
    assert [len(records) for _, records in sink.calls] == [2]
    assert deliver_lines(["s1"], [b"e\n"]) == [True]


def test_under_every_kind_of_failure_what_is_called_durable_is_found_again():
    noise, time, stored, queued = random.Random(7), Time(), Streams(), Queue()
    stream_dice = Dice(dict.fromkeys(Kind, 1 / 7), noise)
    queue_dice = Dice(dict.fromkeys(Kind, 1 / 12), noise)
    sink, spill = FailingStreams(stored, stream_dice), FailingQueue(queued, queue_dice)
    durable, number = set(), itertools.count()
    for _ in range(4_000):
        records = [b"%d\n" % next(number) for _ in range(noise.randint(1, 6))]
        streams = ["s1", "s2", "s3"][: noise.randint(1, 3)]
        results = deliver(
            records, streams, sink, spill, monotonic=time.monotonic, sleep=time.sleep, random=noise.random
        )
        durable |= {record for record, is_durable in zip(records, results, strict=True) if is_durable}
    found = {record.lstrip() for _, record in [*stored.taken, *queued.spilled]}
    assert durable <= found
    once = [record for _, record in stored.taken if not record.startswith(MARK)]
    assert len(once) == len(set(once))  # whatever is there again is marked
    assert all(count > 0 for count in [*stream_dice.failures.values(), *queue_dice.failures.values()])
    total = next(number)
    assert total * 0.8 < len(durable) < total


def throttled(records):
    return [THROTTLED] * len(records)


def test_after_a_pause_in_vain_a_handler_spills_at_once_for_a_few_seconds():
    time = Time()
    streams, queue = Streams(*[throttled] * 7), Queue()
    deliver_lines = make_line_delivery(streams, queue, monotonic=time.monotonic, sleep=time.sleep, random=lambda: 0.5)
    assert deliver_lines(["s1"], [b"a\n"]) == [True]
    assert len(time.pauses) == 2
    for line in (b"b\n", b"c\n"):
        assert deliver_lines(["s1"], [line]) == [True]
    assert len(time.pauses) == 2
    assert len(queue.spilled) == 3
    time.now += 10
    assert deliver_lines(["s1"], [b"d\n"]) == [True]
    assert len(time.pauses) > 2


def test_pauses_end_for_one_environment_alone():
    time = Time()
    streams, queue = Streams(*[throttled] * 6), Queue()
    deliver_lines = make_line_delivery(streams, queue, monotonic=time.monotonic, sleep=time.sleep, random=lambda: 0.5)
    deliver_lines(["s1"], [b"a\n"])
    pauses = len(time.pauses)
    deliver_lines(["s2"], [b"b\n"])
    assert len(time.pauses) > pauses
