"""Routes of taps and of the events that they keep."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.live import taps
from domain.live.ports import TapStore
from domain.live.reading import Patience
from domain.metering.ports import UsageReader
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS, MAX_TAP_WAIT_SECONDS
from schemas.models.tap import Tap, TapCreate, TapList, TappedEventPage

_ALL = "/v1/environments/{environment_id}/taps"
_ONE = "/v1/taps/{tap_id}"

After = Annotated[
    str | None, Query(max_length=20, description="`cursor` of the answer before; without it, from the oldest.")
]
Wait = Annotated[
    int, Query(ge=0, le=MAX_TAP_WAIT_SECONDS, description="Seconds to wait for an event where there is none.")
]


def declare(routes: Routes, catalog: Catalog, usage: UsageReader, store: TapStore, patience: Patience) -> None:
    """Declare them."""

    @routes.add(
        "POST",
        _ALL,
        "Start a tap",
        role=Role.EDITOR,
        shown=Tap,
        status=201,
        body="json",
        location="/v1/taps/{id}",
        problems=(Problem.LIMIT_REACHED, Problem.TAPS_OFF),
    )
    def create_tap(environment_id: str, body: TapCreate) -> Resource:
        """Every handler keeps events for it within 5 seconds. It ends automatically."""
        return taps.create_tap(catalog, usage, routes.call, environment_id, body.model_dump(exclude_unset=True))

    @routes.add("GET", _ALL, "List the taps that run", role=Role.EDITOR, shown=TapList)
    def list_taps(environment_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first."""
        return taps.list_taps(catalog, routes.call, environment_id, limit, cursor)

    @routes.add("GET", _ONE, "Get a tap", role=Role.EDITOR, shown=Tap)
    def get_tap(tap_id: str) -> Resource:
        """It can be read for an hour after its end."""
        return taps.get_tap(catalog, routes.call, tap_id)

    @routes.add("DELETE", _ONE, "End a tap and delete what it kept", role=Role.EDITOR, status=204, if_match="optional")
    def delete_tap(tap_id: str) -> None:
        """Its events can't be read any more. Handlers keep none within 5 seconds."""
        taps.delete_tap(catalog, routes.call, tap_id)

    @routes.add(
        "GET",
        f"{_ONE}/events",
        "List the events that a tap kept",
        role=Role.EDITOR,
        shown=TappedEventPage,
        problems=(Problem.TAPS_OFF,),
    )
    def list_tapped_events(
        tap_id: str, after: After = None, limit: Limit = DEFAULT_PAGE_ITEMS, wait: Wait = 0
    ) -> Resource:
        """Those of the last hour, oldest first. With `wait`, the answer comes with the next event, or after so long."""
        return taps.list_tapped_events(
            catalog, store, patience, routes.call, tap_id, after=after, limit=limit, wait_seconds=wait
        )
