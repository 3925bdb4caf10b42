"""The buckets that hold events, and the notifications that they send.

Names are written out: the policies of queues and roles can then name a bucket without waiting for it, and people find
it.
"""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

ABORT_UPLOADS = Duration.days(7)
BALANCER_LOG_PREFIX = "balancer/"
BALANCER_LOG_DAYS = 7
"""Its lines hold the events of pixels: long enough to look at what just happened, and no longer."""


class EventBucket(s3.Bucket):
    """A bucket of events: encrypted, reached by TLS alone, never public, never emptied by a stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        access_logs: s3.IBucket,
        rules: Sequence[s3.LifecycleRule],
        keep_data: bool,
    ) -> None:
        """Make it, with `rules` beside those that every bucket has."""
        super().__init__(
            scope,
            construct_id,
            bucket_name=bucket_name(scope, name),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    abort_incomplete_multipart_upload_after=ABORT_UPLOADS,
                    noncurrent_version_expiration=Duration.days(30),
                    expired_object_delete_marker=True,
                ),
                *rules,
            ],
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        self._name = bucket_name(scope, name)
        self._notified: list[s3.CfnBucket.QueueConfigurationProperty] = []

    def notify(self, queue: sqs.Queue, *, prefix: str) -> None:
        """Send a message to `queue` for every object that comes to be below `prefix`."""
        source = f"arn:{Stack.of(self).partition}:s3:::{self._name}"
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                resources=[queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": source},
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                },
            )
        )
        self._notified.append(
            s3.CfnBucket.QueueConfigurationProperty(
                event="s3:ObjectCreated:*",
                queue=queue.queue_arn,
                filter=s3.CfnBucket.NotificationFilterProperty(
                    s3_key=s3.CfnBucket.S3KeyFilterProperty(
                        rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=prefix)]
                    )
                ),
            )
        )
        bucket = cast("s3.CfnBucket", self.node.default_child)
        # Not by `add_event_notification`: that would deploy a function that may write every bucket's notifications.
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=list(self._notified)
        )
        # S3 tries the queue when the notification is set, and refuses what it may not send to.
        bucket.node.add_dependency(cast("Construct", queue.node.find_child("Policy")))


class AccessLogBucket(s3.Bucket):
    """Where S3, CloudFront and, if a stage asks for it, a load balancer note who asked for what.

    Lines hold no bodies. Those of CloudFront hold the query of requests to `/v1`; those of a load balancer hold the
    query of pixels, which are events.
    """

    def __init__(self, scope: Construct, construct_id: str, *, days: int, keep_data: bool) -> None:
        """Make it; its objects are deleted after `days`, those of a load balancer after `BALANCER_LOG_DAYS`."""
        super().__init__(
            scope,
            construct_id,
            bucket_name=bucket_name(scope, "access-logs"),
            # The services that write logs take no key of the customer's.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # CloudFront's standard logs are granted by an ACL.
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire",
                    expiration=Duration.days(days),
                    abort_incomplete_multipart_upload_after=ABORT_UPLOADS,
                ),
                s3.LifecycleRule(
                    id="expire-balancer",
                    prefix=BALANCER_LOG_PREFIX,
                    expiration=Duration.days(min(days, BALANCER_LOG_DAYS)),
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )


def bucket_name(scope: Construct, name: str) -> str:
    """Return a bucket's name, of all AWS the only one: `ingest-prod-data-123456789012-eu-central-1`."""
    stack = Stack.of(scope)
    stage = stack.node.get_context("stage")
    return f"ingest-{stage}-{name}-{stack.account}-{stack.region}"
