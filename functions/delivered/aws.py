"""Counts what was delivered, on AWS: `handler` is what Lambda calls, fed by the queue of the data bucket's messages."""

import os
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.function_settings import settings_from_variables
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from functions.delivered.handler import Handler, make_handler
from functions.delivered.settings import DeliveredSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(DeliveredSettings, variables)
    return make_handler(
        S3Objects(make_s3_client()), DynamoDeliveredSink(Calls(make_dynamodb_client()), settings.counters_table)
    )


handler = handler_from(os.environ)
