"""Events at queues of another account, whose role the deployed writer takes on."""

import json

import boto3
import pytest

from tests.e2e_aws.deployment import eventually
from tests.e2e_aws.emulator import ACCOUNT, REGION
from tests.e2e_aws.quirks import SEND, SEND_BATCH

pytestmark = pytest.mark.emulator

THEIR_ACCOUNT = "444455556666"


class TheirAccount:
    """An account of a user, with a role as docs/destinations.md says."""

    def __init__(self, emulator, organisation_id):
        self._emulator = emulator
        self._organisation_id = organisation_id
        self._iam = self.client("iam")

    def client(self, service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._emulator.url,
            verify=str(self._emulator.authority.path),
            aws_access_key_id=THEIR_ACCOUNT,
            aws_secret_access_key="test",
        )

    def make_role(self, name, actions, resource, *more):
        """Make a role that may do one thing, and what further statements say; return its ARN."""
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": self._organisation_id}},
        }
        made = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        send = {"Effect": "Allow", "Action": actions, "Resource": resource}
        self._iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=policy(send, *more))
        return made["Role"]["Arn"]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def theirs(deployment):
    return TheirAccount(deployment.emulator, deployment.v1("GET", "/v1/me")["organisation"]["id"])


def send_by(deployment, name, destination):
    """Make an environment, send it an event, and return the event's id."""
    endpoint = deployment.make_endpoint(name)
    revision = deployment.make_revision(endpoint, "FLOAT")
    environment = deployment.make_environment(endpoint, revision, destination)
    (event_id,) = deployment.send(environment, {"event": "purchase", "price": 7.5}).json()["event_ids"]
    return event_id


def test_an_event_is_a_message_of_a_queue(deployment, theirs):
    sqs = theirs.client("sqs")
    sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})
    arn = f"arn:aws:sqs:{REGION}:{THEIR_ACCOUNT}:events.fifo"
    url = f"https://sqs.{REGION}.amazonaws.com/{THEIR_ACCOUNT}/events.fifo"
    role = theirs.make_role("send-messages", [SEND, SEND_BATCH], arn)
    destination = {"type": "sqs", "queue_url": url, "role_arn": role, "message_group_field": "event"}
    event_id = send_by(deployment, "To a queue", destination)
    seen = []

    def arrived():
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        seen.extend(answer.get("Messages", ()))
        return event_id in [json.loads(message["Body"]).get("_event_id") for message in seen]

    eventually(arrived)
    (message,) = [message for message in seen if event_id in message["Body"]]
    assert message["Attributes"]["MessageGroupId"] == "purchase"


def test_an_event_is_a_record_of_a_stream(deployment, theirs):
    kinesis = theirs.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{THEIR_ACCOUNT}:stream/events"
    role = theirs.make_role("put-records", "kinesis:PutRecords", arn)
    event_id = send_by(deployment, "To a stream", {"type": "kinesis", "stream_arn": arn, "role_arn": role})

    def record():
        (shard,) = kinesis.list_shards(StreamName="events")["Shards"]
        start = kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found = kinesis.get_records(ShardIterator=start)["Records"]
        return next((row for row in found if event_id in row["Data"].decode()), None)

    assert eventually(record)["PartitionKey"] == event_id


def test_an_event_on_a_bus_is_matched_by_a_rule(deployment, theirs):
    events, sqs = theirs.client("events"), theirs.client("sqs")
    events.create_event_bus(Name="shop")
    url = sqs.create_queue(QueueName="matched")["QueueUrl"]
    pattern = json.dumps({"detail-type": ["purchase"]})
    events.put_rule(Name="purchases", EventBusName="shop", EventPattern=pattern)
    queue = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{THEIR_ACCOUNT}:matched"}
    events.put_targets(Rule="purchases", EventBusName="shop", Targets=[queue])
    arn = f"arn:aws:events:{REGION}:{THEIR_ACCOUNT}:event-bus/shop"
    events.create_event_bus(Name=arn)  # the emulator looks for a bus by its name alone, whatever else AWS takes
    # To the emulator no look at a bus is about that bus.
    look = {"Effect": "Allow", "Action": "events:DescribeEventBus", "Resource": "*"}
    role = theirs.make_role("put-events", "events:PutEvents", arn, look)
    destination = {"type": "eventbridge", "bus_arn": arn, "role_arn": role, "detail_type_field": "event"}
    event_id = send_by(deployment, "To a bus", destination)
    seen = []

    def arrived():
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        seen.extend(json.loads(message["Body"])["detail"] for message in answer.get("Messages", ()))
        return event_id in [detail.get("_event_id") for detail in seen]

    eventually(arrived)
