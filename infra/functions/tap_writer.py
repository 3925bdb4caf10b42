"""The tap writer: keeps live events for people who watch, and tells handlers how many to send."""

from functions.tap_writer.settings import TapWriterSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import QUEUES
from schemas.items import pointer_key


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs; messages are gathered for a second, since people wait for them."""
    tables = stacks.state.tables
    return FunctionSpec(
        name="tap_writer",
        description="Keeps live events for an hour, while someone watches",
        settings=TapWriterSettings(
            catalog_table=tables.catalog.table_name,
            taps_table=tables.taps.table_name,
        ),
        statements=[
            *grants.changing_items_of(tables.catalog, pointer_key("*").pk),
            *grants.writing(tables.taps),
        ],
        memory_mib=512,
        timeout_seconds=QUEUES["taps"].handler_seconds,
        queue=stacks.state.queues["taps"],
        batch_size=1_000,
        batch_seconds=1,
        # Writers of one tap wait for each other: few are enough for a thousand events a second.
        max_concurrency=5,
    )
