"""What every declared model shares: strict types, no unknown fields, and the texts people may write."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError

from schemas.limits import MAX_NAME_CHARS
from schemas.names import NAME_WORDS, has_hidden_characters, is_visible

# No control characters, no white space at either end: what a person sees in a list is the whole name.
NAME_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"

ID_PATTERN = r"^[a-z0-9_]{1,64}$"
DASHED_ID_PATTERN = r"^[a-z0-9_-]{1,200}$"
PROTOCOL_PATTERN = r"^[a-z0-9]{1,30}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
DashedId = Annotated[str, StringConstraints(pattern=DASHED_ID_PATTERN)]


def _checked_name(name: str) -> str:
    if not is_visible(name):
        raise PydanticCustomError("name", NAME_WORDS)
    return name


def _checked_text(text: str) -> str:
    if has_hidden_characters(text):
        raise PydanticCustomError(
            "text", "Must not hold invisible characters or any that turn the direction of writing."
        )
    return text


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME_CHARS, pattern=NAME_PATTERN),
    AfterValidator(_checked_name),
]
"""What people call a thing."""
VisibleText = AfterValidator(_checked_text)
"""Makes sure that a text of several lines holds nothing that a reader does not see."""


class Declared(BaseModel):
    """A body that a client writes: nothing is coerced, nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self) -> dict[str, Any]:
        """Return the fields that the client wrote, and no defaults."""
        return self.model_dump(exclude_unset=True)


def left_out() -> Any:
    """Stand for a field that was not written; a factory, so that the schema names no default and null is no value."""
    return None


def optional_field(description: str) -> Any:
    """Declare a field that may be left out but not be null."""
    return Field(default_factory=left_out, description=description)


def not_longer(max_length: int) -> BeforeValidator:
    """Refuse a list that is too long before its elements are looked at: each of them might be a fault."""

    def check(value: Any) -> Any:
        if isinstance(value, list) and len(value) > max_length:
            context = {"field_type": "List", "max_length": max_length, "actual_length": len(value)}
            raise PydanticKnownError("too_long", context)
        return value

    return BeforeValidator(check)


class Shown(BaseModel):
    """What an answer holds; only described here, since answers are made from stored items."""

    model_config = ConfigDict(extra="forbid")


class Resource(Shown):
    """The fields of every resource."""

    id: str
    created_at: str = Field(description="RFC 3339, UTC.", json_schema_extra={"format": "date-time"})
    updated_at: str = Field(description="RFC 3339, UTC.", json_schema_extra={"format": "date-time"})
    version: int = Field(ge=1, description="Grows with every change; the ETag is this number in quotes.")


class Person(Shown):
    """Who did something."""

    member_id: str = Field(description="Who it was; the member may have been removed since.")
    name: str = Field(description="Their e-mail address at that time.")
    token_id: str | None = Field(description="The personal token that was used; null if they had signed in.")


class Page(Shown):
    """One page of a list; `next` is the cursor of the page after it, or null."""

    next: str | None
