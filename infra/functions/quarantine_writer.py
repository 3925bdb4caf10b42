"""The quarantine writer: keeps refused events, and counts why they were refused."""

from functions.quarantine_writer.settings import QuarantineWriterSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import QUARANTINE_PREFIX, QUEUES


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs; messages are gathered, since an object for each would cost more than the event."""
    state = stacks.state
    return FunctionSpec(
        name="quarantine_writer",
        description="Writes refused events into the quarantine",
        settings=QuarantineWriterSettings(
            data_bucket=state.data.bucket_name,
            counters_table=state.tables.counters.table_name,
            quarantine_days=stacks.settings.quarantine_days,
        ),
        statements=[
            *grants.writing_objects(state.data, QUARANTINE_PREFIX),
            *grants.writing_groups(state.tables.counters, *grants.QUARANTINED),
        ],
        memory_mib=512,
        timeout_seconds=QUEUES["quarantine"].handler_seconds,
        queue=state.queues["quarantine"],
        batch_size=1_000,
        batch_seconds=20,
        max_concurrency=20,
    )
