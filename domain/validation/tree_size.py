"""How large a tree of fields is, which decides what it takes to compile it, and to keep what it was compiled to."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class TreeSize(NamedTuple):
    """The number of fields on all levels, and of the values in their `one_of`."""

    fields: int
    choices: int


def tree_size(fields: Iterable[Mapping[str, Any]]) -> TreeSize:
    """Return the size of the tree under these fields, they included."""
    count = choices = 0
    for field in fields:
        below = tree_size(field["fields"]) if field.get("fields") else TreeSize(0, 0)
        own = sum(len(rule["value"]) for rule in field.get("rules") or () if rule["rule"] == "one_of")
        count, choices = count + 1 + below.fields, choices + own + below.choices
    return TreeSize(count, choices)
