"""Queries of what was delivered: every dialect takes them, DuckDB's are run, and nothing ends a quote."""

import base64
import dataclasses
import gzip
import json
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from domain.delivery.connectors import RevisionTable
from domain.queries import lake_views
from domain.queries.environments import TITLES
from domain.queries.lake_views import MAX_VIEW_CHARS, MAX_VIEW_REVISIONS, view_of_all, view_text
from domain.queries.places import engines_of
from domain.queries.readable import Asked
from domain.queries.writing import queries_of
from domain.warehouses.columns import Column, warehouse_columns
from domain.warehouses.engine import OwnBucket
from domain.warehouses.environments import source_of
from schemas.data_types import DataType
from schemas.lakes import MANAGED_PREFIX
from tests import engines
from tests.lakes import ParquetWorld, World
from tests.landed import KEY, landed, line
from tests.unit.test_lake_tables import EVENTS, REVISIONS
from tests.unit.test_warehouses import COLUMNS, ROW

AWS = OwnBucket("events-data", "eu-west-1", lake_databases="stage_")
ROLE = {"bucket": "my-events", "prefix": "raw/", "region": "eu-west-1"}
STORES = {
    "s3": ROLE,
    "lake": {"managed": True, "table_format": "iceberg", "table": "shop_live"},
    "bigquery": {"project": "my-project", "dataset": "events", "mode": "stream", "table": "shop"},
    "postgres": {"schema": "events", "table": "shop"},
}


def local(folder):
    return OwnBucket("data", folder=f"{folder}/objects", lake_catalog=f"{folder}/lake/catalog.db")


def asked(kind, own, columns=COLUMNS, apart=(), **settings):
    environment = {
        "id": "env_1",
        "organisation_id": "org_1",
        "revision_id": "rev_2",
        "created_at": "2026-11-01T00:00:00.000Z",
        "destination": {"type": kind, **STORES[kind], **settings},
        "tables": [{"revision_id": "rev_1", "table": "shop_a"}, {"revision_id": "rev_2", "table": "shop_b"}],
    }
    source = source_of(environment, "rev_2", "shop_live", own) if kind == "s3" else None
    return Asked(environment, columns, dict(apart), "shop_live", own, source)


def made(kind, engine, own=AWS, columns=COLUMNS, **options):
    one = asked(kind, own, columns, **options)
    readable = engines_of({"type": kind, **STORES.get(kind, {})}, own)[engine](one)
    return readable, {query.title: query.sql for query in queries_of(readable, columns)}


OFFERED = [
    (kind, engine, own)
    for kind in STORES
    for own in (AWS, local("/x"))
    for engine in engines_of({"type": kind, **STORES.get(kind, {})}, own)
]


@pytest.mark.parametrize(("kind", "engine", "own"), OFFERED)
def test_every_query_parses_in_its_dialect_and_names_every_column(kind, engine, own):
    readable, queries = made(kind, engine, own)
    for text in queries.values():
        (tree,) = (one for one in sqlglot.parse(text, dialect=engine) if one is not None)
        assert isinstance(tree, exp.Select)
        assert len(list(tree.find_all(exp.Where))) == (2 if readable.has_copies else 1)
    newest = next(iter(queries.values()))
    (tree, *_) = sqlglot.parse(newest, dialect=engine)
    assert [one.alias_or_name for one in tree.selects] == [column.name for column in COLUMNS]


def test_every_engine_that_is_offered_has_a_title_and_every_title_an_engine():
    assert {engine for _, engine, _ in OFFERED} == set(TITLES)


def test_a_machine_s_folders_are_read_on_that_machine_alone():
    assert list(engines_of({"type": "s3"}, local("/x"))) == ["duckdb"]
    assert list(engines_of({"type": "lake", **STORES["lake"]}, local("/x"))) == ["duckdb", "spark"]
    assert list(engines_of({"type": "sqs"}, AWS)) == []


def test_set_ups_of_a_lake_parse_and_hold_any_folder():
    readable, _ = made("lake", "duckdb", local("/it's here"))
    for step in readable.set_up:
        for statement in filter(None, (one.strip() for one in step.text.split(";\n"))):
            if statement.startswith(("INSTALL", "LOAD")):
                continue
            (tree,) = sqlglot.parse(statement, dialect="duckdb")
            assert not isinstance(tree, exp.Command), statement
    assert "'/it''s here/lake/catalog.db'" in readable.set_up[0].text
    (step,) = made("lake", "spark", local("/it's here"))[0].set_up
    assert step.kind == "command"
    assert """'spark.sql.catalog.lake.uri=jdbc:sqlite:/it'"'"'s here/lake/catalog.db'""" in step.text


YOURS = {"managed": False, "bucket": "my-lake", "prefix": "a/", "region": "eu-west-3", "database": "events"}


@pytest.mark.parametrize("engine", engines_of({"type": "lake", **STORES["lake"]}, AWS))
def test_a_lake_on_aws_is_read_by_its_database_and_region_and_files(engine):
    for options, database, region, url in (
        ({}, "stage_org_1", "eu-west-1", f"s3://events-data/{MANAGED_PREFIX}"),
        (YOURS, "events", "eu-west-3", "s3://my-lake/a/"),
    ):
        readable, queries = made("lake", engine, **options)
        told = "\n".join([*(step.text for step in readable.set_up), *readable.notes, *queries.values()])
        assert database in told
        assert region in told
        assert url in told
        assert "shop_live" in queries["Events of each day"]
        assert "<DATABASE_PREFIX>" not in told
    readable, queries = made("lake", engine, OwnBucket("events-data", "eu-west-1"))
    assert "<DATABASE_PREFIX>org_1" in "\n".join([*readable.notes, *queries.values()])


@pytest.mark.parametrize("table_format", ["iceberg", "parquet"])
def test_who_reads_a_lake_in_the_deployment_s_bucket_is_told_of_its_key(table_format):
    offered = engines_of({"type": "lake", **STORES["lake"], "table_format": table_format}, AWS)
    for own, key in ((AWS, "<KMS_KEY_ARN>"), (dataclasses.replace(AWS, key_arn="arn:of:the-key"), "arn:of:the-key")):
        for engine, read in offered.items():
            one = dataclasses.replace(asked("lake", own, table_format=table_format), revisions={"rev_2": COLUMNS})
            assert f"kms:Decrypt on {key}" in " ".join(read(one).notes), engine
            yours = dataclasses.replace(asked("lake", own, **YOURS, table_format=table_format), revisions=one.revisions)
            assert "kms:" not in " ".join(read(yours).notes), engine


def test_bigquery_reads_a_lake_on_aws_by_a_data_set_of_its_glue_database():
    readable, queries = made("lake", "bigquery", **YOURS)
    told = {step.title: step for step in readable.set_up}
    connection, data_set = told.values()
    assert [connection.kind, data_set.kind] == ["command", "sql"]
    assert "--location=aws-eu-west-3" in connection.text
    assert "arn:aws:iam::<AWS_ACCOUNT_ID>:role/shop_live_reader" in connection.text
    (tokens,) = (sqlglot.tokenize(data_set.text, dialect="bigquery"),)
    texts = [token.text for token in tokens if token.token_type == sqlglot.TokenType.STRING]
    assert texts == ["aws-glue://arn:aws:glue:eu-west-3:<AWS_ACCOUNT_ID>:database/events", "aws-eu-west-3"]
    assert "FROM `<DATASET>`.`shop_live`" in queries["Events of each day"]
    notes = " ".join(readable.notes)
    for right in ("glue:GetDatabase", "glue:GetTables", "s3:ListBucket", "s3:GetObject"):
        assert right in notes
    assert "12 hours" in notes


def test_bigquery_finds_no_partitions_that_a_table_s_properties_tell():
    assert "bigquery" not in engines_of({"type": "lake", **STORES["lake"], **FILES}, AWS)


def test_columns_apart_are_named_as_their_fields():
    _, queries = made("lake", "duckdb", local("/x"), apart={"price": "price__float"})
    assert '"price__float" AS "price"' in next(iter(queries.values()))
    _, queries = made("postgres", "postgres", apart={"text": "text__text"})
    assert 'SELECT "text__text" AS "value"' in queries["The most frequent values of text"]


def test_names_that_an_engine_has_no_room_for_are_those_that_it_has():
    long = [*COLUMNS[:3], Column("k" * 128, DataType.STRING)]
    for engine, kind, chars in (("postgres", "postgres", 54), ("redshift", "s3", 118)):
        _, queries = made(kind, engine, columns=long)
        assert f'"{"k" * chars}_' in next(iter(queries.values()))


def test_copies_are_left_out_where_there_are_some():
    assert "ROW_NUMBER()" in made("bigquery", "bigquery")[1]["Events of each day"]
    assert "ROW_NUMBER()" not in made("bigquery", "bigquery", mode="load")[1]["Events of each day"]
    assert "`shop_b`" in made("bigquery", "bigquery")[1]["The most frequent values of text"]
    assert "`shop`" in made("bigquery", "bigquery")[1]["Events of each day"]


NASTY = st.text(st.sampled_from("a'\"`\\;-*/\n\r\u2028\0$]>é"), min_size=1, max_size=12)


@pytest.mark.parametrize(("kind", "engine", "own"), OFFERED)
@settings(max_examples=5, deadline=None)
@given(key=NASTY)
def test_no_key_ends_its_quotes(kind, engine, own, key):
    def tokens(name):
        columns = [*COLUMNS[:3], Column(name, DataType.STRING)]
        texts = made(kind, engine, own, columns)[1].values()
        return [[token.token_type for token in sqlglot.tokenize(text, dialect=engine)] for text in texts]

    assert tokens(f"k{key}") == tokens("k")


def test_duckdb_runs_them_on_delivered_objects_with_each_event_once(tmp_path):
    now = datetime.now(UTC)
    lines = [
        json.dumps({**ROW, "_event_id": f"evt_{age}", "_received_at": (now - timedelta(hours=age)).isoformat()})
        for age in (0, 1, 30)
    ]
    place = tmp_path / f"objects/my-events/raw/environment=env_1/dt={now:%Y-%m-%d}/hour=08"
    place.mkdir(parents=True)
    (place / "1.gz").write_bytes(gzip.compress("\n".join([*lines, *lines]).encode()))
    readable, queries = made("s3", "duckdb", local(tmp_path))
    connection = duckdb.connect()
    connection.execute(readable.set_up[0].text)
    newest, days, revisions, values = (connection.execute(text).fetchall() for text in queries.values())
    assert [row[0] for row in newest] == ["evt_0", "evt_1"]
    assert newest[0][COLUMNS.index(next(one for one in COLUMNS if one.name == "whole"))] == 2**63 - 1
    assert sum(count for _, count in days) == 3
    assert [(row[0], row[1]) for row in revisions] == [("rev_1", 3)]
    assert values == [(ROW["text"], 3)]


def test_duckdb_opens_a_lake_s_table_by_its_catalog_and_reads_columns_apart_by_their_fields(tmp_path):
    world = World(tmp_path, *(RevisionTable("t", one, one, fields) for one, fields in REVISIONS.items()))
    apart = [world.make(one) for one in REVISIONS][1]
    now = datetime.now(UTC)
    for number, (revision_id, event) in enumerate(EVENTS.items()):
        key = KEY.replace("one.gz", f"{number}.gz")
        received_at = (now - timedelta(minutes=number)).isoformat()
        world.deliver(landed([line(number, revision_id=revision_id, received_at=received_at, **event)], key=key))
    columns = warehouse_columns(REVISIONS["rev_2"], "drop")
    readable, queries = made("lake", "duckdb", local(tmp_path), columns, apart=apart)
    statements = [step.text for step in readable.set_up]
    *_, newest, days, revisions, values = engines.rows_of("duckdb", [*statements, *queries.values()])
    assert [row[3] for row in newest] == [None, 1.5, None, None, 5.5]
    assert sum(count for _, count in days) == 5
    assert sorted(row[0] for row in revisions) == list(REVISIONS)
    assert values[0] == [None, 4]


TREES = {**REVISIONS, "rev_6": [{"key": "amount", "type": "INT"}]}
FILES = {"table_format": "parquet"}
WIDE = {one: warehouse_columns([*fields, {"key": "_id", "type": "JSON"}], "keep") for one, fields in TREES.items()}


def view_over(revisions):
    """Return the view that a deployment makes of tables of files, and the text that Glue keeps of it."""
    view = view_of_all("shop_live", reversed(revisions.items())).view
    return view, view_text(view, "stage_org_1")


def files_on_aws(engine, revisions=WIDE):
    one = asked("lake", AWS, revisions["rev_2"], **FILES)
    one = dataclasses.replace(one, revisions=revisions)
    return engines_of(one.destination, AWS)[engine](one)


@pytest.mark.parametrize("engine", ["athena", "duckdb", "spark", "trino"])
def test_files_on_aws_are_read_by_statements_that_parse_and_name_every_column(engine):
    readable = files_on_aws(engine)
    columns = WIDE["rev_2"]
    for query in queries_of(readable, columns):
        (tree,) = sqlglot.parse(query.sql, dialect=engine)[:1]
        assert isinstance(tree, exp.Select)
    (tree, *_) = sqlglot.parse(queries_of(readable, columns)[0].sql, dialect=engine)
    assert [one.alias_or_name for one in tree.selects] == [column.name for column in columns]
    if engine in {"athena", "trino"}:
        assert readable.relation.endswith('"stage_org_1"."shop_live_all"')
        assert not any(step.kind == "sql" for step in readable.set_up)
        made = view_over(WIDE)[0].sql
        assert not made.endswith(";")
        assert len(list(sqlglot.parse_one(made, dialect=engine).find_all(exp.Union))) == len(TREES) - 1
        return
    view = sqlglot.parse_one(readable.set_up[-1].text, dialect=engine)
    assert isinstance(view, exp.Create)
    assert len(list(view.find_all(exp.Union))) == len(TREES) - 1
    assert view.find(exp.Table).sql(dialect=engine).strip() == readable.relation


def test_tables_of_files_are_read_by_their_days_and_as_the_writer_names_them():
    assert files_on_aws("athena").set_up == []
    (step,) = files_on_aws("trino").set_up
    assert "> etc/catalog/awsdatacatalog.properties" in step.text
    newest = queries_of(files_on_aws("athena"), WIDE["rev_2"])[0].sql
    assert '"_partition_date" >= ' in newest
    (_, *opened, _) = [step.text for step in files_on_aws("spark").set_up]
    assert len(opened) == len(TREES)
    for text, revision_id in zip(opened, TREES, strict=True):
        assert f"'s3a://events-data/lake/org_1/shop_live/revision={revision_id}/environment=env_1/'" in text
    (_, made) = [step.text for step in files_on_aws("duckdb").set_up]
    assert "'s3://events-data/lake/org_1/shop_live/revision=rev_1/environment=env_1/**/*.parquet'" in made


@pytest.mark.parametrize("engine", ["athena", "duckdb", "spark", "trino"])
def test_files_in_a_bucket_of_a_user_are_read_where_they_are(engine):
    one = asked("lake", AWS, WIDE["rev_2"], **FILES, **YOURS)
    one = dataclasses.replace(one, revisions=WIDE)
    readable = engines_of(one.destination, AWS)[engine](one)
    told = "\n".join([*(step.text for step in readable.set_up), *readable.notes])
    files = "my-lake/a/events/shop_live/revision=rev_1/environment=env_1/"
    assert (files in told) == (engine in {"duckdb", "spark"})
    assert "my-lake/a/" in told
    assert not any(other in told for other in ("events-data", "org_1", "stage_"))


def test_files_in_a_bucket_of_a_user_are_below_its_folder_on_one_machine():
    one = asked("lake", local("/x"), WIDE["rev_2"], **FILES, **YOURS)
    one = dataclasses.replace(one, revisions=WIDE)
    (step,) = engines_of(one.destination, local("/x"))["duckdb"](one).set_up
    assert "'/x/objects/my-lake/a/events/shop_live/revision=rev_1/environment=env_1/**/*.parquet'" in step.text


def test_a_view_over_tables_of_files_gives_each_row_its_columns_when_it_is_run(tmp_path):
    world = ParquetWorld(tmp_path, *(RevisionTable("t", one, one, fields) for one, fields in TREES.items()))
    world.make()
    for number, (revision_id, event) in enumerate(EVENTS.items()):
        key = KEY.replace("one.gz", f"{number}.gz")
        world.deliver(landed([line(number, revision_id=revision_id, **event)], key=key))
    columns = {one: warehouse_columns(fields, "drop") for one, fields in TREES.items()}
    readable = files_on_aws("athena", columns)
    view, text = view_over(columns)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA stage_org_1")
        connection.execute("USE stage_org_1")
        for revision_id in TREES:
            files = f"{world.folder}/org_1/shop_live/revision={revision_id}/environment=env_1/**/*.parquet"
            connection.execute(
                f"CREATE TABLE stage_org_1.\"shop_live__{revision_id}\" AS SELECT *, '2026-11-02' AS _partition_date, "
                f"'10' AS _partition_hour FROM read_parquet('{files}', hive_partitioning = false)"
            )
        connection.execute(f"CREATE VIEW {readable.relation} AS {described(text)['originalSql']}")
        rows = connection.sql(f"SELECT amount, amount__string, note__json FROM {readable.relation} ORDER BY _event_id")
        assert rows.fetchall() == [
            (2**63 - 1, None, None),
            (None, None, None),
            (None, "3", '{"n":3}'),
            (4, None, None),
            (None, None, None),
        ]
        has = {name: told for name, told, *_ in connection.execute(f"DESCRIBE {readable.relation}").fetchall()}
    assert list(has) == [column.name for column in view.columns]
    plain = {"BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "varchar"}
    for column in view.columns:
        if has[column.name] in plain:
            assert column.trino_type == plain[has[column.name]], column
        assert has[column.name].startswith("STRUCT") == column.trino_type.startswith("row("), column
        assert has[column.name].startswith("TIMESTAMP") == (column.trino_type == "timestamp"), column


def described(text):
    """Return the JSON in what Glue keeps of a view of Athena or Trino."""
    kept = text.removeprefix("/* Presto View: ").removesuffix(" */")
    assert len(kept) == len(text) - len("/* Presto View:  */")
    return json.loads(base64.b64decode(kept, validate=True))


def test_glue_keeps_a_view_s_query_where_it_finds_its_tables_and_types_by_trino_s_names():
    inner = [
        {"key": "Order", "type": "INT"},
        {"key": "at", "type": "TIMESTAMP"},
        {"key": "tags", "type": "ARRAY_STRING"},
    ]
    fields = [
        {"key": "größe", "type": "FLOAT"},
        {"key": "place", "type": "OBJECT", "fields": inner},
        {"key": "dt", "type": "DATE"},
        {"key": "more", "type": "JSON"},
    ]
    view, text = view_over({"rev_1": warehouse_columns(fields, "drop")})
    kept = described(text)
    assert {key: kept[key] for key in kept if key not in {"originalSql", "columns"}} == {
        "catalog": "awsdatacatalog",
        "schema": "stage_org_1",
        "runAsInvoker": True,
    }
    assert kept["originalSql"] == view.sql
    assert {one["name"]: one["type"] for one in kept["columns"]} == {
        "_event_id": "varchar",
        "_received_at": "timestamp",
        "_revision_id": "varchar",
        "größe": "double",
        "place": 'row("Order" bigint, "at" timestamp, "tags" array(varchar))',
        "dt": "date",
        "more": "varchar",
        "_partition_date": "varchar",
        "_partition_hour": "varchar",
    }
    for one in kept["columns"]:
        told = sqlglot.parse_one(f"CAST(NULL AS {one['type']})", dialect="trino")
        assert not isinstance(told.args["to"].this, exp.Identifier), one
    assert [column.hive_type for column in view.columns][4] == "struct<Order:bigint,at:timestamp,tags:array<string>>"


@pytest.mark.parametrize("key", ["field_number_{}", 'quoted_"{}"_' + "ü" * 40])
def test_a_view_that_glue_would_not_take_leaves_out_the_oldest_revisions_and_says_so(monkeypatch, key):
    fields = [{"key": key.format(number), "type": "INT"} for number in range(150)]
    revisions = {f"rev_{number}": warehouse_columns(fields, "drop") for number in (3, *range(4, 80), 2)}
    made = view_of_all("shop_live", reversed(revisions.items()))
    takes = list(made.names)
    assert 1 < len(takes) < len(revisions)
    assert takes == list(revisions)[-len(takes) :]
    assert len(view_text(made.view, "d" * 255)) <= MAX_VIEW_CHARS
    more = list(revisions.items())[-len(takes) - 1 :]
    with monkeypatch.context() as unbounded:
        unbounded.setattr(lake_views, "MAX_VIEW_CHARS", 10**9)
        assert len(view_text(view_of_all("shop_live", reversed(more)).view, "d" * 255)) > MAX_VIEW_CHARS
    readable = files_on_aws("athena", revisions)
    assert any(f"The oldest {len(revisions) - len(takes)} of them are left out" in note for note in readable.notes)


def test_a_revision_that_no_view_has_room_for_is_read_by_its_own_table():
    fields = [{"key": f"{number:04}_{'x' * 120}", "type": "INT"} for number in range(2_000)]
    revisions = {"rev_1": WIDE["rev_1"], "rev_2": warehouse_columns(fields, "drop")}
    assert view_of_all("shop_live", reversed(revisions.items())) is None
    readable = files_on_aws("athena", revisions)
    assert readable.relation == '"stage_org_1"."shop_live__rev_2"'
    assert any("reads the running revision" in note for note in readable.notes)


def test_no_more_revisions_are_looked_at_than_a_view_can_have():
    looked_at = []

    def newest_first(fields):
        columns = warehouse_columns(fields, "drop")
        for number in range(1_000):
            looked_at.append(number)
            yield f"rev_{number}", columns

    assert len(view_of_all("shop_live", newest_first([{"key": "a", "type": "INT"}])).names) == MAX_VIEW_REVISIONS
    assert len(looked_at) == MAX_VIEW_REVISIONS + 1
    looked_at.clear()
    wide = [{"key": f"{number}_{'x' * 100}", "type": "INT"} for number in range(600)]
    assert len(view_of_all("shop_live", newest_first(wide)).names) == 1
    assert len(looked_at) < 10


def test_duckdb_reads_a_lake_of_files_by_a_view_over_all_revisions(tmp_path):
    folder = tmp_path / "it's *[here]?"
    world = ParquetWorld(folder, *(RevisionTable("t", one, one, fields) for one, fields in TREES.items()))
    assert world.make() == []
    now = datetime.now(UTC)
    for number, (revision_id, event) in enumerate(EVENTS.items()):
        key = KEY.replace("one.gz", f"{number}.gz")
        received_at = (now - timedelta(minutes=number)).isoformat()
        world.deliver(landed([line(number, revision_id=revision_id, received_at=received_at, **event)], key=key))
    own = local(folder)
    columns = {one: warehouse_columns(fields, "drop") for one, fields in TREES.items()}
    one = asked("lake", own, columns["rev_2"], table_format="parquet")
    one = dataclasses.replace(one, revisions=columns)
    (engine,) = engines_of(one.destination, own).values()
    readable = engine(one)
    connection = duckdb.connect()
    connection.execute(readable.set_up[0].text)
    newest, days, revisions, values = (
        connection.execute(query.sql).fetchall() for query in queries_of(readable, columns["rev_2"])
    )
    assert [row[3] for row in newest] == [None, 1.5, None, None, 5.5]
    assert sum(count for _, count in days) == 5
    assert sorted(row[0] for row in revisions) == list(EVENTS)
    assert values[0] == (None, 4)
    apart = 'SELECT amount, amount__string, note__json, place, place__object FROM "shop_live" ORDER BY _event_id'
    zipped = {"zip": "50667", "at": date(2026, 11, 2)}
    assert connection.execute(apart).fetchall() == [
        (2**63 - 1, None, None, None, None),
        (None, None, None, None, None),
        (None, "3", '{"n":3}', {"zip": 50667}, None),
        (4, None, None, None, zipped),
        (None, None, None, None, None),
    ]
