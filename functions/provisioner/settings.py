"""Settings of the provisioner function on AWS."""

from dataclasses import dataclass

from domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class ProvisionerFunctionSettings:
    """Where it finds what has to be, and what it makes streams of."""

    catalog_table: str
    provision_queue_url: str
    """Its own queue, to which it sends anew what has to wait."""
    data_bucket: str
    """The managed destination."""
    landing_bucket: str
    """Where the streams of all other destinations write."""
    delivery_role_arn: str
    """The role that delivery streams take on; this function passes it, and no other."""
    deployment: str
    """Value of the tag by which certificates and domain names of this deployment are told from those of others."""
    secret_prefix: str
    """What the names of destinations' secrets start with."""
    delivery_log_group: str | None = None
    """Where delivery streams say why they could not deliver; it has a log stream `delivery`."""
    kms_key_arn: str | None = None
    """Encrypts delivered objects, if not the buckets' own default."""
    identity_role_arn: str | None = None
    """The role that vouches for organisations towards Google; without it no workload identity can be used."""
    bigquery_emulator_host: str | None = None
    """Host and port of what stands for BigQuery; without it, Google's own."""
    postgres_networks: tuple[str, ...] = ()
    """Private networks, as CIDR, whose databases may be written to."""
    aws_is_emulated: bool = False
    """Whether all of this runs on one machine: then databases may be ports of it."""
    lake_function: str | None = None
    """Name of the function that reaches tables of lakes; without it there are none."""
    aws_partition: str = "aws"
    stage: str = ""
    """Becomes a tag of every stream, if there is one."""
    give_up_after_receives: int = 5
    """An environment is marked failed when its message came this often; the queue has to allow one more."""
    ingest_api_id: str | None = None
    """The HTTP API at which custom domains are served; without it none can be had."""
    ingest_api_stage: str = "$default"
    balancer_listener_arn: str | None = None
    """The HTTPS listener of a load balancer, if there is one; the DNS name of its balancer goes with it."""
    balancer_host: str | None = None
    balancer_serves_domains: bool = False
    """Whether custom domains are served by the load balancer; otherwise by the HTTP API."""
    domain_zone_id: str | None = None
    """A hosted zone in which this function may set records, for custom domains below it; its name goes with it."""
    domain_zone_name: str | None = None
    """Without a dot at the end."""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for what can't work."""
        if (self.domain_zone_id is None) != (self.domain_zone_name is None):
            raise Misconfigured("DOMAIN_ZONE_ID and DOMAIN_ZONE_NAME must be set both, or neither.")
        if (self.balancer_listener_arn is None) != (self.balancer_host is None):
            raise Misconfigured("BALANCER_LISTENER_ARN and BALANCER_HOST must be set both, or neither.")
        if self.balancer_serves_domains and self.balancer_host is None:
            raise Misconfigured("BALANCER_SERVES_DOMAINS needs BALANCER_LISTENER_ARN and BALANCER_HOST.")
