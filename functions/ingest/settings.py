"""Settings of the ingest function on AWS."""

from typing import NamedTuple

from domain.http import DOCS_PATH


class IngestSettings(NamedTuple):
    """Where ingest finds what it reads, and puts what it takes."""

    catalog_table: str
    """The table of pointers, hosts and revisions; only read."""
    counters_table: str
    """The table of rates, and of samples of unknown keys."""
    spill_queue_url: str
    quarantine_queue_url: str
    taps_queue_url: str
    usage_queue_url: str
    deployment_secret_id: str
    """Name or ARN of the secret that organisations' keys derive from: at least 32 bytes of text."""
    destination_secret_prefix: str = ""
    """What the names of secrets that environments have start with; of these, it may read those of webhooks."""
    front_secret_id: str | None = None
    """Name or ARN of the secret by which CloudFront in front of ingest is known; without one, none stands there."""
    front_is_ours: bool = False
    """Whether that is the deployment's own distribution, which writes the viewer's address and nothing of its place."""
    docs_url: str = DOCS_PATH
    """Where problems are explained."""
