"""What queries need of an engine's SQL: its quotes, a moment some days ago, and the day of a moment in UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.warehouses.quoting import backticked, double_quoted, escaped_backticked


@dataclass(frozen=True, slots=True)
class Dialect:
    """`ago` has `{}` for a number of days, `day` for a moment."""

    quoted: Callable[[str], str]
    ago: str
    day: str


DUCKDB = Dialect(double_quoted, "now() - INTERVAL {} DAYS", "CAST({} AT TIME ZONE 'UTC' AS DATE)")
ATHENA_VIEWS = Dialect(double_quoted, "DATE_ADD('day', -{}, LOCALTIMESTAMP)", "CAST({} AS DATE)")
"""Their times are in UTC and name no zone."""
TRINO = Dialect(double_quoted, "DATE_ADD('day', -{}, CURRENT_TIMESTAMP)", "CAST({} AT TIME ZONE 'UTC' AS DATE)")
BIGQUERY = Dialect(escaped_backticked, "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL {} DAY)", "DATE({})")
POSTGRES = Dialect(double_quoted, "now() - INTERVAL '{} days'", "CAST({} AT TIME ZONE 'UTC' AS DATE)")
SPARK = Dialect(
    backticked,
    "current_timestamp() - INTERVAL {} DAYS",
    "CAST(to_utc_timestamp({}, current_timezone()) AS DATE)",
)

OF_WAREHOUSES: Mapping[str, Dialect] = {
    "athena": ATHENA_VIEWS,
    "bigquery_external": BIGQUERY,
    "clickhouse": Dialect(escaped_backticked, "now() - INTERVAL {} DAY", "toDate({}, 'UTC')"),
    "databricks": SPARK,
    "duckdb": DUCKDB,
    "redshift": Dialect(double_quoted, "DATEADD(day, -{}, CURRENT_TIMESTAMP)", "CAST({} AT TIME ZONE 'UTC' AS DATE)"),
    "snowflake": Dialect(
        double_quoted, "DATEADD(day, -{}, CURRENT_TIMESTAMP())", "TO_DATE(CONVERT_TIMEZONE('UTC', {}))"
    ),
}
"""By the names of warehouses."""
