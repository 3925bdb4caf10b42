"""Routes of organisations: the caller's own, and making further ones."""

from domain.catalog import organisations
from domain.catalog.caller import Role
from domain.catalog.change import Catalog, Resource
from domain.metering.ports import UsageReader
from functions.management.routing import Routes
from schemas.models.organisation import Organisation, OrganisationChange, OrganisationCreate, OrganisationMade

_OWN = "/v1/organisation"


def declare(routes: Routes, catalog: Catalog, usage: UsageReader) -> None:
    """Declare them."""

    @routes.add("GET", _OWN, "Get the caller's organisation with its plan", role=Role.VIEWER, shown=Organisation)
    def get_organisation() -> Resource:
        """Its name and plan, and how much of the plan is used this month."""
        return organisations.get_organisation(catalog, usage, routes.call)

    @routes.add(
        "PATCH",
        _OWN,
        "Change the organisation's name or plan",
        role=Role.ADMIN,
        shown=Organisation,
        body="json",
        if_match="optional",
    )
    def change_organisation(body: OrganisationChange) -> Resource:
        """Of a plan, the fields that are left out stay as they are."""
        return organisations.change_organisation(catalog, usage, routes.call, body.given())

    @routes.add(
        "POST",
        "/v1/organisations",
        "Create a further organisation with its owner",
        role=Role.OWNER,
        shown=OrganisationMade,
        status=201,
        body="json",
    )
    def create_organisation(body: OrganisationCreate) -> Resource:
        """For the owner of the deployment's first organisation. The new owner gets in with the token in this answer."""
        given = body.given()
        return organisations.create_organisation(catalog, routes.call, given["name"], given["owner_email"])
