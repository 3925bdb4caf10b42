"""What destinations refused, as the API shows it to a deployment's operator."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.limits import MAX_SET_ASIDE_REDRIVEN
from schemas.models.declared import DashedId, Declared, Id, Page, Shown, not_longer, optional_field
from schemas.models.operations import NamedEnvironment


class SetAsideReason(Shown):
    """Events of one object that were refused for the same reason."""

    reason: str = Field(
        description="The destination's, with `…` for what it quotes and for numbers; `Other reasons.` for the rest."
    )
    events: int


class NewerTable(Shown):
    """The table of a revision that came after those of refused events."""

    revision_id: str
    table: str = Field(description="What it is called at the destination.")


class SetAsideObject(Shown):
    """The events of one landed object that its destination refused, without their texts."""

    id: str
    environment_id: str
    environment: NamedEnvironment | None = Field(description="Null if it is gone.")
    hour: str = Field(
        description="The hour (UTC) in which the landed object began.", json_schema_extra={"format": "date-time"}
    )
    events: int = Field(description="How many events it holds.")
    bytes: int = Field(description="Their size with their reasons, without gzip.")
    reasons: list[SetAsideReason] = Field(description="Why they were refused, the most frequent first.")
    newer_tables: list[NewerTable] = Field(
        description="Tables of later revisions, which may take the events where their own does not; the newest last."
        " Name one by `revision_id` when you send them again. Empty where revisions have no tables of their own."
    )


class SetAsidePage(Page):
    items: list[SetAsideObject]


class SetAsideWithLines(SetAsideObject):
    lines: list[str] = Field(
        description="Its first lines, each JSON with `event_id`, the destination's `reason` and the `event`."
    )


class RedriveSetAside(Declared):
    """Which objects: those that all of these fields name, any without them."""

    ids: Annotated[
        list[DashedId], Field(min_length=1, max_length=MAX_SET_ASIDE_REDRIVEN), not_longer(MAX_SET_ASIDE_REDRIVEN)
    ] = optional_field("Only these; `cursor` does not go with them.")
    environment_id: Id = optional_field("Only what was sent to this environment.")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] = optional_field(
        "Only objects with events that were refused for this reason, exactly as the list shows it. They go whole:"
        " events that were refused for another reason are tried again, too."
    )
    revision_id: Id = optional_field(
        "Send them to the table of this revision, one of `newer_tables`, and not to those of the revisions that they"
        " were accepted by. Their `_revision_id` stays."
    )
    dry_run: bool = optional_field("Only say how many events there are to send; send none.")
    cursor: Annotated[str, StringConstraints(max_length=500)] = optional_field("`next` of the answer before.")


class SkippedObject(Shown):
    """An object that was not sent, and stays as it is."""

    id: str
    reason: str = Field(description="Why, and what helps.")


class SetAsideRedriven(Shown):
    """What one call has sent, or would have."""

    dry_run: bool
    objects: int
    events: int = Field(description="Events on their way to their destinations; of a dry run, those that would be.")
    skipped: list[SkippedObject]
    next: str | None = Field(description="The `cursor` to go on with; null at the end.")
