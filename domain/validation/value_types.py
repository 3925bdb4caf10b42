"""Types that the JSON parser reads values into, made of fields: types, bounds, lengths, choices of strings and INTs."""

from collections.abc import Mapping, Sequence
from math import lcm
from typing import Annotated, Any, Literal

from domain.msgspec_core import Meta
from domain.validation.scalar_schemas import int_bounds
from domain.validation.scalars import least_double, most_double
from domain.validation.times import UNITS_PER_SECOND, least_and_most
from schemas.data_types import Kind, TimestampFormat

Field = Mapping[str, Any]

_NEVER = Annotated[int, Meta(ge=1, le=0)]
ANY_JSON = dict[str, Any] | list[Any] | str | int | float | bool
"""JSON of any kind but null; with null it is `Any`, which takes a fraction of the memory and time."""
_KINDS: Mapping[str, Any] = {
    Kind.OBJECT: dict[str, Any],
    Kind.ARRAY: list[Any],
    Kind.STRING: str,
    Kind.INTEGER: int,
    Kind.NUMBER: int | float,
    Kind.BOOLEAN: bool,
}


def value_type(one: Field, inner: Any) -> Any:
    """Return the type of a field's value but null; `inner` is that of the objects in it, if any."""
    data_type: str = one["type"]
    if inner is None and not data_type.startswith("ARRAY_"):
        return _scalar_type(data_type, one)
    if data_type == "OBJECT":
        return inner
    items = _scalar_type(data_type.removeprefix("ARRAY_"), one) if inner is None else inner
    bounds = {
        {"min_items": "min_length", "max_items": "max_length"}[rule["rule"]]: rule["value"]
        for rule in one.get("rules") or ()
        if rule["rule"] in {"min_items", "max_items"}
    }
    array = list.__class_getitem__(items)
    return Annotated[array, Meta(**bounds)] if bounds else array


def _scalar_type(data_type: str, one: Field) -> Any:
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
            return _json_type(rules)
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


def _json_type(rules: Sequence[Field]) -> Any:
    found = ANY_JSON
    for rule in rules:
        if rule["rule"] == "kinds":
            first, *others = [_KINDS[name] for name in rule["value"]]
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
