"""Routes of organisations: the caller's own, and making further ones."""

from domain.access import organisations
from domain.metering.ports import UsageReader
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.organisation import (
    AnyOrganisationChange,
    Organisation,
    OrganisationChange,
    OrganisationCreate,
    OrganisationMade,
    OrganisationPage,
)

_OWN = "/v1/organisation"
_ALL = "/v1/organisations"
_ONE = f"{_ALL}/{{organisation_id}}"


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
        """Of a plan, the fields that are left out stay as they are. The deployment's operator alone changes a plan."""
        return organisations.change_organisation(catalog, usage, routes.call, body.given())

    @routes.add(
        "GET",
        _ALL,
        "List the deployment's organisations",
        role=Role.OWNER,
        shown=OrganisationPage,
        problems=(Problem.NOT_FOUND,),
    )
    def list_organisations(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """For the deployment's operator: plans, limits and their use; for anyone else this is not found."""
        return organisations.list_organisations(catalog, usage, routes.call, limit, cursor)

    @routes.add("GET", _ONE, "Get any organisation with its plan", role=Role.OWNER, shown=Organisation)
    def get_any_organisation(organisation_id: str) -> Resource:
        """For the deployment's operator."""
        return organisations.get_any_organisation(catalog, usage, routes.call, organisation_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Set the plan and the bounds of any organisation",
        role=Role.OWNER,
        shown=Organisation,
        body="json",
        if_match="optional",
    )
    def change_any_organisation(organisation_id: str, body: AnyOrganisationChange) -> Resource:
        """For the deployment's operator. What is left out stays as it is; a bound of null is the default again."""
        return organisations.change_any_organisation(catalog, usage, routes.call, organisation_id, body.given())

    @routes.add(
        "POST",
        _ALL,
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
