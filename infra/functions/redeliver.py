"""Redeliver: puts spilled records into their streams once those take them."""

from functions.redeliver.settings import RedeliverSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks
from infra.stacks.state import QUEUES


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: large batches, since the records of a stream go in one call, and calls are scarce."""
    return FunctionSpec(
        name="redeliver",
        description="Puts spilled records into their delivery streams again",
        settings=RedeliverSettings(),
        statements=grants.using_streams(stacks.state, stacks.settings.stream_prefix, "PutRecordBatch"),
        memory_mib=512,
        timeout_seconds=QUEUES["spill"].handler_seconds,
        queue=stacks.state.queues["spill"],
        batch_size=1_000,
        batch_seconds=1,
        # With the spill of a whole region's streams in the queue, docs/scale.md says how long it takes.
        max_concurrency=20,
    )
