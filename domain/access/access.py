"""From a personal token to its principal: who calls, and what they may do now.

A token is known by its hash. What it allows is read anew for every request, so that a removed member, a deleted token
or a lowered role counts at once, whatever was found out before about where its hash leads.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from domain.errors import Undelivered
from domain.ids import new_id
from domain.records.audit_entry import audit_entry
from domain.records.caller import Principal, Role
from domain.records.change import time_text
from domain.records.keys import audit_key, member_key, organisation_key, token_hash_key, token_key
from domain.records.ports import Conflict, Item, ItemReader, Put, Table


class TokenPlace(NamedTuple):
    """Where a token's hash leads; says nothing of whether it is valid now."""

    organisation_id: str
    token_id: str
    hashed: str


def token_hash(token: str) -> str:
    """Return the hash by which tokens are kept; the token itself is kept nowhere."""
    return sha256(token.encode()).hexdigest()


def authenticate(table: Table, hashed_token: str, now_ns: int, source_ip: str = "") -> Principal | None:
    """Return whose token this is, or None for an unknown or expired one or one whose member is gone.

    The first time on a day (UTC) it is noted with the token that it was used. A member's first use of one accepts
    their invitation, which the audit log notes with the address `source_ip`.
    """
    place = find_token(table, hashed_token)
    return None if place is None else authenticate_at(table, place, now_ns, source_ip)


def find_token(table: ItemReader, hashed_token: str) -> TokenPlace | None:
    """Return where the hash of a token leads, if anywhere."""
    bound = table.get(token_hash_key(hashed_token))
    if bound is None:
        return None
    return TokenPlace(bound.data["organisation_id"], bound.data["token_id"], hashed_token)


def authenticate_at(table: Table, place: TokenPlace, now_ns: int, source_ip: str = "") -> Principal | None:
    """Do what `authenticate` does, for a token that was found before."""
    token = table.get(token_key(place.organisation_id, place.token_id))
    if token is None or token.data["hash"] != place.hashed or _expired(token, now_ns):
        return None
    member = table.get(member_key(place.organisation_id, token.data["member_id"]))
    organisation = table.get(organisation_key(place.organisation_id))
    if member is None or organisation is None:
        return None
    _note_use(table, token, now_ns)
    if not has_accepted(member):
        _note_acceptance(table, token, member, now_ns, source_ip)
    return Principal(
        organisation_id=place.organisation_id,
        organisation_name=organisation.data["name"],
        member_id=token.data["member_id"],
        member_email=member.data["email"],
        token_id=token.data["id"],
        role=min(Role(token.data["role"]), Role(member.data["role"]), key=lambda role: role.rank),
    )


def has_accepted(member: Item) -> bool:
    """Say whether a member has accepted their invitation; those of earlier versions have."""
    return member.data.get("accepted_at", "") is not None


def acceptance_entry(
    member: Item, token_id: str | None, now_ns: int, source_ip: str, *, after: dict[str, Any]
) -> dict[str, Any]:
    """Return the entry of the audit log that says that a member accepted their invitation."""
    return audit_entry(
        new_id("aud", now_ns // 1_000_000),
        time_text(now_ns),
        "member.accept",
        {"type": "member", "id": member.data["id"]},
        {"member_id": member.data["id"], "name": member.data["email"], "token_id": token_id},
        source_ip,
        before={"accepted_at": member.data.get("accepted_at")},
        after=after,
    )


def _expired(token: Item, now_ns: int) -> bool:
    expires_at = token.data["expires_at"]
    return expires_at is not None and expires_at <= time_text(now_ns)


def _note_acceptance(table: Table, token: Item, member: Item, now_ns: int, source_ip: str) -> None:
    """Note that an invitation was accepted by using its token; no request fails by it."""
    now = time_text(now_ns)
    organisation_id = token.key.pk.partition("#")[2]
    entry = acceptance_entry(member, token.data["id"], now_ns, source_ip, after={"accepted_at": now})
    writes = [
        Put(member.key, {**member.data, "accepted_at": now, "updated_at": now}, member.version),
        Put(audit_key(organisation_id, entry["id"]), entry, 0),
    ]
    try:
        table.transact(writes)
    except (Conflict, Undelivered):
        return  # another request was faster, or the next one notes it


def _note_use(table: Table, token: Item, now_ns: int) -> None:
    """Note the day of a token's use: one write a day at most, and none that a request could fail by."""
    today = time_text(now_ns)[:10]
    if (token.data.get("last_used_on") or "") >= today:
        return
    try:
        table.transact([Put(token.key, {**token.data, "last_used_on": today}, token.version)])
    except (Conflict, Undelivered):
        return  # someone else has just noted it, or the next request will


def show_caller(
    principal: Principal,
    organisations: list[dict[str, Any]],
    *,
    invitations: int,
    operator: bool,
    deployment_account: str | None,
) -> dict[str, Any]:
    """Return the caller as `GET /v1/me` shows them."""
    return {
        "member": {"id": principal.member_id, "email": principal.member_email},
        "role": principal.role.value,
        "organisation": {"id": principal.organisation_id, "name": principal.organisation_name},
        "organisations": organisations,
        "invitations": invitations,
        "deployment_account": deployment_account,
        "operator": operator,
    }
