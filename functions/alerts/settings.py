"""Settings of the alerts function on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Where alerts and figures stand, and how messages get out."""

    catalog_table: str
    counters_table: str
    """The table of usage and unknown keys; only read."""
    secret_prefix: str
    """What the names of targets' secrets start with."""
    mail_topics: str
    """What the ARN of every target's topic starts with; the target's id follows."""
    deployment: str
    """Tells deployments of one account apart: the value of the metric's one dimension, `deployment`."""
    buffer_seconds: float = 60.0
    """How long streams gather, of environments that have no setting of their own."""
