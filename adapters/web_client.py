"""Requests to URLs of users: to an address that was looked up and found to be of the Internet, and to no other.

A name is resolved once per request. Every address that it has must be public, and the connection goes to one of these:
a name that leads elsewhere a moment later leads nowhere. TLS is checked for the name. No redirect is followed and no
proxy used. The time of a request and the bytes that are read of its answer are bounded as a whole.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple

from adapters.reaching import (
    Resolve,
    Unreachable,
    any_address,
    connection_to,
    looked_up,
    reason_of,
    resolved,
    seconds_until,
)
from domain.web_places import Place, is_public, place_from_url

_MAX_HEAD_BYTES = 64 * 1024


class WebAnswer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case; of several of one name, the last."""
    body: bytes | None
    """None if it was not asked for, is longer than allowed, or did not come whole."""


class WebClient:
    """Posts to URLs of users; safe to use from several threads."""

    def __init__(
        self, *, own_machine: bool, resolve: Resolve | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        """Take whether it runs on the user's own machine: then its ports and its network may be reached.

        `resolve` and `context` stand for the machine's resolver and the roots that it trusts.
        """
        self._own_machine = own_machine
        self._resolve = resolve or resolved
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
        allows = any_address if self._own_machine else is_public
        addresses = looked_up(place.host, place.port, deadline, self._resolve, allows)
        with self._connected(place, addresses, deadline) as connection:
            return _exchanged(connection, _request(place, headers, body), deadline, max_answer_bytes, reads)

    def _connected(self, place: Place, addresses: Sequence[str], deadline: float) -> socket.socket:
        connection = None
        try:
            connection = connection_to(addresses, place.port, deadline)
            if not place.is_secure:
                return connection
            connection.settimeout(seconds_until(deadline))
            return self._trusting().wrap_socket(connection, server_hostname=place.host)
        except (OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            message = f"No connection to {place.host}: {reason_of(error)}."
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
        self._connection.settimeout(seconds_until(self._deadline))
        count = self._connection.recv_into(memoryview(buffer)[: self._left_bytes])
        self._left_bytes -= count
        return count


class _Readable:
    """The part of a socket that `HTTPResponse` uses."""

    def __init__(self, raw: _Bounded) -> None:
        self._raw = raw

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


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
        connection.settimeout(seconds_until(deadline))
        connection.sendall(request)
        response.begin()
        headers = {name.lower(): value for name, value in response.headers.items()}
    except (OSError, HTTPException, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "this is not HTTP"
        message = f"There was no answer: {reason}."
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
