"""Names of what an account has once, in all regions: they hold the region, since a stage may be deployed to several."""

from aws_cdk import Stack
from constructs import Construct


def global_name(scope: Construct, what: str) -> str:
    """Return the name of a stage's thing, such as `ingest-prod-identity-eu-central-1`; at most 64 characters."""
    stack = Stack.of(scope)
    return f"ingest-{stack.node.get_context('stage')}-{what.replace('_', '-')}-{stack.region}"


def role_arn(scope: Construct, what: str) -> str:
    """Return the ARN of a role by what it is for, also before it is made."""
    stack = Stack.of(scope)
    return f"arn:{stack.partition}:iam::{stack.account}:role/{global_name(scope, what)}"
