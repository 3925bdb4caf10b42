"""Settings of the redrive function on AWS."""

from dataclasses import dataclass

from schemas.limits import QUARANTINE_KEPT_DAYS


@dataclass(frozen=True, slots=True)
class RedriveSettings:
    """Where redrives find what was refused, and where they send it."""

    catalog_table: str
    """Redrives are written there; pointers and revisions are read."""
    counters_table: str
    """The table of usage and of the quarantine's counts."""
    data_bucket: str
    """`quarantine/` is read; `redrives/` holds the lists of objects to work on, needed while a redrive runs, and
    `redriven/` notes of the events that were repaired."""
    spill_queue_url: str
    deployment_secret_id: str
    """Name or ARN of the secret that organisations' keys derive from, the same as ingest's."""
    state_machine_arn: str
    """What the sweep starts."""
    quarantine_days: int = QUARANTINE_KEPT_DAYS
    """For how many days of their arrival quarantined events are kept; the bucket's lifecycle rule says the same."""
