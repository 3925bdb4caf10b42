"""Requests to URLs of users: to an address that was looked up and found to be of the Internet, and to no other.

A name is resolved once per request. Every address that it has must be public, and the connection goes to one of these:
a name that leads elsewhere a moment later leads nowhere. TLS is checked for the name. No redirect is followed and no
proxy used. The time of a request and the bytes that are read of its answer are bounded as a whole.
"""

import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from typing import Any, Literal, NamedTuple

from domain.web_places import Place, is_public, place_from_url

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port its addresses, as texts; raises `OSError` where it has none."""

_MAX_ADDRESSES = 4
_MAX_HEAD_BYTES = 64 * 1024


class WebAnswer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case; of several of one name, the last."""
    body: bytes | None
    """None if it was not asked for, is longer than allowed, or did not come whole."""


class Unreachable(Exception):  # noqa: N818 - an outcome
    """A request that got no answer. Its text is one sentence, without anything of the answer.

    `stage` says how far it got: `address` and `connect` mean that nothing was sent; after `answer` it is not known.
    `took_too_long`: it would again, most likely.
    """

    def __init__(
        self, message: str, stage: Literal["address", "connect", "answer"], *, took_too_long: bool = False
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.took_too_long = took_too_long


class WebClient:
    """Posts to URLs of users; safe to use from several threads."""

    def __init__(
        self, *, own_machine: bool, resolve: Resolve | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        """Take whether it runs on the user's own machine: then its ports and its network may be reached.

        `resolve` and `context` stand for the machine's resolver and the roots that it trusts.
        """
        self._own_machine = own_machine
        self._resolve = resolve or _resolved
        self._context = context
        self._lock = threading.Lock()

    def post(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        seconds: float,
        max_answer_bytes: int,
        reads: Callable[[int, Mapping[str, str]], bool] = lambda _status, _headers: True,
    ) -> WebAnswer:
        """Send one POST.

        Args:
            url: as a user wrote it.
            headers: beside `Host`, `Content-Length` and `Connection`, which are set here.
            body: sent as it is.
            seconds: what all of it may take, looking up the host included.
            max_answer_bytes: of the answer's body.
            reads: says by status and headers whether the answer's body is wanted.

        Raises:
            Unreachable: there is no answer.
        """
        deadline = time.monotonic() + seconds
        try:
            place = place_from_url(url, own_machine=self._own_machine)
        except ValueError as error:
            raise Unreachable(f"The URL can't be used: {error}", "address") from None
        addresses = self._looked_up(place, deadline)
        with self._connected(place, addresses, deadline) as connection:
            return _exchanged(connection, _request(place, headers, body), deadline, max_answer_bytes, reads)

    def _looked_up(self, place: Place, deadline: float) -> Sequence[str]:
        """Return the addresses of a host. The system's resolver knows no deadline, so a thread waits for it."""
        found: list[str] = []

        def look() -> None:
            try:
                found.extend(self._resolve(place.host, place.port))
            except (OSError, UnicodeError):
                return

        thread = threading.Thread(target=look, name="lookup", daemon=True)
        thread.start()
        thread.join(max(0.0, deadline - time.monotonic()))
        addresses = list(found)
        if not addresses:
            raise Unreachable(f"The host {place.host} was not found in the DNS.", "address")
        if not self._own_machine and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            message = f"The host {place.host} has a private, local or reserved address; only public ones are allowed."
            raise Unreachable(message, "address")
        return addresses[:_MAX_ADDRESSES]

    def _connected(self, place: Place, addresses: Sequence[str], deadline: float) -> socket.socket:
        connection = None
        try:
            connection = _connection(addresses, place.port, deadline)
            if not place.is_secure:
                return connection
            connection.settimeout(_left(deadline))
            return self._trusting().wrap_socket(connection, server_hostname=place.host)
        except (OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            message = f"No connection to {place.host}: {_why(error)}."
            raise Unreachable(message, "connect", took_too_long=isinstance(error, TimeoutError)) from error

    def _trusting(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context


class _Bounded(io.RawIOBase):
    """Reads a connection until a deadline, and no more than so many bytes."""

    def __init__(self, connection: socket.socket, deadline: float, max_bytes: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left_bytes = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left_bytes <= 0:
            raise OSError("the answer is too long")
        self._connection.settimeout(_left(self._deadline))
        count = self._connection.recv_into(memoryview(buffer)[: self._left_bytes])
        self._left_bytes -= count
        return count


class _Readable:
    """The part of a socket that `HTTPResponse` uses."""

    def __init__(self, raw: _Bounded) -> None:
        self._raw = raw

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


def _resolved(host: str, port: int) -> Sequence[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _connection(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    for place, address in enumerate(addresses, 1):
        try:
            # Each address has its share of the time: one kind of network may lead nowhere.
            return socket.create_connection((address, port), _left(deadline) / (len(addresses) - place + 1))
        except OSError:
            if place == len(addresses):
                raise
    raise OSError("there is no address")


def _request(place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    own = {"Host": place.authority, "Connection": "close", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**own, **headers}.items())
    return f"POST {place.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _exchanged(
    connection: socket.socket,
    request: bytes,
    deadline: float,
    max_answer_bytes: int,
    reads: Callable[[int, Mapping[str, str]], bool],
) -> WebAnswer:
    raw = _Bounded(connection, deadline, _MAX_HEAD_BYTES + 2 * max_answer_bytes)
    response = HTTPResponse(_Readable(raw), method="POST")  # type: ignore[arg-type]
    try:
        connection.settimeout(_left(deadline))
        connection.sendall(request)
        response.begin()
        headers = {name.lower(): value for name, value in response.headers.items()}
    except (OSError, HTTPException, ValueError) as error:
        message = f"There was no answer: {_why(error)}."
        raise Unreachable(message, "answer", took_too_long=isinstance(error, TimeoutError)) from error
    body = None
    if reads(response.status, headers):
        try:
            body = response.read(max_answer_bytes + 1)
            if len(body) > max_answer_bytes or response.length:
                body = None
        except (OSError, HTTPException, ValueError):
            body = None
    return WebAnswer(response.status, headers, body)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not valid for this host"
    if isinstance(error, ssl.SSLError):
        return "TLS failed"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return "the connection broke" if isinstance(error, OSError) else "this is not HTTP"


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left
