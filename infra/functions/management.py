"""Management: serves `/v1`."""

from functions.management.settings import ManagementFunctionSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import QUARANTINE_PREFIX, SENT_AGAIN_PREFIX, SET_ASIDE_PREFIX


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it decides, and leaves what takes time to others."""
    state, settings, front = stacks.state, stacks.settings, stacks.front
    return FunctionSpec(
        name="management",
        description="Serves the management API",
        settings=ManagementFunctionSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            taps_table=state.tables.taps.table_name,
            data_bucket=state.data.bucket_name,
            landing_bucket=state.landing.bucket_name,
            provision_queue_url=state.queues["provision"].queue.queue_url,
            queue_urls=tuple(queue.queue.queue_url for queue in state.queues.values()),
            deployment_secret_id=state.deployment_secret.secret_arn,
            front_secret_id=state.console_secret.secret_arn,
            secret_prefix=settings.destination_secret_prefix,
            mail_topics=grants.topic_arns(state, settings.mail_topic_prefix),
            redrives_arn=stacks.redrives_arn,
            trials_arn=stacks.trials_arn,
            deployment=settings.mark,
            ingest_base_url=stacks.ingest_url,
            docs_url=front.site.docs_url,
            stream_prefix=settings.stream_prefix,
            secret_key_id=state.key.key_arn,
            account=state.account,
            region=state.region,
            identity_role_arn=stacks.identity_role_arn,
            bigquery_emulator_host=settings.bigquery_emulator_host,
            postgres_networks=settings.postgres_networks,
            lake_function=stacks.lake_function,
            lake_prefix=settings.lake_database_prefix,
            aws_is_emulated=settings.aws_endpoint is not None,
            reserved_domains=(settings.console_domain,) if settings.console_domain else (),
            domains_share_listener=settings.front_door == "alb",
            domain_zone_name=settings.custom_domain_zone.name if settings.custom_domain_zone else None,
            owner_email=settings.owner_email,
            quarantine_days=settings.quarantine_days,
        ),
        statements=[
            *grants.writing_catalog(state.tables.catalog),
            *grants.reading(state.tables.counters),
            *grants.reading(state.tables.taps),
            *grants.reading_objects(state.data, QUARANTINE_PREFIX),
            *grants.reading_objects(state.landing, SET_ASIDE_PREFIX, SENT_AGAIN_PREFIX),
            *grants.writing_objects(state.landing, SENT_AGAIN_PREFIX),
            *grants.deleting_objects(state.landing, SET_ASIDE_PREFIX),
            *grants.redriving(*state.queues.values()),
            *grants.reading_secret(state.deployment_secret),
            *grants.reading_secret(state.console_secret),
            *grants.keeping_secrets(state, settings.destination_secret_prefix, state.key),
            *grants.allowing(["states:StartExecution"], stacks.redrives_arn, stacks.trials_arn),
            *grants.sending_mail(
                state, settings.mail_topic_prefix, state.key, "CreateTopic", "DeleteTopic", "Subscribe"
            ),
            *grants.importing_certificates(state, settings.mark),
            *grants.taking_on_users_roles(state),
            *stacks.identity_statements(),
            *stacks.lake_statements(),
        ],
        # Memory buys processor, and people wait for its cold start.
        memory_mib=1_024,
        timeout_seconds=29,
        private_network=settings.private_network,
        reserved_concurrency=settings.concurrency.management if settings.concurrency else None,
    )
