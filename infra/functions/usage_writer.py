"""The usage writer: adds up what handlers have counted."""

from functions.usage_writer.settings import UsageWriterSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from infra.stacks.state import QUEUES


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: usage and nothing else of the counters, and its queue, by which it reminds itself."""
    state = stacks.state
    queue = state.queues["usage"]
    return FunctionSpec(
        name="usage_writer",
        description="Adds up what handlers have counted",
        settings=UsageWriterSettings(
            counters_table=state.tables.counters.table_name, usage_queue_url=queue.queue.queue_url
        ),
        statements=[*grants.writing_groups(state.tables.counters, grants.USAGE), *grants.sending(queue)],
        # A turn holds up to 200 MB: adapters/dynamodb/usage_sheets.py
        memory_mib=1_024,
        timeout_seconds=QUEUES["usage"].handler_seconds,
        queue=queue,
        batch_size=1_000,
        # A plan that is used up is to be in force within a minute.
        batch_seconds=2,
        max_concurrency=10,
        schedules=[Schedule(minutes=1)],
    )
