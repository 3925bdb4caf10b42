"""People who sign in: which members the users of the login service are.

A user becomes a member by a verified e-mail address that somebody invited, at the first request after that; from then
on the user's own id counts, so that an address that is given to somebody else does not let them in. A user may be a
member of several organisations. What a member may do is read anew for every request.
"""

from typing import Any, NamedTuple

from domain.catalog import keys
from domain.catalog.audit_entry import audit_entry
from domain.catalog.caller import Principal, Role
from domain.catalog.change import time_text
from domain.catalog.first_organisation import make_first_organisation
from domain.catalog.ports import Conflict, Delete, Item, Put, Table, Write
from domain.errors import Rejected
from domain.ids import new_id
from schemas.codes import Problem

MAX_MEMBERSHIPS = 200
NOT_A_MEMBER = "You are no member of the organisation that X-Organisation-Id names."
_TRIES = 3


class SignIn(NamedTuple):
    """What the login service says of who calls.

    `email` is None unless the service has verified it; `expires_at` is in Unix seconds.
    """

    subject: str
    email: str | None
    expires_at: int


def authenticate_sign_in(
    table: Table,
    sign_in: SignIn,
    organisation_id: str | None,
    now_ns: int,
    source_ip: str,
    *,
    owner_email: str | None = None,
) -> Principal | None:
    """Return which member a user is, or None if the sign-in has expired.

    Args:
        table: the catalog.
        sign_in: what the login service vouches for.
        organisation_id: the one that is meant; None: the oldest of those that the user is a member of.
        now_ns: the time.
        source_ip: for the audit log.
        owner_email: who makes the deployment's first organisation, and owns it, by signing in.

    Raises:
        Rejected: forbidden, if the user is no member, or none of that organisation.
    """
    if sign_in.expires_at <= now_ns // 1_000_000_000:
        return None
    if sign_in.email is not None:
        if owner_email is not None and keys.folded(sign_in.email) == keys.folded(owner_email):
            make_first_organisation(table, now_ns, owner_email)
        _link(table, sign_in, now_ns, source_ip)
    group = keys.login_group(sign_in.subject)
    if organisation_id is not None:
        links = [table.get(keys.login_key(sign_in.subject, organisation_id))]
    else:
        links = [*table.query(group, limit=MAX_MEMBERSHIPS)]
    for link in links:
        principal = None if link is None else _principal(table, sign_in.subject, link)
        if principal is not None:
            return principal
    raise Rejected(Problem.FORBIDDEN, _refusal(table, sign_in, organisation_id))


def list_organisations(table: Table, principal: Principal) -> list[dict[str, Any]]:
    """Return the organisations that the caller may choose from, oldest first: of a token, its own."""
    if principal.subject is None:
        found = [principal]
    else:
        links = table.query(keys.login_group(principal.subject), limit=MAX_MEMBERSHIPS)
        found = [one for link in links if (one := _principal(table, principal.subject, link))]
    return [{"id": one.organisation_id, "name": one.organisation_name, "role": one.role.value} for one in found]


def forget_sign_in(table: Table, member: Item) -> None:
    """Let another user become this member, by the same address. A second call changes nothing.

    Raises:
        Conflict: the member was changed meanwhile.
    """
    subject = member.data.get("subject")
    if subject is None:
        return
    data = {name: value for name, value in member.data.items() if name != "subject"}
    link = table.get(keys.login_key(subject, member.key.pk.partition("#")[2]))
    writes: list[Write] = [Put(member.key, data, member.version)]
    table.transact(writes if link is None else [*writes, Delete(link.key, link.version)])


def _link(table: Table, sign_in: SignIn, now_ns: int, source_ip: str) -> None:
    """Make the user every member who has the address and nobody is yet."""
    assert sign_in.email is not None
    for known in table.query(keys.email_group(sign_in.email), limit=MAX_MEMBERSHIPS):
        organisation_id = known.key.sk
        for _ in range(_TRIES):
            member = table.get(keys.member_key(organisation_id, known.data["member_id"]))
            if member is None or "subject" in member.data:
                break
            now = time_text(now_ns)
            entry_id = new_id("aud", now_ns // 1_000_000)
            entry = audit_entry(
                entry_id,
                now,
                "member.sign_in",
                {"type": "member", "id": member.data["id"]},
                {"member_id": member.data["id"], "name": member.data["email"], "token_id": None},
                source_ip,
                before=None,
                after={"signs_in": True},
            )
            data = {**member.data, "subject": sign_in.subject, "updated_at": now}
            writes = [
                Put(member.key, data, member.version),
                Put(keys.login_key(sign_in.subject, organisation_id), {"member_id": member.data["id"]}, 0),
                Put(keys.audit_key(organisation_id, entry_id), entry, 0),
            ]
            try:
                table.transact(writes)
            except Conflict:
                continue  # another request of the same user was faster, or the member was changed
            break


def _principal(table: Table, subject: str, link: Item) -> Principal | None:
    organisation_id = link.key.sk
    member = table.get(keys.member_key(organisation_id, link.data["member_id"]))
    organisation = table.get(keys.organisation_key(organisation_id))
    if member is None or organisation is None or member.data.get("subject") != subject:
        return None
    return Principal(
        organisation_id=organisation_id,
        organisation_name=organisation.data["name"],
        member_id=member.data["id"],
        member_email=member.data["email"],
        token_id=None,
        role=Role(member.data["role"]),
        subject=subject,
    )


def _refusal(table: Table, sign_in: SignIn, organisation_id: str | None) -> str:
    if organisation_id is not None:
        return NOT_A_MEMBER
    if sign_in.email is None:
        return "You are no member of an organisation yet, and your e-mail address is not verified: verify it first."
    if table.query(keys.email_group(sign_in.email), limit=1):
        return "The member with your address signs in as another user: have an admin remove and invite them again."
    return "You are no member of an organisation yet: have an admin invite your e-mail address."
