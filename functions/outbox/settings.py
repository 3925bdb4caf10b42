"""Settings of the outbox function on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """Where letters wait, and where they go."""

    catalog_table: str
    provision_queue_url: str
    deployment: str
    """Tells deployments of one account apart: the value of the metric's one dimension, `deployment`."""
