"""Scripts of warehouses, run by ClickHouse and by what stands for Snowflake: rows are what was delivered."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from domain.queries.dialects import OF_WAREHOUSES
from domain.queries.readable import Readable
from domain.queries.writing import queries_of
from domain.warehouses.quoting import literal
from schemas.data_types import DataType
from tests.engines import rows_of
from tests.unit.test_warehouses import COLUMNS, EARLIER, ROW, made

SELECT = "SELECT * FROM shop_live ORDER BY _event_id"
IN_CLICKHOUSE = {
    **ROW,
    "_received_at": "2026-11-23 08:48:27.684053",
    "_extra": '{"/colour":"blue"}',
    "local": "2026-11-02 10:11:12.500000",
    "seconds": "9999-12-31 23:59:59.000000",
    "moment": "9999-12-31 23:59:59.999999",
    "anything": "[1,null,18446744073709551615]",
    "cart": {
        "size": -(2**63),
        "since": "2026-11-23T08:48:27.000000Z",
        "items": [{"sku": "a", "options": "text"}, {"sku": "b", "options": '{"k":1}'}],
    },
    "locals": ["2026-11-02 10:11:12.000000"],
    "moments": ["1970-01-01 00:00:00.000000", "1970-01-01 00:00:01.000000"],
    "values": ['"x"', '{"a":null}'],
    "note": None,
}


def clickhouse(tmp_path, statements, rows):
    """Return the answers of statements; rows are delivered in the place of `LOAD`, as S3Queue would load them.

    S3Queue needs Keeper and S3. A table that keeps nothing stands for it: what is inserted goes through the same
    materialized view.
    """
    place = tmp_path / "dt=2026-11-23/hour=08"
    place.mkdir(parents=True)
    for number, row in enumerate(rows):
        (place / f"{number}.gz").write_bytes(gzip.compress((" " * number + json.dumps(row) + "\n").encode()))
    load = (
        f"INSERT INTO `shop_live_queue` SELECT line FROM file({literal(str(place / '*.gz'))}, "
        "'LineAsString', 'line String', 'gzip')"
    )
    stands = "CREATE TABLE `shop_live_queue` (line String) ENGINE = Null"
    told = [load if one == "LOAD" else stands if "S3Queue(" in one else one for one in statements]
    assert stands in told
    return rows_of("clickhouse", told)


def test_clickhouse_has_every_type_exactly_each_event_once_and_answers_the_queries(tmp_path):
    script = made("clickhouse")
    unfit = {**ROW, "_event_id": "evt_2", "whole": "text", "day": 5, "cart": 5, "seconds": "soon"}
    readable = Readable(OF_WAREHOUSES["clickhouse"], "shop_live", "`shop_live`")
    queries = [query.sql for query in queries_of(readable, COLUMNS)]
    now = datetime.now(UTC)
    fresh = {**ROW, "_event_id": "evt_3", "_received_at": now.isoformat()}
    *_, rows, check, newest, days, revisions, values = clickhouse(
        tmp_path, [*script.statements, "LOAD", SELECT, script.check, *queries], [ROW, ROW, unfit, fresh, fresh]
    )
    first, second, third = (dict(zip([column.name for column in COLUMNS], row, strict=True)) for row in rows)
    assert first == IN_CLICKHOUSE
    empty = {"size": None, "since": None, "items": []}
    nulls = {"whole": None, "day": None, "seconds": None, "cart": empty}
    assert second == {**IN_CLICKHOUSE, "_event_id": "evt_2", **nulls}
    assert check == [[3, third["_received_at"]]]
    assert newest == rows[2:]
    assert days[-1] == [f"{now:%Y-%m-%d}", 1]
    assert revisions[0][0] == "rev_1"
    assert values[0][0] == ROW["text"]


def test_clickhouse_keeps_values_of_a_column_whose_type_changes_and_loads_on(tmp_path):
    change = made("clickhouse", EARLIER).statements
    statements = [*made("clickhouse", after=EARLIER).statements, "LOAD", *change, "LOAD"]
    select = "SELECT `whole`, `whole_until_00000002`, `gift`, `gone` FROM `shop_live_rows` ORDER BY `gift`"
    row = {**ROW, "gone": "2026-11-02"}
    assert clickhouse(tmp_path, [*statements, select], [row])[-1] == [
        [2**63 - 1, None, True, "2026-11-02"],
        [None, str(2**63 - 1), None, "2026-11-02"],
    ]


@pytest.mark.slow
def test_snowflake_has_texts_dates_and_json_each_event_once():
    """The rest of it needs functions that fakesnow lacks, and dynamic tables, pipes, tasks and stages."""
    columns = [c for c in COLUMNS if not c.is_array and c.type in {DataType.STRING, DataType.DATE, DataType.JSON}]
    statements = made("snowflake", after=columns).statements
    raw = next(one for one in statements if one.startswith("CREATE TABLE"))
    typed = next(one for one in statements if "DYNAMIC TABLE" in one).partition("\n  AS\n")[2]
    text = literal(json.dumps(ROW).replace("\\", "\\\\"))
    insert = f"INSERT INTO \"shop_live_raw\" SELECT PARSE_JSON({text}), 'object'"
    ((*_, row),) = rows_of("snowflake", [raw, insert, insert, typed])[-1:]
    assert row == [
        {**ROW, "_extra": '{"/colour":"blue"}', "anything": "[1,null,18446744073709551615]", "note": None}[column.name]
        for column in columns
    ]
