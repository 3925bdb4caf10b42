"""Revisions over `/v1` that come from elsewhere."""

import pytest

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]+$", "description": "Of the shop."},
        "at": {"type": "string", "format": "date-time"},
        "Price": {"type": "number"},
        "note": {"type": "string", "not": {"const": "x"}},
    },
}
UNMAPPED = [("/properties/note", "not")]


@pytest.fixture
def path(api):
    return f"/v1/endpoints/{api.endpoint()['id']}/revisions"


def test_a_revision_is_made_from_a_json_schema_and_says_what_was_not_taken_over(api, path):
    answer = api.call("POST", path, {"name": "Imported", "json_schema": SCHEMA}, idempotency_key="one")
    assert answer.status == 201
    made = answer.json
    assert (made["state"], made["additional_keys"], made["field_count"]) == ("draft", "keep", 4)
    assert made["fields"][0] == {
        "key": "sku",
        "type": "STRING",
        "presence": "required",
        "description": "Of the shop.",
        "rules": [{"rule": "regex", "value": "[A-Z]+"}],
    }
    report = made.pop("import")
    assert (report["complete"], report["exact"], report["lost"], report["unmapped_count"]) == (True, False, [], 1)
    assert [(row["pointer"], row["keyword"]) for row in report["unmapped"]] == UNMAPPED
    assert api.call("GET", f"/v1/revisions/{made['id']}").json == made
    assert (
        api.call("POST", path, {"name": "Imported", "json_schema": SCHEMA}, idempotency_key="one").text == answer.text
    )
    assert api.audit()[-1]["after"]["import"] is True


EXACT = {"complete": True, "exact": True, "lost": [], "lost_count": 0, "unmapped": [], "unmapped_count": 0}


def test_a_closed_schema_makes_a_revision_that_rejects_further_keys(api, path):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    made = api.call("POST", path, {"json_schema": schema}).json
    assert (made["additional_keys"], made["import"]) == ("reject", EXACT)


def test_an_export_is_imported_again(api, path):
    first = api.call("POST", path, {"json_schema": SCHEMA}).json
    exported = api.call("GET", f"/v1/revisions/{first['id']}/json-schema").json
    second = api.call("POST", path, {"json_schema": exported}).json
    assert (second["fields"], second["import"]["unmapped"]) == (first["fields"], [])


def test_a_schema_of_which_nothing_maps_says_why(api, path):
    too_long = {"k" * 257: {"type": "string"}}
    answer = api.call("POST", path, {"json_schema": {"type": "object", "properties": too_long}})
    assert (answer.status, answer.pointers[0]) == (422, "/json_schema")
    assert answer.pointers[1].startswith("/json_schema/properties/kkk")
    assert [row["code"] for row in answer.json["errors"]] == ["nothing_mapped", "unmapped"]


def test_only_one_source_is_taken(api, path):
    answer = api.call("POST", path, {"json_schema": SCHEMA, "template": "user_tracking"})
    assert (answer.status, answer.pointers) == (422, [""])


def test_only_what_is_made_elsewhere_says_so(api, path):
    assert "import" not in api.call("POST", path, {}).json


def test_an_endpoint_that_is_not_there_is_missed_before_the_schema_is_read(api):
    answer = api.call("POST", "/v1/endpoints/ep_unknown/revisions", {"json_schema": {}})
    assert answer.code == "not_found"


SAMPLES = [{"event": "view", "price": 1}, {"event": "view", "price": 2.5, "Tax": 1}, {"event": "view", "note": None}]


def test_a_revision_is_inferred_from_samples_and_shows_how_sure_it_is(api, path):
    answer = api.call("POST", path, {"name": "Inferred", "samples": SAMPLES}, idempotency_key="one")
    assert answer.status == 201
    made = answer.json
    assert made["fields"] == [
        {"key": "event", "type": "STRING", "presence": "required"},
        {"key": "price", "type": "FLOAT", "presence": "optional"},
        {"key": "tax", "from": "Tax", "type": "INT", "presence": "optional"},
    ]
    assert (made["additional_keys"], made["event_name"]) == ("keep", [])
    report = made.pop("inference")
    assert (report["samples"], report["accepted"], report["refused"]) == (3, 3, [])
    assert report["guesses"][1]["kinds"] == {"integer": 1, "number": 1}
    assert [row["pointer"] for row in report["left_out"]] == ["/samples/2/note"]
    assert api.call("GET", f"/v1/revisions/{made['id']}").json == made
    again = api.call("POST", path, {"name": "Inferred", "samples": SAMPLES}, idempotency_key="one")
    assert again.text == answer.text
    assert api.audit()[-1]["after"]["inference"] is True


def test_samples_of_several_kinds_are_told_apart_if_that_is_asked_for(api, path):
    page = {"type": "page", "properties": {"url": "/", "title": "Start"}}
    samples = [page, {"type": "buy", "properties": {"price": 1.5}}] * 10
    inference = api.call("POST", path, {"samples": samples}).json["inference"]
    assert inference["proposed_kinds_by"] == {"pointers": ["/type"], "explains": 1.0}
    made = api.call("POST", path, {"samples": samples, "kinds_by": ["/type"]}).json
    assert [(field["key"], field.get("from"), field.get("when")) for field in made["fields"]] == [
        ("type", None, None),
        ("page", "properties", {"/type": ["page"]}),
        ("buy", "properties", {"/type": ["buy"]}),
    ]
    assert made["event_name"] == ["/type"]
    assert api.call("POST", f"/v1/revisions/{made['id']}/finalise").status == 200


def test_kinds_are_told_at_pointers_of_samples_only(api, path):
    answer = api.call("POST", path, {"samples": SAMPLES, "kinds_by": ["type"]})
    assert (answer.status, answer.pointers) == (422, ["/kinds_by/0"])
    answer = api.call("POST", path, {"kinds_by": ["/type"]})
    assert (answer.status, answer.pointers) == (422, [""])


def test_what_the_answer_says_of_samples_is_what_a_dry_run_says(api, path):
    samples = [*({"n": index} for index in range(19)), {"n": "x"}]
    made = api.call("POST", path, {"samples": samples, "fit": "most"}).json
    rows = api.call("POST", f"/v1/revisions/{made['id']}/validate", samples).json["results"]
    refused = [{"index": row["index"], "errors": row["errors"]} for row in rows if row["outcome"] == "rejected"]
    assert made["inference"]["refused"] == refused != []


@pytest.mark.parametrize(
    ("samples", "pointers"),
    [
        ([], ["/samples"]),
        ([{}] * 1_001, ["/samples"]),
        ([{"a": 1}, 5, [], None], ["/samples/1", "/samples/2", "/samples/3"]),
        ({"a": 1}, ["/samples"]),
        ([{}, {"A": None}], ["/samples", "/samples/1/A"]),
    ],
)
def test_samples_that_are_none_are_told_at_their_place(api, path, samples, pointers):
    before = api.call("GET", path).json
    answer = api.call("POST", path, {"samples": samples})
    assert (answer.status, answer.pointers) == (422, pointers)
    assert api.call("GET", path).json == before


def test_samples_and_another_source_exclude_each_other(api, path):
    assert api.call("POST", path, {"samples": SAMPLES, "json_schema": SCHEMA}).pointers == [""]
