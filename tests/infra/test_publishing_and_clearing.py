"""What `make deploy` does after the stacks are there, and `make destroy` before they go."""

import json

import boto3
import pytest
from moto import mock_aws

from domain.errors import Misconfigured
from infra.clearing import clear_stage
from infra.publishing import config_from, files_of, publish
from infra.settings.stage import StageSettings

OUTPUTS = {
    "ConsoleBucketName": "console-files",
    "DistributionId": "E1",
    "SignInPage": "https://page.example",
    "SignInClientId": "c1",
}


class NotedInvalidations:
    """CloudFront, as far as publishing goes."""

    def __init__(self):
        self.paths = []

    def create_invalidation(self, **request):
        paths = request["InvalidationBatch"]["Paths"]
        assert request["DistributionId"] == "E1"
        assert paths["Quantity"] == len(paths["Items"])
        self.paths += paths["Items"]


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


@pytest.fixture
def built(tmp_path):
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "icon.svg", "assets/main-1a2b.js", ".sources-123"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_files_go_up_with_the_page_last_and_what_asks_for_nothing_of_them_stays(built):
    keys = [file.key for file in files_of(built, OUTPUTS)]
    assert keys == ["assets/main-1a2b.js", "config.json", "icon.svg", "index.html"]


@pytest.mark.usefixtures("aws")
def test_published_files_are_cached_for_ever_only_where_their_name_changes(built):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="console-files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    cloudfront = NotedInvalidations()
    assert publish(s3, cloudfront, OUTPUTS, built) == 4
    script = s3.get_object(Bucket="console-files", Key="assets/main-1a2b.js")
    assert "immutable" in script["CacheControl"]
    assert script["ContentType"].startswith("text/javascript")
    page = s3.get_object(Bucket="console-files", Key="index.html")
    assert page["CacheControl"] == "no-cache"
    assert page["ContentType"] == "text/html; charset=utf-8"
    config = json.loads(s3.get_object(Bucket="console-files", Key="config.json")["Body"].read())
    assert config == {"sign_in": {"kind": "hosted_page", "page": "https://page.example", "client_id": "c1"}}
    assert sorted(cloudfront.paths) == ["/", "/config.json", "/icon.svg", "/index.html"]


def test_a_deployment_without_sign_in_has_tokens():
    assert config_from({}) == {"sign_in": {"kind": "token"}}


def test_a_console_that_is_not_built_is_said_so(tmp_path):
    with pytest.raises(Misconfigured, match="make console"):
        files_of(tmp_path, OUTPUTS)


def make_things(stage):
    """Make what a deployment makes at run time, and something like it of somebody else's."""
    firehose, secrets, s3 = (boto3.client(name) for name in ("firehose", "secretsmanager", "s3"))
    account = boto3.client("sts").get_caller_identity()["Account"]
    bucket = f"ingest-{stage}-data-{account}-eu-central-1"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="environment=e/a.gz", Body=body)
    s3.delete_object(Bucket=bucket, Key="environment=e/a.gz")
    for name in (f"ingest-{stage}-env-1", "ingest-other-env-1"):
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": f"arn:aws:iam::{account}:role/r",
                "BucketARN": f"arn:aws:s3:::{bucket}",
            },
        )
    for name in (f"ingest-{stage}/env_1", "ingest-other/env_1"):
        secrets.create_secret(Name=name, SecretString="s")
    return firehose, secrets, s3, bucket


@pytest.mark.usefixtures("aws")
def test_clearing_takes_what_the_stage_made_and_nothing_of_another():
    firehose, secrets, s3, bucket = make_things("dev")
    said = clear_stage(StageSettings(name="dev", keep_data=False))
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == ["ingest-other-env-1"]
    assert [secret["Name"] for secret in secrets.list_secrets()["SecretList"]] == ["ingest-other/env_1"]
    left = s3.list_object_versions(Bucket=bucket)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")
    assert said[0] == "1 delivery streams and 1 secrets are gone."


@pytest.mark.usefixtures("aws")
def test_clearing_takes_nothing_where_data_is_kept():
    firehose, secrets, s3, bucket = make_things("prod")
    said = clear_stage(StageSettings(name="prod"))
    assert len(firehose.list_delivery_streams()["DeliveryStreamNames"]) == 2
    assert len(secrets.list_secrets()["SecretList"]) == 2
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2
    assert "keep_data is set for prod" in said[0]
