"""A number of a translated event keeps its digits; no time is spent on one that its parser cannot have rounded."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.shared.reading import loaded
from domain.protocols.shared.shape import Made
from tests.translated import BODIES, made, revision, translated_whole


@pytest.mark.parametrize(
    ("number", "is_plain", "is_short"),
    [
        (b"123456789012345", True, True),
        (b"-123456789012345", True, True),
        (b"12345678901234.5", True, False),
        (b"1234567890123456", True, False),
        (b"1234567890123.56e4", True, False),
        (b"-1234567890123456e4", False, False),
        (b"1234567890123456E0", False, False),
        (b"12345678901234567", False, False),
        (b"0.1234567890123456", False, False),
        (b'"1234567890123456"', True, True),
        (b'"12345678901234567"', True, True),
        (b'"1234567890123456",1234567890123456,1', True, False),
        (b"1234567890123456,12345678901234567", False, False),
    ],
)
def test_digits_count_where_a_number_may_begin(number, is_plain, is_short):
    assert loaded(b'{"a":[%b]}' % number)[1:] == (is_plain, is_short)


@pytest.mark.parametrize("number", [b"9024457021363153E0", b"8309392369775639e1", b"-9024457021363153e+0"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_a_whole_number_keeps_its_digits_whatever_its_exponent(route, body, members, number):
    events = made(route, body, members, b'{"a":[%b]}' % number)
    (document,) = map(orjson.loads, TranslatedTexts(events).read(revision("drop")))
    assert document["properties"]["a"] == [int(Decimal(number.decode()))]


@given(st.integers(0, 10**15 - 1), st.integers(-25, 22), st.booleans())
def test_nothing_was_rounded_of_a_number_of_fifteen_digits(digits, exponent, is_negative):
    number = b"%b%de%d" % (b"-" if is_negative else b"", digits, exponent)
    value, is_plain, is_short = loaded(b'{"type":"a","properties":{"a":[[%b]]}}' % number)
    assert is_plain
    assert is_short
    events = [Made(b"", None, orjson.dumps(value), False, value)]
    for additional_keys in ("drop", "keep"):
        looked_at, passed_over = (
            TranslatedTexts(events, has_short_numbers=has_short_numbers).read(revision(additional_keys))
            for has_short_numbers in (False, True)
        )
        assert passed_over == looked_at


def test_a_whole_number_that_the_parser_rounded_is_looked_at_where_numbers_are_long():
    (event,) = made("/track", b"[%b]", b'"event":"a"', b'{"a":[[1234567890123457e4]]}')
    (document,) = map(orjson.loads, TranslatedTexts([event]).read(revision("drop")))
    assert document["properties"]["a"] == [[12345678901234570000]]


def test_a_value_of_a_tracker_keeps_its_digits():
    whole = translated_whole(
        "/com.snowplowanalytics.snowplow/tp2", b'{"data":[{"e":"se","se_va":"9007199254740993.0"}]}'
    )
    read = TranslatedTexts(whole.events, has_short_numbers=whole.has_short_numbers).read(revision("keep"))
    assert orjson.loads(read[0])["_extra"]["/se_value"] == 9007199254740993
