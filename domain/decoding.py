"""Compressed bodies, decoded without trust: never more than 16 MiB come out, whatever went in.

The size is held while decoding, and input goes in by small pieces: what is left over behind the end of a gzip member
is copied, so that a body of very many tiny members would otherwise cost quadratic time.
"""

import zlib

from domain.errors import Rejected
from schemas.codes import Problem
from schemas.limits import MAX_DECODED_BYTES

_PIECE_BYTES = 16 * 1024

# https://docs.python.org/3/library/zlib.html#zlib.decompressobj
_GZIP_WBITS = 31
_ZLIB_WBITS = 15
_RAW_DEFLATE_WBITS = -15


def decoded_body(body: bytes, content_encoding: str, *, most_bytes: int = MAX_DECODED_BYTES) -> bytes:
    """Return the body as it was before its `Content-Encoding`: gzip (any number of members), deflate or identity.

    Raises:
        Rejected: `unsupported_encoding`, `bad_encoding`, or `body_too_large` beyond `most_bytes`.
    """
    wbits = _wbits(body, content_encoding)
    return body if wbits is None else _inflated(body, wbits, most_bytes)


def decoded_beginning(body: bytes, content_encoding: str, *, most_bytes: int) -> bytes:
    """Return at most so many first bytes of a body as it was, from as many of it; nothing where these are broken.

    Raises:
        Rejected: `unsupported_encoding`.
    """
    wbits = _wbits(body, content_encoding)
    beginning = body[:most_bytes]
    if wbits is None:
        return beginning
    try:
        return zlib.decompressobj(wbits).decompress(beginning, most_bytes)
    except zlib.error:
        return b""


def _wbits(body: bytes, content_encoding: str) -> int | None:
    """Return how zlib is told of an encoding; None for a body that is sent as it is."""
    encoding = content_encoding.strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip"}:
        return _GZIP_WBITS
    if encoding == "deflate":
        return _ZLIB_WBITS if _has_zlib_header(body) else _RAW_DEFLATE_WBITS
    raise Rejected(
        Problem.UNSUPPORTED_ENCODING,
        "This Content-Encoding is not understood. Send one of gzip, deflate and identity, not several.",
    )


def _has_zlib_header(body: bytes) -> bool:
    """Tell the format that `deflate` names (RFC 9110) from the raw one that some clients send under that name.

    https://www.rfc-editor.org/rfc/rfc1950#section-2.2
    """
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflated(body: bytes, wbits: int, most_bytes: int) -> bytes:
    pieces: list[bytes] = []
    decoded_bytes = 0
    engine = zlib.decompressobj(wbits)
    view = memoryview(body)
    try:
        for start in range(0, len(body), _PIECE_BYTES):
            waiting: memoryview | bytes = view[start : start + _PIECE_BYTES]
            while waiting:
                if engine.eof:
                    if wbits != _GZIP_WBITS:
                        raise _broken()
                    engine = zlib.decompressobj(wbits)
                # One byte more than fits tells a body that ends here from one that goes on; nothing is left unread.
                piece = engine.decompress(waiting, most_bytes - decoded_bytes + 1)
                decoded_bytes += len(piece)
                if decoded_bytes > most_bytes:
                    raise Rejected(
                        Problem.BODY_TOO_LARGE,
                        f"The decoded body is larger than {most_bytes:,} bytes. Send fewer events in a request.",
                    )
                if piece:
                    pieces.append(piece)
                waiting = engine.unused_data
    except zlib.error:
        raise _broken() from None
    if not engine.eof:
        raise _broken()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _broken() -> Rejected:
    return Rejected(
        Problem.BAD_ENCODING,
        "The body can't be decoded with its Content-Encoding. Compress it as the header says, or leave the header out.",
    )
