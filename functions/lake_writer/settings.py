"""Settings of the function that writes what landed to lakes."""

from dataclasses import dataclass

from schemas.limits import WRITER_SECONDS


@dataclass(frozen=True, slots=True)
class LakeWriterSettings:
    """Where it finds what it reads, and where the deployment's own lake is."""

    catalog_table: str
    counters_table: str
    """The table of usage and rates."""
    data_bucket: str
    """Holds the deployment's own lake."""
    own_buckets: tuple[str, ...]
    """Buckets of the deployment, which no destination may name."""
    database_prefix: str
    """What the names of databases in Glue start with; an organisation's id follows."""
    optimizer_role_arn: str | None = None
    """The role that Glue looks after the deployment's tables with; without it nothing looks after any table."""
    environment_seconds: float = WRITER_SECONDS
    """What one environment may take of a call; the function's own time has to be longer."""
