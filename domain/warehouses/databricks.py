"""Databricks: Auto Loader fills a streaming table, and a materialized view makes typed rows of it.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-ddl-create-streaming-table
https://docs.databricks.com/aws/en/sql/language-manual/functions/read_files
"""

from collections.abc import Sequence

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source
from domain.warehouses.grants import managed_bucket_policy, read_policy, trust_policy
from domain.warehouses.quoting import backticked, escaped_literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPES = {
    DataType.STRING: "STRING",
    DataType.INT: "BIGINT",
    DataType.FLOAT: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.DATE: "DATE",
    DataType.DATETIME: "TIMESTAMP_NTZ",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.JSON: "VARIANT",
}
_SCHEDULE = "SCHEDULE CRON '0 0/5 * * * ?' AT TIME ZONE 'UTC'"
_UNITY_CATALOG = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"


def create(source: Source, columns: Sequence[Column]) -> Script:
    return Script(
        [
            (
                f"CREATE EXTERNAL LOCATION IF NOT EXISTS {backticked(source.table + '_s3')}\n"
                f"  URL {escaped_literal(source.url)}\n  WITH (STORAGE CREDENTIAL {backticked(source.role_name)})"
            ),
            (
                f"CREATE OR REFRESH STREAMING TABLE {backticked(source.raw_table)}\n  {_SCHEDULE}\n"
                f"  AS SELECT event\n  FROM STREAM read_files({escaped_literal(source.url)}, format => 'json', "
                "singleVariantColumn => 'event')"
            ),
            _typed(source, columns),
        ],
        check=_check(source),
        grants=[
            read_policy(source, assumes_itself=True),
            trust_policy(
                f"Trust policy of the role {source.role_name}; Databricks asks that it may assume itself",
                {"AWS": [_UNITY_CATALOG, source.role_arn]},
                {"StringEquals": {"sts:ExternalId": "<STORAGE_CREDENTIAL_EXTERNAL_ID>"}},
            ),
            *managed_bucket_policy(source),
        ],
        notes=[
            (
                f"First make a storage credential called {source.role_name} in Catalog Explorer, with the role's ARN, "
                "and limit it to read-only use: the role may not write. It shows the external id for the trust policy."
            ),
            "Needs Unity Catalog and a serverless SQL warehouse. Both tables refresh every 5 minutes.",
            (
                f"{source.table} has each _event_id once. What was loaded stays in {source.raw_table}, one row for "
                "each delivered line."
            ),
            (
                "A value that does not fit its column's type is NULL, and is still in the raw table. Inside objects, a "
                "TIMESTAMP with the format unix_seconds is a number."
            ),
        ],
    )


def change(source: Source, difference: Change) -> Script:
    return Script(
        [_typed(source, difference.after)],
        _check(source),
        grants=[],
        notes=[
            (
                "The streaming table goes on loading. The materialized view is made again from all raw rows, with the "
                "types of the later revision."
            ),
            KEPT_NOTE,
        ],
    )


ENGINE = Engine("databricks", "Databricks", create, change)


def _check(source: Source) -> str:
    return f"SELECT COUNT(*) AS events, MAX({backticked(RECEIVED_AT)}) AS newest\nFROM {backticked(source.table)}"


def _typed(source: Source, columns: Sequence[Column]) -> str:
    selected = ",\n".join(f"  {_value(column)} AS {backticked(column.name)}" for column in columns)
    event_id, received_at = (f"event:{backticked(name)}::STRING" for name in (EVENT_ID, RECEIVED_AT))
    return (
        f"CREATE OR REPLACE MATERIALIZED VIEW {backticked(source.table)}\n  {_SCHEDULE}\n"
        f"  AS SELECT\n{selected}\nFROM {backticked(source.raw_table)}\n"
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {event_id} ORDER BY {received_at}) = 1"
    )


def _value(column: Column) -> str:
    path = escaped_literal(f"$.{column.name}")
    value = f"try_variant_get(event, {path}, {escaped_literal(_type(column))})"
    if not column.in_seconds:
        return value
    return f"transform({value}, x -> timestamp_seconds(x))" if column.is_array else f"timestamp_seconds({value})"


def _type(column: Column) -> str:
    element = _TYPES.get(column.type, "")
    if column.type == DataType.OBJECT:
        inner = ", ".join(f"{backticked(field.name)}: {_type(field)}" for field in column.fields)
        element = f"STRUCT<{inner}>"
    elif column.in_seconds:
        element = "BIGINT"
    return f"ARRAY<{element}>" if column.is_array else element
