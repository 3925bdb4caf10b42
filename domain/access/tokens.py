"""Personal tokens: made by their member for themselves, shown once, kept as a hash, ended by deleting or by time.

A token that is made with a token is its child: it expires no later, and goes with it. So a token that got into wrong
hands leaves nothing behind once it is deleted.
"""

from collections.abc import Iterable

from domain.access.access import token_hash
from domain.access.token_items import hash_data, list_data, new_token, offspring, token_data
from domain.errors import FaultyRequest, Rejected
from domain.records import keys
from domain.records.caller import Call, Role, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply, time_text
from domain.records.moments import milliseconds_from
from domain.records.pages import cursor_from, read_page, sort_key_from
from domain.records.ports import Item
from schemas.codes import Problem
from schemas.limits import MAX_TOKENS_PER_MEMBER

_INTERNAL = ("hash", "invites", "made_its_token")


def list_tokens(catalog: Catalog, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return one page of tokens, oldest first: the organisation's for an admin, their own for everyone else."""
    principal = call.principal
    group = keys.organisation_group(principal.organisation_id)
    if principal.role.allows(Role.ADMIN):
        return read_page(catalog.table, group, keys.TOKENS, _show, limit=limit, cursor=cursor)
    after = "" if cursor is None else sort_key_from(cursor, keys.TOKENS)
    listed = catalog.table.get(keys.member_tokens_key(principal.organisation_id, principal.member_id))
    wanted = (keys.token_key(principal.organisation_id, id_) for id_ in sorted(listed.data["tokens"] if listed else ()))
    found = [token for key in wanted if key.sk > after and (token := catalog.table.get(key))]
    following = cursor_from(found[limit - 1].key.sk) if len(found) > limit else None
    return {"items": [_show(token) for token in found[:limit]], "next": following}


def create_token(catalog: Catalog, call: Call, name: str, role: str, expires_at: str | None) -> Resource:
    """Make a token of the caller's; its secret is in this answer only, and `None` in the repetition of a key.

    Raises:
        Rejected: forbidden for a role above the caller's own, or with an invitation that has made its token;
            limit_reached; or invalid_request for an expiry that is no moment to come, or later than the caller's.
    """
    call.principal.require(Role(role))
    expiry = None if expires_at is None else _expiry(catalog, expires_at)
    secret = new_token()
    made: Resource = {}

    def build(change: Change) -> Resource:
        nonlocal made
        principal = call.principal
        member = catalog.table.get(keys.member_key(principal.organisation_id, principal.member_id))
        if member is None:
            raise Rejected(Problem.UNAUTHENTICATED, "The caller is no longer a member.")
        change.hold(member)
        parent = _parent(change)
        ends = expiry if parent is None else _no_later(expiry, parent.data["expires_at"])
        token = add_token(
            change,
            principal.organisation_id,
            principal.member_id,
            name,
            Role(role),
            secret,
            ends,
            parent_id=None if parent is None else parent.data["id"],
        )
        after = {"name": name, "role": role, "expires_at": ends}
        change.record("token.create", "token", token.data["id"], after=after)
        made = {**_show(token), "token": None}
        return made

    answer = apply(catalog, call, build)
    return {**answer, "token": secret} if answer is made else answer


def delete_token(catalog: Catalog, call: Call, token_id: str, confirm: str | None) -> None:
    """Delete a token with all that were made with it: they are refused from the next request on.

    It takes the role that the token has now, and an admin for that of another member.

    The name need not be typed, but if it is, it has to be right.
    """

    def build(change: Change) -> Resource:
        principal = call.principal
        token = catalog.table.get(keys.token_key(principal.organisation_id, token_id))
        if token is None:
            raise Rejected(Problem.NOT_FOUND, "There is no such token.")
        if token.data["member_id"] != principal.member_id:
            principal.require(Role.ADMIN)
        principal.require(_role_now(change, token))
        call.check_version(1)
        if confirm is not None:
            check_confirmation(confirm, token.data["name"])
        listed = catalog.table.get(keys.member_tokens_key(principal.organisation_id, token.data["member_id"]))
        children = [] if listed is None else offspring(token_id, _tokens(change, listed.data["tokens"]))
        for gone in (token, *children):
            remove_token(change, gone)
        if listed is not None:
            gone_ids = {token_id, *(child.data["id"] for child in children)}
            change.replace(listed, list_data([id_ for id_ in listed.data["tokens"] if id_ not in gone_ids]))
        made_with_it = [{"id": child.data["id"], "name": child.data["name"]} for child in children]
        change.record("token.delete", "token", token_id, before={**_show(token), "made_with_it": made_with_it})
        return {}

    apply(catalog, call, build)


def add_token(
    change: Change,
    organisation_id: str,
    member_id: str,
    name: str,
    role: Role,
    secret: str,
    expires_at: str | None,
    *,
    invites: bool = False,
    parent_id: str | None = None,
) -> Item:
    """Add the writes of a member's token to a change; `Rejected` (limit_reached).

    With `invites` the member is being made by the same change, and has no list of tokens yet.
    """
    list_key = keys.member_tokens_key(organisation_id, member_id)
    listed = None if invites else change.catalog.table.get(list_key)
    tokens: list[str] = listed.data["tokens"] if listed else []
    if len(tokens) >= MAX_TOKENS_PER_MEMBER:
        raise Rejected(
            Problem.LIMIT_REACHED, f"A member has at most {MAX_TOKENS_PER_MEMBER} tokens; delete one that is not used."
        )
    token_id, hashed = change.new_id("tok"), token_hash(secret)
    after = list_data([*tokens, token_id])
    if listed is None:
        change.create(list_key, after)
    else:
        change.replace(listed, after)
    change.create(keys.token_hash_key(hashed), hash_data(organisation_id, token_id))
    data = token_data(
        token_id, member_id, name, role, hashed, expires_at, change.now, parent_id=parent_id, invites=invites
    )
    return change.create(keys.token_key(organisation_id, token_id), data)


def remove_token(change: Change, token: Item) -> None:
    """Add the writes that end a token, except its place in its member's list."""
    change.remove(token)
    bound = change.catalog.table.get(keys.token_hash_key(token.data["hash"]))
    if bound is not None:
        change.remove(bound)


def _tokens(change: Change, token_ids: Iterable[str]) -> list[Item]:
    organisation_id = change.call.principal.organisation_id
    found = (change.catalog.table.get(keys.token_key(organisation_id, token_id)) for token_id in token_ids)
    return [token for token in found if token is not None]


def _role_now(change: Change, token: Item) -> Role:
    """Return what a token may do now: no more than its member."""
    organisation_id = change.call.principal.organisation_id
    member = change.catalog.table.get(keys.member_key(organisation_id, token.data["member_id"]))
    roles = [Role(token.data["role"]), *([Role(member.data["role"])] if member else [])]
    return min(roles, key=lambda role: role.rank)


def _parent(change: Change) -> Item | None:
    """Return the token that a token is being made with; None where the new one ends with no other.

    Raises:
        Rejected: unauthenticated, if it was deleted meanwhile; forbidden, if it is an invitation's, and used up.
    """
    principal = change.call.principal
    if principal.token_id is None:
        return None
    token = change.catalog.table.get(keys.token_key(principal.organisation_id, principal.token_id))
    if token is None:
        raise Rejected(Problem.UNAUTHENTICATED, "The token that asks was deleted.")
    if not token.data.get("invites"):
        return token  # its member's list changes with it: a token that is deleted meanwhile makes none
    if token.data.get("made_its_token"):
        raise Rejected(
            Problem.FORBIDDEN,
            "This invitation has made its token: sign in with that one to make others. If it was not you who made it, "
            "have an admin remove you and invite you again.",
        )
    change.replace(token, {**token.data, "made_its_token": True})
    return None


def _show(token: Item) -> Resource:
    # Nothing that people change about a token changes; noting its use is no change of theirs.
    shown = {name: value for name, value in token.data.items() if name not in _INTERNAL}
    return {"last_used_on": None, "parent_id": None, **shown, "version": 1}


def _no_later(expiry: str | None, end: str | None) -> str | None:
    """Return when a token ends that was made with one that ends at `end`."""
    if expiry is None or end is None:
        return expiry or end
    if expiry > end:
        message = f"Must be no later than {end}, when the token that asks expires."
        raise FaultyRequest([{"pointer": "/expires_at", "code": "max_value", "message": message}])
    return expiry


def _expiry(catalog: Catalog, text: str) -> str:
    expires_at = time_text(milliseconds_from(text, "/expires_at") * 1_000_000)
    if expires_at <= time_text(catalog.clock()):
        raise FaultyRequest([{"pointer": "/expires_at", "code": "min_value", "message": "Must be a time to come."}])
    return expires_at
