"""From a line to a row: what each interface of BigQuery reads otherwise than JSON says it."""

import json

import pytest

from connectors.bigquery.rows import EMULATED_LOAD_JOB, INSERT_ALL, LOAD_JOB, converter, reading

VALUES = [{"b": [None, 2**64 - 1], "a": 1.5}, [1, "x"], "text", "1", "null", 1.0, True]


def row_of(fields, event, read, additional_keys="drop"):
    convert = converter(fields, additional_keys, read)
    if convert is not None:
        convert(event)
    return event


@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
def test_json_goes_as_its_text_row_by_row_and_as_itself_into_load_jobs(value):
    fields = [
        {"key": "one", "type": "JSON"},
        {"key": "many", "type": "ARRAY_JSON"},
        {"key": "record", "type": "OBJECT", "fields": [{"key": "in", "type": "JSON"}]},
    ]
    event = {"one": value, "many": [value, value], "record": {"in": value}}
    row = row_of(fields, json.loads(json.dumps(event)), INSERT_ALL)
    texts = [row["one"], *row["many"], row["record"]["in"]]
    assert all(isinstance(text, str) for text in texts)
    assert [json.dumps(json.loads(text)) for text in texts] == [json.dumps(value)] * 4  # keys in their order
    assert converter(fields, "keep", LOAD_JOB) is None


def test_what_no_field_names_goes_as_the_json_that_it_is():
    kept = {"/coupon": "X1", "": {"dropped": 2}}
    row = row_of([], {"_extra": dict(kept)}, INSERT_ALL, "keep")
    assert json.loads(row["_extra"]) == kept
    assert row_of([], {"_event_id": "evt_1"}, INSERT_ALL, "keep") == {"_event_id": "evt_1"}


def test_of_an_emulator_both_interfaces_read_text_in_columns_and_values_below():
    fields = [{"key": "one", "type": "JSON"}, {"key": "many", "type": "ARRAY_JSON"}]
    for mode in ("stream", "load"):
        row = row_of(fields, {"one": "a", "many": ["a"]}, reading(mode, is_emulated=True))
        assert row == {"one": '"a"', "many": ["a"]}
    assert reading("load", is_emulated=True) == EMULATED_LOAD_JOB


@pytest.mark.parametrize("read", [INSERT_ALL, LOAD_JOB])
def test_whole_seconds_become_text_and_what_is_text_stays_as_it_is(read):
    fields = [
        {"key": "a", "type": "TIMESTAMP"},
        {"key": "b", "type": "ARRAY_TIMESTAMP", "format": "unix_seconds"},
        {"key": "c", "type": "TIMESTAMP", "format": "rfc3339"},
        {"key": "d", "type": "ARRAY_TIMESTAMP", "format": "unix_milliseconds"},
        {"key": "e", "type": "DATE"},
    ]
    text = "2024-02-29T23:59:59.123456Z"
    row = row_of(fields, {"a": 0, "b": [0, -1], "c": text, "d": [text], "e": "0001-01-01"}, read)
    assert row == {
        "a": "1970-01-01T00:00:00Z",
        "b": ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"],
        "c": text,
        "d": [text],
        "e": "0001-01-01",
    }


def test_lines_without_anything_to_change_are_not_even_read():
    fields = [
        {"key": "a", "type": "TIMESTAMP", "format": "rfc3339"},
        {"key": "b", "type": "ARRAY_DATE"},
        {"key": "c", "type": "ARRAY_BOOLEAN"},
        {"key": "d", "type": "JSON"},
        {"key": "e", "type": "OBJECT", "fields": [{"key": "f", "type": "INT"}]},
    ]
    assert converter(fields, "keep", LOAD_JOB) is None


def test_objects_that_have_no_column_are_left_out_on_every_level():
    secret = [{"key": "secret", "type": "STRING", "protect": "redact"}]
    fields = [
        {"key": "none", "type": "OBJECT", "fields": secret},
        {
            "key": "some",
            "type": "ARRAY_OBJECT",
            "fields": [{"key": "none", "type": "OBJECT", "fields": secret}, {"key": "n", "type": "INT"}],
        },
    ]
    assert row_of(fields, {"none": {}, "some": [{"none": {}, "n": 1}, {"n": 2}]}, LOAD_JOB) == {
        "some": [{"n": 1}, {"n": 2}]
    }
