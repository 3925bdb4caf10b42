"""Settings of the function that writes what landed to destinations."""

from dataclasses import dataclass

from schemas.limits import WRITER_SECONDS


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Where it finds what it reads, and whose identity it takes on."""

    catalog_table: str
    counters_table: str
    """The table of usage and rates."""
    secret_prefix: str
    """What the names of destinations' secrets start with."""
    own_buckets: tuple[str, ...]
    """Buckets of the deployment, which no destination may name."""
    identity_role_arn: str | None = None
    """The role that vouches for organisations towards Google; without it no workload identity can be used."""
    bigquery_emulator_host: str | None = None
    """Host and port of what stands for BigQuery; without it, Google's own."""
    postgres_networks: tuple[str, ...] = ()
    """Private networks, as CIDR, whose databases may be written to."""
    aws_is_emulated: bool = False
    """Whether all of this runs on one machine: then targets over HTTP and databases may be ports of it."""
    lake_queue_url: str | None = None
    """The queue of the lake's writer; without it there are no lakes."""
    environment_seconds: float = WRITER_SECONDS
    """What one environment may take of a call; the function's own time has to be longer."""
