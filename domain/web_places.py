"""Where requests to URLs of users may go: HTTPS, to hosts of the Internet. On one machine its own ports may be, too."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from schemas.limits import MAX_URL_CHARS

HTTPS_PORT = 443
HTTP_PORT = 80
_LAST_PORT = 65_535
_URL = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.ASCII)
_NO_HOST = "Must be a URL with a host, such as https://example.com/events."
# Addresses of IPv6 that stand for one of IPv4, which may be any: NAT64, 6to4, Teredo.
_STANDING_IN = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

# RFC 1918, RFC 6598 and RFC 4193: neither loopback nor link-local, where a cloud's metadata are.
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """Where a request goes."""

    is_secure: bool
    host: str
    """In lower case; an IPv6 address without brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.is_secure else HTTP_PORT) else f"{host}:{self.port}"


def place_from_url(url: str, *, own_machine: bool) -> Place:
    """Return where a URL leads.

    Args:
        url: as a user wrote it.
        own_machine: whether this runs on the user's own machine. Then `http` to loopback is allowed, and any host.

    Raises:
        ValueError: no request may go there; its text is one sentence that says why, without the URL.
    """
    if len(url) > MAX_URL_CHARS or not _URL.fullmatch(url):
        raise ValueError(f"Must be a URL of at most {MAX_URL_CHARS:,} visible ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_NO_HOST) from None
    host = (parts.hostname or "").lower()
    address = _literal(host)
    if parts.scheme not in {"https", "http"} or (address is None and not _HOST.fullmatch(host)):
        raise ValueError(_NO_HOST)
    if port is not None and not 1 <= port <= _LAST_PORT:
        raise ValueError("Must have a port from 1 to 65535, or none.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Must hold no user or password; use a header.")
    if "#" in url or "\\" in url:
        raise ValueError("Must hold no `#` and no backslash.")
    is_secure = parts.scheme == "https"
    is_loopback = f".{host}".rstrip(".").endswith(".localhost") if address is None else address.is_loopback
    if not is_secure and not (own_machine and is_loopback):
        raise ValueError("Must begin with https://.")
    if not own_machine and (is_loopback or (address is not None and not is_public(address))):
        raise ValueError("Must not lead to a private, local or reserved address.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(is_secure, host, port or (HTTPS_PORT if is_secure else HTTP_PORT), target)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the Internet, and stands for no other."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None
        or address.is_site_local
        or address.scope_id is not None
        or any(address in network for network in _STANDING_IN)
    ):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def addresses_within(networks: Sequence[str]) -> Callable[[Address], bool]:
    """Return what allows addresses of the Internet, and those of these private networks, as CIDR."""
    allowed = tuple(map(ipaddress.ip_network, networks))
    return lambda address: is_public(address) or any(address in network for network in allowed)


def is_private(network: str) -> bool:
    """Say whether a text is a network, as CIDR, of addresses that an organisation gives out itself."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return False
    return any(found.version == whole.version and found.subnet_of(whole) for whole in _PRIVATE)  # type: ignore[arg-type]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
