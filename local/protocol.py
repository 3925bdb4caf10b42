"""HTTP/1.1 on a connection whose request heads are bounded, as an HTTP API bounds them.

uvicorn gathers a request line and headers of any length; a front door that faces the world can't. And it takes no
body after an offer to upgrade, as clients that would rather speak HTTP/2 make it: a front door goes on in HTTP/1.1.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from domain.problems import TITLES, problem_document
from schemas.codes import PROBLEM_STATUS, Problem

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_HEAD_BYTES = 10_240

HEAD_SECONDS = 10.0
"""How long a head may take from its first byte, or a new connection until it has sent one."""
UNREAD_SECONDS = 300.0
"""How long a sender may take to read what is written at once: all of an answer, of most."""

_REFUSALS: Mapping[Problem, str] = {
    Problem.BAD_REQUEST: "This is no request in HTTP/1.1 (RFC 9112).",
    Problem.REQUEST_TIMEOUT: f"The head of the request took more than {HEAD_SECONDS:.0f} seconds.",
    Problem.URI_TOO_LONG: f"Path and query have more than {MAX_HEAD_BYTES:,} bytes: send the event in a body.",
    Problem.HEADERS_TOO_LARGE: f"Path, query and headers have more than {MAX_HEAD_BYTES:,} bytes together.",
}
_HOST = "HTTP/1.1 asks for one header Host (RFC 9112, 3.2)."
_UPGRADE = re.compile(rb"(?i)(?<=\nconnection:)[^\r\n]*")
_KNOWN_METHODS = rb"GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH|CONNECT"
_UNKNOWN_METHOD = re.compile(rb"(?:\r\n)*(?!(?:%b) )([!#$%%&'*+.^_`|~0-9A-Za-z-]+)(?= )" % _KNOWN_METHODS)
_STAND_IN_METHOD = b"PURGE"  # the parser takes a list of methods; this one is on it, and nothing here has it
_PADDED_LENGTH = re.compile(rb"(?i)(\ncontent-length:[ \t]*[0-9]+)[ \t]+(?=\r\n)")


class BoundedHeadProtocol(HttpToolsProtocol):
    """Refuses a head that grows beyond its bound, or takes too long, before it is complete.

    A head that arrives in one read is checked by the application (`head_refusal`): it is as long as that read at most.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._head_bytes = 0
        self._method: str | None = None
        self._in_head = True
        self._in_body = False
        self._has_begun = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self.received_before = b""
        """What another process has read of a connection that this one goes on with."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # `pause_writing` is called for whatever can't be written at once
        self._expect_head()
        if self.received_before:
            self.data_received(self.received_before)

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_head()
        self._was_read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._was_read()
        super().resume_writing()

    def _was_read(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def on_message_begin(self) -> None:
        self._in_head = self._has_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = self._has_begun = False
        self._in_body = True
        self._head_bytes = 0
        self._got_head()
        super().on_headers_complete()
        if self._method is not None:
            self.scope["method"], self._method = self._method, None

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        was_in_head = self._in_head
        if not self._in_body:
            if not self._has_begun:
                data = self._with_a_known_method(data)
            data = _as_the_parser_takes_it(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._in_body and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        # A read in which the body before it ended isn't counted: it has a bound of its own.
        if not was_in_head or not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(Problem.URI_TOO_LONG if not self.headers else Problem.HEADERS_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's words
        """Answer what the parser does not take; a path that is too long for it is one such."""
        self._refuse(Problem.URI_TOO_LONG if len(self.url) > MAX_HEAD_BYTES else Problem.BAD_REQUEST)

    def _with_a_known_method(self, data: bytes) -> bytes:
        """Return a read with a method that the parser knows, and note the sender's, which the resource refuses."""
        found = _UNKNOWN_METHOD.match(data)
        if found is None:
            return data
        self._method = found[1].decode("ascii")
        return _STAND_IN_METHOD + data[found.end() :]

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _got_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self._has_begun:
            self._refuse(Problem.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, code: Problem) -> None:
        status, headers, body = problem_answer(code, _REFUSALS[code])
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(
            b"HTTP/1.1 %d %s\r\n%scontent-length: %d\r\n\r\n%s"
            % (status, TITLES[status].encode(), head, len(body), body)
        )
        self.transport.close()


def problem_answer(code: Problem, message: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers without a length and body of an answer after which the connection is closed."""
    request_id = str(uuid4())
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"x-request-id", request_id.encode("ascii")),
        (b"connection", b"close"),
    ]
    return PROBLEM_STATUS[code], headers, json.dumps(problem_document(code, message, request_id)).encode()


def _as_the_parser_takes_it(data: bytes) -> bytes:
    """Return a read with its head in the form that the parser takes: it is stricter than RFC 9112 in places."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if b"pgrade" in head[:MAX_HEAD_BYTES]:
        head = _without_upgrade(head)
    if _PADDED_LENGTH.search(head + end[:2]):
        head = _PADDED_LENGTH.sub(rb"\1", head + end[:2]).removesuffix(b"\r\n" if end else b"")
    return head + end + rest


def _without_upgrade(head: bytes) -> bytes:
    """Return a head that offers no upgrade; the parser would stop reading behind it."""
    return _UPGRADE.sub(lambda options: re.sub(rb"(?i)upgrade", b"ignored", options[0]), head)


def head_refusal(scope: Any) -> tuple[Problem, str] | None:
    """Return why the head of this ASGI request is refused, or None where it is fine."""
    line_bytes = len(scope["raw_path"]) + len(scope["query_string"])
    if line_bytes > MAX_HEAD_BYTES:
        return Problem.URI_TOO_LONG, _REFUSALS[Problem.URI_TOO_LONG]
    # Each header takes a colon, a space and the line's end on top of its text.
    if line_bytes + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        return Problem.HEADERS_TOO_LARGE, _REFUSALS[Problem.HEADERS_TOO_LARGE]
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    if hosts > 1 or (hosts == 0 and scope["http_version"] == "1.1"):
        return Problem.BAD_REQUEST, _HOST
    return None
