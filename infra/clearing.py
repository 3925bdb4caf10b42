"""Takes away what a deployment made at run time: `python -m infra.clearing --stage dev`, a part of `make destroy`.

A stack knows nothing of delivery streams, secrets and custom domains that the functions made, and can't delete a bucket
with objects in it. It runs after the functions are gone, so that none of them makes anything again, and before the
front doors go: API Gateway deletes no API to which a domain leads.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import failure_from
from domain.errors import Misconfigured
from infra.domains_left import detach_domains, remove_domains
from infra.outputs import make_client, outputs_if_there
from infra.settings import settings_of
from infra.settings.stage import StageSettings

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient


def stream_names(client: "FirehoseClient", prefix: str) -> list[str]:
    """Return the names of the deployment's delivery streams: an environment's id follows the prefix.

    Streams of a stage `prod-eu` begin with the prefix of a stage `prod`, too.
    """
    names: list[str] = []
    after = ""
    while True:
        answer = (
            client.list_delivery_streams(ExclusiveStartDeliveryStreamName=after)
            if after
            else client.list_delivery_streams()
        )
        names += answer["DeliveryStreamNames"]
        if not answer["HasMoreDeliveryStreams"] or not answer["DeliveryStreamNames"]:
            return [name for name in names if name.startswith(f"{prefix}env_")]
        after = names[-1]


def secret_names(client: "SecretsManagerClient", prefix: str) -> list[str]:
    """Return the names of the secrets that the deployment made."""
    pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [prefix]}])
    return [secret["Name"] for page in pages for secret in page["SecretList"] if secret["Name"].startswith(prefix)]


def topic_arns(client: "SNSClient", prefix: str) -> list[str]:
    """Return the ARNs of the topics by which the deployment mails alerts."""
    pages = client.get_paginator("list_topics").paginate()
    arns = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    return [arn for arn in arns if arn.rpartition(":")[2].startswith(f"{prefix}tgt_")]


def database_names(client: "GlueClient", prefix: str) -> list[str]:
    """Return the names of the databases of the deployment's lake: one for each organisation that has a table."""
    pages = client.get_paginator("get_databases").paginate()
    names = [database["Name"] for page in pages for database in page["DatabaseList"]]
    return [name for name in names if name.startswith(f"{prefix}org_")]


def empty(client: "S3Client", bucket: str) -> int:
    """Delete every version of every object of a bucket; return how many. One that is not there has none.

    Raises:
        Misconfigured: S3 did not delete some of them.
    """
    removed = 0
    refused: list[str] = []
    for versions in _versions(client, bucket):
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})  # type: ignore[typeddict-item]
        refused += [error.get("Code", "unknown") for error in answer.get("Errors", [])]
        removed += len(versions)
    if refused:
        reasons = ", ".join(sorted(set(refused)))
        raise Misconfigured(f"{len(refused)} object versions of {bucket} were not deleted: {reasons}.")
    return removed


def _versions(client: "S3Client", bucket: str) -> Iterator[list[dict[str, str]]]:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if failure_from(error).code in {"404", "NoSuchBucket"}:
            return
        raise
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]


def clear_stage(settings: StageSettings) -> list[str]:
    """Remove what a stage made at run time, and return a line for each kind.

    Where data is to be kept, it takes only what would keep the front stack from going and comes back with the next
    deployment: the console's files, what leads custom domains to their API, and the protection of a load balancer.

    Raises:
        Misconfigured: something is still in use, or was not deleted; a second call goes on.
    """
    region = settings.region
    firehose = boto3.client("firehose", region_name=region)
    secrets = boto3.client("secretsmanager", region_name=region)
    sns = boto3.client("sns", region_name=region)
    glue = boto3.client("glue", region_name=region)
    s3 = boto3.client("s3", region_name=region)
    account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    streams = stream_names(firehose, settings.stream_prefix)
    names = secret_names(secrets, settings.secret_prefix)
    topics = topic_arns(sns, settings.mail_topic_prefix)
    if settings.keep_data:
        _release_balancer(settings)
        empty(s3, f"ingest-{settings.name}-console-{account}-{firehose.meta.region_name}")
        detached = detach_domains(settings, time.time_ns)
        what = f"{len(streams)} delivery streams, {len(names)} secrets and {len(topics)} topics of alerts"
        return [
            f"{detached} custom domains lead nowhere until the stage is deployed again.",
            f"{what} stay, as do tables, buckets, queues and users: keep_data is set for {settings.name}.",
        ]
    databases = database_names(glue, settings.lake_database_prefix)
    domains = remove_domains(settings, time.time_ns, time.sleep)
    for name in streams:
        firehose.delete_delivery_stream(DeliveryStreamName=name, AllowForceDelete=True)
    for name in names:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    for arn in topics:
        sns.delete_topic(TopicArn=arn)
    for name in databases:
        glue.delete_database(Name=name)  # with its tables
    said = [
        f"{len(streams)} delivery streams, {len(names)} secrets and {len(topics)} topics of alerts are gone.",
        f"{domains} custom domains are gone, with their certificates and records.",
        f"{len(databases)} databases of lakes are gone.",
    ]
    # The log bucket last: taking away objects of the others is logged there.
    for kind in ("console", "landing", "data", "access-logs"):
        bucket = f"ingest-{settings.name}-{kind}-{account}-{firehose.meta.region_name}"
        said.append(f"{empty(s3, bucket)} object versions of {bucket} are gone.")
    return said


def _release_balancer(settings: StageSettings) -> None:
    """Let the load balancer of a stage be deleted, if it has one."""
    listener = outputs_if_there(make_client(settings), f"ingest-{settings.name}-front").get("BalancerListener")
    if listener is None:
        return
    client = boto3.client("elbv2", region_name=settings.region)
    (found,) = client.describe_listeners(ListenerArns=[listener])["Listeners"]
    client.modify_load_balancer_attributes(
        LoadBalancerArn=found["LoadBalancerArn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
    )


def clear_logs(settings: StageSettings) -> str:
    """Empty the bucket of access logs, to which AWS delivers for hours after the last request; return a line.

    To be done right before the state stack goes, and again if that failed, unless data is kept.
    """
    s3 = boto3.client("s3", region_name=settings.region)
    account = boto3.client("sts", region_name=settings.region).get_caller_identity()["Account"]
    bucket = f"ingest-{settings.name}-access-logs-{account}-{s3.meta.region_name}"
    return f"{empty(s3, bucket)} late object versions of {bucket} are gone."


def state_that_goes(settings: StageSettings) -> str:
    """Return the state stack as the CDK names it, if it goes with the stage; otherwise an empty text."""
    return "" if settings.keep_data else "State"


def main() -> None:
    """Clear the stage of the command line."""
    parser = argparse.ArgumentParser(description="Take away what a deployment made at run time.")
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--logs", action="store_true", help="clear nothing but access logs that came late")
    parser.add_argument("--name-state", action="store_true", help="clear nothing; print the state stack, if it goes")
    arguments = parser.parse_args()
    settings = settings_of(arguments.stage)
    if arguments.name_state:
        sys.stdout.write(f"{state_that_goes(settings)}\n")
        return
    try:
        for line in [clear_logs(settings)] if arguments.logs else clear_stage(settings):
            sys.stdout.write(f"{line}\n")
    except Misconfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
