"""The routes that show how events are sent to an environment."""

from typing import Annotated
from urllib.parse import quote

import orjson
from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog.environments import get_environment
from domain.catalog.revisions import read_with_tree
from domain.errors import FaultyRequest
from domain.language.examples import example_of
from domain.language.snippets import make_snippets, text_from_event, text_from_written
from domain.records.caller import Role
from domain.records.change import Catalog, Resource, remember_answer, stored_answer
from domain.records.pages import page_of
from functions.management.routes.queries import Cursor, Limit, When
from functions.management.routing import Routes
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.snippet import SnippetExample, SnippetPage

Example = Annotated[
    str | None, Query(max_length=8_000, description="The event to send: a JSON object. Without it, an example is made.")
]


_PATH = "/v1/environments/{environment_id}/snippets"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        _PATH,
        "Get code that sends an event",
        role=Role.VIEWER,
        shown=SnippetPage,
        computes=True,
    )
    def list_snippets(
        environment_id: str,
        example: Example = None,
        when: When = None,
        limit: Limit = DEFAULT_PAGE_ITEMS,
        cursor: Cursor = None,
    ) -> Resource:
        """Each runs as it stands. The example is not validated; snippets that it is too large for are left out."""
        environment = get_environment(catalog, routes.call, environment_id)
        if example is not None and when is not None:
            message = "Chooses among examples that are made: leave it out where you give one."
            raise FaultyRequest([{"pointer": "/when", "code": "not_allowed", "message": message}])
        if example is not None:
            return page_of(_shown(environment, text_from_written(example)), limit=limit, cursor=cursor)
        revision, tree = read_with_tree(catalog.table, routes.call, environment["revision_id"])
        rejects = revision.data["additional_keys"] == "reject"
        made = example_of(tree.data["fields"], routes.budget, when, rejects_unknown=rejects)
        text = text_from_event(made)
        return page_of(_shown(environment, text), limit=limit, cursor=cursor)

    @routes.add(
        "POST",
        _PATH,
        "Get code that sends an event of yours",
        role=Role.VIEWER,
        shown=SnippetPage,
        body="json",
    )
    def write_snippets(environment_id: str, body: SnippetExample) -> Resource:
        """As the GET, with the example in the body: addresses of requests are logged, bodies are not."""
        environment = get_environment(catalog, routes.call, environment_id)
        stored = stored_answer(catalog.table, routes.call)
        if stored is not None:
            return stored
        answer: Resource = {"items": _shown(environment, text_from_written(body.example)), "next": None}
        return remember_answer(catalog, routes.call, answer, len(orjson.dumps(answer)))


def _shown(environment: Resource, text: str) -> list[Resource]:
    address = environment["address"]
    # In the query, where a pixel and a beacon can carry it too, and no preflight is needed for it.
    if environment["write_keys"]:
        address += "?writeKey=" + quote(environment["write_keys"][0], safe="")
    return [snippet._asdict() for snippet in make_snippets(address, text)]
