"""What a protocol reads of a body as members is, written again, what the body says."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.msgspec_core import Raw
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    as_text,
    members_of,
    read_array,
    read_body,
    read_documents,
    read_event,
    text_of,
    texts_of,
    value_of,
    with_members,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import Unread
from domain.validation.json_text import NotJsonError
from schemas.limits import INT64_MIN, MAX_EVENT_VALUES

HALF = '"\\ud800"'
LONG = "12345678901234567890123"


class Batch(Body, rename="camel"):
    batch: list[Event]
    sent_at: Raw = NULL
    context: Raw = NULL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(INT64_MIN, 2**64 - 1) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=3), children, max_size=4),
)
EVENTS = st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=4), max_size=5)
ODD = ["7", "null", "[1]", '{"a":NaN}', f'{{"a":{HALF}}}', f"{{{HALF}:1}}", f'{{"a":{LONG}}}', '{"a":1e999}']


def texts(events):
    return [event.text if isinstance(event, Unread) else write_event(event) for event in events]


@given(EVENTS, st.booleans())
def test_events_are_written_as_they_were_read_from_any_body(events, are_indented):
    def wrote(value):
        return (json.dumps(value, indent=1) if are_indented else json.dumps(value, ensure_ascii=False)).encode()

    body, read = read_body(wrote({"sentAt": 1, "other": 2, "batch": events}), Batch, "batch")
    read = list(read)
    assert (bytes(body.sent_at), body.context) == (b"1", NULL)
    assert list(map(orjson.loads, texts(read))) == events
    assert list(map(orjson.loads, write_events(read))) == events
    assert list(map(orjson.loads, texts(read_array(wrote(events))))) == events
    lines = b"\n".join(json.dumps(event).encode() for event in events)
    assert [orjson.loads(write_event(event)) for event, _ in read_documents(lines)] == events
    assert [orjson.loads(write_event(read_event(wrote(event)))) for event in events] == events


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("filling", ["", "x" * (MAX_EVENT_VALUES * 21)])
def test_an_odd_event_is_kept_as_it_came_and_takes_no_other_with_it(odd, filling):
    plain = '{"a":1}'
    array = f'[{plain},{odd},{plain},{{"f":"{filling}"}}]'.encode()
    body, events = read_body(b'{"context":%b,"batch":%b}' % (HALF.encode(), array), Batch, "batch")
    assert texts(events)[:3] == texts(read_array(array))[:3] == [plain.encode(), odd.encode(), plain.encode()]
    assert text_of(body.context) == "\ud800"
    assert texts(event for event, _ in read_documents(f"{plain}\n{odd}\n{plain}".encode())) == [
        plain.encode(),
        odd.encode(),
        plain.encode(),
    ]


@pytest.mark.parametrize("text", [b"", b"7", b"[]", b"{}", b'{"batch":{}}', b'{"batch":[{"a":"\xff"}]}', b'{"batch":['])
def test_what_has_no_events_under_the_key_is_no_batch(text):
    with pytest.raises(NotJsonError):
        read_body(text, Batch, "batch")


@pytest.mark.parametrize("text", [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b"{", b"[]", b"7", b"[" * 100_000])
def test_what_is_no_object_stays_unread(text):
    assert read_event(text) == Unread(text, is_costly=False)


def test_what_members_say():
    members = [Raw(text.encode()) for text in ('"a"', "null", '"\\u00e9"', "7", "true", HALF, "{}")]
    assert texts_of(members) == list(map(text_of, members)) == ["a", None, "é", None, None, "\ud800", None]
    assert texts_of(members[:3]) == ["a", None, "é"]
    assert [bytes(as_text(member)) for member in members[:5]] == [b'"a"', b"null", b'"\\u00e9"', b'"7"', b"true"]
    assert bytes(as_text(Raw(b"-1.50"))) == b'"-1.50"'
    assert value_of(Raw(LONG.encode())).text == LONG
    assert [members_of(Raw(text)) for text in (b"[]", b'{"a":1}')] == [None, {"a": Raw(b"1")}]


@pytest.mark.parametrize("text", [b"{}", b'{"a":1}'])
def test_more_members_come_last(text):
    assert orjson.loads(with_members(text, b',"b":2}')) == {**orjson.loads(text), "b": 2}
