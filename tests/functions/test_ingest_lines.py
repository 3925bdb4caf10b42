"""What a destination receives: stamped, in the schema's order, one event a line, few records."""

import gzip
import json

import pytest

from schemas.limits import MAX_EVENT_BYTES, MAX_EVENTS_PER_REQUEST, MAX_PUT_BYTES, MAX_RECORD_BYTES, MAX_STRING_BYTES

NESTED = [
    {"key": "z", "type": "STRING", "presence": "required"},
    {
        "key": "m",
        "type": "OBJECT",
        "presence": "default",
        "fields": [
            {"key": "q", "type": "INT", "presence": "default", "default": 7},
            {"key": "b", "type": "DATETIME", "presence": "optional"},
        ],
    },
    {"key": "a", "type": "TIMESTAMP", "presence": "optional"},
    {
        "key": "list",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [
            {"key": "y", "type": "FLOAT", "presence": "required"},
            {"key": "x", "type": "ARRAY_INT", "presence": "optional"},
        ],
    },
]
TEXTS = [{"key": f"text_{number}", "type": "STRING", "presence": "optional"} for number in range(40)]
ARRAY = [
    {"key": "texts", "type": "ARRAY_STRING", "presence": "required"},
    {"key": "tail", "type": "STRING", "presence": "default", "default": ""},
]


def lines_of(world):
    return [line for record in world.records() for line in record.splitlines(keepends=True)]


def event_of_stored_size(world, environment_id, size):
    """Return an event of the revision ARRAY that is stored in exactly `size` bytes, without its newline."""
    event = {"texts": ["x" * 30_000] * 32, "tail": ""}
    before = len(world.records())
    assert world.post(environment_id, event).status == 200
    missing = size - (len(world.records()[before]) - 1)
    event["texts"] += ["y" * 30_000] * (missing // 30_003)
    event["tail"] = "z" * (missing % 30_003)
    return event


def test_a_line_holds_the_stamps_and_then_the_fields_in_the_schemas_order(world):
    environment_id = world.add_environment(NESTED)
    sent = {
        "list": [{"x": [3, 1], "other": 1, "y": 1}, {"y": 2.5}],
        "a": 1_700_000_000,
        "unknown": {"z": 1},
        "m": {"b": "2026-01-02T03:04:05.1", "q": 1},
        "z": 'a"\n\u2028é',
    }
    for body in (json.dumps(sent), json.dumps([sent, {"z": "judged", "a": 1e3}]), json.dumps({"z": "short"})):
        assert world.post(environment_id, body).status == 200
    first, second, judged, short = lines_of(world)
    stored = json.loads(first)
    revision_id = world.pointer(environment_id)["revision_id"]
    assert list(stored) == ["_event_id", "_received_at", "_revision_id", "z", "m", "a", "list"]
    assert stored["_received_at"] == "2026-11-02T10:11:12.345678Z"
    assert stored["_revision_id"] == revision_id
    assert list(stored["m"]) == ["q", "b"]
    assert [list(element) for element in stored["list"]] == [["y", "x"], ["y"]]
    assert {key: stored[key] for key in ("z", "m", "a", "list")} == {
        "z": sent["z"],
        "m": sent["m"],
        "a": sent["a"],
        "list": [{"y": 1, "x": [3, 1]}, {"y": 2.5}],
    }
    assert json.loads(second) == stored | {"_event_id": json.loads(second)["_event_id"]}
    assert list(json.loads(judged)) == ["_event_id", "_received_at", "_revision_id", "z", "m", "a"]
    assert json.loads(judged)["a"] == 1_000
    assert list(json.loads(short)) == ["_event_id", "_received_at", "_revision_id", "z", "m"]
    assert json.loads(short)["m"] == {"q": 7}
    for line in (first, second, judged, short):
        assert line.endswith(b"}\n")
        assert line.count(b"\n") == 1
        line.decode()


def test_dates_keep_the_form_they_were_sent_in(world):
    environment_id = world.add_environment([{"key": "at", "type": "DATETIME", "presence": "required"}])
    dates = ["2026-01-02 03:04:05", "2026-01-02T03:04:05", "2026-01-02 03:04:05.1", "0001-01-01T00:00:00.000000"]
    assert world.post(environment_id, [{"at": date} for date in dates]).status == 200
    assert [event["at"] for event in world.events()] == dates


def test_the_time_of_arrival_is_that_of_the_request(world):
    environment_id = world.add_environment()
    for seconds in (0, 0.7, 0.000001, 3600, 86_400 * 400):
        world.clock.forward(seconds)
        world.post(environment_id, {"name": "x"})
    assert [event["_received_at"] for event in world.events()] == [
        "2026-11-02T10:11:12.345678Z",
        "2026-11-02T10:11:13.045678Z",
        "2026-11-02T10:11:13.045679Z",
        "2026-11-02T11:11:13.045679Z",
        "2027-12-07T11:11:13.045679Z",
    ]


def test_stamps_that_a_client_sends_never_arrive(world):
    environment_id = world.add_environment()
    forged = {"_event_id": "evt_0", "_received_at": "x", "_revision_id": "rev_0", "name": "x"}
    answer = world.post(environment_id, forged)
    (event,) = world.events()
    assert event["_event_id"] == answer.json["event_ids"][0] != "evt_0"
    assert event["_revision_id"] == answer.headers["x-revision-id"]
    assert list(event) == ["_event_id", "_received_at", "_revision_id", "name"]
    rejecting = world.add_environment(additional_keys="reject")
    errors = world.post(rejecting, forged).json["results"][0]["errors"]
    assert [error["pointer"] for error in errors] == ["/_event_id", "/_received_at", "/_revision_id"]


def test_a_large_batch_travels_in_as_few_records_as_fit_in_order(world):
    environment_id = world.add_environment(TEXTS)
    events = [{"text_0": f"{number:04d}" + "x" * 10_000} for number in range(MAX_EVENTS_PER_REQUEST)]
    body = gzip.compress(json.dumps(events).encode())
    answer = world.post(environment_id, body, headers={"content-encoding": "gzip"})
    assert answer.json["accepted"] == MAX_EVENTS_PER_REQUEST
    records = world.records()
    assert all(len(record) <= MAX_RECORD_BYTES for record in records)
    assert all(record.endswith(b"\n") for record in records)
    line_bytes = len(lines_of(world)[0])
    assert len(records) == -(-MAX_EVENTS_PER_REQUEST // (MAX_RECORD_BYTES // line_bytes))
    assert [event["text_0"] for event in world.events()] == [event["text_0"] for event in events]
    assert [event["_event_id"] for event in world.events()] == answer.json["event_ids"]
    for _, records in world.streams.calls:
        assert len(records) <= 500
        assert sum(map(len, records)) <= MAX_PUT_BYTES


def test_an_event_of_a_million_bytes_as_stored_is_taken_and_not_one_more(world):
    environment_id = world.add_environment(ARRAY)
    fitting = event_of_stored_size(world, environment_id, MAX_EVENT_BYTES)
    assert world.post(environment_id, fitting).status == 200
    assert len(world.records()[-1]) == MAX_EVENT_BYTES + 1
    too_large = {**fitting, "tail": fitting["tail"] + "z"}
    taken = len(world.records())
    answer = world.post(environment_id, too_large)
    assert (answer.status, answer.code) == (400, "invalid_event")
    (row,) = answer.json["results"]
    assert [(error["pointer"], error["code"]) for error in row["errors"]] == [("", "event_too_large")]
    assert row["outcome"] == "quarantined"
    batch = world.post(environment_id, [fitting, too_large, fitting])
    assert [row["outcome"] for row in batch.json["results"]] == ["accepted", "quarantined", "accepted"]
    assert len(world.records()) == taken + 2
    assert [json.loads(event.raw) for event in world.quarantined()] == [too_large] * 2


def test_what_counts_is_the_size_as_stored(world):
    environment_id = world.add_environment()
    assert world.post(environment_id, {"name": "x", "unknown": "u" * 1_900_000}).status == 200
    escaped = b'{"name": "' + b"\\u0041" * 30_000 + b'", "count"' + b" " * 1_000_000 + b": 1}"
    assert world.post(environment_id, escaped).status == 200


@pytest.mark.parametrize("text", ["x", "é", "😀"])
def test_a_string_too_long_is_found_inside_batches(world, text):
    environment_id = world.add_environment(TEXTS)
    fitting = text * (MAX_STRING_BYTES // len(text.encode()))
    sent = [
        {"text_0": fitting},
        {"text_1": fitting + "y"},
        {"text_2": "short"},
        {"text_3": fitting, "text_4": fitting + "y"},
    ]
    for body, content_type in (
        (json.dumps(sent), "application/json"),
        (json.dumps(sent, ensure_ascii=False), "application/json"),
        ("\n".join(map(json.dumps, sent)), "application/x-ndjson"),
    ):
        rows = world.post(environment_id, body, content_type).json["results"]
        assert [row["outcome"] for row in rows] == ["accepted", "quarantined", "accepted", "quarantined"]
        assert [(error["pointer"], error["code"]) for row in rows for error in row["errors"]] == [
            ("/text_1", "string_too_long"),
            ("/text_4", "string_too_long"),
        ]


def test_a_string_too_long_deep_in_arrays_is_found(world):
    environment_id = world.add_environment(ARRAY)
    long = "x" * (MAX_STRING_BYTES + 1)
    (row,) = world.post(environment_id, {"texts": ["a", long, "b", long]}).json["results"]
    assert [(error["pointer"], error["code"]) for error in row["errors"]] == [
        ("/texts/1", "string_too_long"),
        ("/texts/3", "string_too_long"),
    ]


def test_a_string_that_is_dropped_may_be_as_long_as_it_likes(world):
    environment_id = world.add_environment()
    answer = world.post(environment_id, [{"name": "a", "dropped": "x" * 50_000}, {"name": "b" * 40_000}])
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined"]
