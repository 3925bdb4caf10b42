"""Destinations as people write them and as the API shows them.

Credentials go in and never come out: what is shown is who they belong to. Addresses inside credentials that our
functions would call are fixed here to Google's own, so that nobody can make them call another.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import (
    AUDIENCE_PATTERN,
    CLIENT_EMAIL_PATTERN,
    IMPERSONATION_PATTERN,
    Bucket,
    Dataset,
    Location,
    Managed,
    Mode,
    Partitioning,
    Prefix,
    Project,
    Region,
    RoleArn,
    ShortText,
    Table,
)
from schemas.models.eventbridge_destination import (
    EventBridgeChange,
    EventBridgeDestination,
    ShownEventBridgeDestination,
)
from schemas.models.http_destination import HttpChange, HttpDestination, ShownHttpDestination
from schemas.models.kinesis_destination import KinesisChange, KinesisDestination, ShownKinesisDestination
from schemas.models.lake_destination import (
    BucketLakeChange,
    BucketLakeDestination,
    LakeChange,
    LakeDestination,
    ShownBucketLakeDestination,
    ShownLakeDestination,
)
from schemas.models.postgres_destination import PostgresChange, PostgresDestination, ShownPostgresDestination
from schemas.models.sqs_destination import ShownSqsDestination, SqsChange, SqsDestination

_PREFIX = "What every key starts with; empty, or with `/` at its end."
_REGION = "Where the bucket is."
_ROLE_ARN = "A role that may write to the bucket; it trusts this deployment and asks for the external id."
_DATASET = "Made in `location` if it is not there and the credentials allow that."
_LOCATION = "Where the data set is."
_MODE = (
    "`load`: by load jobs, which are free of charge; repeats are looked for, as docs/destinations.md says. "
    "`stream`: row by row, within seconds of an object's arrival."
)
_PARTITIONING = "Of `_received_at`; of tables made from now on."
_PARTITION_FILTER = "Whether a query must say which time it asks for; of tables made from now on."
_TABLE = (
    "The view's name, and what the tables' names start with; unless given, made of the names of endpoint and "
    "environment."
)
_CREDENTIALS = "A service account's key. Never shown again: see `identity`."
_WORKLOAD_IDENTITY = "Instead of a key."


class ManagedS3Destination(Declared):
    """The deployment's own data bucket: nothing to set up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "s3", "managed": True}]})

    type: Literal["s3"]
    managed: Managed


class BucketS3Destination(Declared):
    """A bucket of yours, written to through a role of yours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "s3",
                    "bucket": "my-events",
                    "prefix": "raw/",
                    "region": "eu-west-1",
                    "role_arn": "arn:aws:iam::123456789012:role/ingest",
                }
            ]
        }
    )

    type: Literal["s3"]
    bucket: Bucket
    prefix: Prefix = Field(default="", description=_PREFIX)
    region: Region = Field(description=_REGION)
    role_arn: RoleArn = Field(description=_ROLE_ARN)


class ServiceAccountKey(BaseModel):
    """The JSON key of a Google service account, as Google hands it out; what is not needed of it is not kept."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)

    type: Literal["service_account"]
    project_id: ShortText | None = None
    private_key_id: ShortText
    private_key: Annotated[str, StringConstraints(min_length=1, max_length=10_000)] = Field(
        json_schema_extra={"writeOnly": True}
    )
    client_email: Annotated[str, StringConstraints(pattern=CLIENT_EMAIL_PATTERN)]
    token_uri: Literal["https://oauth2.googleapis.com/token"] = "https://oauth2.googleapis.com/token"  # noqa: S105
    universe_domain: Literal["googleapis.com"] = "googleapis.com"


class AwsCredentialSource(BaseModel):
    """Says that the identity is one of AWS; where it comes from is this deployment's business."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    environment_id: Literal["aws1"]


class WorkloadIdentity(Declared):
    """An external-account configuration for AWS, as `gcloud iam workload-identity-pools create-cred-config` makes it.

    No other source of identity is taken: a file, an address or a program would be one of this deployment's machines.
    """

    type: Literal["external_account"]
    audience: Annotated[str, StringConstraints(pattern=AUDIENCE_PATTERN)]
    subject_token_type: Literal["urn:ietf:params:aws:token-type:aws4_request"]
    token_url: Literal["https://sts.googleapis.com/v1/token"] = "https://sts.googleapis.com/v1/token"  # noqa: S105
    service_account_impersonation_url: Annotated[str, StringConstraints(pattern=IMPERSONATION_PATTERN)] | None = Field(
        default=None, description="Whose rights the identity takes on; without it, it needs rights of its own."
    )
    credential_source: AwsCredentialSource
    universe_domain: Literal["googleapis.com"] = "googleapis.com"


class BigQueryDestination(Declared):
    """Tables in a data set of yours, one for each revision, and a view over all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "bigquery",
                    "project": "my-project",
                    "dataset": "events",
                    "location": "EU",
                    "mode": "load",
                    "partitioning": "DAY",
                    "require_partition_filter": False,
                    "table": "shop",
                    "workload_identity": {
                        "type": "external_account",
                        "audience": "//iam.googleapis.com/projects/123456789012/locations/global"
                        "/workloadIdentityPools/aws/providers/ingest",
                        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
                        "token_url": "https://sts.googleapis.com/v1/token",
                        "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-"
                        "/serviceAccounts/ingest@my-project.iam.gserviceaccount.com:generateAccessToken",
                        "credential_source": {"environment_id": "aws1"},
                    },
                }
            ]
        }
    )

    type: Literal["bigquery"]
    project: Project
    dataset: Dataset = Field(description=_DATASET)
    location: Location = Field(default="US", description=_LOCATION)
    mode: Mode = Field(default="load", description=_MODE)
    partitioning: Partitioning = Field(default="DAY", description=_PARTITIONING)
    require_partition_filter: bool = Field(default=False, description=_PARTITION_FILTER)
    table: Table | None = Field(default=None, description=_TABLE)
    credentials: ServiceAccountKey | None = Field(default=None, description=_CREDENTIALS)
    workload_identity: WorkloadIdentity | None = Field(default=None, description=_WORKLOAD_IDENTITY)

    @model_validator(mode="after")
    def check_one_identity(self) -> "BigQueryDestination":
        """Refuse two identities; whether none will do depends on the deployment."""
        _check_one_identity(self.credentials, self.workload_identity)
        return self


class BucketS3Change(Declared):
    """What changes of a destination that is a bucket of yours; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "s3", "prefix": "raw/"}]})

    type: Literal["s3"]
    bucket: Bucket = optional_field("With a new bucket, mind `region` and `role_arn`.")
    prefix: Prefix = optional_field(_PREFIX)
    region: Region = optional_field(_REGION)
    role_arn: RoleArn = optional_field(_ROLE_ARN)


class BigQueryChange(Declared):
    """What changes of a destination in BigQuery; what is left out stays, the credentials too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "bigquery", "mode": "stream"}]})

    type: Literal["bigquery"]
    project: Project = optional_field("Where the data set is.")
    dataset: Dataset = optional_field(_DATASET)
    location: Location = optional_field(_LOCATION)
    mode: Mode = optional_field(_MODE)
    partitioning: Partitioning = optional_field(_PARTITIONING)
    require_partition_filter: bool = optional_field(_PARTITION_FILTER)
    table: Table | None = optional_field(_TABLE)
    credentials: ServiceAccountKey | None = optional_field(_CREDENTIALS)
    workload_identity: WorkloadIdentity | None = optional_field(_WORKLOAD_IDENTITY)

    @model_validator(mode="after")
    def check_one_identity(self) -> "BigQueryChange":
        """Refuse two identities."""
        _check_one_identity(self.credentials, self.workload_identity)
        return self


def _check_one_identity(credentials: object, workload_identity: object) -> None:
    if credentials is not None and workload_identity is not None:
        raise PydanticCustomError("conflict", "Give credentials or workload_identity, not both.")


class ShownBucketS3Destination(Shown):
    """A bucket of yours."""

    type: Literal["s3"]
    bucket: str
    prefix: str
    region: str
    role_arn: str
    external_id: str = Field(description="What the role's trust policy asks for: the organisation's id.")


class ServiceAccountIdentity(Shown):
    """Whose key it is."""

    kind: Literal["service_account"]
    client_email: str


class WorkloadIdentityShown(Shown):
    """Which provider vouches for this deployment."""

    kind: Literal["workload_identity"]
    audience: str
    service_account: str | None


class ShownBigQueryDestination(Shown):
    """Tables in a data set of yours."""

    type: Literal["bigquery"]
    project: str
    dataset: str
    location: str
    mode: Literal["stream", "load"]
    partitioning: Literal["HOUR", "DAY"]
    require_partition_filter: bool
    table: str
    identity: ServiceAccountIdentity | WorkloadIdentityShown | None = Field(
        description="As whom rows are written; null only with an emulator, which asks for no identity."
    )


def _tag(value: Any) -> str | None:
    if isinstance(value, BaseModel):
        return type(value).__name__
    if not isinstance(value, dict):
        return None
    if value.get("type") == "s3":
        return (BucketS3Destination if "managed" not in value else ManagedS3Destination).__name__
    if value.get("type") == "lake":
        return (BucketLakeDestination if "managed" not in value else LakeDestination).__name__
    kind = value.get("type")
    return _KINDS.get(kind) if isinstance(kind, str) else None


_KINDS = {
    "bigquery": BigQueryDestination.__name__,
    "eventbridge": EventBridgeDestination.__name__,
    "http": HttpDestination.__name__,
    "kinesis": KinesisDestination.__name__,
    "postgres": PostgresDestination.__name__,
    "sqs": SqsDestination.__name__,
}


Destination = Annotated[
    Annotated[ManagedS3Destination, Tag(ManagedS3Destination.__name__)]
    | Annotated[BucketS3Destination, Tag(BucketS3Destination.__name__)]
    | Annotated[BigQueryDestination, Tag(BigQueryDestination.__name__)]
    | Annotated[HttpDestination, Tag(HttpDestination.__name__)]
    | Annotated[SqsDestination, Tag(SqsDestination.__name__)]
    | Annotated[KinesisDestination, Tag(KinesisDestination.__name__)]
    | Annotated[EventBridgeDestination, Tag(EventBridgeDestination.__name__)]
    | Annotated[LakeDestination, Tag(LakeDestination.__name__)]
    | Annotated[BucketLakeDestination, Tag(BucketLakeDestination.__name__)]
    | Annotated[PostgresDestination, Tag(PostgresDestination.__name__)],
    Discriminator(
        _tag,
        custom_error_type="destination",
        custom_error_message='Must be {"type": "s3", "managed": true}, {"type": "s3", "bucket", "region", "role_arn"}, '
        '{"type": "bigquery", "project", "dataset"}, {"type": "http", "url"}, '
        '{"type": "sqs", "queue_url", "role_arn"}, {"type": "kinesis", "stream_arn", "role_arn"}, '
        '{"type": "eventbridge", "bus_arn", "role_arn"}, {"type": "lake", "managed": true}, '
        '{"type": "lake", "bucket", "region", "role_arn"} or {"type": "postgres", "dsn", "schema"}.',
    ),
]


def _tag_of_change(value: Any) -> str | None:
    tag = _tag(value)
    return tag if tag is None else _CHANGES.get(tag, tag)


_CHANGES = {
    BucketS3Destination.__name__: BucketS3Change.__name__,
    BigQueryDestination.__name__: BigQueryChange.__name__,
    HttpDestination.__name__: HttpChange.__name__,
    SqsDestination.__name__: SqsChange.__name__,
    KinesisDestination.__name__: KinesisChange.__name__,
    EventBridgeDestination.__name__: EventBridgeChange.__name__,
    LakeDestination.__name__: LakeChange.__name__,
    BucketLakeDestination.__name__: BucketLakeChange.__name__,
    PostgresDestination.__name__: PostgresChange.__name__,
}
DestinationChange = Annotated[
    Annotated[ManagedS3Destination, Tag(ManagedS3Destination.__name__)]
    | Annotated[BucketS3Change, Tag(BucketS3Change.__name__)]
    | Annotated[BigQueryChange, Tag(BigQueryChange.__name__)]
    | Annotated[HttpChange, Tag(HttpChange.__name__)]
    | Annotated[SqsChange, Tag(SqsChange.__name__)]
    | Annotated[KinesisChange, Tag(KinesisChange.__name__)]
    | Annotated[EventBridgeChange, Tag(EventBridgeChange.__name__)]
    | Annotated[LakeChange, Tag(LakeChange.__name__)]
    | Annotated[BucketLakeChange, Tag(BucketLakeChange.__name__)]
    | Annotated[PostgresChange, Tag(PostgresChange.__name__)],
    Discriminator(
        _tag_of_change,
        custom_error_type="destination",
        custom_error_message='Must be an object with the "type" that the destination has, and what changes of it.',
    ),
]
ShownDestination = (
    ManagedS3Destination
    | ShownBucketS3Destination
    | ShownBigQueryDestination
    | ShownHttpDestination
    | ShownSqsDestination
    | ShownKinesisDestination
    | ShownEventBridgeDestination
    | ShownLakeDestination
    | ShownBucketLakeDestination
    | ShownPostgresDestination
)

UNION_BRANCHES = frozenset({ManagedS3Destination.__name__, *_CHANGES, *_CHANGES.values()})
"""What stands in the place of a fault beside the fields that a client wrote."""


class DestinationToTry(Declared):
    destination: Destination


class CheckStep(Shown):
    """One thing that was tried."""

    name: str = Field(description="What was tried, such as `dataset` or `write`.")
    reason: str | None = Field(
        description="The destination's own, if it failed, or why nothing was proven; null if it passed."
    )
    state: Literal["passed", "failed", "not_tested"] = Field(
        description="`not_tested`: something stands in for the destination, as on one machine."
    )


class DestinationCheck(Shown):
    """What became of a live check; it changes nothing and leaves nothing behind."""

    ok: bool = Field(description="Nothing failed; what was not tested did not either.")
    reason: str | None = Field(description="Of the first step that failed.")
    checks: list[CheckStep] = Field(description="In order; the first that fails is the last.")
