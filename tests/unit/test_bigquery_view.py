"""The SQL of the view over the tables of all revisions: widened, in one order, and nothing lost."""

from itertools import permutations

from connectors.bigquery.view import Part, Picked, view_sql


def column(name, kind, mode="NULLABLE", *fields):
    return {"name": name, "type": kind, "mode": mode, **({"fields": list(fields)} if fields else {})}


def part(table_id, *columns, where=""):
    return Part("rev", table_id, [Picked(row["name"], f"t.`{row['name']}`", row) for row in columns], where)


def selects(*tables):
    """Return what is selected of each table, the newest first."""
    named = [part(f"p.d.t{number}", *columns) for number, columns in enumerate(tables, 1)]
    parts = view_sql(named).split("\nUNION ALL\n")
    newest_first = [f" FROM `p.d.t{number}` AS t" for number in range(len(tables), 0, -1)]
    assert all(part.endswith(end) for part, end in zip(parts, newest_first, strict=True))
    return [part.removeprefix("SELECT ").removesuffix(end) for part, end in zip(parts, newest_first, strict=True)]


def test_one_table_is_taken_as_it_is():
    assert selects([column("a", "STRING"), column("b", "INT64", "REPEATED")]) == ["t.`a` AS `a`, t.`b` AS `b`"]


def test_columns_are_the_newest_revisions_then_those_of_earlier_ones_null_where_there_are_none():
    old, new = [column("gone", "STRING"), column("a", "INT64")], [column("a", "INT64"), column("added", "BOOL")]
    assert selects(old, new) == [
        "t.`a` AS `a`, t.`added` AS `added`, CAST(NULL AS STRING) AS `gone`",
        "t.`a` AS `a`, CAST(NULL AS BOOL) AS `added`, t.`gone` AS `gone`",
    ]


def test_an_array_that_a_revision_lacks_is_an_empty_one():
    assert selects([column("a", "STRING")], [column("a", "STRING"), column("tags", "STRING", "REPEATED")])[1] == (
        "t.`a` AS `a`, CAST([] AS ARRAY<STRING>) AS `tags`"
    )


def test_numbers_widen_to_doubles_and_all_else_that_differs_to_text():
    assert selects([column("a", "INT64")], [column("a", "FLOAT64")]) == [
        "t.`a` AS `a`",
        "CAST(t.`a` AS FLOAT64) AS `a`",
    ]
    assert selects([column("a", "TIMESTAMP")], [column("a", "INT64")]) == [
        "CAST(t.`a` AS STRING) AS `a`",
        "CAST(t.`a` AS STRING) AS `a`",
    ]
    assert (
        selects([column("a", "INT64")], [column("a", "FLOAT64")], [column("a", "BOOL")])
        == ["CAST(t.`a` AS STRING) AS `a`"] * 3
    )


def test_a_value_that_became_an_array_is_an_array_of_one_and_null_an_empty_one():
    assert selects([column("a", "INT64")], [column("a", "FLOAT64", "REPEATED")])[1] == (
        "IF(t.`a` IS NULL, CAST([] AS ARRAY<FLOAT64>), [CAST(t.`a` AS FLOAT64)]) AS `a`"
    )
    assert selects([column("a", "INT64", "REPEATED")], [column("a", "FLOAT64")])[1] == (
        "ARRAY(SELECT CAST(e1 AS FLOAT64) FROM UNNEST(t.`a`) AS e1 WITH OFFSET AS i1 ORDER BY i1) AS `a`"
    )


def test_a_record_that_became_something_else_is_json_text():
    record = column("a", "RECORD", "NULLABLE", column("x", "INT64"))
    assert selects([record], [column("a", "STRING")]) == ["t.`a` AS `a`", "TO_JSON_STRING(t.`a`) AS `a`"]


def test_records_widen_field_by_field_and_a_missing_record_stays_null():
    old = column("a", "RECORD", "NULLABLE", column("x", "INT64"), column("gone", "STRING"))
    new = column("a", "RECORD", "NULLABLE", column("y", "BOOL"), column("x", "FLOAT64"))
    assert selects([old], [new]) == [
        "IF(t.`a` IS NULL, NULL, STRUCT(t.`a`.`y` AS `y`, t.`a`.`x` AS `x`, CAST(NULL AS STRING) AS `gone`)) AS `a`",
        (
            "IF(t.`a` IS NULL, NULL,"
            " STRUCT(CAST(NULL AS BOOL) AS `y`, CAST(t.`a`.`x` AS FLOAT64) AS `x`, t.`a`.`gone` AS `gone`)) AS `a`"
        ),
    ]


def test_fields_in_another_order_are_put_in_the_views_since_a_union_goes_by_place():
    old = column("a", "RECORD", "NULLABLE", column("x", "INT64"), column("y", "INT64"))
    new = column("a", "RECORD", "NULLABLE", column("y", "INT64"), column("x", "INT64"))
    assert selects([old], [new]) == [
        "t.`a` AS `a`",
        "IF(t.`a` IS NULL, NULL, STRUCT(t.`a`.`y` AS `y`, t.`a`.`x` AS `x`)) AS `a`",
    ]


def test_arrays_of_records_are_made_anew_in_their_order_on_every_level():
    inner_old = column("in", "RECORD", "REPEATED", column("x", "INT64"))
    inner_new = column("in", "RECORD", "REPEATED", column("x", "STRING"))
    (_, old) = selects([column("a", "RECORD", "REPEATED", inner_old)], [column("a", "RECORD", "REPEATED", inner_new)])
    inner = (
        "ARRAY(SELECT AS STRUCT CAST(e2.`x` AS STRING) AS `x`"
        " FROM UNNEST(e1.`in`) AS e2 WITH OFFSET AS i2 ORDER BY i2) AS `in`"
    )
    assert old == (f"ARRAY(SELECT AS STRUCT {inner} FROM UNNEST(t.`a`) AS e1 WITH OFFSET AS i1 ORDER BY i1) AS `a`")


def test_a_condition_is_on_every_table():
    parts = [part("p.d.t1", column("a", "BOOL")), part("p.d.t2", column("a", "BOOL"), where="t.`a`")]
    assert [row.split(" AS t")[1] for row in view_sql(parts, "t.`b`").splitlines()[::2]] == [
        " WHERE t.`a` AND t.`b`",
        " WHERE t.`b`",
    ]


def test_what_is_json_in_any_revision_is_json_and_null_stays_null():
    json_column = column("a", "JSON")
    assert selects([column("a", "STRING")], [json_column]) == [
        "t.`a` AS `a`",
        "IF(t.`a` IS NULL, NULL, TO_JSON(t.`a`)) AS `a`",
    ]
    assert selects([column("a", "INT64", "REQUIRED")], [json_column])[1] == "TO_JSON(t.`a`) AS `a`"
    record = column("a", "RECORD", "NULLABLE", column("x", "JSON"))
    assert selects([json_column], [record])[0] == "IF(t.`a` IS NULL, NULL, TO_JSON(t.`a`)) AS `a`"
    assert selects([json_column], [column("b", "BOOL")])[0] == "t.`b` AS `b`, CAST(NULL AS JSON) AS `a`"


def test_arrays_are_json_where_one_revision_has_json_and_arrays_of_json_where_one_has_those():
    strings, jsons = column("a", "STRING", "REPEATED"), column("a", "JSON", "REPEATED")
    assert selects([strings], [column("a", "JSON")])[1] == "TO_JSON(t.`a`) AS `a`"
    assert selects([jsons], [column("a", "JSON")])[1] == "TO_JSON(t.`a`) AS `a`"
    assert selects([strings], [jsons])[1] == (
        "ARRAY(SELECT TO_JSON(e1) FROM UNNEST(t.`a`) AS e1 WITH OFFSET AS i1 ORDER BY i1) AS `a`"
    )
    assert selects([column("a", "STRING")], [jsons])[1] == (
        "IF(t.`a` IS NULL, CAST([] AS ARRAY<JSON>), [TO_JSON(t.`a`)]) AS `a`"
    )


def test_the_order_of_revisions_does_not_change_what_a_column_becomes():
    kinds = [column("a", "STRING"), column("a", "JSON"), column("a", "JSON", "REPEATED"), column("a", "INT64")]
    for tables in permutations(kinds):
        newest = selects(*([table] for table in tables), [column("b", "BOOL")])[0]
        assert newest == "t.`b` AS `b`, CAST(NULL AS JSON) AS `a`"


def test_json_inside_of_records_is_json_too():
    old = column("a", "RECORD", "NULLABLE", column("x", "STRING"))
    new = column("a", "RECORD", "NULLABLE", column("x", "JSON"))
    assert selects([old], [new])[1] == (
        "IF(t.`a` IS NULL, NULL, STRUCT(IF(t.`a`.`x` IS NULL, NULL, TO_JSON(t.`a`.`x`)) AS `x`)) AS `a`"
    )


def test_the_stamps_come_first_though_only_an_earlier_revision_keeps_what_no_field_names():
    old = [column("_event_id", "STRING"), column("_extra", "JSON"), column("a", "BOOL")]
    new = [column("_event_id", "STRING"), column("a", "BOOL")]
    assert selects(old, new)[0] == "t.`_event_id` AS `_event_id`, CAST(NULL AS JSON) AS `_extra`, t.`a` AS `a`"
