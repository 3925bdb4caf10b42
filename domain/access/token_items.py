"""What is stored of a token: itself, the way to it by its hash, and its place among its member's tokens."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from domain.records.caller import Role
from domain.records.ports import Item

TOKEN_PREFIX = "iet_"  # noqa: S105 - what every token starts with


def new_token() -> str:
    """Return a personal token: 256 bits from the system's source, after the prefix that tells what it is."""
    return f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"


def token_data(
    token_id: str,
    member_id: str,
    name: str,
    role: Role,
    hashed_token: str,
    expires_at: str | None,
    now: str,
    *,
    parent_id: str | None = None,
    invites: bool = False,
) -> dict[str, Any]:
    """Return a token's item; `last_used_on` is a day in UTC, noted when it is used.

    `parent_id` is the token that it was made with, with which it ends. One that `invites` is handed over by another
    person, and makes one token that does not end with it.
    """
    return {
        "id": token_id,
        "member_id": member_id,
        "name": name,
        "role": role.value,
        "hash": hashed_token,
        "expires_at": expires_at,
        "last_used_on": None,
        "parent_id": parent_id,
        "invites": invites,
        "created_at": now,
        "updated_at": now,
    }


def hash_data(organisation_id: str, token_id: str) -> dict[str, str]:
    """Return what stands under a token's hash."""
    return {"organisation_id": organisation_id, "token_id": token_id}


def list_data(token_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the list of a member's tokens, oldest first."""
    return {"tokens": list(token_ids)}


def offspring(token_id: str, tokens: Iterable[Item]) -> list[Item]:
    """Return those of a member's tokens that were made with a token, or with one that was."""
    rest, found, parents = list(tokens), [], {token_id}
    while parents:
        children = [token for token in rest if token.data.get("parent_id") in parents]
        rest = [token for token in rest if token not in children]
        found += children
        parents = {child.data["id"] for child in children}
    return found
