"""Builds the fast validator of a revision: pydantic_core's, from plain dict schemas.

It accepts or it does not; `domain.validation.judge` says why. What it accepts comes out as the stored document, but for
its stamps: keys in the schema's order, unknown ones gone, defaults filled in, nulls dropped, keys that a macro has to
fill `None`.

`strict` stands on every node: it is not inherited by typed-dict nodes, and without it `"5"` passes as INT.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import ceil, floor
from typing import Any, NamedTuple

from domain.validation.core_validator import SchemaValidator
from domain.validation.datetimes import DATE_PATTERN, DATETIME_PATTERN, RFC3339_UTC_PATTERN
from domain.validation.formats import format_check
from domain.validation.json_values import json_checks
from domain.validation.scalars import has_at_most_bytes, least_double, most_double, rust_pattern, stored_default
from domain.validation.times import UNITS_PER_SECOND, least_and_most, text_from_rfc3339, text_from_units
from domain.validation.whole_numbers import NeedsExactText
from schemas.data_types import Kind, TimestampFormat
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_EVENTS_PER_REQUEST,
)
from schemas.places import path_of
from schemas.stamps import EXTRA

Schema = dict[str, Any]

_NEVER_FOR_NULL: Schema = {"type": "bool", "strict": True}
_NEVER: Schema = {"type": "chain", "steps": [{"type": "none"}, _NEVER_FOR_NULL]}
_OMIT_NULL: Schema = {
    "type": "chain",
    "steps": [{"type": "none"}, {"type": "default", "schema": _NEVER_FOR_NULL, "on_error": "omit"}],
}


class Taken(NamedTuple):
    """What objects may hold beside the values of their fields."""

    unknown: bool
    """Keys of no field, which are dropped."""
    null: bool
    """Null for a value that may be left out."""


def event_schema(fields: Sequence[Mapping[str, Any]], taken: Taken, *, keeps_unknown: bool = False) -> Schema:
    """Return the schema of one event's object; where unknown keys are kept, with room for `_extra` in front."""
    schema = _object_schema(fields, taken)
    if not keeps_unknown:
        return schema
    room = {
        "type": "typed-dict-field",
        "required": False,
        "schema": {"type": "default", "schema": {"type": "any"}, "default": None},
        # A client may send something under this key: so the room itself looks where nothing stands.
        "validation_alias": f"\0{EXTRA}",
    }
    return {**schema, "fields": {EXTRA: room, **schema["fields"]}}


def make_event_validator(schema: Schema) -> SchemaValidator:
    """Return a validator that gives the document, or None for an event to be validated in full.

    Its `validate_python` takes a parsed event. Its `validate_json` takes the text, and raises
    `pydantic_core.ValidationError` only where that is not JSON, or beyond the parser's bounds.
    """
    return SchemaValidator(_none_if_refused(schema))


def make_batch_validator(schema: Schema, around: int) -> SchemaValidator:
    """Return a validator for an array of events that stands within so many further arrays.

    `NESTING - 1` arrays around it put the parser's own depth bound where the contract wants it: an event nested over
    64 levels fails to parse. The innermost list holds a document, or None, for each event in order; it has at least
    one element and no more than a request may carry.
    """
    schema = {
        "type": "list",
        "strict": True,
        "items_schema": _none_if_refused(schema),
        "min_length": 1,
        "max_length": MAX_EVENTS_PER_REQUEST,
        "fail_fast": True,
    }
    for _ in range(around):
        # Exactly one each: text such as `[{}],[{}]` is no JSON alone, but would be within arrays.
        schema = {"type": "list", "strict": True, "items_schema": schema, "min_length": 1, "max_length": 1}
    return SchemaValidator(schema)


def make_elements_validator(fields: Sequence[Mapping[str, Any]], *, reject_unknown: bool) -> SchemaValidator:
    """Return a validator whose `validate_python(list)` gives an array of objects as stored, or None."""
    items = _object_schema(fields, Taken(unknown=not reject_unknown, null=True))
    return SchemaValidator(_none_if_refused(_array_schema(items, ())))


def _none_if_refused(schema: Schema) -> Schema:
    return {"type": "default", "schema": schema, "on_error": "default", "default": None}


def _object_schema(fields: Sequence[Mapping[str, Any]], taken: Taken) -> Schema:
    return {
        "type": "typed-dict",
        "strict": True,
        "extra_behavior": "ignore" if taken.unknown else "forbid",
        "fields": {field["key"]: _field_schema(field, taken) for field in fields},
    }


def _field_schema(field: Mapping[str, Any], taken: Taken) -> Schema:
    if field["presence"] in {"required", "optional"} and not field.get("rules") and not field.get("fields"):
        schema = _plain_field_schema(field["type"], field["presence"], field.get("format"), taken)
    else:
        schema = _typed_dict_field(field, taken)
    path = path_of(field)
    if path == (field["key"],):
        return schema
    return {**schema, "validation_alias": path[0] if len(path) == 1 else list(path)}


@cache
def _plain_field_schema(data_type: str, presence: str, timestamp_format: str | None, taken: Taken) -> Schema:
    """Return the schema of a scalar without rules: one object for all of its kind, since validators keep theirs."""
    return _typed_dict_field({"type": data_type, "presence": presence, "format": timestamp_format}, taken)


def _typed_dict_field(field: Mapping[str, Any], taken: Taken) -> Schema:
    schema = _value_schema(field, taken)
    match field["presence"]:
        case "required":
            return {"type": "typed-dict-field", "schema": schema, "required": True}
        case "optional":
            given = _union(schema, _OMIT_NULL) if taken.null else schema
        case "macro":
            given = {
                "type": "default",
                "schema": {"type": "nullable", "schema": schema, "strict": True},
                "default": None,
            }
        case _ if field["type"] == "OBJECT":
            # A null here is rare: the full validation creates the object.
            given = {"type": "default", "schema": schema, "default": {}, "validate_default": True}
        case _:
            default = stored_default(field)
            if taken.null:
                null = {"type": "default", "schema": _NEVER_FOR_NULL, "on_error": "default", "default": default}
                schema = _union(schema, {"type": "chain", "steps": [{"type": "none"}, null]})
            given = {"type": "default", "schema": schema, "default": default}
    return {"type": "typed-dict-field", "schema": given, "required": False}


def _union(schema: Schema, other: Schema) -> Schema:
    """Return the schema of what is of one, or else of the other: one union, where the first is itself one."""
    choices = schema["choices"] if schema["type"] == "union" else [schema]
    return {"type": "union", "mode": "left_to_right", "choices": [*choices, other]}


def _value_schema(field: Mapping[str, Any], taken: Taken) -> Schema:
    data_type: str = field["type"]
    rules = field.get("rules") or ()
    if data_type == "OBJECT":
        return _object_schema(field["fields"], taken)
    if data_type == "ARRAY_OBJECT":
        return _array_schema(_object_schema(field["fields"], taken), rules)
    if data_type.startswith("ARRAY_"):
        return _array_schema(_scalar_schema(data_type.removeprefix("ARRAY_"), field), rules)
    return _scalar_schema(data_type, field)


def _array_schema(items: Schema, rules: Sequence[Mapping[str, Any]]) -> Schema:
    # One bad element says it all here; collecting the errors of millions would take gigabytes.
    schema: Schema = {"type": "list", "strict": True, "items_schema": items, "fail_fast": True}
    for rule in rules:
        if rule["rule"] == "min_items":
            schema["min_length"] = rule["value"]
        elif rule["rule"] == "max_items":
            schema["max_length"] = rule["value"]
    if any(rule["rule"] == "unique_items" for rule in rules):
        # Values that are equal as stored may differ as sent: that is for the full validation to see.
        return _checked(schema, lambda elements: len(set(elements)) == len(elements))
    return schema


def _checked(schema: Schema, holds: Callable[[Any], bool]) -> Schema:
    """Return the schema with a check that the validator has no word for."""

    def check(value: Any) -> Any:
        try:
            is_kept = holds(value)
        except NeedsExactText:  # for the full validation to see
            is_kept = False
        if not is_kept:
            raise ValueError
        return value

    return {"type": "function-after", "function": {"type": "no-info", "function": check}, "schema": schema}


# Any value but null: what it holds that no stored line can is for `json_values` to see.
_ANY_JSON: Schema = {"type": "is-instance", "cls": (dict, list, str, int, float)}
_KINDS: Mapping[str, Schema] = {
    Kind.OBJECT: {"type": "dict", "strict": True},
    Kind.ARRAY: {"type": "list", "strict": True},
    Kind.STRING: {"type": "str", "strict": True},
    Kind.INTEGER: {"type": "int", "strict": True},
    Kind.NUMBER: {
        "type": "union",
        "mode": "left_to_right",
        "choices": [{"type": "int", "strict": True}, {"type": "float", "strict": True, "allow_inf_nan": False}],
    },
    Kind.BOOLEAN: {"type": "bool", "strict": True},
}


def _json_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    schema = _ANY_JSON
    others: list[Mapping[str, Any]] = []
    for rule in rules:
        if rule["rule"] == "kinds":
            kinds = [_KINDS[name] for name in rule["value"]]
            schema = {"type": "union", "mode": "left_to_right", "choices": kinds} if len(kinds) > 1 else kinds[0]
        else:
            others.append(rule)
    for holds, _ in json_checks(others):
        schema = _checked(schema, holds)
    return schema


def _scalar_schema(data_type: str, field: Mapping[str, Any]) -> Schema:
    rules = field.get("rules") or ()
    match data_type:
        case "STRING":
            return _string_schema(rules)
        case "INT":
            return _int_schema(rules)
        case "FLOAT":
            return _float_schema(rules)
        case "BOOLEAN":
            return _boolean_schema(rules)
        case "JSON":
            return _json_schema(rules)
        case "DATE":
            return _date_schema(rules)
        case "DATETIME":
            return {"type": "str", "strict": True, "pattern": DATETIME_PATTERN}
        case "TIMESTAMP":
            return _timestamp_schema(field.get("format") or TimestampFormat.UNIX_SECONDS)
        case _:
            msg = f"no such data type: {data_type}"
            raise ValueError(msg)


def _string_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    schema: Schema = {"type": "str", "strict": True}
    steps: list[Schema] = []
    for rule in rules:
        match rule["rule"]:
            case "regex" if "pattern" in schema:
                steps.append({"type": "str", "strict": True, "pattern": rust_pattern(rule["value"])})
            case "regex":
                schema["pattern"] = rust_pattern(rule["value"])
            case "one_of":
                steps.append({"type": "literal", "expected": rule["value"]})
            case "min_length" | "max_length" as bound:
                schema[bound] = rule["value"]
            case "format":
                steps.append(_format_schema(rule["value"]))
            case "max_bytes":
                steps.append(_bytes_schema(rule["value"]))
    if len(schema) == 2 and len(steps) == 1 and steps[0]["type"] == "literal":
        return steps[0]  # a literal of strings takes nothing but a string
    return {"type": "chain", "steps": [schema, *steps]} if steps else schema


@cache
def _format_schema(name: str) -> Schema:
    # Some of these patterns take 100 KB: all fields of a format share one.
    return _checked({"type": "any"}, format_check(name))


def _bytes_schema(most: int) -> Schema:
    return _checked({"type": "any"}, lambda value: has_at_most_bytes(value, most))


def _int_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    least, most = INT64_MIN, INT64_MAX
    steps: list[Schema] = []
    for rule in rules:
        match rule["rule"]:
            case "min_value":
                least = max(least, ceil(rule["value"]))
            case "max_value":
                most = min(most, floor(rule["value"]))
            case "one_of":
                steps.append({"type": "literal", "expected": rule["value"]})
            case "multiple_of":
                steps.append({"type": "int", "strict": True, "multiple_of": rule["value"]})
    schema = {"type": "int", "strict": True, "ge": least, "le": most}
    return {"type": "chain", "steps": [schema, *steps]} if steps else schema


def _float_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    schema: Schema = {"type": "float", "strict": True, "allow_inf_nan": False}
    steps: list[Schema] = []
    for rule in rules:
        match rule["rule"]:
            case "min_value":
                schema["ge"] = least_double(rule["value"])
            case "max_value":
                schema["le"] = most_double(rule["value"])
            case "one_of":
                # A choice that no float equals is never met.
                choices = [float(choice) for choice in rule["value"] if choice == float(choice)]
                steps.append({"type": "literal", "expected": choices} if choices else _NEVER)
    return {"type": "chain", "steps": [schema, *steps]} if steps else schema


def _boolean_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    schema: Schema = {"type": "bool", "strict": True}
    steps = [{"type": "literal", "expected": rule["value"]} for rule in rules if rule["rule"] == "one_of"]
    return {"type": "chain", "steps": [schema, *steps]} if steps else schema


def _date_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    schema: Schema = {"type": "str", "strict": True, "pattern": DATE_PATTERN}
    steps = [{"type": "literal", "expected": rule["value"]} for rule in rules if rule["rule"] == "one_of"]
    return {"type": "chain", "steps": [schema, *steps]} if steps else schema


def _timestamp_schema(timestamp_format: str) -> Schema:
    if timestamp_format == TimestampFormat.RFC3339:
        # The common form costs a pattern; only another one is read by code.
        as_stored = {"type": "str", "strict": True, "pattern": RFC3339_UTC_PATTERN}
        return _union(as_stored, {"type": "chain", "steps": [{"type": "str", "strict": True}, _RFC3339]})
    units_per_second = UNITS_PER_SECOND[timestamp_format]
    least, most = least_and_most(units_per_second)
    schema = {"type": "int", "strict": True, "ge": least, "le": most}
    if units_per_second == 1:
        return schema
    return {"type": "chain", "steps": [schema, _converted(lambda number: text_from_units(number, units_per_second))]}


def _converted(convert: Callable[[Any], Any]) -> Schema:
    return {"type": "function-plain", "function": {"type": "no-info", "function": convert}}


def _moment_from_text(value: str) -> str:
    text = text_from_rfc3339(value)
    if text is None:
        raise ValueError
    return text


_RFC3339 = _converted(_moment_from_text)
