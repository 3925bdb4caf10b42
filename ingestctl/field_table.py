"""The fields of a revision as a table, with the columns that say something."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_Field = Mapping[str, Any]
_IF_ANY = frozenset({"From", "In events where", "Protect"})
"""Columns that few revisions have anything in."""


def field_table(fields: Sequence[_Field]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of a tree, each level indented below its parent."""
    rows = list(_rows(fields, ""))
    columns = [name for name in _HEADINGS if name not in _IF_ANY or any(row[name] for row in rows)]
    return columns, [[row[name] for name in columns] for row in rows]


def _rows(fields: Sequence[_Field], indent: str) -> Iterator[dict[str, str]]:
    for field in fields:
        yield dict(zip(_HEADINGS, _cells(field, indent), strict=True))
        yield from _rows(field.get("fields", ()), f"{indent}  ")


_HEADINGS = ("Key", "From", "Type", "Presence", "Rules", "In events where", "Protect", "Description")


def _cells(field: _Field, indent: str) -> tuple[str, ...]:
    return (
        f"{indent}{field['key']}",
        field.get("from", ""),
        f"{field['type']} {field['format']}" if "format" in field else field["type"],
        _presence(field),
        "; ".join(f"{rule['rule']} {_json(rule['value'])}" for rule in field.get("rules", ())),
        "; ".join(f"{pointer} {_json(values)}" for pointer, values in field.get("when", {}).items()),
        field.get("protect", ""),
        field.get("description", ""),
    )


def _presence(field: _Field) -> str:
    if "macro" in field:
        return f"macro {field['macro']}"
    if "default" in field:
        return f"default {_json(field['default'])}"
    presence: str = field["presence"]
    return presence


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
