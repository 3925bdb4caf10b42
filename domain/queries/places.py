"""By the type of a destination, which engines read it, and how: what each finds where, and what to tell it first."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from domain.postgres_names import short_name
from domain.queries.dialects import BIGQUERY, DUCKDB, OF_WAREHOUSES, POSTGRES, SPARK
from domain.queries.readable import Readable, Step
from domain.warehouses import redshift
from domain.warehouses.bigquery_external import is_partitioned
from domain.warehouses.columns import Column
from domain.warehouses.engine import OwnBucket, Source
from domain.warehouses.quoting import double_quoted, escaped_backticked, literal
from domain.warehouses.scripts import ENGINES, make_script, script_text

LAKE_CATALOG = "lake"
"""What a catalog of lakes calls itself, and so has to be called in Spark."""
_SPARK_PACKAGES = "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2,org.xerial:sqlite-jdbc:3.46.1.3"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query is asked of.

    `environment` is as it is stored, `columns` are those of its running revision, `apart` says by field which of them
    have another name in a table of all revisions, and `table` is what its rows are called if nothing else names them.
    """

    environment: Mapping[str, Any]
    columns: Sequence[Column]
    apart: Mapping[str, str]
    table: str
    own_bucket: OwnBucket
    source: Source | None
    """Where the objects are, for a destination that has some."""

    @property
    def destination(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.environment["destination"]
        return found


Read = Callable[[Asked], Readable]


def engines_of(kind: str, own_bucket: OwnBucket) -> Mapping[str, Read]:
    """Return what reads a type of destination, by the names of engines; the first is what is meant if none is named."""
    if kind == "s3":
        # Buckets that are folders of a machine can be read on that machine alone.
        return {"duckdb": _OBJECTS["duckdb"]} if own_bucket.folder else _OBJECTS
    if kind == "lake" and own_bucket.lake_catalog is not None:
        return {"duckdb": _lake_in_duckdb, "spark": _lake_in_spark}
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
            set_up=[Step("sql", "Make the table, once", script_text(engine, source, None, script))],
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


def _lake_in_duckdb(asked: Asked) -> Readable:
    table, namespace = asked.destination["table"], asked.environment["organisation_id"]
    catalog, variable = double_quoted(f"{table}_catalog"), double_quoted(f"{table}_metadata")
    view = double_quoted(table)
    attached = (
        "INSTALL iceberg;\nLOAD iceberg;\nINSTALL sqlite;\nLOAD sqlite;\n"
        f"ATTACH IF NOT EXISTS {literal(str(asked.own_bucket.lake_catalog))} AS {catalog} (TYPE sqlite, READ_ONLY);\n"
    )
    opened = (
        f"SET VARIABLE {variable} = (\n  SELECT metadata_location FROM {catalog}.iceberg_tables\n"
        f"  WHERE table_namespace = {literal(namespace)} AND table_name = {literal(table)}\n);\n"
        f"CREATE OR REPLACE TEMP VIEW {view} AS\n"
        f"SELECT * FROM iceberg_scan(getvariable({literal(f'{table}_metadata')}));\n"
    )
    return Readable(
        DUCKDB,
        table=table,
        relation=view,
        names=asked.apart,
        set_up=[
            Step("sql", "Find the catalog, once in each session", attached),
            Step("sql", "Open the table, and again to see later rows", opened),
        ],
        notes=["The extension iceberg reads what the table's newest metadata name, and no other files of the folder."],
    )


def _lake_in_spark(asked: Asked) -> Readable:
    own = asked.own_bucket
    conf = {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "jdbc",
        ".uri": f"jdbc:sqlite:{own.lake_catalog}",
        ".warehouse": f"file://{quote(str(own.folder))}",
    }
    settings = " \\\n".join(
        f"  --conf {shlex.quote(f'spark.sql.catalog.{LAKE_CATALOG}{name}={value}')}" for name, value in conf.items()
    )
    place = (LAKE_CATALOG, asked.environment["organisation_id"], asked.destination["table"])
    return Readable(
        SPARK,
        table=asked.destination["table"],
        relation=".".join(map(SPARK.quoted, place)),
        names=asked.apart,
        set_up=[
            Step(
                "command",
                "Start Spark 3.5 with the catalog",
                f"spark-sql --packages {_SPARK_PACKAGES} \\\n{settings}\n",
            )
        ],
        notes=["Only read with Spark: what it writes is nothing that the deployment knows of."],
    )


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
