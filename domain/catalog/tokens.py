"""Personal tokens: made by their member for themselves, shown once, kept as a hash, ended by deleting or by time."""

from domain.catalog import keys
from domain.catalog.access import token_hash
from domain.catalog.caller import Call, Role, check_confirmation
from domain.catalog.change import Catalog, Change, Resource, apply, time_text
from domain.catalog.moments import milliseconds_from
from domain.catalog.pages import cursor_from, read_page, sort_key_from
from domain.catalog.ports import Item
from domain.catalog.token_items import hash_data, list_data, new_token, token_data
from domain.errors import Rejected
from schemas.codes import Problem
from schemas.limits import MAX_TOKENS_PER_MEMBER


def list_tokens(catalog: Catalog, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return one page of tokens, oldest first: the organisation's for an admin, their own for everybody else."""
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
        Rejected: forbidden for a role above the caller's own, limit_reached, or invalid_request for an expiry that is
            no moment to come.
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
        token = add_token(change, principal.organisation_id, principal.member_id, name, Role(role), secret, expiry)
        change.record(
            "token.create", "token", token.data["id"], after={"name": name, "role": role, "expires_at": expiry}
        )
        made = {**_show(token), "token": None}
        return made

    answer = apply(catalog, call, build)
    return {**answer, "token": secret} if answer is made else answer


def delete_token(catalog: Catalog, call: Call, token_id: str, confirm: str | None) -> None:
    """Delete a token: it is refused from the next request on. That of another member takes an admin.

    The name need not be typed, but if it is, it has to be right.
    """

    def build(change: Change) -> Resource:
        principal = call.principal
        token = catalog.table.get(keys.token_key(principal.organisation_id, token_id))
        if token is None:
            raise Rejected(Problem.NOT_FOUND, "There is no such token.")
        if token.data["member_id"] != principal.member_id:
            principal.require(Role.ADMIN)
        call.check_version(1)
        if confirm is not None:
            check_confirmation(confirm, token.data["name"])
        remove_token(change, token)
        listed = catalog.table.get(keys.member_tokens_key(principal.organisation_id, token.data["member_id"]))
        if listed is not None and token_id in listed.data["tokens"]:
            change.replace(listed, list_data([id_ for id_ in listed.data["tokens"] if id_ != token_id]))
        change.record("token.delete", "token", token_id, before=_show(token))
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
    first: bool = False,
) -> Item:
    """Add the writes of a member's token to a change; `Rejected` (limit_reached).

    With `first` the member is being made by the same change, and has no list of tokens yet.
    """
    list_key = keys.member_tokens_key(organisation_id, member_id)
    listed = None if first else change.catalog.table.get(list_key)
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
    data = token_data(token_id, member_id, name, role, hashed, expires_at, change.now)
    return change.create(keys.token_key(organisation_id, token_id), data)


def remove_token(change: Change, token: Item) -> None:
    """Add the writes that end a token, its place in its member's list excepted."""
    change.remove(token)
    bound = change.catalog.table.get(keys.token_hash_key(token.data["hash"]))
    if bound is not None:
        change.remove(bound)


def _show(token: Item) -> Resource:
    # Nothing that people change about a token changes; noting its use is no change of theirs.
    shown = {name: value for name, value in token.data.items() if name != "hash"}
    return {"last_used_on": None, **shown, "version": 1}


def _expiry(catalog: Catalog, text: str) -> str:
    expires_at = time_text(milliseconds_from(text, "/expires_at") * 1_000_000)
    if expires_at <= time_text(catalog.clock()):
        raise Rejected(
            Problem.INVALID_REQUEST,
            "The request has faults; see errors.",
            errors=[{"pointer": "/expires_at", "code": "min_value", "message": "Must be a time to come."}],
        )
    return expires_at
