"""Scripts for warehouses: what they say, whether each dialect takes them, and that nothing ends a quote."""

import dataclasses
import gzip
import json
import re
from contextlib import nullcontext
from datetime import UTC, date, datetime

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from domain.errors import Rejected
from domain.warehouses.columns import Column, compare_columns, warehouse_columns
from domain.warehouses.engine import Source
from domain.warehouses.quoting import comment
from domain.warehouses.scripts import ENGINES, make_script, script_text
from schemas.data_types import DataType

DIALECTS = {"bigquery_external": "bigquery"}
SOURCE = Source(
    "env_1", "rev_00000002", "shop_live", "my-events", "raw/environment=env_1/", region="eu-west-1", since="2026-11-01"
)
FIELDS = [
    {"key": "whole", "type": "INT"},
    {"key": "price", "type": "FLOAT"},
    {"key": "gift", "type": "BOOLEAN"},
    {"key": "text", "type": "STRING", "description": "What the buyer's cart says."},
    {"key": "day", "type": "DATE"},
    {"key": "local", "type": "DATETIME"},
    {"key": "seconds", "type": "TIMESTAMP"},
    {"key": "moment", "type": "TIMESTAMP", "format": "rfc3339"},
    {"key": "anything", "type": "JSON"},
    {
        "key": "cart",
        "type": "OBJECT",
        "fields": [
            {"key": "size", "type": "INT"},
            {"key": "since", "type": "TIMESTAMP", "format": "unix_milliseconds"},
            {
                "key": "items",
                "type": "ARRAY_OBJECT",
                "fields": [{"key": "sku", "type": "STRING"}, {"key": "options", "type": "JSON"}],
            },
        ],
    },
    {"key": "wholes", "type": "ARRAY_INT"},
    {"key": "days", "type": "ARRAY_DATE"},
    {"key": "locals", "type": "ARRAY_DATETIME"},
    {"key": "moments", "type": "ARRAY_TIMESTAMP"},
    {"key": "values", "type": "ARRAY_JSON"},
    {"key": "note", "type": "STRING"},
    {"key": "secret", "type": "STRING", "protect": "redact"},
]
COLUMNS = warehouse_columns(FIELDS, "keep")
EARLIER = [
    *(column for column in COLUMNS if column.name not in {"gift", "whole"}),
    Column("whole", DataType.STRING),
    Column("gone", DataType.DATE),
]

# What sqlglot (30.30.0) knows no syntax of: it takes these as a word and a rest, and only their SELECT is parsed.
UNPARSED = {
    "snowflake": ("CREATE PIPE", "CREATE TASK", "ALTER TASK", "SHOW PIPES", "ALTER PIPE"),
    "databricks": (
        "CREATE EXTERNAL LOCATION",
        "CREATE OR REFRESH STREAMING TABLE",
        "CREATE OR REPLACE MATERIALIZED VIEW",
    ),
    "duckdb": ("LOAD httpfs", "CREATE OR REPLACE SECRET"),
    "bigquery_external": ("CREATE OR REPLACE EXTERNAL TABLE",),
}


def made(engine_id, before=None, after=COLUMNS, source=SOURCE):
    return make_script(ENGINES[engine_id], source, before, after)


def parsed(engine_id, statement):
    """Return the one tree of a statement, or of the SELECT inside one that `UNPARSED` names."""
    dialect = DIALECTS.get(engine_id, engine_id)
    if statement.startswith(UNPARSED.get(engine_id, ())):
        select = re.search(r"^(?:  AS )?(SELECT\n.*)", statement, re.DOTALL | re.MULTILINE)
        statement = select[1] if select else "SELECT 1"
    (tree,) = sqlglot.parse(statement, dialect=dialect)
    assert not isinstance(tree, exp.Command), statement
    return tree


def tokens_of(engine_id, statement):
    return [token.token_type for token in sqlglot.tokenize(statement, dialect=DIALECTS.get(engine_id, engine_id))]


@pytest.mark.parametrize("engine_id", ENGINES)
@pytest.mark.parametrize("is_managed", [False, True])
@pytest.mark.parametrize("before", [None, EARLIER], ids=["create", "change"])
def test_every_statement_parses_in_its_dialect(engine_id, is_managed, before):
    if is_managed and ENGINES[engine_id].needs_own_bucket:
        pytest.skip("it has no script for the deployment's own bucket")
    script = made(engine_id, before, source=dataclasses.replace(SOURCE, is_managed=is_managed))
    for statement in [*script.statements, script.check]:
        parsed(engine_id, statement)


@pytest.mark.parametrize("engine_id", ENGINES)
def test_the_typed_table_has_every_column_once(engine_id):
    script = made(engine_id)
    names = {"_event_id", "_received_at", "_revision_id", "_extra", *(field["key"] for field in FIELDS)} - {"secret"}
    text = "\n".join(script.statements)
    assert all(re.search(rf'["`]{name}["`]', text) for name in names)
    assert "secret" not in text.replace("SECRET", "")


def test_whole_numbers_have_64_bits_or_more_everywhere():
    kinds = {
        "snowflake": "NUMBER(38, 0)",
        "redshift": "::BIGINT",
        "clickhouse": "Int64",
        "databricks": "'BIGINT'",
        "athena": "AS BIGINT",
        "duckdb": '"whole": "BIGINT"',
        "bigquery_external": "`whole` INT64",
    }
    for engine_id, kind in kinds.items():
        assert kind in "\n".join(made(engine_id).statements)


def test_a_change_adds_columns_and_keeps_those_that_only_the_earlier_revision_has():
    change = compare_columns(EARLIER, COLUMNS)
    assert [column.name for column in change.added] == ["gift"]
    assert [(before.type, after.type) for before, after in change.retyped] == [(DataType.STRING, DataType.INT)]
    assert [column.name for column in change.after][-1] == "gone"
    for engine_id in ENGINES:
        assert "gone" in "\n".join(made(engine_id, EARLIER).statements)


def test_clickhouse_keeps_the_values_of_a_column_whose_type_changes():
    statements = made("clickhouse", EARLIER).statements
    assert "ALTER TABLE `shop_live_rows` RENAME COLUMN `whole` TO `whole_until_00000002`" in statements
    assert "ALTER TABLE `shop_live_rows` ADD COLUMN IF NOT EXISTS `whole` Nullable(Int64)" in statements


def test_bigquery_reads_a_column_whose_type_changes_as_json():
    assert "`whole` JSON" in made("bigquery_external", EARLIER).statements[0]


def test_a_field_called_as_a_partition_leaves_bigquery_without_partitions():
    named = [*COLUMNS, Column("dt", DataType.STRING)]
    assert "PARTITION COLUMNS" in made("bigquery_external").statements[1]
    assert "PARTITION COLUMNS" not in made("bigquery_external", after=named).statements[1]


@pytest.mark.parametrize("engine_id", ENGINES)
def test_grants_reach_the_environments_objects_and_no_others(engine_id):
    (policy,) = [grant.document for grant in made(engine_id).grants if grant.kind == "policy"]
    get, listing, place, *_ = policy["Statement"]
    assert get["Resource"] == "arn:aws:s3:::my-events/raw/environment=env_1/*"
    assert listing["Condition"]["StringLike"]["s3:prefix"] == ["raw/environment=env_1/", "raw/environment=env_1/*"]
    assert place["Action"] == "s3:GetBucketLocation"
    assert "PutObject" not in json.dumps(policy)


def test_the_role_of_databricks_may_assume_itself_and_its_credential_does_not_try_to_write():
    (policy,) = [grant.document for grant in made("databricks").grants if grant.kind == "policy"]
    assert policy["Statement"][-1] == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": SOURCE.role_arn}
    assert "read-only use" in made("databricks").notes[0]


def test_the_role_of_bigquery_needs_sessions_of_12_hours():
    assert "12 hours" in made("bigquery_external").notes[0]


def test_the_deployments_own_bucket_also_needs_its_policy_and_its_key():
    source = dataclasses.replace(SOURCE, is_managed=True, key_arn="arn:aws:kms:eu-west-1:111122223333:key/1")
    grants = {grant.kind: grant.document for grant in made("athena", source=source).grants}
    assert set(grants) == {"policy", "bucket_policy", "key_policy"}
    assert grants["policy"]["Statement"][-1] == {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1",
    }


def test_snowflake_loads_from_the_deployments_own_bucket_by_a_task():
    own = "\n".join(made("snowflake", source=dataclasses.replace(SOURCE, is_managed=True)).statements)
    assert "CREATE TASK" in own
    assert "CREATE PIPE" not in own
    assert "AUTO_INGEST = TRUE" in "\n".join(made("snowflake").statements)


def test_snowflake_has_a_float_that_was_delivered_as_a_whole_number_or_a_decimal():
    value = '"event":"price"'
    expected = f"CASE WHEN TYPEOF({value}) IN ('INTEGER', 'DECIMAL', 'DOUBLE') THEN {value}::FLOAT END AS \"price\""
    assert expected in "\n".join(made("snowflake").statements)


def test_redshift_says_that_it_needs_a_bucket_of_yours():
    with pytest.raises(Rejected, match="Deliver to a bucket of yours"):
        made("redshift", source=dataclasses.replace(SOURCE, is_managed=True))


@pytest.mark.parametrize("engine_id", ENGINES)
def test_two_thousand_fields_make_a_script_or_say_which_limit_they_break(engine_id):
    many = warehouse_columns([{"key": f"a_field_{number}", "type": "INT"} for number in range(2_000)], "drop")
    refused = engine_id in {"snowflake", "redshift"}
    with pytest.raises(Rejected, match=r"takes up to [\d,]+ columns") if refused else nullcontext():
        script = made(engine_id, after=many)
        assert len(script_text(ENGINES[engine_id], SOURCE, None, script)) < 1_000_000


@pytest.mark.parametrize("engine_id", ["clickhouse", "bigquery_external"])
def test_descriptions_that_a_statement_has_no_room_for_are_left_out(engine_id):
    described = [{"key": f"field_{number}", "type": "INT", "description": "x" * 1_024} for number in range(1_100)]
    text = "\n".join(made(engine_id, after=warehouse_columns(described, "drop")).statements)
    assert "`field_1099`" in text
    assert "xx" not in text


def test_a_statement_that_is_too_long_for_athena_is_refused_with_its_size():
    long = warehouse_columns([{"key": f"{'k' * 120}_{number}", "type": "INT"} for number in range(2_000)], "drop")
    with pytest.raises(Rejected, match=r"takes statements of up to 262,144 bytes; one has 6\d\d,\d{3}"):
        made("athena", after=long)


def test_a_name_that_redshift_has_no_room_for_is_cut():
    text = "\n".join(made("redshift", after=[*COLUMNS, Column("k" * 128, DataType.INT)]).statements)
    assert re.search(r'AS "k{118}_[0-9a-f]{8}"', text)


NASTY = st.text(st.sampled_from("a'\"`\\;-*/\n\r\u2028\0$]>é"), min_size=1, max_size=12)


@pytest.mark.parametrize("engine_id", ENGINES)
@settings(max_examples=10, deadline=None)
@given(key=NASTY, text=NASTY)
def test_no_key_or_description_ends_its_quotes(engine_id, key, text):
    inner = Column(key, DataType.INT, description=text)
    columns = [
        *COLUMNS[:3],
        dataclasses.replace(inner, name=f"k{key}"),
        Column("o", DataType.OBJECT, fields=(Column(f"k{key}", DataType.STRING),)),
    ]
    plain = [
        *COLUMNS[:3],
        Column("k", DataType.INT, description="t"),
        Column("o", DataType.OBJECT, fields=(Column("k", DataType.STRING),)),
    ]
    script, reference = made(engine_id, after=columns), made(engine_id, after=plain)
    assert len(script.statements) == len(reference.statements)
    for statement, expected in zip(script.statements, reference.statements, strict=True):
        assert tokens_of(engine_id, statement) == tokens_of(engine_id, expected)


@given(st.text())
@settings(max_examples=30, deadline=None)
def test_a_comment_stays_in_its_line(text):
    assert len(comment(text).splitlines()) == 1


ROW = {
    "_event_id": "evt_1",
    "_received_at": "2026-11-23T08:48:27.684053Z",
    "_revision_id": "rev_1",
    "_extra": {"/colour": "blue"},
    "whole": 2**63 - 1,
    "price": 0.1,
    "gift": True,
    "text": "é😀\u2028\"'\\",
    "day": "0001-01-01",
    "local": "2026-11-02T10:11:12.5",
    "seconds": 253402300799,
    "moment": "9999-12-31T23:59:59.999999Z",
    "anything": [1, None, 2**64 - 1],
    "cart": {
        "size": -(2**63),
        "since": "2026-11-23T08:48:27.000000Z",
        "items": [{"sku": "a", "options": "text"}, {"sku": "b", "options": {"k": 1}}],
    },
    "wholes": [1, -(2**63)],
    "days": ["2026-11-02"],
    "locals": ["2026-11-02T10:11:12"],
    "moments": [0, 1],
    "values": ["x", {"a": None}],
}


def rows_of(tmp_path, lines, columns=COLUMNS):
    """Return what DuckDB's view has of delivered lines, each a dict."""
    place = tmp_path / "my-events" / "raw" / "environment=env_1" / "dt=2026-11-23" / "hour=08"
    place.mkdir(parents=True)
    for number, line in enumerate(lines):
        (place / f"{number}.gz").write_bytes(gzip.compress(line.encode()))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    script = made("duckdb", after=columns, source=dataclasses.replace(SOURCE, folder=str(tmp_path)))
    for statement in script.statements:
        connection.execute(statement)
    found = connection.execute('SELECT * FROM "shop_live" ORDER BY "_event_id"')
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert connection.execute(script.check).fetchone() == (len(rows), max(row["_received_at"] for row in rows))
    return rows


def test_duckdb_reads_every_type_exactly_and_each_event_once(tmp_path):
    line = json.dumps(ROW) + "\n"
    (row,) = rows_of(tmp_path, [line + " " + line, "  " + line])
    assert row == {
        **ROW,
        "_received_at": datetime(2026, 11, 23, 8, 48, 27, 684053, UTC),
        "_extra": '{"/colour":"blue"}',
        "day": date(1, 1, 1),
        "local": datetime(2026, 11, 2, 10, 11, 12, 500000),
        "seconds": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        "moment": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        "anything": "[1,null,18446744073709551615]",
        "cart": {
            "size": -(2**63),
            "since": datetime(2026, 11, 23, 8, 48, 27, tzinfo=UTC),
            "items": [{"sku": "a", "options": '"text"'}, {"sku": "b", "options": '{"k":1}'}],
        },
        "days": [date(2026, 11, 2)],
        "locals": [datetime(2026, 11, 2, 10, 11, 12)],
        "moments": [datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)],
        "values": ['"x"', '{"a":null}'],
        "note": None,
        "_partition_date": date(2026, 11, 23),
        "_partition_hour": 8,
    }


def test_of_repeats_that_arrived_one_after_another_duckdb_has_the_earlier(tmp_path):
    later = {**ROW, "_received_at": "2026-11-23T08:48:28.000000Z", "whole": 2}
    (row,) = rows_of(tmp_path, [json.dumps(later), json.dumps(ROW)])
    assert row["whole"] == ROW["whole"]


def test_a_value_of_another_type_is_null_in_duckdb_and_the_row_is_there(tmp_path):
    (row,) = rows_of(tmp_path, [json.dumps({**ROW, "whole": "text", "day": 5, "cart": 5, "seconds": "soon"})])
    assert (row["whole"], row["day"], row["seconds"], row["text"]) == (None, None, None, ROW["text"])


def test_duckdb_changes_to_the_columns_of_another_revision(tmp_path):
    rows_of(tmp_path, [json.dumps(ROW)], EARLIER)
    connection = duckdb.connect()
    source = dataclasses.replace(SOURCE, folder=str(tmp_path))
    for statement in [
        *made("duckdb", after=EARLIER, source=source).statements,
        *made("duckdb", EARLIER, source=source).statements,
    ]:
        connection.execute(statement)
    assert connection.execute('SELECT "whole", "gift", "gone" FROM "shop_live"').fetchall() == [(2**63 - 1, True, None)]
