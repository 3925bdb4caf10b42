"""Metering: compares what organisations used with their plans, every minute."""

from functions.metering.pointers import plan_state_key
from functions.metering.settings import MeteringSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks
from schemas.items import pointer_key

WRITTEN_GROUPS = (pointer_key("*").pk, plan_state_key("*").pk)


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads counts, and marks pointers of who is over a plan."""
    tables = stacks.state.tables
    return FunctionSpec(
        name="metering",
        description="Compares the use of organisations with their plans",
        settings=MeteringSettings(catalog_table=tables.catalog.table_name, counters_table=tables.counters.table_name),
        statements=[*grants.writing_catalog_of(tables.catalog, *WRITTEN_GROUPS), *grants.reading(tables.counters)],
        # It holds some 60 MiB. Where a plan lets ingest refuse, it waits for half of each minute, and that is paid for
        # by memory; a thousand organisations take some 20 s of this much of a processor.
        memory_mib=256,
        timeout_seconds=55,
        # One at a time: a run that lasts longer than its minute is not overtaken by the next.
        reserved_concurrency=stacks.settings.one_at_a_time,
        schedules=[Schedule(minutes=1)],
    )
