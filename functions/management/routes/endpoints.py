"""Routes of endpoints."""

from domain.catalog import endpoints
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Confirm, Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.endpoint import Endpoint, EndpointChange, EndpointCreate, EndpointPage

_ALL = "/v1/endpoints"
_ONE = "/v1/endpoints/{endpoint_id}"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add("GET", _ALL, "List endpoints", role=Role.VIEWER, shown=EndpointPage)
    def list_endpoints(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Those of the organisation, oldest first."""
        return endpoints.list_endpoints(catalog, routes.call, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create an endpoint",
        role=Role.EDITOR,
        shown=Endpoint,
        status=201,
        body="json",
        location=f"{_ALL}/{{id}}",
        problems=(Problem.NAME_TAKEN, Problem.LIMIT_REACHED),
    )
    def create_endpoint(body: EndpointCreate) -> Resource:
        """It starts with one draft named `Revision 1`, empty or from a template."""
        given = body.given()
        return endpoints.create_endpoint(catalog, routes.call, given["name"], given.get("template"))

    @routes.add("GET", _ONE, "Get an endpoint", role=Role.VIEWER, shown=Endpoint)
    def get_endpoint(endpoint_id: str) -> Resource:
        """Its name, and when it was made and changed."""
        return endpoints.get_endpoint(catalog, routes.call, endpoint_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Rename an endpoint",
        role=Role.EDITOR,
        shown=Endpoint,
        body="json",
        if_match="optional",
        problems=(Problem.NAME_TAKEN,),
    )
    def change_endpoint(endpoint_id: str, body: EndpointChange) -> Resource:
        """Environments keep their addresses, and revisions their names."""
        return endpoints.change_endpoint(catalog, routes.call, endpoint_id, body.given())

    @routes.add(
        "DELETE",
        _ONE,
        "Delete an endpoint with all its environments",
        role=Role.ADMIN,
        status=204,
        if_match="optional",
        problems=(Problem.CONFIRMATION_MISMATCH,),
    )
    def delete_endpoint(endpoint_id: str, confirm: Confirm = None) -> None:
        """Ingest answers 410 at once. Data that was delivered stays where it is."""
        endpoints.delete_endpoint(catalog, routes.call, endpoint_id, confirm)
