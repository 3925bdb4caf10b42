"""The values that a JSON Schema lists: which are equal, and of which types they are."""

from collections.abc import Sequence
from typing import Any

from schemas.limits import INT64_MAX, INT64_MIN

_MOST_DIGITS = 2**53
"""From here on a double stands for several whole numbers."""


def identity(value: Any) -> Any:
    """Return what is equal for equal JSON values and can stand in a set: `1` and `1.0` are one, `1` and `true` two."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(member)) for name, member in value.items()))
    return value


def without_repeats(values: Sequence[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault(identity(value), value)
    return list(found.values())


def type_of(value: Any) -> str:
    """Return the narrowest type of JSON Schema that a JSON value has."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    names = {float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def widened(types: set[str]) -> set[str]:
    return types | {"integer"} if "number" in types else types


def of_types(choices: Sequence[Any], types: set[str] | None) -> list[Any]:
    """Return the listed values that have one of the types; None stands for all types."""
    return [choice for choice in choices if types is None or type_of(choice) in widened(types)]


def listed_types(choices: Sequence[Any], types: set[str] | None, *, are_doubles: bool) -> set[str]:
    """Return the types besides null that hold each of the listed values that have one of `types`.

    Whole numbers are `number` where an INT has no room for one of them, and where `are_doubles` says so.
    """
    fitting = of_types(choices, types)
    found = {type_of(choice) for choice in fitting} - {"null"}
    is_number = types is not None and "number" in types
    whole = [choice for choice in fitting if type_of(choice) == "integer"]
    if whole and (are_doubles or not all(_is_int(choice, is_number=is_number) for choice in whole)):
        found.add("number")
    return found - {"integer"} if "number" in found else found


def _is_int(whole: float, *, is_number: bool) -> bool:
    """Say whether a whole number is best kept as an INT; of a `number` not what is written as a double of many."""
    is_of_many = is_number and isinstance(whole, float) and abs(whole) >= _MOST_DIGITS
    return INT64_MIN <= whole <= INT64_MAX and not is_of_many
