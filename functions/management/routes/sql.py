"""The route that writes queries of an environment's events."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.queries.environments import environment_queries
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from domain.warehouses.engine import OwnBucket
from functions.management.routing import Routes
from schemas.models.queries import EnvironmentQueries, QueryEngine

_Engine = Annotated[
    QueryEngine | None, Query(description="What runs the queries; without it, the first that reads the destination.")
]


def declare(routes: Routes, catalog: Catalog, own_bucket: OwnBucket | None) -> None:
    """Declare it; managed destinations deliver to `own_bucket`."""

    @routes.add(
        "GET",
        "/v1/environments/{environment_id}/sql",
        "Get queries of an environment's events",
        role=Role.VIEWER,
        shown=EnvironmentQueries,
        computes=True,
    )
    def get_queries(environment_id: str, engine: _Engine = None) -> Resource:
        """For environments whose destination is `s3`, `lake`, `bigquery` or `postgres`. They hold no credentials."""
        return environment_queries(catalog.table, routes.call, own_bucket, environment_id, engine)
