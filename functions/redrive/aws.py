"""The redrive function on AWS: `handler` is what the state machine and the sweep's schedule call."""

import os
import random
import time
from collections.abc import Mapping

from adapters.aws_http.client import make_client as make_http_client
from adapters.aws_http.endpoint import FIREHOSE, SECRETS_MANAGER
from adapters.aws_http.secret import DEPLOYMENT_SECRET, StoredSecret
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.firehose.records import FirehoseRecords
from adapters.function_settings import settings_from_variables
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from adapters.step_functions import Executions
from adapters.step_functions import make_client as make_step_functions_client
from domain.delivery.delivering import make_line_delivery
from domain.quarantine.reading import Quarantine
from domain.quarantine.redriving import Redriver
from domain.queued_work import Handler
from functions.redrive.handler import make_handler
from functions.redrive.settings import RedriveSettings

CALL_SECONDS = 10.0
"""Nobody waits for an answer here."""


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(RedriveSettings, variables)
    clock = time.time_ns
    client = make_dynamodb_client()
    calls = Calls(client)
    table = DynamoTable(client, settings.catalog_table, clock)
    index = DynamoQuarantine(calls, settings.counters_table, kept_days=settings.quarantine_days)
    deliver = make_line_delivery(
        FirehoseRecords(make_http_client(FIREHOSE, variables, seconds=CALL_SECONDS)),
        SqsSender(make_sqs_client(), settings.spill_queue_url),
        monotonic=time.monotonic,
        sleep=time.sleep,
        random=random.random,
    )
    redriver = Redriver(
        table,
        Quarantine(S3Objects(make_s3_client()), settings.data_bucket, index, settings.quarantine_days),
        deliver,
        DynamoDeliveredSink(calls, settings.counters_table),
        clock,
        StoredSecret(
            make_http_client(SECRETS_MANAGER, variables, seconds=CALL_SECONDS),
            settings.deployment_secret_id,
            time.monotonic,
            purpose=DEPLOYMENT_SECRET,
        ),
    )
    starter = Executions(make_step_functions_client(), settings.state_machine_arn, "redrive")
    return make_handler(redriver, starter, settings.data_bucket)


handler = handler_from(os.environ)
