"""Routes of a person, before an organisation is chosen: what they belong to, and what they are invited to."""

from domain.access import invitations
from domain.access.sign_ins import list_memberships
from domain.records.change import Catalog, Resource
from domain.records.pages import page_of
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.invitation import InvitationPage
from schemas.models.me import Membership, MembershipPage

_ALL = "/v1/invitations"
_ONE = f"{_ALL}/{{invitation_id}}"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add("GET", "/v1/memberships", "List the caller's organisations", role=None, shown=MembershipPage)
    def list_own_memberships(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """In the order of joining. Needs no `X-Organisation-Id`: a client chooses from these. A token has one."""
        return page_of(list_memberships(catalog.table, routes.current.caller), limit=limit, cursor=cursor)

    @routes.add("GET", _ALL, "List the caller's pending invitations", role=None, shown=InvitationPage)
    def list_invitations(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Those of the verified address of a person who signs in, oldest first; at most 50. A token has none."""
        return invitations.list_invitations(catalog, routes.current.caller, limit, cursor)

    @routes.add(
        "POST",
        f"{_ONE}/accept",
        "Accept an invitation",
        role=None,
        shown=Membership,
        problems=(Problem.LIMIT_REACHED,),
    )
    def accept_invitation(invitation_id: str) -> Resource:
        """Makes the person who signs in a member of the organisation; accepting again changes nothing."""
        current = routes.current
        return invitations.accept_invitation(catalog, current.caller, invitation_id, current.request.source_ip)

    @routes.add("DELETE", _ONE, "Decline an invitation", role=None, status=204)
    def decline_invitation(invitation_id: str) -> None:
        """Removes it, and the token that came with it. Who is to own an organisation can't decline (409)."""
        current = routes.current
        invitations.decline_invitation(catalog, current.caller, invitation_id, current.request.source_ip)
