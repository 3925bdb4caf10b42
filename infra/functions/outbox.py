"""Outbox: sends what a change of the catalog left to be sent, should its own request not have managed to."""

from domain.records.keys import OUTBOX
from functions.outbox.settings import OutboxSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks

WRITTEN_GROUPS = (OUTBOX,)


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it takes letters out of the catalog, and sends them."""
    state = stacks.state
    return FunctionSpec(
        name="outbox",
        description="Sends what changes of the catalog left to be sent",
        settings=OutboxSettings(
            catalog_table=state.tables.catalog.table_name,
            provision_queue_url=state.queues["provision"].queue.queue_url,
            deployment=stacks.settings.name,
        ),
        statements=[
            *grants.writing_catalog_of(state.tables.catalog, *WRITTEN_GROUPS),
            *grants.sending(state.queues["provision"]),
        ],
        memory_mib=256,
        timeout_seconds=55,
        reserved_concurrency=stacks.settings.one_at_a_time,
        schedules=[Schedule(minutes=1)],
    )
