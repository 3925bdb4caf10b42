"""The state machine of redrives: plan, then the objects, some at a time, then finish; steps of the redrive function.

A run of the map works on a few objects. One that is repeated passes over those that it was through with, so that its
tries add up; its execution is a standard one, since an express one would end after five minutes, in the middle of them.
Results go into the bucket: as the state's own result they would be too large from some thousand objects on.
"""

from typing import Any, cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.constructs.machines import end_with_its_execution, make_machine, make_role, make_step

AT_ONCE = 20
"""Runs of the map at the same time: a redrive shares streams and tables with what comes in."""
OBJECTS_AT_A_TIME = 10
"""Of one run, which has the function's time for them, and that of its repetitions."""
_RESULTS_PREFIX = "redrives/results"


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
        self.machine = make_machine(
            self,
            name=name,
            states=plan.next(each).next(finish),
            role=role,
            timeout=Duration.hours(24),
            log_days=log_days,
        )

        # CDK's own policy for a map, which says the same of every execution of every part.
        self.machine.node.try_remove_child("DistributedMapPolicy")
        end_with_its_execution(self, function, arn=arn, work="redrive")

    def _role(self, arn: str, bucket: s3.Bucket) -> iam.Role:
        """Return what the machine runs as; CDK's own would let it read all of the bucket, in more ways than it does."""
        executions = arn.replace(":stateMachine:", ":execution:")
        results = bucket.arn_for_objects(f"{_RESULTS_PREFIX}/*")
        allowed = [
            (["s3:GetObject"], [bucket.arn_for_objects("redrives/*")]),
            # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
            (["s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], [results]),
            # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
            (["states:StartExecution"], [arn]),
            # The machine's own executions, and those of its map.
            (["states:DescribeExecution", "states:StopExecution"], [f"{executions}:*", f"{executions}/*"]),
        ]
        role = make_role(self, self._function)
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
        return make_step(self, name, self._function, payload)
