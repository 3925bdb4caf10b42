"""Taps as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from schemas.codes import Fault
from schemas.limits import MAX_TAP_RATE, MAX_TAP_SECONDS
from schemas.models.declared import Declared, Page, Person, Resource, Shown, left_out, optional_field
from schemas.models.quarantine import EventName
from schemas.models.revision import EventFault

_TIME: JsonDict = {"format": "date-time"}
TappedOutcome = Literal["accepted", "quarantined", "rejected", "undelivered"]


def _one_fault(value: Any, union: ValidatorFunctionWrapHandler) -> Any:
    """Take either form; what is neither has one fault, not one for each of them."""
    try:
        return union(value)
    except ValidationError:
        message = f'Must be "all", or a whole number from 1 to {MAX_TAP_RATE}.'
        raise PydanticCustomError("sample", message) from None


Sample = Annotated[Literal["all"] | Annotated[int, Field(ge=1, le=MAX_TAP_RATE)], WrapValidator(_one_fault)]
_SAMPLE = "How many events per second are kept; `all`: every event, up to 1,000 per second."


class TapFilter(Declared):
    """Which events are kept; what is left out narrows nothing."""

    outcome: TappedOutcome = optional_field("Events with this outcome.")
    code: Fault = Field(default_factory=left_out, strict=False, description="Events with a fault of this code.")
    event_name: EventName = optional_field("Events of this name.")


class TapCreate(Declared):
    seconds: Annotated[int, Field(ge=1, le=MAX_TAP_SECONDS)] = Field(description="For how long events are kept.")
    sample: Sample = Field(description=_SAMPLE)
    only: TapFilter = optional_field("Which events are kept; without it, any.")


class ShownTapFilter(Shown):
    outcome: str | None
    code: str | None
    event_name: str | None


class Tap(Resource):
    """A lease on an environment: while it runs, a sample of what arrives is kept as it came."""

    environment_id: str
    state: Literal["running", "ended"]
    until: str = Field(description="When it ends.", json_schema_extra=_TIME)
    seconds: int = Field(description="For how long it runs.")
    sample: Sample = Field(description=_SAMPLE)
    only: ShownTapFilter
    protected: bool = Field(description="Whether what is stored stands in events instead of protected values.")
    who: Person


class TapList(Page):
    items: list[Tap]


class TappedRequest(Shown):
    """The request that an event came in."""

    id: str = Field(description="Its `request_id`.")
    method: str
    content_type: str | None
    user_agent: str | None
    origin: str | None
    bytes: int = Field(description="Of its body, or of the query's payload, as it was sent.")
    protocol: str | None = Field(description="What it came in, such as `segment`; null for a native request.")


class TappedEvent(Shown):
    """An event as it came, with what became of it."""

    at: str = Field(description="When it arrived.", json_schema_extra=_TIME)
    event_id: str = Field(description="Of an event that is rejected or undelivered nothing else has this id.")
    index: int = Field(description="The event's place in its request.")
    outcome: TappedOutcome
    errors: list[EventFault]
    more: bool = Field(description="Whether there were more faults than are listed.")
    revision_id: str = Field(description="The revision that it was validated by.")
    event_name: str | None = Field(description="Its name, where the revision says by what; null without one.")
    raw: str | None = Field(description="Its text as it was sent, or as its protocol made it; null if it is no UTF-8.")
    raw_base64: str | None = Field(description="The bytes, where they are no UTF-8.")
    raw_bytes: int = Field(description="How long the text was as it was sent.")
    stored: dict[str, Any] | None = Field(description="Of an accepted event, what is delivered.")
    truncated: bool = Field(description="Whether only the beginning of `raw` is here, or `stored` is left out.")
    protected: list[str] = Field(
        description="Pointers of protected values, with `*` for any index of an array: what would be stored stands in "
        "`raw` instead, or an empty string where nothing would be."
    )
    redacted: bool = Field(description="Whether something is left out of `raw` because it may hold a protected value.")
    request: TappedRequest
    source_ip: str | None = Field(description="Null unless the environment stores addresses.")


class TappedEventPage(Shown):
    """Events of a tap, oldest first."""

    items: list[TappedEvent]
    cursor: str = Field(description="What to give as `after` to get the events after these; never null.")
    left_out: int = Field(
        description="Events that the tap asked for and that its sample left out, so far, as handlers have told."
    )
    dropped: int = Field(description="Events that were kept and had to go, so far, to make room.")
    state: Literal["running", "ended"] = Field(description="`ended`: no further event arrives but those on their way.")
