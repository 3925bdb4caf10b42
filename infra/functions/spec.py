"""What a function of `functions/` needs of its deployment, said in one place for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam

from infra.constructs.queues import WorkQueue
from infra.private_network import PrivateNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A run every so many minutes; `event` is what the function gets, or EventBridge's own event."""

    minutes: int
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One function: what it is told, what it may do, what sets it off."""

    name: str
    """Its folder in `functions/`; `aws.py` there makes the handler."""
    description: str
    settings: object
    """Of the class in its `settings.py`; travels as environment variables."""
    statements: Sequence[iam.PolicyStatement]
    """What it may do besides writing its log and taking from its queue."""
    memory_mib: int
    timeout_seconds: int
    scratch_mib: int = 512
    """Of `/tmp`; 512 cost nothing."""
    queue: WorkQueue | None = None
    batch_size: int = 10
    batch_seconds: int = 0
    """How long messages are gathered for a batch; needed for more than 10."""
    max_concurrency: int | None = None
    """Most handlers that a queue feeds at the same time, at least 2."""
    reserved_concurrency: int | None = None
    schedules: Sequence[Schedule] = ()
    private_network: PrivateNetwork | None = None
    """Where it runs, if it needs to reach what is only there."""
