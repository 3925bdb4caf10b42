"""The SQL of a view that unites tables of an environment's revisions.

Columns are the stamps, the newest table's, then those that only earlier ones have. Where types differ they are
widened: a column that is JSON in any table is JSON, INT64 and FLOAT64 are FLOAT64, a scalar and its array the array,
everything else is STRING (records as JSON text). Where a table lacks a column it is NULL, or an empty array.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.stamps import EXTRA, STAMP_KEYS

Column = Mapping[str, Any]

_FIRST = (*STAMP_KEYS, EXTRA)
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


class Picked(NamedTuple):
    """A column of a view in one table: `source` is where its value stands there, `column` what it is there."""

    name: str
    source: str
    column: Column


class Part(NamedTuple):
    """What a view takes of one table, whose alias is `t`; rows that fulfil `where`, if that is not empty."""

    revision_id: str
    table_id: str
    picked: Sequence[Picked]
    where: str = ""


_JSON = Shape("JSON", repeated=False)


def view_sql(parts: Sequence[Part], where: str = "") -> str:
    """Return the query of a view; the newest part comes last, and `where` is a condition on each table besides."""
    shapes: dict[str, Shape] = {}
    for part in reversed(parts):
        for picked in part.picked:
            known = shapes.get(picked.name)
            if known is not None and _is_scalar_of(picked.column, known):
                continue
            shape = _shape(picked.column)
            shapes[picked.name] = shape if known is None else _wider(known, shape)
    shapes = {name: shapes[name] for name in sorted(shapes, key=_place)}
    return "\nUNION ALL\n".join(_select(part, shapes, where) for part in reversed(parts))


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _select(part: Part, shapes: Mapping[str, Shape], where: str) -> str:
    found = {picked.name: picked for picked in part.picked}
    columns = ", ".join(f"{_picked(found.get(name), shape)} AS `{name}`" for name, shape in shapes.items())
    conditions = " AND ".join(filter(None, (part.where, where)))
    condition = f" WHERE {conditions}" if conditions else ""
    return f"SELECT {columns} FROM `{part.table_id}` AS t{condition}"  # noqa: S608 - our own names


def _picked(picked: Picked | None, shape: Shape) -> str:
    if picked is None:
        return _expression("", None, shape, 1)
    return _expression(picked.source, picked.column, shape, 1)


def _is_scalar_of(column: Column, shape: Shape) -> bool:
    """Say whether a column without columns inside is of this shape: most are, and that is quick to see."""
    is_of_kind: bool = column["type"] == shape.kind != "RECORD"
    return is_of_kind and (column["mode"] == "REPEATED") == shape.repeated


def _shape(column: Column) -> Shape:
    fields = {inner["name"]: _shape(inner) for inner in column.get("fields", ())}
    return Shape(column["type"], column["mode"] == "REPEATED", fields)


def _wider(one: Shape, other: Shape) -> Shape:
    if _JSON in (one, other):
        return _JSON  # which an array can be, too
    repeated = one.repeated or other.repeated
    if one.kind == other.kind == "RECORD":
        fields = dict(one.fields)
        for name, shape in other.fields.items():
            fields[name] = _wider(fields[name], shape) if name in fields else shape
        return Shape("RECORD", repeated, fields)
    if one.kind == other.kind:
        return Shape(one.kind, repeated)
    if "JSON" in {one.kind, other.kind}:
        return Shape("JSON", repeated)
    return Shape("FLOAT64" if {one.kind, other.kind} == _NUMBERS else "STRING", repeated)


def _expression(source: str, column: Column | None, shape: Shape, depth: int) -> str:
    """Return SQL that makes `shape` of the column at `source`, or nothing where there is no such column."""
    if column is None:
        return f"CAST([] AS {shape.sql_type})" if shape.repeated else f"CAST(NULL AS {shape.sql_type})"
    if _is_scalar_of(column, shape):
        return source
    own = _shape(column)
    if own == shape and list(_paths(own)) == list(_paths(shape)):
        return source
    if shape == _JSON:
        # TO_JSON of NULL would be the JSON value null.
        made = f"TO_JSON({source})"
        return f"IF({source} IS NULL, NULL, {made})" if column["mode"] == "NULLABLE" else made
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
    if shape.kind == "JSON":
        return f"TO_JSON({source})"
    if kind == "RECORD":
        return f"TO_JSON_STRING({source})"
    return f"CAST({source} AS {shape.kind})"


def _paths(shape: Shape) -> list[str]:
    """Return the names of a shape's fields in order, on all levels: a union takes columns by their place."""
    return [path for name, inner in shape.fields.items() for path in (name, *_paths(inner))]
