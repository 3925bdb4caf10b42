"""A revision as the columns of a BigQuery table: each type, and which columns may be NULL or are not there."""

import pytest

from domain.language.bigquery_schema import bigquery_columns


def shown(*fields, additional_keys="drop"):
    """Return the columns after the three stamps that every revision has, as name, type and mode."""
    columns = bigquery_columns(fields, additional_keys)
    assert [column["name"] for column in columns[:3]] == ["_event_id", "_received_at", "_revision_id"]
    return [(column["name"], column["type"], column["mode"]) for column in columns[3:]]


@pytest.mark.parametrize(
    ("data_type", "column_type"),
    [
        ("STRING", "STRING"),
        ("INT", "INT64"),
        ("FLOAT", "FLOAT64"),
        ("BOOLEAN", "BOOL"),
        ("DATETIME", "DATETIME"),
        ("TIMESTAMP", "TIMESTAMP"),
        ("DATE", "DATE"),
        ("JSON", "JSON"),
    ],
)
def test_each_type_has_its_column_and_arrays_of_it_a_repeated_one(data_type, column_type):
    assert shown({"key": "one", "type": data_type}, {"key": "many", "type": f"ARRAY_{data_type}"}) == [
        ("one", column_type, "REQUIRED"),
        ("many", column_type, "REPEATED"),
    ]


@pytest.mark.parametrize("time_format", ["unix_seconds", "unix_milliseconds", "unix_microseconds", "rfc3339"])
def test_a_timestamp_is_one_however_it_is_sent(time_format):
    assert shown({"key": "at", "type": "TIMESTAMP", "format": time_format}) == [("at", "TIMESTAMP", "REQUIRED")]


def test_a_column_is_called_by_the_key_and_not_by_where_the_value_stands():
    assert shown({"key": "message_id", "from": "messageId", "type": "STRING"}) == [("message_id", "STRING", "REQUIRED")]


def test_what_no_field_names_has_a_column_after_the_stamps_where_it_is_kept():
    page = {"key": "page", "type": "STRING"}
    assert shown(page, additional_keys="keep") == [("_extra", "JSON", "NULLABLE"), ("page", "STRING", "REQUIRED")]
    assert shown(page, additional_keys="reject") == [("page", "STRING", "REQUIRED")]


def test_a_field_that_is_in_force_at_times_may_be_null_whatever_its_presence():
    when = {"/type": ["page"]}
    inner = [{"key": "url", "type": "STRING"}]
    fields = [
        {"key": "a", "type": "STRING", "when": when},
        {"key": "b", "type": "STRING", "presence": "default", "default": "x", "when": when},
        {"key": "c", "type": "OBJECT", "fields": inner, "when": when},
        {"key": "d", "type": "ARRAY_STRING", "when": when},
    ]
    assert [mode for _, _, mode in shown(*fields)] == ["NULLABLE", "NULLABLE", "NULLABLE", "REPEATED"]
    assert bigquery_columns(fields, "drop")[5]["fields"] == [{"name": "url", "type": "STRING", "mode": "REQUIRED"}]


def test_what_a_protection_may_keep_away_may_be_null():
    modes = {
        protect: shown({"key": "a", "type": "STRING", "protect": protect})
        for protect in ("hash", "last_4", "ip_prefix", "email_domain", "redact")
    }
    assert modes == {
        "hash": [("a", "STRING", "REQUIRED")],
        "last_4": [("a", "STRING", "REQUIRED")],
        "ip_prefix": [("a", "STRING", "NULLABLE")],
        "email_domain": [("a", "STRING", "NULLABLE")],
        "redact": [],
    }
    assert shown({"key": "a", "type": "ARRAY_STRING", "protect": "email_domain"}) == [("a", "STRING", "REPEATED")]


def test_what_is_redacted_has_no_column_and_an_object_of_such_alone_has_none_either():
    secret = {"key": "secret", "type": "STRING", "protect": "redact"}
    name = {"key": "name", "type": "STRING"}
    fields = [
        {"key": "some", "type": "OBJECT", "fields": [secret, name]},
        {"key": "none", "type": "OBJECT", "fields": [{"key": "in", "type": "ARRAY_OBJECT", "fields": [secret]}]},
    ]
    assert shown(*fields) == [("some", "RECORD", "REQUIRED")]
    assert bigquery_columns(fields, "drop")[3]["fields"] == [{"name": "name", "type": "STRING", "mode": "REQUIRED"}]


def test_records_nest_ten_levels_deep():
    field = {"key": "leaf", "type": "JSON"}
    for _ in range(9):
        field = {"key": "level", "type": "OBJECT", "fields": [field]}
    column = bigquery_columns([field], "drop")[3]
    for _ in range(9):
        (column,) = column["fields"]
    assert column == {"name": "leaf", "type": "JSON", "mode": "REQUIRED"}
