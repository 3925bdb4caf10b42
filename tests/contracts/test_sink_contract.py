"""What every adapter of the sending side of streams and queues keeps, those without an SDK among them."""

from collections.abc import Callable
from contextlib import ExitStack

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import FIREHOSE, SQS
from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from adapters.firehose.records import FirehoseRecords
from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from adapters.sqs.messages import SqsMessages
from domain.delivery.ports import QueueSink, StreamSink
from domain.delivery.stream_settings import StreamSettings
from schemas.limits import MAX_MESSAGE_BYTES, MAX_PUT_BYTES, MAX_RECORD_BYTES, MAX_RECORDS_PER_PUT
from tests.aws_stub import REGION, AwsStub, moto_serves, running

BUCKET = "landing"


class StreamRig:
    """A sink with the streams `s1` and `s2`, and what they hold: as one text, in order."""

    def __init__(self, sink: StreamSink, stored: Callable[[str], bytes]) -> None:
        self.sink = sink
        self.stored = stored


def folder_streams(tmp_path, _stack) -> StreamRig:
    objects = FolderObjects(tmp_path / "objects")
    streams = FolderStreams(tmp_path / "streams", objects, lambda: 1_795_417_501_000_000_000)
    for name in ("s1", "s2"):
        streams.create(name, StreamSettings(BUCKET, f"{name}/", 0, 64 * 1024 * 1024))

    def stored(stream: str) -> bytes:
        import gzip

        assert streams.flush_due()
        return b"".join(gzip.decompress(objects.get(BUCKET, key)) for key in objects.list_keys(BUCKET, f"{stream}/"))

    return StreamRig(streams, stored)


def firehose(tmp_path, stack) -> StreamRig:
    stack.enter_context(mock_aws())
    s3, admin = (boto3.client(service, region_name=REGION) for service in ("s3", "firehose"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("s1", "s2"):
        destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": f"arn:aws:s3:::{BUCKET}"}
        admin.create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration={**destination, "Prefix": f"{name}/"},
        )
    stub = stack.enter_context(running(AwsStub(moto_serves(FIREHOSE), tmp_path)))

    def stored(stream: str) -> bytes:
        rows = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{stream}/").get("Contents", [])
        rows.sort(key=lambda row: row["LastModified"])
        return b"".join(s3.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read() for row in rows)

    return StreamRig(FirehoseRecords(stub.client(FIREHOSE)), stored)


@pytest.fixture(params=[folder_streams, firehose])
def streams(request, tmp_path):
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


class QueueRig:
    """A queue, and what it holds: the bodies, in no order."""

    def __init__(self, sink: QueueSink, bodies: Callable[[], list[str]]) -> None:
        self.sink = sink
        self.bodies = bodies


def sqlite_queue(tmp_path, stack) -> QueueRig:
    database = Database(tmp_path / "state.db")
    stack.callback(database.close)
    queue = SqliteQueue(database, "spill", lambda: 1_795_417_501_000_000_000)
    return QueueRig(queue, lambda: [message.body for message in queue.receive(1_000, 0)])


def sqs(tmp_path, stack) -> QueueRig:
    stack.enter_context(mock_aws())
    client = boto3.client("sqs", region_name=REGION)
    url = client.create_queue(
        QueueName="spill", Attributes={"MaximumMessageSize": str(MAX_MESSAGE_BYTES), "VisibilityTimeout": "600"}
    )["QueueUrl"]
    stub = stack.enter_context(running(AwsStub(moto_serves(SQS), tmp_path)))

    def bodies() -> list[str]:
        found = []
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    return QueueRig(SqsMessages(stub.client(SQS), url), bodies)


@pytest.fixture(params=[sqlite_queue, sqs])
def queue(request, tmp_path):
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


def is_refused_for_good(results):
    return all(result is not None and not result.retryable for result in results)


def test_records_that_are_taken_are_stored_in_order_as_they_came(streams):
    records = [b'{"a":1}\n{"a":2}\n', bytes(range(256)), b'"}]\\ \n', b"no newline"]
    assert streams.sink.put_records("s1", records) == [None] * 4
    assert streams.sink.put_records("s2", [b"other\n"]) == [None]
    assert streams.stored("s1") == b"".join(records)
    assert streams.stored("s2") == b"other\n"


def test_no_records_are_no_call(streams):
    assert streams.sink.put_records("s1", []) == []


def test_a_missing_stream_refuses_for_good(streams):
    results = streams.sink.put_records('no"thing', [b"a\n", b"b\n"])
    assert len(results) == 2
    assert is_refused_for_good(results)


@pytest.mark.parametrize(
    "records",
    [
        [b"x"] * (MAX_RECORDS_PER_PUT + 1),
        [b"x", bytes(MAX_RECORD_BYTES + 1)],
        [bytes(MAX_RECORD_BYTES)] * 4 + [bytes(MAX_PUT_BYTES - 4 * MAX_RECORD_BYTES + 1)],
    ],
)
def test_a_call_beyond_a_limit_is_refused_whole_and_for_good(streams, records):
    results = streams.sink.put_records("s1", records)
    assert len(results) == len(records)
    assert is_refused_for_good(results)
    assert streams.stored("s1") == b""


@pytest.mark.parametrize(
    "records",
    [
        [b"x\n"] * MAX_RECORDS_PER_PUT,
        [bytes(MAX_RECORD_BYTES)] * 4 + [bytes(MAX_PUT_BYTES - 4 * MAX_RECORD_BYTES)],
    ],
)
def test_a_call_at_the_limits_is_taken(streams, records):
    assert streams.sink.put_records("s1", records) == [None] * len(records)
    assert streams.stored("s1") == b"".join(records)


def test_every_message_is_sent_however_many_there_are(queue):
    sent = [f'{{"number": {number}, "text": "\\u00fc"}}' for number in range(23)]
    assert queue.sink.send(sent) == [None] * 23
    assert sorted(queue.bodies()) == sorted(sent)
    assert queue.sink.send([]) == []


def test_messages_that_are_large_together_are_sent_all_the_same(queue):
    sent = [str(number) * 400_000 for number in range(5)] + ["x" * MAX_MESSAGE_BYTES]
    assert queue.sink.send(sent) == [None] * 6
    assert sorted(queue.bodies()) == sorted(sent)


def test_a_message_beyond_the_size_limit_is_refused_alone(queue):
    exact = "x" * MAX_MESSAGE_BYTES
    results = queue.sink.send(["small", exact + "x", exact, "é" * (MAX_MESSAGE_BYTES // 2 + 1)])
    assert [result is None for result in results] == [True, False, True, False]
    assert is_refused_for_good([results[1], results[3]])
    assert sorted(queue.bodies()) == ["small", exact]
