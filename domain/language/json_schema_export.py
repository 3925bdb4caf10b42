"""A revision as JSON Schema 2020-12, which accepts the documents that ingest accepts.

What JSON Schema can't say, such as a limit in bytes, stands in `$comment`.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from domain.language.budget import UNLIMITED, Budget
from domain.language.conditions import condition_schema, named_parts
from domain.language.format_patterns import exported_format
from domain.language.pattern_export import ecma_pattern
from domain.language.pattern_tree import UnreadableError
from domain.language.presences import may_be_missing
from domain.language.read_places import Field, ReadPlace, is_read_once, names_of, read_places, with_pointers
from domain.language.time_patterns import RFC3339_PATTERN
from domain.validation.datetimes import DATE_PATTERN, DATETIME_PATTERN
from domain.validation.scalars import least_double, most_double
from domain.validation.times import UNITS_PER_SECOND, least_and_most
from schemas.data_types import ELEMENT_TYPE, DataType, Kind, Presence, RuleName, TimestampFormat
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_EVENT_BYTES,
    MAX_JSON_DEPTH,
    MAX_STRING_BYTES,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_DOUBLE = float.fromhex("0x1.fffffffffffffp+1023")

_BOUNDS = (
    f"Ingest refuses as well: events of over {MAX_EVENT_BYTES:,} bytes as they would be stored, JSON nested over "
    f"{MAX_JSON_DEPTH} levels, "
)
_NULL = "A null key counts as missing."
_FIRST_COMMENT = f"{_BOUNDS}and strings of over {MAX_STRING_BYTES:,} bytes in UTF-8. {_NULL}"
_ROOT_COMMENT = (
    f"{_BOUNDS}and in what is kept as JSON numbers that neither 64 bits nor a double hold. {_NULL} Whole numbers are "
    "told by their text."
)
_KEEP_COMMENT = "What no field names is kept under `_extra`."
_ALL_KINDS = tuple(kind.value for kind in Kind if kind is not Kind.INTEGER)
"""Every kind but null; whole numbers are numbers."""
_ARRAY_KEYWORDS = {
    RuleName.MIN_ITEMS: "minItems",
    RuleName.MAX_ITEMS: "maxItems",
    RuleName.UNIQUE_ITEMS: "uniqueItems",
}
_OBJECT_KEYWORDS = {RuleName.MIN_PROPERTIES: "minProperties", RuleName.MAX_PROPERTIES: "maxProperties"}


def json_schema_of(
    name: str,
    fields: Sequence[Field],
    *,
    edition: int = 2,
    additional_keys: str = "drop",
    budget: Budget = UNLIMITED,
) -> Schema:
    """Return the JSON Schema of a revision's events; `fields` is a stored tree, `name` becomes the title.

    Raises:
        Rejected: too_complex, with the place.
    """
    export = _Export(budget, edition, is_closed=additional_keys == "reject")
    schema = export.root_schema(fields)
    comments = [_FIRST_COMMENT if edition == 1 else _ROOT_COMMENT, export.comment]
    if additional_keys == "keep":
        comments.append(_KEEP_COMMENT)
    return {"$schema": DIALECT, "title": name, "$comment": " ".join(filter(None, comments)), **schema}


class _Export:
    def __init__(self, budget: Budget, edition: int, *, is_closed: bool) -> None:
        self._budget = budget
        self._edition = edition
        self._is_closed = is_closed
        self.comment = ""

    def root_schema(self, fields: Sequence[Field]) -> Schema:
        located = with_pointers(fields, "/fields")
        always = [one for one in located if "when" not in one[0]]
        conditional = [one for one in located if "when" in one[0]]
        if not conditional:
            return self.object_schema(fields, "/fields")
        schema = {"type": "object", **self._members(read_places(always), is_closed=False)}
        said = [(one, self._members(read_places([(one, pointer)]), is_closed=False)) for one, pointer in conditional]
        parts = [{"if": condition_schema(one["when"]), "then": in_force} for one, in_force in said]
        if self._is_closed:
            schema["properties"] |= {key: True for key in read_places(located).keys if key not in schema["properties"]}
            schema["additionalProperties"] = False
            names, self.comment = named_parts([one for one, _ in always], [one for one, _ in conditional])
            parts += names
        return {**schema, "allOf": parts}

    def object_schema(self, fields: Sequence[Field], pointer: str, *, is_closed: bool | None = None) -> Schema:
        closed = self._is_closed if is_closed is None else is_closed
        located = with_pointers(fields, pointer)
        if is_read_once(fields) or not closed:
            return {"type": "object", **self._members(read_places(located), is_closed=closed)}
        # Which keys an object may have is told apart from what they hold: several fields may read one place.
        places = read_places(located)
        return {"type": "object", **self._members(places, is_closed=False), "allOf": [names_of(places)]}

    def _members(self, place: ReadPlace, *, is_closed: bool) -> Schema:
        return {
            "properties": {key: self._place_schema(inner, is_closed=is_closed) for key, inner in place.keys.items()},
            "required": [key for key, inner in place.keys.items() if inner.must_be_there()],
            "additionalProperties": not is_closed,
        }

    def _place_schema(self, place: ReadPlace, *, is_closed: bool) -> Schema:
        parts = [self._property_schema(field, pointer, is_closed=is_closed) for field, pointer in place.fields]
        if place.keys:
            within = self._members(ReadPlace(keys=place.keys), is_closed=False)
            # Without a required field in it the step may be anything: what it should hold is missing then.
            parts.append({"type": "object", **within} if within["required"] else {"properties": within["properties"]})
        return parts[0] if len(parts) == 1 else {"allOf": parts}

    def _property_schema(self, field: Field, pointer: str, *, is_closed: bool) -> Schema:
        schema = self._value_schema(field, pointer, is_closed=is_closed)
        if may_be_missing(field):
            types = schema["type"]
            schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
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

    def _value_schema(self, field: Field, pointer: str, *, is_closed: bool) -> Schema:
        data_type = DataType(field["type"])
        rules = field.get("rules", [])
        element_type = ELEMENT_TYPE.get(data_type)
        budget = self._budget.at(pointer)
        if data_type is DataType.OBJECT:
            return self.object_schema(field["fields"], f"{pointer}/fields", is_closed=is_closed)
        if element_type is None:
            return self._scalar_schema(data_type, field, budget)
        if element_type is DataType.OBJECT:
            items = self.object_schema(field["fields"], f"{pointer}/fields", is_closed=is_closed)
        else:
            items = self._scalar_schema(element_type, field, budget)
        arguments = {rule["rule"]: rule["value"] for rule in rules}
        said = {keyword: arguments[rule] for rule, keyword in _ARRAY_KEYWORDS.items() if rule in arguments}
        return {"type": "array", "items": items, **said}

    def _scalar_schema(self, data_type: DataType, field: Field, budget: Budget) -> Schema:
        rules = field.get("rules", [])
        if data_type is DataType.JSON:
            return _json_schema(rules)
        schema = _scalar_schema(data_type, field, self._edition, budget)
        for rule in rules:
            if rule["rule"] == RuleName.ONE_OF:
                schema["enum"] = [choice for choice in rule["value"] if not _is_never_met(data_type, choice)]
        return schema


def _is_never_met(data_type: DataType, choice: Any) -> bool:
    """Say whether a choice is a number that no float equals, so that no FLOAT is ever it."""
    return data_type is DataType.FLOAT and choice != float(choice)


def _presence_comment(field: Mapping[str, Any]) -> str:
    presence = field.get("presence", Presence.REQUIRED)
    if presence == Presence.MACRO:
        return f"If missing or null, the server fills in `{field['macro']}`."
    if presence == Presence.DEFAULT and field["type"] == DataType.OBJECT:
        return "If missing or null, it is created empty and then validated."
    return ""


def _json_schema(rules: Sequence[Mapping[str, Any]]) -> Schema:
    arguments = {rule["rule"]: rule["value"] for rule in rules}
    schema: Schema = {"type": list(arguments.get(RuleName.KINDS, _ALL_KINDS))}
    elements: Schema = {}
    if RuleName.ELEMENT_KINDS in arguments:
        elements = {"items": {"type": list(arguments[RuleName.ELEMENT_KINDS])}}
        schema |= elements
    if RuleName.VALUE_KINDS in arguments:
        schema["additionalProperties"] = {"type": list(arguments[RuleName.VALUE_KINDS]), **elements}
    elif elements:
        schema["additionalProperties"] = elements
    if RuleName.FORMAT in arguments:
        schema["pattern"], schema["$comment"] = exported_format(arguments[RuleName.FORMAT])
    return schema | {keyword: arguments[rule] for rule, keyword in _OBJECT_KEYWORDS.items() if rule in arguments}


def _scalar_schema(data_type: DataType, field: Field, edition: int, budget: Budget) -> Schema:
    rules = field.get("rules", [])
    arguments = {rule["rule"]: rule["value"] for rule in rules if rule["rule"] != RuleName.REGEX}
    match data_type:
        case DataType.STRING:
            patterns = [rule["value"] for rule in rules if rule["rule"] == RuleName.REGEX]
            return _string_schema(patterns, arguments, edition, budget)
        case DataType.INT:
            least, most = arguments.get(RuleName.MIN_VALUE, INT64_MIN), arguments.get(RuleName.MAX_VALUE, INT64_MAX)
            schema = _bounded("integer", max(ceil(least), INT64_MIN), min(floor(most), INT64_MAX))
            if RuleName.MULTIPLE_OF in arguments:
                schema["multipleOf"] = arguments[RuleName.MULTIPLE_OF]
            return schema
        case DataType.TIMESTAMP:
            return _timestamp_schema(field.get("format", TimestampFormat.UNIX_SECONDS))
        case DataType.FLOAT:
            least, most = arguments.get(RuleName.MIN_VALUE, -MAX_DOUBLE), arguments.get(RuleName.MAX_VALUE, MAX_DOUBLE)
            return _bounded("number", least_double(least), most_double(most))
        case DataType.DATETIME:
            return {"type": "string", "pattern": DATETIME_PATTERN, "$comment": "A date and time of the calendar."}
        case DataType.DATE:
            return {"type": "string", "format": "date", "pattern": DATE_PATTERN, "$comment": "A day of the calendar."}
        case _:
            return {"type": "boolean"}


def _timestamp_schema(timestamp_format: str) -> Schema:
    if timestamp_format == TimestampFormat.RFC3339:
        comment = "RFC 3339, of the years 1 to 9999 in UTC."
        return {"type": "string", "pattern": RFC3339_PATTERN, "$comment": comment}
    least, most = least_and_most(UNITS_PER_SECOND[timestamp_format])
    words = timestamp_format.replace("_", " ").capitalize()
    return {**_bounded("integer", least, most), "$comment": f"{words} of the years 1 to 9999, UTC."}


def _bounded(json_type: str, least: float, most: float) -> Schema:
    return {"type": json_type, "minimum": least, "maximum": most}


def _string_schema(patterns: Sequence[str], arguments: Mapping[str, Any], edition: int, budget: Budget) -> Schema:
    schema: Schema = {"type": "string"}
    if RuleName.MIN_LENGTH in arguments:
        schema["minLength"] = arguments[RuleName.MIN_LENGTH]
    # No more code points than bytes, so this follows from the limit in bytes.
    in_bytes = [MAX_STRING_BYTES] if edition == 1 else []
    in_bytes += [arguments[RuleName.MAX_BYTES]] if RuleName.MAX_BYTES in arguments else []
    in_chars = [arguments[RuleName.MAX_LENGTH]] if RuleName.MAX_LENGTH in arguments else []
    comments = []
    if in_bytes or in_chars:
        schema["maxLength"] = min(in_bytes + in_chars)
    if in_bytes and schema["maxLength"] * 4 > min(in_bytes) and RuleName.ONE_OF not in arguments:
        comments.append(f"At most {min(in_bytes):,} bytes in UTF-8.")
    said = []
    for pattern in patterns:
        budget.check()
        try:
            said.append(ecma_pattern(pattern))
        except UnreadableError as error:
            comments.append(f"The whole string has to match the RE2 pattern `{pattern}`, too. {error}")
    if RuleName.FORMAT in arguments:
        pattern, comment = exported_format(arguments[RuleName.FORMAT])
        said.append(pattern)
        comments.append(comment)
    if len(said) == 1:
        schema["pattern"] = said[0]
    elif said:
        schema["allOf"] = [{"pattern": pattern} for pattern in said]
    comment = " ".join(filter(None, comments))
    return {**schema, "$comment": comment} if comment else schema
