"""From a token to its principal, and the first organisation that a deployment starts with."""

from hashlib import sha256
from typing import Any

from domain.catalog.caller import Principal, Role
from domain.catalog.change import time_text
from domain.catalog.keys import FIRST_ORGANISATION, member_key, organisation_key, token_hash_key, token_key
from domain.catalog.ports import Conflict, Delete, Item, Put, Table, Write
from domain.clock import Clock
from domain.ids import new_id

_TRIES = 5


def token_hash(token: str) -> str:
    """Return the hash by which tokens are kept; the token itself is kept nowhere."""
    return sha256(token.encode()).hexdigest()


def authenticate(table: Table, hashed_token: str, now_ns: int) -> Principal | None:
    """Return whose token this is, or None for an unknown or expired one or one whose member is gone."""
    bound = table.get(token_hash_key(hashed_token))
    if bound is None:
        return None
    organisation_id = bound.data["organisation_id"]
    token = table.get(token_key(organisation_id, bound.data["token_id"]))
    if token is None or token.data["hash"] != hashed_token:
        return None
    expires_at = token.data["expires_at"]
    if expires_at is not None and expires_at <= time_text(now_ns):
        return None
    member = table.get(member_key(organisation_id, token.data["member_id"]))
    organisation = table.get(organisation_key(organisation_id))
    if member is None or organisation is None:
        return None
    return Principal(
        organisation_id=organisation_id,
        organisation_name=organisation.data["name"],
        member_id=member.data["id"],
        member_email=member.data["email"],
        token_id=token.data["id"],
        role=min(Role(token.data["role"]), Role(member.data["role"]), key=lambda role: role.rank),
    )


def bootstrap(
    table: Table,
    hashed_token: str,
    clock: Clock,
    *,
    organisation_name: str = "My organisation",
    owner_email: str = "owner@localhost",
) -> str:
    """Make the first organisation, its owner and the deployment's admin token if absent; return the organisation's id.

    A second call with another hash binds the admin token anew: the one before is no longer valid.
    """
    for _ in range(_TRIES):
        first = table.get(FIRST_ORGANISATION)
        try:
            if first is None:
                return _make_first(table, hashed_token, clock(), organisation_name, owner_email)
            _bind(table, first, hashed_token, clock())
        except Conflict:
            continue
        organisation_id: str = first.data["organisation_id"]
        return organisation_id
    raise RuntimeError("the first organisation is being made by too many at once")


def _make_first(table: Table, hashed_token: str, now_ns: int, organisation_name: str, owner_email: str) -> str:
    now_ms, now = now_ns // 1_000_000, time_text(now_ns)
    organisation_id, member_id, token_id = (new_id(prefix, now_ms) for prefix in ("org", "mem", "tok"))
    times = {"created_at": now, "updated_at": now}
    organisation = {"id": organisation_id, "name": organisation_name, **times}
    member = {"id": member_id, "email": owner_email, "role": Role.OWNER.value, **times}
    first = {"organisation_id": organisation_id, "member_id": member_id, "token_id": token_id}
    table.transact(
        [
            Put(FIRST_ORGANISATION, first, 0),
            Put(organisation_key(organisation_id), organisation, 0),
            Put(member_key(organisation_id, member_id), member, 0),
            Put(token_key(organisation_id, token_id), _admin_token(first, hashed_token, now), 0),
            Put(token_hash_key(hashed_token), {"organisation_id": organisation_id, "token_id": token_id}, 0),
        ]
    )
    return organisation_id


def _admin_token(first: dict[str, Any], hashed_token: str, now: str) -> dict[str, Any]:
    return {
        "id": first["token_id"],
        "member_id": first["member_id"],
        "name": "Admin token of this deployment",
        "role": Role.OWNER.value,
        "hash": hashed_token,
        "expires_at": None,
        "created_at": now,
        "updated_at": now,
    }


def _bind(table: Table, first: Item, hashed_token: str, now_ns: int) -> None:
    organisation_id, token_id = first.data["organisation_id"], first.data["token_id"]
    key = token_key(organisation_id, token_id)
    token = table.get(key)
    if token is not None and token.data["hash"] == hashed_token:
        return
    bound = {"organisation_id": organisation_id, "token_id": token_id}
    data = _admin_token(first.data, hashed_token, time_text(now_ns))
    writes: list[Write] = [Put(token_hash_key(hashed_token), bound, 0)]
    if token is None:
        writes.append(Put(key, data, 0))
    else:
        writes.append(Put(key, {**data, "created_at": token.data["created_at"]}, token.version))
        bound_before = table.get(token_hash_key(token.data["hash"]))
        if bound_before is not None:
            writes.append(Delete(bound_before.key, bound_before.version))
    table.transact(writes)


def show_caller(principal: Principal) -> dict[str, Any]:
    """Return the caller as `GET /v1/me` shows them."""
    return {
        "member": {"id": principal.member_id, "email": principal.member_email},
        "role": principal.role.value,
        "organisation": {"id": principal.organisation_id, "name": principal.organisation_name},
    }
