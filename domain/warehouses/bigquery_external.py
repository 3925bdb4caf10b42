"""BigQuery: an external table over the objects in S3, and a view that leaves repeats out.

https://cloud.google.com/bigquery/docs/omni-aws-create-external-table
https://cloud.google.com/bigquery/docs/omni-aws-create-connection
"""

from collections.abc import Sequence

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import KEPT_NOTE, Engine, Script, Source, names_of
from domain.warehouses.grants import managed_bucket_policy, read_policy, web_identity_policy
from domain.warehouses.quoting import escaped_backticked, escaped_literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPES = {
    DataType.STRING: "STRING",
    DataType.INT: "INT64",
    DataType.FLOAT: "FLOAT64",
    DataType.BOOLEAN: "BOOL",
    DataType.DATE: "DATE",
    DataType.DATETIME: "DATETIME",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.JSON: "JSON",
}
DATASET = "<DATASET>"
SESSION_NOTE = "Set the role's maximum session duration to 12 hours, since a query of BigQuery can run for 6."
_PARTITION_KEYS = frozenset({"dt", "hour"})


def create(source: Source, columns: Sequence[Column]) -> Script:
    partitioned = is_partitioned(columns)
    return Script(
        [
            (
                f"CREATE SCHEMA IF NOT EXISTS {escaped_backticked(DATASET)}\n"
                f"OPTIONS (location = {escaped_literal(_location(source))})"
            ),
            *_tables(source, columns, set()),
        ],
        check=_check(source),
        grants=[
            read_policy(source),
            web_identity_policy(
                f"Trust policy of the role {source.role_name}; the connection shows its BigQuery Google identity",
                "accounts.google.com",
                "<BIGQUERY_GOOGLE_IDENTITY>",
            ),
            *managed_bucket_policy(source),
        ],
        notes=[
            (
                f"Fill in {DATASET} and <CONNECTION>. First make the role and, in BigQuery, an AWS connection with "
                f"its ARN in {_location(source)}. {SESSION_NOTE}"
            ),
            "BigQuery loads nothing: it reads the objects at every query. It reads S3 in a few regions of AWS only.",
            f"{source.table} has each event once, and reads everything. "
            + (
                f"{source.rows_table} reads only the days that you ask for by dt, and has repeats of events."
                if partitioned
                else "A field is called dt or hour, so that partitions can't be columns."
            ),
            (
                "A query fails at a value that does not fit its column, as of an earlier revision with another type. "
                "The script from that revision to this one makes the column JSON."
            ),
            "To load events into tables of BigQuery, use a destination of the type bigquery instead.",
        ],
    )


def change(source: Source, difference: Change) -> Script:
    retyped = {column.name for _, column in difference.retyped}
    notes = ["The tables show all objects.", KEPT_NOTE]
    if retyped:
        changed = names_of([column for _, column in difference.retyped])
        notes.append(f"Columns of another type in each revision are JSON: {changed}.")
    return Script(_tables(source, difference.after, retyped), _check(source), grants=[], notes=notes)


ENGINE = Engine(
    "bigquery_external", "BigQuery (external table)", create, change, max_columns=10_000, max_statement_bytes=1_048_576
)


def aws_location(region: str) -> str:
    """Return what BigQuery calls a region of AWS."""
    return f"aws-{region}"


def _location(source: Source) -> str:
    return aws_location(source.region or "<REGION>")


def is_partitioned(columns: Sequence[Column]) -> bool:
    """Say whether partitions can be columns: no field may be called as one."""
    return not any(column.name in _PARTITION_KEYS for column in columns)


def _in_dataset(name: str) -> str:
    return f"{escaped_backticked(DATASET)}.{escaped_backticked(name)}"


def _check(source: Source) -> str:
    newest = escaped_backticked(RECEIVED_AT)
    return f"SELECT COUNT(*) AS events, MAX({newest}) AS newest\nFROM {_in_dataset(source.table)}"


def _tables(source: Source, columns: Sequence[Column], retyped: set[str]) -> list[str]:
    rows, view = _in_dataset(source.rows_table), _in_dataset(source.table)
    declared = ",\n".join(f"  {_declared(column, column.name in retyped)}" for column in columns)
    partitions, prefix = "", ""
    if is_partitioned(columns):
        partitions = "WITH PARTITION COLUMNS (dt DATE, hour STRING)\n"
        prefix = f",\n  hive_partition_uri_prefix = {escaped_literal(source.url.rstrip('/'))}"
    connection = f"{escaped_backticked(_location(source))}.{escaped_backticked('<CONNECTION>')}"
    return [
        (
            f"CREATE OR REPLACE EXTERNAL TABLE {rows} (\n{declared}\n)\n{partitions}WITH CONNECTION {connection}\n"
            f"OPTIONS (\n  format = 'NEWLINE_DELIMITED_JSON',\n  compression = 'GZIP',\n"
            f"  ignore_unknown_values = TRUE,\n"
            f"  uris = [{escaped_literal(source.url + '*')}]{prefix}\n)"
        ),
        (
            f"CREATE OR REPLACE VIEW {view} AS\nSELECT *\nFROM {rows}\nWHERE TRUE\n"
            f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {escaped_backticked(EVENT_ID)} "
            f"ORDER BY {escaped_backticked(RECEIVED_AT)}) = 1"
        ),
    ]


def _declared(column: Column, is_retyped: bool) -> str:
    described = f" OPTIONS (description = {escaped_literal(column.description)})" if column.description else ""
    return f"{escaped_backticked(column.name)} {'JSON' if is_retyped else _type(column)}{described}"


def _type(column: Column) -> str:
    element = _TYPES.get(column.type, "")
    if column.type == DataType.OBJECT:
        inner = ", ".join(f"{escaped_backticked(field.name)} {_type(field)}" for field in column.fields)
        element = f"STRUCT<{inner}>"
    return f"ARRAY<{element}>" if column.is_array else element
