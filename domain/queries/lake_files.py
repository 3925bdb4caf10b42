"""How engines read a lake's files of Parquet: by a view over all revisions, of which each has files of its own.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
https://trino.io/docs/current/connector/hive.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.queries.dialects import ATHENA_VIEWS, DUCKDB, SPARK
from domain.queries.lake_views import CATALOG, MAX_VIEW_REVISIONS, names_over, view_of_all
from domain.queries.lakes import InGlue, in_glue
from domain.queries.readable import Asked, Read, Readable, Step
from domain.warehouses.columns import Column
from domain.warehouses.quoting import backticked, double_quoted, escaped_literal, literal
from schemas.data_types import DataType
from schemas.lakes import DATE_PARTITION, MANAGED_PREFIX, files_folder, revision_table, view_of_revisions

_HADOOP_AWS = "org.apache.hadoop:hadoop-aws:3.3.4"
_MAKE_VIEW = "Make a view over all revisions, and again after a deployment"
_VIEW_NOTE = (
    f"The view has the newest {MAX_VIEW_REVISIONS} revisions that the environment has run. A field whose type is "
    "another than in an earlier one of them has a column apart there, called after its type."
)


def _files_in_duckdb(asked: Asked) -> Readable:
    own, destination = asked.own_bucket, asked.destination
    is_own = destination.get("managed")
    bucket, prefix = (own.name, MANAGED_PREFIX) if is_own else (destination["bucket"], destination["prefix"])
    return _duckdb_view(asked, f"{own.folder}/{bucket}/{prefix}")


def _duckdb_view(asked: Asked, lake: str) -> Readable:
    """Return how DuckDB reads the files of all revisions below the folder of a lake."""
    destination, environment = asked.destination, asked.environment
    view = double_quoted(destination["table"])
    names = names_over(asked.revisions)
    parts = []
    for revision_id in asked.revisions:
        selected = ",\n".join(
            f"  {double_quoted(key)} AS {double_quoted(name)}" for key, name in names[revision_id].items()
        )
        files = f"{_globbed(lake + _folder_of(asked, revision_id))}**/*.parquet"
        parts.append(f"SELECT\n{selected}\nFROM read_parquet({literal(files)}, hive_partitioning = false)")
    made = f"CREATE OR REPLACE VIEW {view} AS\n" + "\nUNION ALL BY NAME\n".join(parts) + ";\n"
    return Readable(
        DUCKDB,
        table=destination["table"],
        relation=view,
        names=_other_names(names[environment["revision_id"]]),
        set_up=[Step("sql", _MAKE_VIEW, made)],
        notes=[_VIEW_NOTE, "A condition on _received_at reads only what is needed of each file."],
    )


def _folder_of(asked: Asked, revision_id: str) -> str:
    """Return the folder of a revision's files in the folder of its lake."""
    environment = asked.environment
    table = files_folder(environment["organisation_id"], asked.destination)
    return f"{table}/revision={revision_id}/environment={environment['id']}/"


def _other_names(names: Mapping[str, str]) -> dict[str, str]:
    return {key: name for key, name in names.items() if key != name}


def _globbed(path: str) -> str:
    """Return a path in a pattern that matches it alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _own_files_in_duckdb(asked: Asked) -> Readable:
    place = in_glue(asked)
    readable = _duckdb_view(asked, place.url)
    secret = double_quoted(f"{place.table}_s3")
    text = (
        "INSTALL aws;\nLOAD aws;\nINSTALL httpfs;\nLOAD httpfs;\n"
        f"CREATE OR REPLACE SECRET {secret} (TYPE s3, PROVIDER credential_chain, REGION {literal(place.region)});\n"
    )
    reached = Step("sql", "Let DuckDB reach the files, once in each session", text)
    rights = f"Who queries needs s3:ListBucket for {place.bucket} and {place.reading}."
    return replace(readable, set_up=[reached, *readable.set_up], notes=[*readable.notes, rights])


def _files_in_athena(asked: Asked) -> Readable:
    place = in_glue(asked)
    notes = [f"Choose the region {place.region} and engine version 3."]
    return _over_tables(asked, place, double_quoted(place.database), [], notes)


def _files_in_trino(asked: Asked) -> Readable:
    place = in_glue(asked)
    properties = (
        f"connector.name=hive\nhive.metastore=glue\nhive.metastore.glue.region={place.region}\n"
        f"fs.native-s3.enabled=true\ns3.region={place.region}\nhive.partition-projection-enabled=true\n"
    )
    started = f"cat > etc/catalog/{CATALOG}.properties <<'END'\n{properties}END\n"
    steps = [Step("command", "Write the catalog's properties, and start Trino again", started)]
    called = (
        f"The catalog has to be called {CATALOG}, and hive.timestamp-precision has to stay MILLISECONDS: the view "
        "names that catalog, and has times to the millisecond."
    )
    return _over_tables(asked, place, f"{double_quoted(CATALOG)}.{double_quoted(place.database)}", steps, [called])


def _over_tables(asked: Asked, place: InGlue, schema: str, steps: Sequence[Step], notes: Sequence[str]) -> Readable:
    """Return how an engine reads the view that a deployment makes, or one table if that has no room for its columns."""
    running = asked.environment["revision_id"]
    made = view_of_all(place.table, reversed(list(asked.revisions.items())))
    names = {} if made is None else made.names
    read, about = view_of_revisions(place.table), [_VIEW_NOTE]
    if running not in names:
        read, about = (
            revision_table(place.table, running),
            ["A view would be too long: this reads the running revision."],
        )
    elif len(names) < len(asked.revisions):
        left_out = len(asked.revisions) - len(names)
        about.append(f"The oldest {left_out} of them are left out: the view would be too long.")
    rights = (
        f"Who queries needs glue:GetDatabase and glue:GetTable for {place.database} and its tables {place.table}_*, "
        f"s3:ListBucket, and {place.reading}."
    )
    return Readable(
        ATHENA_VIEWS,
        table=place.table,
        relation=f"{schema}.{double_quoted(read)}",
        names=_other_names(names.get(running, {})),
        partition=f"\"{DATE_PARTITION}\" >= CAST(CURRENT_DATE - INTERVAL '{{}}' DAY AS VARCHAR)",
        set_up=steps,
        notes=[
            *notes,
            *about,
            f"Name days by {DATE_PARTITION}, as the queries do: only those are read. Times are in UTC.",
            rights,
        ],
    )


def _files_in_spark(asked: Asked) -> Readable:
    """Return how Spark reads the files: it knows of no partitions that a table's properties tell."""
    place = in_glue(asked)
    names = names_over(asked.revisions)
    steps = [Step("command", "Start Spark 3.5 with access to S3", f"spark-sql --packages {_HADOOP_AWS}\n")]
    every = list(dict.fromkeys(name for of_revision in names.values() for name in of_revision.values()))
    parts = []
    for number, (revision_id, columns) in enumerate(asked.revisions.items(), 1):
        view = backticked(f"{place.table}_{number}")
        told = ",\n".join(f"  {backticked(column.name)} {_spark_type(column)}" for column in columns)
        path = f"{place.url.replace('s3://', 's3a://')}{_folder_of(asked, revision_id)}"
        made = (
            f"CREATE OR REPLACE TEMPORARY VIEW {view} (\n{told}\n) USING parquet OPTIONS (\n"
            f"  path {escaped_literal(path)},\n  recursiveFileLookup 'true'\n);\n"
        )
        steps.append(Step("sql", f"Open the files of revision {revision_id}, once in each session", made))
        keys = {name: key for key, name in names[revision_id].items()}
        selected = ",\n".join(
            f"  {backticked(keys[name]) if name in keys else 'NULL'} AS {backticked(name)}" for name in every
        )
        parts.append(f"SELECT\n{selected}\nFROM {view}")
    relation = backticked(place.table)
    over_all = f"CREATE OR REPLACE TEMPORARY VIEW {relation} AS\n" + "\nUNION ALL\n".join(parts) + ";\n"
    return Readable(
        SPARK,
        table=place.table,
        relation=relation,
        names=_other_names(names[asked.environment["revision_id"]]),
        set_up=[*steps, Step("sql", _MAKE_VIEW, over_all)],
        notes=[
            _VIEW_NOTE,
            "Spark lists all files at every query, and reads of each what a condition on _received_at needs.",
            f"Who queries needs s3:ListBucket for {place.bucket} and {place.reading}.",
        ],
    )


def _spark_type(column: Column) -> str:
    if column.type == DataType.OBJECT:
        one = f"STRUCT<{', '.join(f'{backticked(field.name)}: {_spark_type(field)}' for field in column.fields)}>"
    else:
        one = _SPARK_TYPES[column.type]
    return f"ARRAY<{one}>" if column.is_array else one


_SPARK_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "STRING",
    DataType.JSON: "STRING",
    DataType.INT: "BIGINT",
    DataType.FLOAT: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.DATETIME: "TIMESTAMP_NTZ",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.DATE: "DATE",
}

FILES: Mapping[str, Read] = {"duckdb": _files_in_duckdb}
FILES_ON_AWS: Mapping[str, Read] = {
    "athena": _files_in_athena,
    "duckdb": _own_files_in_duckdb,
    "spark": _files_in_spark,
    "trino": _files_in_trino,
}
