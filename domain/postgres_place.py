"""What a connection string of PostgreSQL says, and where such a connection may lead."""

import ipaddress
import json
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from schemas.limits import MAX_POSTGRES_NAME_BYTES

POSTGRES_PORT = 5432
_LAST_PORT = 65_535
_DSN = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.ASCII)
_WITH_TLS = frozenset({"require", "verify-ca", "verify-full"})
_WITHOUT_TLS = "disable"
_FORM = "Must be like postgresql://user:password@host:5432/database."


class PostgresPlace(NamedTuple):
    """A database and as whom to sign in there."""

    host: str
    """In lower case; an IPv6 address without brackets."""
    port: int
    database: str
    user: str
    password: str
    ssl_mode: str | None

    @property
    def is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return f".{self.host}".rstrip(".").endswith(".localhost")

    def uses_tls(self, *, own_machine: bool) -> bool:
        """Say whether the connection is encrypted: always, except to a port of the user's own machine.

        Raises:
            ValueError: it may not be made; its text is one sentence that says why.
        """
        if not own_machine and self.is_loopback:
            raise ValueError("Must not lead to a private, local or reserved address.")
        if self.is_loopback:
            return self.ssl_mode in _WITH_TLS
        if self.ssl_mode == _WITHOUT_TLS:
            raise ValueError("Must use TLS: leave out sslmode, or set it to verify-full.")
        return True


def place_from_dsn(dsn: str) -> PostgresPlace:
    """Return what a connection string says.

    Raises:
        ValueError: it can't be used; its text is one sentence that says why, without the string.
    """
    try:
        parts = urlsplit(dsn)
        port, query = parts.port, parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(_FORM) from None
    host = (parts.hostname or "").lower()
    texts = [unquote(text, errors="replace") for text in (parts.username or "", parts.password or "", parts.path[1:])]
    user, password, database = texts
    if (
        not _DSN.fullmatch(dsn)
        or parts.scheme not in {"postgresql", "postgres"}
        or not (user and password and database)
    ):
        raise ValueError(_FORM)
    if "#" in dsn or "/" in parts.path[1:] or any("\x00" in text or "\ufffd" in text for text in texts):
        raise ValueError(f"{_FORM} Write other characters than letters, digits and -._~ as %, with two digits.")
    if not _is_host(host):
        raise ValueError("Must name one host, by its name or its address.")
    if port is not None and not 1 <= port <= _LAST_PORT:
        raise ValueError("Must have a port from 1 to 65535, or none.")
    if max(len(user.encode()), len(database.encode())) > MAX_POSTGRES_NAME_BYTES:
        raise ValueError(f"Must have a user and a database of at most {MAX_POSTGRES_NAME_BYTES} bytes each.")
    if any(name != "sslmode" for name, _ in query) or len(query) > 1:
        raise ValueError("Must have no parameters, except sslmode.")
    ssl_mode = query[0][1] if query else None
    if ssl_mode is not None and ssl_mode != _WITHOUT_TLS and ssl_mode not in _WITH_TLS:
        raise ValueError("Must have the sslmode verify-full, or none: TLS is required, and the certificate checked.")
    return PostgresPlace(host, port or POSTGRES_PORT, database, user, password, ssl_mode)


class PostgresSecret(NamedTuple):
    """What is kept secret of a destination, and the certificates that its server is checked with."""

    dsn: str
    ca_certificates: str | None = None


def text_of_secret(secret: PostgresSecret) -> str:
    return json.dumps(secret._asdict())


def secret_of_text(text: str) -> PostgresSecret:
    """Return what a text of `text_of_secret` holds."""
    return PostgresSecret(**json.loads(text))


def _is_host(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None
    return not isinstance(address, ipaddress.IPv6Address) or address.scope_id is None
