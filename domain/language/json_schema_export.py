"""A revision as JSON Schema 2020-12, which accepts the documents that ingest accepts.

What JSON Schema can't say, such as a limit in bytes, stands in `$comment`.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from domain.intake.datetimes import DATETIME_PATTERN
from domain.language.budget import UNLIMITED, Budget
from domain.language.pattern_export import ecma_pattern
from domain.language.pattern_tree import UnreadableError
from domain.language.presences import may_be_missing
from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_EVENT_BYTES,
    MAX_JSON_DEPTH,
    MAX_STRING_BYTES,
    TIMESTAMP_MAX_SECONDS,
    TIMESTAMP_MIN_SECONDS,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_DOUBLE = float.fromhex("0x1.fffffffffffffp+1023")

_ROOT_COMMENT = (
    f"Ingest refuses as well: events of over {MAX_EVENT_BYTES:,} bytes as they would be stored, JSON nested over "
    f"{MAX_JSON_DEPTH} levels, and strings of over {MAX_STRING_BYTES:,} bytes in UTF-8. A null key counts as missing."
)
_BYTES_COMMENT = f"At most {MAX_STRING_BYTES:,} bytes in UTF-8."


def json_schema_of(
    name: str, fields: Sequence[Mapping[str, Any]], *, reject_unknown: bool, budget: Budget = UNLIMITED
) -> Schema:
    """Return the JSON Schema of a revision's events; `fields` is a stored tree, `name` becomes the title.

    Raises:
        Rejected: too_complex, with the place.
    """
    schema = _Export(budget, reject_unknown=reject_unknown).object_schema(fields, "/fields")
    return {"$schema": DIALECT, "title": name, "$comment": _ROOT_COMMENT, **schema}


class _Export:
    def __init__(self, budget: Budget, *, reject_unknown: bool) -> None:
        self._budget = budget
        self._reject_unknown = reject_unknown

    def object_schema(self, fields: Sequence[Mapping[str, Any]], pointer: str) -> Schema:
        return {
            "type": "object",
            "properties": {
                field["key"]: self._property_schema(field, f"{pointer}/{index}") for index, field in enumerate(fields)
            },
            "required": [field["key"] for field in fields if not may_be_missing(field)],
            "additionalProperties": not self._reject_unknown,
        }

    def _property_schema(self, field: Mapping[str, Any], pointer: str) -> Schema:
        schema = self._value_schema(field, pointer)
        if may_be_missing(field):
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        comments = [_presence_comment(field), schema.pop("$comment", "")]
        annotations: Schema = {}
        if field.get("description"):
            annotations["description"] = field["description"]
        if "default" in field:
            annotations["default"] = field["default"]
        comment = " ".join(filter(None, comments))
        if comment:
            annotations["$comment"] = comment
        return {**annotations, **schema}

    def _value_schema(self, field: Mapping[str, Any], pointer: str) -> Schema:
        data_type = DataType(field["type"])
        rules = field.get("rules", [])
        element_type = ELEMENT_TYPE.get(data_type)
        budget = self._budget.at(pointer)
        if data_type is DataType.OBJECT:
            return self.object_schema(field["fields"], f"{pointer}/fields")
        if element_type is None:
            return _scalar_schema(data_type, rules, budget)
        if element_type is DataType.OBJECT:
            items = self.object_schema(field["fields"], f"{pointer}/fields")
        else:
            items = _scalar_schema(element_type, rules, budget)
        schema: Schema = {"type": "array", "items": items}
        arguments = {rule["rule"]: rule["value"] for rule in rules}
        if RuleName.MIN_ITEMS in arguments:
            schema["minItems"] = arguments[RuleName.MIN_ITEMS]
        if RuleName.MAX_ITEMS in arguments:
            schema["maxItems"] = arguments[RuleName.MAX_ITEMS]
        return schema


def _presence_comment(field: Mapping[str, Any]) -> str:
    presence = field.get("presence", Presence.REQUIRED)
    if presence == Presence.MACRO:
        return f"If missing or null, the server fills in `{field['macro']}`."
    if presence == Presence.DEFAULT and field["type"] == DataType.OBJECT:
        return "If missing or null, it is created empty and then judged."
    return ""


def _scalar_schema(data_type: DataType, rules: Sequence[Mapping[str, Any]], budget: Budget) -> Schema:
    arguments = {rule["rule"]: rule["value"] for rule in rules if rule["rule"] != RuleName.REGEX}
    match data_type:
        case DataType.STRING:
            patterns = [rule["value"] for rule in rules if rule["rule"] == RuleName.REGEX]
            schema = _string_schema(patterns, arguments, budget)
        case DataType.INT:
            least, most = arguments.get(RuleName.MIN_VALUE, INT64_MIN), arguments.get(RuleName.MAX_VALUE, INT64_MAX)
            schema = _bounded("integer", max(ceil(least), INT64_MIN), min(floor(most), INT64_MAX))
        case DataType.TIMESTAMP:
            schema = _bounded("integer", TIMESTAMP_MIN_SECONDS, TIMESTAMP_MAX_SECONDS)
            schema["$comment"] = "Unix seconds of the years 1 to 9999, UTC."
        case DataType.FLOAT:
            least, most = arguments.get(RuleName.MIN_VALUE, -MAX_DOUBLE), arguments.get(RuleName.MAX_VALUE, MAX_DOUBLE)
            schema = _bounded("number", least, most)
        case DataType.DATETIME:
            schema = {"type": "string", "pattern": DATETIME_PATTERN, "$comment": "A date and time of the calendar."}
        case _:
            schema = {"type": "boolean"}
    if RuleName.ONE_OF in arguments:
        schema["enum"] = list(arguments[RuleName.ONE_OF])
    return schema


def _bounded(json_type: str, least: float, most: float) -> Schema:
    return {"type": json_type, "minimum": least, "maximum": most}


def _string_schema(patterns: Sequence[str], arguments: Mapping[str, Any], budget: Budget) -> Schema:
    schema: Schema = {"type": "string"}
    if RuleName.MIN_LENGTH in arguments:
        schema["minLength"] = arguments[RuleName.MIN_LENGTH]
    # No more code points than bytes, so this follows from the limit in bytes.
    schema["maxLength"] = min(arguments.get(RuleName.MAX_LENGTH, MAX_STRING_BYTES), MAX_STRING_BYTES)
    comments = []
    if schema["maxLength"] * 4 > MAX_STRING_BYTES and RuleName.ONE_OF not in arguments:
        comments.append(_BYTES_COMMENT)
    said = []
    for pattern in patterns:
        budget.check()
        try:
            said.append(ecma_pattern(pattern))
        except UnreadableError as error:
            comments.append(f"The whole string has to match the RE2 pattern `{pattern}`, too. {error}")
    if len(said) == 1:
        schema["pattern"] = said[0]
    elif said:
        schema["allOf"] = [{"pattern": pattern} for pattern in said]
    if comments:
        schema["$comment"] = " ".join(comments)
    return schema
