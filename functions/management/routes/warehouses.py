"""The route that makes a warehouse load an environment's events."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from domain.warehouses.engine import OwnBucket
from domain.warehouses.environments import warehouse_script
from functions.management.routing import Routes
from schemas.models.warehouse import WarehouseEngine, WarehouseScript

_Engine = Annotated[WarehouseEngine, Query(description="The warehouse.")]
_From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="Id of the revision that the warehouse's table is of. Then the script changes that table.",
    ),
]
_To = Annotated[
    str | None,
    Query(alias="to", max_length=40, description="Id of the revision that types the table; without it, the running."),
]


def declare(routes: Routes, catalog: Catalog, own_bucket: OwnBucket | None) -> None:
    """Declare it; managed destinations deliver to `own_bucket`."""

    @routes.add(
        "GET",
        "/v1/environments/{environment_id}/warehouse",
        "Get a script that loads events into a warehouse",
        role=Role.VIEWER,
        shown=WarehouseScript,
        computes=True,
    )
    def get_warehouse_script(
        environment_id: str, engine: _Engine = "duckdb", before: _From = None, after: _To = None
    ) -> Resource:
        """For environments whose destination is `s3`. The script holds no credentials."""
        return warehouse_script(
            catalog.table,
            routes.call,
            own_bucket,
            environment_id,
            engine,
            before_id=before,
            after_id=after,
        )
