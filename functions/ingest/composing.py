"""The ingest function on AWS's adapters. What is imported and done here is what the first visitor waits for."""

import time
from collections.abc import Mapping

from adapters.aws_http.client import make_client
from adapters.aws_http.endpoint import DYNAMODB, FIREHOSE, SECRETS_MANAGER, SQS
from adapters.aws_http.secret import CALL_SECONDS as SECRET_SECONDS
from adapters.aws_http.secret import DEPLOYMENT_SECRET, FRONT_SECRET, NamedSecrets, StoredSecret
from adapters.dynamodb.rates import DynamoRates
from adapters.dynamodb.reading import DynamoReader
from adapters.dynamodb.signed_calls import CALL_SECONDS as COUNT_SECONDS
from adapters.dynamodb.signed_calls import SignedCalls
from adapters.dynamodb.unknown_keys import DynamoUnknownKeys
from adapters.firehose.records import CALL_SECONDS as PUT_SECONDS
from adapters.firehose.records import FirehoseRecords
from adapters.function_settings import settings_from_variables
from adapters.sqs.messages import CALL_SECONDS as SEND_SECONDS
from adapters.sqs.messages import SqsMessages
from adapters.tallies import TallySink
from domain.chance import chance
from domain.hook_secrets import HookSecrets
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.intake.trusted_front import TrustedFront
from domain.intake.unknown_sample import UnknownKeySample
from domain.live.tapper import Tapper
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits
from functions.ingest.handler import Handler, make_handler
from functions.ingest.settings import IngestSettings

READ_TRIES = 2
READ_SECONDS = 0.4
"""Of what is known already, which stays in force where the catalog takes longer."""
FIRST_READ_SECONDS = 3.0
"""Of what is not known yet: without it, a request would be refused."""
TAP_SECONDS = 0.5
"""A request waits for all of these."""


def compose(variables: Mapping[str, str]) -> tuple[Handler, UsageCounters]:
    """Return the handler on AWS's adapters, and the counters that are to be flushed at the end.

    Raises:
        Misconfigured: a setting is missing, or can't work.
    """
    settings = settings_from_variables(IngestSettings, variables)
    clock = time.time_ns
    dynamodb = make_client(DYNAMODB, variables, seconds=READ_SECONDS)
    queues = make_client(SQS, variables, seconds=SEND_SECONDS)
    streams = make_client(FIREHOSE, variables, seconds=PUT_SECONDS)
    secrets = make_client(SECRETS_MANAGER, variables, seconds=SECRET_SECONDS)
    streams.prepare()

    again, first = (
        DynamoReader(SignedCalls(dynamodb, tries=READ_TRIES, seconds=seconds), settings.catalog_table, clock)
        for seconds in (READ_SECONDS, FIRST_READ_SECONDS)
    )
    count = SignedCalls(dynamodb, seconds=COUNT_SECONDS)
    sample = UnknownKeySample(DynamoUnknownKeys(count, settings.counters_table), clock)
    counters = UsageCounters(TallySink(SqsMessages(queues, settings.usage_queue_url)), clock, sample)
    rates = RateLimits(DynamoRates(count, settings.counters_table), clock)
    keeper = Keeper(
        FirehoseRecords(streams),
        SqsMessages(queues, settings.spill_queue_url),
        SqsMessages(queues, settings.quarantine_queue_url),
        monotonic=time.monotonic,
        sleep=time.sleep,
        random=chance,
    )
    intake = Intake(
        Directory(again, time.monotonic, patient=first),
        keeper,
        counters,
        clock,
        StoredSecret(secrets, settings.deployment_secret_id, time.monotonic, purpose=DEPLOYMENT_SECRET),
        rates,
        TrustedFront(
            StoredSecret(secrets, settings.front_secret_id, time.monotonic, purpose=FRONT_SECRET),
            is_ours=settings.front_is_ours,
        )
        if settings.front_secret_id
        else None,
        sample,
        HookSecrets(NamedSecrets(secrets, settings.destination_secret_prefix), time.monotonic),
        Tapper(SqsMessages(queues, settings.taps_queue_url, seconds=TAP_SECONDS), chance),
    )
    return make_handler(intake, counters, rates, settings.docs_url), counters
