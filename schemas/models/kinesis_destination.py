"""A stream of Kinesis as people write it and as the API shows it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import FieldKey, RoleArn

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
STREAM_ARN_PATTERN = (
    r"^arn:aws(-[a-z]{1,10}){0,3}:kinesis:[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}:[0-9]{12}"
    r":stream/[A-Za-z0-9_.-]{1,128}$"
)
STREAM_ARN_WORDS = "Must be the ARN of a stream, such as `arn:aws:kinesis:eu-west-1:123456789012:stream/events`."

StreamArn = Annotated[str, StringConstraints(pattern=STREAM_ARN_PATTERN)]

_STREAM_ARN = "A data stream of Kinesis, in any region."
_ROLE_ARN = "A role that may put records into the stream; it trusts this deployment and asks for the external id."
_KEY_FIELD = (
    "The key of a field at the root whose value is the partition key of an event. Without it, and for events without "
    "such a value, `_event_id` is."
)


class KinesisDestination(Declared):
    """A stream of yours, each of whose records is an event."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "kinesis",
                    "stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/events",
                    "role_arn": "arn:aws:iam::123456789012:role/ingest",
                    "partition_key_field": "user_id",
                }
            ]
        }
    )

    type: Literal["kinesis"]
    stream_arn: StreamArn = Field(description=_STREAM_ARN)
    role_arn: RoleArn = Field(description=_ROLE_ARN)
    partition_key_field: FieldKey | None = Field(default=None, description=_KEY_FIELD)


class KinesisChange(Declared):
    """What changes of a destination that is a stream; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "kinesis", "partition_key_field": None}]})

    type: Literal["kinesis"]
    stream_arn: StreamArn = optional_field(_STREAM_ARN)
    role_arn: RoleArn = optional_field(_ROLE_ARN)
    partition_key_field: FieldKey | None = optional_field(_KEY_FIELD)


class ShownKinesisDestination(Shown):
    """A stream of yours."""

    type: Literal["kinesis"]
    stream_arn: str
    role_arn: str
    partition_key_field: str | None
    external_id: str = Field(description="What the role's trust policy asks for: the organisation's id.")
