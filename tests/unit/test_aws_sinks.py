"""The sinks that ingest uses on AWS, against a stub that takes a part, throttles, and breaks off."""

import base64

import pytest

from adapters.aws_http.endpoint import FIREHOSE, SQS
from adapters.firehose.records import FirehoseRecords
from adapters.sqs.messages import SqsMessages
from domain.delivery.delivering import deliver
from domain.delivery.messages import spilled_record_from_message
from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from tests.aws_stub import Answer, AwsStub, Fault, refusal, running


class Aws:
    """Firehose and SQS as they answer; `refuse_rows` are codes by the place of an entry, for the next call."""

    def __init__(self):
        self.records = []
        self.messages = []
        self.refuse_rows = []

    def __call__(self, operation, fields):
        codes = self.refuse_rows.pop(0) if self.refuse_rows else {}
        return self.put(fields, codes) if operation == "PutRecordBatch" else self.send(fields, codes)

    def put(self, fields, codes):
        rows = []
        for place, record in enumerate(fields["Records"]):
            if place in codes:
                rows.append({"ErrorCode": codes[place], "ErrorMessage": "secret text"})
            else:
                self.records.append((fields["DeliveryStreamName"], base64.b64decode(record["Data"])))
                rows.append({"RecordId": "r"})
        return {"FailedPutCount": len(codes), "Encrypted": False, "RequestResponses": rows}

    def send(self, fields, codes):
        done, failed = [], []
        for place, entry in enumerate(fields["Entries"]):
            if place in codes:
                code, is_senders = codes[place]
                failed.append({"Id": entry["Id"], "Code": code, "SenderFault": is_senders, "Message": "secret text"})
            else:
                self.messages.append(entry["MessageBody"])
                done.append({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"})
        return {"Successful": done[::-1], "Failed": failed}


@pytest.fixture
def aws():
    return Aws()


@pytest.fixture
def stub(aws, tmp_path):
    with running(AwsStub(aws, tmp_path)) as stub:
        yield stub


@pytest.fixture
def sink(stub):
    return FirehoseRecords(stub.client(FIREHOSE))


@pytest.fixture
def queue(stub):
    return SqsMessages(stub.client(SQS), "https://sqs.example.com/1/spill")


def test_every_row_of_a_put_is_read(aws, sink):
    aws.refuse_rows = [{1: "ServiceUnavailableException", 3: "InternalFailure"}]
    results = sink.put_records("s1", [b"a", b"b", b"c", b"d"])
    assert results == [
        None,
        PutFailure("ServiceUnavailableException", retryable=True),
        None,
        PutFailure("InternalFailure", retryable=True),
    ]
    assert aws.records == [("s1", b"a"), ("s1", b"c")]


@pytest.mark.parametrize(
    "body",
    [
        b'{"FailedPutCount": 0}',
        b'{"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}]}',
        b'{"FailedPutCount": 0, "RequestResponses": null}',
    ],
)
def test_an_answer_that_leaves_a_record_out_says_nothing(stub, sink, body):
    stub.faults.append(Answer(200, body))
    with pytest.raises(Undelivered, match="every record"):
        sink.put_records("s1", [b"a", b"b"])


def test_a_row_without_an_id_is_no_success(stub, sink):
    stub.faults.append(Answer(200, b'{"FailedPutCount": 0, "RequestResponses": [{"RecordId": ""}, {}]}'))
    assert all(sink.put_records("s1", [b"a", b"b"]))


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refusal("ServiceUnavailableException", 503), PutFailure("ServiceUnavailableException", retryable=True)),
        (refusal("ThrottlingException"), PutFailure("ThrottlingException", retryable=True)),
        (refusal("ResourceNotFoundException"), PutFailure("ResourceNotFoundException", retryable=False)),
        (refusal("AccessDeniedException"), PutFailure("AccessDeniedException", retryable=False)),
    ],
)
def test_a_refused_call_fails_for_every_one_of_it(stub, sink, queue, answer, failure):
    stub.faults += [answer, answer]
    assert sink.put_records("s1", [b"a", b"b"]) == [failure] * 2
    assert queue.send(["a", "b"]) == [failure] * 2


def test_a_call_without_an_answer_raises(stub, sink):
    stub.faults.append(Fault("reset"))
    with pytest.raises(Undelivered):
        sink.put_records("s1", [b"a"])


def test_a_put_whose_answer_is_lost_is_sent_again_and_may_be_there_twice(aws, stub, sink, queue):
    sink.put_records("s1", [b"first"])
    stub.faults += [Fault("cut", after_effect=True), refusal("ThrottlingException")]
    pauses = []
    options = {"monotonic": lambda: 0.0, "sleep": pauses.append, "random": lambda: 0.5}
    assert deliver([b"a\n", b"b\n"], ["s1"], sink, queue, **options) == [True, True]
    assert [record for _, record in aws.records] == [b"first", b"a\n", b"b\n", b" a\n", b" b\n"]
    assert len(pauses) == 2
    assert aws.messages == []


@pytest.mark.parametrize("answer", [refusal("ThrottlingException"), None])
def test_a_put_that_went_twice_by_itself_is_marked_and_its_failures_are_uncertain(aws, stub, sink, answer):
    sink.put_records("s1", [b"first\n"])
    stub.faults += [Fault("close", after_effect=True), answer]
    aws.refuse_rows = [{}, {1: "ServiceUnavailableException"}]
    results = sink.put_records("s1", [b"a\n", b"b\n"])
    assert [record for _, record in aws.records][:3] == [b"first\n", b"a\n", b"b\n"]
    if answer is None:
        assert [record for _, record in aws.records][3:] == [b" a\n"]
        assert results == [None, PutFailure("ServiceUnavailableException", retryable=True, uncertain=True)]
    else:
        assert results == [PutFailure("ThrottlingException", retryable=True, uncertain=True)] * 2


@pytest.mark.parametrize(("status", "uncertain"), [(500, True), (400, False)])
def test_behind_a_failure_of_the_service_nobody_knows_what_was_taken(stub, sink, status, uncertain):
    stub.faults.append(refusal("InternalFailure", status))
    assert sink.put_records("s1", [b"a"]) == [PutFailure("InternalFailure", retryable=True, uncertain=uncertain)]


def test_what_a_stream_refuses_is_durable_in_the_queue(aws, stub, sink, queue):
    stub.faults.append(refusal("ResourceNotFoundException"))
    options = {"monotonic": lambda: 0.0, "sleep": lambda _: None, "random": lambda: 0.5}
    assert deliver([b"a\n"], ["s1"], sink, queue, **options) == [True]
    assert [tuple(spilled_record_from_message(body)) for body in aws.messages] == [("s1", b"a\n")]


def test_every_row_of_a_send_is_read(aws, queue):
    aws.refuse_rows = [{}, {0: ("InternalError", False), 1: ("InvalidMessageContents", True), 2: ("Throttled", True)}]
    aws.refuse_rows[1][3] = ("RequestThrottled", True)
    bodies = [str(number) for number in range(15)]
    results = queue.send(bodies)
    assert results[10:14] == [
        PutFailure("InternalError", retryable=True),
        PutFailure("InvalidMessageContents", retryable=False),
        PutFailure("Throttled", retryable=False),
        PutFailure("RequestThrottled", retryable=True),
    ]
    assert results[:10] + results[14:] == [None] * 11
    assert aws.messages == [*bodies[:10], "14"]


def test_a_message_that_the_answer_leaves_out_is_no_success(stub, queue):
    stub.faults.append(Answer(200, b'{"Successful": [{"Id": "0"}]}'))
    first, second = queue.send(["a", "b"])
    assert first is None
    assert second.retryable


def test_after_a_batch_without_an_answer_the_others_wait_for_the_next_try(aws, stub, queue):
    stub.faults += [None, Fault("cut")]
    results = queue.send([str(number) for number in range(30)])
    assert [result is None for result in results] == [True] * 10 + [False] * 20
    assert all(result.retryable for result in results[10:])
    assert len(stub.requests) == 2
    assert len(aws.messages) == 10


def test_half_of_a_surrogate_pair_is_refused_for_good_and_reaches_nobody(stub, queue):
    (result,) = queue.send(["\ud800"])
    assert not result.retryable
    assert stub.requests == []
