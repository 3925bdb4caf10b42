"""The route that says who calls."""

from domain.access.access import show_caller
from domain.access.invitations import count_invitations
from domain.access.operator import is_operator
from domain.access.sign_ins import list_memberships
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routing import Routes
from schemas.models.me import Me


def declare(routes: Routes, catalog: Catalog, deployment_account: str | None) -> None:
    """Declare it."""

    @routes.add("GET", "/v1/me", "Get the caller's member, role and organisation", role=Role.VIEWER, shown=Me)
    def get_me() -> Resource:
        """What the credential may do now, and the organisations that its owner may choose from."""
        principal = routes.call.principal
        organisations = list_memberships(catalog.table, principal)
        return show_caller(
            principal,
            organisations,
            invitations=count_invitations(catalog, principal),
            operator=is_operator(catalog.table, principal),
            deployment_account=deployment_account,
        )
