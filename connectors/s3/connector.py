"""Buckets of S3. The streams write to them, so all there is to do here is to see whether they can."""

from collections.abc import Callable, Collection, Sequence

from connectors.s3.capabilities import CAPABILITIES
from domain.delivery.connectors import Capabilities, CheckStep, RevisionTable, Target
from domain.delivery.ports import ObjectStore
from domain.errors import Misconfigured, Undelivered

PROBE_NAME = "_ingest_check"
"""What a check writes, below the prefix: readers such as Athena pass over names that start with `_`."""

_PROBE = b"Written by a check of this destination; it may be removed at any time.\n"


class S3Connector:
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
            return [CheckStep("bucket", "This is the deployment's own bucket; name one of yours.")]
        try:
            objects = self._open_bucket(target)
        except (Undelivered, Misconfigured) as error:
            return [CheckStep("role", str(error))]
        try:
            objects.put(destination["bucket"], f"{destination['prefix']}{PROBE_NAME}", _PROBE)
        except (Undelivered, Misconfigured) as error:
            return [CheckStep("role"), CheckStep("write", str(error))]
        return [CheckStep("role"), CheckStep("write")]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Do nothing: objects need no table."""

    def make_view(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Do nothing: objects need no view."""
