"""Settings of the trial function on AWS."""

from dataclasses import dataclass

from schemas.limits import QUARANTINE_KEPT_DAYS


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Where trials find the events that they try. Nothing but the trials themselves is written."""

    catalog_table: str
    """Trials are written there; revisions are read."""
    counters_table: str
    """The table of the quarantine's counts; only read."""
    taps_table: str
    """The table of live events; only read."""
    data_bucket: str
    """`environment=` and `quarantine/` are read."""
    landing_bucket: str
    """`environment=` is read."""
    state_machine_arn: str
    """What the sweep starts."""
    quarantine_days: int = QUARANTINE_KEPT_DAYS
    """For how many days of their arrival refused events are kept; the bucket's lifecycle rule says the same."""
