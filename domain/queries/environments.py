"""An environment's queries: which engines read its destination, and what its running revision has for columns."""

from collections.abc import Mapping
from typing import Any

from domain.catalog.ownership import find_endpoint, find_environment
from domain.catalog.table_names import table_name
from domain.errors import Rejected
from domain.queries.lake_views import MAX_VIEW_REVISIONS
from domain.queries.places import engines_of
from domain.queries.readable import Asked, Readable
from domain.queries.writing import queries_of
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Resource
from domain.records.ports import Table
from domain.warehouses.columns import Column, names_for
from domain.warehouses.engine import OwnBucket
from domain.warehouses.environments import columns_of, source_of
from schemas.codes import Problem
from schemas.lakes import PARTITION_BY_DAY

TITLES: Mapping[str, str] = {
    "athena": "Amazon Athena",
    "bigquery": "BigQuery",
    "clickhouse": "ClickHouse",
    "databricks": "Databricks",
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL",
    "redshift": "Amazon Redshift",
    "snowflake": "Snowflake",
    "spark": "Apache Spark",
    "trino": "Trino",
}
_ONE_TABLE = frozenset({"lake", "postgres"})
"""Kinds that keep the events of all revisions in one table, so that a field may need a column apart."""
_LOOKED_BACK = 200
"""Deployments, for the running revision's: those after it are canaries that were aborted."""


def environment_queries(
    table: Table, call: Call, own_bucket: OwnBucket | None, environment_id: str, engine_id: str | None
) -> Resource:
    """Return what queries an environment's events in an engine, as the API shows it.

    Args:
        table: the catalog.
        call: whose environment it has to be.
        own_bucket: where managed destinations deliver to.
        environment_id: the environment.
        engine_id: a key of `TITLES`; without one, the first that reads the destination.

    Raises:
        Rejected: not_found, or invalid_request: for a destination that the engine, or any, can't read, or columns that
            it can't hold.
    """
    environment = find_environment(table, call, environment_id).data
    own_bucket = own_bucket or OwnBucket("<BUCKET>")
    kind = environment["destination"]["type"]
    engines = engines_of(environment["destination"], own_bucket)
    engine_id = engine_id or next(iter(engines), None)
    if engine_id not in engines:
        able = ", ".join(TITLES[one] for one in engines)
        what = f"Queries of it are for: {able}." if able else "What it was sent can't be queried there."
        raise _refused(f"The destination of this environment has the type {kind}. {what}")
    assert engine_id is not None
    endpoint = find_endpoint(table, call, environment["endpoint_id"]).data
    revision_id = environment["revision_id"]
    columns = columns_of(table, call, environment, revision_id, "/revision_id")
    name = table_name(endpoint["name"], environment["name"])
    apart = _columns_apart(table, environment) if kind in _ONE_TABLE else {}
    if kind == "lake" and environment["destination"]["table_format"] == "iceberg":
        apart = {**_beside_the_partition(columns), **apart}
    source = source_of(environment, revision_id, name, own_bucket) if kind == "s3" else None
    revisions = _revisions(table, call, environment) if kind == "lake" else {}
    asked = Asked(environment, columns, apart, name, own_bucket, source, revisions)
    return _shown(asked, engine_id, list(engines), engines[engine_id](asked), columns)


def _columns_apart(table: Table, environment: Mapping[str, Any]) -> dict[str, str]:
    """Return by field which columns the deployment of the running revision has set apart."""
    group = keys.environment_group(environment["id"])
    for item in table.query(group, prefix=keys.DEPLOYMENTS, limit=_LOOKED_BACK, descending=True):
        if item.data["revision_id"] == environment["revision_id"]:
            return {one["field"]: one["column"] for one in item.data.get("columns_apart", ())}
    return {}


def _beside_the_partition(columns: list[Column]) -> dict[str, str]:
    """Return the column of a field that is called as the partition, which a first deployment sets apart unsaid."""
    columns_by_name = {column.name: column for column in columns}
    found = columns_by_name.get(PARTITION_BY_DAY)
    if found is None:
        return {}
    return {PARTITION_BY_DAY: next(name for name in names_for(found) if name not in columns_by_name)}


def _revisions(table: Table, call: Call, environment: Mapping[str, Any]) -> dict[str, list[Column]]:
    """Return the columns of the newest revisions that the environment has run, the newest last."""
    rows = environment.get("tables") or []
    if environment["destination"]["table_format"] != "parquet":
        return {}
    newest = [row["revision_id"] for row in rows[-MAX_VIEW_REVISIONS:]]
    if environment["revision_id"] not in newest:
        newest = [environment["revision_id"], *newest[1:]]
    return {one: columns_of(table, call, environment, one, "/revision_id") for one in newest}


def _shown(asked: Asked, engine_id: str, engines: list[str], readable: Readable, columns: list[Column]) -> Resource:
    inside = [f"{field} is {column}" for field, column in asked.apart.items() if "." in field]
    notes = list(readable.notes)
    if inside:
        notes.append(f"Inside objects, fields have columns apart: {', '.join(inside)}.")
    return {
        "engine": engine_id,
        "title": TITLES[engine_id],
        "engines": [{"engine": one, "title": TITLES[one]} for one in engines],
        "table": readable.table,
        "revision_id": asked.environment["revision_id"],
        "set_up": [step._asdict() for step in readable.set_up],
        "queries": [query._asdict() for query in queries_of(readable, columns)],
        "notes": notes,
    }


def _refused(message: str) -> Rejected:
    errors = [{"pointer": "/engine", "code": "destination", "message": message}]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)
