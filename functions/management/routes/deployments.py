"""Routes of an environment's deployments, and of the canaries among them."""

from domain.catalog import deployments
from domain.metering.ports import UsageReader
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.environment import Deployment, DeploymentCreate, DeploymentPage

_ALL = "/v1/environments/{environment_id}/deployments"
_ONE = f"{_ALL}/{{deployment_id}}"


def declare(routes: Routes, catalog: Catalog, usage: UsageReader) -> None:
    """Declare them."""

    @routes.add(
        "POST",
        _ALL,
        "Deploy a revision, or roll back to an earlier one",
        role=Role.EDITOR,
        shown=Deployment,
        status=201,
        body="json",
        if_match="optional",
        problems=(Problem.CANARY_RUNNING, Problem.REVISION_NOT_FINALISED, Problem.DESTINATION_REFUSED),
    )
    def deploy(environment_id: str, body: DeploymentCreate) -> Resource:
        """The table of the revision is made before, where the destination has tables.

        With `canary`, only a share of the requests goes to the revision until you promote or abort it; a repeat of a
        request goes the same way as the first. `If-Match` is the environment's version.
        """
        canary = None if body.canary is None else body.canary.model_dump()
        return deployments.deploy(catalog, routes.call, environment_id, body.revision_id, body.note, canary)

    @routes.add(
        "GET",
        _ALL,
        "List deployments, newest first",
        role=Role.VIEWER,
        shown=DeploymentPage,
    )
    def list_deployments(environment_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """The creation is the oldest."""
        return deployments.list_deployments(catalog, usage, routes.call, environment_id, limit, cursor)

    @routes.add("GET", _ONE, "Get a deployment", role=Role.VIEWER, shown=Deployment)
    def get_deployment(environment_id: str, deployment_id: str) -> Resource:
        """Of a canary, with the refused shares of both revisions; they lag behind by some 15 seconds."""
        return deployments.get_deployment(catalog, usage, routes.call, environment_id, deployment_id)

    @routes.add(
        "POST",
        f"{_ONE}/promote",
        "Promote a canary",
        role=Role.EDITOR,
        shown=Deployment,
        if_match="optional",
        problems=(Problem.CANARY_ENDED,),
    )
    def promote(environment_id: str, deployment_id: str) -> Resource:
        """Its revision gets all requests, at every handler within 5 seconds. `If-Match` is the environment's version.

        A canary that was promoted already stays so.
        """
        return deployments.promote(catalog, usage, routes.call, environment_id, deployment_id)

    @routes.add(
        "POST",
        f"{_ONE}/abort",
        "Abort a canary",
        role=Role.EDITOR,
        shown=Deployment,
        if_match="optional",
        problems=(Problem.CANARY_ENDED,),
    )
    def abort(environment_id: str, deployment_id: str) -> Resource:
        """The revision that runs beside it gets all requests again, at every handler within 5 seconds.

        A canary that was aborted already, by a person or automatically, stays so. `If-Match` is the environment's
        version.
        """
        return deployments.abort(catalog, usage, routes.call, environment_id, deployment_id)
