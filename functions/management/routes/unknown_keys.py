"""The route of keys that no field names."""

from domain.catalog import unknown_keys
from domain.metering.unknown_keys import Stored
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routing import Routes
from schemas.models.unknown_keys import UnknownKeys


def declare(routes: Routes, catalog: Catalog, stored: Stored) -> None:
    """Declare it."""

    @routes.add(
        "GET",
        "/v1/environments/{environment_id}/unknown-keys",
        "List the keys that arrived and that no field names",
        role=Role.VIEWER,
        shown=UnknownKeys,
    )
    def list_unknown_keys(environment_id: str) -> Resource:
        """From a sample of the last 30 days: at most one event a second is looked at. The most frequent first."""
        return unknown_keys.list_unknown_keys(catalog, stored, routes.call, environment_id)
