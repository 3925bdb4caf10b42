"""Which parsed JSON values are written as they are stored, and which may have been rounded when they were parsed."""

import orjson
import pytest

from domain.msgspec_core import encode
from domain.validation.json_text import NumberText
from domain.validation.json_values import as_written_json
from domain.validation.unfit import UnfitError


@pytest.mark.parametrize(
    "value",
    [
        "1e400",
        "a+b 1.0 e+x 9007199254740993",
        2**64 - 1,
        -(2**63),
        True,
        {},
        [0.5, {"a": [-1.5, None, {"b": False}]}],
        2.0**50 - 1.5,
        [1.0, "1234567890123456"],
        {"product": "https://shop.example/?q=blue+shoes&v=1.0"},
        1e-7,
    ],
)
def test_a_value_that_was_not_rounded_is_written_as_it_is(value):
    assert orjson.loads(encode({"a": as_written_json(value)})) == {"a": value}


@pytest.mark.parametrize(
    "number", [2.0**53, -(2.0**53), 1e300, 1e16, 9007199254740993.0, 2**64, -(2**63) - 1, NumberText("0.5")]
)
def test_a_number_that_may_have_been_rounded_is_seen_wherever_it_stands(number):
    for value in number, [1, [number]], {"a": {"b": [{"c": number}]}}:
        with pytest.raises(UnfitError):
            as_written_json(value)
