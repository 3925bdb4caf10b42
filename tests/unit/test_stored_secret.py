"""A secret that functions read when they need it, and again after a while."""

import boto3
import pytest
from moto import mock_aws

from adapters.aws_http.endpoint import SECRETS_MANAGER
from adapters.aws_http.secret import FRESH_SECONDS, RETRY_SECONDS, StoredSecret
from domain.errors import Undelivered
from tests.aws_stub import REGION, AwsStub, Fault, moto_serves, refusal, running

TEXT = "0123456789abcdef" * 2


def secret_of(stub, monotonic=lambda: 0.0):
    return StoredSecret(stub.client(SECRETS_MANAGER), "deployment", monotonic, purpose="the secret of the test")


def test_a_secret_is_read_once_when_it_is_first_asked_for(tmp_path):
    with mock_aws():
        boto3.client("secretsmanager", region_name=REGION).create_secret(Name="deployment", SecretString=TEXT)
        with running(AwsStub(moto_serves(SECRETS_MANAGER), tmp_path)) as stub:
            key = secret_of(stub)
            assert stub.requests == []
            assert [key(), key()] == [TEXT.encode()] * 2
            assert stub.requests == [("GetSecretValue", {"SecretId": "deployment"})]


def test_a_secret_that_is_not_there_is_asked_for_again_and_its_name_logged_nowhere(tmp_path, caplog):
    with mock_aws(), running(AwsStub(moto_serves(SECRETS_MANAGER), tmp_path)) as stub:
        key = secret_of(stub)
        for _ in range(2):
            with pytest.raises(Undelivered, match="ResourceNotFoundException") as caught:
                key()
            assert not caught.value.retryable
        assert len(stub.requests) == 2
        assert "ResourceNotFoundException" in caplog.text
        assert "the secret of the test can't be read" in caplog.text
        assert "deployment" not in caplog.text


@pytest.mark.parametrize("answer", [{"SecretString": TEXT[:-1]}, {"SecretBinary": "AAAA"}, {"SecretString": ""}])
def test_what_is_too_short_to_be_a_secret_is_none(answer):
    with running(AwsStub(lambda *_: answer)) as stub, pytest.raises(Undelivered, match="too short"):
        secret_of(stub)()


def test_a_failure_that_passes_is_retryable():
    with running(AwsStub(lambda *_: {"SecretString": TEXT})) as stub:
        key = secret_of(stub)
        stub.faults += [refusal("InternalServiceError", 500), Fault("cut")]
        for _ in range(2):
            with pytest.raises(Undelivered) as caught:
                key()
            assert caught.value.retryable
        assert key() == TEXT.encode()


def test_a_new_value_is_used_once_the_old_one_is_no_longer_fresh():
    answers, now = {"SecretString": TEXT}, [0.0]
    with running(AwsStub(lambda *_: answers)) as stub:
        secret = secret_of(stub, lambda: now[0])
        assert secret() == TEXT.encode()
        answers["SecretString"] = TEXT[::-1]
        now[0] = FRESH_SECONDS - 1
        assert secret() == TEXT.encode()
        now[0] = FRESH_SECONDS
        assert secret() == TEXT[::-1].encode()


def test_the_old_value_stays_in_use_while_a_new_one_cannot_be_read():
    answers, now = {"SecretString": TEXT}, [0.0]
    with running(AwsStub(lambda *_: answers)) as stub:
        secret = secret_of(stub, lambda: now[0])
        secret()
        answers["SecretString"] = TEXT[::-1]
        stub.faults += [refusal("AccessDeniedException", 400)]
        now[0] = FRESH_SECONDS
        assert [secret(), secret()] == [TEXT.encode()] * 2
        assert len(stub.requests) == 2
        now[0] += RETRY_SECONDS
        assert secret() == TEXT[::-1].encode()
