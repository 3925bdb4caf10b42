"""The outbox function on AWS: `handler` is what Lambda calls, on a schedule."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.emf import EmfMetrics
from adapters.function_settings import settings_from_variables
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from functions.outbox.handler import Handler, make_handler
from functions.outbox.settings import OutboxSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(OutboxSettings, variables)
    table = DynamoTable(make_dynamodb_client(), settings.catalog_table, time.time_ns)
    return make_handler(
        table,
        SqsSender(make_sqs_client(), settings.provision_queue_url),
        EmfMetrics(settings.deployment, time.time_ns),
    )


handler = handler_from(os.environ)
