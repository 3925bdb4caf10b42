"""Routes for the operator of a deployment: the events that destinations refused."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog import set_aside as decisions
from domain.operations.set_aside import SetAside
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.declared import ID_PATTERN
from schemas.models.set_aside import RedriveSetAside, SetAsidePage, SetAsideRedriven, SetAsideWithLines

_ALL = "/v1/operations/set-aside"
_Environment = Annotated[str | None, Query(pattern=ID_PATTERN, description="Only what was sent to this environment.")]


def declare(routes: Routes, catalog: Catalog, set_aside: SetAside) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        _ALL,
        "List what destinations refused, without the events",
        role=Role.OWNER,
        shown=SetAsidePage,
        problems=(Problem.NOT_FOUND,),
    )
    def list_set_aside(
        limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None, environment_id: _Environment = None
    ) -> Resource:
        """In order of environments and hours; for the owner of the deployment's first organisation."""
        return decisions.list_set_aside(catalog, set_aside, routes.call, limit, cursor, environment_id)

    @routes.add(
        "GET",
        f"{_ALL}/{{object_id}}",
        "Get a set-aside object with its first events and why they were refused",
        role=Role.OWNER,
        shown=SetAsideWithLines,
        problems=(Problem.CONFLICT,),
    )
    def get_set_aside(object_id: str, limit: Limit = DEFAULT_PAGE_ITEMS) -> Resource:
        """The events may be of any organisation: that they were read stands in the audit log."""
        return decisions.get_set_aside(catalog, set_aside, routes.call, object_id, limit)

    @routes.add(
        "POST",
        f"{_ALL}/redrive",
        "Send set-aside events again, or say how many there are to send",
        role=Role.OWNER,
        shown=SetAsideRedriven,
        body="json",
        problems=(Problem.NOT_FOUND, Problem.CONFLICT),
    )
    def redrive_set_aside(body: RedriveSetAside) -> Resource:
        """They go to the destinations of their environments. Fix the cause first: what is refused again stays.

        A call goes through a bounded number of objects; go on with `cursor` until `next` is null.
        """
        given = body.given()
        dry_run = given.pop("dry_run", False)
        return decisions.redrive_set_aside(catalog, set_aside, routes.call, decisions.Wanted(**given), dry_run=dry_run)
