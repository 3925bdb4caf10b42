"""Which addresses alerts may be sent to: HTTPS, of hosts of the Internet. On one machine its own ports may be, too."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from schemas.limits import MAX_ALERT_URL_CHARS

_URL = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?", re.ASCII)
_HTTPS_PORT, _HTTP_PORT, _LAST_PORT = 443, 80, 65_535
# Addresses of IPv6 that stand for one of IPv4: whoever is let through by them ends up there.
_TRANSLATED = tuple(
    ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """Where a request goes."""

    is_secure: bool
    host: str
    """In lower case, an IPv6 address without brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (_HTTPS_PORT if self.is_secure else _HTTP_PORT) else f"{host}:{self.port}"


def place_from_url(url: str, *, own_machine: bool) -> Place:
    """Return where a URL leads.

    Args:
        url: as a user wrote it.
        own_machine: whether the deployment is a run on one machine: then `http` to loopback is fine, and any host.

    Raises:
        ValueError: messages may not be sent there; the error's text says why.
    """
    if len(url) > MAX_ALERT_URL_CHARS or not _URL.fullmatch(url):
        raise ValueError(f"Must be a URL of at most {MAX_ALERT_URL_CHARS:,} visible ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("Must be a URL with a host, such as https://hooks.example.com/alerts.") from None
    host = (parts.hostname or "").lower()
    address = _literal(host)
    if parts.scheme not in {"https", "http"} or not host or (address is None and not _HOST.fullmatch(host)):
        raise ValueError("Must be a URL with a host, such as https://hooks.example.com/alerts.")
    if port == 0 or (port or 1) > _LAST_PORT:
        raise ValueError("Must have a port from 1 to 65535, or none.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Must not hold a user or a password.")
    if "#" in url or "\\" in url:
        raise ValueError("Must not hold `#` or a backslash.")
    is_secure = parts.scheme == "https"
    if not is_secure and not (own_machine and _is_loopback(host, address)):
        raise ValueError("Must begin with https://.")
    if not own_machine:
        if address is not None and not is_public(address):
            raise ValueError("Must not be a private, local or reserved address.")
        if _is_loopback(host, address):
            raise ValueError("Must not be a host of this machine.")
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    return Place(is_secure, host, port or (_HTTPS_PORT if is_secure else _HTTP_PORT), target)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the Internet, and stands for no other."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or any(address in network for network in _TRANSLATED):
            return False
        if address.is_site_local or address.scope_id is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str, address: Address | None) -> bool:
    if address is not None:
        return address.is_loopback
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost")
