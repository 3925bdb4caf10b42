"""The JSON Schemas of a real service: each is imported, and what the service sent is accepted by its import."""

import json
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from benchmarks.json_schemas import grade, imported, metaschemas, webhook_schemas
from domain.intake.faults import Refusal
from domain.intake.revision import CompiledRevision

EXAMPLES = Path(__file__).parents[2] / "node_modules" / "@octokit" / "webhooks-examples"


@pytest.fixture(scope="module")
def results():
    return dict(imported(webhook_schemas()))


@pytest.fixture(scope="module")
def payloads():
    """Rows (name of the definition, payload) of the service's own edition."""
    index = EXAMPLES / "api.github.com" / "index.json"
    assert index.exists(), "The recorded payloads are not there: run `make test`, or `npm ci`."
    return [
        (f"{kind['name']}${payload.get('action', 'event')}", payload)
        for kind in json.loads(index.read_text("utf-8"))
        for payload in kind["examples"]
    ]


def test_the_documented_share_can_be_taken_over(results):
    assert Counter(map(grade, results.values())) == {"partly": 204, "whole, but for `format`": 18, "nothing": 2}
    assert Counter(grade(made) for _, made in imported(metaschemas())) == {"whole": 3, "partly": 8, "nothing": 9}


def test_what_the_service_sent_is_accepted_by_the_import_of_its_schema(results, payloads):
    schemas = webhook_schemas()
    judged = 0
    for name, payload in payloads:
        made = results.get(name)
        # Not all that was recorded fits the schemas: some was before a key was added.
        if made is None or not Draft7Validator(schemas[name]).is_valid(payload):
            continue
        revision = CompiledRevision(
            {"revision_id": "r", "additional_keys": made.additional_keys, "fields": made.fields}
        )
        verdict = revision.read_event(json.dumps(payload).encode())
        assert not isinstance(verdict, Refusal), (name, verdict.errors())
        judged += 1
    assert judged > 100
