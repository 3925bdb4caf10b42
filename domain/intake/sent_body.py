"""The body of a protocol's request: one that begins as gzip does is gzip, whatever its headers say."""

from domain.decoding import decoded_beginning, decoded_body
from domain.http import HttpRequest
from domain.intake.payload import checked_body

_GZIP = b"\x1f\x8b"
_BEGINNING_BYTES = 65_536


class SentBody:
    """A body, decoded when it is asked for."""

    __slots__ = ("_request", "_whole")

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._whole: bytes | None = None

    def whole(self) -> bytes:
        """Return the body, decoded once.

        Raises:
            Rejected: it is too large, or can't be decoded.
        """
        if self._whole is None:
            body, encoding = self._encoded()
            self._whole = decoded_body(body, encoding) if body else body
        return self._whole

    def beginning(self) -> bytes:
        """Return the first 64 KiB of the body, less where it is broken or compressed; cheap for any body.

        Raises:
            Rejected: it is too large, or of an encoding that is not understood.
        """
        body, encoding = self._encoded()
        text = decoded_beginning(body, encoding, most_bytes=_BEGINNING_BYTES)
        return text.decode(errors="ignore").encode()  # the last character may be cut

    @property
    def is_encoded(self) -> bool:
        """Whether it has to be decoded, by its headers or by how it begins."""
        return self._request.body.startswith(_GZIP) or "content-encoding" in self._request.headers

    def _encoded(self) -> tuple[bytes, str]:
        body = checked_body(self._request)
        return body, "gzip" if body.startswith(_GZIP) else self._request.headers.get("content-encoding") or ""
