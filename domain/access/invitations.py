"""Invitations of a person's verified address: nothing comes of one until its owner accepts it.

An invitation is the member that the person becomes, whom nobody signs in as yet; its id is that member's.
"""

from itertools import islice
from typing import Any

from domain.access.addresses import members_with
from domain.access.members import remove_with_tokens
from domain.access.sign_ins import joining, organisation_of, signed_in
from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Call, Caller, Principal, Role, SignIn
from domain.records.change import Catalog, Change, Resource, apply
from domain.records.pages import page_of
from domain.records.ports import Item
from schemas.codes import Problem
from schemas.limits import MAX_MEMBERSHIPS


def list_invitations(catalog: Catalog, caller: Caller, limit: int, cursor: str | None) -> Resource:
    """Return the caller's pending invitations; a token has none, it is of one organisation."""
    pending = _pending(catalog, caller)
    shown = [one for member in islice(pending, MAX_MEMBERSHIPS) if (one := _show(catalog, member))]
    return page_of(shown, limit=limit, cursor=cursor)


def count_invitations(catalog: Catalog, principal: Principal) -> int:
    """Return how many invitations a member of another organisation has; more than are listed may be counted."""
    return len(_invited_members(catalog, principal.verified_email))


def accept_invitation(catalog: Catalog, caller: Caller, invitation_id: str, source_ip: str) -> Resource:
    """Make the caller the member whom the invitation is of; a second call changes nothing.

    Raises:
        Rejected: not_found, or limit_reached for a person of too many organisations.
    """
    if not isinstance(caller, SignIn) or caller.email is None:
        raise _not_found()
    member = _find(catalog, caller, invitation_id)
    call = Call(_invited(catalog, caller, member), source_ip)

    def build(change: Change) -> Resource:
        found = _find(catalog, caller, invitation_id)
        if "subject" not in found.data:
            if len(catalog.table.query(keys.login_group(caller.subject), limit=MAX_MEMBERSHIPS)) >= MAX_MEMBERSHIPS:
                raise Rejected(
                    Problem.LIMIT_REACHED, f"A person is a member of at most {MAX_MEMBERSHIPS} organisations."
                )
            change.include(joining(found, caller.subject, change.now_ns, source_ip))
        invited = _invited(catalog, caller, found)
        return {"id": invited.organisation_id, "name": invited.organisation_name, "role": invited.role.value}

    return apply(catalog, call, build)


def decline_invitation(catalog: Catalog, caller: Caller, invitation_id: str, source_ip: str) -> None:
    """Remove the invited member with all their tokens.

    Raises:
        Rejected: not_found, or conflict for who would own the organisation, which can't be without an owner.
    """
    if not isinstance(caller, SignIn) or caller.email is None:
        raise _not_found()
    call = Call(_invited(catalog, caller, _find(catalog, caller, invitation_id)), source_ip)

    def build(change: Change) -> Resource:
        member = _find(catalog, caller, invitation_id)
        if "subject" in member.data:
            raise _not_found()
        if member.data["role"] == Role.OWNER:
            raise Rejected(
                Problem.CONFLICT,
                "You are to own this organisation, and it can't be without an owner: ask the deployment's operator.",
            )
        remove_with_tokens(change, member, "member.decline")
        return {}

    apply(catalog, call, build)


def _pending(catalog: Catalog, caller: Caller) -> list[Item]:
    if not isinstance(caller, SignIn):
        return []
    return sorted(_invited_members(catalog, caller.email), key=lambda member: str(member.data["created_at"]))


def _invited_members(catalog: Catalog, email: str | None) -> list[Item]:
    if email is None:
        return []
    return [member for _, member in members_with(catalog.table, email) if "subject" not in member.data]


def _find(catalog: Catalog, sign_in: SignIn, invitation_id: str) -> Item:
    """Return the member that an invitation is of, one that the caller has become already included."""
    assert sign_in.email is not None
    for _, member in members_with(catalog.table, sign_in.email):
        if member.data["id"] == invitation_id and member.data.get("subject") in {None, sign_in.subject}:
            return member
    raise _not_found()


def _invited(catalog: Catalog, sign_in: SignIn, member: Item) -> Principal:
    organisation = catalog.table.get(keys.organisation_key(organisation_of(member)))
    if organisation is None:
        raise _not_found()
    return signed_in(member, organisation, sign_in.subject)


def _show(catalog: Catalog, member: Item) -> dict[str, Any] | None:
    organisation = catalog.table.get(keys.organisation_key(organisation_of(member)))
    if organisation is None:
        return None
    return {
        "id": member.data["id"],
        "organisation": {"id": organisation.data["id"], "name": organisation.data["name"]},
        "role": member.data["role"],
        "invited_by": member.data.get("invited_by"),
        "invited_at": member.data["created_at"],
    }


def _not_found() -> Rejected:
    return Rejected(Problem.NOT_FOUND, "There is no such invitation of yours.")
