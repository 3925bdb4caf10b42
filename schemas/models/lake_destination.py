"""A lake as people write it and as the API shows it."""

from typing import Literal

from pydantic import ConfigDict, Field

from schemas.lakes import DEFAULT_DATABASE
from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import Bucket, LakeTable, Managed, Prefix, Region, RoleArn

TableFormat = Literal["iceberg", "parquet"]

_FORMAT = (
    "`iceberg`: one table of Apache Iceberg for all revisions. `parquet`: files of Parquet by revision, environment, "
    "day and hour; on AWS with a table for each revision."
)
_TABLE = "What the table is called; unless given, made of the names of endpoint and environment."
_PREFIX = "What every key starts with; empty, or with `/` at its end."
_REGION = "Where the bucket is, and the Glue Data Catalog that lists the table."
_ROLE_ARN = (
    "A role that may write to the bucket and to the database; it trusts this deployment and asks for the external id, "
    "and for `iceberg` it trusts Glue, which looks after the table with it."
)
_DATABASE = "The database of the Glue Data Catalog in the role's account; made if it is not there."


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


class BucketLakeDestination(Declared):
    """A typed table in a bucket of yours, listed by the Glue Data Catalog of your account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "lake",
                    "bucket": "my-lake",
                    "prefix": "events/",
                    "region": "eu-west-1",
                    "role_arn": "arn:aws:iam::123456789012:role/ingest-lake",
                    "database": DEFAULT_DATABASE,
                    "table_format": "iceberg",
                    "table": "shop_production",
                }
            ]
        }
    )

    type: Literal["lake"]
    bucket: Bucket
    prefix: Prefix = Field(default="", description=_PREFIX)
    region: Region = Field(description=_REGION)
    role_arn: RoleArn = Field(description=_ROLE_ARN)
    database: LakeTable = Field(default=DEFAULT_DATABASE, description=_DATABASE)
    table_format: TableFormat = Field(default="iceberg", description=_FORMAT)
    table: LakeTable | None = Field(default=None, description=_TABLE)


class LakeChange(Declared):
    """What changes of a destination that is a lake in the deployment's bucket, or becomes one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "lake", "managed": True, "table": "shop"}]})

    type: Literal["lake"]
    managed: Managed
    table_format: TableFormat = optional_field(_FORMAT)
    table: LakeTable | None = optional_field(f"{_TABLE} A table that was written before stays as it is.")


class BucketLakeChange(Declared):
    """What changes of a destination that is a lake; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "lake", "table": "shop"}]})

    type: Literal["lake"]
    bucket: Bucket = optional_field("With a new bucket, mind `region` and `role_arn`.")
    prefix: Prefix = optional_field(_PREFIX)
    region: Region = optional_field(_REGION)
    role_arn: RoleArn = optional_field(_ROLE_ARN)
    database: LakeTable = optional_field(_DATABASE)
    table_format: TableFormat = optional_field(_FORMAT)
    table: LakeTable | None = optional_field(f"{_TABLE} A table that was written before stays as it is.")


class ShownLakeDestination(Shown):
    """A typed table in the deployment's own bucket."""

    type: Literal["lake"]
    managed: Managed
    table_format: TableFormat
    table: str


class ShownBucketLakeDestination(Shown):
    """A typed table in a bucket of yours."""

    type: Literal["lake"]
    bucket: str
    prefix: str
    region: str
    role_arn: str
    database: str
    table_format: TableFormat
    table: str
    external_id: str = Field(description="What the role's trust policy asks for: the organisation's id.")
