"""Tables of Apache Iceberg in a Glue Data Catalog: where each has its metadata, and what looks after it.

A commit is one call that no client repeats: of one whose answer was lost the second would be refused, and the
library takes what is refused for undone and removes its files.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from adapters.aws_failures import translated
from adapters.users_roles import Session

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.literals import TableOptimizerTypeType
    from mypy_boto3_glue.type_defs import TableInputTypeDef, TableTypeDef

ONE_TRY = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}, tcp_keepalive=True)

SNAPSHOTS_KEPT_DAYS = 1
LEAST_SNAPSHOTS = 100
"""Kept whatever their age: the newest objects of a table are told by its snapshots, until each has its file."""
MAX_COMMENT_CHARS = 255
ORPHANS_KEPT_DAYS = 3
"""Longer than a writer takes from writing a file to its commit."""

_OPTIMIZERS: Mapping["TableOptimizerTypeType", Mapping[str, Any]] = MappingProxyType(
    {
        "compaction": {"compactionConfiguration": {"icebergConfiguration": {"strategy": "binpack"}}},
        "retention": {
            "retentionConfiguration": {
                "icebergConfiguration": {
                    "snapshotRetentionPeriodInDays": SNAPSHOTS_KEPT_DAYS,
                    "numberOfSnapshotsToRetain": LEAST_SNAPSHOTS,
                    "cleanExpiredFiles": True,
                }
            }
        },
        "orphan_file_deletion": {
            "orphanFileDeletionConfiguration": {
                "icebergConfiguration": {"orphanFileRetentionPeriodInDays": ORPHANS_KEPT_DAYS}
            }
        },
    }
)


def make_client(session: Session | None = None) -> "GlueClient":
    """Return a client: of the environment's region and endpoint, or of a role's session."""
    return boto3.client("glue", config=ONE_TRY, **(session or {}))


class GlueTables(GlueCatalog):  # type: ignore[misc]
    """A catalog whose files are reached as its tables are. What AWS refuses is `Undelivered`, with its code."""

    def __init__(self, client: "GlueClient", files: FileIO) -> None:
        super().__init__("glue", client)
        self._files = files

    def create_namespace(self, namespace: str | Identifier, properties: Properties = EMPTY_DICT) -> None:
        with translated("make the database in Glue", forbidden_is_misconfigured=False):
            try:
                super().create_namespace(namespace, properties)
            except self.glue.exceptions.AccessDeniedException:
                # Who may not make it may still use it.
                self.glue.get_database(Name=self.identifier_to_database(namespace))
                raise NamespaceAlreadyExistsError from None

    def drop_table(self, identifier: str | Identifier) -> None:
        with translated("remove a table from Glue", forbidden_is_misconfigured=False):
            super().drop_table(identifier)

    def optimize(self, database: str, table: str, role_arn: str) -> None:
        """Have AWS merge a table's small files, let its snapshots expire, and remove files that none names.

        Those that are there already stay as they are.
        """
        for kind, configuration in _OPTIMIZERS.items():
            with translated("have the table looked after", forbidden_is_misconfigured=False):
                try:
                    self.glue.create_table_optimizer(
                        CatalogId=role_arn.split(":")[4],
                        DatabaseName=database,
                        TableName=table,
                        Type=kind,
                        TableOptimizerConfiguration={"roleArn": role_arn, "enabled": True, **configuration},
                    )
                except self.glue.exceptions.AlreadyExistsException:
                    continue

    def neglect(self, database: str, table: str, role_arn: str) -> None:
        """Take `optimize` back."""
        for kind in _OPTIMIZERS:
            with translated("end that the table is looked after", forbidden_is_misconfigured=False):
                try:
                    self.glue.delete_table_optimizer(
                        CatalogId=role_arn.split(":")[4], DatabaseName=database, TableName=table, Type=kind
                    )
                except self.glue.exceptions.EntityNotFoundException:
                    continue

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:  # noqa: ARG002
        return self._files

    def _is_s3tables_database(self, database_name: str) -> bool:  # noqa: ARG002
        """Return False, without a call: tables of S3 Tables are none of a lake."""
        return False

    def _get_glue_table(self, database_name: str, table_name: str) -> "TableTypeDef":
        with translated("look at the table in Glue", forbidden_is_misconfigured=False):
            found: TableTypeDef = super()._get_glue_table(database_name, table_name)
            return found

    def _create_glue_table(self, database_name: str, table_name: str, table_input: "TableInputTypeDef") -> None:
        with translated("make the table in Glue", forbidden_is_misconfigured=False):
            super()._create_glue_table(database_name, table_name, fitting(table_input))

    def _update_glue_table(
        self, database_name: str, table_name: str, table_input: "TableInputTypeDef", version_id: str
    ) -> None:
        with translated("change the table in Glue", forbidden_is_misconfigured=False):
            super()._update_glue_table(database_name, table_name, fitting(table_input), version_id)


def fitting(table_input: "TableInputTypeDef") -> "TableInputTypeDef":
    """Return what Glue is told of a table with comments that it takes: one line each, of at most 255 characters.

    https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html
    """
    storage: Any = table_input.get("StorageDescriptor", {})
    columns = [
        {**column, "Comment": " ".join(column["Comment"].split())[:MAX_COMMENT_CHARS]}
        if "Comment" in column
        else column
        for column in storage.get("Columns", ())
    ]
    told: Any = {**table_input, "StorageDescriptor": {**storage, "Columns": columns}}
    return cast("TableInputTypeDef", told)
