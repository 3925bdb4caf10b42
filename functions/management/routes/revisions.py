"""Routes of revisions."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import orjson
from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog import revisions
from domain.errors import FaultyRequest
from domain.http import HttpRequest
from domain.records.caller import Role
from domain.records.change import Catalog, Resource, remember_answer, stored_answer
from functions.management.routes.queries import Confirm, Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.items import RevisionDocument
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.declared import PROTOCOL_PATTERN
from schemas.models.revision import (
    CreatedRevision,
    DryRun,
    FieldsReplace,
    RevisionChange,
    RevisionCreate,
    RevisionPage,
    RevisionWithFields,
)

_ALL = "/v1/endpoints/{endpoint_id}/revisions"
_ONE = "/v1/revisions/{revision_id}"

_Protocol = Annotated[
    str | None,
    Query(pattern=PROTOCOL_PATTERN, description="The body is what an SDK of it sends, such as `segment`."),
]
_Route = Annotated[str | None, Query(max_length=200, description="Of the protocol; without it, its first one.")]


class DryRunner(Protocol):
    """Validates the events of a request under a revision and keeps none; the very code of ingest.

    Raises `Rejected` for a request that has no events to validate.
    """

    def __call__(
        self,
        document: RevisionDocument,
        request: HttpRequest,
        *,
        received_ns: int,
        organisation_id: str,
        endpoint_id: str,
        protocol: str | None = None,
        route: str | None = None,
    ) -> list[dict[str, Any]]: ...


def declare(routes: Routes, catalog: Catalog, dry_run: DryRunner) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        _ALL,
        "List an endpoint's revisions, without their fields",
        role=Role.VIEWER,
        shown=RevisionPage,
    )
    def list_revisions(endpoint_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first."""
        return revisions.list_revisions(catalog, routes.call, endpoint_id, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create a revision",
        role=Role.EDITOR,
        shown=CreatedRevision,
        status=201,
        body="json",
        location="/v1/revisions/{id}",
        problems=(Problem.NAME_TAKEN,),
        computes=True,
        large_body=True,
    )
    def create_revision(endpoint_id: str, body: RevisionCreate) -> Resource:
        """A draft: blank, a clone that remembers its parent, from a template, a JSON Schema or sample events.

        What a JSON Schema or the samples hold that no field can is listed in the answer, which alone keeps it.
        """
        return revisions.create_revision(catalog, routes.call, endpoint_id, budget=routes.budget, **body.given())

    @routes.add("GET", _ONE, "Get a revision with its fields", role=Role.VIEWER, shown=RevisionWithFields)
    def get_revision(revision_id: str) -> Resource:
        """Drafts and finalised ones alike; its version is what saving fields asks for as `If-Match`."""
        return revisions.get_revision(catalog, routes.call, revision_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Change a revision's name or settings",
        role=Role.EDITOR,
        shown=RevisionWithFields,
        body="json",
        if_match="optional",
        problems=(Problem.NAME_TAKEN, Problem.REVISION_FINALISED),
    )
    def change_revision(revision_id: str, body: RevisionChange) -> Resource:
        """Of a finalised revision only the name may change."""
        return revisions.change_revision(catalog, routes.call, revision_id, body.given())

    @routes.add(
        "DELETE",
        _ONE,
        "Delete a draft",
        role=Role.ADMIN,
        status=204,
        if_match="optional",
        problems=(Problem.REVISION_FINALISED, Problem.CONFIRMATION_MISMATCH),
    )
    def delete_revision(revision_id: str, confirm: Confirm = None) -> None:
        """A finalised revision goes only with its endpoint."""
        revisions.delete_revision(catalog, routes.call, revision_id, confirm)

    @routes.add(
        "PUT",
        f"{_ONE}/fields",
        "Replace a draft's fields, the whole tree at once",
        role=Role.EDITOR,
        shown=RevisionWithFields,
        body="json",
        if_match="required",
        problems=(Problem.REVISION_FINALISED,),
        computes=True,
        large_body=True,
    )
    def replace_fields(revision_id: str, body: FieldsReplace) -> Resource:
        """All faults of the tree are reported at once, and then nothing is saved. `If-Match: *` takes any version."""
        given = body.given()
        return revisions.replace_fields(
            catalog,
            routes.call,
            revision_id,
            given["fields"],
            event_name=given.get("event_name"),
            budget=routes.budget,
        )

    @routes.add(
        "POST",
        f"{_ONE}/finalise",
        "Finalise a draft",
        role=Role.EDITOR,
        shown=RevisionWithFields,
        if_match="optional",
        problems=(Problem.REVISION_EMPTY,),
        computes=True,
    )
    def finalise_revision(revision_id: str) -> Resource:
        """From then on it can be deployed and is immutable, except for its name. A second time changes nothing."""
        return revisions.finalise_revision(catalog, routes.call, revision_id)

    @routes.add(
        "POST",
        f"{_ONE}/validate",
        "Try events on a revision",
        role=Role.VIEWER,
        shown=DryRun,
        body="raw",
        problems=(
            Problem.NO_PAYLOAD,
            Problem.BAD_ENCODING,
            Problem.TOO_MANY_EVENTS,
            Problem.UNSUPPORTED_ENCODING,
        ),
        computes=True,
    )
    def validate_events(
        revision_id: str,
        protocol: _Protocol = None,
        route: _Route = None,
    ) -> Resource:
        """A dry run by the very code of ingest; the body is exactly as an ingest request's. Nothing is kept.

        Other parameters of the query are a sender's, and read as ingest reads them.
        """
        if route is not None and protocol is None:
            raise FaultyRequest([{"pointer": "/protocol", "code": "required", "message": "Name the route's protocol."}])
        return _remembered(lambda: _dry_run(revision_id, protocol, route))

    def _dry_run(revision_id: str, protocol: str | None, route: str | None) -> Resource:
        current = routes.current
        revision, tree = revisions.read_with_tree(catalog.table, routes.call, revision_id)
        rows = dry_run(
            revisions.document_from(revision, tree),
            current.request,
            received_ns=catalog.clock(),
            organisation_id=routes.call.principal.organisation_id,
            endpoint_id=revision.data["endpoint_id"],
            protocol=protocol,
            route=route,
        )
        return {"results": rows}

    def _remembered(work: Callable[[], Resource]) -> Resource:
        stored = stored_answer(catalog.table, routes.call)
        if stored is not None:
            return stored
        result = work()
        return remember_answer(catalog, routes.call, result, len(orjson.dumps(result)))
