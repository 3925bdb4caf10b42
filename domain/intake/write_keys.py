"""Write keys: what a request carries where its environment lists some."""

import binascii
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from domain.errors import Rejected
from domain.http import HttpRequest
from schemas.codes import Problem
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.intake.protocol_request import ProtocolRequest

_OWN_HEADERS = ("x-write-key", "x-amz-firehose-access-key")
_PARAMETER = "writeKey"


def keys_of_head(request: HttpRequest) -> Iterator[str]:
    """Return the keys that a request carries before its body: those of its headers, and `writeKey` of its query.

    Of headers, the user of Basic, a Bearer, and headers of their own; each up to a colon.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield before_colon(credentials.strip())
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


def check_key(
    request: HttpRequest, pointer: Pointer, spoken: "ProtocolRequest | None", received_ns: int, received_at: str
) -> None:
    """Raise `Rejected` if a request carries none of its environment's keys; its body is read if its head has none.

    Of a body that can't be read, in which a key may stand, its own fault is raised.
    """
    keys = frozenset(pointer["write_keys"])
    if not keys.isdisjoint(keys_of_head(request) if spoken is None else spoken.keys()):
        return
    if spoken is not None and spoken.may_body_hold_keys:
        try:
            spoken.translate(pointer, received_ns, received_at)
        except Rejected:
            if not spoken.are_keys_known:
                raise
        if not keys.isdisjoint(spoken.keys()):
            return
    raise Rejected(Problem.BAD_KEY, "This environment needs a write key, and the request carries none of its keys.")
