"""A deployment on moto's AWS: its tables, buckets and queues, and its functions as their entry points make them."""

import importlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import boto3
from moto import mock_aws

from adapters.aws_http.endpoint import DYNAMODB
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.definition import TABLES, create_table
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage_folding import DynamoUsageFolder
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.function_settings import variables_from_settings
from adapters.tallies import packed, text_of
from tests.aws_stub import AwsStub, moto_serves, running
from tests.management_api import Clock

REGION = "eu-central-1"
ROLE_ARN = "arn:aws:iam::123456789012:role/delivery"
VARIABLES = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}


class AwsDeployment:
    """What the stacks would have made, on one machine."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.variables: dict[str, str] = {}
        """What functions that are made from now on find in their environment besides."""
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        for table in TABLES:
            create_table(self.dynamodb, table.purpose, table)
        self.s3 = boto3.client("s3", region_name=REGION)
        self.sqs = boto3.client("sqs", region_name=REGION)
        self.firehose = boto3.client("firehose", region_name=REGION)
        self.queue_urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("provision", "spill", "quarantine", "delivered", "bucket-writer", "taps", "lake")
        }
        self.notified("data", {"delivered": "environment="})
        self.notified("landing", {"bucket-writer": "s3/"})
        self.table = DynamoTable(self.dynamodb, "catalog", self.clock)
        self.usage = DynamoUsageReader(Calls(self.dynamodb), "counters")

    @contextmanager
    def reached_without_sdk(self) -> Iterator[None]:
        """Serve DynamoDB at an address of its own, for functions that call it without AWS's SDK."""
        with running(AwsStub(moto_serves(DYNAMODB))) as stub, mock.patch.dict("os.environ", stub.variables):
            self.variables = stub.variables
            with mock.patch("boto3.DEFAULT_SESSION", None):  # it has other credentials
                yield

    def notified(self, bucket, prefixes) -> None:
        """Make a bucket that tells a queue of each object that is stored below a prefix."""
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        wanted = [
            {
                "QueueArn": self.sqs.get_queue_attributes(QueueUrl=self.queue_urls[queue], AttributeNames=["QueueArn"])[
                    "Attributes"
                ]["QueueArn"],
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
            }
            for queue, prefix in prefixes.items()
        ]
        self.s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": wanted}
        )

    def function(self, name, settings):
        """Return the handler of a function as Lambda has it: from its variables, at import."""
        with mock.patch.dict(
            "os.environ", {**VARIABLES, **self.variables, **variables_from_settings(settings)}, clear=True
        ):
            module = importlib.reload(importlib.import_module(f"functions.{name}.aws"))
        return module.handler

    def received(self, queue) -> list[dict]:
        """Take all messages from a queue, as an event source hands them to a function."""
        records = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_urls[queue], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.queue_urls[queue], ReceiptHandle=message["ReceiptHandle"])
                records.append(
                    {
                        "messageId": message["MessageId"],
                        "body": message["Body"],
                        "attributes": {"ApproximateReceiveCount": "1"},
                    }
                )
        return records

    def feed(self, handler, queue) -> None:
        """Hand a function what is in its queue, all of which it has to take."""
        records = self.received(queue)
        assert records
        assert handler({"Records": records}, None) == {"batchItemFailures": []}

    def count(self, *rows) -> None:
        """Have rows counted, as the usage writer counts them."""
        folder = DynamoUsageFolder(Calls(self.dynamodb), "counters", time.time_ns)
        assert folder.take([text_of(packed(rows)[0])]) == [True]
        assert folder.fold()

    def streams(self) -> list[str]:
        return self.firehose.list_delivery_streams()["DeliveryStreamNames"]

    def send(self, queue, *bodies) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.queue_urls[queue], MessageBody=text)


@contextmanager
def aws_deployment() -> Iterator[AwsDeployment]:
    """Yield a deployment that nobody has used yet."""
    with mock.patch.dict("os.environ", VARIABLES), mock_aws():
        yield AwsDeployment()
