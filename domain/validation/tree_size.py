"""How large a tree of fields is, which decides what it takes to compile it, and to keep what it was compiled to."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class TreeSize(NamedTuple):
    """The number of fields on all levels, of the values in their `one_of`, and of the fields that hold others."""

    fields: int
    choices: int
    objects: int


def tree_size(fields: Iterable[Mapping[str, Any]]) -> TreeSize:
    """Return the size of the tree under these fields, they included."""
    count = choices = objects = 0
    for field in fields:
        choices += sum(len(rule["value"]) for rule in field.get("rules") or () if rule["rule"] == "one_of")
        count += 1
        if field.get("fields"):
            below = tree_size(field["fields"])
            count, choices, objects = count + below.fields, choices + below.choices, objects + 1 + below.objects
    return TreeSize(count, choices, objects)
