"""The alerts function on AWS: `handler` is what Lambda calls, every minute."""

import os
import time
from collections.abc import Mapping
from functools import partial

from adapters.aws_http.client import make_client as make_signed_client
from adapters.aws_http.endpoint import DYNAMODB
from adapters.dynamodb.calls import make_client
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.unknown_keys import DynamoUnknownKeys
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.emf import EmfMetrics
from adapters.function_settings import settings_from_variables
from adapters.outgoing import WebPoster
from adapters.secrets_manager import ManagedSecrets
from adapters.secrets_manager import make_client as make_secrets_client
from adapters.sns import SnsMail, make_sender
from adapters.sns import make_client as make_sns_client
from adapters.web_client import WebClient
from domain.alerts.evaluating import World
from domain.alerts.sending import Ways, send
from functions.alerts.handler import Handler, make_handler
from functions.alerts.settings import AlertsSettings

READ_SECONDS = 2.0
READ_TRIES = 5


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(AlertsSettings, variables)
    clock = time.time_ns
    # Nearly all calls read usage: without the SDK each takes a sixth of its CPU.
    read = SignedCalls(
        make_signed_client(DYNAMODB, variables, seconds=READ_SECONDS), tries=READ_TRIES, seconds=READ_SECONDS
    )
    ways = Ways(
        WebPoster(WebClient(own_machine=False)),
        SnsMail(make_sns_client(), make_sender(), settings.mail_topics),
        ManagedSecrets(make_secrets_client(), settings.secret_prefix),
        clock,
    )
    return make_handler(
        World(
            DynamoTable(make_client(), settings.catalog_table, clock),
            DynamoUsageReader(read, settings.counters_table),
            DynamoUnknownKeys(read, settings.counters_table),
            partial(send, ways),
            clock,
            settings.buffer_seconds,
        ),
        EmfMetrics(settings.deployment, clock),
    )


handler = handler_from(os.environ)
