"""Secrets in AWS Secrets Manager: one each, under a prefix that belongs to the deployment."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.errors import Undelivered

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_TRIES = 3


def make_client() -> "SecretsManagerClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("secretsmanager", config=CONFIG)


class ManagedSecrets:
    """Implements `SecretStore`."""

    def __init__(self, client: "SecretsManagerClient", prefix: str, kms_key_id: str | None = None) -> None:
        """Take the prefix of every secret's name, such as `ingest/`, and the key for new ones if not AWS's own."""
        self._client = client
        self._prefix = prefix
        self._kms_key_id = kms_key_id

    def put(self, name: str, secret: str) -> None:
        secret_id = self._prefix + name
        for _ in range(_TRIES):
            with translated("keep a secret"):
                if self._replace(secret_id, secret) or self._create(secret_id, secret):
                    return
        raise Undelivered("AWS did not keep a secret: others keep making and removing it.")

    def get(self, name: str) -> str | None:
        with translated("read a secret"):
            try:
                return self._client.get_secret_value(SecretId=self._prefix + name)["SecretString"]
            except ClientError as error:
                # The second is one that someone removed by hand, and that AWS still has.
                if failure_from(error).code in {"ResourceNotFoundException", "InvalidRequestException"}:
                    return None
                raise

    def delete(self, name: str) -> None:
        with translated("remove a secret"):
            try:
                # For good: what its owner takes away must not be had for weeks.
                self._client.delete_secret(SecretId=self._prefix + name, ForceDeleteWithoutRecovery=True)
            except ClientError as error:
                if failure_from(error).code != "ResourceNotFoundException":
                    raise

    def _replace(self, secret_id: str, secret: str) -> bool:
        """Return whether there was one to replace."""
        try:
            self._client.put_secret_value(SecretId=secret_id, SecretString=secret)
        except ClientError as error:
            code = failure_from(error).code
            if code == "InvalidRequestException":  # someone removed it by hand, and AWS still has it
                self._client.restore_secret(SecretId=secret_id)
                return False
            if code == "ResourceNotFoundException":
                return False
            raise
        return True

    def _create(self, secret_id: str, secret: str) -> bool:
        """Return whether there was none."""
        try:
            if self._kms_key_id is None:
                self._client.create_secret(Name=secret_id, SecretString=secret)
            else:
                self._client.create_secret(Name=secret_id, SecretString=secret, KmsKeyId=self._kms_key_id)
        except ClientError as error:
            if failure_from(error).code == "ResourceExistsException":
                return False
            raise
        return True
