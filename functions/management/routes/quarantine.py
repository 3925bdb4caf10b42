"""Routes of the quarantine and of redrives."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.catalog import quarantine as shown
from domain.catalog import redrive_previews as previews
from domain.catalog import redrives
from domain.catalog.repairs import repairs_from
from domain.quarantine.ports import RedriveStarter
from domain.quarantine.reading import Quarantine
from domain.quarantine.repairs import Repairs
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Fault, Problem
from schemas.limits import DEFAULT_PAGE_ITEMS, MAX_EVENT_NAME_CHARS, MAX_GROUP_POINTER_CHARS, MAX_QUARANTINE_SAMPLES
from schemas.models.declared import ID_PATTERN
from schemas.models.quarantine import (
    QuarantinedEventPage,
    QuarantinePage,
    Redrive,
    RedriveCreate,
    RedriveFilter,
    RedrivePage,
    RedrivePreview,
    RedrivePreviewed,
)

_ENVIRONMENT = "/v1/environments/{environment_id}"
_ONE = "/v1/redrives/{redrive_id}"
_HOURS = "RFC 3339; rounded {} to a whole hour of arrival. Without it, {}."
_DEFAULT_SAMPLES = 5

_Code = Annotated[Fault | None, Query(description="Only events with a fault of this code.")]
_Pointer = Annotated[
    str | None,
    Query(max_length=MAX_GROUP_POINTER_CHARS, description="Only events with a fault at this pointer."),
]
_Revision = Annotated[str | None, Query(pattern=ID_PATTERN, description="Only events that this revision refused.")]
_EventName = Annotated[
    str | None, Query(min_length=1, max_length=MAX_EVENT_NAME_CHARS, description="Only events of this name.")
]
_From = Annotated[str | None, Query(alias="from", description=_HOURS.format("down", "the oldest that is kept"))]
_To = Annotated[str | None, Query(description=_HOURS.format("up", "now"))]
_Samples = Annotated[int, Query(ge=0, le=MAX_QUARANTINE_SAMPLES, description="Events to show beside the groups.")]


def declare(routes: Routes, catalog: Catalog, quarantine: Quarantine, starter: RedriveStarter) -> None:
    """Declare them."""

    def asked_for(narrowed: RedriveFilter) -> shown.Asked:
        given = narrowed.given()
        names = ("code", "pointer", "revision", "start", "to", "event_name")
        return shown.Asked(*map(given.get, names))

    def repairs_of(body: RedriveCreate | RedrivePreview) -> Repairs:
        return repairs_from(body.given_repairs(), routes.current.request.body)

    @routes.add(
        "GET",
        f"{_ENVIRONMENT}/quarantine",
        "Get what is in quarantine: groups by reason, and samples",
        role=Role.VIEWER,
        shown=QuarantinePage,
    )
    def get_quarantine(
        environment_id: str,
        code: _Code = None,
        pointer: _Pointer = None,
        revision: _Revision = None,
        event_name: _EventName = None,
        start: _From = None,
        to: _To = None,
        samples: _Samples = _DEFAULT_SAMPLES,
        limit: Limit = DEFAULT_PAGE_ITEMS,
        cursor: Cursor = None,
    ) -> Resource:
        """The largest group first. Groups whose events were all sent since have the count 0."""
        asked = shown.Asked(code, pointer, revision, start, to, event_name)
        return shown.show_quarantine(
            catalog, quarantine, routes.call, environment_id, asked, samples=samples, limit=limit, cursor=cursor
        )

    @routes.add(
        "GET",
        f"{_ENVIRONMENT}/quarantine/events",
        "List events in quarantine, the newest hour first",
        role=Role.VIEWER,
        shown=QuarantinedEventPage,
    )
    def list_quarantined_events(
        environment_id: str,
        code: _Code = None,
        pointer: _Pointer = None,
        revision: _Revision = None,
        event_name: _EventName = None,
        start: _From = None,
        to: _To = None,
        limit: Limit = DEFAULT_PAGE_ITEMS,
        cursor: Cursor = None,
    ) -> Resource:
        """Whole events with their faults. A page may be short, even empty, and not be the last: go by `next`."""
        asked = shown.Asked(code, pointer, revision, start, to, event_name)
        return shown.list_events(catalog, quarantine, routes.call, environment_id, asked, limit=limit, cursor=cursor)

    @routes.add(
        "POST",
        f"{_ENVIRONMENT}/redrives",
        "Send quarantined events that fit a revision",
        role=Role.EDITOR,
        shown=Redrive,
        status=201,
        body="json",
        location="/v1/redrives/{id}",
        problems=(Problem.REVISION_NOT_FINALISED, Problem.REDRIVE_RUNNING, Problem.LIMIT_REACHED),
    )
    def create_redrive(environment_id: str, body: RedriveCreate) -> Resource:
        """The work goes on after the answer. Events keep their ids; those that don't fit stay in quarantine."""
        asked, repairs = asked_for(body.filter), repairs_of(body)
        return redrives.create_redrive(
            catalog,
            quarantine,
            starter,
            routes.call,
            environment_id,
            asked,
            body.revision_id,
            repairs,
            dry_run=body.dry_run,
        )

    @routes.add(
        "POST",
        f"{_ENVIRONMENT}/redrives/preview",
        "Try a redrive on some quarantined events",
        role=Role.VIEWER,
        shown=RedrivePreviewed,
        body="json",
        computes=True,
        problems=(Problem.REVISION_NOT_FINALISED,),
    )
    def preview_redrive(environment_id: str, body: RedrivePreview) -> Resource:
        """Shows events before and after the repairs, and whether they fit the revision. Nothing is changed or sent."""
        return previews.preview_redrive(
            catalog,
            quarantine,
            routes.call,
            environment_id,
            asked_for(body.filter),
            body.revision_id,
            repairs_of(body),
            samples=body.samples,
            budget=routes.budget,
        )

    @routes.add(
        "GET",
        f"{_ENVIRONMENT}/redrives",
        "List redrives, newest first",
        role=Role.VIEWER,
        shown=RedrivePage,
    )
    def list_redrives(environment_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Those that have ended, too."""
        return redrives.list_redrives(catalog, quarantine, routes.call, environment_id, limit, cursor)

    @routes.add("GET", _ONE, "Get a redrive and how far it is", role=Role.VIEWER, shown=Redrive)
    def get_redrive(redrive_id: str) -> Resource:
        """Counts are of the objects that it is through with."""
        return redrives.get_redrive(catalog, quarantine, routes.call, redrive_id)

    @routes.add("POST", f"{_ONE}/cancel", "Cancel a redrive", role=Role.EDITOR, shown=Redrive, if_match="optional")
    def cancel_redrive(redrive_id: str) -> Resource:
        """It stops before its next object; what it has sent stays sent. One that has ended stays as it is."""
        return redrives.cancel_redrive(catalog, quarantine, routes.call, redrive_id)
