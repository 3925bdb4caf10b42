"""What the parser's types have no word for in a scalar, as plain dict schemas of pydantic_core: patterns, above all.

Its patterns run in time that is linear in the text. `strict` stands on every node: it is not inherited by all of them,
and without it `"5"` passes as INT.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import ceil, floor
from typing import Any, NamedTuple

from domain.validation.datetimes import DATE_PATTERN, DATETIME_PATTERN, RFC3339_UTC_PATTERN
from domain.validation.formats import format_check
from domain.validation.json_values import json_checks
from domain.validation.scalars import has_at_most_bytes, least_double, most_double, rust_pattern
from domain.validation.times import UNITS_PER_SECOND, text_from_rfc3339, text_from_units
from domain.validation.whole_numbers import NeedsExactText
from schemas.data_types import TimestampFormat
from schemas.limits import INT64_MAX, INT64_MIN

Schema = dict[str, Any]

_ANY: Schema = {"type": "any"}
_STRING: Schema = {"type": "str", "strict": True}


class Further(NamedTuple):
    """What a value has to pass after its type."""

    schema: Schema
    """Takes it and gives it as it is stored."""
    as_stored: Schema | None
    """Takes it where it is stored as it came, which is cheaper; None where no value is."""


def further_of(field: Mapping[str, Any]) -> Further | None:
    """Return what a value of a field that is no object has to pass; None where its type says it all."""
    data_type: str = field["type"]
    rules = field.get("rules") or ()
    if not data_type.startswith("ARRAY_"):
        return _scalar(data_type, field)
    items = _scalar(data_type.removeprefix("ARRAY_"), field)
    is_unique = any(rule["rule"] == "unique_items" for rule in rules)
    if items is None:
        return _same(_unique(_list(_ANY))) if is_unique else None
    both = [None if schema is None else _list(schema) for schema in items]
    full, as_stored = (schema and _unique(schema) for schema in both) if is_unique else both
    assert full is not None
    return Further(full, as_stored)


def _list(items: Schema) -> Schema:
    # One bad element says it all here; collecting the errors of millions would take gigabytes.
    return {"type": "list", "strict": True, "items_schema": items, "fail_fast": True}


def _unique(schema: Schema) -> Schema:
    # Values that are equal as stored may differ as sent: that is for the full validation to see.
    return checked(schema, lambda elements: len(set(elements)) == len(elements))


def _same(schema: Schema | None) -> Further | None:
    return None if schema is None else Further(schema, schema)


def checked(schema: Schema, holds: Callable[[Any], bool]) -> Schema:
    """Return the schema with a check that pydantic_core has no word for."""

    def check(value: Any) -> Any:
        try:
            is_kept = holds(value)
        except NeedsExactText:  # for the full validation to see
            is_kept = False
        if not is_kept:
            raise ValueError
        return value

    return {"type": "function-after", "function": {"type": "no-info", "function": check}, "schema": schema}


def int_bounds(rules: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the least and the greatest INT that its rules leave."""
    least, most = INT64_MIN, INT64_MAX
    for rule in rules:
        if rule["rule"] == "min_value":
            least = max(least, ceil(rule["value"]))
        elif rule["rule"] == "max_value":
            most = min(most, floor(rule["value"]))
    return least, most


def _scalar(data_type: str, field: Mapping[str, Any]) -> Further | None:
    rules = field.get("rules") or ()
    match data_type:
        case "STRING":
            return _same(_string(rules))
        case "FLOAT":
            return _same(_float(rules))
        case "BOOLEAN":
            return _same(_one_of({"type": "bool", "strict": True}, rules))
        case "JSON":
            return _same(_json(rules))
        case "DATE":
            pattern: Schema = {**_STRING, "pattern": DATE_PATTERN}
            return _same(_one_of(pattern, rules) or pattern)
        case "DATETIME":
            return _same({**_STRING, "pattern": DATETIME_PATTERN})
        case "TIMESTAMP":
            return _timestamp(field.get("format") or TimestampFormat.UNIX_SECONDS)
    return None


def _one_of(schema: Schema, rules: Sequence[Mapping[str, Any]]) -> Schema | None:
    steps = [{"type": "literal", "expected": rule["value"]} for rule in rules if rule["rule"] == "one_of"]
    return {"type": "chain", "steps": [schema, *steps]} if steps else None


def _string(rules: Sequence[Mapping[str, Any]]) -> Schema | None:
    steps: list[Schema] = []
    for rule in rules:
        match rule["rule"]:
            case "regex":
                steps.append({**_STRING, "pattern": rust_pattern(rule["value"])})
            case "format":
                steps.append(_format(rule["value"]))
            case "max_bytes":
                steps.append(checked(_ANY, partial(_has_at_most, rule["value"])))
    if len(steps) > 1:
        return {"type": "chain", "steps": steps}
    return steps[0] if steps else None


def _has_at_most(most: int, value: str) -> bool:
    return has_at_most_bytes(value, most)


@cache
def _format(name: str) -> Schema:
    # Some of these patterns take 100 KB: all fields of a format share one.
    return checked(_ANY, format_check(name))


def _float(rules: Sequence[Mapping[str, Any]]) -> Schema | None:
    # A choice that no float equals is never met.
    choices = [
        frozenset(float(choice) for choice in rule["value"] if choice == float(choice))
        for rule in rules
        if rule["rule"] == "one_of"
    ]
    return checked(_ANY, lambda value: all(value in some for some in choices)) if choices else None


def _json(rules: Sequence[Mapping[str, Any]]) -> Schema | None:
    checks = [holds for holds, _ in json_checks([rule for rule in rules if rule["rule"] != "kinds"])]
    return checked(_ANY, lambda value: all(holds(value) for holds in checks)) if checks else None


def _timestamp(timestamp_format: str) -> Further | None:
    if timestamp_format == TimestampFormat.RFC3339:
        # The common form costs a pattern; only another one is read by code.
        as_stored = {**_STRING, "pattern": RFC3339_UTC_PATTERN}
        return Further({"type": "union", "mode": "left_to_right", "choices": [as_stored, _RFC3339]}, as_stored)
    units_per_second = UNITS_PER_SECOND[timestamp_format]
    if units_per_second == 1:
        return None
    return Further(_converted(lambda number: text_from_units(number, units_per_second)), None)


def _converted(convert: Callable[[Any], Any]) -> Schema:
    return {"type": "function-plain", "function": {"type": "no-info", "function": convert}}


def _moment_from_text(value: str) -> str:
    text = text_from_rfc3339(value)
    if text is None:
        raise ValueError
    return text


_RFC3339 = _converted(_moment_from_text)

__all__ = ["Further", "Schema", "checked", "further_of", "int_bounds", "least_double", "most_double"]
