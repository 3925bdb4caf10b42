"""Keys that derive from the deployment's one secret: a key of its own for each organisation and purpose.

HKDF with SHA-256 (RFC 5869). A person who learns one derived key learns neither the secret nor any other key, and equal
values of two organisations never give equal results.
"""

import hmac
from collections.abc import Callable

DeploymentSecret = Callable[[], bytes]
"""Gives the deployment's secret; asked only by what needs it.

Raises `Undelivered` when it can't be had.
"""

_SALT = b"ingest-endpoints"


def derived_key(secret: bytes, organisation_id: str, purpose: str) -> bytes:
    """Return the 32 bytes that (secret, organisation, purpose) always give.

    Args:
        secret: the deployment's secret, at least 32 bytes of any form.
        organisation_id: whose key it is; it holds no NUL.
        purpose: what the key is for, such as `user_hash 2026-11-28`; one key never serves two purposes.
    """
    extracted = hmac.digest(_SALT, secret, "sha256")
    info = f"{organisation_id}\0{purpose}".encode()
    # One block of output is all of the hash's size, so that expanding is a single step (RFC 5869, section 2.3).
    return hmac.digest(extracted, info + b"\x01", "sha256")
