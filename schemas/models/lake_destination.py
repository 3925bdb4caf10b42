"""A lake as people write it and as the API shows it."""

from typing import Literal

from pydantic import ConfigDict, Field

from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import LakeTable, Managed

TableFormat = Literal["iceberg", "parquet"]

_FORMAT = (
    "`iceberg`: one table of Apache Iceberg for all revisions. `parquet`, in a local run: files of Parquet by "
    "revision, environment, day and hour, without a catalog."
)
_TABLE = "What the table is called; unless given, made of the names of endpoint and environment."


class LakeDestination(Declared):
    """A typed table in the deployment's own bucket, which every engine reads."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "lake", "managed": True, "table_format": "iceberg", "table": "shop_production"}]
        }
    )

    type: Literal["lake"]
    managed: Managed
    table_format: TableFormat = Field(default="iceberg", description=_FORMAT)
    table: LakeTable | None = Field(default=None, description=_TABLE)


class LakeChange(Declared):
    """What changes of a destination that is a lake; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "lake", "table": "shop"}]})

    type: Literal["lake"]
    managed: Managed = optional_field("Stays as it is.")
    table_format: TableFormat = optional_field(_FORMAT)
    table: LakeTable | None = optional_field(f"{_TABLE} A table that was written before stays as it is.")


class ShownLakeDestination(Shown):
    """A typed table in the deployment's own bucket."""

    type: Literal["lake"]
    managed: Managed
    table_format: TableFormat
    table: str
