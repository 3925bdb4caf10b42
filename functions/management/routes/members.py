"""Routes of members."""

from domain.access import members
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Confirm, Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.member import Member, MemberChange, MemberInvite, MemberInvited, MemberPage

_ALL = "/v1/organisation/members"
_ONE = "/v1/organisation/members/{member_id}"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add("GET", _ALL, "List members", role=Role.VIEWER, shown=MemberPage)
    def list_members(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first."""
        return members.list_members(catalog, routes.call, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Invite a member",
        role=Role.ADMIN,
        shown=MemberInvited,
        status=201,
        body="json",
        problems=(Problem.NAME_TAKEN,),
    )
    def invite_member(body: MemberInvite) -> Resource:
        """They get in with the token in this answer, for 7 days, or, where people log in, with their address."""
        given = body.given()
        return members.invite_member(catalog, routes.call, given["email"], given["role"])

    @routes.add(
        "PATCH",
        _ONE,
        "Change a member's role",
        role=Role.ADMIN,
        shown=Member,
        body="json",
        if_match="optional",
    )
    def change_member(member_id: str, body: MemberChange) -> Resource:
        """The owner makes another member the owner to hand over, and becomes an admin."""
        return members.change_member(catalog, routes.call, member_id, body.role)

    @routes.add(
        "DELETE",
        _ONE,
        "Remove a member with all their tokens",
        role=Role.ADMIN,
        status=204,
        if_match="optional",
        problems=(Problem.CONFIRMATION_MISMATCH,),
    )
    def remove_member(member_id: str, confirm: Confirm = None) -> None:
        """Their tokens are refused from the next request on. The owner can't be removed."""
        members.remove_member(catalog, routes.call, member_id, confirm)
