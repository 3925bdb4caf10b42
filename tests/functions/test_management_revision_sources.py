"""Revisions over `/v1` that come from elsewhere."""

import pytest

from tests.management_api import Api

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]+$", "description": "Of the shop."},
        "at": {"type": "string", "format": "date-time"},
        "Price": {"type": "number"},
    },
}


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def path(api):
    return f"/v1/endpoints/{api.endpoint()['id']}/revisions"


def test_a_revision_is_made_from_a_json_schema_and_says_what_was_not_taken_over(api, path):
    answer = api.call("POST", path, {"name": "Imported", "json_schema": SCHEMA}, idempotency_key="one")
    assert answer.status == 201
    made = answer.json
    assert (made["state"], made["additional_keys"], made["data_map_count"]) == ("draft", "drop", 2)
    assert made["data_maps"][0] == {
        "key": "sku",
        "type": "STRING",
        "presence": "required",
        "description": "Of the shop.",
        "rules": [{"rule": "regex", "value": "[A-Z]+"}],
    }
    report = made.pop("import")
    assert report["unmapped_count"] == 2
    assert [(row["pointer"], row["keyword"]) for row in report["unmapped"]] == [
        ("/properties/at", "format"),
        ("/properties/Price", "properties"),
    ]
    assert api.call("GET", f"/v1/revisions/{made['id']}").json == made
    assert (
        api.call("POST", path, {"name": "Imported", "json_schema": SCHEMA}, idempotency_key="one").text == answer.text
    )
    assert api.audit()[-1]["after"]["import"] is True


def test_a_closed_schema_makes_a_revision_that_rejects_further_keys(api, path):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    made = api.call("POST", path, {"json_schema": schema}).json
    assert (made["additional_keys"], made["import"]) == ("reject", {"unmapped": [], "unmapped_count": 0})


def test_an_export_is_imported_again(api, path):
    first = api.call("POST", path, {"json_schema": SCHEMA}).json
    exported = api.call("GET", f"/v1/revisions/{first['id']}/json-schema").json
    second = api.call("POST", path, {"json_schema": exported}).json
    assert (second["data_maps"], second["import"]["unmapped"]) == (first["data_maps"], [])


def test_a_schema_of_which_nothing_maps_says_why(api, path):
    answer = api.call("POST", path, {"json_schema": {"type": "object", "properties": {"A": {"type": "string"}}}})
    assert (answer.status, answer.pointers) == (422, ["/json_schema", "/json_schema/properties/A"])
    assert [row["code"] for row in answer.json["errors"]] == ["nothing_mapped", "unmapped"]


def test_only_one_source_is_taken(api, path):
    answer = api.call("POST", path, {"json_schema": SCHEMA, "template": "user_tracking"})
    assert (answer.status, answer.pointers) == (422, [""])


def test_only_what_is_made_elsewhere_says_so(api, path):
    assert "import" not in api.call("POST", path, {}).json


def test_an_endpoint_that_is_not_there_is_missed_before_the_schema_is_read(api):
    answer = api.call("POST", "/v1/endpoints/ep_unknown/revisions", {"json_schema": {}})
    assert answer.code == "not_found"
