"""Looks before a deploy for what CloudFormation would say late: `python -m infra.preflight --stage prod`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import boto3

from domain.errors import Misconfigured
from infra.functions import FUNCTIONS
from infra.settings import settings_of
from infra.settings.stage import StageSettings

UNRESERVED = 100
"""Concurrent executions that Lambda keeps for functions without a reservation."""


class Reservations(Protocol):
    """Of a client of Lambda, what is asked here."""

    exceptions: Any

    def get_account_settings(self) -> Mapping[str, Any]: ...

    def get_function_concurrency(self, *, FunctionName: str) -> Mapping[str, Any]: ...  # noqa: N803 - as AWS names it


def check_concurrency(client: Reservations, settings: StageSettings) -> None:
    """Look whether the account has the concurrency that a stage reserves.

    Raises:
        Misconfigured: it has not; the message has the figures, and says what to set.
    """
    if settings.concurrency is None:
        return
    limits = client.get_account_settings()["AccountLimit"]
    quota, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    wanted = settings.reserved_concurrency
    left = unreserved + _reserved_by(client, settings) - wanted
    if left < UNRESERVED:
        raise Misconfigured(
            f"Stage {settings.name} reserves {wanted} concurrent executions of functions. The account has {quota} in "
            f"this region, {left + wanted} of which other functions have not reserved, and {UNRESERVED} stay "
            "unreserved. Set lower numbers in `concurrency` of the stage, or `concurrency=None` for a new account, or "
            "have the quota raised."
        )


def _reserved_by(client: Reservations, settings: StageSettings) -> int:
    """Return what functions of the stage have reserved already."""
    reserved = 0
    for function in FUNCTIONS:
        try:
            found = client.get_function_concurrency(FunctionName=settings.function_name(function))
        except client.exceptions.ResourceNotFoundException:
            continue
        reserved += found.get("ReservedConcurrentExecutions", 0)
    return reserved


class Routes(Protocol):
    """Of a client of EC2, what is asked here."""

    def describe_subnets(self, *, SubnetIds: Sequence[str]) -> Mapping[str, Any]: ...  # noqa: N803 - as AWS names it

    def describe_route_tables(self, *, Filters: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]: ...  # noqa: N803


def check_network(client: Routes, settings: StageSettings) -> None:
    """Look whether the subnets of a stage's private network lead to the Internet in a way that functions can use.

    Without one, the management API and every delivery would wait for AWS without success.

    Raises:
        Misconfigured: one does not; the message names it.
    """
    if settings.private_network is None:
        return
    for subnet in client.describe_subnets(SubnetIds=settings.private_network.subnet_ids)["Subnets"]:
        tables = _tables_of(client, "association.subnet-id", subnet["SubnetId"]) or _tables_of(
            client, "vpc-id", subnet["VpcId"], ("association.main", "true")
        )
        routes = [route for table in tables for route in table["Routes"]]
        ways_out = [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
        if not ways_out or any(route.get("GatewayId", "").startswith("igw-") for route in ways_out):
            raise Misconfigured(
                f"The subnet {subnet['SubnetId']} of private_network does not lead to the Internet by a NAT gateway: "
                "functions in it would reach neither AWS nor destinations. An internet gateway does not serve them."
            )


def _tables_of(client: Routes, name: str, value: str, *more: tuple[str, str]) -> Sequence[Mapping[str, Any]]:
    filters = [{"Name": key, "Values": [wanted]} for key, wanted in ((name, value), *more)]
    tables: Sequence[Mapping[str, Any]] = client.describe_route_tables(Filters=filters)["RouteTables"]
    return tables


def main() -> None:
    """Look at the account of the credentials for the stage of the command line."""
    parser = argparse.ArgumentParser(description="Look for what would fail a deploy late.")
    parser.add_argument("--stage", default="dev")
    settings = settings_of(parser.parse_args().stage)
    try:
        check_concurrency(boto3.client("lambda", region_name=settings.region), settings)
        check_network(boto3.client("ec2", region_name=settings.region), settings)
    except Misconfigured as error:
        sys.exit(f"Misconfigured: {error}")


if __name__ == "__main__":
    main()
