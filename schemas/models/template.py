"""Templates as the API shows them."""

from pydantic import Field

from schemas.models.declared import Page, Shown
from schemas.models.endpoint import TemplateName
from schemas.models.revision import AdditionalKeys, EventName


class TypedPlace(Shown):
    """Where the events of a protocol say what they are, and where what belongs to one of them alone stands."""

    name: str = Field(description="JSON Pointer to an event's name.", examples=["/event"])
    content: str = Field(
        description="`from` of the object whose keys the event's name decides.", examples=["properties"]
    )


class Template(Shown):
    """What an endpoint or a revision can start from."""

    name: TemplateName
    title: str = Field(description="What people call it.")
    about: str = Field(description="One sentence: which events it fits, and from which senders.")
    page: str = Field(
        description="Where to read more, within the documentation's folder `docs`.", examples=["protocols/segment.md"]
    )
    field_count: int
    additional_keys: AdditionalKeys = Field(description="What happens to keys that no field names.")
    event_name: EventName
    typed: TypedPlace | None = Field(description="Where each event of a `plan` has its fields; null: it takes no plan.")


class TemplatePage(Page):
    items: list[Template]
