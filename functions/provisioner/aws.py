"""The provisioner on AWS: `handler` is what Lambda calls, fed by the provision queue."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.firehose.admin import DeliveryRole, FirehoseAdmin
from adapters.firehose.admin import make_client as make_firehose_client
from adapters.function_settings import settings_from_variables
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from functions.provisioner.handler import Buckets, Handler, ProvisionerSettings, make_handler
from functions.provisioner.settings import ProvisionerFunctionSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(ProvisionerFunctionSettings, variables)
    role = DeliveryRole(
        arn=settings.delivery_role_arn,
        kms_key_arn=settings.kms_key_arn,
        partition=settings.aws_partition,
        log_group=settings.delivery_log_group,
        tags={"stage": settings.stage} if settings.stage else {},
    )
    return make_handler(
        DynamoTable(make_dynamodb_client(), settings.catalog_table, time.time_ns),
        FirehoseAdmin(make_firehose_client(), role),
        ProvisionerSettings(
            Buckets(data=settings.data_bucket, landing=settings.landing_bucket), settings.give_up_after_receives
        ),
        time.time_ns,
        postpone=SqsSender(make_sqs_client(), settings.provision_queue_url).send_later,
    )


handler = handler_from(os.environ)
