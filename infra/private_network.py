"""A VPC of the operator's, and what a stage needs of it."""

import re
from dataclasses import dataclass

from domain.errors import Misconfigured
from domain.web_places import is_private

MAX_SECURITY_GROUPS = 5
"""Of a function: https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateNetwork:
    """Subnets of a VPC of yours, for the functions that sign in to users' databases: writer, provisioner, management.

    They need all that they need without it, so the subnets must have a way out: docs/deploy.md.
    """

    subnet_ids: tuple[str, ...]
    """Private ones, of one VPC, whose route tables lead to the Internet by a NAT gateway; best in two zones."""
    security_group_ids: tuple[str, ...]
    """Of the functions, one to five; they must let out HTTPS, and the ports of the databases."""
    postgres_networks: tuple[str, ...]
    """As CIDR, such as `10.0.8.0/24`: where the databases are. Everyone who may change a destination can have a
    connection made to any address of these, so name the databases' subnets alone."""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for what can't be deployed."""
        if not self.subnet_ids or not all(re.fullmatch(r"subnet-[0-9a-f]{8,17}", name) for name in self.subnet_ids):
            raise Misconfigured("private_network needs subnet_ids such as subnet-0123456789abcdef0.")
        groups = self.security_group_ids
        if not 1 <= len(groups) <= MAX_SECURITY_GROUPS or not all(
            re.fullmatch(r"sg-[0-9a-f]{8,17}", name) for name in groups
        ):
            raise Misconfigured(
                f"private_network needs one to {MAX_SECURITY_GROUPS} security_group_ids such as sg-0123456789abcdef0."
            )
        if not self.postgres_networks or not all(map(is_private, self.postgres_networks)):
            raise Misconfigured("private_network needs postgres_networks: private ones, such as 10.0.8.0/24.")
