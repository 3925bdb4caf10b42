"""The secret that ingest reads when it needs it."""

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import SECRETS_MANAGER
from adapters.aws_http.secret import SecretKey
from domain.errors import Undelivered
from tests.aws_stub import REGION, AwsStub, Fault, moto_serves, refusal, running

TEXT = "0123456789abcdef" * 2


def test_a_secret_is_read_once_when_it_is_first_asked_for(tmp_path):
    with mock_aws():
        boto3.client("secretsmanager", region_name=REGION).create_secret(Name="user-hash", SecretString=TEXT)
        with running(AwsStub(moto_serves(SECRETS_MANAGER), tmp_path)) as stub:
            key = SecretKey(stub.client(SECRETS_MANAGER), "user-hash")
            assert stub.requests == []
            assert [key(), key()] == [TEXT.encode()] * 2
            assert stub.requests == [("GetSecretValue", {"SecretId": "user-hash"})]


def test_a_secret_that_is_not_there_is_asked_for_again_and_its_name_logged_nowhere(tmp_path, caplog):
    with mock_aws(), running(AwsStub(moto_serves(SECRETS_MANAGER), tmp_path)) as stub:
        key = SecretKey(stub.client(SECRETS_MANAGER), "user-hash")
        for _ in range(2):
            with pytest.raises(Undelivered, match="ResourceNotFoundException") as caught:
                key()
            assert not caught.value.retryable
        assert len(stub.requests) == 2
        assert "ResourceNotFoundException" in caplog.text
        assert "user-hash" not in caplog.text


@pytest.mark.parametrize("answer", [{"SecretString": TEXT[:-1]}, {"SecretBinary": "AAAA"}, {"SecretString": ""}])
def test_what_is_too_short_to_be_a_secret_is_none(answer):
    with running(AwsStub(lambda *_: answer)) as stub, pytest.raises(Undelivered, match="too short"):
        SecretKey(stub.client(SECRETS_MANAGER), "user-hash")()


def test_a_failure_that_passes_is_retryable():
    with running(AwsStub(lambda *_: {"SecretString": TEXT})) as stub:
        key = SecretKey(stub.client(SECRETS_MANAGER), "user-hash")
        stub.faults += [refusal("InternalServiceError", 500), Fault("cut")]
        for _ in range(2):
            with pytest.raises(Undelivered) as caught:
                key()
            assert caught.value.retryable
        assert key() == TEXT.encode()
