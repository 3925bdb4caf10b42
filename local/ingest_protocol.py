"""HTTP/1.1 in an ingest worker: requests of the plain kind, which nearly all are, answered with little ado.

Everything else goes to the main process as it came, with its connection, and stays there: requests to other addresses,
heads that come in parts or are no plain HTTP/1.1, bodies that are large or slow. So what is refused, bounded and
waited for is decided in one place, `local.front` and `local.protocol`.
"""

import asyncio
import enum
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

import httptools

from local.failures import log_failure
from local.gateway import has_length, is_for_events
from local.protocol import problem_answer
from local.strands import Strands
from schemas.codes import Problem

MAX_BODY_BYTES = 256 * 1024
MAX_PLAIN_HEAD_BYTES = 8 * 1024
"""Well below what a head may have at all, so that nothing of that is decided here."""
SILENT_TICKS = 2
"""Seconds, roughly, that a request may take to come, or a new connection to send something.

One that owes bytes for longer goes to the main process, whose deadlines it then has.
"""
KEEP_ALIVE_TICKS = 75
"""How long a connection may be idle, or leave an answer unread."""

_MAX_DIGITS = 9
_HEAD_END = b"\r\n\r\n"
_UNCOMMON = frozenset({"transfer-encoding", "expect", "upgrade"})
_STATUS_LINES: Mapping[int, bytes] = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode("ascii")) for status in HTTPStatus
}
_ONCE = frozenset({"host", "content-length"})
_FAULT = "Something failed on our side: send the request again."


HttpAnswer = tuple[int, bytes, bytes]
"""Status, the lines of the headers without a length, and body."""


class Way(enum.Enum):
    """How a request is answered."""

    HERE = enum.auto()
    HASTILY = enum.auto()
    """Here, if all its events are valid; else elsewhere, since to find all faults may cost much."""
    ELSEWHERE = enum.auto()


class TooDear(BaseException):
    """A request can't be answered hastily; nothing of it was kept or counted. No failure, so that none catches it."""


class Door(Protocol):
    """What all connections of a worker share."""

    strands: Strands
    tick: int
    """Counts the seconds."""
    date_line: bytes
    """The header, for this second."""
    is_ending: bool
    """Whether answers close their connections."""
    connections: "set[IngestConnection]"

    def way(self, head: "Head", body: bytes) -> Way:
        """Say how a request is answered."""
        ...

    def answer(self, head: "Head", body: bytes, way: Way) -> HttpAnswer:
        """Answer a request; called in a strand.

        Raises:
            TooDear: it was to be answered hastily.
        """
        ...

    def hand_over(self, descriptor: int, received: bytes) -> None:
        """Give a connection to the main process, with what was read of its next request."""
        ...


class IngestConnection(asyncio.Protocol):
    """One connection; requests that come one behind the other are answered in that order."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._client_address = ""
        self._received = b""
        self._head: Head | None = None
        """Of the request that is under way."""
        self._body_at = 0
        self._ends_at = 0
        self._is_answering = False
        self._is_clogged = False
        self._has_asked = False
        self._owes_since = door.tick
        """When the request that is coming began, or, where none is, when the last thing happened."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._client_address = peer[0] if peer else "127.0.0.1"
        transport.set_write_buffer_limits(0)  # whatever can't be written at once stops reading
        self._door.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._transport = None
        self._door.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if not self._received:
            self._owes_since = self._door.tick
        self._received = self._received + data if self._received else data
        if self._is_answering or self._is_clogged:
            self._reads(False)  # it sends on before it has its answer: that can wait
        else:
            self._go_on()

    def pause_writing(self) -> None:
        self._is_clogged = True
        self._reads(False)

    def resume_writing(self) -> None:
        self._is_clogged = False
        self._owes_since = self._door.tick  # nothing of it was read meanwhile
        if not self._is_answering:
            self._reads(True)
            self._go_on()

    def look(self) -> None:
        """Do what is due by the clock; called every second."""
        if self._transport is None or self._is_answering:
            return
        silent = self._door.tick - self._owes_since
        if self._is_clogged:
            if silent >= KEEP_ALIVE_TICKS:
                self._transport.abort()  # to close it would wait for who does not read
        elif self._received or not self._has_asked:
            if silent >= SILENT_TICKS:
                self._hand_over()
        elif silent >= KEEP_ALIVE_TICKS:
            self._transport.close()

    def end(self) -> None:
        """Close the connection, if nothing of a request is under way; an answer closes it later."""
        if self._transport is not None and not self._is_answering and not self._received:
            self._transport.close()

    def _reads(self, wanted: bool) -> None:
        transport = self._transport
        if transport is not None and not transport.is_closing() and transport.is_reading() is not wanted:
            if wanted:
                transport.resume_reading()
            else:
                transport.pause_reading()

    def _go_on(self) -> None:
        """Begin the request that comes next, if it is there and nothing else is under way."""
        if not self._received or self._is_answering or self._is_clogged:
            return
        if self._transport is None or self._transport.is_closing():
            return
        head = self._head
        if head is None:
            head = self._head = self._read_head()
            if head is None:
                self._hand_over()
                return
        if len(self._received) < self._ends_at:
            return
        body = self._received[self._body_at : self._ends_at]
        way = self._door.way(head, body)
        if way is Way.ELSEWHERE:
            self._hand_over()
            return
        self._is_answering = self._has_asked = True
        self._door.strands.run(self._answer, head, body, way)

    def _read_head(self) -> "Head | None":
        """Return the head of the next request, or None if that is not for this process, as far as its head tells."""
        received = self._received
        body_at = received.find(_HEAD_END, 0, MAX_PLAIN_HEAD_BYTES) + len(_HEAD_END)
        if body_at < len(_HEAD_END):
            return None
        head = Head(self._client_address)
        parser = httptools.HttpRequestParser(head)
        try:
            parser.feed_data(received[:body_at])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        if not head.is_complete or head.is_odd or parser.get_http_version() != "1.1":
            return None
        head.method = parser.get_method().decode("ascii")
        head.keeps_alive = parser.should_keep_alive()
        length = int(head.headers.get("content-length", "0"))
        if length > MAX_BODY_BYTES or not is_for_events(head.path, head.headers["host"]):
            return None
        self._body_at = body_at
        self._ends_at = body_at + length
        return head

    def _answer(self, head: "Head", body: bytes, way: Way) -> None:
        closes = self._door.is_ending or not head.keeps_alive
        try:
            status, lines, content = self._door.answer(head, body, way)
        except TooDear:
            self._is_answering = False
            self._hand_over()
            return
        except Exception as error:  # noqa: BLE001 - the edge: any failure is one answer and one log line
            log_failure("answering a request", error)
            status, headers, content = problem_answer(Problem.INTERNAL, _FAULT)
            lines = b"".join(b"%b: %b\r\n" % header for header in headers if header[0] != b"connection")
            closes = True
        self._is_answering = False
        transport = self._transport
        if transport is None:  # the sender has gone
            return
        self._received = self._received[self._ends_at :]
        self._head = None
        self._owes_since = self._door.tick
        length = b"content-length: %d\r\n" % len(content) if has_length(head.method, status) else b""
        end = b"connection: close\r\n\r\n" if closes or self._door.is_ending else b"\r\n"
        if head.method == "HEAD":
            content = b""
        transport.write(b"".join((_STATUS_LINES[status], self._door.date_line, lines, length, end, content)))
        if closes or self._door.is_ending:
            transport.close()
        elif not self._is_clogged:
            self._reads(True)
            if self._received:
                asyncio.get_running_loop().call_soon(self._go_on)

    def _hand_over(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._door.hand_over(transport.get_extra_info("socket").fileno(), self._received)
        self._received = b""
        transport.close()  # of this process: the connection goes on


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Return the lines of an answer's headers.

    Raises:
        ValueError: one holds the end of a line, or what no header holds.
    """
    lines = "".join([f"{name.lower()}: {value}\r\n" for name, value in headers.items()])
    if not lines.count("\n") == lines.count("\r") == len(headers):
        raise ValueError("a header of an answer holds the end of a line")
    return lines.encode("latin-1")


class Head:
    """The head of a request, as the parser finds it."""

    __slots__ = ("client_address", "headers", "is_complete", "is_odd", "keeps_alive", "method", "path", "query", "url")

    def __init__(self, client_address: str) -> None:
        self.client_address = client_address
        self.method = ""
        self.url = b""
        self.path = ""
        self.query = ""
        self.headers: dict[str, str] = {}
        """Names in lower case, repeats joined by commas."""
        self.keeps_alive = True
        self.is_odd = False
        """Whether it is none of the plain kind."""
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.lower().decode("latin-1")
        text = value.rstrip(b" \t").decode("latin-1")  # the parser leaves spaces behind it
        if key in self.headers:
            self.is_odd = self.is_odd or key in _ONCE
            text = f"{self.headers[key]},{text}"
        self.headers[key] = text

    def on_headers_complete(self) -> None:
        self.is_complete = True
        path, _, query = self.url.partition(b"?")
        length = self.headers.get("content-length", "0")
        if (
            not path.startswith(b"/")
            or not self.url.isascii()
            or b"#" in query + path
            or "host" not in self.headers
            or not (length.isdecimal() and len(length) <= _MAX_DIGITS)
            or not _UNCOMMON.isdisjoint(self.headers)
        ):
            self.is_odd = True
            return
        self.path = path.decode("ascii")
        self.query = query.decode("ascii")
