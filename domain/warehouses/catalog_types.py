"""What a column's type is called in a table of the Glue Data Catalog, by Hive and by Trino, of which Athena is one."""

from collections.abc import Mapping, Sequence

from domain.warehouses.columns import Column
from domain.warehouses.quoting import double_quoted
from schemas.data_types import DataType

_HIVE: Mapping[DataType, str] = {
    DataType.STRING: "string",
    DataType.JSON: "string",
    DataType.INT: "bigint",
    DataType.FLOAT: "double",
    DataType.BOOLEAN: "boolean",
    DataType.DATETIME: "timestamp",
    DataType.TIMESTAMP: "timestamp",
    DataType.DATE: "date",
}
_TRINO: Mapping[DataType, str] = {**_HIVE, DataType.STRING: "varchar", DataType.JSON: "varchar"}


def hive_type(column: Column) -> str:
    """Return the type of a column as Glue and Athena have it."""
    one = f"struct<{_fields(column.fields)}>" if column.type == DataType.OBJECT else _HIVE[column.type]
    return f"array<{one}>" if column.is_array else one


def _fields(columns: Sequence[Column]) -> str:
    return ",".join(f"{column.name}:{hive_type(column)}" for column in columns)


def trino_type(column: Column) -> str:
    """Return the type of a column as a view of Trino has it."""
    if column.type == DataType.OBJECT:
        one = f"row({', '.join(f'{double_quoted(field.name)} {trino_type(field)}' for field in column.fields)})"
    else:
        one = _TRINO[column.type]
    return f"array({one})" if column.is_array else one
