"""Which column of the table each field of a revision goes to, as the table is now, and what has to be added for it.

The table is that of all revisions. A field's column has the name of its key. Where that column holds another type, the
field gets a column of its own, `<column>__<type>`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.delivery.connectors import RevisionTable
from domain.language.bigquery_schema import bigquery_columns
from domain.postgres_names import short_name
from domain.warehouses.columns import Column, warehouse_columns
from schemas.data_types import DataType
from schemas.stamps import STAMP_KEYS

OBJECT = "_object"
"""The column that says of which landed object a row came: a copy of another object is told by it."""
OBJECT_TYPE = "uuid"


class Type(NamedTuple):
    """A type as Postgres writes it, and what it is called within a column's name."""

    sql: str
    label: str


_TYPES: Mapping[DataType, Type] = {
    DataType.STRING: Type("text", "text"),
    DataType.INT: Type("bigint", "bigint"),
    DataType.FLOAT: Type("double precision", "double"),
    DataType.BOOLEAN: Type("boolean", "boolean"),
    DataType.DATE: Type("date", "date"),
    DataType.DATETIME: Type("timestamp without time zone", "timestamp"),
    DataType.TIMESTAMP: Type("timestamp with time zone", "timestamptz"),
    DataType.JSON: Type("jsonb", "jsonb"),
    DataType.OBJECT: Type("jsonb", "jsonb"),
}
_NARROWER: Mapping[str, frozenset[str]] = {"bigint": frozenset({"smallint", "integer"})}
"""By a type, those that a column is widened from."""


class Found(NamedTuple):
    """A column that the table has."""

    type: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of a revision, and the column of the table that it goes to."""

    column: Column
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of a revision, and what the table lacks for them."""

    placed: Sequence[Placed]
    added: Sequence[Placed]
    widened: Sequence[Placed]
    freed: Sequence[str]
    """Columns that have to take nulls from now on."""
    total: int
    """How many columns the table has then."""

    @property
    def is_met(self) -> bool:
        return not (self.added or self.widened or self.freed)


def type_of(column: Column) -> Type:
    """Return the type of a column: arrays of objects and of JSON are JSON themselves."""
    found = _TYPES[column.type]
    if column.is_array and found.sql != "jsonb":
        return Type(f"{found.sql}[]", f"{found.label}_array")
    return found


def plan_of(table: RevisionTable, found: Mapping[str, Found]) -> Plan:
    """Return where the values of a revision go.

    Args:
        table: the revision's.
        found: the columns of the table, by name; none of a table that is not there.
    """
    columns = warehouse_columns(table.fields, table.additional_keys)
    own_names = {short_name(column.name) for column in columns}
    used: set[str] = set()
    placed, added, widened = [], [], []
    for column in columns:
        wanted = type_of(column)
        for name in _names(column.name, wanted.label, own_names):
            there = found.get(name)
            widens = there is not None and there.type in _NARROWER.get(wanted.sql, ())
            if name not in used and (there is None or there.type == wanted.sql or widens) and name != OBJECT:
                break
        place = Placed(column, name, wanted.sql)
        used.add(name)
        placed.append(place)
        if there is None:
            added.append(place)
        elif widens:
            widened.append(place)
    # A revision may leave out what earlier ones always had, or have no such field at all.
    always = {
        column["name"]
        for column in bigquery_columns(table.fields, table.additional_keys)
        if column["mode"] == "REQUIRED"
    }
    filled = {place.name for place in placed if place.column.name in always} | {OBJECT}
    freed = [name for name, column in found.items() if column.is_required and name not in filled]
    return Plan(placed, added, widened, freed, len(found.keys() | used | {OBJECT}))


def renamed(plan: Plan) -> list[Placed]:
    """Return the columns that are not called as their field."""
    return [place for place in plan.placed if place.name != place.column.name and place.column.name not in STAMP_KEYS]


def _names(key: str, label: str, taken: set[str]) -> Iterator[str]:
    """Yield the names that a field's column may have, the first that fits being its own."""
    yield short_name(key)
    number = 1
    while True:
        name = short_name(f"{key}__{label}" if number == 1 else f"{key}__{label}_{number}")
        if name not in taken:
            yield name
        number += 1
