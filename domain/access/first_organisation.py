"""The first organisation, its owner and the deployment's own admin token: what every deployment starts with."""

from typing import Any

from domain.access.addresses import email_key
from domain.access.token_items import hash_data, list_data, offspring, token_data
from domain.clock import Clock
from domain.ids import new_id
from domain.records import keys
from domain.records.caller import Role
from domain.records.change import time_text
from domain.records.ports import Conflict, Delete, Item, Put, Table, Write

ORGANISATION_NAME = "My organisation"
"""What the first organisation is called until its owner calls it something else."""
_TRIES = 5
_MEMBERS_READ = 200
_TOKEN_NAME = "Admin token of this deployment"  # noqa: S105 - its name


def bootstrap(
    table: Table,
    hashed_token: str,
    clock: Clock,
    *,
    owner_email: str = "owner@localhost",
) -> str:
    """Make the first organisation, its owner and the deployment's admin token if absent; return the organisation's id.

    A second call with another hash binds the admin token anew: the one before is no longer valid, and those that were
    made with it are gone. If its member is gone, the token becomes that of who owns the organisation now: the operator
    of a deployment is never locked out.
    """
    for _ in range(_TRIES):
        first = table.get(keys.FIRST_ORGANISATION)
        try:
            if first is None:
                return _make_first(table, hashed_token, clock(), owner_email)
            _bind(table, first, hashed_token, time_text(clock()))
        except Conflict:
            continue
        organisation_id: str = first.data["organisation_id"]
        return organisation_id
    raise RuntimeError("the first organisation is being made by too many at once")


def make_first_organisation(table: Table, now_ns: int, owner_email: str) -> None:
    """Make the first organisation and its owner, without an admin token, unless there is one."""
    if table.get(keys.FIRST_ORGANISATION) is not None:
        return
    try:
        _make_first(table, None, now_ns, owner_email)
    except Conflict:
        return  # someone else has just made it


def owner_of_first(table: Table) -> Item | None:
    """Return the member who owns the first organisation, if there is one."""
    first = table.get(keys.FIRST_ORGANISATION)
    return None if first is None else _owner(table, first.data["organisation_id"])


def _make_first(table: Table, hashed_token: str | None, now_ns: int, owner_email: str) -> str:
    now_ms, now = now_ns // 1_000_000, time_text(now_ns)
    organisation_id, member_id, token_id = (new_id(prefix, now_ms) for prefix in ("org", "mem", "tok"))
    times = {"created_at": now, "updated_at": now}
    organisation = {"id": organisation_id, "name": ORGANISATION_NAME, **times}
    member = {"id": member_id, "email": owner_email, "role": Role.OWNER.value, "accepted_at": now, **times}
    first = {"organisation_id": organisation_id, "member_id": member_id, "token_id": token_id}
    writes: list[Write] = [
        Put(keys.FIRST_ORGANISATION, first, 0),
        Put(keys.organisation_key(organisation_id), organisation, 0),
        Put(keys.listed_organisation_key(organisation_id), {}, 0),
        Put(keys.member_key(organisation_id, member_id), member, 0),
        Put(email_key(owner_email, organisation_id), {"member_id": member_id}, 0),
        Put(keys.member_tokens_key(organisation_id, member_id), list_data([token_id] if hashed_token else []), 0),
    ]
    if hashed_token is not None:
        token = token_data(token_id, member_id, _TOKEN_NAME, Role.OWNER, hashed_token, None, now)
        writes.append(Put(keys.token_key(organisation_id, token_id), token, 0))
        writes.append(Put(keys.token_hash_key(hashed_token), hash_data(organisation_id, token_id), 0))
    table.transact(writes)
    return organisation_id


def _bind(table: Table, first: Item, hashed_token: str, now: str) -> None:
    organisation_id, token_id = first.data["organisation_id"], first.data["token_id"]
    key = keys.token_key(organisation_id, token_id)
    token = table.get(key)
    member = table.get(keys.member_key(organisation_id, first.data["member_id"]))
    if token is not None and token.data["hash"] == hashed_token and member is not None:
        return
    writes: list[Write] = []
    if member is None:
        member = _owner(table, organisation_id)
        writes.append(Put(first.key, {**first.data, "member_id": member.data["id"]}, first.version))
    member_id = member.data["id"]
    data = token_data(token_id, member_id, _TOKEN_NAME, Role.OWNER, hashed_token, None, now)
    if token is None or token.data["hash"] != hashed_token:
        writes.append(Put(keys.token_hash_key(hashed_token), hash_data(organisation_id, token_id), 0))
    if token is None:
        writes.append(Put(key, data, 0))
    else:
        writes.append(Put(key, {**data, "created_at": token.data["created_at"]}, token.version))
        bound_before = table.get(keys.token_hash_key(token.data["hash"]))
        if bound_before is not None and token.data["hash"] != hashed_token:
            writes.append(Delete(bound_before.key, bound_before.version))
    is_new = token is None or token.data["hash"] != hashed_token
    writes += _listed(table, organisation_id, member_id, token_id, without_children=is_new)
    table.transact(writes)


def _listed(
    table: Table, organisation_id: str, member_id: str, token_id: str, *, without_children: bool
) -> list[Write]:
    """Return the writes by which a member's list holds the admin token, and those that end what was made with it."""
    key = keys.member_tokens_key(organisation_id, member_id)
    item = table.get(key)
    listed: list[str] = item.data["tokens"] if item else []
    found = (table.get(keys.token_key(organisation_id, id_)) for id_ in listed)
    gone = offspring(token_id, [token for token in found if token]) if without_children else []
    gone_ids = {token.data["id"] for token in gone}
    tokens = [id_ for id_ in listed if id_ not in gone_ids]
    if token_id not in tokens:
        tokens.append(token_id)
    writes: list[Write] = [] if tokens == listed else [Put(key, list_data(tokens), item.version if item else 0)]
    for token in gone:
        writes.append(Delete(token.key, token.version))
        bound = table.get(keys.token_hash_key(token.data["hash"]))
        if bound is not None:
            writes.append(Delete(bound.key, bound.version))
    return writes


def _owner(table: Table, organisation_id: str) -> Item:
    """Return the member who owns the organisation; there is always one."""
    group, after = keys.organisation_group(organisation_id), None
    while True:
        members: list[Any] = table.query(group, prefix=keys.MEMBERS, after=after, limit=_MEMBERS_READ)
        for member in members:
            if member.data["role"] == Role.OWNER:
                found: Item = member
                return found
        if len(members) < _MEMBERS_READ:
            raise RuntimeError("the first organisation has no owner")
        after = members[-1].key.sk
