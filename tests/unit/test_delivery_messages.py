"""The messages that the spill queue and the quarantine queue carry."""

import json
import random

import pytest

from domain.delivery.messages import (
    QuarantinedEvent,
    SpilledRecord,
    quarantine_line,
    quarantine_message,
    quarantined_event_from_message,
    spill_messages,
    spilled_record_from_message,
)
from schemas.limits import MAX_MESSAGE_BYTES, MAX_RECORD_BYTES

EVENT = QuarantinedEvent(
    environment_id="env_0123",
    event_id="evt_00",
    received_at="2026-11-23T07:05:01.000001Z",
    revision_id="rev_0",
    index=3,
    errors=[{"pointer": "/price", "code": "type_int", "message": "An integer is needed."}],
    more=False,
    content_type="application/json",
    user_agent=None,
    raw='{"price": "ü\u2028"}'.encode(),
)


def with_raw(raw, **changes):
    fields = {name: getattr(EVENT, name) for name in EVENT.__slots__}
    return QuarantinedEvent(**(fields | {"raw": raw} | changes))


def test_a_spilled_record_comes_back_as_it_was():
    record = bytes(range(256)) + b"\n"
    (message,) = spill_messages("s1", record)
    assert spilled_record_from_message(message) == SpilledRecord("s1", record)
    assert message.isascii()


def test_a_full_record_spills_in_parts_that_end_with_lines():
    noise = random.Random(1)
    lines = [noise.randbytes(noise.randint(1, 9_000)).replace(b"\n", b"\r") + b"\n" for _ in range(400)]
    record = b""
    for line in lines:
        if len(record) + len(line) <= MAX_RECORD_BYTES:
            record += line
    messages = spill_messages("s" * 64, record)
    parts = [spilled_record_from_message(message).record for message in messages]
    assert len(parts) == 2
    assert b"".join(parts) == record
    assert all(part.endswith(b"\n") for part in parts)
    assert all(len(message) <= MAX_MESSAGE_BYTES for message in messages)


@pytest.mark.parametrize("size", range(785_900, 786_100, 7))
def test_around_the_size_that_base64_can_carry_no_message_is_too_long(size):
    record = b"x" * (size - 1) + b"\n"
    messages = spill_messages("s" * 64, record)
    assert all(len(message) <= MAX_MESSAGE_BYTES for message in messages)
    assert b"".join(spilled_record_from_message(message).record for message in messages) == record


def test_a_long_line_spills_compressed():
    line = b"long " * 199_999 + b"\n"
    (message,) = spill_messages("s1", line)
    assert len(message) < 100_000
    assert spilled_record_from_message(message) == ("s1", line)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"stream": "s"}',
        '{"stream": "", "record": ""}',
        '{"stream": "s", "record": 1}',
        '{"stream": "s", "record": "*"}',
        '{"stream": "s", "record_gzip": "AAAA"}',
        '{"record": "AAAA"}',
    ],
)
def test_what_is_no_spill_message_is_refused(body):
    with pytest.raises(ValueError):
        spilled_record_from_message(body)


def test_a_quarantined_event_comes_back_as_it_was():
    for event in (EVENT, with_raw(b"\xff\x00{", source_ip="::1", more=True), with_raw(b"")):
        message = quarantine_message(event)
        assert message.isascii()
        assert quarantined_event_from_message(message) == event
        assert quarantined_event_from_message(quarantine_line(event)) == event


def test_a_quarantine_message_shows_text_as_text_and_other_bytes_as_base64():
    assert json.loads(quarantine_message(EVENT)) == {
        "environment_id": "env_0123",
        "event_id": "evt_00",
        "received_at": "2026-11-23T07:05:01.000001Z",
        "revision_id": "rev_0",
        "index": 3,
        "errors": [{"pointer": "/price", "code": "type_int", "message": "An integer is needed."}],
        "more": False,
        "content_type": "application/json",
        "user_agent": None,
        "raw": '{"price": "ü\u2028"}',
    }
    assert json.loads(quarantine_message(with_raw(b"\xff")))["raw_base64"] == "/w=="
    assert json.loads(quarantine_message(with_raw(b"", source_ip="192.0.2.1")))["source_ip"] == "192.0.2.1"


def test_a_large_event_travels_compressed_and_stands_plain_in_its_object():
    event = with_raw(b'{"a":"' + b"\x00" * 900_000 + b'"}')
    message = quarantine_message(event)
    assert len(message) <= MAX_MESSAGE_BYTES
    assert quarantined_event_from_message(message) == event
    assert "raw" in json.loads(quarantine_line(event))


def test_an_event_that_no_message_can_hold_gives_none():
    assert quarantine_message(with_raw(random.Random(1).randbytes(1_000_000))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"environment_id": "../x"},
        {"environment_id": None},
        {"environment_id": "env_é"},
        {"received_at": "yesterday"},
        {"received_at": "2026-11-23T07:05:01+01:00"},
        {"received_at": 5},
        {"raw": None},
    ],
)
def test_a_quarantine_message_that_names_no_place_is_refused(change):
    fields = json.loads(quarantine_message(EVENT))
    with pytest.raises(ValueError):
        quarantined_event_from_message(json.dumps(fields | change))
    for name in ("event_id", "raw", "index"):
        with pytest.raises(ValueError):
            quarantined_event_from_message(json.dumps({key: fields[key] for key in fields if key != name}))
