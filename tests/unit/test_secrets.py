"""Secrets: who can read the files, and what a refusal of AWS means."""

import stat

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from adapters.files.secrets import FolderSecrets
from adapters.secrets_manager import ManagedSecrets
from domain.errors import Misconfigured, Undelivered


@pytest.fixture
def client():
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-central-1")


class Refusing:
    """A client all of whose calls fail."""

    def __init__(self, error):
        self.error = error

    def __getattr__(self, name):
        def fail(**_):
            raise self.error

        return fail


class Strict:
    """A client that refuses to replace what is to be deleted, as AWS does and moto does not."""

    def __init__(self, client):
        self._client = client

    def put_secret_value(self, **request):
        if self._client.describe_secret(SecretId=request["SecretId"]).get("DeletedDate"):
            raise refusal("InvalidRequestException")
        return self._client.put_secret_value(**request)

    def __getattr__(self, name):
        return getattr(self._client, name)


def refusal(code, status=400):
    response = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutSecretValue")


def test_nobody_but_their_owner_can_read_the_files(tmp_path):
    secrets = FolderSecrets(tmp_path / "secrets")
    secrets.put("env_1", "hunter2")
    files = [path for path in (tmp_path / "secrets").rglob("*") if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["../env_1", "", "a/b", ".unfinished", "x" * 129])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    secrets = FolderSecrets(tmp_path / "secrets")
    for work in (secrets.get, secrets.delete, lambda name: secrets.put(name, "x")):
        with pytest.raises(ValueError):
            work(name)


def test_a_secret_that_somebody_removed_by_hand_can_be_put_again(client):
    secrets = ManagedSecrets(Strict(client), "ingest/")
    secrets.put("env_1", "first")
    client.delete_secret(SecretId="ingest/env_1", RecoveryWindowInDays=7)
    assert secrets.get("env_1") is None
    secrets.put("env_1", "second")
    assert secrets.get("env_1") == "second"


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (refusal("AccessDeniedException"), Misconfigured, None),
        (refusal("InternalServiceError", 500), Undelivered, True),
        (refusal("ThrottlingException"), Undelivered, True),
        (refusal("DecryptionFailure"), Undelivered, False),
        (EndpointConnectionError(endpoint_url="https://x"), Undelivered, True),
    ],
    ids=str,
)
def test_a_refusal_says_whose_move_it_is_and_repeats_nothing(error, kind, retryable):
    secrets = ManagedSecrets(Refusing(error), "ingest/")
    for work in (
        lambda: secrets.put("env_1", "hunter2"),
        lambda: secrets.get("env_1"),
        lambda: secrets.delete("env_1"),
    ):
        with pytest.raises(kind) as caught:
            work()
        assert "hunter2" not in str(caught.value)
        assert getattr(caught.value, "retryable", None) is retryable
