"""The field as it is written down: its properties, their types and their own limits.

What properties owe each other (a default its type, a rule its field, a key its siblings) is checked over the whole
tree by `domain.language.fields.check_fields`. Null is a value of no property, so `None` here always means absent.
"""

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from schemas.data_types import DataType, InnerKind, Kind, Presence, Protect, StringFormat, TimestampFormat
from schemas.limits import (
    INT64_MAX,
    MAX_DESCRIPTION_CHARS,
    MAX_FIELDS,
    MAX_ONE_OF_VALUES,
    MAX_REGEX_CHARS,
    MAX_RULES,
    MAX_WHEN_POINTERS,
    MAX_WHEN_VALUES,
)
from schemas.macros import Macro
from schemas.save_codes import FieldFault

KEY_PATTERN = "^[a-z_][a-z0-9_]{0,127}$"
MAX_COUNT = 2**31 - 1
"""The largest argument of a rule that counts characters or elements."""


def _bound(value: Any) -> Any:
    """Take a finite JSON number; a whole number counts as finite when a double can hold its size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError(FieldFault.BAD_TYPE, "must be a number")
    try:
        finite = isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise PydanticCustomError(FieldFault.BAD_VALUE, "must be a finite number")
    return value


def _true(value: bool) -> bool:
    if not value:
        raise PydanticCustomError(FieldFault.BAD_VALUE, "must be true")
    return value


def _choice(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise PydanticCustomError(FieldFault.BAD_TYPE, "must be a string, a number or a boolean")
    return value


def _default(value: Any) -> Any:
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, bool | int | float | str):
            raise PydanticCustomError(FieldFault.BAD_TYPE, "must be a scalar or an array of scalars, by the type")
    return value


def _when_value(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, bool | int | str):
        raise PydanticCustomError(FieldFault.BAD_TYPE, "must be a string, a whole number or a boolean")
    return value


Bound = Annotated[Any, AfterValidator(_bound), WithJsonSchema({"type": "number"})]
WhenValue = Annotated[Any, AfterValidator(_when_value), WithJsonSchema({"type": ["string", "integer", "boolean"]})]
Choice = Annotated[Any, AfterValidator(_choice), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Default = Annotated[
    Any,
    AfterValidator(_default),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number", "boolean"]},
                {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
            ]
        }
    ),
]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RegexRule(_Written):
    """The whole string must match a pattern in RE2 syntax."""

    rule: Literal["regex"]
    value: Annotated[str, Field(max_length=MAX_REGEX_CHARS, examples=["[a-z]+(-[a-z]+)*"])]


class LengthRule(_Written):
    """The string must have at least, or at most, so many Unicode code points."""

    rule: Literal["min_length", "max_length"]
    value: Annotated[Count, Field(examples=[2])]


class ValueRule(_Written):
    """The number must be at least, or at most, the bound, which may be fractional."""

    rule: Literal["min_value", "max_value"]
    value: Annotated[Bound, Field(examples=[0, 99.5])]


class OneOfRule(_Written):
    """The value must be one of a closed list."""

    rule: Literal["one_of"]
    value: Annotated[list[Choice], Field(min_length=1, max_length=MAX_ONE_OF_VALUES, examples=[["red", "green"]])]


class ItemsRule(_Written):
    """The array must have at least, or at most, so many elements."""

    rule: Literal["min_items", "max_items"]
    value: Annotated[Count, Field(examples=[10])]


class MaxBytesRule(_Written):
    """The string must have at most so many bytes in UTF-8."""

    rule: Literal["max_bytes"]
    value: Annotated[Count, Field(examples=[1_000])]


class FormatRule(_Written):
    """The string must be of a well-known form; JSON values of other kinds pass."""

    rule: Literal["format"]
    value: Annotated[StringFormat, Field(strict=False, examples=["email"])]


class KindsRule(_Written):
    """The JSON value must be of one of these kinds; `1.0` is an integer, and an integer is a number."""

    rule: Literal["kinds"]
    value: Annotated[
        list[Annotated[Kind, Field(strict=False)]],
        Field(min_length=1, max_length=len(Kind), examples=[["object", "array"]]),
    ]


class InnerKindsRule(_Written):
    """The values of an object, or the elements of an array, must be of one of these kinds; other kinds of values pass.

    `element_kinds` is about the array that a JSON value is, or about the arrays among the values of its object.
    """

    rule: Literal["value_kinds", "element_kinds"]
    value: Annotated[
        list[Annotated[InnerKind, Field(strict=False)]],
        Field(min_length=1, max_length=len(InnerKind), examples=[["string", "null"]]),
    ]


class PropertiesRule(_Written):
    """An object must have at least, or at most, so many members; other kinds of values pass."""

    rule: Literal["min_properties", "max_properties"]
    value: Annotated[Count, Field(examples=[1])]


class UniqueItemsRule(_Written):
    """No two elements of the array may be equal."""

    rule: Literal["unique_items"]
    value: Annotated[bool, AfterValidator(_true), WithJsonSchema({"type": "boolean", "const": True})]


class MultipleOfRule(_Written):
    """The whole number must be a multiple of another one."""

    rule: Literal["multiple_of"]
    value: Annotated[int, Field(ge=1, le=INT64_MAX, examples=[5])]


Rule = Annotated[
    RegexRule
    | LengthRule
    | ValueRule
    | OneOfRule
    | ItemsRule
    | MaxBytesRule
    | FormatRule
    | KindsRule
    | InnerKindsRule
    | PropertiesRule
    | UniqueItemsRule
    | MultipleOfRule,
    Field(discriminator="rule"),
]


def _is_empty(value: Any) -> bool:
    """Say whether a property says nothing, and so is left out of what is written.

    A default is never empty: `""`, `[]`, `0` and `false` are values.
    """
    return value is None or value in ("", [])


def _is_absent(value: Any) -> bool:
    return value is None


def _without_null_default(schema: dict[str, Any]) -> None:
    del schema["default"]


_IF_GIVEN: dict[str, Any] = {"exclude_if": _is_absent, "json_schema_extra": _without_null_default}
"""Of a property that is left out of what is written where it is absent."""


class SchemaField(_Written):
    """A key of an event, its type and its rules."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "key": "price",
                    "type": "FLOAT",
                    "presence": "required",
                    "description": "Price in euros.",
                    "rules": [{"rule": "min_value", "value": 0}],
                },
                {"key": "seen_at", "type": "TIMESTAMP", "presence": "macro", "macro": "received_at"},
            ]
        }
    )

    key: Annotated[
        str,
        Field(
            pattern=KEY_PATTERN,
            description="Under which the value is stored; unique among its siblings.",
            examples=["price"],
        ),
    ]
    from_: Annotated[
        str,
        Field(
            alias="from",
            **_IF_GIVEN,
            description=(
                "Where the value stands in the event, if not under the field's own key: another key of the same "
                "object, or a JSON Pointer of up to 8 keys from the object that holds the field."
            ),
            examples=["messageId", "/context/library/name"],
        ),
    ] = None  # type: ignore[assignment]  # absent; null itself is refused
    type: Annotated[DataType, Field(strict=False, description="Fixed once the field exists.")]
    format: Annotated[
        TimestampFormat,
        Field(
            strict=False,
            **_IF_GIVEN,
            description="Of a TIMESTAMP, or an array of them: how it is sent; `unix_seconds` if left out.",
        ),
    ] = None  # type: ignore[assignment]  # absent; null itself is refused
    presence: Annotated[
        Presence, Field(strict=False, description="What becomes of an event whose key is missing or null.")
    ] = Presence.REQUIRED
    description: Annotated[
        str,
        Field(
            max_length=MAX_DESCRIPTION_CHARS,
            exclude_if=_is_empty,
            description="Becomes the column's description in BigQuery.",
        ),
    ] = ""
    rules: Annotated[
        list[Rule],
        Field(
            max_length=MAX_RULES, exclude_if=_is_empty, description="Every rule is evaluated, every failure reported."
        ),
    ] = []
    default: Annotated[
        Default,
        Field(
            **_IF_GIVEN,
            description="The value of a missing or null key; only with presence `default`.",
        ),
    ] = None
    macro: Annotated[
        Macro,
        Field(
            strict=False,
            **_IF_GIVEN,
            description="What fills a missing or null key; only with presence `macro`.",
        ),
    ] = None  # type: ignore[assignment]  # absent; null itself is refused
    protect: Annotated[
        Protect,
        Field(
            strict=False,
            **_IF_GIVEN,
            description="Of a STRING or ARRAY_STRING: what is stored instead of the value, after it was validated.",
        ),
    ] = None  # type: ignore[assignment]  # absent; null itself is refused
    when: Annotated[
        dict[str, Annotated[list[WhenValue], Field(min_length=1, max_length=MAX_WHEN_VALUES)]],
        Field(
            min_length=1,
            max_length=MAX_WHEN_POINTERS,
            **_IF_GIVEN,
            description=(
                "Of a root field: from pointer to values. The field is in force in events in which every pointer's "
                "value is one of its values; in all others it is as if it did not exist."
            ),
            examples=[{"/type": ["track"], "/event": ["Order Completed"]}],
        ),
    ] = None  # type: ignore[assignment]  # absent; null itself is refused
    fields: Annotated[
        "list[SchemaField]",
        Field(
            max_length=MAX_FIELDS,
            exclude_if=_is_empty,
            description="The fields of an OBJECT, or of each element of an ARRAY_OBJECT; at least one.",
        ),
    ] = []
