"""What `additional_keys: keep` stores beside the fields."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest

from domain.validation.extra import Extra, fitting
from domain.validation.unnamed import NamedPlaces
from schemas.limits import MAX_EVENT_BYTES, MAX_EXTRA_POINTERS

NAME = {"key": "name", "type": "STRING", "presence": "optional"}
EXTRA = Extra(NamedPlaces([NAME]))


def of(text: bytes, extra: Extra = EXTRA, room: int = MAX_EVENT_BYTES) -> dict[str, Any] | None:
    made = extra.of_text(text)
    with suppress(orjson.JSONDecodeError):
        assert extra.of(orjson.loads(text)) == made
    return made if made is None or len(orjson.dumps(made)) <= room else fitting(made, room)


def test_what_no_field_names_is_kept_by_its_pointer_in_the_order_met():
    text = b'{"coupon": "X1", "name": "n", "items": [{"colour": "blue"}], "none": null, "coupon": "X2"}'

    extra = of(text)

    assert extra == {"/coupon": "X2", "/items": [{"colour": "blue"}], "/none": None}
    assert list(extra) == ["/coupon", "/items", "/none"]


def test_an_event_whose_values_are_all_named_has_none():
    assert of(b'{"name": "n"}') is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1e400", "1e400"),
        ("[-1E999, 0.1, null]", ["-1E999", 0.1, None]),
        (r'"\ud800x"', r'"\ud800x"'),
        (r'{"\udc00": "\ud83d\ude00"}', {r"\udc00": "😀"}),
        ("18446744073709551615", 18446744073709551615),
        ("-9223372036854775808", -9223372036854775808),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
        ("1" * 5_000, "1" * 5_000),
        ("9007199254740993", 9007199254740993),
        ("null", None),
    ],
)
def test_what_a_line_can_not_hold_stands_as_its_json_text(sent: str, kept: Any):
    extra = of(f'{{"x": {sent}}}'.encode())

    assert extra == {"/x": kept}
    assert json.loads(orjson.dumps(extra)) == {"/x": kept}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("9007199254740993.0", 9007199254740993),
        ("[-9.007199254740993e15, 900719925474099300E-2]", [-9007199254740993, 9007199254740993]),
        ("18446744073709551615.00", 18446744073709551615),
        ("18446744073709551617.0", 18446744073709551616.0),
        ("9007199254740993.5", 9007199254740994.0),
    ],
)
def test_a_whole_number_of_64_bits_is_kept_digit_by_digit_however_it_is_written(sent: str, kept: Any):
    assert EXTRA.of_text(f'{{"x": {sent}}}'.encode()) == {"/x": kept}


def test_a_key_that_utf_8_can_not_hold_stands_in_its_pointer_as_json_escapes_it():
    assert of(rb'{"\ud800": 1}') == {"/\\ud800": 1}


def test_pointers_beyond_the_most_are_dropped_and_counted():
    event = {str(number): number for number in range(MAX_EXTRA_POINTERS + 3)}

    extra = of(orjson.dumps(event))

    assert len(extra) == MAX_EXTRA_POINTERS + 1
    assert extra[""] == {"dropped": 3}


def test_what_is_beyond_the_room_of_a_line_is_dropped_and_counted():
    event = {"a": "x" * 100, "b": "y" * 100, "c": 1}

    extra = of(orjson.dumps(event), room=170)

    assert extra == {"/a": "x" * 100, "": {"dropped": 2}}
    assert len(orjson.dumps(extra)) <= 170


def test_what_is_dropped_twice_is_counted_together():
    event = {str(number): number for number in range(MAX_EXTRA_POINTERS + 3)}

    extra = of(orjson.dumps(event), room=40)

    assert extra == {"/0": 0, "/1": 1, "": {"dropped": MAX_EXTRA_POINTERS + 1}}


def test_without_room_for_anything_nothing_is_kept():
    assert of(b'{"a": "xxxxxxxxxxxxxxxxxxxxxxx"}', room=10) is None


def test_a_protected_place_never_goes_to_it():
    email = {**NAME, "key": "email", "protect": "hash", "when": {"/kind": ["a"]}}

    assert of(b'{"email": "a@example.com", "kind": "b"}', extra=Extra(NamedPlaces([NAME], [NAME, email]))) == {
        "/kind": "b"
    }
