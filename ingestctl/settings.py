"""Where the server is and who calls: INGEST_ADDRESS and INGEST_TOKEN, else what `ingestctl login` stored.

A stored token goes only to the address that it was stored for.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from urllib.parse import urlsplit

from ingestctl.problems import Misused

ADDRESS_VARIABLE = "INGEST_ADDRESS"
TOKEN_VARIABLE = "INGEST_TOKEN"  # noqa: S105 - the variable's name
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Account:
    """An address, such as `https://api.example.com`, and a token for it."""

    address: str
    token: str = field(repr=False)


def checked_address(text: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        Misused: it is no URL of a server.
    """
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or parts.username is not None:
        raise Misused("The address must look like https://api.example.com, with a port if it has one.")
    return address


def is_loopback(address: str) -> bool:
    """Say whether an address leads to this very machine."""
    return urlsplit(address).hostname in _LOOPBACK


def checked_token(text: str) -> str:
    """Return a token as a header can hold it.

    Raises:
        Misused: it is empty or holds what no token does.
    """
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Misused("That is no token: it must be one word of ASCII characters, such as iet_….")
    return token


def account_file(environment: Mapping[str, str]) -> Path:
    """Return where `login` stores the account; XDG_CONFIG_HOME counts if it is absolute, as its specification says."""
    configured = Path(environment.get("XDG_CONFIG_HOME", ""))
    folder = configured if configured.is_absolute() else Path(environment.get("HOME") or Path.home()) / ".config"
    return folder / "ingestctl" / "account.json"


def store_account(path: Path, account: Account) -> None:
    """Store an account so that only its owner can read it; the file is replaced whole.

    Raises:
        Misused: the folder can't be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = mkstemp(prefix=".account-", dir=path.parent)  # made with mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"address": account.address, "token": account.token}, file)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Misused(f"{path} can't be written: {error.strerror}.") from None


def stored_account(path: Path) -> Account | None:
    """Return the stored account, if there is one.

    Raises:
        Misused: the file is there and can't be read.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Account(checked_address(said["address"]), checked_token(said["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Misused):
        raise Misused(f"{path} can't be read; run `ingestctl login` again.") from None


def account_from(environment: Mapping[str, str]) -> Account:
    """Return the account to use.

    Raises:
        Misused: there is none.
    """
    address, token = environment.get(ADDRESS_VARIABLE), environment.get(TOKEN_VARIABLE)
    if address and token:
        return Account(checked_address(address), checked_token(token))
    stored = stored_account(account_file(environment))
    if address:
        address = checked_address(address)
        if stored is None or stored.address != address:
            raise Misused(f"No token for {address}: set {TOKEN_VARIABLE}, or run `ingestctl login`.")
        return stored
    if stored is None:
        raise Misused(f"Not logged in: run `ingestctl login`, or set {ADDRESS_VARIABLE} and {TOKEN_VARIABLE}.")
    return Account(stored.address, checked_token(token)) if token else stored
