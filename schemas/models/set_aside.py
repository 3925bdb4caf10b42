"""What destinations refused, as the API shows it to a deployment's operator."""

from pydantic import Field

from schemas.models.declared import Page, Shown


class SetAsideObject(Shown):
    """The events of one landed object that its destination refused, without their texts."""

    id: str
    environment_id: str
    hour: str = Field(
        description="The hour (UTC) in which the landed object began.", json_schema_extra={"format": "date-time"}
    )
    events: int


class SetAsidePage(Page):
    items: list[SetAsideObject]


class SetAsideWithLines(SetAsideObject):
    lines: list[str] = Field(
        description="Its first lines, each JSON with `event_id`, the destination's `reason` and the `event`."
    )
