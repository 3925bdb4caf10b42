"""HTTP/1.1 on a connection whose request heads are bounded, as an HTTP API bounds them.

uvicorn gathers a request line and headers of any length; a front door that faces the world can't. And it takes no
body after an offer to upgrade, as clients that would rather speak HTTP/2 make it: a front door goes on in HTTP/1.1.
"""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_HEAD_BYTES = 10_240

URI_TOO_LONG = 414
HEADERS_TOO_LARGE = 431
REFUSALS = {
    URI_TOO_LONG: b'{"message":"Request-URI Too Long"}',
    HEADERS_TOO_LARGE: b'{"message":"Request Header Fields Too Large"}',
}
_REASONS = {URI_TOO_LONG: b"URI Too Long", HEADERS_TOO_LARGE: b"Request Header Fields Too Large"}
_UPGRADE = re.compile(rb"(?i)(?<=\nconnection:)[^\r\n]*")


class BoundedHeadProtocol(HttpToolsProtocol):
    """Refuses a head that grows beyond its bound before it is complete.

    A head that arrives whole in one read is judged by the application (`head_refusal`): it is no longer than that read.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._in_body = False

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        was_in_head = self._in_head
        if not self._in_body and b"pgrade" in data[:MAX_HEAD_BYTES]:
            data = _without_upgrade(data)
        super().data_received(data)
        # A read in which the body before it ended isn't counted: it is bounded by itself.
        if not was_in_head or not self._in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(URI_TOO_LONG if not self.headers else HEADERS_TOO_LARGE)

    def _refuse(self, status: int) -> None:
        body = REFUSALS[status]
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
            % (status, _REASONS[status], len(body), body)
        )
        self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """Return a head that offers no upgrade; the parser would stop reading behind it."""
    head, end, rest = data.partition(b"\r\n\r\n")
    head = _UPGRADE.sub(lambda options: re.sub(rb"(?i)upgrade", b"ignored", options[0]), head)
    return head + end + rest


def head_refusal(scope: Any) -> int | None:
    """Return the status that refuses the head of this ASGI request, or None where it fits."""
    line_bytes = len(scope["raw_path"]) + len(scope["query_string"])
    if line_bytes > MAX_HEAD_BYTES:
        return URI_TOO_LONG
    # Each header takes a colon, a space and the line's end on top of its text.
    if line_bytes + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        return HEADERS_TOO_LARGE
    return None
