"""From a credential to its principal: who calls, and what they may do now.

A token is known by its hash. On AWS the authorizer does that first half (or reads a token of the login service,
`domain.catalog.logins`) and hands on ids, a `Grant`; what those may do is read anew for every request, so that a
removed member, a deleted token or a lowered role counts at once, however long the authorizer's answer is kept.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from domain.catalog.caller import Principal, Role
from domain.catalog.change import time_text
from domain.catalog.keys import member_key, organisation_key, token_hash_key, token_key
from domain.catalog.ports import Conflict, Item, Put, Table
from domain.errors import Undelivered


class Grant(NamedTuple):
    """What a credential amounts to: a member of an organisation, by a token or, without one, by login."""

    organisation_id: str
    member_id: str
    token_id: str | None


def token_hash(token: str) -> str:
    """Return the hash by which tokens are kept; the token itself is kept nowhere."""
    return sha256(token.encode()).hexdigest()


def authenticate(table: Table, hashed_token: str, now_ns: int) -> Principal | None:
    """Return whose token this is, or None for an unknown or expired one or one whose member is gone.

    The first time on a day (UTC) it is noted with the token that it was used.
    """
    token = _find_token(table, hashed_token, now_ns)
    if token is None:
        return None
    principal = _principal(table, _grant(token), Role(token.data["role"]))
    if principal is not None:
        _note_use(table, token, now_ns)
    return principal


def grant_of_token(table: Table, hashed_token: str, now_ns: int) -> Grant | None:
    """Return whose token this is, as `authenticate` does, without reading what they may do."""
    token = _find_token(table, hashed_token, now_ns)
    if token is None:
        return None
    _note_use(table, token, now_ns)
    return _grant(token)


def admit(table: Table, grant: Grant, now_ns: int) -> Principal | None:
    """Return the principal of a grant that was made a while ago, or None if it no longer holds."""
    if grant.token_id is None:
        return _principal(table, grant, Role.OWNER)
    token = table.get(token_key(grant.organisation_id, grant.token_id))
    if token is None or token.data["member_id"] != grant.member_id or _expired(token, now_ns):
        return None
    return _principal(table, grant, Role(token.data["role"]))


def _find_token(table: Table, hashed_token: str, now_ns: int) -> Item | None:
    bound = table.get(token_hash_key(hashed_token))
    if bound is None:
        return None
    token = table.get(token_key(bound.data["organisation_id"], bound.data["token_id"]))
    if token is None or token.data["hash"] != hashed_token or _expired(token, now_ns):
        return None
    return token


def _expired(token: Item, now_ns: int) -> bool:
    expires_at = token.data["expires_at"]
    return expires_at is not None and expires_at <= time_text(now_ns)


def _grant(token: Item) -> Grant:
    return Grant(token.key.pk.partition("#")[2], token.data["member_id"], token.data["id"])


def _principal(table: Table, grant: Grant, most: Role) -> Principal | None:
    member = table.get(member_key(grant.organisation_id, grant.member_id))
    organisation = table.get(organisation_key(grant.organisation_id))
    if member is None or organisation is None:
        return None
    return Principal(
        organisation_id=grant.organisation_id,
        organisation_name=organisation.data["name"],
        member_id=grant.member_id,
        member_email=member.data["email"],
        token_id=grant.token_id,
        role=min(most, Role(member.data["role"]), key=lambda role: role.rank),
    )


def _note_use(table: Table, token: Item, now_ns: int) -> None:
    """Note the day of a token's use: one write a day at most, and none that a request could fail by."""
    today = time_text(now_ns)[:10]
    if (token.data.get("last_used_on") or "") >= today:
        return
    try:
        table.transact([Put(token.key, {**token.data, "last_used_on": today}, token.version)])
    except (Conflict, Undelivered):
        return  # somebody else has just noted it, or the next request will


def show_caller(principal: Principal) -> dict[str, Any]:
    """Return the caller as `GET /v1/me` shows them."""
    return {
        "member": {"id": principal.member_id, "email": principal.member_email},
        "role": principal.role.value,
        "organisation": {"id": principal.organisation_id, "name": principal.organisation_name},
    }
