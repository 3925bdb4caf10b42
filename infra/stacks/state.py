"""What would be missed: tables, buckets, queues, keys, secrets, users. It changes rarely and outlives the service."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.buckets import AccessLogBucket, EventBucket
from infra.constructs.delivery import DeliveryRole
from infra.constructs.lake import LakeOptimizer
from infra.constructs.log_groups import make_log_group
from infra.constructs.names import global_name, role_arn
from infra.constructs.queues import Work, WorkQueue
from infra.constructs.sign_in import Users
from infra.constructs.tables import Tables
from infra.settings.stage import StageSettings
from schemas.lakes import LEDGER, LEDGER_DAYS, MANAGED_PREFIX
from schemas.limits import TAP_KEPT_SECONDS

DELIVERED_PREFIX = "environment="
"""What keys of delivered objects start with; quarantine and what was set aside lie beside them."""
QUARANTINE_PREFIX = "quarantine/"
FAILED_PREFIX = "failed/"
SET_ASIDE_PREFIX = "set-aside/"
SENT_AGAIN_PREFIX = "environment=*/dt=*/hour=*/set-aside-"
"""What was set aside lands under such keys when it is sent again, and nothing else does."""
REPEATS_PREFIX = "repeats/"
REPEATS_DAYS = 30
"""As long as an object may come late: dead letters are kept for 14 days."""
LAKE_LEDGER_PREFIX = f"{MANAGED_PREFIX}{LEDGER}/"
REDRIVES_PREFIX = "redrives/"
REDRIVEN_PREFIX = "redriven/"  # notes of repaired events, which stay as long as the events do
REDRIVES_DAYS = 7
"""Lists of objects are needed while a redrive runs."""

QUEUES = {
    # A stream takes a minute or two to make, and its message comes again until it is there: soon, and once more than
    # the provisioner needs to mark an environment as failed.
    "provision": Work(handler_seconds=60, hidden_seconds=60, max_receives=6),
    # Within the hour for which a stream stays that is to be removed.
    "spill": Work(handler_seconds=60, hidden_seconds=360, max_receives=9),
    "quarantine": Work(handler_seconds=60, hidden_seconds=360),
    # Ten hours: a destination that does not answer for a night is no reason for dead letters.
    "landing": Work(handler_seconds=300, hidden_seconds=1_800, max_receives=20),
    # As for "landing". Only a stage with lakes has it.
    "lake": Work(handler_seconds=300, hidden_seconds=1_800, max_receives=20),
    "delivered": Work(handler_seconds=120, hidden_seconds=720),
    # Events are kept for an hour, wherever they are.
    "taps": Work(handler_seconds=30, hidden_seconds=180, max_receives=3, kept=Duration.seconds(TAP_KEPT_SECONDS)),
    # Counts that could not be written come again soon, for an hour.
    "usage": Work(handler_seconds=60, hidden_seconds=90, max_receives=40),
    # Nothing takes from it: a message is the alarm that Firehose could not deliver an object.
    "failed": Work(handler_seconds=60, hidden_seconds=360),
}

VOUCHING_FUNCTIONS = ("bigquery_writer", "management", "provisioner")
"""They take on the identity of an organisation: one delivers, one tries destinations, one makes tables."""


class StateStack(Stack):
    """Everything with a memory."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings, **kwargs: object) -> None:
        """Make it for a stage; with `keep_data` nothing of it goes with the stack."""
        super().__init__(scope, construct_id, **kwargs)  # type: ignore[arg-type]
        keep = settings.keep_data
        policy = RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY
        self.key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the tables, buckets and secrets of ingest {settings.name}",
            enable_key_rotation=True,
            removal_policy=policy,
        )
        self.tables = Tables(
            self,
            "Tables",
            key=self.key,
            keep_data=keep,
            instead={"catalog": settings.catalog_table, "counters": settings.counters_table},
        )
        self.queues = {
            name: WorkQueue(
                self,
                f"{name.title()}Queue",
                name=f"ingest-{settings.name}-{name}",
                work=work,
                keep_data=keep,
            )
            for name, work in QUEUES.items()
            if name != "lake" or settings.lake
        }
        self.access_logs = AccessLogBucket(self, "AccessLogs", days=settings.log_retention_days, keep_data=keep)
        self.data = self._bucket(
            "data",
            keep,
            [
                _expiring("quarantine", QUARANTINE_PREFIX, settings.quarantine_days),
                _expiring("redrives", REDRIVES_PREFIX, REDRIVES_DAYS),
                *([_expiring("lake-ledger", LAKE_LEDGER_PREFIX, LEDGER_DAYS)] if settings.lake else []),
            ],
        )
        self.landing = self._bucket(
            "landing",
            keep,
            [
                _expiring("landed", DELIVERED_PREFIX, settings.landing_days),
                _expiring("repeats", REPEATS_PREFIX, REPEATS_DAYS),
            ],
        )
        self.data.notify(self.queues["delivered"].queue, prefix=DELIVERED_PREFIX)
        self.data.notify(self.queues["failed"].queue, prefix=FAILED_PREFIX)
        self.landing.notify(self.queues["landing"].queue, prefix=DELIVERED_PREFIX)
        self.landing.notify(self.queues["failed"].queue, prefix=FAILED_PREFIX)
        self.delivery_log = make_log_group(
            self,
            "DeliveryLog",
            name=f"/aws/kinesisfirehose/ingest-{settings.name}",
            days=settings.log_retention_days,
        )
        logs.LogStream(
            self,
            "DeliveryLogStream",
            log_group=self.delivery_log,
            log_stream_name="delivery",
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.delivery_role = DeliveryRole(
            self,
            "DeliveryRole",
            buckets=[self.data, self.landing],
            prefixes=[DELIVERED_PREFIX, FAILED_PREFIX],
            key=self.key,
            log=self.delivery_log,
        )
        self.lake_optimizer = (
            LakeOptimizer(
                self,
                "LakeOptimizer",
                bucket=self.data,
                key=self.key,
                database_prefix=settings.lake_database_prefix,
            )
            if settings.lake
            else None
        )
        # It may do nothing: an account that trusts it, with an organisation as the session's name, trusts that
        # organisation.
        self.identity_role = iam.Role(
            self,
            "IdentityRole",
            role_name=global_name(self, "identity"),
            assumed_by=iam.PrincipalWithConditions(
                iam.AccountRootPrincipal(),
                {
                    "ArnEquals": {"aws:PrincipalArn": [role_arn(self, function) for function in VOUCHING_FUNCTIONS]},
                    "StringLike": {"sts:RoleSessionName": "org_*"},
                },
            ),
            description="Vouches for organisations towards Google Cloud; functions take it on",
        )
        self.deployment_secret = self._secret(
            "DeploymentSecret",
            "Organisations' keys derive from it: docs/operate.md says what a new value changes",
            keep_data=keep,
        )
        self.console_secret = self._secret(
            "ConsoleSecret", "The console's CloudFront shows it to /v1: docs/access.md", keep_data=keep
        )
        self.front_secret = (
            self._secret("FrontSecret", "CloudFront in front of ingest shows it: docs/deploy.md", keep_data=keep)
            if settings.cloudfront_in_front or settings.has_ingest_distribution
            else None
        )
        self.users = (
            Users(self, "SignIn", stage=settings.name, keep_data=keep, second_factor=settings.second_factor)
            if settings.sign_in
            else None
        )
        CfnOutput(self, "DataBucketName", value=self.data.bucket_name, description="Delivered and quarantined events")
        CfnOutput(self, "CatalogTableName", value=self.tables.catalog.table_name)
        CfnOutput(self, "CountersTableName", value=self.tables.counters.table_name)
        CfnOutput(self, "DeploymentSecretArn", value=self.deployment_secret.secret_arn)
        if self.front_secret:
            CfnOutput(self, "FrontSecretArn", value=self.front_secret.secret_arn)
        CfnOutput(self, "KeyArn", value=self.key.key_arn)
        CfnOutput(
            self,
            "IdentityRoleArn",
            value=self.identity_role.role_arn,
            description="Google Cloud trusts its sessions, of which each is named after an organisation",
        )
        if self.users:
            CfnOutput(self, "UserPoolId", value=self.users.pool.user_pool_id, description="Where people are made users")

    def _secret(self, name: str, description: str, *, keep_data: bool) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            name,
            description=description,
            encryption_key=self.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )

    def _bucket(self, name: str, keep_data: bool, rules: list[s3.LifecycleRule]) -> EventBucket:
        return EventBucket(
            self,
            f"{name.title()}Bucket",
            name=name,
            key=self.key,
            access_logs=self.access_logs,
            rules=rules,
            keep_data=keep_data,
        )


def _expiring(rule_id: str, prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=rule_id, prefix=prefix, expiration=Duration.days(days))
