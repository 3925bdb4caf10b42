"""What delivery streams run as. The streams themselves are made by the provisioner, one or more for an environment."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.trust import service_of_this_account


class DeliveryRole(iam.Role):
    """The role that Firehose writes objects with: below prefixes of this deployment's buckets, and nowhere else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        buckets: Sequence[s3.Bucket],
        prefixes: Sequence[str],
        key: kms.IKey,
        log: logs.LogGroup,
    ) -> None:
        """Make it; only Firehose can assume it, and only for streams of this account."""
        stack = Stack.of(scope)
        super().__init__(
            scope,
            construct_id,
            assumed_by=service_of_this_account(scope, "firehose.amazonaws.com", **{"sts:ExternalId": stack.account}),
            description="Delivery streams of ingest environments write their objects with it.",
        )
        # https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[bucket.bucket_arn for bucket in buckets],
            )
        )
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{prefix}*") for bucket in buckets for prefix in prefixes],
            )
        )
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{stack.region}.amazonaws.com"}},
            )
        )
        self.add_to_policy(iam.PolicyStatement(actions=["logs:PutLogEvents"], resources=[log.log_group_arn]))
