"""Secrets of AWS Secrets Manager, read when they are first needed: many handlers never need them.

The deployment's own are read again every few minutes, so that a new value takes effect without a deployment.
"""

from collections.abc import Callable

import orjson

from adapters.aws_http.client import JsonClient, Refused
from domain.errors import Undelivered
from domain.late_log import LateLog

CALL_SECONDS = 2.0
MIN_SECRET_BYTES = 32
FRESH_SECONDS = 300.0
"""How long a value is used before it is read again."""
RETRY_SECONDS = 30.0
"""How long an older value is used further after it could not be read again."""
DEPLOYMENT_SECRET = "the deployment's secret"  # noqa: S105 - what log lines call it
FRONT_SECRET = "the secret that CloudFront shows"  # noqa: S105 - what log lines call it

_log = LateLog(__name__)


class StoredSecret:
    """The text of one secret; safe to use from several threads."""

    def __init__(self, client: JsonClient, secret_id: str, monotonic: Callable[[], float], *, purpose: str) -> None:
        """Take a client of Secrets Manager, the secret's name or ARN, and what log lines call it."""
        self._client = client
        self._secret_id = secret_id
        self._monotonic = monotonic
        self._purpose = purpose
        self._value: bytes | None = None
        self._read_again_at = 0.0

    def __call__(self) -> bytes:
        """Return the secret's text as bytes; where it can't be read again, the text that was read before.

        Raises:
            Undelivered: it can't be read, or is too short to be a secret, and no call before could read it.
        """
        value = self._value
        now = self._monotonic()
        if value is not None and now < self._read_again_at:
            return value
        try:
            self._value = self._read()
        except Undelivered:
            if value is None:
                raise
            self._read_again_at = now + RETRY_SECONDS
            return value
        self._read_again_at = now + FRESH_SECONDS
        return self._value

    def _read(self) -> bytes:
        payload = orjson.dumps({"SecretId": self._secret_id})
        try:
            answer = self._client.call("GetSecretValue", payload)
        except Refused as refused:
            _log.error("%s can't be read: %s", self._purpose, refused.code)
            raise Undelivered(str(refused), retryable=refused.retryable) from None
        text = answer.get("SecretString")
        if not isinstance(text, str) or len(value := text.encode()) < MIN_SECRET_BYTES:
            _log.error("%s has no text of %s bytes at least", self._purpose, MIN_SECRET_BYTES)
            raise Undelivered("A secret is too short to be one.", retryable=False)
        return value


class NamedSecrets:
    """Implements `SecretReader`; safe to use from several threads."""

    def __init__(self, client: JsonClient, prefix: str) -> None:
        """Take a client of Secrets Manager and what every secret's name there starts with, such as `ingest/`."""
        self._client = client
        self._prefix = prefix

    def get(self, name: str) -> str | None:
        payload = orjson.dumps({"SecretId": self._prefix + name})
        try:
            answer = self._client.call("GetSecretValue", payload)
        except Refused as refused:
            # The second is one that someone removed by hand, and that AWS still has.
            if refused.code in {"ResourceNotFoundException", "InvalidRequestException"}:
                return None
            _log.error("a secret can't be read: %s", refused.code)
            raise Undelivered(str(refused), retryable=refused.retryable) from None
        text = answer.get("SecretString")
        return text if isinstance(text, str) else None
