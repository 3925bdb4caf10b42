"""Trials as the API takes and shows them."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from schemas.limits import MAX_TRIAL_DAYS, MAX_TRIAL_SAMPLE
from schemas.models.declared import Declared, Id, Page, Person, Resource, Shown, left_out, optional_field

_TIME: JsonDict = {"format": "date-time"}
Source = Literal["tap", "quarantine", "delivered"]
_SOURCE = (
    "Where the events come from. `tap`: what the environment's taps keep, as it was sent. `quarantine`: what is in "
    "quarantine, as it was sent. `delivered`: what was delivered, turned back into what may have been sent; `unseen` "
    "says what of it can't be known."
)
_SAMPLE = "How many events are looked at, at most: the same ones whenever the same events are there."
Was = Literal["accepted", "invalid"]
Kind = Literal["object", "array", "string", "integer", "number", "boolean", "null"]


class TrialCreate(Declared):
    environment_id: Id = Field(description="An environment of the revision's endpoint.")
    source: Source = Field(description=_SOURCE)
    start: str = Field(
        default_factory=left_out,
        alias="from",
        description=f"RFC 3339; rounded down to a whole hour of arrival, at most {MAX_TRIAL_DAYS} days before `to`. "
        "Without it, a day before `to`.",
    )
    to: str = optional_field("RFC 3339; rounded up to a whole hour of arrival. Without it, now.")
    sample: Annotated[int, Field(ge=1, le=MAX_TRIAL_SAMPLE)] = Field(description=_SAMPLE)


class TrialSummary(Resource):
    """A trial and how far it is; counts are of the events that it has looked at so far."""

    revision_id: str
    revision_version: int = Field(description="The revision's version when the trial began: a draft may have changed.")
    environment_id: str
    running_revision_id: str = Field(description="The revision that the environment ran when the trial began.")
    source: Source = Field(description=_SOURCE)
    start: str = Field(alias="from", json_schema_extra=_TIME)
    to: str = Field(json_schema_extra=_TIME)
    sample: int = Field(description=_SAMPLE)
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    reason: str | None = Field(description="Why it failed.")
    objects_total: int | None = Field(description="Objects to go through; null until that is known.")
    objects_done: int
    objects_skipped: int = Field(description="Damaged objects, of which not all was read.")
    cut_short: bool = Field(description="Whether its time was up before it had looked at as many events as it should.")
    looked_at: int = Field(description="Events that were validated by both revisions.")
    accepted: int = Field(description="Those that the revision accepts.")
    invalid: int = Field(description="Those that it rejects.")
    newly_invalid: int = Field(description="Of the invalid ones, those that the running revision accepts.")
    newly_accepted: int = Field(description="Of the accepted ones, those that the running revision rejects.")
    left_out: int = Field(description="Events that could not be tried, such as those of which not all was kept.")
    who: Person
    finished_at: str | None = Field(json_schema_extra=_TIME)
    expires_at: str = Field(description="When it goes.", json_schema_extra=_TIME)


class TrialGroup(Shown):
    """Events that the revision rejects for the same reason; one with several faults is in several groups."""

    code: str = Field(description="What is wrong, of a closed set.")
    pointer: str = Field(description="`*` stands for every element of an array, and for unknown keys beyond the first.")
    event_name: str | None = Field(description="The events' name, where the revision says by what.")
    count: int
    share: float = Field(description="Of all invalid events with the same `was`, between 0 and 1.")
    first_event_id: str = Field(description="The id of one of them.")
    was: Was = Field(description="What the running revision says of them.")


class TrialColumn(Shown):
    """A column of the revision."""

    column: str = Field(description="Its name, with `.` between the keys of fields within fields.")
    filled: float | None = Field(
        description="In which share of the accepted events it holds a value; null where that can't be known, or where "
        "none is accepted."
    )
    kinds: dict[Kind, int] = Field(
        description="In how many of the events its place holds a value of each JSON kind, as it is sent."
    )


class TrialUnknownKey(Shown):
    """A place in events that no field of the revision reads."""

    pointer: str = Field(description="A JSON Pointer, with `*` for any index of an array, and for further siblings.")
    count: int = Field(description="Events that have it.")
    share: float = Field(description="Of all events that were looked at, between 0 and 1.")
    kinds: list[Kind]


class Trial(TrialSummary):
    """A trial with what it has found."""

    unseen: list[Literal["dropped_keys", "filled_values", "protected_values"]] = Field(
        description="What of the events can't be known. `dropped_keys`: keys that were not stored. `filled_values`: "
        "where a default or a macro may have given the value, nothing counts as sent. `protected_values`: in these "
        "places any value counts as valid."
    )
    groups: list[TrialGroup] = Field(description="Those of newly invalid events first, the largest first.")
    groups_left_out: int = Field(description="Faults and groups for which there is no room.")
    columns: list[TrialColumn] = Field(description="In the order of the fields.")
    columns_left_out: int = Field(description="Columns for which there is no room.")
    unknown_keys: list[TrialUnknownKey] = Field(description="The most frequent first.")


class TrialPage(Page):
    """A revision's trials, newest first, each without what it has found in detail."""

    items: list[TrialSummary]
