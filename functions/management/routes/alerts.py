"""Routes of an environment's alerts."""

from domain.alerts import alerts
from domain.alerts.sending import Ways
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.alert import Alert, AlertChange, AlertCreate, AlertList, AlertTested, FiringAlertList

_ALL = "/v1/environments/{environment_id}/alerts"
_ONE = f"{_ALL}/{{alert_id}}"


def declare(routes: Routes, catalog: Catalog, ways: Ways) -> None:
    """Declare them."""

    @routes.add("GET", _ALL, "List the alerts of an environment", role=Role.VIEWER, shown=AlertList)
    def list_alerts(environment_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Oldest first, each with its state and with what became of the last messages to its targets."""
        return alerts.list_alerts(catalog, routes.call, environment_id, limit, cursor)

    @routes.add(
        "POST",
        _ALL,
        "Create an alert",
        role=Role.EDITOR,
        shown=Alert,
        status=201,
        body="json",
        problems=(Problem.LIMIT_REACHED,),
    )
    def create_alert(environment_id: str, body: AlertCreate) -> Resource:
        """It is looked at within a minute, and each minute from then on."""
        return alerts.create_alert(catalog, routes.call, environment_id, body.given())

    @routes.add("GET", _ONE, "Get an alert", role=Role.VIEWER, shown=Alert)
    def get_alert(environment_id: str, alert_id: str) -> Resource:
        """With its state and with what became of the last messages to its targets."""
        return alerts.get_alert(catalog, routes.call, environment_id, alert_id)

    @routes.add(
        "PATCH",
        _ONE,
        "Change an alert's settings, targets or name",
        role=Role.EDITOR,
        shown=Alert,
        body="json",
        if_match="optional",
    )
    def change_alert(environment_id: str, alert_id: str, body: AlertChange) -> Resource:
        """Whether it fires by its new settings is decided within a minute. Targets that are added are told next time.

        The kind never changes.
        """
        return alerts.change_alert(catalog, routes.call, environment_id, alert_id, body.given())

    @routes.add("DELETE", _ONE, "Delete an alert", role=Role.EDITOR, status=204, if_match="optional")
    def delete_alert(environment_id: str, alert_id: str) -> None:
        """An alert that fires sends nothing any more."""
        alerts.delete_alert(catalog, routes.call, environment_id, alert_id)

    @routes.add(
        "POST",
        f"{_ONE}/test",
        "Send a test to an alert's targets",
        role=Role.EDITOR,
        shown=AlertTested,
        problems=(Problem.LIMIT_REACHED,),
    )
    def test_alert(environment_id: str, alert_id: str) -> Resource:
        """The answer says of each target whether it was reached. The alert's state stays as it is."""
        return alerts.test_alert(catalog, ways, routes.call, environment_id, alert_id)

    @routes.add(
        "GET",
        "/v1/endpoints/{endpoint_id}/firing-alerts",
        "List the alerts of an endpoint that fire",
        role=Role.VIEWER,
        shown=FiringAlertList,
    )
    def list_firing_alerts(endpoint_id: str, limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """Of all its environments."""
        return alerts.list_firing(catalog, routes.call, endpoint_id, limit, cursor)
