"""Connections to hosts of users: to an address that was looked up and is allowed, and to no other.

A name is resolved once per connection. Every address that it has must be allowed, and the connection goes to one of
these: a name that leads elsewhere a moment later leads nowhere.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Literal

from domain.web_places import Address

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port its addresses, as texts; raises `OSError` where it has none."""
Allows = Callable[[Address], bool]

_MAX_ADDRESSES = 4


class Unreachable(Exception):  # noqa: N818 - an outcome
    """A host that gave no answer. Its text is one sentence, without anything of the answer.

    `stage` says how far it got: `address` and `connect` mean that nothing was sent; after `answer` it is not known.
    `took_too_long`: it would again, most likely.
    """

    def __init__(
        self, message: str, stage: Literal["address", "connect", "answer"], *, took_too_long: bool = False
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.took_too_long = took_too_long


def looked_up(host: str, port: int, deadline: float, resolve: Resolve, allows: Allows) -> Sequence[str]:
    """Return the addresses of a host, at most four. The system's resolver knows no deadline, so a thread waits for it.

    Raises:
        Unreachable: it has none, or one that is not allowed.
    """
    found: list[str] = []

    def look() -> None:
        try:
            found.extend(resolve(host, port))
        except (OSError, UnicodeError):
            return

    thread = threading.Thread(target=look, name="lookup", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    addresses = list(found)
    if not addresses:
        raise Unreachable(f"The host {host} was not found in the DNS.", "address")
    if not all(allows(ipaddress.ip_address(address)) for address in addresses):
        message = f"The host {host} has a private, local or reserved address, which is not allowed."
        raise Unreachable(message, "address")
    return addresses[:_MAX_ADDRESSES]


def connection_to(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    """Return a connection to the first of these addresses that answers; `OSError` if none does until the deadline."""
    for place, address in enumerate(addresses, 1):
        try:
            # Each address has its share of the time: one kind of network may lead nowhere.
            return socket.create_connection((address, port), seconds_until(deadline) / (len(addresses) - place + 1))
        except OSError:
            if place == len(addresses):
                raise
    raise OSError("there is no address")


def resolved(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def reason_of(error: Exception) -> str:
    """Return what went wrong with a connection, as the end of a sentence."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not valid for this host"
    if isinstance(error, ssl.SSLError):
        return "TLS failed"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return "the connection broke"


def any_address(_address: Address) -> bool:
    """Implement `Allows` for the user's own machine."""
    return True


def seconds_until(deadline: float) -> float:
    """Return what is left of the time, on the monotonic clock; `TimeoutError` if nothing is."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left
