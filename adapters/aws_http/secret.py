"""A secret of AWS Secrets Manager, read when it is first needed: most handlers never are asked for it."""

import logging

import orjson

from adapters.aws_http.client import JsonClient, Refused
from domain.errors import Undelivered

CALL_SECONDS = 2.0
MIN_SECRET_BYTES = 32

_log = logging.getLogger(__name__)


class SecretKey:
    """A key that functions keep for as long as they live; safe to use from several threads."""

    def __init__(self, client: JsonClient, secret_id: str) -> None:
        """Take a client of Secrets Manager, and the secret's name or ARN."""
        self._client = client
        self._secret_id = secret_id
        self._key: bytes | None = None

    def __call__(self) -> bytes:
        """Return the secret's text as bytes; only the first call that succeeds reads it.

        Raises:
            Undelivered: it can't be read, or is too short to be a secret.
        """
        key = self._key
        if key is None:
            key = self._key = self._read()
        return key

    def _read(self) -> bytes:
        payload = orjson.dumps({"SecretId": self._secret_id})
        try:
            answer = self._client.call("GetSecretValue", payload)
        except Refused as refused:
            _log.error("the secret of the macro user_hash can't be read: %s", refused.code)
            raise Undelivered(str(refused), retryable=refused.retryable) from None
        text = answer.get("SecretString")
        if not isinstance(text, str) or len(key := text.encode()) < MIN_SECRET_BYTES:
            _log.error("the secret of the macro user_hash has no text of %s bytes at least", MIN_SECRET_BYTES)
            raise Undelivered("A secret is too short to be one.", retryable=False)
        return key
