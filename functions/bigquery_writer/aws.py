"""Writes what landed to destinations, on AWS: `handler` is what Lambda calls, fed by the landing queue."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.function_settings import settings_from_variables
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.secrets_manager import ManagedSecrets
from adapters.secrets_manager import make_client as make_secrets_client
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from connectors.on_aws import aws_connectors
from domain.delivery.writer import Handler, HandOn, make_handler
from domain.errors import Undelivered
from functions.bigquery_writer.settings import WriterSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(WriterSettings, variables)
    dynamodb = make_dynamodb_client()
    return make_handler(
        DynamoTable(dynamodb, settings.catalog_table, time.time_ns),
        aws_connectors(
            settings.own_buckets,
            settings.identity_role_arn,
            settings.bigquery_emulator_host,
            postgres_networks=settings.postgres_networks,
            aws_is_emulated=settings.aws_is_emulated,
        ),
        ManagedSecrets(make_secrets_client(), settings.secret_prefix),
        S3Objects(make_s3_client()),
        DynamoDeliveredSink(Calls(dynamodb), settings.counters_table),
        others={} if settings.lake_queue_url is None else {"lake": _sent_to(settings.lake_queue_url)},
        environment_seconds=settings.environment_seconds,
    )


def _sent_to(queue_url: str) -> HandOn:
    queue = SqsSender(make_sqs_client(), queue_url)

    def hand_on(body: str) -> None:
        (failure,) = queue.send([body])
        if failure is not None:
            raise Undelivered("The queue of the destination's writer did not take what landed.")

    return hand_on


handler = handler_from(os.environ)
