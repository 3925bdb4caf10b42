"""Settings of the quarantine writer on AWS."""

from dataclasses import dataclass

from schemas.limits import QUARANTINE_KEPT_DAYS


@dataclass(frozen=True, slots=True)
class QuarantineWriterSettings:
    """Where refused events are kept, and where they are counted.

    Its event source is best given large batches and a batching window of some seconds: an object per batch, and a
    transaction per object.
    """

    data_bucket: str
    """It writes below `quarantine/`."""
    counters_table: str
    quarantine_days: int = QUARANTINE_KEPT_DAYS
    """For how many days of their arrival events are kept; the bucket's lifecycle rule says the same."""
