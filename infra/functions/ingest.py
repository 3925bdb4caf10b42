"""Ingest: answers senders."""

from functions.ingest.settings import IngestSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from schemas.items import host_key, pointer_key, revision_document_key

READ_GROUPS = (pointer_key("*").pk, revision_document_key("*").pk, host_key("*").pk)
"""Of the catalog: no token, no member, no entry of the audit log."""


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads pointers, puts records, and queues what it can't keep, or has counted."""
    state, kept = stacks.state, stacks.settings.concurrency
    spill, quarantine, taps, usage = (state.queues[name] for name in ("spill", "quarantine", "taps", "usage"))
    return FunctionSpec(
        name="ingest",
        description="Validates events, answers, and hands them to their delivery stream",
        settings=IngestSettings(
            catalog_table=state.tables.catalog.table_name,
            counters_table=state.tables.counters.table_name,
            spill_queue_url=spill.queue.queue_url,
            quarantine_queue_url=quarantine.queue.queue_url,
            taps_queue_url=taps.queue.queue_url,
            usage_queue_url=usage.queue.queue_url,
            docs_url=stacks.front.site.docs_url,
            deployment_secret_id=state.deployment_secret.secret_arn,
            destination_secret_prefix=stacks.settings.destination_secret_prefix,
            front_secret_id=state.front_secret.secret_arn if state.front_secret else None,
            front_is_ours=stacks.settings.has_ingest_distribution,
        ),
        statements=[
            *grants.reading_items_of(state.tables.catalog, *READ_GROUPS),
            *grants.adding_samples(state.tables.counters),
            *grants.sending(spill, quarantine, taps, usage),
            *grants.using_streams(state, stacks.settings.stream_prefix, "PutRecordBatch"),
            *grants.reading_secret(state.deployment_secret),
            *grants.using_secrets(state, f"{stacks.settings.hook_secret_prefix}*", state.key, "GetSecretValue"),
            *(grants.reading_secret(state.front_secret) if state.front_secret else []),
        ],
        # The least of which half holds the dearest request: docs/decisions/0034-memory-of-ingest.md
        memory_mib=512,
        timeout_seconds=20,
        reserved_concurrency=kept.ingest if kept else None,
    )
