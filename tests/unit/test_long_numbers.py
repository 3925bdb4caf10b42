"""A number of a translated event keeps its digits."""

from decimal import Decimal

import orjson
import pytest

from domain.intake.translated_texts import TranslatedTexts
from tests.translated import BODIES, made, revision, translated


@pytest.mark.parametrize("number", [b"9024457021363153E0", b"8309392369775639e1", b"-9024457021363153e+0"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_a_whole_number_keeps_its_digits_whatever_its_exponent(route, body, members, number):
    events = made(route, body, members, b'{"a":[%b]}' % number)
    (document,) = map(orjson.loads, TranslatedTexts(events).read(revision("drop")))
    assert document["properties"]["a"] == [int(Decimal(number.decode()))]


def test_a_whole_number_of_few_digits_and_an_exponent_is_stored_whole():
    (event,) = made("/track", b"[%b]", b'"event":"a"', b'{"a":[[1234567890123457e4]]}')
    (document,) = map(orjson.loads, TranslatedTexts([event]).read(revision("drop")))
    assert document["properties"]["a"] == [[12345678901234570000]]


def test_a_value_of_a_tracker_keeps_its_digits():
    events = translated("/com.snowplowanalytics.snowplow/tp2", b'{"data":[{"e":"se","se_va":"9007199254740993.0"}]}')
    read = TranslatedTexts(events).read(revision("keep"))
    assert orjson.loads(read[0])["_extra"]["/se_value"] == 9007199254740993
