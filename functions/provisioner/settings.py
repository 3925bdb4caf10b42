"""Settings of the provisioner function on AWS."""

from dataclasses import dataclass


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
    delivery_log_group: str | None = None
    """Where delivery streams say why they could not deliver; it has a log stream `delivery`."""
    kms_key_arn: str | None = None
    """Encrypts delivered objects, if not the buckets' own default."""
    aws_partition: str = "aws"
    stage: str = ""
    """Becomes a tag of every stream, if there is one."""
    give_up_after_receives: int = 5
    """An environment is marked failed when its message came this often; the queue has to allow one more."""
