"""What a deploy would find out late is said before it begins."""

import boto3
import pytest
from moto import mock_aws

from domain.errors import Misconfigured
from infra.preflight import check_concurrency, check_network
from infra.private_network import PrivateNetwork
from infra.settings.stage import Concurrency, StageSettings

STAGE = StageSettings(name="prod", concurrency=Concurrency(ingest=500, management=50, authorizer=50))


class Functions:
    """Lambda, as far as reservations go: an account's quota, and what functions have reserved of it."""

    class exceptions:  # noqa: N801 - as a client names it
        class ResourceNotFoundException(Exception):  # noqa: N818 - as AWS names it
            pass

    def __init__(self, quota, reserved):
        self.quota = quota
        self.reserved = reserved

    def get_account_settings(self):
        unreserved = self.quota - sum(self.reserved.values())
        return {"AccountLimit": {"ConcurrentExecutions": self.quota, "UnreservedConcurrentExecutions": unreserved}}

    def get_function_concurrency(self, *, FunctionName):  # noqa: N803 - as AWS names it
        if FunctionName not in self.reserved:
            raise self.exceptions.ResourceNotFoundException
        return {"ReservedConcurrentExecutions": self.reserved[FunctionName]}


@pytest.mark.parametrize(
    ("quota", "reserved"),
    [
        (1_000, {}),
        (704, {}),
        (704, {"ingest-prod-ingest": 500, "ingest-prod-management": 50}),
        (1_000, {"ingest-staging-ingest": 296}),
    ],
)
def test_an_account_that_has_what_the_stage_reserves_is_deployed_to(quota, reserved):
    check_concurrency(Functions(quota, reserved), STAGE)


@pytest.mark.parametrize(("quota", "reserved"), [(10, {}), (703, {}), (1_000, {"ingest-staging-ingest": 298})])
def test_an_account_that_has_less_is_told_with_figures_and_the_setting(quota, reserved):
    with pytest.raises(Misconfigured, match=rf"reserves 604 .* has {quota} .*`concurrency=None`"):
        check_concurrency(Functions(quota, reserved), STAGE)


def test_a_stage_that_reserves_nothing_fits_every_account():
    check_concurrency(Functions(10, {}), StageSettings(name="prod", concurrency=None))


@pytest.fixture
def network():
    """A VPC of two subnets, the second of which has the VPC's own route table."""
    with mock_aws():
        client = boto3.client("ec2", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="s")
        vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        yield (
            client,
            vpc,
            [
                client.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
                for cidr in ("10.0.0.0/24", "10.0.1.0/24")
            ],
        )


def stage_in(*subnets):
    private = PrivateNetwork(
        subnet_ids=subnets, security_group_ids=("sg-0123456789abcdef0",), postgres_networks=("10.0.8.0/24",)
    )
    return StageSettings(name="prod", private_network=private)


def lead_out(client, vpc, table, *, by_nat):
    if by_nat:
        subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
        gateway = client.create_nat_gateway(SubnetId=subnet)["NatGateway"]["NatGatewayId"]
        client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
        return
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def test_subnets_that_lead_out_by_a_nat_gateway_are_deployed_to(network):
    client, vpc, (first, second) = network
    (main,) = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    lead_out(client, vpc, main["RouteTableId"], by_nat=True)
    check_network(client, stage_in(first, second))


@pytest.mark.parametrize("by_gateway", [False, True])
def test_a_subnet_that_leads_nowhere_for_functions_is_named_even_beside_one_that_does(network, by_gateway):
    client, vpc, (first, second) = network
    (main,) = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    lead_out(client, vpc, main["RouteTableId"], by_nat=True)
    own = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.associate_route_table(RouteTableId=own, SubnetId=second)
    if by_gateway:
        lead_out(client, vpc, own, by_nat=False)
    with pytest.raises(Misconfigured, match=second):
        check_network(client, stage_in(first, second))


def test_a_stage_in_no_network_asks_for_none():
    check_network(None, StageSettings(name="prod"))
