"""Delivered: counts the events of each object that a stream delivered."""

from functions.delivered.settings import DeliveredSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import DELIVERED_PREFIX, QUEUES


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads what was delivered, and writes counts."""
    state = stacks.state
    return FunctionSpec(
        name="delivered",
        description="Counts what was delivered into the data bucket",
        settings=DeliveredSettings(counters_table=state.tables.counters.table_name),
        statements=[
            *grants.reading_objects(state.data, DELIVERED_PREFIX),
            *grants.writing_groups(state.tables.counters, grants.USAGE),
        ],
        memory_mib=512,
        timeout_seconds=QUEUES["delivered"].handler_seconds,
        queue=state.queues["delivered"],
        max_concurrency=20,
    )
