"""A deployment's queues as the API shows them to its operator."""

from typing import Annotated

from pydantic import Field

from schemas.limits import MAX_PAGE_ITEMS
from schemas.models.declared import DashedId, Declared, Page, Shown, left_out, not_longer


class NamedEnvironment(Shown):
    """An environment of any organisation, as the operator knows it."""

    id: str
    name: str
    endpoint_id: str
    endpoint_name: str
    organisation_id: str
    organisation_name: str


class QueueState(Shown):
    name: str
    waiting: int = Field(description="Messages that wait or are being worked on; approximate on AWS.")
    dead_letters: int = Field(description="Messages that were given up; approximate on AWS.")


class QueuePage(Page):
    items: list[QueueState]


class DeadLetter(Shown):
    """A message that kept failing, without its text."""

    id: str
    queue: str
    sent_at: str = Field(json_schema_extra={"format": "date-time"})
    bytes: int
    about: dict[str, str] = Field(description="Whose it is, as far as it says so: ids and names, no values.")
    environment: NamedEnvironment | None = Field(
        description="The environment that `about` or its stream names; null if there is none."
    )


class DeadLetterPage(Page):
    items: list[DeadLetter]


class DeadLetterWithBody(DeadLetter):
    body: str = Field(description="The message's text, which may hold events.")


class SendAgain(Declared):
    ids: Annotated[list[DashedId], Field(min_length=1, max_length=MAX_PAGE_ITEMS), not_longer(MAX_PAGE_ITEMS)] = Field(
        default_factory=left_out, description="Only these; without it, any, up to 1,000 a call."
    )


class SentAgain(Shown):
    queue: str
    sent: int
    left: int = Field(description="Dead letters that are left; approximate on AWS.")
