"""Athena: a table over the delivered lines, and views that make typed rows of them.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
https://docs.aws.amazon.com/athena/latest/ug/create-view.html
"""

from collections.abc import Sequence

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source
from domain.warehouses.grants import managed_bucket_policy, read_policy
from domain.warehouses.quoting import backticked, double_quoted, escaped_literal, path_literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TIMES = frozenset({DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP})
_CASTS = {
    DataType.STRING: "{}",
    DataType.INT: "TRY_CAST({} AS BIGINT)",
    DataType.FLOAT: "TRY_CAST({} AS DOUBLE)",
    DataType.BOOLEAN: "TRY_CAST({} AS BOOLEAN)",
    DataType.DATE: "TRY_CAST({} AS DATE)",
    DataType.DATETIME: "TRY_CAST(REPLACE({}, 'T', ' ') AS TIMESTAMP(6))",
    DataType.TIMESTAMP: "TRY_CAST(REPLACE(REPLACE({}, 'T', ' '), 'Z', '') AS TIMESTAMP(6))",
}
_TYPES = {
    DataType.STRING: "VARCHAR",
    DataType.INT: "BIGINT",
    DataType.FLOAT: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    # Of JSON text, none of these can be cast.
    DataType.DATE: "VARCHAR",
    DataType.DATETIME: "VARCHAR",
    DataType.TIMESTAMP: "VARCHAR",
}
_SECONDS = "DATE_ADD('second', TRY_CAST({} AS BIGINT), TIMESTAMP '1970-01-01 00:00:00.000000')"


def create(source: Source, columns: Sequence[Column]) -> Script:
    raw = backticked(source.raw_table)
    properties = {
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": f"{source.since},NOW+1DAY",
        "projection.hour.type": "integer",
        "projection.hour.range": "0,23",
        "projection.hour.digits": "2",
        "storage.location.template": f"{source.url}dt=${{dt}}/hour=${{hour}}/",
    }
    written = ",\n".join(f"  {escaped_literal(name)} = {escaped_literal(value)}" for name, value in properties.items())
    return Script(
        [
            (
                f"CREATE EXTERNAL TABLE IF NOT EXISTS {raw} (\n  `line` string\n)\n"
                "PARTITIONED BY (`dt` string, `hour` string)\nROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001'\n"
                f"LOCATION {escaped_literal(source.url)}\nTBLPROPERTIES (\n{written}\n)"
            ),
            *_typed(source, columns),
        ],
        check=_check(source),
        grants=[read_policy(source, "the people and roles that query with Athena"), *managed_bucket_policy(source)],
        notes=[
            "Run the statements one after another: Athena takes one at a time.",
            (
                "Athena loads nothing: the views read the objects at every query, and you pay for what is read. "
                f"{source.rows_table} reads only the days that you ask for by _partition_date, and has repeats; "
                f"{source.table} has each event once, and reads everything."
            ),
            (
                "Times are in UTC. JSON is text, and so is an object that holds JSON at any depth. Times inside "
                "objects are as they were delivered."
            ),
            "A value that does not fit its column's type is NULL.",
            "Needs engine version 3, and rights on the Glue Data Catalog and on the place of Athena's results.",
        ],
    )


def change(source: Source, difference: Change) -> Script:
    return Script(
        _typed(source, difference.after),
        _check(source),
        grants=[],
        notes=["The views show all objects with the types of the later revision.", KEPT_NOTE],
    )


ENGINE = Engine("athena", "Amazon Athena", create, change, max_statement_bytes=262_144)


def _check(source: Source) -> str:
    newest = double_quoted(RECEIVED_AT)
    return (
        f"SELECT COUNT(*) AS events, MAX({newest}) AS newest\nFROM {double_quoted(source.rows_table)}\n"
        "WHERE \"_partition_date\" >= CAST(CURRENT_DATE - INTERVAL '1' DAY AS VARCHAR)"
    )


def _typed(source: Source, columns: Sequence[Column]) -> list[str]:
    rows, view, raw = (double_quoted(name) for name in (source.rows_table, source.table, source.raw_table))
    typed = ",\n".join(f"  {_value(column)} AS {double_quoted(column.name)}" for column in columns)
    names = ",\n".join(f"  {double_quoted(column.name)}" for column in columns)
    return [
        (
            f'CREATE OR REPLACE VIEW {rows} AS\nSELECT\n{typed},\n  "dt" AS "_partition_date",\n'
            f'  "hour" AS "_partition_hour"\nFROM {raw}'
        ),
        (
            f'CREATE OR REPLACE VIEW {view} AS\nSELECT\n{names},\n  "_partition_date",\n  "_partition_hour"\nFROM (\n'
            f"  SELECT *, ROW_NUMBER() OVER (PARTITION BY {double_quoted(EVENT_ID)} "
            f'ORDER BY {double_quoted(RECEIVED_AT)}) AS "_partition_repeat"\n  FROM {rows}\n)\n'
            'WHERE "_partition_repeat" = 1'
        ),
    ]


def _value(column: Column) -> str:
    path = path_literal(column.name)
    if _is_text(column):
        return f'JSON_FORMAT(JSON_EXTRACT("line", {path}))'
    if column.is_array and column.type in _TIMES:
        element = _SECONDS if column.in_seconds else _CASTS[column.type]
        return f'TRANSFORM(TRY_CAST(JSON_EXTRACT("line", {path}) AS ARRAY(VARCHAR)), x -> {element.replace("{}", "x")})'
    if column.is_array or column.type == DataType.OBJECT:
        return f'TRY_CAST(JSON_EXTRACT("line", {path}) AS {_type(column)})'
    cast = _SECONDS if column.in_seconds else _CASTS[column.type]
    return cast.replace("{}", f'JSON_EXTRACT_SCALAR("line", {path})')


def _is_text(column: Column) -> bool:
    """Say whether a column stays JSON text: of JSON inside an object Athena can make no column."""
    return column.type == DataType.JSON or any(map(_is_text, column.fields))


def _type(column: Column) -> str:
    element = _TYPES.get(column.type, "")
    if column.type == DataType.OBJECT:
        element = f"ROW({', '.join(f'{double_quoted(field.name)} {_type(field)}' for field in column.fields)})"
    elif column.in_seconds:
        element = "BIGINT"
    return f"ARRAY({element})" if column.is_array else element
