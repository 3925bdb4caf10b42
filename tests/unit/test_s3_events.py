"""What buckets tell queues."""

import json

import boto3
import pytest
from moto import mock_aws

from adapters.s3.events import StoredObject, stored_message, stored_objects

KEYS = ["environment=env_1/dt=2026-11-02/hour=10/s-1.gz", "a b+c%2F", "ключ/ü", "a&b=c?d"]


@pytest.mark.parametrize("key", KEYS)
def test_a_buckets_own_message_names_what_was_stored(key):
    with mock_aws():
        s3, sqs = (boto3.client(name, region_name="us-east-1") for name in ("s3", "sqs"))
        url = sqs.create_queue(QueueName="stored")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        s3.create_bucket(Bucket="data")
        wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket="data", NotificationConfiguration=wanted)
        s3.put_object(Bucket="data", Key=key, Body=b"")
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [stored for message in messages for stored in stored_objects(message["Body"])]
    assert found == [StoredObject("data", key)]


@pytest.mark.parametrize("key", KEYS)
def test_our_own_message_is_read_as_a_buckets(key):
    assert stored_objects(stored_message(StoredObject("data", key))) == [StoredObject("data", key)]


def test_a_message_of_nothing_stored_names_nothing():
    assert stored_objects('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}') == []
    removed = {"eventName": "ObjectRemoved:Delete", "s3": {"bucket": {"name": "data"}, "object": {"key": "a"}}}
    assert stored_objects(json.dumps({"Records": [removed]})) == []


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "{}", '{"Records": [{}]}', '{"Records": 7}', '{"Records": [7]}'])
def test_a_message_of_nobodys_is_refused(body):
    with pytest.raises(ValueError):
        stored_objects(body)
