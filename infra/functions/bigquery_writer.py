"""The writer: takes what landed to BigQuery, and to databases, buckets, queues, streams, buses and targets of users."""

from domain.records.keys import OUTBOX, delivery_error_key, endpoint_group
from functions.bigquery_writer.settings import WriterSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import DELIVERED_PREFIX, QUEUES, REPEATS_PREFIX, SET_ASIDE_PREFIX

WRITTEN_GROUPS = (endpoint_group("*"), OUTBOX, delivery_error_key("*").pk)
"""Environments, to ask for a table that is missing, what tells the provisioner, and why a destination failed."""


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it alone reads what landed, and takes on roles of users."""
    state, settings = stacks.state, stacks.settings
    return FunctionSpec(
        name="bigquery_writer",
        description="Writes what landed to BigQuery, and to databases, buckets, queues, streams, buses and URLs",
        settings=WriterSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            secret_prefix=settings.destination_secret_prefix,
            identity_role_arn=stacks.identity_role_arn,
            bigquery_emulator_host=settings.bigquery_emulator_host,
            postgres_networks=settings.postgres_networks,
            aws_is_emulated=settings.aws_endpoint is not None,
            lake_queue_url=state.queues["lake"].queue.queue_url if settings.lake else None,
            own_buckets=(state.data.bucket_name, state.landing.bucket_name),
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS),
            *grants.writing_groups(state.tables.counters, grants.USAGE),
            *grants.using_secrets(state, f"{settings.credentials_prefix}*", state.key, "GetSecretValue"),
            *grants.reading_objects(state.landing, DELIVERED_PREFIX, REPEATS_PREFIX),
            *grants.writing_objects(state.landing, SET_ASIDE_PREFIX, REPEATS_PREFIX),
            *grants.taking_on_users_roles(state),
            *stacks.identity_statements(),
            *(grants.sending(state.queues["lake"]) if settings.lake else ()),
        ],
        memory_mib=1_024,
        scratch_mib=4_096,  # ten objects of 128 MiB, each of them written out for tables of two revisions, and more
        timeout_seconds=QUEUES["landing"].handler_seconds,
        queue=state.queues["landing"],
        max_concurrency=50,
        private_network=settings.private_network,
    )
