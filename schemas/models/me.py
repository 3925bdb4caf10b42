"""Who calls, as the API shows it."""

from typing import Literal

from pydantic import Field

from schemas.models.declared import Page, Shown

Role = Literal["viewer", "editor", "admin", "owner"]


class MemberInBrief(Shown):
    id: str
    email: str


class OrganisationInBrief(Shown):
    id: str
    name: str


class Membership(OrganisationInBrief):
    """An organisation that the caller may choose."""

    role: Role


class MembershipPage(Page):
    items: list[Membership]


class Me(Shown):
    """The caller's member and organisation; `role` is what the token may do, never more than its member may."""

    member: MemberInBrief
    role: Role
    organisation: OrganisationInBrief
    organisations: list[Membership] = Field(
        description="All that a person who signs in is a member of, in the order of joining: `X-Organisation-Id` "
        "chooses one of them for a request. A token has one."
    )
    invitations: int = Field(
        description="How many organisations invite a person who signs in: `GET /v1/invitations` lists them."
    )
    deployment_account: str | None = Field(
        description="The AWS account that the deployment runs in, which roles for buckets of yours trust; null on one "
        "machine, which takes on no role."
    )
    operator: bool = Field(
        description="Whether the caller operates the deployment, as the owner of its first organisation: sees its "
        "queues and what was set aside, and makes further organisations."
    )
