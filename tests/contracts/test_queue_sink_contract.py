"""What every adapter of a queue's sending side keeps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws

from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from adapters.sqs.sender import SqsSender
from schemas.limits import MAX_MESSAGE_BYTES


class Rig:
    """A queue's sink, and what it took: texts, in any order."""

    def __init__(self, sink, received):
        self.sink = sink
        self.received = received


@contextmanager
def sqlite_rig(folder) -> Iterator[Rig]:
    database = Database(folder / "state.db")
    queue = SqliteQueue(database, "spill", time.time_ns)
    yield Rig(queue, lambda: [message.body for message in queue.receive(5_000, 600)])
    database.close()


@contextmanager
def sqs_rig(_folder) -> Iterator[Rig]:
    with mock_aws():
        client = boto3.client("sqs", region_name="eu-central-1")
        url = client.create_queue(QueueName="spill", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]

        def received():
            bodies = []
            while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                bodies += [message["Body"] for message in messages]
            return bodies

        yield Rig(SqsSender(client, url), received)


ADAPTERS = {"sqlite": sqlite_rig, "sqs": sqs_rig}


@pytest.fixture(params=ADAPTERS)
def rig(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as made:
        yield made


def test_nothing_sent_is_nothing_received(rig):
    assert rig.sink.send([]) == []
    assert rig.received() == []


def test_every_message_arrives_once_however_many_are_sent_at_once(rig):
    bodies = [f'{{"number": {number}}}' for number in range(57)]
    assert rig.sink.send(bodies) == [None] * 57
    assert sorted(rig.received()) == sorted(bodies)


def test_large_messages_arrive_whole(rig):
    bodies = [str(number) * (MAX_MESSAGE_BYTES // 2 - 1_000) for number in range(5)]
    assert rig.sink.send(bodies) == [None] * 5
    assert sorted(rig.received()) == bodies


def test_a_message_beyond_the_size_limit_is_refused_alone(rig):
    exact = "x" * MAX_MESSAGE_BYTES
    results = rig.sink.send(["small", exact + "x", exact, "é" * (MAX_MESSAGE_BYTES // 2 + 1)])
    assert [result is None for result in results] == [True, False, True, False]
    assert not results[1].retryable
    assert sorted(rig.received()) == ["small", exact]
