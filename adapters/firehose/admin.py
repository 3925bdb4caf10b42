"""Delivery streams of Firehose: made, changed and removed at run time.

Everything is decided by what Firehose says of a stream, so that a call that was cut short is made up for by the next.
Making one takes about a minute: `create` returns before, and `is_active` tells when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured, Undelivered
from schemas.limits import DEFAULT_BUFFER_SECONDS, MAX_BUFFER_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_firehose import FirehoseClient

FAILED_PREFIX = "failed/!{firehose:error-output-type}/"
"""Where what can't be delivered goes, in the same bucket, before the prefix of the stream."""
DELIVERY_MARGIN_SECONDS = 300
"""How long after its buffer's time is over a stream may take to deliver: S3 takes seconds, unless it has trouble."""

# Five calls of a kind a second for a whole account: https://docs.aws.amazon.com/firehose/latest/dev/limits.html
# An environment with 50 streams is 150 calls, which this keeps to the pace that Firehose takes.
_CONFIG = CONFIG.merge(Config(retries={"total_max_attempts": 8, "mode": "adaptive"}))

_MIB = 1024 * 1024
_MAX_BUFFER_MIB = 128  # https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html


def make_client() -> "FirehoseClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("firehose", config=_CONFIG)


@dataclass(frozen=True, slots=True)
class DeliveryRole:
    """What every stream of a deployment has in common."""

    arn: str
    """The role that Firehose takes on to write objects."""
    kms_key_arn: str | None = None
    """Encrypts objects, if not the bucket's own default."""
    partition: str = "aws"
    log_group: str | None = None
    """Where Firehose says why it could not deliver; its stream `delivery` has to be there."""
    tags: Mapping[str, str] = field(default_factory=dict)


class FirehoseAdmin:
    """Implements `StreamAdmin`."""

    def __init__(self, client: "FirehoseClient", role: DeliveryRole) -> None:
        self._client = client
        self._role = role

    def create(self, stream: str, settings: StreamSettings) -> None:
        wanted = self._destination(settings)
        with translated("make a delivery stream"):
            described = self._describe(stream)
            if described is None:
                if self._make(stream, wanted, settings.tags):
                    return
                described = self._describe(stream)  # another process was faster
        if described is None:
            raise Undelivered("A delivery stream was removed while it was made.")
        self._bring_to(stream, described, wanted)

    def is_active(self, stream: str) -> bool:
        with translated("look at a delivery stream"):
            described = self._describe(stream)
        return described is not None and described["DeliveryStreamStatus"] == "ACTIVE"

    def holds_for_seconds(self, stream: str) -> float:
        with translated("look at a delivery stream"):
            described = self._describe(stream)
        if described is None:
            return 0.0
        hints = _current(described).get("BufferingHints", {})
        return float(hints.get("IntervalInSeconds", 0) + DELIVERY_MARGIN_SECONDS)

    def delete(self, stream: str) -> None:
        """Remove a stream; Firehose gives no promise for what it still holds, so wait `holds_for_seconds` before."""
        with translated("remove a delivery stream"):
            try:
                self._client.delete_delivery_stream(DeliveryStreamName=stream)
            except ClientError as error:
                if failure_from(error).code == "ResourceNotFoundException":
                    return
                if failure_from(error).code == "ResourceInUseException" and self._is_going(stream):
                    return
                raise

    def _describe(self, stream: str) -> Any:
        """Return Firehose's description, None if there is no such stream."""
        try:
            return self._client.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]
        except ClientError as error:
            if failure_from(error).code == "ResourceNotFoundException":
                return None
            raise

    def _is_going(self, stream: str) -> bool:
        described = self._describe(stream)
        return described is None or described["DeliveryStreamStatus"] == "DELETING"

    def _make(self, stream: str, wanted: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
        """Return whether there was none of this name."""
        every_tag = {**self._role.tags, **tags}
        request: Any = {
            "DeliveryStreamName": stream,
            "DeliveryStreamType": "DirectPut",
            "ExtendedS3DestinationConfiguration": wanted,
            "DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"},
        }
        if every_tag:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in every_tag.items()]
        try:
            self._client.create_delivery_stream(**request)
        except ClientError as error:
            code = failure_from(error).code
            if code == "ResourceInUseException":
                return False
            if code == "LimitExceededException":
                raise Undelivered(
                    "This region of the deployment's account has as many delivery streams as its quota allows: "
                    "have the quota raised, or use fewer streams.",
                ) from None
            if code == "InvalidArgumentException":
                # A role that was made a moment ago is not known everywhere yet, which looks the same as a wrong one.
                raise Undelivered("AWS did not take the settings of a delivery stream.") from None
            raise
        return True

    def _bring_to(self, stream: str, described: Any, wanted: Mapping[str, Any]) -> None:
        """Change what is not as wanted, of a stream that is there."""
        status = described["DeliveryStreamStatus"]
        if status == "CREATING":
            return  # it is looked at again before it counts as active
        if status in {"CREATING_FAILED", "DELETING_FAILED"}:
            # Such a stream is of no use any more and stands in the way of another.
            with translated("remove a delivery stream that could not be made"):
                self._client.delete_delivery_stream(DeliveryStreamName=stream, AllowForceDelete=True)
            raise Undelivered(f"AWS could not make a delivery stream ({status}).")
        if status != "ACTIVE":
            raise Undelivered("A delivery stream of this name is still being removed.")
        current = _current(described)
        changed = {name: value for name, value in wanted.items() if current.get(name) != value}
        if not changed:
            return
        with translated("change a delivery stream"):
            self._client.update_destination(
                DeliveryStreamName=stream,
                CurrentDeliveryStreamVersionId=described["VersionId"],
                DestinationId=described["Destinations"][0]["DestinationId"],
                ExtendedS3DestinationUpdate=wanted,  # type: ignore[arg-type]
            )

    def _destination(self, settings: StreamSettings) -> dict[str, Any]:
        encryption: Mapping[str, Any] = {"NoEncryptionConfig": "NoEncryption"}  # the bucket's own default
        if self._role.kms_key_arn is not None:
            encryption = {"KMSEncryptionConfig": {"AWSKMSKeyARN": self._role.kms_key_arn}}
        logging: dict[str, Any] = {"Enabled": False}
        if self._role.log_group is not None:
            logging = {"Enabled": True, "LogGroupName": self._role.log_group, "LogStreamName": "delivery"}
        seconds = settings.buffer_seconds
        if seconds is None:
            seconds = min(DEFAULT_BUFFER_SECONDS * settings.default_times, MAX_BUFFER_SECONDS)
        if not settings.prefix.endswith("/"):
            raise Misconfigured("A stream's prefix must end with `/`.")
        return {
            "RoleARN": self._role.arn,
            "BucketARN": f"arn:{self._role.partition}:s3:::{settings.bucket}",
            "Prefix": settings.prefix,
            "ErrorOutputPrefix": FAILED_PREFIX + settings.prefix,
            "BufferingHints": {
                "IntervalInSeconds": int(seconds),
                "SizeInMBs": min(max(1, settings.buffer_bytes // _MIB), _MAX_BUFFER_MIB),
            },
            "CompressionFormat": "GZIP",
            "EncryptionConfiguration": encryption,
            "CloudWatchLoggingOptions": logging,
        }


def _current(described: Any) -> Mapping[str, Any]:
    destination: Mapping[str, Any] = described["Destinations"][0]
    current: Mapping[str, Any] = destination["ExtendedS3DestinationDescription"]
    return current
