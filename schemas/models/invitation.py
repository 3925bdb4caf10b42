"""Invitations as the person who is invited sees them."""

from pydantic import Field

from schemas.models.declared import Page, Shown
from schemas.models.me import OrganisationInBrief, Role


class Invitation(Shown):
    """An organisation that has invited the caller's verified address; nothing comes of it until it is accepted."""

    id: str = Field(description="Of the member that the caller becomes by accepting.")
    organisation: OrganisationInBrief
    role: Role = Field(description="What the caller may do there.")
    invited_by: str | None = Field(description="The address of the member who invited.")
    invited_at: str = Field(json_schema_extra={"format": "date-time"})


class InvitationPage(Page):
    items: list[Invitation]
