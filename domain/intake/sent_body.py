"""The body of a protocol's request: one that begins as gzip does is gzip, whatever its headers say."""

from domain.decoding import decoded_beginning, decoded_body
from domain.http import HttpRequest
from domain.intake.payload import checked_body

_GZIP = b"\x1f\x8b"
BEGINNING_BYTES = 65_536


def whole_body(request: HttpRequest) -> bytes:
    """Return the body, decoded.

    Raises:
        Rejected: it is too large, or can't be decoded.
    """
    body = checked_body(request)
    encoding = _encoding(request)
    return decoded_body(body, encoding) if encoding and body else body


def beginning_of_body(request: HttpRequest) -> bytes:
    """Return the first 64 KiB of the body, less where it is broken or compressed; cheap for any body.

    Raises:
        Rejected: it is too large, or of an encoding that is not understood.
    """
    text = decoded_beginning(checked_body(request), _encoding(request), most_bytes=BEGINNING_BYTES)
    return text.decode(errors="ignore").encode()  # the last character may be cut


def is_body_encoded(request: HttpRequest) -> bool:
    """Say whether the body has to be decoded, by its headers or by how it begins."""
    return request.body.startswith(_GZIP) or "content-encoding" in request.headers


def _encoding(request: HttpRequest) -> str:
    return "gzip" if request.body.startswith(_GZIP) else request.headers.get("content-encoding") or ""
