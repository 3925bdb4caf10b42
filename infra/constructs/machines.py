"""What the state machines of long work share: their steps, their log, and what ends work whose execution ended.

Executions are named after their work, so that none is started twice. Not every failure of one comes to a catcher of
its own (its time, its size, a hand that stops it). So whatever ends one without success ends its work, by a rule on
what Step Functions says of its executions.
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs.log_groups import make_log_group
from infra.constructs.trust import service_of_this_account

_LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
_ENDS_WITHOUT_SUCCESS = ["FAILED", "TIMED_OUT", "ABORTED"]


def make_step(scope: Construct, name: str, function: lambda_.IFunction, payload: dict[str, Any]) -> tasks.LambdaInvoke:
    """Return a task that calls the function, again if it raises: the cause may be gone, and it may be done twice."""
    step = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(payload),
        payload_response_only=True,
        retry_on_service_exceptions=False,
    )
    step.add_retry(
        errors=["States.TaskFailed"],
        interval=Duration.seconds(2),
        max_attempts=6,
        backoff_rate=2.5,
        max_delay=Duration.seconds(120),
        jitter_strategy=sfn.JitterType.FULL,
    )
    return step


def make_role(scope: Construct, function: lambda_.IFunction) -> iam.Role:
    """Return what a machine runs as: it may call the function and write its log."""
    role = iam.Role(scope, "Role", assumed_by=service_of_this_account(scope, "states.amazonaws.com"))
    allowed = [
        (["lambda:InvokeFunction"], [function.function_arn]),
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
        (_LOG_DELIVERY, ["*"]),
    ]
    for actions, resources in allowed:
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
    return role


def make_machine(
    scope: Construct, *, name: str, states: sfn.IChainable, role: iam.Role, timeout: Duration, log_days: int
) -> sfn.StateMachine:
    """Return a machine whose log holds no data of its executions."""
    return sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        definition_body=sfn.DefinitionBody.from_chainable(states),
        timeout=timeout,
        role=role.without_policy_updates(),
        tracing_enabled=False,
        logs=sfn.LogOptions(
            destination=make_log_group(scope, "Logs", name=f"/aws/vendedlogs/states/{name}", days=log_days),
            level=sfn.LogLevel.ALL,
            include_execution_data=False,
        ),
    )


def end_with_its_execution(scope: Construct, function: lambda_.IFunction, *, arn: str, work: str) -> None:
    """Have work, such as a `redrive`, end as failed whose execution ended without success; what has ended stays so.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    work_id = events.EventField.from_path("$.detail.name")
    events.Rule(
        scope,
        "Ended",
        description=f"Ends {work}s whose executions failed, timed out or were stopped",
        event_pattern=events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={"status": _ENDS_WITHOUT_SUCCESS, "stateMachineArn": [arn]},
        ),
        targets=[
            targets.LambdaFunction(
                function,
                event=events.RuleTargetInput.from_object({"step": "fail", f"{work}_id": work_id}),
            )
        ],
    )
