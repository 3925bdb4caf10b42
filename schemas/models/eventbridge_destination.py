"""A bus of EventBridge as people write it and as the API shows it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.models.declared import Declared, Shown, optional_field
from schemas.models.destination_names import FieldKey, RoleArn

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
BUS_ARN_PATTERN = (
    r"^arn:aws(-[a-z]{1,10}){0,3}:events:[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}:[0-9]{12}"
    r":event-bus/[A-Za-z0-9/._-]{1,256}$"
)
BUS_ARN_WORDS = "Must be the ARN of a bus, such as `arn:aws:events:eu-west-1:123456789012:event-bus/events`."
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
DETAIL_TYPE_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,126}[^\s\x00-\x1f\x7f])?$"
DETAIL_TYPE_WORDS = "Must be 1 to 128 characters, without control characters and without spaces at either end."

BusArn = Annotated[str, StringConstraints(pattern=BUS_ARN_PATTERN)]
DetailType = Annotated[str, StringConstraints(pattern=DETAIL_TYPE_PATTERN)]

_BUS_ARN = "An event bus, in any region."
_ROLE_ARN = "A role that may put events on the bus; it trusts this deployment and asks for the external id."
_TYPE = "The detail type of events for which neither `detail_type_field` nor `detail_type_from` gives one."
_TYPE_FIELD = "The key of a field at the root whose value is the detail type of an event."
_TYPE_FROM = (
    "`event_name`: the detail type of an event is its name, by the `event_name` of its revision, where "
    "`detail_type_field` gives none."
)


class EventBridgeDestination(Declared):
    """A bus of yours, whose rules match your events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "eventbridge",
                    "bus_arn": "arn:aws:events:eu-west-1:123456789012:event-bus/events",
                    "role_arn": "arn:aws:iam::123456789012:role/ingest",
                    "detail_type": "event",
                    "detail_type_from": "event_name",
                }
            ]
        }
    )

    type: Literal["eventbridge"]
    bus_arn: BusArn = Field(description=_BUS_ARN)
    role_arn: RoleArn = Field(description=_ROLE_ARN)
    detail_type: DetailType = Field(default="event", description=_TYPE)
    detail_type_field: FieldKey | None = Field(default=None, description=_TYPE_FIELD)
    detail_type_from: Literal["event_name"] | None = Field(default=None, description=_TYPE_FROM)


class EventBridgeChange(Declared):
    """What changes of a destination that is a bus; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"type": "eventbridge", "detail_type_from": "event_name"}]}
    )

    type: Literal["eventbridge"]
    bus_arn: BusArn = optional_field(_BUS_ARN)
    role_arn: RoleArn = optional_field(_ROLE_ARN)
    detail_type: DetailType = optional_field(_TYPE)
    detail_type_field: FieldKey | None = optional_field(_TYPE_FIELD)
    detail_type_from: Literal["event_name"] | None = optional_field(_TYPE_FROM)


class ShownEventBridgeDestination(Shown):
    """A bus of yours."""

    type: Literal["eventbridge"]
    bus_arn: str
    role_arn: str
    detail_type: str
    detail_type_field: str | None
    detail_type_from: Literal["event_name"] | None
    external_id: str = Field(description="What the role's trust policy asks for: the organisation's id.")
