"""What Glue looks after the tables of the deployment's lake with."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.names import global_name
from infra.constructs.trust import service_of_this_account
from schemas.lakes import MANAGED_PREFIX

_WORK = ("compaction", "retention", "orphan-file-deletion")


class LakeOptimizer(iam.Role):
    """The role with which Glue merges small files, lets snapshots expire and removes files that none names."""

    def __init__(
        self, scope: Construct, construct_id: str, *, bucket: s3.Bucket, key: kms.IKey, database_prefix: str
    ) -> None:
        """Make it; it may use tables of this deployment, and files below the folder of its lake.

        https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
        """
        stack = Stack.of(scope)
        super().__init__(
            scope,
            construct_id,
            role_name=global_name(scope, "lake-optimizer"),
            assumed_by=service_of_this_account(scope, "glue.amazonaws.com"),
            description="Glue looks after the tables of ingest's lake with it.",
        )
        files = f"{bucket.bucket_arn}/{MANAGED_PREFIX}*"
        self._allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [files])
        self._allow(
            ["s3:ListBucket"], [bucket.bucket_arn], conditions={"StringLike": {"s3:prefix": [f"{MANAGED_PREFIX}*"]}}
        )
        self._allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{stack.region}.amazonaws.com"}},
        )
        self._allow(["glue:GetTable", "glue:UpdateTable"], table_arns(stack, database_prefix, "*"))
        logs = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:/aws-glue/iceberg-"
        self._allow(["logs:CreateLogGroup"], [f"{logs}{work}/logs:*" for work in _WORK])
        self._allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{logs}{work}/logs:log-stream:*" for work in _WORK]
        )

    def _allow(self, actions: list[str], resources: list[str], conditions: dict[str, object] | None = None) -> None:
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions))


def table_arns(stack: Stack, database_prefix: str, tables: str) -> list[str]:
    """Return what a call about tables of organisations' databases is about: the catalog and the database as well."""
    return [
        *database_arns(stack, database_prefix),
        f"{_glue(stack)}:table/{database_prefix}org_*/{tables}",
    ]


def database_arns(stack: Stack, database_prefix: str) -> list[str]:
    """Return what a call about organisations' databases is about."""
    return [f"{_glue(stack)}:catalog", f"{_glue(stack)}:database/{database_prefix}org_*"]


def _glue(stack: Stack) -> str:
    return f"arn:{stack.partition}:glue:{stack.region}:{stack.account}"
