"""Personal tokens as the API takes and shows them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.models.declared import Declared, Name, Page, Resource, optional_field
from schemas.models.me import Role

_ONCE = "The token itself, in this answer only; null where an Idempotency-Key repeats the answer."


class TokenCreate(Declared):
    name: Name
    role: Role = Field(description="No higher than the caller's own.")
    expires_at: Annotated[str, StringConstraints(max_length=40)] | None = optional_field(
        "RFC 3339, a time to come, no later than the token that asks expires. Null or left out: when that one does."
    )


class Token(Resource):
    member_id: str
    name: str
    role: Role = Field(description="The most that the token may do; it never may more than its member.")
    expires_at: str | None = Field(description="Null: it does not expire.", json_schema_extra={"format": "date-time"})
    parent_id: str | None = Field(
        description="The token that it was made with: deleting that one deletes this one, too. Null: none, or an "
        "invitation's."
    )
    last_used_on: str | None = Field(
        description="The last day (UTC) on which it was used.", json_schema_extra={"format": "date"}
    )


class TokenMade(Token):
    """A token with its secret."""

    token: str | None = Field(description=_ONCE)


class TokenPage(Page):
    items: list[Token]
