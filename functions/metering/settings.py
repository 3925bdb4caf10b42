"""Settings of the metering function on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeteringSettings:
    """Where plans stand, and what was counted."""

    catalog_table: str
    counters_table: str
    """The table of usage and rates; only read."""
