"""What a dry run shows, however large what its events would become."""

import json

import orjson
import pytest

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.intake.dry_run import dry_run
from schemas.limits import MAX_DRY_RUN_STORED_BYTES, MAX_POINTERS_SHOWN

DOCUMENT = {
    "revision_id": "rev_1",
    "additional_keys": "drop",
    "fields": [
        {"key": "name", "type": "STRING", "presence": "required"},
        {"key": "text", "type": "STRING", "presence": "default", "default": "x" * 30_000},
    ],
}


def rows_of(events, document=DOCUMENT, **of_protocol):
    request = HttpRequest(
        "POST", "/", "", {"content-type": "application/json"}, {}, json.dumps(events).encode(), "", "r"
    )
    return dry_run(
        document,
        request,
        received_ns=1,
        organisation_id="org_1",
        endpoint_id="ep_1",
        deployment_secret=lambda: b"s" * 32,
        **of_protocol,
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


def test_what_no_field_names_is_told_by_its_pointer():
    row, plain = rows_of([{"name": "x", "a/b": 1, "c": {"d": 2}, "text": "t"}, {"name": "x", "text": "t"}])
    assert row["dropped"] == ["/a~1b", "/c"]
    assert "dropped" not in plain


def test_no_more_pointers_are_told_than_there_is_room_for():
    (row,) = rows_of([{"name": "x", **dict.fromkeys(map(str, range(MAX_POINTERS_SHOWN + 1)))}])
    assert len(row["dropped"]) == MAX_POINTERS_SHOWN
    assert row["more"]


def test_what_defaults_and_macros_gave_is_told_by_where_it_is_stored():
    inner = [
        {"key": "name", "type": "STRING", "presence": "optional"},
        {"key": "size", "type": "INT", "presence": "default", "default": 1},
    ]
    fields = [
        {"key": "id", "type": "STRING", "presence": "macro", "macro": "uuid"},
        {"key": "made", "type": "OBJECT", "presence": "default", "fields": inner},
        {"key": "items", "type": "ARRAY_OBJECT", "presence": "optional", "fields": inner},
    ]
    (row,) = rows_of([{"items": [{}, {"size": 2}]}], {**DOCUMENT, "fields": fields})
    assert row["filled"] == ["/id"]
    assert row["defaulted"] == ["/made", "/made/size", "/items/0/size"]


def test_what_an_sdk_sends_is_tried_as_its_protocol_makes_events_of_it():
    rows = rows_of({"batch": [{"name": "x", "writeKey": "wk"}, {"name": 7}]}, protocol="segment")
    assert [row["outcome"] for row in rows] == ["accepted", "rejected"]
    assert "dropped" not in rows[0]
    (row,) = rows_of({"name": "x"}, protocol="segment", route="/v1/track")
    assert row["dropped"] == ["/type"]
    (row,) = rows_of({"name": "x"}, protocol="cloudevents")
    assert row["outcome"] == "accepted"


def test_events_that_cost_too_much_are_refused_as_they_would_be():
    costly = {"name": "x", "objects": [{}] * 45_000}
    rows = rows_of({"batch": [costly] * 16}, protocol="segment")
    codes = [[error["code"] for error in row["errors"]] for row in rows]
    assert codes == [[]] * 14 + [["event_too_large"]] * 2


@pytest.mark.parametrize(
    ("protocol", "route"), [("unknown", None), ("segment", "/nothing"), ("segment", "/ndjson"), ("unknown", "")]
)
def test_a_protocol_or_a_route_that_is_none_is_refused(protocol, route):
    with pytest.raises(Rejected) as refused:
        rows_of({}, protocol=protocol, route=route)
    assert refused.value.code == "bad_request"
