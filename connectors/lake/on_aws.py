"""Lakes on AWS: the deployment's own, and those of users, each with its catalog in Glue and its files in S3.

A user's lake is in one account as a whole: the role that writes the files also has the table in the catalog of its
account, in the region of the bucket. So the table is where its bucket is, for every engine.
"""

from collections.abc import Collection
from dataclasses import dataclass

import boto3

from adapters.aws_failures import CONFIG
from adapters.glue import GlueTables, make_client
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.s3.table_files import TableFiles
from adapters.users_roles import Role, Session, UsersRoles
from connectors.lake.catalogs import Lake, check_bucket
from domain.delivery.connectors import Target
from schemas.lakes import MANAGED_PREFIX


@dataclass(frozen=True, slots=True)
class OwnLake:
    """The deployment's own."""

    bucket: str
    database_prefix: str
    """What the names of databases start with; an organisation's id follows."""
    optimizer_role_arn: str | None
    """What looks after its tables takes on this role; None where nothing does, nor after those of users."""


class AwsLakes:
    """Opens lakes; safe to use from several threads."""

    def __init__(self, own: OwnLake, roles: UsersRoles[GlueTables], own_buckets: Collection[str]) -> None:
        """Take the deployment's own lake, what takes on users' roles, and the buckets that no user may name."""
        self._own = own
        self._roles = roles
        self._own_buckets = frozenset(own_buckets)
        self._catalog = GlueTables(make_client(), TableFiles(S3Objects(make_s3_client())))

    def open(self, target: Target) -> Lake:
        """Implement `OpenLake`.

        Raises:
            Misconfigured: the bucket is the deployment's own, or the role does not let itself be taken on.
        """
        destination = target.destination
        if destination.get("managed"):
            own = self._own
            folder = f"s3://{own.bucket}/{MANAGED_PREFIX}".removesuffix("/")
            return _lake(
                self._catalog, f"{own.database_prefix}{target.organisation_id}", folder, own.optimizer_role_arn
            )
        bucket, arn = destination["bucket"], destination["role_arn"]
        check_bucket(bucket, self._own_buckets)
        catalog = self._roles.client(Role(arn, target.organisation_id, destination["region"]))
        folder = f"s3://{bucket}/{destination['prefix']}".removesuffix("/")
        return _lake(catalog, destination["database"], folder, arn if self._own.optimizer_role_arn else None)


def users_tables(session: Session) -> GlueTables:
    """Return the catalog that a role reaches, and the files."""
    return GlueTables(make_client(session), TableFiles(S3Objects(boto3.client("s3", config=CONFIG, **session))))


def _lake(catalog: GlueTables, namespace: str, folder: str, role_arn: str | None) -> Lake:
    if role_arn is None:
        return Lake(catalog, namespace, folder)

    def optimize(table: str) -> None:
        catalog.optimize(namespace, table, role_arn)

    def neglect(table: str) -> None:
        catalog.neglect(namespace, table, role_arn)

    return Lake(catalog, namespace, folder, optimize, neglect)
