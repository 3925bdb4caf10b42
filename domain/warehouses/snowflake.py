"""Snowflake: Snowpipe loads each new object, and a dynamic table makes typed rows of it.

https://docs.snowflake.com/en/user-guide/data-load-snowpipe-auto-s3
https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table
"""

from collections.abc import Sequence

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source
from domain.warehouses.grants import managed_bucket_policy, notification_command, read_policy, trust_policy
from domain.warehouses.quoting import double_quoted, literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPED = {
    DataType.STRING: "{}::VARCHAR",
    DataType.INT: "AS_INTEGER({})::NUMBER(38, 0)",
    # AS_DOUBLE is NULL for a number that came without an exponent: a VARIANT has those as integers and decimals.
    DataType.FLOAT: "CASE WHEN TYPEOF({}) IN ('INTEGER', 'DECIMAL', 'DOUBLE') THEN {}::FLOAT END",
    DataType.BOOLEAN: "AS_BOOLEAN({})",
    DataType.DATE: "TRY_TO_DATE({}::VARCHAR, 'YYYY-MM-DD')",
    DataType.DATETIME: "TRY_TO_TIMESTAMP_NTZ({}::VARCHAR)",
    DataType.TIMESTAMP: "TRY_TO_TIMESTAMP_TZ({}::VARCHAR)",
    DataType.JSON: "{}",
    DataType.OBJECT: "AS_OBJECT({})",
}
_SECONDS = "TO_TIMESTAMP_TZ(AS_INTEGER({}), 0)"
_ARRAY = "AS_ARRAY({})"
_WAREHOUSE = '"<WAREHOUSE>"'


def create(source: Source, columns: Sequence[Column]) -> Script:
    raw, table = double_quoted(source.raw_table), double_quoted(source.table)
    integration, stage, load = (double_quoted(f"{source.table}_{what}") for what in ("s3", "stage", "load"))
    copy = (
        f"COPY INTO {raw}\n  FROM (SELECT $1, METADATA$FILENAME FROM @{stage})\n"
        "  FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP)"
    )
    if source.is_managed:
        loading = [
            f"CREATE TASK IF NOT EXISTS {load}\n  WAREHOUSE = {_WAREHOUSE}\n  SCHEDULE = '5 MINUTES'\n  AS\n  {copy}",
            f"ALTER TASK {load} RESUME",
        ]
        way = (
            "A task loads new objects every 5 minutes: the deployment's own bucket can't notify Snowpipe of them. It "
            "remembers for 64 days which objects it has loaded."
        )
    else:
        loading = [
            f"CREATE PIPE IF NOT EXISTS {load}\n  AUTO_INGEST = TRUE\n  AS\n  {copy}",
            f"SHOW PIPES LIKE {literal(f'{source.table}_load')}",
            f"ALTER PIPE {load} REFRESH",
        ]
        way = (
            "SHOW PIPES shows the notification_channel for the bucket's event notification. ALTER PIPE … REFRESH loads "
            "the objects of the last 7 days that were there before."
        )
    return Script(
        [
            (
                f"CREATE STORAGE INTEGRATION IF NOT EXISTS {integration}\n  TYPE = EXTERNAL_STAGE\n"
                f"  STORAGE_PROVIDER = 'S3'\n  ENABLED = TRUE\n  STORAGE_AWS_ROLE_ARN = {literal(source.role_arn)}\n"
                f"  STORAGE_AWS_EXTERNAL_ID = {literal(source.environment_id)}\n"
                f"  STORAGE_ALLOWED_LOCATIONS = ({literal(source.url)})"
            ),
            f"DESC INTEGRATION {integration}",
            (
                f"CREATE STAGE IF NOT EXISTS {stage}\n  URL = {literal(source.url)}\n"
                f"  STORAGE_INTEGRATION = {integration}\n  FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP)"
            ),
            f'CREATE TABLE IF NOT EXISTS {raw} (\n  "event" VARIANT NOT NULL,\n  "object" VARCHAR NOT NULL\n)',
            *loading,
            _typed(source, columns),
        ],
        check=f'SELECT COUNT(*) AS "events", MAX({double_quoted(RECEIVED_AT)}) AS "newest"\nFROM {table}',
        grants=[
            read_policy(source),
            trust_policy(
                f"Trust policy of the role {source.role_name}; DESC INTEGRATION shows who assumes it",
                {"AWS": "<STORAGE_AWS_IAM_USER_ARN>"},
                {"StringEquals": {"sts:ExternalId": source.environment_id}},
            ),
            *([] if source.is_managed else [notification_command(source, "<notification_channel>")]),
            *managed_bucket_policy(source),
        ],
        notes=[
            (
                "Fill in <AWS_ACCOUNT_ID> and <WAREHOUSE>, the warehouse that makes the typed rows; its name is in "
                "upper case if it was made without quotes."
            ),
            "Run the script up to DESC INTEGRATION, make the role with STORAGE_AWS_IAM_USER_ARN, then run the rest.",
            way,
            (
                f"{source.table} has each _event_id once, at most 5 minutes late. What was loaded stays in "
                f"{source.raw_table}, one row for each delivered line."
            ),
            "Column names are lower case: quote them.",
            (
                "A value that does not fit its column's type is NULL, and is still in the raw table. Arrays and "
                "objects are ARRAY and OBJECT, with times as they were delivered."
            ),
        ],
    )


def change(source: Source, difference: Change) -> Script:
    script = create(source, difference.after)
    return script._replace(
        statements=[_typed(source, difference.after)],
        grants=[],
        notes=[
            "Fill in <WAREHOUSE>. Loading goes on meanwhile.",
            "The typed table is made again from all raw rows, with the types of the later revision.",
            KEPT_NOTE,
        ],
    )


ENGINE = Engine("snowflake", "Snowflake", create, change, max_columns=2_000, max_statement_bytes=1_000_000)


def _typed(source: Source, columns: Sequence[Column]) -> str:
    selected = ",\n".join(f"  {_value(column)} AS {double_quoted(column.name)}" for column in columns)
    event_id, received_at = (f'"event":{double_quoted(name)}::VARCHAR' for name in (EVENT_ID, RECEIVED_AT))
    return (
        f"CREATE OR REPLACE DYNAMIC TABLE {double_quoted(source.table)}\n  TARGET_LAG = '5 minutes'\n"
        f"  WAREHOUSE = {_WAREHOUSE}\n  AS\n"
        f"SELECT\n{selected}\nFROM {double_quoted(source.raw_table)}\n"
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {event_id} ORDER BY {received_at}) = 1"
    )


def _value(column: Column) -> str:
    pattern = _ARRAY if column.is_array else _SECONDS if column.in_seconds else _TYPED[column.type]
    return pattern.replace("{}", f'"event":{double_quoted(column.name)}')
