"""The quarantine and redrives as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from schemas.codes import Fault
from schemas.limits import (
    MAX_EVENT_NAME_CHARS,
    MAX_FROM_CHARS,
    MAX_GROUP_POINTER_CHARS,
    MAX_QUARANTINE_SAMPLES,
    MAX_REPAIRS,
)
from schemas.models.declared import (
    Declared,
    Id,
    Page,
    Person,
    Resource,
    Shown,
    left_out,
    not_longer,
    optional_field,
)
from schemas.models.revision import EventFault

_TIME: JsonDict = {"format": "date-time"}
_WHOLE_HOURS = "RFC 3339; rounded {} to a whole hour of arrival."

Pointer = Annotated[
    str,
    StringConstraints(max_length=MAX_GROUP_POINTER_CHARS),
    Field(description="Of a fault; the number of an array's element and `*` mean the same."),
]


EventName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_EVENT_NAME_CHARS),
    Field(description="As the revision's `event_name` gives it."),
]


class QuarantineGroup(Shown):
    """Events that were refused for the same reason; an event with several faults is in several groups."""

    revision_id: str = Field(description="The revision that refused them.")
    code: str = Field(description="What is wrong, of a closed set.")
    pointer: str = Field(description="`*` stands for every element of an array, and for unknown keys beyond the first.")
    count: int = Field(description="Events that are still in quarantine.")
    redriven: int = Field(description="Events that were sent since.")
    first_seen: str = Field(json_schema_extra=_TIME)
    last_seen: str = Field(json_schema_extra=_TIME)
    trend: list[int] = Field(
        description="Events that arrived in each of the latest hours or days, the oldest first, sent ones included. "
        "`trend_slice` and `trend_from` of the page say which."
    )


class QuarantinedEvent(Shown):
    """An event as it came, with what was wrong with it."""

    event_id: str
    received_at: str = Field(json_schema_extra=_TIME)
    revision_id: str = Field(description="The revision that refused it.")
    event_name: str | None = Field(description="Its name, where the revision says by what; null without one.")
    index: int = Field(description="The event's place in its request.")
    errors: list[EventFault]
    more: bool = Field(description="Whether there were more faults than are listed.")
    content_type: str | None
    user_agent: str | None
    protocol: str | None = Field(description="What it came in, such as `segment`; null for a native event.")
    source_ip: str | None = Field(description="Null unless the environment stores addresses.")
    raw: str | None = Field(description="The text as it was sent; null where it is none that can be shown.")
    raw_base64: str | None = Field(description="The bytes, where they are no showable text.")
    truncated: bool = Field(description="Whether only the beginning is shown; what was kept stands in the object.")
    raw_bytes: int = Field(description="How long the text was as it was sent.")
    kept_bytes: int = Field(
        description="How much of it was kept; less than `raw_bytes`: only the beginning, which can't be redriven."
    )
    protected: list[str] = Field(
        description="Pointers of protected values, with `*` for any index of an array: what would be stored stands in "
        "the text instead, or an empty string where nothing would be."
    )
    redacted: bool = Field(
        description="Whether something was not kept because it may hold a protected value; then it can't be redriven."
    )
    object: str = Field(description="Key of the object, in the deployment's data bucket, that holds the event.")


class QuarantinePage(Page):
    """Groups, the largest first; on the first page some events as well."""

    start: str = Field(alias="from", json_schema_extra=_TIME)
    to: str = Field(json_schema_extra=_TIME)
    events: int = Field(
        description="Events still in quarantine in these hours, of the revision and name that are asked for."
    )
    redriven: int = Field(description="Events of these hours that were sent since.")
    trend_slice: Literal["hour", "day"] = Field(description="What a number of a group's `trend` is of; days are UTC.")
    trend_from: str = Field(description="When the first of them begins.", json_schema_extra=_TIME)
    items: list[QuarantineGroup]
    samples: list[QuarantinedEvent] = Field(description="Events that the filter names, late ones first.")


class QuarantinedEventPage(Page):
    items: list[QuarantinedEvent]


class RedriveFilter(Declared):
    """Which events are meant; what is left out narrows nothing."""

    code: Fault = Field(default_factory=left_out, strict=False, description="Events with a fault of this code.")
    pointer: Pointer = optional_field("Events with a fault at this pointer.")
    revision: Id = optional_field("Events that this revision refused.")
    event_name: EventName = optional_field("Events of this name.")
    start: str = Field(default_factory=left_out, alias="from", description=_WHOLE_HOURS.format("down"))
    to: str = optional_field(_WHOLE_HOURS.format("up"))


REPAIR_POINTER_PATTERN = r"^(/([^~/]|~[01])*)+$"
REPAIR_POINTER_WORDS = (
    "Must be a JSON Pointer to a key of the event, such as `/user/age` or `/items/*/price`. In a key, write `~1` for "
    "`/` and `~0` for `~`."
)
RepairPointer = Annotated[str, StringConstraints(max_length=MAX_GROUP_POINTER_CHARS, pattern=REPAIR_POINTER_PATTERN)]
Kind = Literal["number_from_text", "text_from_number", "datetime_from_iso", "rename_key", "set_value", "remove_key"]


class Repair(Declared):
    """A change to the text of each event before it is validated; one that it does not suit leaves an event as it is.

    `number_from_text` takes a number out of its quotes, `text_from_number` puts one into quotes, `datetime_from_iso`
    makes a DATETIME in UTC of RFC 3339 text with an offset. `rename_key` gives a key the name `to` where its object has
    no such key yet; `set_value` sets or adds a key with `value`; `remove_key` removes one.
    """

    kind: Kind
    pointer: RepairPointer = Field(
        description="JSON Pointer of the place; `*` stands for every element of an array, a number for one of them."
    )
    to: Annotated[str, StringConstraints(max_length=MAX_FROM_CHARS)] = optional_field(
        "The new key; for `rename_key` only, which needs it."
    )
    value: Any = optional_field("Any JSON value; for `set_value` only, which needs it.")


_Repairs = Annotated[list[Repair], not_longer(MAX_REPAIRS), Field(max_length=MAX_REPAIRS)]


class _Redriven(Declared):
    filter: RedriveFilter = Field(
        default_factory=RedriveFilter, description="Which events; without it, all that are in quarantine."
    )
    revision_id: Id = Field(description="A finalised revision of the environment's endpoint, to validate them by.")
    repairs: _Repairs = Field(default=[], description="Done to each event before it is validated, in this order.")

    def given_repairs(self) -> list[dict[str, Any]]:
        """Return the fields that the client wrote of each repair."""
        return [repair.given() for repair in self.repairs]


class RedrivePreview(_Redriven):
    samples: Annotated[int, Field(ge=1, le=MAX_QUARANTINE_SAMPLES)] = Field(
        default=5, description="Events to try it on at the most, late ones first."
    )


class RedriveCreate(_Redriven):
    dry_run: bool = Field(default=False, description="Whether events are only validated, and none is sent.")


class ShownRedriveFilter(Shown):
    code: str | None
    pointer: str | None
    revision: str | None
    event_name: str | None
    start: str = Field(alias="from", json_schema_extra=_TIME)
    to: str = Field(json_schema_extra=_TIME)


class PreviewedEvent(Shown):
    """What a redrive would make of one event."""

    event_id: str
    received_at: str = Field(json_schema_extra=_TIME)
    revision_id: str = Field(description="The revision that refused it.")
    before: str | None = Field(description="Its text as it is kept; null where it is none that can be shown.")
    after: str | None = Field(description="Its text as it is repaired; null where no repair has changed it.")
    truncated: bool = Field(description="Whether only the beginning of the texts is shown.")
    changed_by: list[int] = Field(description="The repairs that have changed it, by their place in the request from 0.")
    outcome: Literal["valid", "invalid", "truncated"] = Field(
        description="`truncated` events, of which not all was kept, are neither repaired nor validated."
    )
    errors: list[EventFault] = Field(description="Faults of an invalid one, under the revision.")
    more: bool = Field(description="Whether there are more faults than are listed.")


class RedrivePreviewed(Shown):
    items: list[PreviewedEvent]


class ShownRepair(Shown):
    """A repair of a redrive, and how many events it has changed so far."""

    kind: Kind
    pointer: str
    to: str | None = Field(description="The new key of `rename_key`; null for other kinds.")
    value: Any = Field(description="What `set_value` sets; null for other kinds.")
    changed: int = Field(description="Events that it has changed, whether they fit then or not.")
    unchanged: int = Field(description="Events that it has left as they were: there was nothing that it can repair.")


class RedriveCodeCount(Shown):
    code: str
    count: int


class Redrive(Resource):
    """A redrive and how far it is; counts are of the objects it is through with."""

    environment_id: str
    revision_id: str
    filter: ShownRedriveFilter
    dry_run: bool
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    reason: str | None = Field(description="Why it failed.")
    objects_total: int | None = Field(description="Objects to go through; null until that is known.")
    objects_done: int
    matched: int = Field(description="Events that the filter names.")
    valid: int = Field(description="Those that fit the revision.")
    sent: int = Field(description="Those that were sent; none in a dry run.")
    invalid: int = Field(description="Those that don't fit, and stay in quarantine.")
    truncated: int = Field(
        description="Those of which not all was kept, long or redacted ones; they can't be sent, and stay."
    )
    codes: list[RedriveCodeCount] = Field(description="Faults of the invalid ones under the revision, by count.")
    repairs: list[ShownRepair]
    repaired: int = Field(description="Events that at least one repair has changed, whether they fit then or not.")
    who: Person
    finished_at: str | None = Field(json_schema_extra=_TIME)


class RedrivePage(Page):
    items: list[Redrive]
