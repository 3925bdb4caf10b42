"""What is wrong with a field at save, and how the models' findings become plain sentences at JSON Pointers."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.json_kinds import is_text
from schemas.limits import MAX_ERRORS, MAX_ONE_OF_VALUES, MAX_RULES, MAX_WHEN_POINTERS, MAX_WHEN_VALUES
from schemas.models.field import SchemaField
from schemas.places import pointer_of
from schemas.save_codes import FieldFault


class SaveFault(NamedTuple):
    """One fault; `message` is a plain sentence without the value."""

    pointer: str
    code: FieldFault
    message: str


class Shape(NamedTuple):
    """What the models say of one field without its children.

    `bad_properties` and `bad_rules` (indexes) can't be validated any further; all others have the right JSON types.
    """

    faults: list[SaveFault]
    bad_properties: set[str]
    bad_rules: set[int]


_CODES: Mapping[str, FieldFault] = {
    "missing": FieldFault.MISSING,
    "union_tag_not_found": FieldFault.MISSING,
    "extra_forbidden": FieldFault.UNKNOWN_FIELD,
    "enum": FieldFault.BAD_VALUE,
    "union_tag_invalid": FieldFault.BAD_VALUE,
    "greater_than_equal": FieldFault.BAD_VALUE,
    "less_than_equal": FieldFault.BAD_VALUE,
    "too_short": FieldFault.BAD_VALUE,
    "string_unicode": FieldFault.BAD_VALUE,
    "string_pattern_mismatch": FieldFault.BAD_KEY,
    "string_too_long": FieldFault.TOO_LONG,
    "too_long": FieldFault.TOO_MANY,
    "bad_value": FieldFault.BAD_VALUE,
}
"""From the engine's kinds; all others are values of another JSON type."""


_PROPERTIES = frozenset(info.alias or name for name, info in SchemaField.model_fields.items())
_RULE_PROPERTIES = frozenset({"rule", "value"})


def json_pointer(parent: str, *parts: str | int) -> str:
    """Return `parent` extended by `parts` (RFC 6901)."""
    return parent + pointer_of(parts)


def shape_of(raw: Mapping[Any, Any], pointer: str) -> Shape:
    """Check the properties of one field, but not its children, against the models."""
    shape = Shape([], set(), set())
    try:
        SchemaField.model_validate(_bounded_properties(raw))
    except ValidationError as error:
        for row in error.errors(include_url=False, include_context=True):
            _add(shape, pointer, row)
    return shape


def _bounded_properties(raw: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the properties without children, and of each list one more than fits: enough to say that it is too long.

    The models look at every element and every unknown name, however many there are.
    """
    properties = {
        name: value for name, value in islice(raw.items(), MAX_ERRORS + len(_PROPERTIES)) if name not in _PROPERTIES
    }
    properties |= {name: raw[name] for name in _PROPERTIES if name in raw}
    properties.pop("fields", None)
    if isinstance(properties.get("when"), dict):
        properties["when"] = {
            given: values[: MAX_WHEN_VALUES + 1] if isinstance(values, list) else values
            for given, values in islice(properties["when"].items(), MAX_WHEN_POINTERS + 1)
        }
    if isinstance(properties.get("rules"), list):
        properties["rules"] = [_bounded_rule(rule) for rule in properties["rules"][: MAX_RULES + 1]]
    return properties


def _bounded_rule(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return rule
    bounded = {name: value for name, value in islice(rule.items(), MAX_ERRORS + 2) if name not in _RULE_PROPERTIES}
    bounded |= {name: rule[name] for name in _RULE_PROPERTIES if name in rule}
    if isinstance(bounded.get("value"), list):
        bounded["value"] = bounded["value"][: MAX_ONE_OF_VALUES + 1]
    return bounded


def _add(shape: Shape, pointer: str, row: Mapping[str, Any]) -> None:
    location = list(row["loc"])
    code = _code(row)
    in_rule = len(location) > 1 and location[0] == "rules"
    if in_rule:
        shape.bad_rules.add(location[1])
        if len(location) > 2:
            del location[2]  # the union's member, which is no part of the document
        elif row["type"].startswith("union_tag"):
            location.append("rule")
    elif location:
        shape.bad_properties.add(str(location[0]))
    if any(not is_text(str(part)) for part in location):
        location = location[: 2 if in_rule else 0]
    shape.faults.append(SaveFault(json_pointer(pointer, *location), code, _message(code, location, row)))


def _code(row: Mapping[str, Any]) -> FieldFault:
    kind = row["type"]
    if kind == "enum" and not isinstance(row["input"], str):
        return FieldFault.BAD_TYPE
    if kind == "union_tag_invalid" and not isinstance(row["input"].get("rule"), str):
        return FieldFault.BAD_TYPE
    return _CODES.get(kind, FieldFault.BAD_TYPE)


def _message(code: FieldFault, location: list[str | int], row: Mapping[str, Any]) -> str:
    name = next((f"`{part}`" for part in reversed(location) if isinstance(part, str)), "A field")
    context = row.get("ctx", {})
    match code:
        case FieldFault.MISSING:
            return f"The property {name} is missing."
        case FieldFault.UNKNOWN_FIELD:
            return "There is no such property here: remove it."
        case FieldFault.BAD_KEY:
            return "A key has lower-case letters, digits and `_`, starts with no digit, and has at most 128 characters."
        case FieldFault.TOO_LONG:
            return f"{name} has more than {context['max_length']:,} characters."
        case FieldFault.TOO_MANY:
            return f"{name} has more than {context['max_length']:,} entries."
    match row["type"]:
        case "enum":
            return f"{name} must be one of {context['expected']}." if code is FieldFault.BAD_VALUE else _NOT_A_WORD
        case "union_tag_invalid":
            return f"A rule must be one of {context['expected_tags']}." if code is FieldFault.BAD_VALUE else _NOT_A_WORD
        case "greater_than_equal":
            return f"{name} must not be below {context['ge']}."
        case "less_than_equal":
            return f"{name} must not be above {context['le']:,}."
        case "too_short":
            return f"{name} must have at least one entry."
        case "string_unicode":
            return f"{name} holds half of a surrogate pair, which is no Unicode text."
        case "bad_type" | "bad_value":
            return f"{name} {row['msg']}."
        case "string_type":
            return f"{name} must be a string."
        case "int_type":
            return f"{name} must be a whole number."
        case "bool_type":
            return f"{name} must be true or false."
        case "list_type":
            return f"{name} must be an array."
    return "A JSON object is needed here."


_NOT_A_WORD = "One of the words of the contract is needed here, as a string."
