"""What a deployment says about itself: the outputs of its stacks."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from infra.settings.stage import StageSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def make_client(settings: StageSettings) -> "CloudFormationClient":
    """Return a client of the stage's region, or of the environment's."""
    return boto3.client("cloudformation", region_name=settings.region)


def outputs_of(client: "CloudFormationClient", stack: str) -> dict[str, str]:
    """Return the outputs of a stack by name."""
    (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def outputs_if_there(client: "CloudFormationClient", stack: str) -> dict[str, str]:
    """Return the outputs of a stack by name; none of one that is not there."""
    try:
        return outputs_of(client, stack)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return {}
        raise
