"""The usage writer on AWS: `handler` is what Lambda calls, fed by the queue of tallies and by a schedule."""

import os
import time
from collections.abc import Mapping

from adapters.aws_http.client import make_client
from adapters.aws_http.endpoint import DYNAMODB, SQS
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.usage_folding import DynamoUsageFolder
from adapters.function_settings import settings_from_variables
from adapters.sqs.messages import CALL_SECONDS, SqsMessages
from functions.usage_writer.handler import Handler, make_handler, tell_set_aside
from functions.usage_writer.settings import UsageWriterSettings
from schemas.limits import USAGE_FOLD_SECONDS

WRITE_SECONDS = 3.0
WRITE_TRIES = 6


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(UsageWriterSettings, variables)
    # A fold is some hundred calls of a hundred writes each: without the SDK each takes a sixth of its CPU.
    call = SignedCalls(
        make_client(DYNAMODB, variables, seconds=WRITE_SECONDS), tries=WRITE_TRIES, seconds=WRITE_SECONDS
    )
    queues = make_client(SQS, variables, seconds=CALL_SECONDS)
    return make_handler(
        DynamoUsageFolder(call, settings.counters_table, time.time_ns, tell=tell_set_aside),
        SqsMessages(queues, settings.usage_queue_url, delay_seconds=USAGE_FOLD_SECONDS),
        monotonic=time.monotonic,
    )


handler = handler_from(os.environ)
