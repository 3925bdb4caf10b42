"""What every adapter of the secret store keeps."""

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import SECRETS_MANAGER
from adapters.aws_http.secret import NamedSecrets
from adapters.files.secrets import FolderSecrets
from adapters.secrets_manager import ManagedSecrets
from domain.errors import Undelivered
from tests.aws_stub import REGION, AwsStub, Fault, moto_serves, refusal, running

PREFIX = "ingest/environment/"


@pytest.fixture(params=["files", "secrets_manager"])
def secrets(request, tmp_path):
    if request.param == "files":
        yield FolderSecrets(tmp_path / "secrets")
        return
    with mock_aws():
        yield ManagedSecrets(boto3.client("secretsmanager", region_name="eu-central-1"), PREFIX)


@pytest.fixture(params=["files", "secrets_manager", "secrets_manager_without_sdk"])
def kept_and_read(request, tmp_path):
    """Yield a store, and what reads from it with another adapter where there is one."""
    if request.param == "files":
        yield FolderSecrets(tmp_path / "secrets"), FolderSecrets(tmp_path / "secrets")
        return
    with mock_aws():
        store = ManagedSecrets(boto3.client("secretsmanager", region_name=REGION), PREFIX)
        if request.param == "secrets_manager":
            yield store, store
            return
        with running(AwsStub(moto_serves(SECRETS_MANAGER), tmp_path)) as stub:
            yield store, NamedSecrets(stub.client(SECRETS_MANAGER), PREFIX)


def test_a_reader_finds_what_is_there_and_none_where_nothing_is(kept_and_read):
    store, reader = kept_and_read
    assert reader.get("hook_1") is None
    for secret in ('{"a": ["00ff"]}', "ключ\n\x00", "x" * 60_000):
        store.put("hook_1", secret)
        assert reader.get("hook_1") == secret
    assert reader.get("hook_2") is None
    store.delete("hook_1")
    assert reader.get("hook_1") is None


def test_a_secret_that_was_removed_by_hand_is_none():
    with running(AwsStub(lambda *_: {})) as stub:
        stub.faults.append(refusal("InvalidRequestException", 400))
        assert NamedSecrets(stub.client(SECRETS_MANAGER), PREFIX).get("hook_1") is None


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [
        (refusal("AccessDeniedException", 400), False),
        (refusal("InternalServiceError", 500), True),
        (Fault("cut"), True),
    ],
)
def test_a_reader_that_is_refused_says_so_and_names_no_secret(fault, retryable, caplog):
    with running(AwsStub(lambda *_: {})) as stub:
        stub.faults.append(fault)
        with pytest.raises(Undelivered) as caught:
            NamedSecrets(stub.client(SECRETS_MANAGER), PREFIX).get("hook_1")
    assert caught.value.retryable == retryable
    assert "hook_1" not in f"{caplog.text}{caught.value}"


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
