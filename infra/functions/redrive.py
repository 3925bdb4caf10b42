"""Redrive: sends quarantined events again that fit another revision."""

from adapters.dynamodb.quarantine_items import settled_item_key, sums_partition
from domain.records.keys import OPEN_REDRIVES, environment_group
from functions.redrive.settings import RedriveSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from infra.stacks.state import QUARANTINE_PREFIX, REDRIVEN_PREFIX, REDRIVES_PREFIX

WRITTEN_GROUPS = (environment_group("*"), OPEN_REDRIVES)
COUNTED_GROUPS = (grants.USAGE, *grants.QUARANTINED, sums_partition("*"), settled_item_key("*", "*").pk)
"""Of the counters: what it sends again, what that leaves in quarantine, and how far each redrive is."""


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads the quarantine, puts records, and starts the machine whose steps it does."""
    state, settings = stacks.state, stacks.settings
    return FunctionSpec(
        name="redrive",
        description="Does the steps of redrives, and starts those whose start got lost",
        settings=RedriveSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            data_bucket=state.data.bucket_name,
            spill_queue_url=state.queues["spill"].queue.queue_url,
            deployment_secret_id=state.deployment_secret.secret_arn,
            state_machine_arn=stacks.redrives_arn,
            quarantine_days=settings.quarantine_days,
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS),
            *grants.writing_groups(state.tables.counters, *COUNTED_GROUPS),
            *grants.reading_objects(state.data, QUARANTINE_PREFIX, REDRIVES_PREFIX),
            *grants.writing_objects(state.data, REDRIVES_PREFIX, REDRIVEN_PREFIX),
            *grants.sending(state.queues["spill"]),
            *grants.using_streams(state, settings.stream_prefix, "PutRecordBatch"),
            *grants.reading_secret(state.deployment_secret),
            *grants.allowing(["states:StartExecution"], stacks.redrives_arn),
            *grants.allowing(
                ["states:DescribeExecution"], f"{stacks.redrives_arn.replace(':stateMachine:', ':execution:')}:*"
            ),
        ],
        memory_mib=1_024,
        timeout_seconds=300,
        schedules=[Schedule(minutes=1, event={"step": "sweep"})],
    )
