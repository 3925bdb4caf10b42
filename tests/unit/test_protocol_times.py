"""Times that protocols define, whoever writes them; and values that no protocol looks at stay as they came."""

import gzip
import json
from datetime import timedelta
from itertools import product

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.msgspec_core import Raw, encode
from domain.protocols.shared.members import value_of
from domain.protocols.shared.reading import loads
from domain.protocols.shared.times import (
    SenderClock,
    as_members,
    as_utc,
    moment_from_ns,
    moment_from_rfc3339,
    moment_from_unix,
    moments_from_rfc3339,
    moments_from_unix,
    text_from_moment,
    written_moment,
    written_moments,
)
from domain.protocols.shared.writing import dumps
from schemas.limits import INT64_MIN, MAX_READ_VALUES
from tests.translated import RECEIVED_NS, translated


@pytest.mark.parametrize("value", [b"0.12345678901234567", b"123456789012345678901", b'"\\ud800"'])
@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/batch", b'{"batch":[{"type":"track","properties":{"a":%b}}]}'),
        ("/batch", b'{"batch":[{"event":"a","properties":{"a":%b}}]}'),
        ("/2/httpapi", b'{"events":[{"event_type":"a","event_properties":{"a":%b}}]}'),
        ("/track", b'[{"event":"a","properties":{"a":%b}}]'),
        ("/mp/collect", b'{"client_id":"c","events":[{"name":"a","params":{"a":%b}}]}'),
        ("/v0/events", b'[{"a":%b}]'),
        ("/v0/events", b'{"a":%b}'),
        ("/com.snowplowanalytics.snowplow/tp2", b'{"data":[{"e":"pv","co":{"data":[%b]}}]}'),
    ],
)
def test_what_a_parser_does_not_hold_exactly_is_kept_as_it_came(route, body, value):
    (made,) = translated(route, body % value)
    assert value in made.text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-28T13:46:45.131Z", "2026-11-28T13:46:45.131000Z"),
        ("2026-11-28T13:46:45.131456+00:00", "2026-11-28T13:46:45.131456Z"),
        ("2026-11-28T13:46:45.131+00:00", "2026-11-28T13:46:45.131000Z"),
        ("2026-11-28T13:46:45Z", "2026-11-28T13:46:45.000000Z"),
        ("2026-11-28T23:59:59.9+02:00", "2026-11-28T21:59:59.900000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999000Z"),
        ("2026-11-28T23:59:59.9999999+02:00", "2026-11-28T21:59:59.999999Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_written_in_utc_whatever_was_written_before(text, written):
    assert written_moments(moments_from_rfc3339([Raw(b'"%b"' % text.encode())])) == [b'"%b"' % written.encode()]
    for before in ("2026-11-28T13:46:59.999Z", "2026-11-28T13:47:00.000Z", text):
        text_from_moment(moment_from_rfc3339(before))
        assert text_from_moment(moment_from_rfc3339(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-28T13:46:45.131Z",
        "2026-11-28T25:46:45.131Z",
        "\uff12026-11-28T13:46:45.131Z",
        "2026-11-28T13:46:45.131",
        "2026-11-28T13:46:45.131456",
        "2026-W48-6T13:46:45.131Z",
        "20261128T134645.1314567Z",
        "2026-11-28T13:46:45,131Z",
        "2026-11-28T13:46:45.12ZZ",
        "2026-11-28T13:46:45.12345ZZ",
        "2026-11-28T13:46:45.+05Z",
        "2026-11-28T13:46:45.123+05+00:00",
        "2026-11-28T13:46:45.131+0200",
        "2026-11-28T13:46:45.131+02:60",
        "",
    ],
)
def test_what_is_no_time_is_none(text):
    assert moment_from_rfc3339(text) is None
    assert moments_from_rfc3339([Raw(json.dumps(text).encode())]) == [None]


@pytest.mark.parametrize("sent", ["2026-11-28T13:46:45.12ZZ", "2026-11-28T13:46:45.123+05Z"])
def test_a_time_of_sending_in_two_zones_is_none_and_refuses_no_request(sent):
    made = "2026-11-28T13:46:44.131Z"
    (event,) = translated("/v1/batch", orjson.dumps({"sentAt": sent, "batch": [{"type": "track", "timestamp": made}]}))
    written = orjson.loads(event.text)
    assert written["sentAt"] == sent
    assert written["timestamp"] == "2026-11-28T13:46:44.131000Z"


FORMS = [
    "2026-11-28T13:46:{:02}.131Z",
    "2026-11-28T13:46:{:02}.131+00:00",
    "2026-11-28T13:46:{:02}.131+01:00",
    "2026-11-28T13:46:{:02}.131456-00:01",
    "2026-11-28T13:46:{:02}.131456Z",
    "2026-11-28T13:46:{:02}.131456+00:00",
    "2026-11-28T13:46:{:02}.000Z",
    "2026-11-28T24:00:00.0{:02}Z",
    "2026-13-28T13:46:{:02}.131Z",
    "0001-01-01T00:00:{:02}.131Z",
    "9999-12-31T23:59:{:02}.131Z",
    "2026-11-28T13:46:{:02}Z",
    "2026-11-28T13:46:{:02}.131Z,",
    "2026-11-28T13:46:{:02}.131",
    "\ud800026-11-28T13:46:{:02}.13Z",
]
CLOCKS = [
    None,
    "no time",
    "2026-11-28T13:46:59.131",
    "2026-11-28T13:46:59.131Z",
    "2026-11-28T13:46:15.131Z",
    "0001-01-01T00:00:59.500Z",
]


def read_alone(text):
    moment = moment_from_rfc3339(text)
    return moment_from_rfc3339(as_utc(text)) if moment is None else moment


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 20])
def test_the_times_of_many_events_are_those_of_each_alone(form, count):
    for sent, other in product(CLOCKS, [[], [None], ["no time"], [7], ["2026-11-28T14:46:45.131+01:00"]]):
        times = [form.format(second) for second in range(10, 10 + count)] + other
        members = [Raw(json.dumps(time).encode()) for time in times]
        clock = SenderClock(sent, moment_from_ns(RECEIVED_NS))
        made, by_receiver = clock.moments_of(members)
        assert list(made) == list(map(read_alone, times))
        assert list(by_receiver) == [clock.moments_of([member])[1][0] for member in members]
        in_utc = [moment_from_rfc3339(time) for time in times]
        assert list(moments_from_rfc3339(members)) == in_utc


@pytest.mark.parametrize("received_ns", [0, RECEIVED_NS])
def test_a_clock_that_is_far_off_corrects_many_times_as_each(received_ns):
    clock = SenderClock("9999-12-31T23:59:59.131Z", moment_from_ns(received_ns))
    members = [Raw(b'"0001-01-01T00:00:%d.131Z"' % second) for second in range(10, 30)]
    assert list(clock.moments_of(members)[1]) == [clock.moments_of([member])[1][0] for member in members]


@pytest.mark.parametrize("first", [0, 1_795_873_605_131, 253_402_300_799_990, -5, 1.5, 1_795_873_605.25])
@pytest.mark.parametrize("units", [1, 1_000, 1_000_000])
def test_the_times_of_many_numbers_are_those_of_each_alone(first, units):
    others = [b"null", b"true", b'"1795873605131"', b'"2026-11-28T13:46:45Z"', b"[1,2]", b"1E3", b"1e30", b"0", b'""']
    for sent, other in product(CLOCKS, [*others, b"1" * 30, b'"\\ud800"', b"0." + b"0" * 2_000]):
        numbers = [Raw(b"%r" % (first + number)) for number in range(20)] + [Raw(other)]
        clock = SenderClock(sent, moment_from_ns(RECEIVED_NS))
        each = [moments_from_unix([number], units)[0] for number in numbers]
        assert moments_from_unix(numbers, units) == each
        for number, one in zip(numbers, each, strict=True):
            expected = moment_from_unix(value_of(number), units)
            assert one == expected or abs(one - expected) <= timedelta(microseconds=1)
        assert list(clock.all_by_receiver(each)) == [clock.all_by_receiver([one])[0] for one in each]
        written = [None if one is None else written_moment(one) for one in each]
        assert list(written_moments(each)) == written
        assert [member and encode(member) for member in as_members(each)] == written


@pytest.mark.parametrize(
    "other",
    ["", "no time", "1,2", "1.5", " 1", "1_000", "\ud800", '"2026-11-28T13:46:45Z"', "1" * 30, "0." + "0" * 2_000],
)
def test_the_times_of_many_texts_are_those_of_each_alone(other):
    texts = [str(1_795_873_605_131 + number) for number in range(20)] + [other]
    assert moments_from_unix(texts, 1_000) == [moment_from_unix(text, 1_000) for text in texts]


def test_a_number_alone_keeps_its_digits():
    assert loads(b"12345678901234567890123").text == "12345678901234567890123"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(INT64_MIN, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda children: st.lists(children, max_size=12) | st.dictionaries(st.text(max_size=3), children, max_size=4),
)


@given(JSON)
def test_half_a_character_changes_nothing_of_what_is_written_beside_it(value):
    assert dumps({"a": "\ud800", "b": value}) == b'{"a":"\\ud800","b":%b}' % orjson.dumps(value)


NAME = [("name", "orders")]


@pytest.mark.parametrize(("value", "most"), [(b'"\\ud800"', 25), (b"12345678901234567890123", 30), (b'"x"', 30)])
def test_values_that_are_parsed_exactly_count_as_four(value, most):
    event = b'{"a":[%b]}' % b",".join([value] * (MAX_READ_VALUES // 100))
    body, headers = gzip.compress(b"\n".join([event] * 30), 1), {"content-encoding": "gzip"}
    read = [made for made in translated("/v0/events", body, NAME, headers) if not made.is_unread]
    assert most - 2 <= len(read) <= most


@pytest.mark.parametrize("number", [4_294_967_295_131, 4_294_967_296_131, 253_402_300_799_131])
def test_a_time_far_from_now_has_its_milliseconds(number):
    (moment,) = moments_from_unix([str(number)], 1_000)
    assert text_from_moment(moment).endswith(".131000Z")
