"""Signs messages as Standard Webhooks have it, with one secret, or with two while the older one is being replaced.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.limits import ALERT_OVERLAP_SECONDS

PREFIX = "whsec_"
KEY_BYTES = 32

Keys = Sequence[Mapping[str, Any]]
"""The newest first, as `{"key": base64, "until"?: Unix seconds}`; one that is replaced has an end."""


def new_key(random_bytes: Callable[[int], bytes]) -> str:
    """Return a new key, in base64."""
    return base64.b64encode(random_bytes(KEY_BYTES)).decode()


def shown(key: str) -> str:
    """Return a key as receivers write it."""
    return PREFIX + key


def keys_of_text(text: str) -> Keys:
    """Return the keys in a text of `text_of_keys`."""
    keys: Keys = json.loads(text)["keys"]
    return keys


def text_of_keys(keys: Keys) -> str:
    """Return the text that is kept."""
    return json.dumps({"keys": list(keys)})


def rotated(keys: Keys, key: str, now: int, *, keep_previous: bool) -> Keys:
    """Return the keys with a new one in front; the one before it signs for a while longer, if it is to be kept."""
    previous = [{"key": keys[0]["key"], "until": now + ALERT_OVERLAP_SECONDS}] if keys and keep_previous else []
    return [{"key": key}, *previous]


def signed_headers(message_id: str, at: int, body: bytes, keys: Keys) -> dict[str, str]:
    """Return the three headers of a signed message; `at` is in Unix seconds, and keys past their end sign no more."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    signatures = [
        "v1," + base64.b64encode(hmac.digest(base64.b64decode(key["key"]), signed, "sha256")).decode()
        for key in keys
        if key.get("until") is None or key["until"] > at
    ]
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}
