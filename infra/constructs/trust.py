"""Which services may take on roles of a deployment: each for resources of the deployment's own account alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def this_account(scope: Construct, **conditions: str) -> dict[str, dict[str, str]]:
    """Return the condition that a service acts for this account; more conditions are equalities."""
    return {"StringEquals": {**conditions, "aws:SourceAccount": Stack.of(scope).account}}


def service_of_this_account(scope: Construct, service: str, **conditions: str) -> iam.ServicePrincipal:
    """Return a service, such as `glue.amazonaws.com`, that acts for this account; more conditions are equalities."""
    return iam.ServicePrincipal(service, conditions=this_account(scope, **conditions))
