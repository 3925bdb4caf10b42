"""Buckets of S3. To the deployment's own the streams write directly; to a user's, objects are copied.

A delivery stream can't take on a role of another account, nor reach another region; this can.
"""

from collections.abc import Callable, Collection, Sequence

from connectors.s3.capabilities import CAPABILITIES
from connectors.without_views import WithoutViews
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.landed import LandedObject, Outcomes, stamps_of
from domain.delivery.ports import ObjectStore
from domain.errors import Misconfigured, Undelivered

PROBE_NAME = "_ingest_check"
"""What a check writes, below the prefix: readers such as Athena pass over names that start with `_`."""

_PROBE = b"Written by a check of this destination; it may be removed at any time.\n"


class S3Connector(WithoutViews):
    """Implements `Connector`."""

    def __init__(self, open_bucket: Callable[[Target], ObjectStore], own_buckets: Collection[str]) -> None:
        """Take what opens a user's bucket, as the user's role, and the buckets that no user may name."""
        self._open_bucket = open_bucket
        self._own_buckets = frozenset(own_buckets)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        """Write a small object below the prefix, always the same one: a role that may only write has to do."""
        destination = target.destination
        if destination.get("managed"):
            return []
        if destination["bucket"] in self._own_buckets:
            return [failed_step("bucket", "This is the deployment's own bucket; name one of yours.")]
        try:
            objects = self._open_bucket(target)
        except (Undelivered, Misconfigured) as error:
            return [failed_step("role", str(error))]
        try:
            objects.put(destination["bucket"], f"{destination['prefix']}{PROBE_NAME}", _PROBE)
        except (Undelivered, Misconfigured) as error:
            return [CheckStep("role"), failed_step("write", str(error))]
        return [CheckStep("role"), CheckStep("write")]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:  # noqa: ARG002
        """Return none: objects need no table."""
        return []

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:  # noqa: ARG002
        """Copy the object as it is, under its own key below the prefix: a second copy replaces the first."""
        destination = target.destination
        outcomes = Outcomes()
        for line in landed.lines():
            stamps = stamps_of(line)
            if stamps is not None:
                outcomes.deliver(stamps)
        with landed.open() as stream:
            body = stream.read()
        self._open_bucket(target).put(destination["bucket"], f"{destination['prefix']}{landed.key}", body)
        return outcomes
