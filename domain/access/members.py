"""Members: invited, given another role, removed with all their tokens.

Nobody gives a role above their own. An organisation has one owner, who hands over and can't be removed. The caller's
own item is held by every change, so that someone who has just lost a role can't still give it.
"""

from domain.access.access import has_accepted
from domain.access.addresses import email_item, email_key
from domain.access.token_items import new_token
from domain.access.tokens import add_token, remove_token
from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Call, Role, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply, time_text
from domain.records.pages import read_page
from domain.records.ports import Item
from schemas.codes import Problem
from schemas.limits import INVITATION_SECONDS

INVITATION_NAME = "Invitation"
_INTERNAL = ("subject",)
"""What the login service calls a member."""


def list_members(catalog: Catalog, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return one page of the organisation's members, oldest first."""
    group = keys.organisation_group(call.principal.organisation_id)
    return read_page(catalog.table, group, keys.MEMBERS, show_member, limit=limit, cursor=cursor)


def invite_member(catalog: Catalog, call: Call, email: str, role: str) -> Resource:
    """Make a member and their first token, which is in this answer only, and `None` in the repetition of a key.

    Raises:
        Rejected: forbidden for a role above the caller's own, name_taken for an address that a member has.
    """
    call.principal.require(Role(role))
    secret = new_token()
    made: Resource = {}

    def build(change: Change) -> Resource:
        nonlocal made
        change.hold(_caller(change, max(Role.ADMIN, Role(role), key=lambda one: one.rank)))
        member, token = add_member(change, call.principal.organisation_id, email, Role(role), secret)
        change.record("member.invite", "member", member.data["id"], after={"email": email, "role": role})
        made = {**show_member(member), "token": None, "token_expires_at": token.data["expires_at"]}
        return made

    answer = apply(catalog, call, build)
    return {**answer, "token": secret} if answer is made else answer


def change_member(catalog: Catalog, call: Call, member_id: str, role: str) -> Resource:
    """Give a member another role. `owner` hands over: who owned becomes an admin in the same transaction.

    Raises:
        Rejected: not_found, forbidden for a role above the caller's own, or conflict for the owner's own role.
    """
    wanted = Role(role)

    def build(change: Change) -> Resource:
        member = _find(change, member_id)
        call.check_version(member.version)
        was = Role(member.data["role"])
        caller = _caller(change, max(wanted, was, key=lambda one: one.rank))
        if was == wanted:
            return show_member(member)
        if was is Role.OWNER:
            raise Rejected(
                Problem.CONFLICT, "An organisation has one owner: hand over by making another member the owner."
            )
        if wanted is Role.OWNER:
            if not has_accepted(member):
                raise Rejected(
                    Problem.CONFLICT, "This member has not accepted the invitation yet: hand over once they have."
                )
            _give(change, caller, Role.ADMIN)
        elif caller.key != member.key:
            change.hold(caller)
        return show_member(_give(change, member, wanted))

    return apply(catalog, call, build)


def remove_member(catalog: Catalog, call: Call, member_id: str, confirm: str | None) -> None:
    """Remove a member with all their tokens, at once; the owner has to hand over first.

    The address need not be typed, but if it is, it has to be right.
    """

    def build(change: Change) -> Resource:
        member = _find(change, member_id)
        call.check_version(member.version)
        if confirm is not None:
            check_confirmation(confirm, member.data["email"])
        if member.data["role"] == Role.OWNER:
            raise Rejected(Problem.CONFLICT, "The owner can't be removed: the owner has to hand over first.")
        caller = _caller(change, Role.ADMIN)
        if caller.key != member.key:
            change.hold(caller)
        remove_with_tokens(change, member, "member.remove")
        return {}

    apply(catalog, call, build)


def remove_with_tokens(change: Change, member: Item, action: str) -> None:
    """Add the writes that remove a member of the caller's organisation with all that lets them in."""
    change.remove(member)
    tokens = _remove_what_lets_in(change, member)
    change.record(
        action,
        "member",
        member.data["id"],
        before={"email": member.data["email"], "role": member.data["role"], "tokens": tokens},
    )


def add_member(change: Change, organisation_id: str, email: str, role: Role, secret: str) -> tuple[Item, Item]:
    """Add the writes of a member and of the token that lets them in; return both; `Rejected` (name_taken)."""
    if email_item(change.catalog.table, email, organisation_id) is not None:
        raise Rejected(Problem.NAME_TAKEN, "A member of the organisation has this address.")
    member_id = change.new_id("mem")
    data = {
        "id": member_id,
        "email": email,
        "role": role.value,
        "invited_by": change.call.principal.member_email,
        "accepted_at": None,
        "created_at": change.now,
        "updated_at": change.now,
    }
    member = change.create(keys.member_key(organisation_id, member_id), data)
    change.create(email_key(email, organisation_id), {"member_id": member_id})
    expires_at = time_text(change.now_ns + INVITATION_SECONDS * 1_000_000_000)
    token = add_token(change, organisation_id, member_id, INVITATION_NAME, role, secret, expires_at, invites=True)
    return member, token


def show_member(member: Item) -> Resource:
    """Return a member as the API shows them."""
    shown = {name: value for name, value in member.data.items() if name not in _INTERNAL}
    # Members of earlier versions were in at once.
    return {"invited_by": None, "accepted_at": member.data["created_at"], **shown, "version": member.version}


def _find(change: Change, member_id: str) -> Item:
    member = change.catalog.table.get(keys.member_key(change.call.principal.organisation_id, member_id))
    if member is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such member.")
    return member


def _caller(change: Change, needed: Role) -> Item:
    """Return the caller's own item; `Rejected` (forbidden) unless token and member have the role now."""
    principal = change.call.principal
    principal.require(needed)
    item = change.catalog.table.get(keys.member_key(principal.organisation_id, principal.member_id))
    if item is None or not Role(item.data["role"]).allows(needed):
        raise Rejected(
            Problem.FORBIDDEN,
            f"This needs the role {needed}, which the caller has no more.",
            extra={"needed_role": needed.value},
        )
    return item


def _give(change: Change, member: Item, role: Role) -> Item:
    before = {"role": member.data["role"]}
    change.record("member.change", "member", member.data["id"], before=before, after={"role": role.value})
    return change.replace(member, {**member.data, "role": role.value, "updated_at": change.now})


def _remove_what_lets_in(change: Change, member: Item) -> list[dict[str, str]]:
    """Remove a member's tokens, address and login; return the tokens' ids and names."""
    table, organisation_id = change.catalog.table, change.call.principal.organisation_id
    found = []
    listed = table.get(keys.member_tokens_key(organisation_id, member.data["id"]))
    if listed is not None:
        change.remove(listed)
    for token_id in listed.data["tokens"] if listed else ():
        token = table.get(keys.token_key(organisation_id, token_id))
        if token is not None:
            remove_token(change, token)
            found.append({"id": token_id, "name": token.data["name"]})
    others = [email_item(table, member.data["email"], organisation_id)]
    if "subject" in member.data:
        others.append(table.get(keys.login_key(member.data["subject"], organisation_id)))
    for item in others:
        if item is not None and item.data["member_id"] == member.data["id"]:
            change.remove(item)
    return found
