"""The route that shows how events are sent to an environment."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog.caller import Role
from domain.catalog.change import Catalog, Resource
from domain.catalog.environments import get_environment
from domain.catalog.examples import example_of
from domain.catalog.revisions import read_with_tree
from domain.catalog.snippets import make_snippets, text_from_event, text_from_written
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.models.snippet import SnippetPage

Example = Annotated[
    str | None, Query(max_length=8_000, description="The event to send: a JSON object. Without it, an example is made.")
]


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare it."""

    @routes.add(
        "GET",
        "/v1/environments/{environment_id}/snippets",
        "Get code that sends an event",
        role=Role.VIEWER,
        shown=SnippetPage,
        problems=(Problem.INVALID_REQUEST,),
    )
    def list_snippets(environment_id: str, example: Example = None) -> Resource:
        """Each runs as it stands. The example is not judged; snippets that it is too large for are left out."""
        environment = get_environment(catalog, routes.call, environment_id)
        if example is None:
            _, tree = read_with_tree(catalog.table, routes.call, environment["revision_id"])
            text = text_from_event(example_of(tree.data["data_maps"]))
        else:
            text = text_from_written(example)
        snippets = make_snippets(environment["address"], text)
        return {"items": [snippet._asdict() for snippet in snippets], "next": None}
