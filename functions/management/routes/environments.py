"""Routes of environments."""

from domain.catalog import destinations, environments
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Confirm, Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.destination import DestinationCheck, DestinationToTry
from schemas.models.environment import Environment, EnvironmentChange, EnvironmentCreate, EnvironmentPage

_ALL = "/v1/endpoints/{endpoint_id}/environments"
_ONE = "/v1/environments/{environment_id}"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        _ALL,
        "List an endpoint's environments",
        role=Role.VIEWER,
        shown=EnvironmentPage,
    )
    def list_environments(endpoint_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first."""
        return environments.list_environments(catalog, routes.call, endpoint_id, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create an environment",
        role=Role.EDITOR,
        shown=Environment,
        status=201,
        body="json",
        location="/v1/environments/{id}",
        problems=(
            Problem.NAME_TAKEN,
            Problem.LIMIT_REACHED,
            Problem.REVISION_NOT_FINALISED,
            Problem.DESTINATION_REFUSED,
        ),
    )
    def create_environment(endpoint_id: str, body: EnvironmentCreate) -> Resource:
        """The destination is tried before anything is saved.

        The status is `provisioning` until the delivery streams are there; ingest answers 503 until then.
        """
        return environments.create_environment(catalog, routes.call, endpoint_id, body.model_dump())

    @routes.add("GET", _ONE, "Get an environment", role=Role.VIEWER, shown=Environment)
    def get_environment(environment_id: str) -> Resource:
        """Its settings, address and status."""
        return environments.get_environment(catalog, routes.call, environment_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Change an environment's settings",
        role=Role.EDITOR,
        shown=Environment,
        body="json",
        if_match="optional",
        problems=(Problem.NAME_TAKEN, Problem.DESTINATION_REFUSED),
    )
    def change_environment(environment_id: str, body: EnvironmentChange) -> Resource:
        """A destination is tried before it is saved. Any change of a failed environment provisions it again."""
        return environments.change_environment(catalog, routes.call, environment_id, body.given())

    @routes.add(
        "DELETE",
        _ONE,
        "Delete an environment",
        role=Role.ADMIN,
        status=204,
        if_match="optional",
        problems=(Problem.CONFIRMATION_MISMATCH,),
    )
    def delete_environment(environment_id: str, confirm: Confirm = None) -> None:
        """Ingest answers 410 at once. Data that was delivered stays where it is."""
        environments.delete_environment(catalog, routes.call, environment_id, confirm)

    @routes.add(
        "POST",
        f"{_ONE}/destination/check",
        "Try an environment's destination again",
        role=Role.EDITOR,
        shown=DestinationCheck,
        problems=(Problem.LIMIT_REACHED,),
    )
    def check_destination(environment_id: str) -> Resource:
        """What is tried is what delivery needs, live; nothing is changed, and nothing is left behind."""
        return destinations.check_destination(catalog, routes.call, environment_id)

    @routes.add(
        "POST",
        "/v1/destinations/check",
        "Try a destination before an environment has it",
        role=Role.EDITOR,
        shown=DestinationCheck,
        body="json",
        problems=(Problem.LIMIT_REACHED,),
    )
    def try_destination(body: DestinationToTry) -> Resource:
        """As when an environment is made with it: nothing is saved, and nothing is left behind."""
        return destinations.check_written(catalog, routes.call, body.destination.model_dump())
