"""How refused events are kept and cut out again."""

import gzip
import json
from base64 import b64encode

import pytest

from domain.delivery.landed import Outcomes, environment_of, set_aside_key, stamps_of
from domain.delivery.set_aside import (
    body_sent_again,
    is_sent_again,
    line_of,
    place_of_id,
    place_of_key,
    reason_of,
)
from domain.operations.set_aside import OTHER_REASONS, SetAside
from tests.landed import MemoryObjects, landed, line

STAMPS = '{"_event_id":"evt_1","_received_at":"2026-11-02T10:00:00.000000Z","_revision_id":"rev_1"'
NASTY = [
    line(1),
    f'{STAMPS},"n":123456789012345678901234567890,"f":1.10,"e":1E+2}}'.encode(),
    f'{STAMPS},"text":"\\"event\\":{{}} \\\\ \\u00e9 é \U0001f600"}}'.encode(),
    f'{STAMPS},"deep":{"[" * 900}{"]" * 900}}}'.encode(),
    f' {STAMPS},"reason":"\\",\\"event\\":1"}}'.encode(),
    b"\xff no text",
    b"[1,2",
    b"null",
]


def rows_of(lines, reason):
    outcomes = Outcomes()
    for text in lines:
        outcomes.refuse(text, reason)
    return gzip.decompress(outcomes.set_aside_body()).splitlines()


@pytest.mark.parametrize("reason", ["It is so.", 'no "event":{"a":1} \\ here', "Zürich\n\t\0", "'}\"\\"])
def test_an_event_comes_out_as_it_was_to_be_delivered_byte_for_byte(reason):
    rows = rows_of(NASTY, reason)
    assert [line_of(row) for row in rows] == NASTY
    assert {reason_of(row) for row in rows} == {reason}


def test_what_is_sent_again_is_marked_once_and_always_the_same_bytes():
    rows = rows_of(NASTY[:5], "x")
    body, count = body_sent_again(rows)
    assert count == 5
    lines = gzip.decompress(body).split(b"\n")
    assert lines == [b"  " + text.removeprefix(b" ") for text in NASTY[:5]] + [b""]
    assert {stamps_of(text).event_id for text in lines[:-1]} == {"evt_1"}
    assert body_sent_again(rows)[0] == body


@pytest.mark.parametrize("row", [b"", b"{}", b'{"event":{}}', b'{"event_id":"evt_1","reason":"x","event":', b"x" * 99])
def test_a_line_that_no_writer_wrote_is_refused(row):
    with pytest.raises(ValueError, match="none that the writer"):
        line_of(row)
    raw = b'{"event_id":null,"reason":"x","raw_base64":"' + b64encode(b"ab") + b'!"}'
    with pytest.raises(ValueError, match="no base64"):
        line_of(raw)


def test_an_object_is_sent_again_as_one_of_the_same_environment_and_hour_that_no_stream_writes():
    one = landed([line(1)])
    place = place_of_key(set_aside_key(one))
    assert place_of_id(place.id) == place
    assert place.key == set_aside_key(one)
    assert environment_of(place.key_sent_again()) == "env_1"
    assert place.key_sent_again().startswith("environment=env_1/dt=2026-11-02/hour=10/")
    assert is_sent_again(place.key_sent_again())
    assert not is_sent_again(one.key)
    again = landed([line(1)], key=place.key_sent_again())
    assert place_of_key(set_aside_key(again)).key_sent_again() not in {place.key_sent_again(), one.key}
    for strange in ("quarantine/x", f"x/{place.key}", place.key_sent_again(), ""):
        assert place_of_key(strange) is None
    for strange in ("", "env_1", "env_1-2026-11-02-10-../x", f"{place.id}\n"):
        assert place_of_id(strange) is None


def reasons_of(reasons):
    objects = MemoryObjects()
    outcomes = Outcomes()
    for number, reason in enumerate(reasons):
        outcomes.refuse(line(number), reason)
    key = "set-aside/environment=env_1/dt=2026-11-02/hour=10/ab.ndjson.gz"
    objects.put("landing", key, outcomes.set_aside_body())
    (item,), _ = SetAside(objects, "landing").page(1, None, None)
    return item.reasons


def test_reasons_count_together_without_the_values_that_they_quote():
    said = [
        "Could not parse 'abc' as DOUBLE for field price (position 3).",
        "Could not parse '9,50' as DOUBLE for field price (position 41).",
        "Cannot convert value to integer (bad value): 4111-1111.",
        "Cannot convert value to integer (bad value): secret words.",
        "Not found: Table my-project:events.shop_first_00000001.",
        "It can't be; field2 isn't there.",
    ]
    assert reasons_of(said) == {
        "Could not parse … as DOUBLE for field price (position …).": 2,
        "Cannot convert value to integer (bad value): …": 2,
        "Not found: Table my-project:events.shop_first_00000001.": 1,
        "It can't be; field2 isn't there.": 1,
    }


def test_many_reasons_do_not_make_a_list_long():
    found = reasons_of([f"Reason {chr(97 + number)}." for number in range(26)])
    assert len(found) == 11
    assert found[OTHER_REASONS] == 16


def test_a_page_ends_early_where_objects_are_large(monkeypatch):
    monkeypatch.setattr("domain.operations.set_aside.MAX_SET_ASIDE_BYTES_READ", 300)
    objects = MemoryObjects()
    for number in range(5):
        row = json.dumps({"event_id": "evt_1", "reason": "x" * 200, "event": {}}, separators=(",", ":"))
        key = f"set-aside/environment=env_1/dt=2026-11-02/hour=10/a{number}.ndjson.gz"
        objects.put("landing", key, f"{row}\n".encode())
    set_aside = SetAside(objects, "landing")
    sizes, cursor = [], None
    while True:
        items, cursor = set_aside.page(50, cursor, "env_1")
        sizes.append(len(items))
        if cursor is None:
            break
    assert sizes == [2, 2, 1]
