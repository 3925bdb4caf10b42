"""Ledger: looks every minute whether all that was accepted has arrived."""

from functions.ledger.settings import LedgerSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec, Schedule
from infra.functions.stacks import Stacks


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it only reads, and its figures are lines of its log."""
    tables = stacks.state.tables
    return FunctionSpec(
        name="ledger",
        description="Looks whether all that was accepted has arrived",
        settings=LedgerSettings(
            catalog_table=tables.catalog.table_name,
            counters_table=tables.counters.table_name,
            deployment=stacks.settings.name,
        ),
        statements=[*grants.reading(tables.catalog), *grants.reading(tables.counters)],
        # It holds some 70 MiB; memory buys processor, and a minute's is enough for some 1,800 environments with events.
        memory_mib=512,
        timeout_seconds=55,
        reserved_concurrency=stacks.settings.one_at_a_time,
        schedules=[Schedule(minutes=1)],
    )
