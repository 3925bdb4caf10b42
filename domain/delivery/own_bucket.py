"""Which destinations are the deployment's own data bucket, to which streams write directly."""

from collections.abc import Mapping
from typing import Any


def is_own_bucket(destination: Mapping[str, Any]) -> bool:
    """Say whether objects of a destination land in the data bucket: those of every other land where a writer is."""
    return destination.get("type") == "s3" and destination.get("managed") is True
