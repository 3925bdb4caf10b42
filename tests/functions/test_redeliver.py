"""Spilled records on their way back."""

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


def test_every_record_returns_to_its_own_stream():
    sink = Streams()
    handle = make_handler(sink)
    answer = handle(event_of(spill("s1", b"a\n"), spill("s2", b"b\n"), spill("s1", b"c\n")), None)
    assert failed_of(answer) == []
    assert sink.taken == [("s1", b"a\n"), ("s1", b"c\n"), ("s2", b"b\n")]


def test_only_messages_whose_record_was_refused_come_again():
    sink = Streams(s1=[None, THROTTLED])
    answer = make_handler(sink)(event_of(spill("s1", b"a\n"), spill("s1", b"b\n"), spill("s2", b"c\n")), None)
    assert failed_of(answer) == ["m1"]
    assert sink.taken == [("s1", b"a\n"), ("s2", b"c\n")]


def test_a_stream_that_is_out_holds_up_no_other():
    sink = Streams(s1=Undelivered("outage"))
    answer = make_handler(sink)(event_of(spill("s1", b"a\n"), spill("s2", b"b\n"), spill("s1", b"c\n")), None)
    assert failed_of(answer) == ["m0", "m2"]
    assert sink.taken == [("s2", b"b\n")]


def test_a_message_that_cannot_be_read_fails_alone_and_is_not_echoed(caplog):
    sink = Streams()
    answer = make_handler(sink)(event_of('{"secret": 1}', spill("s1", b"a\n")), None)
    assert failed_of(answer) == ["m0"]
    assert sink.taken == [("s1", b"a\n")]
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
