"""What is stored of a token: itself, the way to it by its hash, and its place among its member's tokens."""

import secrets
from collections.abc import Sequence
from typing import Any

from domain.catalog.caller import Role

TOKEN_PREFIX = "iet_"  # noqa: S105 - what every token starts with


def new_token() -> str:
    """Return a personal token: 256 bits from the system's source, after the prefix that tells what it is."""
    return f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"


def token_data(
    token_id: str, member_id: str, name: str, role: Role, hashed_token: str, expires_at: str | None, now: str
) -> dict[str, Any]:
    """Return a token's item; `last_used_on` is a day in UTC, noted when it is used."""
    return {
        "id": token_id,
        "member_id": member_id,
        "name": name,
        "role": role.value,
        "hash": hashed_token,
        "expires_at": expires_at,
        "last_used_on": None,
        "created_at": now,
        "updated_at": now,
    }


def hash_data(organisation_id: str, token_id: str) -> dict[str, str]:
    """Return what stands under a token's hash."""
    return {"organisation_id": organisation_id, "token_id": token_id}


def list_data(token_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the list of a member's tokens, oldest first."""
    return {"tokens": list(token_ids)}
