"""Delivery to queues of users: what a message holds, and what every answer of SQS means for the events."""

import json
from hashlib import sha256

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import SQS
from adapters.sqs.users_queues import UsersQueue, users_queues
from connectors.sqs.connector import entry_of, region_of_queue, sqs_connector
from domain.delivery.batching import Event
from domain.delivery.landed import stamps_of
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured
from schemas.limits import ENTRIES_TRIES, MAX_MESSAGE_BYTES
from tests.aws_stub import REGION, Fault, refusal
from tests.landed import Time, landed, line, set_aside
from tests.users_services import (
    ACCOUNT,
    ROLE_ARN,
    SESSION,
    changed_answers,
    connector_on_aws,
    target_of,
    users_service,
)

LINES = [line(number, user_id=f"u{number % 3}") for number in range(25)]


@pytest.fixture
def world(monkeypatch):
    with users_service(SQS, monkeypatch) as service:
        yield service


@pytest.fixture
def connector(world):
    return sqs_connector(lambda target: UsersQueue(users_queues(SESSION), target.destination["queue_url"]))


def make_queue(world, name="events", **attributes):
    attributes |= {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    world.theirs.create_queue(QueueName=name, Attributes=attributes)
    return destination(name)


def destination(name="events", **settings):
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return {"type": "sqs", "queue_url": url, "role_arn": ROLE_ARN, "message_group": "events", **settings}


def deliver(connector, to, lines=LINES):
    return connector.deliver(target_of(to), landed(lines), lambda _: None, Time().budget())


def messages(world, to):
    found = []
    while True:
        answer = world.theirs.receive_message(
            QueueUrl=to["queue_url"], MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=600
        )
        if not answer.get("Messages"):
            return found
        for message in answer["Messages"]:
            found.append(message)
            world.theirs.delete_message(QueueUrl=to["queue_url"], ReceiptHandle=message["ReceiptHandle"])


def bodies(world, to):
    return [message["Body"].encode() for message in messages(world, to)]


def test_each_event_is_a_message_whose_body_is_its_line(world, connector):
    to = make_queue(world)
    outcomes = deliver(connector, to)
    assert sorted(bodies(world, to)) == sorted(LINES)
    assert outcomes.delivered.total() == 25
    assert [len(fields["Entries"]) for _, fields in world.stub.served] == [10, 10, 5]


def test_characters_that_no_message_may_have_travel_as_escapes(world, connector):
    to = make_queue(world)
    row = line(1, text="there").replace(b"there", "\ufffe-\uffff-\U0001f600-\x7f".encode())
    deliver(connector, to, [row])
    (body,) = bodies(world, to)
    assert json.loads(body) == json.loads(row)
    assert not {"\ufffe", "\uffff"} & set(body.decode())


def test_a_fifo_queue_has_each_event_once_and_the_events_of_a_group_in_order(world, connector):
    to = {**make_queue(world, "events.fifo"), "message_group_field": "user_id"}
    for _ in range(2):
        assert deliver(connector, to).delivered.total() == 25
    rows = [fields for _, call in world.stub.served for fields in call["Entries"]]
    assert {row["MessageDeduplicationId"] for row in rows} == {f"evt_{number}" for number in range(25)}
    for user in range(3):
        group = [row["MessageBody"].encode() for row in rows[:25] if row["MessageGroupId"] == f"u{user}"]
        assert group == LINES[user::3]
    received = []
    while found := bodies(world, to):
        received += found
    assert sorted(received) == sorted(LINES)


@pytest.mark.parametrize(
    ("value", "group"),
    [
        ("u1", "u1"),
        (7, "7"),
        (True, "true"),
        ("two words", sha256(b"two words").hexdigest()),
        ("u" * 129, sha256(b"u" * 129).hexdigest()),
        ("", "events"),
        (None, "events"),
        ({"a": 1}, "events"),
    ],
    ids=str,
)
def test_a_value_that_no_group_may_be_called_is_hashed_and_one_that_is_none_goes_by_the_setting(value, group):
    row = line(1, user=value)
    to = destination("events.fifo", message_group_field="user")
    assert entry_of(to, Event(row, stamps_of(row))).fields["MessageGroupId"] == group


def test_a_standard_queue_is_sent_no_groups(world, connector):
    deliver(connector, make_queue(world))
    rows = [row for _, call in world.stub.served for row in call["Entries"]]
    assert len(rows) == len(LINES)
    assert all(set(row) == {"Id", "MessageBody"} for row in rows)


def partly(failed):
    """Return what does a call but for some entries, which are answered as failed: (Code, SenderFault) by event."""

    def change(fields, serve):
        rows = {row["Id"]: json.loads(row["MessageBody"])["_event_id"] for row in fields["Entries"]}
        kept = [row for row in fields["Entries"] if rows[row["Id"]] not in failed]
        answer = dict(serve({**fields, "Entries": kept})) if kept else {"Successful": []}
        refused = []
        for row_id, event_id in rows.items():
            if event_id in failed:
                code, fault = failed[event_id].pop(0)
                refused.append({"Id": row_id, "Code": code, "SenderFault": fault, "Message": "secret text"})
                if not failed[event_id]:
                    del failed[event_id]
        return {**answer, "Failed": refused}

    return change


def test_a_part_that_failed_is_sent_again_and_what_is_refused_is_set_aside_alone(world, connector):
    to = make_queue(world)
    failed = {
        "evt_2": [("InternalError", False), ("InternalError", False)],
        "evt_4": [("RequestThrottled", True)],
        "evt_7": [("InvalidMessageContents", True)],
        "evt_11": [("KmsAccessDenied", True)],
    }
    with changed_answers(world.stub, partly(failed)):
        outcomes = deliver(connector, to)
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_7", "AWS refused it: InvalidMessageContents.")
    assert outcomes.delivered.total() == 24
    assert sorted(bodies(world, to)) == sorted(row for row in LINES if b'"evt_7"' not in row)


@pytest.mark.parametrize(
    "fault",
    [
        refusal("RequestThrottled", 400),
        refusal("KmsThrottled", 400),
        refusal("InternalError", 500),
        Fault("reset"),
        Fault("cut", after_effect=True),
    ],
    ids=str,
)
def test_a_call_that_may_pass_is_made_again(world, connector, fault):
    to = make_queue(world)
    world.stub.faults += [fault, None]
    assert deliver(connector, to).delivered.total() == 25
    assert set(bodies(world, to)) == set(LINES)


def test_messages_that_an_answer_does_not_speak_of_are_not_taken_for_delivered(world, connector):
    to = make_queue(world)
    answers = [{}, {"Successful": []}]
    with changed_answers(world.stub, lambda fields, serve: answers.pop() if answers else serve(fields)):
        assert deliver(connector, to).delivered.total() == 25
    assert sorted(bodies(world, to)) == sorted(LINES)


def test_a_queue_that_stays_throttled_leaves_the_object_to_a_later_try(world, connector):
    to = make_queue(world)
    world.stub.faults += [refusal("RequestThrottled")] * 100
    with pytest.raises(AskedToWait, match="RequestThrottled"):
        deliver(connector, to)
    assert len(world.stub.requests) == ENTRIES_TRIES


def test_a_queue_that_is_gone_is_not_asked_twice(world, connector):
    with pytest.raises(AskedToWait, match=r"QueueDoesNotExist|NonExistentQueue"):
        deliver(connector, destination("gone"))
    assert len(world.stub.requests) == 1


def test_a_role_that_may_not_send_is_said_without_the_text_of_aws(world, connector):
    to = make_queue(world)
    world.stub.faults += [refusal("AccessDenied", 403)]
    with pytest.raises(Misconfigured, match="send messages to the queue") as caught:
        deliver(connector, to)
    assert "secret text" not in str(caught.value)


def test_an_event_that_is_too_large_for_the_queue_is_set_aside_alone(world, connector):
    to = make_queue(world, MaximumMessageSize="2048")
    lines = [*LINES[:12], line(99, text="x" * 3_000), *LINES[12:]]
    outcomes = deliver(connector, to, lines)
    (row,) = set_aside(outcomes)
    assert row["event_id"] == "evt_99"
    assert sorted(bodies(world, to)) == sorted(LINES)


def test_a_call_holds_no_more_bytes_than_sqs_takes(world, connector):
    to = make_queue(world)
    lines = [line(number, text="x" * (MAX_MESSAGE_BYTES // 3)) for number in range(4)]
    assert deliver(connector, to, lines).delivered.total() == 4
    assert [len(call["Entries"]) for _, call in world.stub.served] == [2, 2]


def test_a_check_sends_one_message_that_receivers_can_tell(world, connector):
    to = make_queue(world, "events.fifo")
    for _ in range(2):
        assert [(step.name, step.state) for step in connector.check(target_of(to))] == [
            ("role", "passed"),
            ("send", "passed"),
        ]
    assert bodies(world, to) == [b'{"_ingest_check":true}']


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(refusal("AccessDenied", 403), "does not let this deployment send"), (refusal("KmsDisabled"), "KmsDisabled")],
)
def test_a_check_says_why_a_queue_does_not_accept_a_message(world, connector, fault, reason):
    to = make_queue(world)
    world.stub.faults.append(fault)
    role, send = connector.check(target_of(to))
    assert (role.state, send.state) == ("passed", "failed")
    assert reason in send.reason
    assert "secret text" not in send.reason


def test_on_aws_the_users_role_is_taken_on_with_the_external_id():
    with mock_aws():
        boto3.client("sqs", region_name=REGION).create_queue(QueueName="events")
        connector = connector_on_aws("sqs")
        assert [step.state for step in connector.check(target_of(destination()))] == ["passed", "passed"]
        assert deliver(connector, destination()).delivered.total() == 25


def test_a_queue_says_where_it_is():
    assert region_of_queue("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events") == "cn-north-1"
