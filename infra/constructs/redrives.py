"""The state machine of redrives: plan, then the objects, some at a time, then finish; steps of the redrive function.

A run of the map works on a few objects. One that is repeated passes over those that it was through with, so that its
tries add up; its execution is a standard one, since an express one would end after five minutes, in the middle of them.
Results go into the bucket: as the state's own result they would be too large from some thousand objects on.

Not every failure of an execution comes to a catcher of its own (its time, its size, a hand that stops it). So whatever
ends one without success ends its redrive, by a rule on what Step Functions says of its executions.
"""

from typing import Any, cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs.log_groups import make_log_group

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
AT_ONCE = 20
"""Runs of the map at the same time: a redrive shares streams and tables with what comes in."""
OBJECTS_AT_A_TIME = 10
"""Of one run, which has the function's time for them, and that of its repetitions."""
_RESULTS_PREFIX = "redrives/results"
_ENDS_WITHOUT_SUCCESS = ["FAILED", "TIMED_OUT", "ABORTED"]


class Redrives(Construct):
    """A machine whose executions are named after their redrives, so that none is started twice."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        arn: str,
        function: lambda_.IFunction,
        bucket: s3.Bucket,
        log_days: int,
    ) -> None:
        """Make it: `name` and `arn` are known before, since the function has to know them, too."""
        super().__init__(scope, construct_id)
        # Without it CDK leaves the map's result writer out, and says nothing.
        self.node.set_context("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2", True)
        self._function = function
        role = self._role(arn, bucket)
        plan = self._step("Plan", {"step": "plan", "redrive_id": sfn.JsonPath.string_at("$.redrive_id")})
        work = self._step("Work", {"step": "work", "batch": sfn.JsonPath.entire_payload})
        finish = self._step("Finish", {"step": "finish", "redrive_id": sfn.JsonPath.string_at("$.redrive_id")})
        fail = self._step("Fail", {"step": "fail", "redrive_id": sfn.JsonPath.string_at("$.redrive_id")})
        fail.next(sfn.Fail(self, "Failed", error="RedriveFailed", cause="See the redrive, and the function's log."))
        each = sfn.DistributedMap(
            self,
            "Objects",
            max_concurrency=AT_ONCE,
            map_execution_type=sfn.StateMachineType.STANDARD,
            item_reader=cast(
                "sfn.IItemReader",
                sfn.S3JsonItemReader(
                    bucket_name_path=sfn.JsonPath.string_at("$.manifest.Bucket"),
                    key=sfn.JsonPath.string_at("$.manifest.Key"),
                ),
            ),
            item_selector={
                "redrive_id": sfn.JsonPath.string_at("$.redrive_id"),
                "key": sfn.JsonPath.string_at("$$.Map.Item.Value"),
            },
            item_batcher=sfn.ItemBatcher(max_items_per_batch=OBJECTS_AT_A_TIME),
            result_writer_v2=sfn.ResultWriterV2(bucket=bucket, prefix=_RESULTS_PREFIX),
            result_path=sfn.JsonPath.DISCARD,
        )
        each.item_processor(work)
        for step in (plan, each, finish):
            step.add_catch(fail, result_path="$.failure")
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_chainable(plan.next(each).next(finish)),
            timeout=Duration.hours(24),
            role=role.without_policy_updates(),
            tracing_enabled=False,
            logs=sfn.LogOptions(
                destination=make_log_group(self, "Logs", name=f"/aws/vendedlogs/states/{name}", days=log_days),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

        # CDK's own policy for a map, which says the same of every execution of every part.
        self.machine.node.try_remove_child("DistributedMapPolicy")
        self._end_with_its_execution(arn)

    def _end_with_its_execution(self, arn: str) -> None:
        """Have a redrive end as failed whose execution ended without success; one that has ended stays as it is.

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        redrive_id = events.EventField.from_path("$.detail.name")
        events.Rule(
            self,
            "Ended",
            description="Ends redrives whose executions failed, timed out or were stopped",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": _ENDS_WITHOUT_SUCCESS, "stateMachineArn": [arn]},
            ),
            targets=[
                targets.LambdaFunction(
                    self._function,
                    event=events.RuleTargetInput.from_object({"step": "fail", "redrive_id": redrive_id}),
                )
            ],
        )

    def _role(self, arn: str, bucket: s3.Bucket) -> iam.Role:
        """Return what the machine runs as; CDK's own would let it read all of the bucket, in more ways than it does."""
        executions = arn.replace(":stateMachine:", ":execution:")
        results = bucket.arn_for_objects(f"{_RESULTS_PREFIX}/*")
        allowed = [
            (["lambda:InvokeFunction"], [self._function.function_arn]),
            (["s3:GetObject"], [bucket.arn_for_objects("redrives/*")]),
            # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
            (["s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], [results]),
            # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
            (["states:StartExecution"], [arn]),
            # The machine's own executions, and those of its map.
            (["states:DescribeExecution", "states:StopExecution"], [f"{executions}:*", f"{executions}/*"]),
            # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
            (_LOG_DELIVERY, ["*"]),
        ]
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        for actions, resources in allowed:
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        assert bucket.encryption_key is not None
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[bucket.encryption_key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}},
            )
        )
        return role

    def _step(self, name: str, payload: dict[str, Any]) -> tasks.LambdaInvoke:
        step = tasks.LambdaInvoke(
            self,
            name,
            lambda_function=self._function,
            payload=sfn.TaskInput.from_object(payload),
            payload_response_only=True,
            retry_on_service_exceptions=False,
        )
        # Whatever a step raises may be gone a minute later, and every step may be done twice.
        step.add_retry(
            errors=["States.TaskFailed"],
            interval=Duration.seconds(2),
            max_attempts=6,
            backoff_rate=2.5,
            max_delay=Duration.seconds(120),
            jitter_strategy=sfn.JitterType.FULL,
        )
        return step
