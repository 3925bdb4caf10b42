"""Delivery to streams of users: what a record holds, and what every answer of Kinesis means for the events."""

import base64
import json
from hashlib import sha256

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import Service
from adapters.kinesis import UsersStream, users_streams
from connectors.kinesis.connector import entry_of, kinesis_connector
from domain.delivery.batching import Event
from domain.delivery.landed import stamps_of
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured
from schemas.limits import ENTRIES_TRIES
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

KINESIS = Service("kinesis", "KINESIS", "Kinesis_20131202", "application/x-amz-json-1.1")
LINES = [line(number, user_id=f"u{number % 3}") for number in range(1_200)]
PASSED = [("role", "passed"), ("send", "passed")]


@pytest.fixture
def world(monkeypatch):
    with users_service(KINESIS, monkeypatch) as service:
        service.theirs.create_stream(StreamName="events", ShardCount=2)
        yield service


@pytest.fixture
def connector(world):
    return kinesis_connector(lambda target: UsersStream(users_streams(SESSION), target.destination["stream_arn"]))


def destination(name="events", **settings):
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    return {"type": "kinesis", "stream_arn": arn, "role_arn": ROLE_ARN, **settings}


def deliver(connector, lines=LINES[:20], to=None):
    return connector.deliver(target_of(to or destination()), landed(lines), lambda _: None, Time().budget())


def records(client):
    found = []
    for shard in client.list_shards(StreamName="events")["Shards"]:
        start = client.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += client.get_records(ShardIterator=start)["Records"]
    return found


def data(world):
    return [record["Data"] for record in records(world.theirs)]


def test_each_event_is_a_record_of_its_line_under_its_own_id(world, connector):
    outcomes = deliver(connector, LINES)
    assert [len(call["Records"]) for _, call in world.stub.served] == [500, 500, 200]
    found = records(world.theirs)
    assert sorted(record["Data"] for record in found) == sorted(LINES)
    assert {record["PartitionKey"] for record in found} == {f"evt_{number}" for number in range(1_200)}
    assert outcomes.delivered.total() == 1_200


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("u 1", "u 1"),
        (7, "7"),
        ("\U0001f600" * 128, "\U0001f600" * 128),
        ("u" * 129, sha256(b"u" * 129).hexdigest()),
        (None, "evt_1"),
    ],
    ids=str,
)
def test_a_field_may_give_the_partition_key_and_events_without_it_go_by_their_id(value, key):
    row = line(1, user=value)
    entry = entry_of(destination(partition_key_field="user"), Event(row, stamps_of(row)))
    assert entry.fields == {"Data": row, "PartitionKey": key}
    assert entry.size == len(row) + len(key.encode())


def partly(failed):
    """Return what does a call but for some records, which are answered as failed: codes by event."""

    def change(fields, serve):
        ids = [json.loads(base64.b64decode(row["Data"]))["_event_id"] for row in fields["Records"]]
        kept = [row for row, event_id in zip(fields["Records"], ids, strict=True) if not failed.get(event_id)]
        taken = iter(serve({**fields, "Records": kept})["Records"] if kept else [])
        rows = [
            {"ErrorCode": failed[event_id].pop(0), "ErrorMessage": "secret text"}
            if failed.get(event_id)
            else next(taken)
            for event_id in ids
        ]
        return {"FailedRecordCount": len(ids) - len(kept), "Records": rows}

    return change


def test_records_that_were_throttled_are_put_again_alone(world, connector):
    throttled = ["ProvisionedThroughputExceededException"]
    failed = {"evt_2": throttled * 3, "evt_4": ["InternalFailure"], "evt_7": list(throttled)}
    with changed_answers(world.stub, partly(failed)):
        outcomes = deliver(connector)
    assert [len(call["Records"]) for _, call in world.stub.requests] == [20, 3, 1, 1]
    assert outcomes.delivered.total() == 20
    assert set_aside(outcomes) == []
    assert sorted(data(world)) == sorted(LINES[:20])


def test_a_stream_that_stays_throttled_leaves_the_object_to_a_later_try(world, connector):
    failed = {f"evt_{number}": ["ProvisionedThroughputExceededException"] * 100 for number in range(20)}
    with (
        changed_answers(world.stub, partly(failed)),
        pytest.raises(AskedToWait, match="ProvisionedThroughputExceeded") as caught,
    ):
        deliver(connector)
    assert len(world.stub.requests) == ENTRIES_TRIES
    assert "secret text" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("KMSThrottlingException"),
        refusal("InternalFailureException", 500),
        Fault("cut", after_effect=True),
    ],
    ids=str,
)
def test_a_call_that_may_pass_is_made_again(world, connector, fault):
    world.stub.faults += [fault, None]
    assert deliver(connector).delivered.total() == 20
    assert set(data(world)) == set(LINES[:20])


def test_a_stream_that_is_gone_or_closed_to_the_role_sets_nothing_aside(world, connector):
    with pytest.raises(AskedToWait, match="ResourceNotFoundException"):
        deliver(connector, to=destination("gone"))
    world.stub.faults.append(refusal("AccessDeniedException"))
    with pytest.raises(Misconfigured, match="put records into the stream"):
        deliver(connector)
    assert len(world.stub.requests) == 2


def test_a_call_that_one_record_spoils_is_halved_until_it_stands_alone(world, connector):
    def change(fields, serve):
        held = b"".join(base64.b64decode(row["Data"]) for row in fields["Records"])
        return refusal("InvalidArgumentException") if b'"evt_6"' in held else serve(fields)

    with changed_answers(world.stub, change):
        outcomes = deliver(connector)
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_6", "AWS refused it: InvalidArgumentException.")
    assert outcomes.delivered.total() == 19


def test_a_call_holds_no_more_bytes_than_kinesis_takes(world, connector):
    lines = [line(number, text="x" * 1_000_000) for number in range(7)]
    assert deliver(connector, lines).delivered.total() == 7
    assert [len(call["Records"]) for _, call in world.stub.served] == [5, 2]


def test_a_check_puts_one_record_that_receivers_can_tell(world, connector):
    assert [(step.name, step.state) for step in connector.check(target_of(destination()))] == PASSED
    assert data(world) == [b'{"_ingest_check":true}']
    role, send = connector.check(target_of(destination("gone")))
    assert (role.state, send.state) == ("passed", "failed")
    assert "ResourceNotFoundException" in send.reason


def test_on_aws_the_users_role_is_taken_on():
    with mock_aws():
        boto3.client("kinesis", region_name=REGION).create_stream(StreamName="events", ShardCount=1)
        connector = connector_on_aws("kinesis")
        assert [(step.name, step.state) for step in connector.check(target_of(destination()))] == PASSED
        assert deliver(connector).delivered.total() == 20
