"""The public keys of a user pool: fetched when they are needed, kept, and fetched again when one is not known.

Cognito may rotate them at any time, and gives both the old and the new for a while.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWKError

from domain.errors import Undelivered

MAX_AGE_SECONDS = 3_600
"""After which keys are fetched again; while that fails, those that are there go on."""
MAX_OUTAGE_SECONDS = 24 * 3_600
PAUSE_SECONDS = 30
"""How often at most: a sender that makes up key ids must not have us fetch as often as it likes."""
TIMEOUT_SECONDS = 3.0
MAX_BYTES = 100_000


class PoolKeys:
    """Public keys by their ids."""

    def __init__(self, fetch: Callable[[], bytes], monotonic: Callable[[], float]) -> None:
        """Take what fetches the document, and raises `OSError` if it can't; and a clock that only goes on."""
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, Any] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    def find(self, key_id: str) -> Any | None:
        """Return the key of an id, or None if the pool has none of that id.

        Raises:
            Undelivered: it can't be told, since the keys can't be fetched.
        """
        age = self._monotonic() - self._fetched_at
        if (age > MAX_AGE_SECONDS or key_id not in self._keys) and self._may_try():
            self._refresh()
            age = self._monotonic() - self._fetched_at
        if age > MAX_OUTAGE_SECONDS:
            raise Undelivered("The keys of the user pool can't be fetched.")
        return self._keys.get(key_id)

    def _may_try(self) -> bool:
        return self._monotonic() - self._tried_at >= PAUSE_SECONDS

    def _refresh(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = _keys_from(self._fetch())
        except (OSError, ValueError):
            return
        self._fetched_at = self._monotonic()


def make_fetch(url: str, ca_bundle: str | None = None) -> Callable[[], bytes]:
    """Return a function that gets a document; `ca_bundle` is a file of authorities to trust instead of the system's."""
    context = ssl.create_default_context(cafile=ca_bundle) if url.startswith("https://") else None

    def fetch() -> bytes:
        try:
            # The settings see to the scheme.
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS, context=context) as answer:  # noqa: S310
                document: bytes = answer.read(MAX_BYTES)
                return document
        except urllib.error.HTTPError as refused:  # it is an answer, too, whose connection is to be closed
            refused.close()
            raise

    return fetch


def _keys_from(document: bytes) -> dict[str, Any]:
    """Return the keys that can verify RS256; raise `ValueError` if there are none."""
    keys: dict[str, Any] = {}
    listed = json.loads(document)
    for row in listed["keys"] if isinstance(listed, dict) and isinstance(listed.get("keys"), list) else ():
        if row.get("kty") != "RSA" or row.get("use", "sig") != "sig" or row.get("alg", "RS256") != "RS256":
            continue
        try:
            keys[row["kid"]] = PyJWK(row, "RS256").key
        except (PyJWKError, KeyError):
            continue
    if not keys:
        raise ValueError("no key")
    return keys
