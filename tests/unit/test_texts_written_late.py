"""A text that is written late is the same as before its event was validated, and no deeper or longer than is said."""

import copy
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.shared.reading import loaded
from domain.protocols.shared.shape import MAX_ADDED_BYTES, Made
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from tests.unit.test_translated_values import translated, translated_whole

DEEP = b"[" * 62 + b"]" * 62
FIELDS = [
    {"key": "type", "type": "STRING", "presence": "optional"},
    {"key": "properties", "type": "JSON", "presence": "optional"},
    {"key": "ip", "type": "STRING", "presence": "optional", "from": "/properties/ip", "protect": "hash"},
]
TIME = b'"timestamp":"2026-11-28T13:46:45Z"'
SENT_AT = b'"2026-11-28T13:46:59.131Z"'
BODIES = [
    ("/v1/batch", b'{"sentAt":%b,"batch":[%%b]}' % SENT_AT, b'"messageId":"m",' + TIME),
    ("/batch", b'{"sent_at":%b,"batch":[%%b]}' % SENT_AT, b'"event":"a","uuid":"u",' + TIME),
    ("/2/httpapi", b'{"events":[%b]}', b'"insert_id":"i","time":1795873605131'),
    ("/track", b"[%b]", b'"event":"a"'),
    ("/v0/events?name=shop", b"%b", b'"a":1'),
]


def revision(additional_keys):
    return CompiledRevision({"revision_id": "r", "additional_keys": additional_keys, "fields": FIELDS})


def made(route, body, members, properties):
    path, _, query = route.partition("?")
    event = b'{%b,"properties":%b}' % (members, properties)
    return translated(path, body % event, query=[tuple(query.split("="))] if query else ())


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_validating_changes_nothing_of_a_text_that_is_written_late(route, body, members, additional_keys):
    events = made(route, body, members, b'{"ip":"192.0.2.7","items":[{"a":{"b":1}}]}')
    assert not events[0].written
    assert len(events[0].text) <= len(events[0].content) + MAX_ADDED_BYTES
    before, value = events[0].text, copy.deepcopy(events[0].value)
    (document,) = TranslatedTexts(events).read(revision(additional_keys))
    document["properties"] = document["ip"] = None
    assert events[0].text == before
    assert events[0].value == value


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_nesting_is_bounded_of_events_whose_text_is_written_late(route, body, members, additional_keys):
    compiled = revision(additional_keys)
    for levels, is_fine in ((DEEP, True), (b"[%b]" % DEEP, False)):
        events = made(route, body, members, b'{"a":%b}' % levels)
        (verdict,) = TranslatedTexts(events).read(compiled)
        assert isinstance(verdict, Refusal) is not is_fine


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
    (document,) = TranslatedTexts(events).read(revision("drop"))
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
        assert orjson.dumps(passed_over) == orjson.dumps(looked_at)


def test_a_whole_number_that_the_parser_rounded_is_looked_at_where_numbers_are_long():
    (event,) = made("/track", b"[%b]", b'"event":"a"', b'{"a":[[1234567890123457e4]]}')
    (document,) = TranslatedTexts([event]).read(revision("drop"))
    assert document["properties"]["a"] == [[12345678901234570000]]


@pytest.mark.parametrize(
    "members",
    [
        b'"se_va":"1234567890123457e4"',
        b'"se_va":"9007199254740993.0"',
        b'"co":"{\\"data\\":[1234567890123457e4]}"',
        b'"x":1234567890123457e4',
    ],
)
def test_a_long_number_is_looked_at_wherever_a_tracker_puts_it(members):
    body = b'{"data":[{"e":"se","aid":"shop",%b}]}'
    assert translated_whole("/com.snowplowanalytics.snowplow/tp2", body % b'"se_va":"1.5"').has_short_numbers
    assert not translated_whole("/com.snowplowanalytics.snowplow/tp2", body % members).has_short_numbers


def test_a_value_of_a_tracker_keeps_its_digits():
    whole = translated_whole(
        "/com.snowplowanalytics.snowplow/tp2", b'{"data":[{"e":"se","se_va":"9007199254740993.0"}]}'
    )
    read = TranslatedTexts(whole.events, has_short_numbers=whole.has_short_numbers).read(revision("keep"))
    assert read[0]["_extra"]["/se_value"] == 9007199254740993


LINES = [b'{"type":"a","properties":{"a":[[1]]}}', b'{"type":7}', b"7", b'{"type":"b"}', b'{"type":"e","x":1}']


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize(
    "odd", [b"", b'{"type":', b'{"type":"\\ud800"}', b'{"a":NaN}', b'{"properties":%b}' % (b"[" * 70 + b"]" * 70)]
)
def test_lines_are_validated_together_as_one_by_one(additional_keys, odd):
    compiled = revision(additional_keys)
    events = translated("/ndjson", b"\n".join([*LINES, odd]))
    assert all(event.value is None for event in events)
    together = TranslatedTexts(events).read(compiled)
    alone = [TranslatedTexts([event]).read(compiled)[0] for event in events]
    assert [_told(verdict) for verdict in together] == [_told(verdict) for verdict in alone]
    assert [_told(verdict) for verdict in together] == [_told(compiled.read_event(event.text)) for event in events]


def test_an_event_that_may_not_be_read_is_not_parsed_with_others():
    events = [Made(b'{"type":"a"}'), Made(b'{"type":"b"}', is_unread=True)]
    first, second = TranslatedTexts(events).read(revision("drop"))
    assert first == {"type": "a"}
    assert isinstance(second, Refusal)


def _told(verdict):
    return (verdict.raw, verdict.errors()) if isinstance(verdict, Refusal) else list(verdict.items())
