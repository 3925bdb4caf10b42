"""The route that says who calls."""

from domain.catalog.access import show_caller
from domain.catalog.caller import Role
from domain.catalog.change import Resource
from functions.management.routing import Routes
from schemas.models.me import Me


def declare(routes: Routes) -> None:
    """Declare it."""

    @routes.add("GET", "/v1/me", "Get the caller's member, role and organisation", role=Role.VIEWER, shown=Me)
    def get_me() -> Resource:
        return show_caller(routes.call.principal)
