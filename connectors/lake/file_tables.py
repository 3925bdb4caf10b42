"""Files of Parquet on AWS, listed by the Glue Data Catalog as a table for each revision.

They stand in the deployment's bucket, or in one of a user: then its role has the tables too, in its own account.

Nothing looks for partitions: a table says by its properties which days and hours there may be, and where each has its
files. https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from adapters.aws_failures import CONFIG, translated
from adapters.glue import fitting, make_client
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import BucketFolder
from adapters.users_roles import Role, Session, UsersRoles
from connectors.lake.catalogs import OWNER, check_bucket
from connectors.lake.on_aws import OwnLake
from domain.clock import Clock
from domain.delivery.connectors import RevisionTable, Target
from domain.errors import Undelivered
from domain.queries.lake_views import View, view_text
from domain.warehouses.catalog_types import hive_type
from domain.warehouses.columns import Column, warehouse_columns
from schemas.lakes import (
    DATE_PARTITION,
    HOUR_PARTITION,
    MANAGED_PREFIX,
    PROBE_NAME,
    revision_table,
    view_of_revisions,
)

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_DATES = f"projection.{DATE_PARTITION}.range"
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Clients:
    """What reaches the catalog and the files of a lake."""

    glue: "GlueClient"
    objects: S3Objects


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an environment's lake is."""

    clients: Clients
    database: str
    bucket: str
    prefix: str


class FilesOnAws:
    """Where files of Parquet stand on AWS; implements `Listing`."""

    def __init__(
        self, own: OwnLake, clients: Clients, roles: UsersRoles[Clients], own_buckets: Collection[str], clock: Clock
    ) -> None:
        """Take the deployment's own lake and what reaches it, and as for `AwsLakes` what reaches those of users."""
        self._own = own
        self._clients = clients
        self._roles = roles
        self._own_buckets = frozenset(own_buckets)
        self._clock = clock

    def open(self, target: Target) -> BucketFolder:
        """Implement `OpenFiles`.

        Raises:
            Misconfigured: the bucket is the deployment's own, or the role does not let itself be taken on.
        """
        place = self._place(target)
        return BucketFolder(place.clients.objects, place.bucket, place.prefix)

    def check(self, target: Target) -> None:
        """Implement `Listing`.

        Raises:
            Undelivered: also if what has the name of the view is not this environment's.
        """
        place = self._place(target)
        name = f"{PROBE_NAME}_{uuid4().hex}"
        told = _table(place, target, name, f"{name}/", RevisionTable(name, "", "", []), self._today())
        _ensure_database(place)
        view = _find(place, view_of_revisions(target.destination["table"]))
        if view is not None:
            _check_owner(target, view)
        _create(place, told)
        try:
            _change(place, told, _find(place, name) or {})
        finally:
            with translated("remove a table from Glue", forbidden_is_misconfigured=False):
                place.clients.glue.delete_table(DatabaseName=place.database, Name=name)

    def list_revision(self, target: Target, folder: str, table: RevisionTable, first_day: str | None) -> None:
        """Make the table, or have it begin on an earlier day.

        Raises:
            Undelivered: also if a table of this name is not this environment's.
        """
        place = self._place(target)
        name = revision_table(target.destination["table"], table.revision_id)
        _ensure_database(place)
        day = min(first_day or self._today(), self._today())
        told = _table(place, target, name, f"{folder}/", table, day)
        found = _made(place, target, told)
        if day < found["Parameters"][_DATES].partition(",")[0]:
            _change(place, told, found)

    def list_view(self, target: Target, view: View) -> None:
        """Make the view over all revisions, or put it in the place of what it was.

        Raises:
            Undelivered: also if what has its name is not this environment's.
        """
        place = self._place(target)
        _ensure_database(place)
        told = _view(place, target, view)
        found = _made(place, target, told)
        if found.get("ViewOriginalText") != told["ViewOriginalText"]:
            _change(place, told, found)

    def _today(self) -> str:
        return f"{datetime.fromtimestamp(self._clock() / _NS, UTC):%Y-%m-%d}"

    def _place(self, target: Target) -> _Place:
        destination = target.destination
        if destination.get("managed"):
            own = self._own
            return _Place(self._clients, f"{own.database_prefix}{target.organisation_id}", own.bucket, MANAGED_PREFIX)
        bucket = destination["bucket"]
        check_bucket(bucket, self._own_buckets)
        role = Role(destination["role_arn"], target.organisation_id, destination["region"])
        return _Place(self._roles.client(role), destination["database"], bucket, destination["prefix"])


def users_clients(session: Session) -> Clients:
    """Return what a role reaches."""
    return Clients(make_client(session), S3Objects(boto3.client("s3", config=CONFIG, **session)))


def _ensure_database(place: _Place) -> None:
    glue = place.clients.glue
    with translated("make the database in Glue", forbidden_is_misconfigured=False):
        try:
            glue.get_database(Name=place.database)
        except glue.exceptions.EntityNotFoundException:
            with suppress(glue.exceptions.AlreadyExistsException):
                glue.create_database(DatabaseInput={"Name": place.database})


def _find(place: _Place, name: str) -> Any:
    glue = place.clients.glue
    with translated("look at the table in Glue", forbidden_is_misconfigured=False):
        try:
            return glue.get_table(DatabaseName=place.database, Name=name)["Table"]
        except glue.exceptions.EntityNotFoundException:
            return None


def _create(place: _Place, told: Any) -> None:
    glue = place.clients.glue
    with (
        translated("make the table in Glue", forbidden_is_misconfigured=False),
        suppress(glue.exceptions.AlreadyExistsException),  # another was faster
    ):
        glue.create_table(DatabaseName=place.database, TableInput=told)


def _made(place: _Place, target: Target, told: Any) -> Any:
    """Return a table of an environment, or a view, as it is there: as told, if it was not."""
    name = told["Name"]
    found = _find(place, name)
    if found is None:
        _create(place, told)
        found = _find(place, name)
    if found is None:
        raise Undelivered("The table is being made; it can't be seen yet.")
    _check_owner(target, found)
    return found


def _check_owner(target: Target, found: Any) -> None:
    if found.get("Parameters", {}).get(OWNER) != target.environment_id:
        message = f"The table {found['Name']} is there already and is not this environment's; name another `table`."
        raise Undelivered(message, retryable=False)


def _change(place: _Place, told: Any, found: Any) -> None:
    """Change a table that nobody has changed since it was found."""
    with translated("change the table in Glue", forbidden_is_misconfigured=False):
        place.clients.glue.update_table(
            DatabaseName=place.database, TableInput=told, VersionId=found.get("VersionId", "")
        )


def _table(place: _Place, target: Target, name: str, folder: str, table: RevisionTable, first_day: str) -> Any:
    url = f"s3://{place.bucket}/{place.prefix}{folder}"
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


def _view(place: _Place, target: Target, view: View) -> Any:
    """Return what Glue is told of a view: its parameters are what Athena and Trino know their views by."""
    return {
        "Name": view_of_revisions(target.destination["table"]),
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {OWNER: target.environment_id, "presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": view_text(view, place.database),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": column.name, "Type": column.hive_type} for column in view.columns],
            "Location": "",
            "SerdeInfo": {},
        },
    }


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
