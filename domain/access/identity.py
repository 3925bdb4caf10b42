"""What the authorizer tells the management function of a request's credential, and how a request carries one."""

from collections.abc import Mapping
from enum import StrEnum


class Credential(StrEnum):
    """What a request's credential was found to be."""

    TOKEN = "token"  # noqa: S105 - a kind of credential
    """A personal token: `organisation_id`, `token_id` and `token_hash` say where it stands."""
    SIGN_IN = "sign_in"
    """An access token of the login service: `subject`, `expires_at`, and `email` if it is verified."""
    NONE = "none"
    """Nothing, or nothing that is valid."""
    UNCHECKED = "unchecked"
    """It could not be looked up, or the keys to check it by could not be had."""


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Return the token of an `Authorization: Bearer …`; the names of headers are in lower case."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token and token.isascii() else None
