"""Ingest and redeliver as Lambda runs them: processes of their own, that reach AWS by what their environment says."""

import gzip
import hmac
import json
import os
import signal
import subprocess
import sys
import time

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import DYNAMODB, FIREHOSE, SECRETS_MANAGER, SQS
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.definition import create_table
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.function_settings import variables_from_settings
from domain.delivery.messages import quarantined_event_from_message, spill_messages
from domain.hook_secrets import text_of_keys
from domain.metering.ports import UsageScope
from domain.metering.slices import Slice
from domain.records.ports import Put
from functions.ingest.settings import IngestSettings
from functions.usage_writer.settings import UsageWriterSettings
from local.workers import sqs_event
from schemas.items import host_key, pointer_key, revision_document_key
from schemas.limits import USAGE_FOLD_SECONDS
from tests.aws_stub import REGION, AwsStub, moto_serves, refusal, running
from tests.front_doors import http_api_event
from tests.ingest_world import Answer
from tests.lambda_process import ROOT, LambdaProcess

ENVIRONMENT = f"env_{1:026d}"
REVISION = f"rev_{1:026d}"
BUCKET = "landing"
HOOK_SECRET = b"what a webhook is signed with"

SERVICES = {
    "GetItem": DYNAMODB,
    "BatchGetItem": DYNAMODB,
    "PutItem": DYNAMODB,
    "UpdateItem": DYNAMODB,
    "DeleteItem": DYNAMODB,
    "Query": DYNAMODB,
    "TransactWriteItems": DYNAMODB,
    "PutRecordBatch": FIREHOSE,
    "SendMessageBatch": SQS,
    "GetSecretValue": SECRETS_MANAGER,
}


def every_service(operation, fields):
    return moto_serves(SERVICES[operation])(operation, fields)


class Account:
    """An account with everything that the stacks make for ingest, and one environment."""

    def __init__(self, stub):
        self.stub = stub
        self.s3, self.sqs, dynamodb, firehose, secrets = (
            boto3.client(name, region_name=REGION) for name in ("s3", "sqs", "dynamodb", "firehose", "secretsmanager")
        )
        for name in ("catalog", "counters"):
            create_table(dynamodb, name)
        self.table = DynamoTable(dynamodb, "catalog", time.time_ns)
        self.usage = DynamoUsageReader(Calls(dynamodb), "counters")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": f"arn:aws:s3:::{BUCKET}"}
        firehose.create_delivery_stream(
            DeliveryStreamName="stream-1", ExtendedS3DestinationConfiguration={**destination, "Prefix": "e/"}
        )
        secrets.create_secret(Name="deployment", SecretString="s" * 64)
        secrets.create_secret(Name="ingest/hooks_1", SecretString=text_of_keys({"shop": [HOOK_SECRET]}))
        self.queues = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("spill", "quarantine", "taps", "usage")
        }
        fields = [
            {"key": "name", "type": "STRING", "presence": "required"},
            {"key": "visitor", "type": "STRING", "presence": "macro", "macro": "user_hash"},
        ]
        document = {"revision_id": REVISION, "additional_keys": "drop", "fields": fields}
        pointer = {
            "environment_id": ENVIRONMENT,
            "endpoint_id": "ep_1",
            "organisation_id": "org_1",
            "revision_id": REVISION,
            "state": "active",
            "on_invalid": "quarantine",
            "allowed_origins": [],
            "streams": ["stream-1"],
            "plan_exhausted": False,
            "rate_limit": 1_000,
            "store_addresses": False,
            "webhooks": [{"name": "shop", "scheme": "hmac"}],
            "hook_secrets": "hooks_1",
            "written_at": 0,
        }
        self.table.transact(
            [
                Put(revision_document_key(REVISION), document, 0),
                Put(pointer_key(ENVIRONMENT), pointer, 0),
                Put(host_key("in.example.com"), {"environment_id": ENVIRONMENT}, 0),
            ]
        )

    def variables(self):
        queues = self.queues
        settings = IngestSettings(
            "catalog",
            "counters",
            queues["spill"],
            queues["quarantine"],
            queues["taps"],
            queues["usage"],
            "deployment",
            destination_secret_prefix="ingest/",
            docs_url="https://console.example.com/docs",
        )
        return {**variables_from_settings(settings), **self.stub.variables, "PATH": os.environ["PATH"]}

    def lines(self):
        found = []
        for row in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            body = self.s3.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read()
            found += (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).splitlines()
        return [json.loads(line) for line in found]

    def messages(self, queue):
        answer = self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def counted(self):
        now = int(time.time())
        points = self.usage.series(UsageScope("org_1"), Slice.MINUTE, now - 3_600, now + 60)
        return {name: sum(point.counts[name] for point in points) for name in ("requests", "accepted", "quarantined")}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with mock_aws(), running(AwsStub(every_service, tmp_path_factory.mktemp("tls"))) as stub:
        yield Account(stub)


@pytest.fixture
def start():
    started = []

    def start(module, variables):
        started.append(LambdaProcess(module, variables))
        return started[-1]

    yield start
    for function in started:
        function.end()


def post(function, body, path=f"/e/{ENVIRONMENT}", **more):
    headers = {"content-type": "application/json"}
    return Answer(function(http_api_event("POST", path, body=json.dumps(body), headers=headers, **more)))


def test_events_are_taken_kept_and_counted_and_the_counts_outlive_the_process(account, start):
    ingest = start("functions.ingest.aws", account.variables())
    assert Answer(ingest(http_api_event("GET", "/health"))).status == 200
    assert account.stub.requests == []

    answer = post(ingest, [{"name": "a"}, {"name": "b"}])
    assert answer.status == 200, answer.body
    first = account.lines()
    assert [line["_event_id"] for line in first] == answer.json["event_ids"]
    assert {len(line["visitor"]) for line in first} == {64}

    mixed = post(ingest, [{"name": "c"}, {"name": 1}])
    assert [row["outcome"] for row in mixed.json["results"]] == ["accepted", "quarantined"]

    unknown = post(ingest, {}, path="/e/env_nobodys")
    assert unknown.json["type"] == "https://console.example.com/docs/errors#unknown_environment"
    (message,) = account.messages("quarantine")
    assert quarantined_event_from_message(message).raw == b'{"name": 1}'

    account.stub.faults.append(refusal("ResourceNotFoundException"))
    assert post(ingest, {"name": "d"}).status == 200
    (spilled,) = account.messages("spill")

    assert account.messages("usage") == []
    ingest.process.send_signal(signal.SIGTERM)
    assert ingest.process.wait(30) == 0
    settings = UsageWriterSettings("counters", account.queues["usage"])
    variables = {**variables_from_settings(settings), **account.stub.variables, "PATH": os.environ["PATH"]}
    write_usage = start("functions.usage_writer.aws", variables)
    (tally,) = account.messages("usage")
    records = [{"messageId": str(number), "body": body} for number, body in enumerate([tally, tally, "spoiled"])]
    for _ in range(2):
        assert write_usage({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert account.counted() == {"requests": 3, "accepted": 4, "quarantined": 1}
    # The second time came too early for a fold, so a later run is told to look.
    delays = [
        entry.get("DelaySeconds") for operation, sent in account.stub.requests for entry in sent.get("Entries", ())
    ]
    assert [delay for delay in delays if delay] == [USAGE_FOLD_SECONDS]

    asked = [operation for operation, _ in account.stub.requests]
    assert asked.count("GetSecretValue") == 1
    assert asked.count("PutRecordBatch") == 3

    redeliver = start("functions.redeliver.aws", account.stub.variables | {"PATH": os.environ["PATH"]})
    (other,) = spill_messages("no-such-stream", b"lost\n")

    class Message:
        receives, sent_ns = 1, 0

        def __init__(self, message_id, body):
            self.id, self.body = message_id, body

    event = sqs_event("spill", [Message("m1", spilled), Message("m2", other), Message("m3", "nonsense")])
    failures = redeliver(event)["batchItemFailures"]
    assert sorted(row["itemIdentifier"] for row in failures) == ["m2", "m3"]
    assert sorted(line["name"] for line in account.lines()) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("name", ["CATALOG_TABLE", "SPILL_QUEUE_URL", "AWS_REGION"])
def test_a_setting_that_is_missing_stops_the_function_at_its_start_and_is_named(account, name):
    variables = {key: value for key, value in account.variables().items() if key != name}
    run = subprocess.run(
        [sys.executable, "-c", "import functions.ingest.aws"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert f"Misconfigured: {name} must be set." in run.stderr


def test_webhooks_are_checked_by_the_secrets_that_the_environment_keeps(account, start):
    ingest = start("functions.ingest.aws", account.variables())
    body = b'{"total": 9.5}'
    path = f"/e/{ENVIRONMENT}/hooks/shop"
    before = len(account.stub.requests)
    for secret, status in ((HOOK_SECRET, 200), (b"wrong", 401), (HOOK_SECRET, 200)):
        headers = {"x-signature-256": f"sha256={hmac.digest(secret, body, 'sha256').hex()}"}
        assert Answer(ingest(http_api_event("POST", path, body=body, headers=headers))).status == status
    asked = [operation for operation, _ in account.stub.requests[before:]]
    assert asked.count("GetSecretValue") == 1
