"""Recorded webhooks of a real service, hundreds of kinds, sent to an endpoint whose schema is that of one kind.

What has to become of each is computed by the plain interpreter, which shares nothing with what ingest runs.
"""

import gzip
import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from local.delivered import delivered_events, quarantine_files, stored_rows
from tests.plain_interpreter import interpret
from tests.waiting import wait_until

PAYLOADS = Path(__file__).parents[2] / "node_modules" / "@octokit" / "webhooks-examples"
USER = [
    {"key": "login", "type": "STRING", "rules": [{"rule": "max_length", "value": 39}]},
    {"key": "id", "type": "INT"},
    {"key": "type", "type": "STRING", "rules": [{"rule": "one_of", "value": ["User", "Bot", "Organization"]}]},
    {"key": "site_admin", "type": "BOOLEAN", "presence": "default", "default": False},
]
ISSUES = [
    {
        "key": "action",
        "type": "STRING",
        "description": "What happened to the issue.",
        "rules": [{"rule": "regex", "value": "[a-z]+(?:_[a-z]+)*"}, {"rule": "min_length", "value": 3}],
    },
    {
        "key": "issue",
        "type": "OBJECT",
        "fields": [
            {"key": "id", "type": "INT", "rules": [{"rule": "min_value", "value": 1}]},
            {"key": "number", "type": "INT", "rules": [{"rule": "min_value", "value": 1}]},
            {"key": "title", "type": "STRING"},
            {"key": "body", "type": "STRING", "presence": "optional"},
            {
                "key": "state",
                "type": "STRING",
                "presence": "optional",
                "rules": [{"rule": "one_of", "value": ["open", "closed"]}],
            },
            {"key": "comments", "type": "INT", "presence": "default", "default": 0},
            {
                "key": "created_at",
                "type": "STRING",
                "rules": [{"rule": "regex", "value": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"}],
            },
            {"key": "user", "type": "OBJECT", "fields": USER},
            {"key": "assignees", "type": "ARRAY_OBJECT", "presence": "optional", "fields": USER},
            {
                "key": "labels",
                "type": "ARRAY_OBJECT",
                "presence": "optional",
                "rules": [{"rule": "max_items", "value": 100}],
                "fields": [
                    {"key": "name", "type": "STRING"},
                    {"key": "color", "type": "STRING", "rules": [{"rule": "regex", "value": "[0-9a-f]{6}"}]},
                    {"key": "default", "type": "BOOLEAN"},
                    {"key": "description", "type": "STRING", "presence": "optional"},
                ],
            },
        ],
    },
    {
        "key": "repository",
        "type": "OBJECT",
        "fields": [
            {"key": "id", "type": "INT"},
            {"key": "full_name", "type": "STRING", "rules": [{"rule": "regex", "value": r"[\w.-]+/[\w.-]+"}]},
            {"key": "private", "type": "BOOLEAN"},
            {"key": "topics", "type": "ARRAY_STRING", "presence": "default", "default": []},
            {"key": "size", "type": "FLOAT", "presence": "optional"},
            {"key": "owner", "type": "OBJECT", "fields": USER[:2]},
        ],
    },
    {"key": "sender", "type": "OBJECT", "fields": USER},
    {"key": "source", "type": "STRING", "presence": "default", "default": "github"},
]


@pytest.fixture(scope="module")
def payloads():
    """Rows (kind, payload) of every recorded webhook of every edition."""
    indexes = sorted(PAYLOADS.glob("*/index.json"))
    assert indexes, "The recorded payloads are not there: run `make test`, or `npm ci`."
    return [
        (kind["name"], example)
        for index in indexes
        for kind in json.loads(index.read_text("utf-8"))
        for example in kind["examples"]
    ]


@pytest.fixture(scope="module")
def made(api):
    return api.make_environment("Issues of a code host", ISSUES)


@pytest.fixture(scope="module")
def sent(made, payloads):
    """Rows (kind, payload, answer row, verdict of the plain interpreter), each event sent in a request of its own."""
    rows = []
    with httpx.Client(timeout=10, trust_env=False) as client:
        for kind, payload in payloads:
            text = json.dumps(payload, ensure_ascii=False).encode()
            response = client.post(made.address, content=text, headers={"Content-Type": "application/json"})
            assert response.status_code in {200, 400}
            document = response.json()
            row = document["results"][0] if "results" in document else {"outcome": "accepted", "errors": []}
            if row["outcome"] == "accepted":
                row["event_id"] = document["event_ids"][0]
            rows.append((kind, payload, row, interpret(ISSUES, "drop", text)))
    return rows


@pytest.fixture(scope="module")
def delivered(run, made, sent):
    """The delivered events by id, once all that were accepted are there."""
    accepted = sum(row["outcome"] == "accepted" for _, _, row, _ in sent)
    rows = wait_until(
        lambda: rows if len(rows := delivered_events(run.state_dir, made.environment_id)) >= accepted else None
    )
    assert len(rows) == len({row["_event_id"] for row in rows}) == accepted
    return {row["_event_id"]: row for row in rows}


def test_there_are_hundreds_of_payloads_of_dozens_of_kinds(payloads):
    assert len(payloads) > 500
    assert len({kind for kind, _ in payloads}) > 50


def test_every_payload_has_the_outcome_that_the_contract_gives_it(sent):
    for kind, _, row, verdict in sent:
        outcome = "quarantined" if verdict.faults else "accepted"
        faults = {(error["pointer"], error["code"]) for error in row["errors"]}
        assert (kind, row["outcome"], faults) == (kind, outcome, set(verdict.faults))


def test_the_payloads_of_the_kind_itself_are_accepted_and_others_mostly_not(sent):
    outcomes = Counter((kind == "issues", row["outcome"]) for kind, _, row, _ in sent)
    assert outcomes[True, "accepted"] > 30
    assert outcomes[True, "quarantined"] == 0
    assert outcomes[False, "quarantined"] > 400


def test_what_is_stored_is_what_the_payload_says_in_schema_order(sent, delivered, made):
    for _, payload, row, verdict in sent:
        if row["outcome"] != "accepted":
            continue
        stored = delivered[row["event_id"]]
        assert list(stored)[:3] == ["_event_id", "_received_at", "_revision_id"]
        assert stored["_revision_id"] == made.revision_id
        fields = {key: value for key, value in stored.items() if not key.startswith("_")}
        assert json.dumps(fields) == json.dumps(verdict.stored)
        assert stored["action"] == payload["action"]
        assert stored["issue"]["number"] == payload["issue"]["number"]
        assert stored["issue"]["title"] == payload["issue"]["title"]
        assert stored["issue"].get("body") == payload["issue"]["body"]
        assert [user["id"] for user in stored["issue"]["assignees"]] == [
            user["id"] for user in payload["issue"]["assignees"]
        ]
        assert stored["repository"]["owner"]["login"] == payload["repository"]["owner"]["login"]
        assert stored["source"] == "github"


def test_what_is_quarantined_is_kept_whole(run, made, sent):
    refused = {row["event_id"]: payload for _, payload, row, _ in sent if row["outcome"] == "quarantined"}

    def kept():
        rows = {row["event_id"]: row for row in stored_rows(quarantine_files(run.state_dir, made.environment_id))}
        return rows if len(rows) >= len(refused) else None

    assert {event_id: json.loads(row["raw"]) for event_id, row in wait_until(kept).items()} == refused


def test_one_batch_of_all_payloads_has_the_same_outcomes_in_order(made, sent):
    body = json.dumps([payload for _, payload, _, _ in sent], separators=(",", ":")).encode()
    response = httpx.post(
        made.address,
        content=gzip.compress(body),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        timeout=30,
        trust_env=False,
    )
    results = response.json()["results"]
    assert [row["outcome"] for row in results] == [row["outcome"] for _, _, row, _ in sent]
    assert [row["errors"] for row in results] == [row["errors"] for _, _, row, _ in sent]
