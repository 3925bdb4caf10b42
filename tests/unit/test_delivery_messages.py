"""The messages that the spill queue and the quarantine queue carry."""

import base64
import gzip
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
        assert quarantine_line(message) == (event, message.encode() + b"\n")


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


@pytest.mark.parametrize("raw", [b'{"a":"' + b"\x00" * 900_000 + b'"}', b'{"a":' + b'"\\"",' * 199_000, b"\0" * 1_000])
def test_what_would_grow_travels_and_stands_compressed(raw):
    message = quarantine_message(with_raw(raw))
    assert len(message) < len(raw) / 1.5 + 500
    assert "raw_gzip" in json.loads(message)
    assert quarantined_event_from_message(message) == with_raw(raw)


def test_bytes_that_no_compression_makes_smaller_are_base64():
    noise = random.Random(1).randbytes(5_000)
    assert "raw_base64" in json.loads(quarantine_message(with_raw(noise)))


@pytest.mark.parametrize(
    "raw", [b"\0" * 1_000_000, b"\x01\n" * 500_000, b'"' * 1_000_000, "é\u2028😀".encode() * 100_000]
)
def test_no_text_grows_to_more_than_twice_its_size_in_an_object(raw):
    event = with_raw(raw)
    _, line = quarantine_line(quarantine_message(event))
    assert len(line) <= 2 * len(raw) + 1_000
    assert quarantined_event_from_message(line) == event


def test_of_a_long_text_the_beginning_is_kept_with_its_true_size():
    for size in (1_000_001, 16 * 2**20):
        event = with_raw(b"\0" * size)
        kept = quarantined_event_from_message(quarantine_message(event))
        assert (kept.raw, kept.raw_bytes, kept.is_truncated) == (b"\0" * 1_000_000, size, True)
        assert quarantine_message(kept) == quarantine_message(event)
    whole = with_raw(b"\0" * 1_000_000)
    assert quarantined_event_from_message(quarantine_message(whole)) == whole
    assert not whole.is_truncated


@pytest.mark.parametrize(
    ("raw", "kept_bytes"),
    [
        (b"a" * 999_999 + "é".encode(), 999_999),
        (b"a" * 999_998 + "\u2028".encode(), 999_998),
        (b"a" * 999_997 + "😀".encode(), 999_997),
        (b"a" * 999_996 + "😀!".encode(), 1_000_000),
        (b"\xff" + b"a" * 999_998 + "é".encode(), 1_000_000),
        (b"a" * 999_999 + b"\xff\xff", 1_000_000),
    ],
)
def test_a_text_is_cut_between_its_characters(raw, kept_bytes):
    kept = quarantined_event_from_message(quarantine_message(with_raw(raw)))
    assert kept.raw == raw[:kept_bytes]
    assert kept.raw_bytes == len(raw)


def test_a_message_that_holds_more_than_is_kept_is_read_as_far_as_it_is_kept():
    fields = json.loads(quarantine_message(EVENT))
    del fields["raw"]
    packed = base64.b64encode(gzip.compress(b"\0" * (16 * 2**20))).decode()
    kept = quarantined_event_from_message(json.dumps({**fields, "raw_gzip": packed}))
    assert (len(kept.raw), kept.raw_bytes, kept.is_truncated) == (1_000_000, 16 * 2**20, True)
    event, line = quarantine_line(json.dumps({**fields, "raw_gzip": packed}))
    assert event == quarantined_event_from_message(line) == kept
    assert len(line) < 3_000


@pytest.mark.parametrize("cut", [-1, -9, -40, 10])
def test_a_message_whose_compressed_part_is_cut_short_is_refused(cut):
    fields = json.loads(quarantine_message(EVENT))
    del fields["raw"]
    packed = base64.b64encode(gzip.compress(random.Random(1).randbytes(1_000))[:cut]).decode()
    with pytest.raises(ValueError):
        quarantined_event_from_message(json.dumps({**fields, "raw_gzip": packed}))


def test_a_spilled_line_is_no_longer_than_a_record():
    packed = base64.b64encode(gzip.compress(b"\0" * (16 * 2**20))).decode()
    with pytest.raises(ValueError):
        spilled_record_from_message(json.dumps({"stream": "s", "record_gzip": packed}))


def test_long_faults_are_kept_as_far_as_there_is_room():
    errors = [{"pointer": f"/{number}{'k' * 20_000}", "code": "unknown_key", "message": "No."} for number in range(99)]
    kept = quarantined_event_from_message(quarantine_message(with_raw(b"{}", errors=errors)))
    assert kept.more
    assert 0 < len(kept.errors) < 99
    assert len(json.dumps(kept.errors)) < 40_000
    assert [error["pointer"][:100] for error in kept.errors] == [
        f"/{n}{'k' * 99}"[:100] for n in range(len(kept.errors))
    ]
    few = with_raw(b"{}", errors=errors[:1])
    assert len(quarantined_event_from_message(quarantine_message(few)).errors) == 1


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
