"""What a deployment leaves behind: nothing. The last of these tests, since nothing is there after it."""

import pytest

from infra.clearing import empty, secret_names, stream_names
from tests.e2e_aws.deployment import STAGE
from tests.e2e_aws.emulator import ACCOUNT, REGION

pytestmark = pytest.mark.emulator


def clear(emulator):
    """Take away what was made at run time, as `make destroy` does before it takes down the stacks."""
    firehose, secrets, s3 = (emulator.client(name) for name in ("firehose", "secretsmanager", "s3"))
    for name in stream_names(firehose, f"ingest-{STAGE}-"):
        firehose.delete_delivery_stream(DeliveryStreamName=name)
    for name in secret_names(secrets, f"ingest-{STAGE}/"):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    for kind in ("console", "landing", "data", "access-logs"):
        empty(s3, f"ingest-{STAGE}-{kind}-{ACCOUNT}-{REGION}")


def left_in(emulator):
    """Return the names of what is there of the stage."""
    stacks = emulator.client("cloudformation").list_stacks()["StackSummaries"]
    buckets = emulator.client("s3").list_buckets()["Buckets"]
    secrets = emulator.client("secretsmanager").list_secrets()["SecretList"]
    functions = emulator.client("lambda").list_functions()["Functions"]
    groups = emulator.client("logs").describe_log_groups()["logGroups"]
    queues = emulator.client("sqs").list_queues().get("QueueUrls", [])
    names = [
        *(stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"),
        *(bucket["Name"] for bucket in buckets),
        *(secret["Name"] for secret in secrets),
        *(function["FunctionName"] for function in functions),
        *(group["logGroupName"] for group in groups),
        *(url.rpartition("/")[2] for url in queues),
        *emulator.client("dynamodb").list_tables()["TableNames"],
        *emulator.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
    ]
    return [name for name in names if f"ingest-{STAGE}" in name]


def test_all_of_a_deployment_goes_again(deployment, shop):
    clear(deployment.emulator)
    deployment.cdk.destroy()
    assert left_in(deployment.emulator) == []
