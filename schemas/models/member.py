"""Members as the API takes and shows them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.addresses import EMAIL_PATTERN, EMAIL_WORDS, is_address
from schemas.limits import MAX_EMAIL_CHARS
from schemas.models.declared import Declared, Page, Resource
from schemas.models.me import Role


def _checked_email(text: str) -> str:
    if not is_address(text):
        raise PydanticCustomError("email", EMAIL_WORDS)
    return text


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=MAX_EMAIL_CHARS, pattern=EMAIL_PATTERN),
    AfterValidator(_checked_email),
]


class MemberInvite(Declared):
    email: Email = Field(description="Unique within the organisation whatever its case.")
    role: Literal["viewer", "editor", "admin"] = Field(description="No higher than the caller's own.")


class MemberChange(Declared):
    role: Role = Field(
        description="No higher than the caller's own. `owner`, by the owner, hands the organisation over."
    )


class Member(Resource):
    email: str
    role: Role
    invited_by: str | None = Field(description="The address of who invited them; null for the first owner.")
    accepted_at: str | None = Field(
        description="When they accepted the invitation, by signing in and accepting it, or by using its token; null: "
        "not yet.",
        json_schema_extra={"format": "date-time"},
    )


class MemberInvited(Member):
    """A member with the token that lets them in for the first time."""

    token: str | None = Field(
        description="Their first token, in this answer only; null where an Idempotency-Key repeats the answer."
    )
    token_expires_at: str = Field(json_schema_extra={"format": "date-time"})


class MemberPage(Page):
    items: list[Member]
