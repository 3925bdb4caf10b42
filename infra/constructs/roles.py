"""Names of roles that policies name.

A role is one of the whole account, so that its name holds the region: a stage may be deployed to several.
"""

from aws_cdk import Stack
from constructs import Construct


def role_name(scope: Construct, what: str) -> str:
    """Return the name of a stage's role, such as `ingest-prod-identity-eu-central-1`; at most 64 characters."""
    stack = Stack.of(scope)
    return f"ingest-{stack.node.get_context('stage')}-{what.replace('_', '-')}-{stack.region}"


def role_arn(scope: Construct, what: str) -> str:
    """Return its ARN, also before the role is made."""
    stack = Stack.of(scope)
    return f"arn:{stack.partition}:iam::{stack.account}:role/{role_name(scope, what)}"
