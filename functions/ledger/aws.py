"""The ledger function on AWS: `handler` is what Lambda calls, every minute."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls, make_client
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.emf import EmfMetrics
from adapters.function_settings import settings_from_variables
from functions.ledger.handler import Handler, make_handler
from functions.ledger.settings import LedgerSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(LedgerSettings, variables)
    client = make_client()
    return make_handler(
        DynamoTable(client, settings.catalog_table, time.time_ns),
        DynamoUsageReader(Calls(client), settings.counters_table),
        EmfMetrics(settings.deployment, time.time_ns),
        time.time_ns,
        buffer_seconds=settings.buffer_seconds,
    )


handler = handler_from(os.environ)
