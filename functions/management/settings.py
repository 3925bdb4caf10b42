"""Settings of the management function on AWS."""

from dataclasses import dataclass

from domain.http import DOCS_PATH
from schemas.limits import QUARANTINE_KEPT_DAYS


@dataclass(frozen=True, slots=True)
class ManagementFunctionSettings:
    """Where it keeps what it is told, and what it says of where things are."""

    catalog_table: str
    counters_table: str
    """The table of usage, rates and the quarantine's counts; only read."""
    taps_table: str
    """The table of live events; only read."""
    data_bucket: str
    """`quarantine/` is read."""
    landing_bucket: str
    """`set-aside/` is read and sent again from."""
    provision_queue_url: str
    queue_urls: tuple[str, ...]
    """The queues that the operator looks at; the dead letters of each are in one of its name and `-dead`."""
    deployment_secret_id: str
    """Name or ARN of the secret that organisations' keys derive from: for the macro `user_hash` and domains' proofs."""
    secret_prefix: str
    """What the names of destinations' secrets start with."""
    deployment: str
    """Value of the tag by which certificates of this deployment are told from those of others."""
    mail_topics: str
    """What the ARN of every topic of alerts' mail starts with; the id of its target follows."""
    redrives_arn: str
    """The state machine of redrives."""
    trials_arn: str
    """The state machine of trials."""
    ingest_base_url: str
    """Scheme and host under which environments are reached."""
    stream_prefix: str
    """What every delivery stream's name starts with."""
    front_secret_id: str | None = None
    """Name or ARN of the secret that the console's CloudFront shows; without one, no front is believed."""
    secret_key_id: str | None = None
    """The key that encrypts new secrets and topics, if not AWS's own."""
    account: str | None = None
    """The AWS account that it runs in, as people are told it."""
    region: str | None = None
    """The AWS region that it runs in, as people are told it."""
    identity_role_arn: str | None = None
    """The role that vouches for organisations towards Google; without it no workload identity can be used."""
    bigquery_emulator_host: str | None = None
    """Host and port of what stands for BigQuery; without it, Google's own."""
    postgres_networks: tuple[str, ...] = ()
    """Private networks, as CIDR, whose databases may be written to."""
    lake_function: str | None = None
    """Name of the function that reaches tables of lakes; without it there are none."""
    lake_prefix: str = ""
    """What the names of the deployment's databases in Glue start with; an organisation's id follows."""
    aws_is_emulated: bool = False
    """Whether all of this runs on one machine: then targets over HTTP and databases may be ports of it."""
    reserved_domains: tuple[str, ...] = ()
    """Hosts of the deployment: no custom domain may be one of them, or below or above one."""
    domains_share_listener: bool = False
    """Whether one listener offers the certificates of all custom domains, and the deployment's own."""
    domain_zone_name: str | None = None
    """A zone in which the deployment sets records of custom domains itself, if any; without a dot at the end."""
    owner_email: str | None = None
    """Who makes the first organisation by signing in, and owns it."""
    quarantine_days: int = QUARANTINE_KEPT_DAYS
    """For how many days of their arrival refused events are kept; the bucket's lifecycle rule says the same."""
    docs_url: str = DOCS_PATH
    """Where problems are explained."""
