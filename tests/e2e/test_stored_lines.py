"""From a POST to the lines of the bucket: what a revision of the second edition stores of an event."""

import httpx
import orjson

from benchmarks.local_run import LocalRun
from local.delivered import delivered_events
from tests.waiting import wait_until

FIELDS = [
    {"key": "type", "type": "STRING"},
    {"key": "message_id", "from": "messageId", "type": "STRING"},
    {"key": "sent_at", "from": "sentAt", "type": "TIMESTAMP", "format": "rfc3339"},
    {"key": "library", "from": "/context/library/name", "type": "STRING", "presence": "optional"},
    {"key": "traits", "type": "JSON", "presence": "optional"},
    {"key": "days", "type": "ARRAY_DATE", "presence": "optional"},
    {
        "key": "order",
        "from": "properties",
        "type": "OBJECT",
        "when": {"/type": ["track"]},
        "fields": [{"key": "order_id", "from": "orderId", "type": "STRING"}],
    },
    {"key": "password", "type": "STRING", "presence": "optional", "protect": "redact"},
]


def test_lines_hold_keys_in_the_order_of_the_schema_after_the_stamps_and_what_no_field_names(tmp_path):
    track = {
        "properties": {"orderId": "o", "gift": True},
        "password": "secret",
        "traits": {"b": None, "a": 2**64 - 1},
        "days": ["2024-02-29"],
        "sentAt": "2024-03-01t00:59:59.1234567+01:00",
        "messageId": "m-1",
        "type": "track",
        "context": {"library": {"name": "js"}},
    }
    page = {"type": "page", "messageId": "m-2", "sentAt": "2024-02-29T23:59:59Z", "properties": {"url": "/"}}
    with LocalRun(tmp_path / "state") as run:
        with run.client() as api:
            made = api.make_environment("Lines", FIELDS, additional_keys="keep")
        answer = httpx.post(made.address, json=[track, page], trust_env=False)
        assert answer.status_code == 200, answer.text
        lines = wait_until(lambda: delivered_events(run.state_dir, made.environment_id))
    stamps = ("_event_id", "_received_at", "_revision_id")
    assert [line["_event_id"] for line in lines] == answer.json()["event_ids"]
    stored = [orjson.dumps({key: value for key, value in line.items() if key not in stamps}) for line in lines]
    assert [tuple(line)[:3] for line in lines] == [stamps, stamps]
    assert stored == [
        orjson.dumps(
            {
                "_extra": {"/properties/gift": True},
                "type": "track",
                "message_id": "m-1",
                "sent_at": "2024-02-29T23:59:59.123456Z",
                "library": "js",
                "traits": {"b": None, "a": 2**64 - 1},
                "days": ["2024-02-29"],
                "order": {"order_id": "o"},
            }
        ),
        orjson.dumps(
            {
                "_extra": {"/properties": {"url": "/"}},
                "type": "page",
                "message_id": "m-2",
                "sent_at": "2024-02-29T23:59:59Z",
            }
        ),
    ]
