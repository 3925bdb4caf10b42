"""The lake's writer: everything that touches tables of lakes. A stage has it only if its settings say so."""

from domain.records.keys import lake_lease_key
from functions.lake_writer.settings import LakeWriterSettings
from infra.constructs.lake import database_arns, table_arns
from infra.functions import grants
from infra.functions.bigquery_writer import WRITTEN_GROUPS
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import DELIVERED_PREFIX, QUEUES, REPEATS_PREFIX, SET_ASIDE_PREFIX
from schemas.lakes import MANAGED_PREFIX, PROBE_NAME


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it alone reaches tables of lakes, and removes none but those of its checks."""
    state, settings = stacks.state, stacks.settings
    prefix = settings.lake_database_prefix
    optimizer = state.lake_optimizer
    assert optimizer is not None, "a stage without lakes has no such function"
    tables = table_arns(state, prefix, "*")
    probes = table_arns(state, prefix, f"{PROBE_NAME}_*")
    return FunctionSpec(
        name="lake_writer",
        description="Writes what landed to lakes, and makes and tries their tables",
        settings=LakeWriterSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            data_bucket=state.data.bucket_name,
            own_buckets=(state.data.bucket_name, state.landing.bucket_name),
            database_prefix=prefix,
            # An emulated AWS has no such service.
            optimizer_role_arn=optimizer.role_arn if settings.aws_endpoint is None else None,
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS, lake_lease_key("*").pk),
            *grants.writing_groups(state.tables.counters, grants.USAGE),
            *grants.reading_objects(state.landing, DELIVERED_PREFIX, REPEATS_PREFIX),
            *grants.writing_objects(state.landing, SET_ASIDE_PREFIX, REPEATS_PREFIX),
            *grants.reading_objects(state.data, MANAGED_PREFIX),
            *grants.writing_objects(state.data, MANAGED_PREFIX),
            *grants.deleting_objects(state.data, MANAGED_PREFIX),
            *grants.allowing(["glue:CreateDatabase", "glue:GetDatabase"], *database_arns(state, prefix)),
            *grants.allowing(
                ["glue:CreateTable", "glue:CreateTableOptimizer", "glue:GetTable", "glue:UpdateTable"], *tables
            ),
            *grants.allowing(["glue:DeleteTable", "glue:DeleteTableOptimizer"], *probes),
            *grants.passing(optimizer, "glue.amazonaws.com"),
            *grants.taking_on_users_roles(state),
        ],
        # An object of 128 MiB takes 110 MiB, the function itself 200. More memory is more processor.
        memory_mib=1_024,
        timeout_seconds=QUEUES["lake"].handler_seconds,
        queue=state.queues["lake"],
        batch_size=1,  # an object is a commit, and takes seconds
        max_concurrency=50,
    )
