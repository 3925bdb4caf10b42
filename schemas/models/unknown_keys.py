"""Keys that no field names, as the API shows them."""

from typing import Any, Literal

from pydantic import Field

from schemas.models.declared import Shown

_TIME: dict[str, Any] = {"format": "date-time"}


class UnknownKey(Shown):
    """A place in events that no field of the revision in force reads."""

    pointer: str = Field(
        description="A JSON Pointer, with `*` for any index of an array. `*` as its last key stands for further "
        "siblings, which are not told apart."
    )
    count: int = Field(description="In how many of the events that were looked at.")
    kinds: list[Literal["object", "array", "string", "integer", "number", "boolean", "null"]] = Field(
        description="The JSON kinds that its values had."
    )
    first_seen: str = Field(json_schema_extra=_TIME)
    last_seen: str = Field(json_schema_extra=_TIME)
    shape: Any = Field(
        description="What one value was like, without the value: its kind, or of an object or array the kinds of what "
        "it held, three levels deep; null if it is not kept."
    )


class UnknownKeys(Shown):
    """The most frequent first."""

    items: list[UnknownKey]
    looked_at: int = Field(description="How many events of the last 30 days were looked at.")
