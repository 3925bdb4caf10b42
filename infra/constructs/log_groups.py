"""Log groups that forget after a stage's number of days."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def make_log_group(scope: Construct, construct_id: str, *, name: str, days: int) -> logs.LogGroup:
    """Return a log group; it goes with its stack, since no line of it holds anything that is not elsewhere."""
    group = logs.LogGroup(scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    # CDK's own argument is an enumeration of names instead of numbers.
    cast("logs.CfnLogGroup", group.node.default_child).retention_in_days = days
    return group
