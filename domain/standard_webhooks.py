"""Signs requests as Standard Webhooks have it: with one key, or with two while the older one is being replaced.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.limits import SIGNING_OVERLAP_SECONDS

PREFIX = "whsec_"
_KEY_BYTES = 32

Keys = Sequence[Mapping[str, Any]]
"""The newest first, as `{"key": base64, "until"?: Unix seconds}`; one that was replaced has an end."""


def new_key(random_bytes: Callable[[int], bytes]) -> str:
    """Return a new key, in base64."""
    return base64.b64encode(random_bytes(_KEY_BYTES)).decode()


def secret_of_key(key: str) -> str:
    """Return a key as receivers write it."""
    return PREFIX + key


def rotated(keys: Keys, key: str, now: int, *, keep_previous: bool = True) -> Keys:
    """Return the keys with a new one in front; the one before it, if kept, signs for `SIGNING_OVERLAP_SECONDS` more."""
    previous = keys[:1] if keep_previous else []
    return [{"key": key}, *({"key": old["key"], "until": now + SIGNING_OVERLAP_SECONDS} for old in previous)]


def signed_headers(message_id: str, at: int, body: bytes, keys: Keys) -> dict[str, str]:
    """Return the headers that sign a body sent `at` (Unix seconds); keys past their end sign no more."""
    text = b"%b.%d.%b" % (message_id.encode(), at, body)
    signatures = [
        "v1," + base64.b64encode(hmac.digest(base64.b64decode(key["key"]), text, "sha256")).decode()
        for key in keys
        if key.get("until", at + 1) > at
    ]
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}
