"""Who calls, as the API shows it."""

from typing import Literal

from schemas.models.declared import Shown

Role = Literal["viewer", "editor", "admin", "owner"]


class MemberInBrief(Shown):
    id: str
    email: str


class OrganisationInBrief(Shown):
    id: str
    name: str


class Me(Shown):
    """The caller's member and organisation; `role` is what the token may do, never more than its member may."""

    member: MemberInBrief
    role: Role
    organisation: OrganisationInBrief
