"""DuckDB: a view that reads the objects each time it is queried.

https://duckdb.org/docs/stable/data/json/loading_json
"""

import json
from collections.abc import Sequence
from typing import Any

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source
from domain.warehouses.grants import managed_bucket_policy, read_policy
from domain.warehouses.quoting import double_quoted, literal
from schemas.data_types import DataType
from schemas.limits import MAX_EVENT_BYTES
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPES = {
    DataType.STRING: "VARCHAR",
    DataType.INT: "BIGINT",
    DataType.FLOAT: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.DATE: "DATE",
    DataType.DATETIME: "TIMESTAMP",
    DataType.TIMESTAMP: "TIMESTAMPTZ",
    DataType.JSON: "JSON",
}
_LINE_BYTES = 2 * MAX_EVENT_BYTES
"""More than any line has, with its stamps."""


def create(source: Source, columns: Sequence[Column]) -> Script:
    rows, view = double_quoted(source.rows_table), double_quoted(source.table)
    once = (
        f"SELECT *\nFROM {rows}\n"
        f"QUALIFY row_number() OVER (PARTITION BY {double_quoted(EVENT_ID)} ORDER BY {double_quoted(RECEIVED_AT)}) = 1"
    )
    return Script(
        [
            *_access(source),
            f"CREATE OR REPLACE VIEW {rows} AS\n{_query(source, columns)}",
            f"CREATE OR REPLACE VIEW {view} AS\n{once}",
        ],
        check=f"SELECT count(*) AS events, max({double_quoted(RECEIVED_AT)}) AS newest\nFROM {view}",
        grants=[]
        if source.folder
        else [read_policy(source, "the AWS credentials that DuckDB uses"), *managed_bucket_policy(source)],
        notes=[
            "There has to be at least one object, or DuckDB does not make the views.",
            (
                "DuckDB loads nothing: the views read the objects at every query. "
                f"{source.rows_table} reads only the days that you ask for by _partition_date, and has repeats; "
                f"{source.table} has each event once, and reads everything."
            ),
            "A value that does not fit its column's type is NULL.",
            "Inside objects, a TIMESTAMP with the format unix_seconds is a number.",
        ],
    )


def change(source: Source, difference: Change) -> Script:
    script = create(source, difference.after)
    return script._replace(statements=script.statements[-2:], notes=[*script.notes, KEPT_NOTE])


ENGINE = Engine("duckdb", "DuckDB", create, change)


def _access(source: Source) -> list[str]:
    if source.folder:
        return []
    secret = double_quoted(f"{source.table}_s3")
    region = f", REGION {literal(source.region)}" if source.region else ""
    scope = literal(source.url)
    return [
        "INSTALL httpfs",
        "LOAD httpfs",
        f"CREATE OR REPLACE SECRET {secret} (TYPE s3, PROVIDER credential_chain{region}, SCOPE {scope})",
    ]


def _query(source: Source, columns: Sequence[Column]) -> str:
    place = f"{source.folder}/{source.bucket}/{source.prefix}" if source.folder else source.url
    structure = literal(json.dumps({column.name: _structure(column) for column in columns}))
    selected = ",\n".join(f"  {_value(column)} AS {double_quoted(column.name)}" for column in columns)
    return (
        f"SELECT\n{selected},\n  _partition_date,\n  _partition_hour\nFROM (\n"
        f"  SELECT json_transform(json, {structure}) AS event,\n"
        "    CAST(dt AS DATE) AS _partition_date, CAST(hour AS INTEGER) AS _partition_hour\n"
        f"  FROM read_ndjson_objects({literal(place + 'dt=*/hour=*/*.gz')}, compression = 'gzip',\n"
        f"    maximum_object_size = {_LINE_BYTES}, hive_partitioning = true)\n"
        ")"
    )


def _structure(column: Column) -> Any:
    element: Any = _TYPES.get(column.type)
    if column.type == DataType.OBJECT:
        element = {field.name: _structure(field) for field in column.fields}
    elif column.in_seconds:
        element = "BIGINT"
    return [element] if column.is_array else element


def _value(column: Column) -> str:
    value = f"event.{double_quoted(column.name)}"
    if not column.in_seconds:
        return value
    return f"[to_timestamp(x) FOR x IN {value}]" if column.is_array else f"to_timestamp({value})"
