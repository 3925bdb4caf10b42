"""Files of more events than a request takes."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestctl import event_parts
from ingestctl.event_parts import parts_of

LINES = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def parts(file, text):
    return list(parts_of(file, text.encode()))


def test_a_file_that_fits_goes_as_it_is():
    text = '[\n  {"a": 1.10},\n  {"a": 9007199254740993}\n]\n'
    (part,) = parts("events.json", text)
    assert (part.payload.content, dict(part.payload.headers), part.first) == (text.encode(), JSON, 0)
    packed = gzip.compress(b'{"a": 1}\n' * 1_000)
    (part,) = parts_of("events.ndjson.gz", packed)
    assert (part.payload.content, part.payload.headers["Content-Encoding"]) == (packed, "gzip")


def test_further_events_go_in_further_requests_each_as_it_stands_in_the_file():
    events = [f'{{"n": {number}.10, "n": 12345678901234567890123}}' for number in range(2_001)]
    found = parts("events.json", f"[ {' , '.join(events)} ]")
    assert [part.first for part in found] == [0, 1_000, 2_000]
    sent = [part.payload.content.decode() for part in found]
    assert sent == [f"[{','.join(events[first : first + 1_000])}]" for first in (0, 1_000, 2_000)]


def test_lines_go_in_parts_without_the_blank_ones():
    lines = [f'{{"n": {number}}}' for number in range(1_001)]
    found = parts("events.ndjson", "\n\n".join(lines) + "\n")
    assert [part.payload.content.decode().split("\n") for part in found] == [lines[:1_000], lines[1_000:]]
    assert [(part.first, dict(part.payload.headers)) for part in found] == [(0, LINES), (1_000, LINES)]


def test_a_packed_file_of_too_many_events_goes_unpacked():
    found = list(parts_of("events.ndjson.gz", gzip.compress(b'{"a": 1}\n' * 1_001)))
    assert [dict(part.payload.headers) for part in found] == [LINES, LINES]


def test_parts_stay_below_what_a_body_may_have(monkeypatch):
    monkeypatch.setattr(event_parts, "PART_BYTES", 30)
    events = ['"' + "é" * 4 + '"'] * 5 + ['"' + "x" * 50 + '"', "1"]
    found = parts("events.json", f"[{','.join(events)}]")
    assert [part.first for part in found] == [0, 2, 4, 5, 6]
    assert [len(json.loads(part.payload.content)) for part in found] == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("text", ["[1,]", "[1 2]", "[1", "[,1]", '[1] {"a": 2}', "[" * 100_000, "{}", "", "[]", "nope"])
def test_what_is_no_array_goes_as_it_is(text, monkeypatch):
    monkeypatch.setattr(event_parts, "PART_EVENTS", 0)
    (part,) = parts("events.json", text)
    assert part.payload.content == text.encode()


@given(
    st.lists(st.recursive(st.integers() | st.text(), lambda below: st.lists(below) | st.dictionaries(st.text(), below)))
)
def test_the_parts_of_an_array_hold_its_elements_in_order(events):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_parts, "PART_EVENTS", 2)
        found = parts("events.json", json.dumps(events, ensure_ascii=False).encode("utf-8", "replace").decode())
    expected = json.loads(json.dumps(events, ensure_ascii=False).encode("utf-8", "replace"))
    assert [event for part in found for event in json.loads(part.payload.content)] == expected
