"""Files of Parquet on AWS: in the deployment's bucket, listed by the Glue Data Catalog as a table for each revision.

Nothing looks for partitions: a table says by its properties which days and hours there may be, and where each has its
files. https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from adapters.aws_failures import translated
from adapters.glue import fitting
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import BucketFolder
from connectors.lake.catalogs import OWNER
from domain.clock import Clock
from domain.delivery.connectors import RevisionTable, Target
from domain.errors import Undelivered
from domain.warehouses.columns import Column, warehouse_columns
from schemas.data_types import DataType
from schemas.lakes import DATE_PARTITION, HOUR_PARTITION, MANAGED_PREFIX, PROBE_NAME, revision_table

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "string",
    DataType.JSON: "string",
    DataType.INT: "bigint",
    DataType.FLOAT: "double",
    DataType.BOOLEAN: "boolean",
    DataType.DATETIME: "timestamp",
    DataType.TIMESTAMP: "timestamp",
    DataType.DATE: "date",
}
_DATES = f"projection.{DATE_PARTITION}.range"
_NS = 1_000_000_000


class FilesOnAws:
    """Where files of Parquet stand on AWS; implements `Listing`."""

    def __init__(self, glue: "GlueClient", objects: S3Objects, bucket: str, database_prefix: str, clock: Clock) -> None:
        """Take clients, the deployment's bucket, and what databases' names start with; an organisation's id follows."""
        self._glue = glue
        self._objects = objects
        self._bucket = bucket
        self._database_prefix = database_prefix
        self._clock = clock

    def open(self, target: Target) -> BucketFolder:  # noqa: ARG002
        """Implement `OpenFiles`."""
        return BucketFolder(self._objects, self._bucket, MANAGED_PREFIX)

    def check(self, target: Target) -> None:
        name = f"{PROBE_NAME}_{uuid4().hex}"
        table = RevisionTable(name, "", "", [])
        database = self._ensure_database(target)
        self._create(database, self._table(target, name, f"{name}/", table, self._today()))
        with translated("remove a table from Glue", forbidden_is_misconfigured=False):
            self._glue.delete_table(DatabaseName=database, Name=name)

    def list_revision(self, target: Target, folder: str, table: RevisionTable, first_day: str | None) -> None:
        """Make the table, or have it begin on an earlier day.

        Raises:
            Undelivered: also if a table of this name is not this environment's.
        """
        name = revision_table(target.destination["table"], table.revision_id)
        database = self._ensure_database(target)
        day = min(first_day or self._today(), self._today())
        found = self._find(database, name)
        if found is None:
            self._create(database, self._table(target, name, f"{folder}/", table, day))
            found = self._find(database, name)
        if found is None:
            raise Undelivered("The table is being made; it can't be seen yet.")
        parameters = found.get("Parameters", {})
        if parameters.get(OWNER) != target.environment_id:
            message = f"The table {name} is there already and is not this environment's; name another `table`."
            raise Undelivered(message, retryable=False)
        if day < parameters[_DATES].partition(",")[0]:
            told = self._table(target, name, f"{folder}/", table, day)
            with translated("change the table in Glue", forbidden_is_misconfigured=False):
                self._glue.update_table(DatabaseName=database, TableInput=told, VersionId=found["VersionId"])

    def _today(self) -> str:
        return f"{datetime.fromtimestamp(self._clock() / _NS, UTC):%Y-%m-%d}"

    def _ensure_database(self, target: Target) -> str:
        database = f"{self._database_prefix}{target.organisation_id}"
        with translated("make the database in Glue", forbidden_is_misconfigured=False):
            try:
                self._glue.get_database(Name=database)
            except self._glue.exceptions.EntityNotFoundException:
                try:
                    self._glue.create_database(DatabaseInput={"Name": database})
                except self._glue.exceptions.AlreadyExistsException:
                    return database
        return database

    def _find(self, database: str, name: str) -> Any:
        with translated("look at the table in Glue", forbidden_is_misconfigured=False):
            try:
                return self._glue.get_table(DatabaseName=database, Name=name)["Table"]
            except self._glue.exceptions.EntityNotFoundException:
                return None

    def _create(self, database: str, told: Any) -> None:
        with translated("make the table in Glue", forbidden_is_misconfigured=False):
            try:
                self._glue.create_table(DatabaseName=database, TableInput=told)
            except self._glue.exceptions.AlreadyExistsException:
                return  # another was faster

    def _table(self, target: Target, name: str, folder: str, table: RevisionTable, first_day: str) -> Any:
        url = f"s3://{self._bucket}/{MANAGED_PREFIX}{folder}"
        columns = warehouse_columns(table.fields, table.additional_keys)
        told: Any = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                OWNER: target.environment_id,
                "EXTERNAL": "TRUE",
                "classification": "parquet",
                **_projection(url, first_day),
            },
            "PartitionKeys": [{"Name": one, "Type": "string"} for one in (DATE_PARTITION, HOUR_PARTITION)],
            "StorageDescriptor": {
                "Columns": [_column(column) for column in columns],
                "Location": url,
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                    "Parameters": {"serialization.format": "1"},
                },
            },
        }
        return fitting(told)


def _projection(url: str, first_day: str) -> dict[str, str]:
    date, hour = f"projection.{DATE_PARTITION}", f"projection.{HOUR_PARTITION}"
    return {
        "projection.enabled": "true",
        f"{date}.type": "date",
        f"{date}.format": "yyyy-MM-dd",
        _DATES: f"{first_day},NOW+1DAY",
        f"{hour}.type": "integer",
        f"{hour}.range": "0,23",
        f"{hour}.digits": "2",
        "storage.location.template": f"{url}dt=${{{DATE_PARTITION}}}/hour=${{{HOUR_PARTITION}}}/",
    }


def _column(column: Column) -> dict[str, str]:
    told = {"Name": column.name, "Type": hive_type(column)}
    return {**told, "Comment": column.description} if column.description else told


def hive_type(column: Column) -> str:
    """Return the type of a column as Glue and Athena have it."""
    one = f"struct<{_fields(column.fields)}>" if column.type == DataType.OBJECT else _TYPES[column.type]
    return f"array<{one}>" if column.is_array else one


def _fields(columns: Sequence[Column]) -> str:
    return ",".join(f"{column.name}:{hive_type(column)}" for column in columns)
