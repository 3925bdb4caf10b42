"""The quarantine writer on AWS: `handler` is what Lambda calls, fed by the quarantine queue."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.function_settings import settings_from_variables
from adapters.s3.objects import S3Objects, make_client
from functions.quarantine_writer.handler import OBJECTS_AT_ONCE, Handler, make_handler
from functions.quarantine_writer.settings import QuarantineWriterSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(QuarantineWriterSettings, variables)
    index = DynamoQuarantine(Calls(make_dynamodb_client()), settings.counters_table, kept_days=settings.quarantine_days)
    pool = ThreadPoolExecutor(OBJECTS_AT_ONCE, "quarantine")
    return make_handler(S3Objects(make_client()), settings.data_bucket, index, each=pool.map)


handler = handler_from(os.environ)
