"""The metering function on AWS: `handler` is what Lambda calls, every minute; it takes half of one or a bit more."""

import os
import time
from collections.abc import Mapping
from functools import partial

from adapters.aws_http.client import make_client as make_signed_client
from adapters.aws_http.endpoint import DYNAMODB
from adapters.dynamodb.calls import make_client
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.function_settings import settings_from_variables
from domain.catalog.canaries import look_after_canaries
from domain.ids import new_id
from functions.metering.handler import Handler, make_handler, twice
from functions.metering.settings import MeteringSettings

READ_SECONDS = 2.0
READ_TRIES = 5


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(MeteringSettings, variables)
    client = make_client()
    # Nearly all calls read usage: without the SDK each takes a sixth of its CPU.
    read = SignedCalls(
        make_signed_client(DYNAMODB, variables, seconds=READ_SECONDS), tries=READ_TRIES, seconds=READ_SECONDS
    )
    table = DynamoTable(client, settings.catalog_table, time.time_ns)
    usage = DynamoUsageReader(read, settings.counters_table)
    look_after = partial(look_after_canaries, table, usage, time.time_ns, new_id)
    return twice(make_handler(table, usage, time.time_ns), look_after, monotonic=time.monotonic, sleep=time.sleep)


handler = handler_from(os.environ)
