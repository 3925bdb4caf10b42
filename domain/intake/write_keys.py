"""Write keys: what a request carries where its environment lists some."""

import binascii
from collections.abc import Iterator
from contextlib import suppress

from domain.errors import Rejected
from domain.http import HttpRequest
from schemas.codes import Problem

_OWN_HEADERS = ("x-write-key", "x-amz-firehose-access-key")
_PARAMETER = "writeKey"


def keys_of_head(request: HttpRequest) -> Iterator[str]:
    """Return the keys that a request carries before its body: those of its headers, and `writeKey` of its query.

    Of headers, the user of Basic, a Bearer, and headers of their own up to a colon.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield credentials.strip()
    elif scheme.lower() == "basic":
        with suppress(ValueError):  # no base64, or not even ASCII
            yield before_colon(binascii.a2b_base64(credentials).decode("utf-8", "replace"))
    for name in _OWN_HEADERS:
        if name in request.headers:
            yield before_colon(request.headers[name])
    if _PARAMETER in request.query:
        yield before_colon(request.query[_PARAMETER])


def before_colon(text: str) -> str:
    """Return a key without the secret that some senders put behind it."""
    return text.partition(":")[0]


def bad_key() -> Rejected:
    """Return the refusal of a request that carries none of its environment's keys."""
    return Rejected(Problem.BAD_KEY, "This environment needs a write key, and the request carries none of its keys.")
