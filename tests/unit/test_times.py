"""Every format of a moment is read to the text that is stored, or refused with its reason."""

import pytest

from domain.validation.faults import FaultText
from domain.validation.json_text import NumberText
from domain.validation.times import TIMESTAMP_READERS, read_date


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2021-01-02T03:04:05Z", "2021-01-02T03:04:05Z"),
        ("2021-01-02T03:04:05.5Z", "2021-01-02T03:04:05.5Z"),
        ("2021-01-02t03:04:05z", "2021-01-02T03:04:05.000000Z"),
        ("2021-01-02 03:04:05Z", "2021-01-02T03:04:05.000000Z"),
        ("2021-01-02T03:04:05.1234567Z", "2021-01-02T03:04:05.123456Z"),
        ("2021-01-02T03:04:05+01:30", "2021-01-02T01:34:05.000000Z"),
        ("0000-12-31T23:30:00-01:00", "0001-01-01T00:30:00.000000Z"),
    ],
)
def test_a_moment_in_text_is_stored_in_utc(sent, stored):
    assert TIMESTAMP_READERS["rfc3339"](sent) == stored


@pytest.mark.parametrize(
    "sent",
    ["2021-02-29T00:00:00Z", "2021-01-02T03:04:60Z", "0001-01-01T00:00:00+00:01", "2021-01-02T03:04:05", 5, None, True],
)
def test_what_is_no_moment_in_text_is_refused(sent):
    assert TIMESTAMP_READERS["rfc3339"](sent).code == "type_timestamp"


def test_units_are_stored_as_text():
    assert TIMESTAMP_READERS["unix_milliseconds"](1_625_579_080_123) == "2021-07-06T13:44:40.123000Z"
    assert TIMESTAMP_READERS["unix_microseconds"](-1) == "1969-12-31T23:59:59.999999Z"
    assert TIMESTAMP_READERS["unix_milliseconds"](NumberText("1.0")) == "1970-01-01T00:00:00.001000Z"
    assert TIMESTAMP_READERS["unix_seconds"](7) == 7


def test_another_unit_than_the_format_s_is_told():
    def told(timestamp_format, sent):
        fault = TIMESTAMP_READERS[timestamp_format](sent)
        assert isinstance(fault, FaultText)
        return fault.code, fault.message

    code, message = told("unix_seconds", 1_625_579_080_123)
    assert code == "out_of_range"
    assert "milliseconds" in message
    code, message = told("unix_milliseconds", NumberText("1625579080.123"))
    assert code == "type_timestamp"
    assert "looks like seconds" in message
    code, message = told("unix_milliseconds", 1_625_579_080_123_456_789)
    assert code == "out_of_range"
    assert "finer unit" in message


def test_a_day_has_to_exist():
    assert read_date("2024-02-29") == "2024-02-29"
    for sent in ["2023-02-29", "2024-2-29", "0000-01-01", "2024-02-29\n", 20240229]:
        assert read_date(sent).code == "type_date"
