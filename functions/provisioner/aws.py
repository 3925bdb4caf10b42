"""The provisioner on AWS: `handler` is what Lambda calls, fed by the provision queue and by two schedules."""

import os
import time
from collections.abc import Mapping

from adapters.acm import AcmCertificates
from adapters.acm import make_client as make_acm_client
from adapters.api_gateway import ApiGatewayFront
from adapters.api_gateway import make_client as make_api_gateway_client
from adapters.dns_texts import DnsTexts
from adapters.domain_fronts import DomainFronts
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.firehose.admin import DeliveryRole, FirehoseAdmin
from adapters.firehose.admin import make_client as make_firehose_client
from adapters.function_settings import settings_from_variables
from adapters.load_balancer import LoadBalancerFront
from adapters.load_balancer import make_client as make_load_balancer_client
from adapters.route53 import HostedZone
from adapters.route53 import make_client as make_route53_client
from adapters.secrets_manager import ManagedSecrets
from adapters.secrets_manager import make_client as make_secrets_client
from adapters.sqs.sender import SqsSender
from adapters.sqs.sender import make_client as make_sqs_client
from connectors.on_aws import aws_connectors
from domain.certificates.ports import DomainFront
from domain.records.ports import Table
from functions.provisioner.domains import Domains
from functions.provisioner.handler import Buckets, Handler, ProvisionerSettings, make_handler
from functions.provisioner.proofs import Proofs
from functions.provisioner.settings import ProvisionerFunctionSettings
from functions.provisioner.stores import Stores


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
    table = DynamoTable(make_dynamodb_client(), settings.catalog_table, time.time_ns)
    buckets = Buckets(data=settings.data_bucket, landing=settings.landing_bucket)
    connectors = aws_connectors(
        (buckets.data, buckets.landing),
        settings.identity_role_arn,
        settings.bigquery_emulator_host,
        postgres_networks=settings.postgres_networks,
        aws_is_emulated=settings.aws_is_emulated,
        lake_function=settings.lake_function,
    )
    secrets = ManagedSecrets(make_secrets_client(), settings.secret_prefix, settings.kms_key_arn)
    stores = Stores(table, connectors, secrets, time.time_ns)
    return make_handler(
        table,
        FirehoseAdmin(make_firehose_client(), role),
        ProvisionerSettings(buckets, settings.give_up_after_receives),
        time.time_ns,
        domains=_domains(settings, table),
        steps=[stores],
        postpone=SqsSender(make_sqs_client(), settings.provision_queue_url).send_later,
        sweep_secrets=stores.sweep,
    )


def _domains(settings: ProvisionerFunctionSettings, table: Table) -> Domains | None:
    """Return what custom domains need; certificates and domain names of a deployment are marked as its own."""
    if settings.ingest_api_id is None:
        return None
    deployment = settings.deployment
    gateway = make_api_gateway_client()
    fronts: list[DomainFront] = [
        ApiGatewayFront(gateway, settings.ingest_api_id, settings.ingest_api_stage, deployment)
    ]
    if settings.balancer_listener_arn and settings.balancer_host:
        client = make_load_balancer_client()
        balancer = LoadBalancerFront(client, settings.balancer_listener_arn, settings.balancer_host)
        fronts.insert(0 if settings.balancer_serves_domains else 1, balancer)
    zone = None
    if settings.domain_zone_id and settings.domain_zone_name:
        zone = HostedZone(make_route53_client(), settings.domain_zone_id, settings.domain_zone_name)
    proofs = Proofs(table, DnsTexts(), zone, time.time_ns)
    certificates = AcmCertificates(make_acm_client(), deployment)
    return Domains(table, certificates, DomainFronts(*fronts), zone, time.time_ns, proofs)


handler = handler_from(os.environ)
