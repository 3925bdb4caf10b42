"""Sending to SQS when it refuses, in part or whole."""

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from adapters.sqs.sender import MAX_DELAY_SECONDS, SqsSender
from domain.errors import Undelivered
from schemas.limits import MAX_MESSAGE_BYTES, MAX_MESSAGES_PER_SEND


class Client:
    """Notes its calls and answers them as it is told; without, everything is taken."""

    def __init__(self):
        self.calls = []
        self.answers = []

    def send_message_batch(self, **request):
        self.calls.append([entry["MessageBody"] for entry in request["Entries"]])
        answer = self.answers.pop(0) if self.answers else {"Successful": []}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send_message(self, **request):
        self.calls.append(request)
        if self.answers:
            raise self.answers.pop(0)


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def sender(client):
    return SqsSender(client, "https://sqs.example.com/queue")


def refusal(code, status=400):
    response = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SendMessageBatch")


def test_a_call_takes_ten_messages_and_as_many_bytes_as_one_may_have(client, sender):
    sender.send(["x"] * 25)
    assert [len(call) for call in client.calls] == [MAX_MESSAGES_PER_SEND, MAX_MESSAGES_PER_SEND, 5]
    client.calls.clear()
    third = MAX_MESSAGE_BYTES // 3
    sender.send(["x" * third, "y" * third, "z" * third, "é" * third, "a"])
    assert [[body[0] for body in call] for call in client.calls] == [["x", "y", "z"], ["é", "a"]]


def test_what_a_call_did_not_take_is_told_message_by_message(client, sender):
    failed = [
        {"Id": "1", "SenderFault": True, "Code": "InvalidMessageContents", "Message": "hunter2"},
        {"Id": "3", "SenderFault": False, "Code": "InternalError"},
    ]
    client.answers = [{"Successful": [], "Failed": failed}]
    results = sender.send(["a", "b", "c", "d"])
    assert [result and result.retryable for result in results] == [None, False, None, True]
    assert "hunter2" not in str(results)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (refusal("RequestThrottled", 403), True),
        (refusal("ThrottlingException"), True),
        (refusal("ServiceUnavailable", 503), True),
        (refusal("AccessDenied", 403), False),
        (refusal("AWS.SimpleQueueService.NonExistentQueue"), False),
        (ReadTimeoutError(endpoint_url="https://x"), True),
    ],
    ids=str,
)
def test_a_call_that_fails_fails_its_own_messages_only(client, sender, error, retryable):
    client.answers = [{"Successful": []}, error, {"Successful": []}]
    results = sender.send(["x"] * 25)
    assert [result is None for result in results] == [True] * 10 + [False] * 10 + [True] * 5
    assert {result.retryable for result in results[10:20]} == {retryable}
    assert "hunter2" not in str(results)


def test_a_message_can_be_sent_to_come_later(client, sender):
    sender.send_later("a", 75)
    sender.send_later("b", 5_000)
    assert [(call["MessageBody"], call["DelaySeconds"]) for call in client.calls] == [
        ("a", 75),
        ("b", MAX_DELAY_SECONDS),
    ]
    client.answers = [ReadTimeoutError(endpoint_url="https://x")]
    with pytest.raises(Undelivered):
        sender.send_later("c", 1)


def test_a_delayed_message_is_not_there_at_once():
    with mock_aws():
        client = boto3.client("sqs", region_name="eu-central-1")
        url = client.create_queue(QueueName="provision")["QueueUrl"]
        SqsSender(client, url).send_later("a", 60)
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
