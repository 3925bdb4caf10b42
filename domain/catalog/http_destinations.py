"""Targets over HTTP: what is stored of one, and what is kept secret.

Stored are the names of its headers; their values and the signing keys are one secret (`domain.http_secrets`).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from domain.http_secrets import HttpSecrets
from domain.records.change import Resource
from domain.standard_webhooks import new_key, rotated

_SECRET_FIELDS = ("headers", "new_signing_secret")


class HttpPlan(NamedTuple):
    """A target that is about to be saved."""

    stored: Resource
    secrets: HttpSecrets
    made_key: str | None
    """A signing key that was made for it."""


def plan_http(
    written: Mapping[str, Any], held: HttpSecrets, random_bytes: Callable[[int], bytes], now: int
) -> HttpPlan:
    """Return what is to be stored and kept.

    Args:
        written: every field of the destination; of one that changes, `headers` only where they were given.
        held: what is kept of it so far.
        random_bytes: where keys come from.
        now: in Unix seconds.
    """
    headers = written.get("headers", held.headers)
    keys = held.keys if written["sign"] else ()
    made = new_key(random_bytes) if written["sign"] and (not keys or written.get("new_signing_secret")) else None
    if made is not None:
        keys = rotated(keys, made, now)
    stored = {name: value for name, value in written.items() if name not in _SECRET_FIELDS}
    return HttpPlan({**stored, "header_names": sorted(headers)}, HttpSecrets(headers, keys), made)
