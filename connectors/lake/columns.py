"""The columns of a revision in a table of all revisions: which is whose, and which are still to be made.

A table only ever gets more columns. A field whose type the column of its name can't hold gets a column apart. Every
column but the stamps is optional, and numbers have 64 bits from the start, so that none has to be widened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    ListType,
    LongType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from domain.delivery.connectors import ColumnApart
from domain.warehouses.columns import Column, names_for
from schemas.data_types import DataType
from schemas.lakes import PARTITION_BY_DAY
from schemas.stamps import EVENT_ID, RECEIVED_AT, REVISION_ID

JSON_COLUMNS = "ingest.json-columns"
"""The property of a table that says which of its columns of text hold JSON, by their ids."""
STAMPS = frozenset({EVENT_ID, RECEIVED_AT, REVISION_ID})
"""The only columns that always hold a value."""
PARTITION = PARTITION_BY_DAY

_TYPES: dict[DataType, type[Any]] = {
    DataType.STRING: StringType,
    DataType.JSON: StringType,
    DataType.INT: LongType,
    DataType.FLOAT: DoubleType,
    DataType.BOOLEAN: BooleanType,
    DataType.DATETIME: TimestampType,
    DataType.TIMESTAMP: TimestamptzType,
    DataType.DATE: DateType,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of a revision, and the field of the table that its values go to.

    `fields` are those of an object. `field` holds no more of the table's than the revision has.
    """

    column: Column
    field: NestedField
    fields: tuple["Placed", ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A column that the table lacks, below the columns of `path`."""

    path: tuple[str, ...]
    column: Column
    name: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How a revision fits a table."""

    placed: list[Placed]
    missing: list[Missing]
    apart: list[ColumnApart]


def fit_columns(columns: Sequence[Column], schema: Schema, json_ids: Iterable[int]) -> Fit:
    """Return where the columns of a revision are, or would be, in a table."""
    fit = Fit([], [], [])
    fit.placed.extend(_Fitting(fit, frozenset(json_ids)).place(columns, schema.fields, (), ()))
    return fit


def json_ids_of(properties: dict[str, str]) -> frozenset[int]:
    """Return the ids of a table's columns of JSON."""
    return frozenset(int(text) for text in properties.get(JSON_COLUMNS, "").split(",") if text)


def id_of_json(field: NestedField) -> int:
    """Return the id by which a column of JSON is known, an array's by its elements."""
    found: int = field.field_type.element_id if isinstance(field.field_type, ListType) else field.field_id
    return found


class _Fitting:
    def __init__(self, fit: Fit, json_ids: frozenset[int]) -> None:
        self._fit = fit
        self._json_ids = json_ids

    def place(
        self, columns: Sequence[Column], fields: Sequence[NestedField], path: tuple[str, ...], keys: tuple[str, ...]
    ) -> list[Placed]:
        """Return the columns of one level that are there; `path` names the columns above, `keys` the fields."""
        held = {field.name: field for field in fields}
        # A column apart never takes the name of a field that the revision itself has.
        taken = {column.name for column in columns}
        placed = []
        for column in columns:
            for name in names_for(column):
                if (name != column.name and name in taken) or (name == PARTITION and not path):
                    continue
                if name not in held:
                    self._fit.missing.append(Missing(path, column, name))
                elif self._holds(held[name], column):
                    placed.append(self._placed(held[name], column, path, keys))
                else:
                    continue
                taken.add(name)
                if name != column.name:
                    self._fit.apart.append(ColumnApart(".".join([*keys, column.name]), ".".join([*path, name])))
                break
        return placed

    def _holds(self, field: NestedField, column: Column) -> bool:
        held = field.field_type
        if isinstance(held, ListType) != column.is_array:
            return False
        if isinstance(held, ListType):
            held = held.element_type
        if column.type == DataType.OBJECT:
            return isinstance(held, StructType)
        if column.type in {DataType.STRING, DataType.JSON}:
            is_json = id_of_json(field) in self._json_ids
            return isinstance(held, StringType) and is_json == (column.type == DataType.JSON)
        return isinstance(held, _TYPES[column.type])

    def _placed(self, field: NestedField, column: Column, path: tuple[str, ...], keys: tuple[str, ...]) -> Placed:
        if column.type != DataType.OBJECT:
            return Placed(column, field)
        held = field.field_type
        struct = held.element_type if isinstance(held, ListType) else held
        inner = self.place(column.fields, struct.fields, (*path, field.name), (*keys, column.name))
        part: Any = StructType(*(one.field for one in inner))
        if isinstance(held, ListType):
            part = ListType(held.element_id, element_type=part, element_required=held.element_required)
        return Placed(column, _with_type(field, part), tuple(inner))


def _with_type(field: NestedField, field_type: Any) -> NestedField:
    return NestedField(field.field_id, field.name, field_type, required=field.required, doc=field.doc)


class Ids:
    """Counts the ids of fields that are about to be made; the catalog gives others."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def iceberg_type(column: Column, ids: Ids) -> Any:
    """Return the type of a column that is to be made."""
    if column.type == DataType.OBJECT:
        one: Any = StructType(*(iceberg_field(field, field.name, ids) for field in column.fields))
    else:
        one = _TYPES[column.type]()
    return ListType(ids.next(), one, element_required=False) if column.is_array else one


def iceberg_field(column: Column, name: str, ids: Ids) -> NestedField:
    """Return a column that is to be made."""
    field_type = iceberg_type(column, ids)
    return NestedField(ids.next(), name, field_type, required=False, doc=column.description or None)


def json_fields(column: Column, field: NestedField) -> list[int]:
    """Return the ids of the columns of JSON that were made for a column."""
    if column.type == DataType.JSON:
        return [id_of_json(field)]
    held = field.field_type
    struct = held.element_type if isinstance(held, ListType) else held
    if not isinstance(struct, StructType):
        return []
    fields = {one.name: one for one in struct.fields}
    return [found for inner in column.fields for found in json_fields(inner, fields[inner.name])]
