"""What every adapter of the secret store keeps."""

import boto3
import pytest
from moto import mock_aws

from adapters.files.secrets import FolderSecrets
from adapters.secrets_manager import ManagedSecrets

PREFIX = "ingest/environment/"


@pytest.fixture(params=["files", "secrets_manager"])
def secrets(request, tmp_path):
    if request.param == "files":
        yield FolderSecrets(tmp_path / "secrets")
        return
    with mock_aws():
        yield ManagedSecrets(boto3.client("secretsmanager", region_name="eu-central-1"), PREFIX)


def test_a_secret_comes_back_as_it_was_put(secrets):
    for secret in ("{}", "ключ\n\x00", "x" * 60_000):
        secrets.put("env_1", secret)
        assert secrets.get("env_1") == secret


def test_an_absent_secret_is_none(secrets):
    assert secrets.get("env_1") is None
    secrets.delete("env_1")


def test_secrets_are_kept_apart(secrets):
    secrets.put("env_1", "one")
    secrets.put("env_2", "two")
    assert (secrets.get("env_1"), secrets.get("env_2")) == ("one", "two")
    secrets.delete("env_1")
    assert (secrets.get("env_1"), secrets.get("env_2")) == (None, "two")


def test_a_deleted_secret_is_gone_and_its_name_can_be_used_again(secrets):
    for secret in ("first", "second"):
        secrets.put("env_1", secret)
        assert secrets.get("env_1") == secret
        secrets.delete("env_1")
        assert secrets.get("env_1") is None
        secrets.delete("env_1")
