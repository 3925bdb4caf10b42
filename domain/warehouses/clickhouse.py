"""ClickHouse: S3Queue reads each new object, and a materialized view makes typed rows of it.

https://clickhouse.com/docs/engines/table-engines/integrations/s3queue
https://clickhouse.com/docs/engines/table-engines/mergetree-family/replacingmergetree
"""

from collections.abc import Sequence

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source
from domain.warehouses.grants import managed_bucket_policy, read_policy, trust_policy
from domain.warehouses.quoting import escaped_backticked, escaped_literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPES = {
    DataType.STRING: "String",
    DataType.INT: "Int64",
    DataType.FLOAT: "Float64",
    DataType.BOOLEAN: "Bool",
    DataType.DATE: "Date32",
    DataType.DATETIME: "DateTime64(6, 'UTC')",
    DataType.TIMESTAMP: "DateTime64(6, 'UTC')",
    DataType.JSON: "String",
}
_TIMES = frozenset({DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP})
_PARSED = {
    DataType.DATE: "toDate32OrNull({})",
    DataType.DATETIME: "parseDateTime64BestEffortOrNull({}, 6, 'UTC')",
    DataType.TIMESTAMP: "parseDateTime64BestEffortOrNull({}, 6, 'UTC')",
}
_SECONDS = "toDateTime64({}, 6, 'UTC')"


def create(source: Source, columns: Sequence[Column]) -> Script:
    rows, queue, view = (
        escaped_backticked(name) for name in (source.rows_table, f"{source.table}_queue", source.table)
    )
    declared = ",\n".join(f"  {_declared(column)}" for column in columns)
    return Script(
        [
            (
                f"CREATE TABLE IF NOT EXISTS {rows} (\n{declared}\n)\nENGINE = ReplacingMergeTree\n"
                f"ORDER BY {escaped_backticked(EVENT_ID)}"
            ),
            (
                f"CREATE TABLE IF NOT EXISTS {queue} (line String)\n"
                f"ENGINE = S3Queue({escaped_literal(_address(source))}, 'LineAsString', 'gzip', "
                f"extra_credentials(role_arn = {escaped_literal(source.role_arn)}))\n"
                "SETTINGS mode = 'unordered'"
            ),
            _loading(source, columns, "IF NOT EXISTS "),
            f"CREATE VIEW IF NOT EXISTS {view} AS SELECT * FROM {rows} FINAL",
        ],
        check=_check(source),
        grants=[
            read_policy(source),
            trust_policy(
                f"Trust policy of the role {source.role_name}, for ClickHouse Cloud; the service's settings show its "
                "IAM role",
                {"AWS": "<CLICKHOUSE_SERVICE_ROLE_ARN>"},
            ),
            *managed_bucket_policy(source),
        ],
        notes=[
            (
                "Fill in <AWS_ACCOUNT_ID>. On a server of your own, leave out extra_credentials and give the server's "
                "own AWS credentials the permissions."
            ),
            f"{source.table} has each _event_id once. {source.rows_table} has repeats until they are merged.",
            "S3Queue loads all objects that are there, then each new one. It needs Keeper, and version 24.7 or later.",
            (
                "JSON is text; inside objects, a JSON string is only what it says. An object that is missing has "
                "NULLs inside. Times inside objects are as they were "
                "delivered: texts, or numbers for the format unix_seconds."
            ),
            "Before version 26, ClickHouse keeps times and dates of the years 1900 to 2299 only.",
            "A value that does not fit its column's type is NULL.",
        ],
    )


def change(source: Source, difference: Change) -> Script:
    rows, loader, view = (escaped_backticked(name) for name in (source.rows_table, _loader(source), source.table))
    changed = [(earlier, later) for earlier, later in difference.retyped if _type(earlier) != _type(later)]
    suffix = f"_until_{source.revision_id[-8:].lower()}"
    renamed = [
        f"ALTER TABLE {rows} RENAME COLUMN {escaped_backticked(earlier.name)} TO "
        f"{escaped_backticked(earlier.name + suffix)}"
        for earlier, _ in changed
    ]
    added = [
        f"ALTER TABLE {rows} ADD COLUMN IF NOT EXISTS {_declared(column)}"
        for column in [*difference.added, *(later for _, later in changed)]
    ]
    notes = [
        "Nothing is lost while the materialized view is away: S3Queue waits until there is one again.",
        "Rows that were loaded before have NULL in new columns.",
        KEPT_NOTE,
    ]
    if changed:
        names = ", ".join(earlier.name + suffix for earlier, _ in changed)
        notes.append(f"Columns whose type changes keep their earlier values under other names: {names}.")
    return Script(
        [
            f"DROP VIEW IF EXISTS {loader}",
            f"DROP VIEW IF EXISTS {view}",
            *renamed,
            *added,
            _loading(source, difference.after, ""),
            f"CREATE VIEW {view} AS SELECT * FROM {rows} FINAL",
        ],
        _check(source),
        grants=[],
        notes=notes,
    )


ENGINE = Engine("clickhouse", "ClickHouse", create, change, max_statement_bytes=262_144)


def _address(source: Source) -> str:
    region = source.region or "<REGION>"
    return f"https://s3.{region}.amazonaws.com/{source.bucket}/{source.prefix}dt=*/hour=*/*.gz"


def _check(source: Source) -> str:
    newest = escaped_backticked(RECEIVED_AT)
    return f"SELECT count() AS events, max({newest}) AS newest\nFROM {escaped_backticked(source.table)}"


def _loader(source: Source) -> str:
    return f"{source.table}_loader"


def _loading(source: Source, columns: Sequence[Column], condition: str) -> str:
    selected = ",\n".join(f"  {value_of(column)} AS {escaped_backticked(column.name)}" for column in columns)
    return (
        f"CREATE MATERIALIZED VIEW {condition}{escaped_backticked(_loader(source))} "
        f"TO {escaped_backticked(source.rows_table)} AS\n"
        f"SELECT\n{selected}\nFROM {escaped_backticked(f'{source.table}_queue')}"
    )


def value_of(column: Column) -> str:
    """Return the expression that reads a column from a line; for times, through their texts or numbers."""
    key = escaped_literal(column.name)
    if column.name == EVENT_ID:
        return f"JSONExtractString(line, {key})"
    if column.type == DataType.JSON:
        extract = "JSONExtractArrayRaw(line, {})" if column.is_array else "nullIf(JSONExtractRaw(line, {}), '')"
        return extract.replace("{}", key)
    if column.type not in _TIMES:
        return f"JSONExtract(line, {key}, {escaped_literal(_type(column))})"
    raw = "Int64" if column.in_seconds else "String"
    pattern = _SECONDS if column.in_seconds else _PARSED[column.type]
    if column.is_array:
        values = f"JSONExtract(line, {key}, 'Array(Nullable({raw}))')"
        return f"arrayMap(x -> {pattern.replace('{}', 'x')}, {values})"
    return pattern.replace("{}", f"JSONExtract(line, {key}, 'Nullable({raw})')")


def _declared(column: Column) -> str:
    described = f" COMMENT {escaped_literal(column.description)}" if column.description else ""
    return f"{escaped_backticked(column.name)} {_type(column)}{described}"


def _type(column: Column) -> str:
    if column.name == EVENT_ID:
        return "String"
    if column.type == DataType.OBJECT:
        inner = ", ".join(f"{escaped_backticked(field.name)} {_inner(field)}" for field in column.fields)
        return f"Array(Tuple({inner}))" if column.is_array else f"Tuple({inner})"
    element = f"Nullable({_TYPES[column.type]})"
    return f"Array({element})" if column.is_array else element


def _inner(column: Column) -> str:
    """Return the type of a value inside an object, where times stay as they were delivered."""
    if column.type not in _TIMES:
        return _type(column)
    element = f"Nullable({'Int64' if column.in_seconds else 'String'})"
    return f"Array({element})" if column.is_array else element
