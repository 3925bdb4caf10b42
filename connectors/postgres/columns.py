"""Which column of the table each field of a revision goes to, as the table is now, and what has to be added for it.

The table is that of all revisions. A field's column has the name of its key. Where that column holds another type, the
field gets a column of its own, `<column>__<type>`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.delivery.connectors import RevisionTable
from domain.language.bigquery_schema import bigquery_columns
from domain.postgres_names import short_name
from domain.warehouses.columns import Column, names_for, warehouse_columns
from schemas.data_types import DataType
from schemas.stamps import STAMP_KEYS

OBJECT = "_object"
"""The column that says of which landed object a row came: a copy of another object is told by it."""
OBJECT_TYPE = "uuid"


_JSON = "jsonb"
_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "text",
    DataType.INT: "bigint",
    DataType.FLOAT: "double precision",
    DataType.BOOLEAN: "boolean",
    DataType.DATE: "date",
    DataType.DATETIME: "timestamp without time zone",
    DataType.TIMESTAMP: "timestamp with time zone",
    DataType.JSON: _JSON,
    DataType.OBJECT: _JSON,
}
"""As Postgres writes them."""
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


def type_of(column: Column) -> str:
    """Return the type of a column: arrays of objects and of JSON are JSON themselves."""
    found = _TYPES[column.type]
    return f"{found}[]" if column.is_array and found != _JSON else found


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
        for name in map(short_name, names_for(column)):
            there = found.get(name)
            widens = there is not None and there.type in _NARROWER.get(wanted, ())
            is_free = name not in used and (name not in own_names or name == short_name(column.name))
            if is_free and (there is None or there.type == wanted or widens) and name != OBJECT:
                break
        place = Placed(column, name, wanted)
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
