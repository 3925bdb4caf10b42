"""How parsed JSON values are written, and of which events the text says that numbers may have been rounded."""

import json

import orjson
import pytest

from domain.msgspec_core import encode
from domain.validation.fields_in_force import FieldsInForce, Seen
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
        [1e300, -1e16, 2.0**53],
    ],
)
def test_a_value_is_written_as_it_is(value):
    assert orjson.loads(encode({"a": as_written_json(value)})) == {"a": value}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, NumberText("0.5")])
def test_a_whole_number_beyond_64_bits_is_seen_wherever_it_stands(number):
    for value in number, [1, [number]], {"a": {"b": [{"c": number}]}}:
        with pytest.raises(UnfitError):
            as_written_json(value)


def reader(additional_keys="drop"):
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": additional_keys}
    fields = [{"key": "j", "type": "JSON", "presence": "optional"}]
    return FieldsInForce({**document, "fields": fields}, fields, json.dumps(fields), Seen())


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("number", ["1e30", "1.5E+16", "-2.5e300", "1234567890123456", "123456789012345.0", "1e16"])
def test_a_number_that_tells_by_its_text_that_it_was_not_rounded_takes_no_second_reading(number, additional_keys):
    in_force = reader(additional_keys)
    text = b'{"j":{"a":[%s]}}' % number.encode()
    (one,) = in_force.read_batch(b"[%s]" % text)
    assert orjson.loads(in_force.read(text)) == orjson.loads(one) == {"j": {"a": [json.loads(number)]}}


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("number", ["9007199254740993.0", "90071992547409930e-1", "9007199254740.993000e3"])
def test_a_number_that_may_have_been_rounded_is_left_to_the_full_validation(number, additional_keys):
    in_force = reader(additional_keys)
    text = b'{"j":{"a":[%s]}}' % number.encode()
    assert in_force.read(text) is None
    assert in_force.read_batch(b"[%s]" % text) == [None]
    assert in_force.judge(text, None) == b'{"j":{"a":[9007199254740993]}}\n'
