"""A queue of SQS as people write it and as the API shows it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import FieldKey, RoleArn

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html: 80 characters
QUEUE_URL_PATTERN = (
    r"^https://sqs\.[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}\.amazonaws\.com(\.cn)?/[0-9]{12}/"
    r"([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$"
)
QUEUE_URL_WORDS = "Must be the URL of a queue, such as `https://sqs.eu-west-1.amazonaws.com/123456789012/events`."
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
GROUP_PATTERN = r"^[!-~]{1,128}$"
GROUP_WORDS = "Must be 1 to 128 visible ASCII characters, without spaces."

QueueUrl = Annotated[str, StringConstraints(pattern=QUEUE_URL_PATTERN)]
Group = Annotated[str, StringConstraints(pattern=GROUP_PATTERN)]

_QUEUE_URL = "A standard queue, or a FIFO queue whose name ends with `.fifo`."
_ROLE_ARN = "A role that may send to the queue; it trusts this deployment and asks for the external id."
_GROUP = "Of a FIFO queue: the message group of events for which `message_group_field` gives none."
_GROUP_FIELD = "Of a FIFO queue: the key of a field at the root whose value is the message group of an event."


class SqsDestination(Declared):
    """A queue of yours, each of whose messages is an event."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "sqs",
                    "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo",
                    "role_arn": "arn:aws:iam::123456789012:role/ingest",
                    "message_group": "events",
                    "message_group_field": "user_id",
                }
            ]
        }
    )

    type: Literal["sqs"]
    queue_url: QueueUrl = Field(description=_QUEUE_URL)
    role_arn: RoleArn = Field(description=_ROLE_ARN)
    message_group: Group = Field(default="events", description=_GROUP)
    message_group_field: FieldKey | None = Field(default=None, description=_GROUP_FIELD)


class SqsChange(Declared):
    """What changes of a destination that is a queue; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "sqs", "message_group_field": "user_id"}]})

    type: Literal["sqs"]
    queue_url: QueueUrl = optional_field(_QUEUE_URL)
    role_arn: RoleArn = optional_field(_ROLE_ARN)
    message_group: Group = optional_field(_GROUP)
    message_group_field: FieldKey | None = optional_field(_GROUP_FIELD)


class ShownSqsDestination(Shown):
    """A queue of yours."""

    type: Literal["sqs"]
    queue_url: str
    role_arn: str
    message_group: str
    message_group_field: str | None
    external_id: str = Field(description="What the role's trust policy asks for: the organisation's id.")
