"""Metering: compares what organisations used with their plans, and canaries with what runs, every minute."""

from domain.records.keys import CANARIES, endpoint_group, environment_group
from functions.metering.pointers import plan_state_key
from functions.metering.settings import MeteringSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from schemas.items import pointer_key

WRITTEN_GROUPS = (
    pointer_key("*").pk,
    plan_state_key("*").pk,
    CANARIES,
    endpoint_group("*"),
    environment_group("*"),
)
"""The last three for a canary that ends: the list of them, the item of its environment, and its deployment."""


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads counts, marks pointers of who is over a plan, and ends canaries."""
    tables = stacks.state.tables
    return FunctionSpec(
        name="metering",
        description="Compares the use of organisations with their plans, and canaries with what runs",
        settings=MeteringSettings(catalog_table=tables.catalog.table_name, counters_table=tables.counters.table_name),
        statements=[
            *grants.writing_catalog_of(tables.catalog, *WRITTEN_GROUPS),
            *grants.adding_to_audit_log(tables.catalog),
            *grants.reading(tables.counters),
        ],
        # It holds some 60 MiB. Where a plan lets ingest refuse, or a canary runs, it waits for half of each minute, and
        # that is paid for by memory; a thousand organisations take some 20 s of this much of a processor.
        memory_mib=256,
        timeout_seconds=55,
        # One at a time: a run that lasts longer than its minute is not overtaken by the next.
        reserved_concurrency=stacks.settings.one_at_a_time,
        schedules=[Schedule(minutes=1)],
    )
