"""By the type of a destination, which engines read it, and how: what each finds where, and what to tell it first."""

from collections.abc import Mapping
from typing import Any

from domain.postgres_names import short_name
from domain.queries import lake_files, lakes
from domain.queries.dialects import BIGQUERY, OF_WAREHOUSES, POSTGRES
from domain.queries.readable import Asked, Read, Readable, Step
from domain.warehouses import redshift
from domain.warehouses.bigquery_external import is_partitioned
from domain.warehouses.engine import OwnBucket
from domain.warehouses.quoting import double_quoted, escaped_backticked
from domain.warehouses.scripts import ENGINES, make_script, script_text


def engines_of(destination: Mapping[str, Any], own_bucket: OwnBucket) -> Mapping[str, Read]:
    """Return what reads a destination, by the names of engines; the first is what is meant if none is named."""
    kind = destination["type"]
    if kind == "s3":
        # Buckets that are folders of a machine can be read on that machine alone.
        return {"duckdb": _OBJECTS["duckdb"]} if own_bucket.folder else _OBJECTS
    if kind == "lake" and destination["table_format"] == "parquet":
        return lake_files.FILES if own_bucket.folder else lake_files.FILES_ON_AWS
    if kind == "lake":
        return lakes.LOCAL if own_bucket.lake_catalog is not None else lakes.IN_GLUE
    return _OF_STORES.get(kind, {})


def _objects(warehouse: str) -> Read:
    def read(asked: Asked) -> Readable:
        engine, source = ENGINES[warehouse], asked.source
        assert source is not None
        script = make_script(engine, source, None, asked.columns)
        quoted = OF_WAREHOUSES[warehouse].quoted
        partition = _PARTITIONS.get(warehouse)
        if warehouse == "bigquery_external" and not is_partitioned(asked.columns):
            partition = None
        name = source.rows_table if warehouse in _PARTITIONS else source.table
        place = f"{quoted('<DATASET>')}." if warehouse == "bigquery_external" else ""
        named = {column.name: redshift.short_name(column.name) for column in asked.columns}
        return Readable(
            OF_WAREHOUSES[warehouse],
            table=source.table,
            relation=place + quoted(name),
            names=named if warehouse == "redshift" else {},
            partition=partition,
            has_copies=warehouse in _PARTITIONS,
            set_up=[
                Step(
                    "sql",
                    "Make the views, once" if warehouse == "duckdb" else "Make the table, once",
                    script_text(engine, source, None, script),
                )
            ],
            notes=script.notes,
        )

    return read


_PARTITIONS: Mapping[str, str] = {
    "athena": "\"_partition_date\" >= CAST(CURRENT_DATE - INTERVAL '{}' DAY AS VARCHAR)",
    "bigquery_external": "dt >= DATE_SUB(CURRENT_DATE(), INTERVAL {} DAY)",
    "duckdb": "_partition_date >= current_date - {}",
}
"""Of warehouses that read the objects at every query, and so have to be told which days."""
_OBJECTS: Mapping[str, Read] = {
    "duckdb": _objects("duckdb"),
    "athena": _objects("athena"),
    "bigquery": _objects("bigquery_external"),
    "clickhouse": _objects("clickhouse"),
    "databricks": _objects("databricks"),
    "redshift": _objects("redshift"),
    "snowflake": _objects("snowflake"),
}


def _bigquery(asked: Asked) -> Readable:
    destination = asked.destination
    place = [destination["project"], destination["dataset"]]
    (typed,) = (
        row["table"] for row in asked.environment["tables"] if row["revision_id"] == asked.environment["revision_id"]
    )
    notes = [f"{destination['table']} is a view over all revisions; {typed} is the table of the running revision."]
    has_copies = destination["mode"] == "stream"
    if has_copies:
        notes.append("In mode stream a copy of an event may stand beside it, so the queries leave copies out.")
    return Readable(
        BIGQUERY,
        table=destination["table"],
        relation=".".join(map(escaped_backticked, [*place, destination["table"]])),
        typed=".".join(map(escaped_backticked, [*place, typed])),
        has_copies=has_copies,
        notes=notes,
    )


def _postgres(asked: Asked) -> Readable:
    destination = asked.destination
    names = {column.name: short_name(column.name) for column in asked.columns}
    return Readable(
        POSTGRES,
        table=destination["table"],
        relation=f"{double_quoted(destination['schema'])}.{double_quoted(short_name(destination['table']))}",
        names={**names, **asked.apart},
        notes=["Connect with a role that may read the schema; it can be another than the one that writes."],
    )


_OF_STORES: Mapping[str, Mapping[str, Read]] = {
    "bigquery": {"bigquery": _bigquery},
    "postgres": {"postgres": _postgres},
}
