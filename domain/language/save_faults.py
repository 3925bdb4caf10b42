"""What is wrong with a data map at save, and how the models' findings become plain sentences at JSON Pointers."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.codes import DataMapFault
from schemas.limits import MAX_ERRORS, MAX_ONE_OF_VALUES, MAX_RULES
from schemas.models.data_map import DataMap


class SaveFault(NamedTuple):
    """One fault; `message` is a plain sentence without the value."""

    pointer: str
    code: DataMapFault
    message: str


class Shape(NamedTuple):
    """What the models say of one data map without its children.

    `bad_fields` and `bad_rules` (indexes) can't be judged any further; all others have the right JSON types.
    """

    faults: list[SaveFault]
    bad_fields: set[str]
    bad_rules: set[int]


_CODES: Mapping[str, DataMapFault] = {
    "missing": DataMapFault.MISSING,
    "union_tag_not_found": DataMapFault.MISSING,
    "extra_forbidden": DataMapFault.UNKNOWN_FIELD,
    "enum": DataMapFault.BAD_VALUE,
    "union_tag_invalid": DataMapFault.BAD_VALUE,
    "greater_than_equal": DataMapFault.BAD_VALUE,
    "less_than_equal": DataMapFault.BAD_VALUE,
    "too_short": DataMapFault.BAD_VALUE,
    "string_unicode": DataMapFault.BAD_VALUE,
    "string_pattern_mismatch": DataMapFault.BAD_KEY,
    "string_too_long": DataMapFault.TOO_LONG,
    "too_long": DataMapFault.TOO_MANY,
    "bad_value": DataMapFault.BAD_VALUE,
}
"""From the engine's kinds; all others are values of another JSON type."""


_FIELDS = frozenset(DataMap.model_fields)
_RULE_FIELDS = frozenset({"rule", "value"})


def json_pointer(parent: str, *parts: str | int) -> str:
    """Return `parent` extended by `parts` (RFC 6901)."""
    return parent + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def shape_of(raw: Mapping[Any, Any], pointer: str) -> Shape:
    """Check the fields of one data map, but not its children, against the models."""
    shape = Shape([], set(), set())
    try:
        DataMap.model_validate(_bounded_fields(raw))
    except ValidationError as error:
        for row in error.errors(include_url=False, include_context=True):
            _add(shape, pointer, row)
    return shape


def _bounded_fields(raw: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the fields without children, and of each list one more than fits: enough to say that it is too long.

    The models look at every element and every unknown field, however many there are.
    """
    fields = {name: value for name, value in islice(raw.items(), MAX_ERRORS + len(_FIELDS)) if name not in _FIELDS}
    fields |= {name: raw[name] for name in _FIELDS if name in raw}
    fields.pop("children", None)
    if isinstance(fields.get("rules"), list):
        fields["rules"] = [_bounded_rule(rule) for rule in fields["rules"][: MAX_RULES + 1]]
    return fields


def _bounded_rule(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return rule
    bounded = {name: value for name, value in islice(rule.items(), MAX_ERRORS + 2) if name not in _RULE_FIELDS}
    bounded |= {name: rule[name] for name in _RULE_FIELDS if name in rule}
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
        shape.bad_fields.add(str(location[0]))
    if any(not _is_text(part) for part in location):
        location = location[: 2 if in_rule else 0]
    shape.faults.append(SaveFault(json_pointer(pointer, *location), code, _message(code, location, row)))


def _is_text(part: str | int) -> bool:
    try:
        str(part).encode()
    except UnicodeEncodeError:
        return False
    return True


def _code(row: Mapping[str, Any]) -> DataMapFault:
    kind = row["type"]
    if kind == "enum" and not isinstance(row["input"], str):
        return DataMapFault.BAD_TYPE
    if kind == "union_tag_invalid" and not isinstance(row["input"].get("rule"), str):
        return DataMapFault.BAD_TYPE
    return _CODES.get(kind, DataMapFault.BAD_TYPE)


def _message(code: DataMapFault, location: list[str | int], row: Mapping[str, Any]) -> str:
    field = next((f"`{part}`" for part in reversed(location) if isinstance(part, str)), "A data map")
    context = row.get("ctx", {})
    match code:
        case DataMapFault.MISSING:
            return f"The field {field} is missing."
        case DataMapFault.UNKNOWN_FIELD:
            return "There is no such field here: remove it."
        case DataMapFault.BAD_KEY:
            return "A key has lower-case letters, digits and `_`, starts with no digit, and has at most 128 characters."
        case DataMapFault.TOO_LONG:
            return f"{field} has more than {context['max_length']:,} characters."
        case DataMapFault.TOO_MANY:
            return f"{field} has more than {context['max_length']:,} entries."
    match row["type"]:
        case "enum":
            return f"{field} must be one of {context['expected']}." if code is DataMapFault.BAD_VALUE else _NOT_A_WORD
        case "union_tag_invalid":
            return (
                f"A rule must be one of {context['expected_tags']}." if code is DataMapFault.BAD_VALUE else _NOT_A_WORD
            )
        case "greater_than_equal":
            return f"{field} must not be below {context['ge']}."
        case "less_than_equal":
            return f"{field} must not be above {context['le']:,}."
        case "too_short":
            return f"{field} must have at least one entry."
        case "string_unicode":
            return f"{field} holds half of a surrogate pair, which is no Unicode text."
        case "bad_type" | "bad_value":
            return f"{field} {row['msg']}."
        case "string_type":
            return f"{field} must be a string."
        case "int_type":
            return f"{field} must be a whole number."
        case "list_type":
            return f"{field} must be an array."
    return "A JSON object is needed here."


_NOT_A_WORD = "One of the words of the contract is needed here, as a string."
