"""The tap writer on AWS: `handler` is what Lambda calls, fed by the queue of taps."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.taps import DynamoTaps
from adapters.function_settings import settings_from_variables
from domain.live.keeping import TapKeeper
from functions.tap_writer.handler import Handler, make_handler
from functions.tap_writer.settings import TapWriterSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(TapWriterSettings, variables)
    client = make_dynamodb_client()
    table = DynamoTable(client, settings.catalog_table, time.time_ns)
    return make_handler(TapKeeper(table, DynamoTaps(Calls(client), settings.taps_table), time.time_ns))


handler = handler_from(os.environ)
