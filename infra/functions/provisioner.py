"""The provisioner: makes and removes what an environment needs."""

from functions.provisioner.settings import ProvisionerFunctionSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from infra.stacks.state import QUEUES


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it alone makes delivery streams, and passes them one role."""
    state, settings = stacks.state, stacks.settings
    zone = settings.custom_domain_zone
    balancer = stacks.front.balancer
    return FunctionSpec(
        name="provisioner",
        description="Makes and removes what environments need",
        settings=ProvisionerFunctionSettings(
            catalog_table=state.tables.catalog.table_name,
            provision_queue_url=state.queues["provision"].queue.queue_url,
            data_bucket=state.data.bucket_name,
            landing_bucket=state.landing.bucket_name,
            delivery_role_arn=state.delivery_role.role_arn,
            secret_prefix=settings.destination_secret_prefix,
            identity_role_arn=stacks.identity_role_arn,
            bigquery_emulator_host=settings.bigquery_emulator_host,
            lake_function=stacks.lake_function,
            delivery_log_group=state.delivery_log.log_group_name,
            kms_key_arn=state.key.key_arn,
            postgres_networks=settings.postgres_networks,
            aws_is_emulated=settings.aws_endpoint is not None,
            aws_partition=state.partition,
            stage=settings.name,
            deployment=settings.mark,
            ingest_api_id=stacks.front.ingest.api.api_id,
            balancer_listener_arn=balancer.listener.listener_arn if balancer else None,
            balancer_host=balancer.balancer.load_balancer_dns_name if balancer else None,
            balancer_serves_domains=settings.front_door == "alb",
            domain_zone_id=zone.zone_id if zone else None,
            domain_zone_name=zone.name if zone else None,
        ),
        statements=[
            *grants.writing_catalog_except(state.tables.catalog, *grants.PEOPLE),
            *grants.sending(state.queues["provision"]),
            *stacks.identity_statements(),
            *stacks.lake_statements(),
            *grants.using_streams(
                state,
                settings.stream_prefix,
                "CreateDeliveryStream",
                "DeleteDeliveryStream",
                "DescribeDeliveryStream",
                "TagDeliveryStream",
                "UpdateDestination",
            ),
            *grants.passing(state.delivery_role, "firehose.amazonaws.com"),
            *grants.using_secrets(
                state, f"{settings.credentials_prefix}*", state.key, "DeleteSecret", "GetSecretValue"
            ),
            *grants.using_secrets(state, f"{settings.hook_secret_prefix}*", state.key, "DeleteSecret"),
            *grants.using_secrets(state, f"{settings.alert_secret_prefix}*", state.key, "DeleteSecret"),
            *grants.serving_domains(state, zone, settings.mark),
            *(grants.using_listener(balancer.listener) if balancer else ()),
        ],
        memory_mib=512,
        timeout_seconds=QUEUES["provision"].handler_seconds,
        queue=state.queues["provision"],
        max_concurrency=5,
        private_network=settings.private_network,
        schedules=[Schedule(minutes=1, event={"task": "look"}), Schedule(minutes=60, event={"task": "sweep"})],
    )
