"""`when` in JSON Schema: the condition of each field as `if`, the field as `then`, and what a closed schema names."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from domain.language.read_places import Field, names_of, read_places, with_pointers
from schemas.places import keys_of, path_of

Schema = dict[str, Any]

MAX_COMBINATIONS = 1_000
"""Of fields that may be in force together on one key; beyond, a closed schema leaves that key's object open."""

_TOO_MANY = "Unknown keys are refused as well in objects that many fields with `when` read together."
_OTHER = object()


def condition_schema(when: Mapping[str, Sequence[Any]]) -> Schema:
    """Return the JSON Schema of the events in which a `when` holds."""
    parts = [_at(keys_of(pointer) or (pointer,), list(values)) for pointer, values in when.items()]
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def named_parts(always: Sequence[Field], conditional: Sequence[Field]) -> tuple[list[Schema], str]:
    """Return what refuses keys that no field in force names, below the root's own, and what that leaves unsaid.

    Args:
        always: the root fields without `when`.
        conditional: those with one.
    """
    by_key: dict[str, list[Field]] = {}
    for field in conditional:
        by_key.setdefault(path_of(field)[0], []).append(field)
    names = _names([field for field in always if path_of(field)[0] not in by_key])
    parts: list[Schema] = [{"properties": names}] if names else []
    comment = ""
    for key, fields in by_key.items():
        combinations = _possible(fields)
        if combinations is None:
            comment = _TOO_MANY
            continue
        common = [field for field in always if path_of(field)[0] == key]
        for combination in combinations:
            named = {key: False} | _names([*common, *(fields[index] for index in combination)])
            parts.append({"if": _exactly(fields, combination), "then": {"properties": named}})
    return parts, comment


def _names(fields: Sequence[Field]) -> Schema:
    properties: Schema = names_of(read_places(with_pointers(fields, "")))["properties"]
    return properties


def _at(path: Sequence[str], values: list[Any]) -> Schema:
    schema: Schema = {"const": values[0]} if len(values) == 1 else {"enum": values}
    for key in reversed(path):
        schema = {"type": "object", "properties": {key: schema}, "required": [key]}
    return schema


def _exactly(fields: Sequence[Field], combination: frozenset[int]) -> Schema:
    conditions = [condition_schema(field["when"]) for field in fields]
    parts = [one if index in combination else {"not": one} for index, one in enumerate(conditions)]
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _possible(fields: Sequence[Field]) -> list[frozenset[int]] | None:
    """Return which fields (by index) can be in force together, none of them too; None if that is too much to list."""
    pointers = sorted({pointer for field in fields for pointer in field["when"]})
    values = [
        [*{_identity(value) for field in fields for value in field["when"].get(pointer, [])}, _OTHER]
        for pointer in pointers
    ]
    count = 1
    for some in values:
        count *= len(some)
    if count > 20 * MAX_COMBINATIONS:
        return None
    told = [
        {pointers.index(pointer): set(map(_identity, some)) for pointer, some in field["when"].items()}
        for field in fields
    ]
    found: dict[frozenset[int], None] = {}
    for event in product(*values):
        holding = (i for i, when in enumerate(told) if all(event[at] in some for at, some in when.items()))
        found[frozenset(holding)] = None
    return list(found) if len(found) * len(fields) <= 20 * MAX_COMBINATIONS else None


def _identity(value: Any) -> Any:
    return (type(value) is bool, value)
