"""The trial function on AWS: `handler` is what the state machine and the sweep's schedule call."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.taps import DynamoTaps
from adapters.function_settings import settings_from_variables
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.step_functions import Executions
from adapters.step_functions import make_client as make_step_functions_client
from domain.quarantine.reading import Quarantine
from domain.queued_work import Handler
from domain.trials.running import TrialBuckets, TrialWorker
from functions.trial.handler import make_handler
from functions.trial.settings import TrialSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(TrialSettings, variables)
    client = make_dynamodb_client()
    calls = Calls(client)
    index = DynamoQuarantine(calls, settings.counters_table, kept_days=settings.quarantine_days)
    worker = TrialWorker(
        DynamoTable(client, settings.catalog_table, time.time_ns),
        Quarantine(S3Objects(make_s3_client()), settings.data_bucket, index, settings.quarantine_days),
        DynamoTaps(calls, settings.taps_table),
        TrialBuckets(settings.data_bucket, settings.landing_bucket),
        time.time_ns,
        time.monotonic,
    )
    return make_handler(worker, Executions(make_step_functions_client(), settings.state_machine_arn, "trial"))


handler = handler_from(os.environ)
