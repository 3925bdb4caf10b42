"""People who sign in: which members the users of the login service are.

An invitation of a verified address makes nobody a member: its owner accepts it first. From then on the user's own id
counts, so that an address that is given to another person does not let them in. A user may be a member of several
organisations, in the order in which they joined. What a member may do is read anew for every request.
"""

from dataclasses import replace
from typing import Any

from domain.access.access import acceptance_entry
from domain.access.addresses import is_same, members_with
from domain.access.first_organisation import make_first_organisation, owner_of_first
from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Caller, Principal, Role, SignIn
from domain.records.change import time_text
from domain.records.ports import Conflict, Delete, Item, Put, Table, Write
from schemas.codes import Problem
from schemas.limits import MAX_MEMBERSHIPS

NOT_A_MEMBER = "You are no member of the organisation that X-Organisation-Id names."
_TRIES = 3


def choose_membership(table: Table, sign_in: SignIn, organisation_id: str | None) -> Principal:
    """Return which member a user is.

    Args:
        table: the catalog.
        sign_in: what the login service vouches for.
        organisation_id: the organisation that is meant; None: the only one that the user is a member of.

    Raises:
        Rejected: forbidden, if the user is no member, or none of that organisation; choose_organisation, with all of
            them, if the user is a member of several and none is named.
    """
    if organisation_id is not None:
        link = table.get(keys.login_key(sign_in.subject, organisation_id))
        principal = None if link is None else _principal(table, sign_in.subject, link)
        if principal is None:
            raise Rejected(Problem.FORBIDDEN, NOT_A_MEMBER)
        return replace(principal, verified_email=sign_in.email)
    found = _memberships(table, sign_in.subject)
    if not found:
        raise Rejected(Problem.FORBIDDEN, _why_no_member(table, sign_in))
    if len(found) > 1:
        raise Rejected(
            Problem.CHOOSE_ORGANISATION,
            "You are a member of several organisations: name one in the header X-Organisation-Id.",
            extra={"organisations": [_show(one) for one in found]},
        )
    return replace(found[0], verified_email=sign_in.email)


def list_memberships(table: Table, caller: Caller) -> list[dict[str, Any]]:
    """Return the organisations that the caller may choose from, in the order of joining: of a token, its own."""
    if isinstance(caller, SignIn):
        return [_show(one) for one in _memberships(table, caller.subject)]
    if caller.subject is None:
        return [_show(caller)]
    return [_show(one) for one in _memberships(table, caller.subject)]


def welcome_owner(table: Table, sign_in: SignIn, owner_email: str | None, now_ns: int, source_ip: str) -> None:
    """Let the owner whom the deployment names have its first organisation, which is made if there is none.

    Their consent is the deployment's setting. Everyone else accepts an invitation.
    """
    if owner_email is None or sign_in.email is None or not is_same(sign_in.email, owner_email):
        return
    make_first_organisation(table, now_ns, owner_email)
    for _ in range(_TRIES):
        owner = owner_of_first(table)
        if owner is None or "subject" in owner.data or not is_same(owner.data["email"], sign_in.email):
            return
        try:
            table.transact(joining(owner, sign_in.subject, now_ns, source_ip))
        except Conflict:
            continue  # another request of the same user was faster, or the member was changed
        return


def joining(member: Item, subject: str, now_ns: int, source_ip: str) -> list[Write]:
    """Return the writes by which a user becomes a member."""
    now, organisation_id = time_text(now_ns), organisation_of(member)
    accepted_at = member.data.get("accepted_at") or now
    data = {**member.data, "subject": subject, "accepted_at": accepted_at, "updated_at": now}
    link = {"member_id": member.data["id"], "joined_at": now}
    entry = acceptance_entry(member, None, now_ns, source_ip, after={"accepted_at": accepted_at, "signs_in": True})
    return [
        Put(member.key, data, member.version),
        Put(keys.login_key(subject, organisation_id), link, 0),
        Put(keys.audit_key(organisation_id, entry["id"]), entry, 0),
    ]


def forget_sign_in(table: Table, member: Item) -> None:
    """Let another user become this member, by the same address. A second call changes nothing.

    Raises:
        Conflict: the member was changed meanwhile.
    """
    subject = member.data.get("subject")
    if subject is None:
        return
    data = {name: value for name, value in member.data.items() if name != "subject"}
    link = table.get(keys.login_key(subject, organisation_of(member)))
    writes: list[Write] = [Put(member.key, data, member.version)]
    table.transact(writes if link is None else [*writes, Delete(link.key, link.version)])


def signed_in(member: Item, organisation: Item, subject: str) -> Principal:
    """Return the member that a user of the login service acts as."""
    return Principal(
        organisation_id=organisation.data["id"],
        organisation_name=organisation.data["name"],
        member_id=member.data["id"],
        member_email=member.data["email"],
        token_id=None,
        role=Role(member.data["role"]),
        subject=subject,
    )


def organisation_of(member: Item) -> str:
    """Return the id of a member's organisation."""
    return member.key.pk.partition("#")[2]


def _memberships(table: Table, subject: str) -> list[Principal]:
    links = table.query(keys.login_group(subject), limit=MAX_MEMBERSHIPS)
    # Links of earlier versions do not say when they were made: they are older than any that does.
    links.sort(key=lambda link: link.data.get("joined_at", ""))
    return [one for link in links if (one := _principal(table, subject, link))]


def _principal(table: Table, subject: str, link: Item) -> Principal | None:
    organisation_id = link.key.sk
    member = table.get(keys.member_key(organisation_id, link.data["member_id"]))
    organisation = table.get(keys.organisation_key(organisation_id))
    if member is None or organisation is None or member.data.get("subject") != subject:
        return None
    return signed_in(member, organisation, subject)


def _show(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.organisation_id,
        "name": principal.organisation_name,
        "role": principal.role.value,
    }


def _why_no_member(table: Table, sign_in: SignIn) -> str:
    if sign_in.email is None:
        return "You are no member of an organisation yet, and your e-mail address is not verified: verify it first."
    known = [member for _, member in members_with(table, sign_in.email)]
    if any("subject" not in member.data for member in known):
        return "You are no member of an organisation yet: accept an invitation first (GET /v1/invitations)."
    if known:
        return "The member with your address signs in as another user: have an admin remove and invite them again."
    return "You are no member of an organisation yet: have an admin invite your e-mail address."
