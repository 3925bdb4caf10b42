"""Settings of the tap writer on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TapWriterSettings:
    """Where it finds the leases of taps, and where it keeps their events.

    Its event source is best given large batches and a batching window of a second: it writes a chunk for each tap of a
    batch, and people wait for it.
    """

    catalog_table: str
    """Pointers are read, and the shares of taps in them written."""
    taps_table: str
