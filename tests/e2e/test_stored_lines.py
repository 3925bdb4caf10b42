"""From a POST to the lines of the bucket: what a revision of the second edition stores of an event."""

from datetime import UTC, datetime

import duckdb
import httpx
import orjson

from local.delivered import delivered_events
from tests.ingestctl_shell import Shell
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


def test_lines_hold_keys_in_the_order_of_the_schema_after_the_stamps_and_what_no_field_names(run, api):
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


def test_duckdb_reads_what_was_delivered_by_the_script_that_ingestctl_writes(run, api, tmp_path):
    fields = [
        {"key": "number", "type": "INT"},
        {"key": "text", "type": "STRING"},
        {"key": "sent_at", "type": "TIMESTAMP", "format": "unix_milliseconds"},
        {"key": "day", "type": "DATE"},
        {"key": "lines", "type": "ARRAY_OBJECT", "fields": [{"key": "sizes", "type": "ARRAY_INT"}]},
        {"key": "traits", "type": "JSON"},
    ]
    event = {
        "number": 2**63 - 1,
        "text": "日本 \u2028 'quoted'",
        "sent_at": 1_700_000_000_123,
        "day": "2024-02-29",
        "lines": [{"sizes": [1, -(2**63)]}],
        "traits": {"b": None, "a": 2**64 - 1},
    }
    made = api.make_environment("Warehouse", fields)
    ids = []
    for number in (1, 2, 1):
        headers = {"Idempotency-Key": f"key-{number}"}
        answer = httpx.post(made.address, json={**event, "number": event["number"] - number}, headers=headers)
        ids += answer.json()["event_ids"]
    assert ids[0] == ids[2]
    wait_until(lambda: len(delivered_events(run.state_dir, made.environment_id)) == 3)
    shell = Shell(run, tmp_path)
    told = shell.call("environments", "warehouse", made.environment_id, "--engine", "duckdb")
    assert told.stderr == "Before you paste it, read --show notes and --show grants.\n"
    table = shell.json("environments", "warehouse", made.environment_id, "--engine", "duckdb")["table"]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(told.stdout)
    found = connection.execute(
        f'SELECT * EXCLUDE ("_received_at", "_revision_id") FROM "{table}" ORDER BY "number" DESC'
    )
    expected = (
        event["text"],
        datetime(2023, 11, 14, 22, 13, 20, 123000, UTC),
        datetime(2024, 2, 29).date(),
        event["lines"],
        '{"b":null,"a":18446744073709551615}',
    )
    rows = found.fetchall()
    assert [(row[0], row[1], row[2:7]) for row in rows] == [
        (ids[0], 2**63 - 2, expected),
        (ids[1], 2**63 - 3, expected),
    ]
    shown = {
        part: shell.done("environments", "warehouse", made.environment_id, "--engine", "athena", "--show", part)
        for part in ("check", "grants", "notes")
    }
    assert "COUNT(*)" in shown["check"]
    assert "s3:GetObject" in shown["grants"]
    assert shown["notes"].startswith("- ")
