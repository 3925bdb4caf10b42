"""Ingest: answers those who send events."""

from functions.ingest.settings import IngestSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads pointers, puts records, and spills and sets aside what it must."""
    state = stacks.state
    spill, quarantine = state.queues["spill"], state.queues["quarantine"]
    return FunctionSpec(
        name="ingest",
        description="Validates events, answers, and hands them to their delivery stream",
        settings=IngestSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            spill_queue_url=spill.queue.queue_url,
            quarantine_queue_url=quarantine.queue.queue_url,
            user_hash_secret_id=state.user_hash_secret.secret_arn,
        ),
        statements=[
            *grants.reading(state.tables.catalog),
            *grants.writing(state.tables.counters),
            *grants.sending(spill, quarantine),
            *grants.using_streams(state, stacks.settings.stream_prefix, "PutRecordBatch"),
            *grants.reading_secret(state.user_hash_secret),
        ],
        # Memory buys processor: a cold start of this size is a third of that of 512.
        memory_mib=1_024,
        timeout_seconds=20,
        reserved_concurrency=stacks.settings.ingest_reserved_concurrency,
    )
