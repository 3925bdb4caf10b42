"""Scripts for warehouses as the API shows them."""

from typing import Any, Literal

from pydantic import Field

from schemas.models.declared import Shown

WarehouseEngine = Literal["snowflake", "redshift", "clickhouse", "databricks", "athena", "duckdb", "bigquery_external"]


class WarehouseGrant(Shown):
    """Something to allow or to set up on AWS."""

    kind: Literal["policy", "trust_policy", "bucket_policy", "key_policy", "command"] = Field(
        description="`policy`: permissions of the reading role or user. `command`: for a shell with the AWS CLI."
    )
    title: str
    document: dict[str, Any] | None = Field(description="The policy; null for a `command`.")
    command: str | None = Field(description="Null for a policy.")


class WarehouseScript(Shown):
    """What makes a warehouse load an environment's events continuously."""

    engine: WarehouseEngine
    title: str = Field(description="What people call the engine.")
    table: str = Field(description="The table or view that has each event once.")
    revision_id: str = Field(description="The revision that the table is typed by.")
    from_revision_id: str | None = Field(description="The revision that the script changes a table of, if it does.")
    script: str = Field(description="SQL to paste.")
    check: str = Field(description="A query that shows how many events there are, and the newest arrival.")
    grants: list[WarehouseGrant]
    notes: list[str] = Field(description="What to fill in, what to do first, and limits: a sentence or two each.")
