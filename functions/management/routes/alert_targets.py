"""Routes of the targets of an organisation's alerts."""

from domain.alerts import targets
from domain.alerts.sending import Ways
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.alert import (
    AlertTarget,
    AlertTargetChange,
    AlertTargetCreate,
    AlertTargetList,
    AlertTargetMade,
    AlertTargetRotate,
    Tested,
)

_ALL = "/v1/alert-targets"
_ONE = f"{_ALL}/{{target_id}}"


def declare(routes: Routes, catalog: Catalog, ways: Ways) -> None:
    """Declare them."""

    @routes.add("GET", _ALL, "List the targets of alerts", role=Role.VIEWER, shown=AlertTargetList)
    def list_alert_targets(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first, each with what became of the last messages to it."""
        return targets.list_targets(catalog, ways, routes.call, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create a target of alerts",
        role=Role.EDITOR,
        shown=AlertTargetMade,
        status=201,
        body="json",
        location="/v1/alert-targets/{id}",
        problems=(Problem.LIMIT_REACHED, Problem.NAME_TAKEN),
    )
    def create_alert_target(body: AlertTargetCreate) -> Resource:
        """A webhook's secret is shown in this answer and never again. An address is asked to confirm at once."""
        return targets.create_target(catalog, ways, routes.call, body.given())

    @routes.add("GET", _ONE, "Get a target of alerts", role=Role.VIEWER, shown=AlertTarget)
    def get_alert_target(target_id: str) -> Resource:
        """With what became of the last messages to it."""
        return targets.get_target(catalog, ways, routes.call, target_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Change a target's name or address",
        role=Role.EDITOR,
        shown=AlertTarget,
        body="json",
        if_match="optional",
        problems=(Problem.NAME_TAKEN,),
    )
    def change_alert_target(target_id: str, body: AlertTargetChange) -> Resource:
        """Its kind and a mail address never change. A webhook's secret stays as it is."""
        return targets.change_target(catalog, ways, routes.call, target_id, body.given())

    @routes.add(
        "POST",
        f"{_ONE}/secret",
        "Give a webhook a new secret",
        role=Role.EDITOR,
        if_match="optional",
        shown=AlertTargetMade,
        body="json",
        problems=(Problem.LIMIT_REACHED,),
    )
    def rotate_alert_target_secret(target_id: str, body: AlertTargetRotate) -> Resource:
        """It is shown in this answer and never again. For 24 hours, messages are signed with the one before as well."""
        keep = body.given().get("keep_previous", True)
        return targets.rotate_secret(catalog, ways, routes.call, target_id, keep_previous=keep)

    @routes.add("DELETE", _ONE, "Delete a target of alerts", role=Role.EDITOR, status=204, if_match="optional")
    def delete_alert_target(target_id: str) -> None:
        """Only one that no alert has: otherwise nobody would notice that an alert tells nobody."""
        targets.delete_target(catalog, ways, routes.call, target_id)

    @routes.add(
        "POST",
        f"{_ONE}/test",
        "Send a test to a target",
        role=Role.EDITOR,
        shown=Tested,
        problems=(Problem.LIMIT_REACHED,),
    )
    def test_alert_target(target_id: str) -> Resource:
        """The answer says whether it was reached."""
        return targets.send_test(catalog, ways, routes.call, target_id)
