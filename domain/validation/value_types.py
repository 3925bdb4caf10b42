"""Types that the JSON parser reads values into, made of fields: types, bounds, lengths, choices of strings and INTs.

The value of a JSON field may be any JSON. A narrow type for it takes few levels, and no number that might have been
rounded: then nothing of that has to be looked for in the text of an event.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import lcm
from typing import Annotated, Any, Literal, NamedTuple

from domain.msgspec_core import Meta
from domain.validation.scalar_schemas import int_bounds
from domain.validation.scalars import least_double, most_double
from domain.validation.times import UNITS_PER_SECOND, least_and_most
from schemas.data_types import Kind, TimestampFormat

Field = Mapping[str, Any]

_NEVER = Annotated[int, Meta(ge=1, le=0)]
ANY_JSON = dict[str, Any] | list[Any] | str | int | float | bool
"""JSON of any kind but null; with null it is `Any`, which takes a fraction of the memory and time."""
NARROW_JSON_LEVELS = 3
"""So many levels of objects and arrays are in what narrow types take."""
_WHOLE_BEYOND = 2.0**53  # from there on, a double may be another whole number than the text that it was made of


class _JsonTypes(NamedTuple):
    """Types of the values of JSON fields."""

    not_null: Any
    kinds: Mapping[str, Any]
    """By the names of kinds."""


def _json_types(an_object: Any, array: Any, fraction: Any, not_null: Any) -> _JsonTypes:
    kinds: Mapping[str, Any] = {
        Kind.OBJECT: an_object,
        Kind.ARRAY: array,
        Kind.STRING: str,
        Kind.INTEGER: int,
        Kind.NUMBER: int | fraction,
        Kind.BOOLEAN: bool,
    }
    return _JsonTypes(not_null, kinds)


_WIDE = _json_types(dict[str, Any], list[Any], float, ANY_JSON)


def _dict_of(value: Any) -> Any:
    return dict.__class_getitem__((str, value))


_list_of = list.__class_getitem__


@cache
def _narrow() -> _JsonTypes:
    """Return the narrow types; arrays straight in arrays, which are rare, are not in them."""
    fraction = Annotated[float, Meta(gt=-_WHOLE_BEYOND, lt=_WHOLE_BEYOND)]
    not_null: Any = str | int | fraction | bool
    scalar = not_null | None
    an_object, array = _dict_of(scalar), _list_of(scalar)
    for _ in range(NARROW_JSON_LEVELS - 1):
        an_object, array = _dict_of(scalar | an_object | array), _list_of(scalar | an_object)
    return _json_types(an_object, array, fraction, not_null | an_object | array)


def any_json(*, narrow: bool) -> Any:
    """Return the type of any JSON, null included."""
    return _narrow().not_null | None if narrow else Any


def value_type(one: Field, inner: Any, *, narrow: bool = False) -> Any:
    """Return the type of a field's value but null.

    Args:
        one: the field.
        inner: the type of the objects in it, if any.
        narrow: whether of JSON the narrow type is meant.
    """
    data_type: str = one["type"]
    if inner is None and not data_type.startswith("ARRAY_"):
        return _scalar_type(data_type, one, narrow=narrow)
    if data_type == "OBJECT":
        return inner
    items = _scalar_type(data_type.removeprefix("ARRAY_"), one, narrow=narrow) if inner is None else inner
    bounds = {
        {"min_items": "min_length", "max_items": "max_length"}[rule["rule"]]: rule["value"]
        for rule in one.get("rules") or ()
        if rule["rule"] in {"min_items", "max_items"}
    }
    array = _list_of(items)
    return Annotated[array, Meta(**bounds)] if bounds else array


def _scalar_type(data_type: str, one: Field, *, narrow: bool) -> Any:
    rules = one.get("rules") or ()
    match data_type:
        case "STRING":
            return _string_type(rules)
        case "INT":
            return _int_type(rules)
        case "FLOAT":
            return _float_type(rules)
        case "BOOLEAN":
            return bool
        case "JSON":
            return _json_type(rules, narrow=narrow)
        case "TIMESTAMP":
            timestamp_format = one.get("format") or TimestampFormat.UNIX_SECONDS
            if timestamp_format != TimestampFormat.RFC3339:
                least, most = least_and_most(UNITS_PER_SECOND[timestamp_format])
                return Annotated[int, Meta(ge=least, le=most)]
    return str


def _string_type(rules: Sequence[Field]) -> Any:
    lengths = {rule["rule"]: rule["value"] for rule in rules if rule["rule"] in {"min_length", "max_length"}}
    choices = _choices(rules)
    if choices is None:
        return Annotated[str, Meta(**lengths)] if lengths else str
    least, most = lengths.get("min_length", 0), lengths.get("max_length")
    left = [choice for choice in choices if least <= len(choice) and (most is None or len(choice) <= most)]
    return Literal[tuple(left)] if left else _NEVER


def _int_type(rules: Sequence[Field]) -> Any:
    least, most = int_bounds(rules)
    factors = [rule["value"] for rule in rules if rule["rule"] == "multiple_of"]
    choices = _choices(rules)
    if choices is not None:
        left = [
            int(choice)
            for choice in choices
            if least <= choice <= most and int(choice) == choice and not any(choice % factor for factor in factors)
        ]
        return Literal[tuple(left)] if left else _NEVER
    if least > most:
        return _NEVER
    return Annotated[int, Meta(ge=least, le=most, multiple_of=lcm(*factors) if factors else None)]


def _float_type(rules: Sequence[Field]) -> Any:
    bounds: dict[str, Any] = {}
    for rule in rules:
        if rule["rule"] == "min_value":
            bounds["ge"] = max(least_double(rule["value"]), bounds.get("ge", float("-inf")))
        elif rule["rule"] == "max_value":
            bounds["le"] = min(most_double(rule["value"]), bounds.get("le", float("inf")))
    return Annotated[float, Meta(**bounds)] if bounds else float


def _json_type(rules: Sequence[Field], *, narrow: bool) -> Any:
    found, kinds = _narrow() if narrow else _WIDE
    for rule in rules:
        if rule["rule"] == "kinds":
            first, *others = [kinds[name] for name in rule["value"]]
            found = first
            for kind in others:
                found |= kind
    return found


def _choices(rules: Sequence[Field]) -> list[Any] | None:
    """Return what all `one_of` leave, in order; None where there is none."""
    left: list[Any] | None = None
    for rule in rules:
        if rule["rule"] == "one_of":
            left = [choice for choice in rule["value"] if left is None or choice in left]
    return left
