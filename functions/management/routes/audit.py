"""The route of the audit log."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog import audit
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.audit import AuditPage

Subject = Annotated[str | None, Query(max_length=64, description="The id of what was changed.")]
Actor = Annotated[str | None, Query(max_length=64, description="The id of the member, or the token, that changed it.")]
Action = Annotated[
    str | None,
    Query(
        max_length=64,
        description="One action, such as `environment.change`, or all of a family, such as `environment`.",
    ),
]
From = Annotated[str | None, Query(alias="from", max_length=40, description="RFC 3339, inclusive.")]
To = Annotated[str | None, Query(alias="to", max_length=40, description="RFC 3339, exclusive.")]


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare it."""

    @routes.add(
        "GET",
        "/v1/audit",
        "List what was changed, newest first",
        role=Role.VIEWER,
        shown=AuditPage,
    )
    def list_audit(
        subject: Subject = None,
        actor: Actor = None,
        action: Action = None,
        start: From = None,
        end: To = None,
        limit: Limit = DEFAULT_PAGE_ITEMS,
        cursor: Cursor = None,
    ) -> Resource:
        """A page of a search may hold fewer entries than asked for and still have a `next`: go on from there."""
        return audit.list_audit(
            catalog,
            routes.call,
            subject=subject,
            actor=actor,
            action=action,
            start=start,
            end=end,
            limit=limit,
            cursor=cursor,
        )
