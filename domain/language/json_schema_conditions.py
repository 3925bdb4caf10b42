"""From what a JSON Schema asks of keys and their values to a `when`."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.language.field_places import text_faults, when_faults
from domain.language.json_schema_facts import Facts
from domain.language.json_schema_keywords import TYPES
from domain.language.json_schema_values import identity, of_types
from schemas.limits import MAX_WHEN_VALUES
from schemas.places import pointer_of

When = dict[str, list[Any]]

MAX_CHOICES = 4 * MAX_WHEN_VALUES
"""Values of an enumeration that are looked at, repeats among them."""


def choices_of_type(facts: Facts) -> list[Any] | None:
    """Return the listed values of a key that have one of its types."""
    return None if facts.choices is None else of_types(facts.choices, facts.types)


def when_values(choices: list[Any] | None) -> list[Any]:
    """Return values that a `when` can have, each once, or none at all."""
    if len(choices or []) > MAX_CHOICES:
        return []
    values = {identity(one): int(one) if isinstance(one, float) and one.is_integer() else one for one in choices or []}
    when = {"/a": list(values.values())}
    if not all(isinstance(one, bool | int | str) for one in values.values()) or any(when_faults(when, "")):
        return []
    return when["/a"] if len(values) <= MAX_WHEN_VALUES else []


def is_pointer(path: Sequence[str]) -> bool:
    """Say whether a `when` can ask for a key."""
    return not any(text_faults(pointer_of(path), "", is_pointer=True))


def read_condition(schema: Any, path: tuple[str, ...], when: When, untyped: list[tuple[str, ...]]) -> bool:
    """Read a condition on keys that have to be there into `when`; False if it is no such condition.

    `untyped` takes the places of keys that need not be objects: where one is not, nothing is asked of what is in it.
    """
    if not isinstance(schema, dict) or not schema.keys() <= {"type", "properties", "required", "allOf"}:
        return False
    if schema.get("type", "object") != "object":
        return False
    properties, required = schema.get("properties", {}), schema.get("required", [])
    parts = schema.get("allOf", [])
    if not isinstance(properties, dict) or not isinstance(required, list) or not isinstance(parts, list):
        return False
    if set(properties) != {name for name in required if isinstance(name, str)}:
        return False
    if properties and path and "type" not in schema:
        untyped.append(path)
    for name, value in properties.items():
        if not isinstance(value, dict):
            return False
        told = value.keys() & {"const", "enum"}
        here = (*path, name)
        if not told:
            before = len(when)
            if not read_condition(value, here, when, untyped) or len(when) == before:
                return False
            continue
        listed = value["enum"] if "enum" in told else [value["const"]]
        values = when_values(_of_its_type(listed, value)) if isinstance(listed, list) else []
        if (
            len(told) > 1
            or value.keys() - told - {"type"}
            or not values
            or pointer_of(here) in when
            or not is_pointer(here)
        ):
            return False
        when[pointer_of(here)] = values
    return all(read_condition(part, path, when, untyped) for part in parts)


def _of_its_type(listed: Sequence[Any], schema: Mapping[str, Any]) -> list[Any]:
    """Return the listed values that have the type that stands beside them, none of them if it is no type."""
    if "type" not in schema:
        return list(listed)
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    are_types = all(isinstance(name, str) and name in TYPES for name in named)
    return of_types(listed, set(named)) if are_types else []
