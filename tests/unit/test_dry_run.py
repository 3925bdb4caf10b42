"""What a dry run shows, however large what its events would become."""

import json

import orjson

from domain.intake.dry_run import dry_run
from domain.intake.http import HttpRequest
from schemas.limits import MAX_DRY_RUN_STORED_BYTES

DOCUMENT = {
    "revision_id": "rev_1",
    "additional_keys": "drop",
    "fields": [
        {"key": "name", "type": "STRING", "presence": "required"},
        {"key": "text", "type": "STRING", "presence": "default", "default": "x" * 30_000},
    ],
}


def rows_of(events):
    request = HttpRequest(
        "POST", "/", "", {"content-type": "application/json"}, {}, json.dumps(events).encode(), "", "r"
    )
    return dry_run(
        DOCUMENT,
        request,
        received_ns=1,
        organisation_id="org_1",
        endpoint_id="ep_1",
        deployment_secret=lambda: b"s" * 32,
    )


def test_what_would_be_stored_is_shown_as_far_as_an_answer_holds_it_and_every_outcome_is():
    rows = rows_of([{"name": "x"}] * 999 + [{}])
    shown = [row for row in rows if row["stored"] is not None]
    assert 0 < len(shown) < 200
    assert len(orjson.dumps(rows)) < MAX_DRY_RUN_STORED_BYTES + 500_000
    assert [row["outcome"] for row in rows] == ["accepted"] * 999 + ["rejected"]
    assert all(row["more"] for row in rows[len(shown) : 999])
    assert rows[999]["errors"][0]["pointer"] == "/name"
    assert "more" not in rows[0]
