"""Requests to addresses that users gave: to the host that was looked up and found to be of the Internet, and no other.

The name is resolved once, every address that it has must be public, and the connection goes to the first of them that
answers: so a name that leads elsewhere a moment later leads nowhere. TLS is checked for the name. No redirect is
followed, no proxy used, and of the answer nothing but its status is looked at.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from domain.alerts.addresses import Place, is_public, place_from_url
from domain.alerts.ports import SENT, Outcome
from schemas.limits import ALERT_SEND_SECONDS, MAX_ALERT_ANSWER_BYTES

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port its addresses, as texts; raises `OSError` where it has none."""

_RECEIVE_BYTES = 4_096
_MAX_ADDRESSES = 4
_OK, _REDIRECT, _CLIENT_ERROR = 200, 300, 400


class WebPoster:
    """Implements `Poster`; one may be used by several threads."""

    def __init__(
        self,
        *,
        own_machine: bool,
        seconds: float = ALERT_SEND_SECONDS,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Take whether it runs on the machine of whoever gives it addresses: then any of them may be used.

        `resolve` and `context` stand for the machine's resolver and the roots that it trusts.
        """
        self._own_machine = own_machine
        self._seconds = seconds
        self._resolve = resolve or _resolved
        self._context = context

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        deadline = time.monotonic() + self._seconds
        try:
            place = place_from_url(url, own_machine=self._own_machine)
        except ValueError as error:
            return Outcome("failed", f"The address can't be used: {error}")
        try:
            connection = self._connected(place, deadline)
        except _Refused as error:
            return Outcome("failed", str(error))
        except ssl.SSLError as error:
            reason = "its certificate is not valid for it" if isinstance(error, ssl.SSLCertVerificationError) else "TLS"
            return Outcome("failed", f"No secure connection to {place.host}: {reason}.")
        except OSError as error:
            why = "it took too long" if isinstance(error, TimeoutError) else type(error).__name__
            return Outcome("failed", f"No connection to {place.host}: {why}.")
        with connection:
            return _exchanged(connection, _request(place, headers, body), deadline)

    def _connected(self, place: Place, deadline: float) -> socket.socket:
        addresses = self._looked_up(place, deadline)
        if not self._own_machine and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise _Refused(f"{place.host} has a private, local or reserved address: messages go to public ones alone.")
        connection = _connection(addresses, place.port, deadline)
        if not place.is_secure:
            return connection
        try:
            context = self._context or ssl.create_default_context()
            connection.settimeout(_left(deadline))
            return context.wrap_socket(connection, server_hostname=place.host)
        except BaseException:
            connection.close()
            raise

    def _looked_up(self, place: Place, deadline: float) -> Sequence[str]:
        """Return the addresses of a host; the system's resolver knows no deadline, so that a thread waits for it."""
        found: list[str] = []
        failed: list[OSError | UnicodeError] = []

        def look() -> None:
            try:
                found.extend(self._resolve(place.host, place.port))
            except (OSError, UnicodeError) as error:
                failed.append(error)

        thread = threading.Thread(target=look, name="lookup", daemon=True)
        thread.start()
        thread.join(_left(deadline))
        if thread.is_alive() or failed or not found:
            raise _Refused(f"The host {place.host} could not be found in the DNS.")
        return found[:_MAX_ADDRESSES]


class _Refused(Exception):  # noqa: N818 - an outcome
    """A place that no message goes to."""


def _resolved(host: str, port: int) -> Sequence[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _connection(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    for index, address in enumerate(addresses):
        try:
            # An address of one kind may be unreachable where the other kind is not: each has its share of the time.
            return socket.create_connection((address, port), _left(deadline) / (len(addresses) - index))
        except OSError:
            if index == len(addresses) - 1:
                raise
    raise _Refused("The host has no address.")


def _request(place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {"Host": place.authority, "Connection": "close", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {place.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _exchanged(connection: socket.socket, request: bytes, deadline: float) -> Outcome:
    """Send a request and say what its answer means; once it is out, what gives no answer may have taken it."""
    unanswered = Outcome("unknown", "The receiver gave no answer; it is not known whether the message arrived.")
    try:
        connection.settimeout(_left(deadline))
        connection.sendall(request)
        status = _status(connection, deadline)
    except (OSError, ValueError):
        return unanswered
    if status is None:
        return unanswered
    if _OK <= status < _REDIRECT:
        return SENT
    if _REDIRECT <= status < _CLIENT_ERROR:
        return Outcome("failed", f"The receiver answered {status}, a redirect, and none is followed.")
    return Outcome("failed", f"The receiver answered {status}.")


def _status(connection: socket.socket, deadline: float) -> int | None:
    """Return the status of an answer, None where there is none; notices before it (1xx) are passed over."""
    received = bytearray()
    while len(received) <= MAX_ALERT_ANSWER_BYTES:
        head, end, rest = received.partition(b"\r\n\r\n")
        line, line_end, _ = (head + end).partition(b"\r\n")
        if line_end:
            version, _, rest_of_line = line.partition(b" ")
            if not version.startswith(b"HTTP/1."):
                return None
            status = int(rest_of_line[:3])
            if status >= _OK:
                return status
            if end:
                received = rest
                continue
        connection.settimeout(_left(deadline))
        more = connection.recv(_RECEIVE_BYTES)
        if not more:
            return None
        received += more
    return None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for a message is over")
    return left
