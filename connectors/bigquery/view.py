"""The view over the tables of all revisions of an environment, as SQL.

Columns are the newest revision's, then those that only earlier ones had. Where types differ they are widened: INT64
and FLOAT64 to FLOAT64, a scalar and its array to the array, everything else to STRING (records as JSON text). Where a
revision lacks a column it is NULL, or an empty array.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Column = Mapping[str, Any]

_NUMBERS = frozenset({"INT64", "FLOAT64"})


@dataclass(slots=True)
class Shape:
    """What a column of the view is: `fields` by name where `kind` is RECORD."""

    kind: str
    repeated: bool
    fields: dict[str, "Shape"] = field(default_factory=dict)

    @property
    def sql_type(self) -> str:
        kind = self.kind
        if kind == "RECORD":
            kind = f"STRUCT<{', '.join(f'`{name}` {shape.sql_type}' for name, shape in self.fields.items())}>"
        return f"ARRAY<{kind}>" if self.repeated else kind


def view_sql(tables: Sequence[tuple[str, Sequence[Column]]], where: str = "") -> str:
    """Return the query of the view; `tables` are full names with their columns, the newest last.

    `where` is a condition on each table, whose alias is `t`.
    """
    shapes: dict[str, Shape] = {}
    for _, columns in reversed(tables):
        _widen(shapes, columns)
    condition = f" WHERE {where}" if where else ""
    selects = [
        f"SELECT {', '.join(_select(name, shape, columns) for name, shape in shapes.items())}"  # noqa: S608 - our names
        f" FROM `{table}` AS t{condition}"
        for table, columns in reversed(tables)
    ]
    return "\nUNION ALL\n".join(selects)


def _widen(shapes: dict[str, Shape], columns: Sequence[Column]) -> None:
    for column in columns:
        shape = _shape(column)
        known = shapes.get(column["name"])
        shapes[column["name"]] = shape if known is None else _wider(known, shape)


def _shape(column: Column) -> Shape:
    fields = {inner["name"]: _shape(inner) for inner in column.get("fields", ())}
    return Shape(column["type"], column["mode"] == "REPEATED", fields)


def _wider(one: Shape, other: Shape) -> Shape:
    repeated = one.repeated or other.repeated
    if one.kind == other.kind == "RECORD":
        fields = dict(one.fields)
        for name, shape in other.fields.items():
            fields[name] = _wider(fields[name], shape) if name in fields else shape
        return Shape("RECORD", repeated, fields)
    if one.kind == other.kind:
        return Shape(one.kind, repeated)
    return Shape("FLOAT64" if {one.kind, other.kind} == _NUMBERS else "STRING", repeated)


def _select(name: str, shape: Shape, columns: Sequence[Column]) -> str:
    found = next((column for column in columns if column["name"] == name), None)
    return f"{_expression(f't.`{name}`', found, shape, 1)} AS `{name}`"


def _expression(source: str, column: Column | None, shape: Shape, depth: int) -> str:
    """Return SQL that makes `shape` of the column at `source`, or nothing where there is no such column."""
    if column is None:
        return f"CAST([] AS {shape.sql_type})" if shape.repeated else f"CAST(NULL AS {shape.sql_type})"
    own = _shape(column)
    if own == shape and list(_paths(own)) == list(_paths(shape)):
        return source
    if shape.repeated and own.repeated:
        element, offset = f"e{depth}", f"i{depth}"
        made = _one(element, column, shape, depth + 1)
        selected = f"AS STRUCT {made[7:-1]}" if made.startswith("STRUCT(") else made
        elements = f"UNNEST({source}) AS {element} WITH OFFSET AS {offset} ORDER BY {offset}"
        return f"ARRAY(SELECT {selected} FROM {elements})"  # noqa: S608 - our own names
    made = _one(source, column, shape, depth)
    if own.kind == shape.kind == "RECORD" and column["mode"] != "REPEATED":
        made = f"IF({source} IS NULL, NULL, {made})"
    if shape.repeated:
        element_type = Shape(shape.kind, repeated=False, fields=shape.fields).sql_type
        return f"IF({source} IS NULL, CAST([] AS ARRAY<{element_type}>), [{made}])"
    return made


def _one(source: str, column: Column, shape: Shape, depth: int) -> str:
    """Return SQL that makes one element of `shape` of the value at `source`."""
    kind = column["type"]
    if kind == "RECORD" and shape.kind == "RECORD":
        fields = {inner["name"]: inner for inner in column["fields"]}
        parts = (
            f"{_expression(f'{source}.`{name}`', fields.get(name), inner, depth)} AS `{name}`"
            for name, inner in shape.fields.items()
        )
        return f"STRUCT({', '.join(parts)})"
    if kind == shape.kind:
        return source
    if kind == "RECORD":
        return f"TO_JSON_STRING({source})"
    return f"CAST({source} AS {shape.kind})"


def _paths(shape: Shape) -> list[str]:
    """Return the names of a shape's fields in order, on all levels: a union takes columns by their place."""
    return [path for name, inner in shape.fields.items() for path in (name, *_paths(inner))]
