"""Writes what landed to lakes, on AWS: `handler` is what Lambda calls, for the lake's queue and other functions."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.function_settings import settings_from_variables
from adapters.glue import make_client as make_glue_client
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.users_roles import UsersRoles
from adapters.users_roles import make_client as make_sts_client
from connectors.lake.connector import LakeConnector
from connectors.lake.file_tables import Clients, FilesOnAws, users_clients
from connectors.lake.formats import LakeFormats
from connectors.lake.on_aws import AwsLakes, OwnLake, users_tables
from connectors.lake.parquet import ParquetConnector
from domain.delivery.leases import Leases
from domain.delivery.writer import Handler
from domain.delivery.writer import make_handler as make_writer
from functions.lake_writer.handler import make_handler
from functions.lake_writer.settings import LakeWriterSettings


class NoSecrets:
    """Implements `SecretReader`: a lake is reached by a role, and has no secret."""

    def get(self, name: str) -> str | None:  # noqa: ARG002
        return None


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(LakeWriterSettings, variables)
    dynamodb = make_dynamodb_client()
    own = OwnLake(settings.data_bucket, settings.database_prefix, settings.optimizer_role_arn)
    sts = make_sts_client()
    lakes = AwsLakes(own, UsersRoles(sts, time.time_ns, users_tables), settings.own_buckets)
    table = DynamoTable(dynamodb, settings.catalog_table, time.time_ns)
    objects = S3Objects(make_s3_client())
    files = FilesOnAws(
        own,
        Clients(make_glue_client(), objects),
        UsersRoles(sts, time.time_ns, users_clients),
        settings.own_buckets,
        time.time_ns,
    )
    parquet = ParquetConnector(files.open, Leases(table, time.time_ns).hold, files, time.time_ns)
    connector = LakeFormats({"iceberg": LakeConnector(lakes.open), "parquet": parquet})
    write = make_writer(
        table,
        {"lake": connector}.get,
        NoSecrets(),
        objects,
        DynamoDeliveredSink(Calls(dynamodb), settings.counters_table),
        environment_seconds=settings.environment_seconds,
    )
    return make_handler(connector, files.list_view, write)


handler = handler_from(os.environ)
