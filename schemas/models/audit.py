"""The audit log as the API shows it."""

from typing import Any

from pydantic import Field

from schemas.models.declared import Page, Person, Shown, optional_field


class AuditSubject(Shown):
    type: str = Field(description="What kind of thing was changed, such as `endpoint`.")
    id: str
    name: str = optional_field("The name of an environment or a revision at that time; entries of reads have none.")
    endpoint_id: str = optional_field("The endpoint of an environment or a revision that has a `name` here.")


class AuditEntry(Shown):
    """One change; what it held before and after, without secrets."""

    id: str
    at: str = Field(description="RFC 3339, UTC.", json_schema_extra={"format": "date-time"})
    action: str = Field(description="What was done, such as `endpoint.create`.")
    subject: AuditSubject
    actor: Person
    source_ip: str = Field(description="The address that the request came from.")
    before: dict[str, Any] | None = Field(description="What was, as far as it changed; null if there was nothing.")
    after: dict[str, Any] | None = Field(description="What is since; null if there is nothing.")


class AuditPage(Page):
    items: list[AuditEntry]
