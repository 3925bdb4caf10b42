"""Routes of personal tokens."""

from domain.access import tokens
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Confirm, Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.token import TokenCreate, TokenMade, TokenPage

_ALL = "/v1/tokens"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add("GET", _ALL, "List personal tokens", role=Role.VIEWER, shown=TokenPage)
    def list_tokens(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """The caller's own; for an admin, the whole organisation's."""
        return tokens.list_tokens(catalog, routes.call, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create a personal token",
        role=Role.VIEWER,
        shown=TokenMade,
        status=201,
        body="json",
        problems=(Problem.FORBIDDEN, Problem.LIMIT_REACHED),
    )
    def create_token(body: TokenCreate) -> Resource:
        """It is shown in this answer and never again, not even where an Idempotency-Key repeats the answer."""
        given = body.given()
        return tokens.create_token(catalog, routes.call, given["name"], given["role"], given.get("expires_at"))

    @routes.add(
        "DELETE",
        f"{_ALL}/{{token_id}}",
        "Delete a personal token",
        role=Role.VIEWER,
        status=204,
        if_match="optional",
        problems=(Problem.FORBIDDEN, Problem.CONFIRMATION_MISMATCH),
    )
    def delete_token(token_id: str, confirm: Confirm = None) -> None:
        """You may delete your own; deleting another member's needs an admin. It stops working at once."""
        tokens.delete_token(catalog, routes.call, token_id, confirm)
