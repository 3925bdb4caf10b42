"""Takes away what a deployment made at run time: `python -m infra.clearing --stage dev`, a part of `make destroy`.

A stack knows nothing of delivery streams and secrets that the functions made, and can't delete a bucket with objects in
it. Where data is to be kept it does nothing and says what is there.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3

from infra.settings import settings_of
from infra.settings.stage import StageSettings

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


def stream_names(client: "FirehoseClient", prefix: str) -> list[str]:
    """Return the names of the deployment's delivery streams."""
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
            return [name for name in names if name.startswith(prefix)]
        after = names[-1]


def secret_names(client: "SecretsManagerClient", prefix: str) -> list[str]:
    """Return the names of the secrets that the deployment made."""
    pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [prefix]}])
    return [secret["Name"] for page in pages for secret in page["SecretList"] if secret["Name"].startswith(prefix)]


def empty(client: "S3Client", bucket: str) -> int:
    """Delete every version of every object of a bucket; return how many. One that is not there has none."""
    removed = 0
    for versions in _versions(client, bucket):
        client.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})  # type: ignore[typeddict-item]
        removed += len(versions)
    return removed


def _versions(client: "S3Client", bucket: str) -> Iterator[list[dict[str, str]]]:
    try:
        client.head_bucket(Bucket=bucket)
    except client.exceptions.ClientError:
        return
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]


def clear_stage(settings: StageSettings) -> list[str]:
    """Remove what a stage made at run time, and return a line for each kind; nothing where data is to be kept."""
    region = settings.region
    firehose = boto3.client("firehose", region_name=region)
    secrets = boto3.client("secretsmanager", region_name=region)
    s3 = boto3.client("s3", region_name=region)
    account = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    streams = stream_names(firehose, settings.stream_prefix)
    names = secret_names(secrets, settings.secret_prefix)
    if settings.keep_data:
        what = f"{len(streams)} delivery streams and {len(names)} secrets"
        return [f"{what} stay, as do tables, buckets, queues and users: keep_data is set for {settings.name}."]
    for name in streams:
        firehose.delete_delivery_stream(DeliveryStreamName=name, AllowForceDelete=True)
    for name in names:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    said = [f"{len(streams)} delivery streams and {len(names)} secrets are gone."]
    # The log bucket last: taking away objects of the others is logged there.
    for kind in ("console", "landing", "data", "access-logs"):
        bucket = f"ingest-{settings.name}-{kind}-{account}-{firehose.meta.region_name}"
        said.append(f"{empty(s3, bucket)} object versions of {bucket} are gone.")
    return said


def main() -> None:
    """Clear the stage of the command line."""
    parser = argparse.ArgumentParser(description="Take away what a deployment made at run time.")
    parser.add_argument("--stage", default="dev")
    for line in clear_stage(settings_of(parser.parse_args().stage)):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
