"""One connection to a service: HTTP/1.1 over TLS, a request at a time, every wait bounded by one deadline.

The standard library's client reads headers with its parser of e-mail, which takes longer than the rest of a call
together, both to import and to run, and it bounds each wait but not their sum. Services answer with a status, a few
headers and a body of known length, so little is needed: `docs/decisions/0012-aws-without-an-sdk.md`.
"""

import select
import socket
import time
from typing import Any, NamedTuple

from adapters.aws_http.endpoint import Endpoint
from adapters.aws_http.trust import Trust

CONNECT_SECONDS = 1.0
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
"""Above anything that is asked for: DynamoDB returns at most 16 MB, as base64."""

_RECEIVE_BYTES = 64 * 1024


class ClosedEarly(ConnectionError):  # noqa: N818
    """The other side closed before it answered anything."""


class BrokenAnswer(ConnectionError):  # noqa: N818
    """What came is no answer, or not all of one."""


class Answer(NamedTuple):
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    can_go_on: bool
    """Whether the connection takes another request."""


class Connection:
    """A connection that is open; for one thread at a time."""

    def __init__(self, endpoint: Endpoint, deadline: float, trust: Trust | None = None) -> None:
        """Connect.

        Args:
            endpoint: whom to.
            deadline: of `time.monotonic`.
            trust: whom to believe that it is the endpoint, where that is secure.

        Raises:
            OSError: it can't be done, or not in time.
        """
        # Hosts as bytes: text would have the codec for names of other scripts loaded, 5 ms of a cold start.
        host = endpoint.host.encode("ascii")

        def connect() -> socket.socket:
            address: tuple[Any, int] = (host, endpoint.port)
            plain = socket.create_connection(address, min(CONNECT_SECONDS, _left(deadline)))
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if endpoint.is_secure:
                    plain.settimeout(_left(deadline))
            except BaseException:
                plain.close()
                raise
            return plain

        if endpoint.is_secure:
            assert trust is not None
            self._socket: socket.socket = trust.secured(connect, host)
        else:
            self._socket = connect()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def is_stale(self) -> bool:
        """Return whether the other side has closed, or said something unasked, while nothing was going on."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        """Close at once, with nothing said."""
        self._socket.close()

    def exchange(self, head: bytes, body: bytes, deadline: float) -> Answer:
        """Send a request and return its answer; after an error the connection is of no more use.

        Raises:
            ClosedEarly: the connection was closed before anything of an answer came.
            OSError: it broke, the answer is none, or the deadline passed.
        """
        try:
            self._send(head, body, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            # A server that refuses a request may answer and close before it was sent whole.
            try:
                return self._receive(deadline)._replace(can_go_on=False)
            except OSError:
                raise ClosedEarly(type(error).__name__) from error
        return self._receive(deadline)

    def _send(self, head: bytes, body: bytes, deadline: float) -> None:
        view = memoryview(head + body)
        while view:
            self._socket.settimeout(_left(deadline))
            view = view[self._socket.send(view) :]

    def _receive(self, deadline: float) -> Answer:
        received = bytearray()
        while True:
            while (end := received.find(b"\r\n\r\n")) < 0:
                if len(received) > MAX_HEAD_BYTES:
                    raise BrokenAnswer("the answer's head is too long")
                try:
                    self._receive_more(received, deadline)
                except (BrokenAnswer, ConnectionError) as error:
                    if received:
                        raise
                    raise ClosedEarly("closed before an answer") from error
            status, headers, keeps_alive = _head(bytes(received[:end]))
            del received[: end + 4]
            if status >= 200:
                break  # all before were notices that the answer takes a while
        if status in {204, 304}:
            return Answer(status, headers, b"", keeps_alive and not received)
        if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
            body = self._receive_chunks(received, deadline)
        elif b"content-length" in headers:
            length = _number(headers[b"content-length"], 10)
            while len(received) < length:
                self._receive_more(received, deadline)
            body = bytes(received[:length])
            del received[:length]
        else:
            keeps_alive = False
            body = self._receive_to_the_end(received, deadline)
        return Answer(status, headers, body, keeps_alive and not received)

    def _receive_chunks(self, received: bytearray, deadline: float) -> bytes:
        """Read a body that comes in chunks, each after a line with its length; one of length 0 is the last."""
        body = bytearray()
        while True:
            length = _number(self._receive_line(received, deadline).partition(b";")[0].strip(), 16)
            if length == 0:
                while self._receive_line(received, deadline):
                    pass  # fields after the body, up to an empty line
                return bytes(body)
            if len(body) + length > MAX_BODY_BYTES:
                raise BrokenAnswer("the answer is too long")
            while len(received) < length + 2:
                self._receive_more(received, deadline)
            body += received[:length]
            if received[length : length + 2] != b"\r\n":
                raise BrokenAnswer("a chunk of the answer has another length than it says")
            del received[: length + 2]

    def _receive_line(self, received: bytearray, deadline: float) -> bytes:
        while (end := received.find(b"\r\n")) < 0:
            if len(received) > MAX_HEAD_BYTES:
                raise BrokenAnswer("a line of the answer is too long")
            self._receive_more(received, deadline)
        line = bytes(received[:end])
        del received[: end + 2]
        return line

    def _receive_to_the_end(self, received: bytearray, deadline: float) -> bytes:
        while len(received) <= MAX_BODY_BYTES:
            self._socket.settimeout(_left(deadline))
            more = self._socket.recv(_RECEIVE_BYTES)
            if not more:
                body = bytes(received)
                received.clear()
                return body
            received += more
        raise BrokenAnswer("the answer is too long")

    def _receive_more(self, received: bytearray, deadline: float) -> None:
        self._socket.settimeout(_left(deadline))
        more = self._socket.recv(_RECEIVE_BYTES)
        if not more:
            raise BrokenAnswer("closed in the middle of an answer")
        received += more


def _head(head: bytes) -> tuple[int, dict[bytes, bytes], bool]:
    """Return status, headers, and whether the connection stays open."""
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise BrokenAnswer("the answer is not HTTP/1")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise BrokenAnswer("a header of the answer has no name")
        headers[name.lower()] = value.strip()
    connection = headers.get(b"connection", b"").lower()
    keeps_alive = b"close" not in connection and (version != b"HTTP/1.0" or b"keep-alive" in connection)
    return _number(rest[:3], 10), headers, keeps_alive


def _number(text: bytes, base: int) -> int:
    """Read a length or a status."""
    try:
        number = int(text, base)
    except ValueError:
        raise BrokenAnswer("the answer has something else where a number belongs") from None
    if not 0 <= number <= MAX_BODY_BYTES:
        raise BrokenAnswer("the answer is too long")
    return number


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for a call is over")
    return left
