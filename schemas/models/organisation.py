"""Organisations and their plans as the API takes and shows them."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.models.declared import Declared, Name, Page, Resource, Shown, optional_field
from schemas.models.member import Email, Member

OverLimit = Literal["accept", "reject"]
PerMonth = Annotated[int, Field(ge=1, le=10**15)]
MaxEndpoints = Annotated[int, Field(ge=1, le=1_000_000)]
Bound = Annotated[int, Field(ge=0, le=1_000_000)]


class OrganisationCreate(Declared):
    name: Name
    owner_email: Email


class PlanChange(Declared):
    """The fields that are to change; null takes a limit away."""

    name: Name = optional_field("What the plan is called.")
    requests_per_month: PerMonth | None = optional_field("Requests at ingest in a calendar month (UTC).")
    bytes_per_month: PerMonth | None = optional_field("Bytes at ingest in a calendar month (UTC).")
    max_endpoints: MaxEndpoints | None = optional_field("Endpoints; those there are stay, no further one is made.")
    over_limit: OverLimit = optional_field("What ingest does beyond a monthly limit.")


class OrganisationChange(Declared):
    name: Name = optional_field("The new name.")
    plan: PlanChange = optional_field("Of the plan, the fields that are to change; the deployment's operator alone.")


class BoundsChange(Declared):
    """The bounds that are to change; null takes back what was set, and the default counts again."""

    endpoints: Bound | None = optional_field("Endpoints.")
    environments: Bound | None = optional_field("Environments.")
    streams: Bound | None = optional_field("Delivery streams of all environments together.")
    domains: Bound | None = optional_field("Custom domains.")
    secrets: Bound | None = optional_field("Environments whose destination has credentials that are kept.")
    certificates: Bound | None = optional_field(
        "Certificates that are imported or requested in a calendar month (UTC)."
    )
    changes: Bound | None = optional_field("Changes of streams and domains in an hour (UTC).")


class AnyOrganisationChange(Declared):
    """What the deployment's operator changes of an organisation."""

    plan: PlanChange = optional_field("Of the plan, the fields that are to change.")
    bounds: BoundsChange = optional_field("Of the bounds, those that are to change.")


class Plan(Shown):
    """A limit of null is none."""

    name: str
    requests_per_month: int | None = Field(description="Requests at ingest in a calendar month (UTC).")
    bytes_per_month: int | None = Field(description="Bytes at ingest in a calendar month (UTC).")
    max_endpoints: int | None = Field(description="Endpoints that may be there before no further one is made.")
    over_limit: OverLimit = Field(description="What ingest does beyond a monthly limit.")


class LimitUse(Shown):
    """How much of a limit is used: `share` is 1 where it is used up, and null without a limit."""

    used: int
    limit: int | None
    share: float | None


class Limits(Shown):
    endpoints: LimitUse
    environments: LimitUse
    streams: LimitUse = Field(description="Delivery streams of all environments together.")
    domains: LimitUse = Field(description="Custom domains.")
    secrets: LimitUse = Field(description="Environments whose destination has credentials that are kept.")
    certificates: LimitUse = Field(description="Imported or requested in this calendar month (UTC).")
    changes: LimitUse = Field(description="Of streams and domains, in this hour (UTC).")
    requests: LimitUse = Field(description="Of this calendar month (UTC).")
    bytes: LimitUse = Field(description="Of this calendar month (UTC).")


class Organisation(Resource):
    name: str
    plan: Plan
    limits: Limits


class OrganisationPage(Page):
    items: list[Organisation]


class OrganisationMade(Organisation):
    """An organisation with its owner and the token that lets them in for the first time."""

    owner: Member
    token: str | None = Field(
        description="The owner's first token, in this answer only; null where an Idempotency-Key repeats the answer."
    )
    token_expires_at: str = Field(json_schema_extra={"format": "date-time"})
