"""Forms (application/x-www-form-urlencoded), read at bounded cost."""

import re

from domain.errors import Rejected
from schemas.codes import Problem

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PERCENT_PIECE_BYTES = 64 * 1024
_ESCAPE = rb"%(?=[0-9A-Fa-f]{2})"


def form_value(body: bytes, *names: bytes) -> bytes:
    """Return the value of a form's field, decoded; empty if there is none. `names` are spellings of one name.

    https://url.spec.whatwg.org/#urlencoded-parsing. Searching, and decoding piece by piece, holds the memory to a few
    times the body; taking the form apart would make an object of every field and every escape.

    Raises:
        Rejected: `ambiguous`, there is more than one.
    """
    body = b"&%b&" % body.removeprefix(_BYTE_ORDER_MARK)
    with_value = [b"&%b=" % name for name in names]
    if sum(map(body.count, [*with_value, *(b"&%b&" % name for name in names)])) > 1:
        raise ambiguous(names[0].decode(), "form")
    start = max(body.find(name) + len(name) if name in body else 0 for name in with_value)
    if not start:
        return b""
    value = body[start : body.index(b"&", start)].replace(b"+", b" ")
    if b"%" not in value:
        return value
    decoded = bytearray()
    position = 0
    while position < len(value):
        end = position + _PERCENT_PIECE_BYTES
        # An escape is three bytes long: one that would be cut goes to the next piece.
        escape = value.rfind(b"%", end - 2, end)
        end = end if escape < 0 else escape
        decoded += _without_escapes(value[position:end])
        position = end
    return bytes(decoded)


def ambiguous(name: str, place: str) -> Rejected:
    """Return the refusal of a parameter that stands more than once in a query or a form."""
    return Rejected(
        Problem.AMBIGUOUS,
        f"The parameter {name} stands more than once in the {place}, so it is not clear which one you mean; nothing "
        "was accepted. Send it once.",
    )


def _without_escapes(value: bytes) -> bytes:
    """Return the bytes that percent-encoding stands for; a percent sign without two hex digits stays.

    The codec takes every other byte as Latin-1. It is as fast as `urllib.parse.unquote_to_bytes` on ordinary forms, and
    twenty times faster on sixteen million bare percent signs.
    """
    return re.sub(_ESCAPE, rb"\\x", value.replace(b"\\", rb"\\")).decode("unicode_escape").encode("latin-1")
