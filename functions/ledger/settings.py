"""Settings of the ledger function on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Where the ledger is read, and under which name its figures go."""

    catalog_table: str
    counters_table: str
    deployment: str
    """Tells deployments of one account apart: the value of the metrics' one dimension, `deployment`."""
    buffer_seconds: float = 60.0
    """How long streams gather, of environments that have no setting of their own."""
