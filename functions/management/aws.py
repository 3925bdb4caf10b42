"""The management function on AWS: `handler` is what Lambda calls, for requests that the authorizer has looked at."""

import os
import time
from collections.abc import Mapping
from functools import partial

from adapters.acm import AcmCertificates
from adapters.acm import make_client as make_acm_client
from adapters.aws_http.client import make_client as make_http_client
from adapters.aws_http.endpoint import SECRETS_MANAGER
from adapters.aws_http.secret import DEPLOYMENT_SECRET, FRONT_SECRET, StoredSecret
from adapters.dynamodb.calls import Calls
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.quarantine import DynamoQuarantine
from adapters.dynamodb.table import DynamoTable
from adapters.dynamodb.taps import DynamoTaps
from adapters.dynamodb.unknown_keys import DynamoUnknownKeys
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.function_settings import settings_from_variables
from adapters.outgoing import WebPoster
from adapters.s3.objects import S3Objects
from adapters.s3.objects import make_client as make_s3_client
from adapters.secrets_manager import ManagedSecrets
from adapters.secrets_manager import make_client as make_secrets_client
from adapters.sns import SnsMail, make_sender
from adapters.sns import make_client as make_sns_client
from adapters.sqs.dead_letters import SqsDeadLetters, queues_from_urls
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from adapters.step_functions import Executions
from adapters.step_functions import make_client as make_step_functions_client
from adapters.web_client import WebClient
from connectors.on_aws import aws_connectors
from domain.alerts.sending import Ways
from domain.intake.dry_run import dry_run
from domain.intake.trusted_front import TrustedFront
from domain.live.reading import Patience
from domain.operations.set_aside import SetAside
from domain.quarantine.reading import Quarantine
from domain.warehouses.engine import OwnBucket
from functions.management.handler import Management, ManagementSettings, make_handler
from functions.management.settings import ManagementFunctionSettings

SECRET_SECONDS = 5.0


def handler_from(variables: Mapping[str, str]) -> Management:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(ManagementFunctionSettings, variables)
    clock = time.time_ns
    dynamodb = make_dynamodb_client()
    calls = Calls(dynamodb)
    index = DynamoQuarantine(calls, settings.counters_table, kept_days=settings.quarantine_days)
    queues = make_sqs_client()
    machines = make_step_functions_client()
    deployment_secret = StoredSecret(
        make_http_client(SECRETS_MANAGER, variables, seconds=SECRET_SECONDS),
        settings.deployment_secret_id,
        time.monotonic,
        purpose=DEPLOYMENT_SECRET,
    )
    front_secret = settings.front_secret_id and StoredSecret(
        make_http_client(SECRETS_MANAGER, variables, seconds=SECRET_SECONDS),
        settings.front_secret_id,
        time.monotonic,
        purpose=FRONT_SECRET,
    )
    secrets = ManagedSecrets(make_secrets_client(), settings.secret_prefix, settings.secret_key_id)
    mail = SnsMail(make_sns_client(), make_sender(), settings.mail_topics, settings.secret_key_id)
    return make_handler(
        table=DynamoTable(dynamodb, settings.catalog_table, clock),
        provision_queue=SqsSender(queues, settings.provision_queue_url),
        usage=DynamoUsageReader(calls, settings.counters_table),
        unknown_keys=DynamoUnknownKeys(calls, settings.counters_table),
        dry_run=partial(dry_run, deployment_secret=deployment_secret),
        connectors=aws_connectors(
            (settings.data_bucket, settings.landing_bucket),
            settings.identity_role_arn,
            settings.bigquery_emulator_host,
            postgres_networks=settings.postgres_networks,
            aws_is_emulated=settings.aws_is_emulated,
            lake_function=settings.lake_function,
        ),
        secrets=secrets,
        quarantine=Quarantine(S3Objects(make_s3_client()), settings.data_bucket, index, settings.quarantine_days),
        redrives=Executions(machines, settings.redrives_arn, "redrive"),
        trials=Executions(machines, settings.trials_arn, "trial"),
        certificates=AcmCertificates(make_acm_client(), settings.deployment),
        dead_letters=SqsDeadLetters(queues, queues_from_urls(settings.queue_urls)),
        domain_secret=deployment_secret,
        trusted_front=TrustedFront(front_secret, is_ours=True) if front_secret else None,
        set_aside=SetAside(S3Objects(make_s3_client()), settings.landing_bucket),
        taps=DynamoTaps(calls, settings.taps_table),
        patience=Patience(time.monotonic, time.sleep),
        alert_ways=Ways(WebPoster(WebClient(own_machine=False)), mail, secrets, clock),
        clock=clock,
        settings=ManagementSettings(
            ingest_base_url=settings.ingest_base_url,
            docs_url=settings.docs_url,
            stream_prefix=settings.stream_prefix,
            reserved_domains=settings.reserved_domains,
            domains_share_listener=settings.domains_share_listener,
            domain_zone_name=settings.domain_zone_name,
            owner_email=settings.owner_email,
            account=settings.account,
            own_bucket=OwnBucket(
                settings.data_bucket, settings.region, settings.secret_key_id, lake_databases=settings.lake_prefix
            ),
        ),
    )


handler = handler_from(os.environ)
