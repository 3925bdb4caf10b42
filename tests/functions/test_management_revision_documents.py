"""A revision over `/v1` as a JSON Schema, as a table's columns and as an example."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.management_api import PRICE

TREE = [
    PRICE,
    {"key": "version", "type": "STRING", "presence": "default", "default": "x", "description": "Of the page."},
    {"key": "sku", "type": "STRING", "rules": [{"rule": "regex", "value": "[A-Z]{2}-[0-9]+"}]},
    {"key": "seen", "type": "DATETIME", "presence": "macro", "macro": "received_at"},
    {"key": "tags", "type": "ARRAY_STRING", "presence": "optional"},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [{"key": "n", "type": "INT"}, {"key": "ok", "type": "BOOLEAN", "presence": "optional"}],
    },
]


@pytest.fixture
def path(api):
    revision = api.draft(api.endpoint(), *TREE, name="Orders")
    return f"/v1/revisions/{revision['id']}"


def test_the_example_fits_the_json_schema_and_passes_the_dry_run(api, path):
    schema = api.call("GET", f"{path}/json-schema")
    example = api.call("GET", f"{path}/example").json["example"]
    assert (schema.status, schema.json["title"]) == (200, "Orders")
    assert "ETag" not in schema.headers
    Draft202012Validator(schema.json).validate(example)
    assert example["sku"] == "AA-0"
    (row,) = api.call("POST", f"{path}/validate", example).json["results"]
    assert (row["outcome"], row["errors"]) == ("accepted", [])


def test_the_json_schema_follows_additional_keys(api, path):
    assert api.call("GET", f"{path}/json-schema").json["additionalProperties"] is True
    api.call("PATCH", path, {"additional_keys": "reject"})
    assert api.call("GET", f"{path}/json-schema").json["additionalProperties"] is False


def test_the_types_are_code_of_each_language_and_follow_additional_keys(api, path):
    made = {
        name: api.call("GET", f"{path}/types?language={name}").json for name in ("typescript", "python", "json-schema")
    }
    assert [one["file_name"] for one in made.values()] == ["events.ts", "events.py", "event.schema.json"]
    assert "  items?: readonly EventItems[] | null | undefined;\n" in made["typescript"]["code"]
    assert "    items: NotRequired[Optional[list[EventItems]]]\n" in made["python"]["code"]
    assert json.loads(made["json-schema"]["code"]) == api.call("GET", f"{path}/json-schema").json
    api.call("PATCH", path, {"additional_keys": "keep"})
    assert "[key: string]: unknown;" in api.call("GET", f"{path}/types?language=typescript").json["code"]


@pytest.mark.parametrize(("query", "code"), [("", "required"), ("?language=", "one_of"), ("?language=cobol", "one_of")])
def test_types_of_no_language_are_refused(api, path, query, code):
    answer = api.call("GET", f"{path}/types{query}")
    assert (answer.status, answer.pointers) == (422, ["/language"])
    assert answer.json["errors"][0]["code"] == code


def test_columns_begin_with_the_stamps_and_follow_the_fields(api, path):
    fields = api.call("GET", f"{path}/bigquery-schema").json["fields"]
    assert [(field["name"], field["type"], field["mode"]) for field in fields] == [
        ("_event_id", "STRING", "REQUIRED"),
        ("_received_at", "TIMESTAMP", "REQUIRED"),
        ("_revision_id", "STRING", "REQUIRED"),
        ("price", "FLOAT64", "REQUIRED"),
        ("version", "STRING", "REQUIRED"),
        ("sku", "STRING", "REQUIRED"),
        ("seen", "DATETIME", "NULLABLE"),
        ("tags", "STRING", "REPEATED"),
        ("items", "RECORD", "REPEATED"),
    ]
    assert fields[4]["description"] == "Of the page."
    assert "description" not in fields[3]
    assert fields[8]["fields"] == [
        {"name": "n", "type": "INT64", "mode": "REQUIRED"},
        {"name": "ok", "type": "BOOL", "mode": "NULLABLE"},
    ]


def test_a_blank_draft_has_an_empty_example_and_only_the_stamps(api):
    path = f"/v1/revisions/{api.draft(api.endpoint())['id']}"
    assert api.call("GET", f"{path}/example").json == {"example": {}}
    assert len(api.call("GET", f"{path}/bigquery-schema").json["fields"]) == 3
    assert api.call("GET", f"{path}/json-schema").json["properties"] == {}


def test_a_required_key_without_a_value_is_named(api):
    rules = [{"rule": "regex", "value": "[a-z]+"}, {"rule": "regex", "value": "[0-9]+"}]
    revision = api.draft(api.endpoint(), PRICE, {"key": "a", "type": "STRING", "rules": rules})
    answer = api.call("GET", f"/v1/revisions/{revision['id']}/example")
    assert (answer.status, answer.pointers) == (422, ["/fields/1/rules"])
    assert answer.json["errors"][0]["code"] == "no_example"


@pytest.mark.parametrize("part", ["json-schema", "bigquery-schema", "example"])
def test_others_see_nothing(api, part):
    assert api.call("GET", f"/v1/revisions/rev_unknown/{part}").code == "not_found"


def test_a_finalised_revision_shows_what_its_draft_did(api, path):
    before = api.call("GET", f"{path}/json-schema").text
    api.call("POST", f"{path}/finalise")
    assert api.call("GET", f"{path}/json-schema").text == before
    assert json.loads(before)["$schema"].endswith("2020-12/schema")


def test_an_example_of_each_kind_of_events_can_be_asked_for(api):
    endpoint = api.endpoint("Kinds")
    fields = [
        {"key": "type", "type": "STRING"},
        *({"key": key, "type": "INT", "presence": "required", "when": {"/type": [key]}} for key in ("page", "track")),
    ]
    revision = api.draft(endpoint, *fields)
    example = f"/v1/revisions/{revision['id']}/example"
    assert api.call("GET", f"{example}?when=track").json == {"example": {"type": "track", "track": 1}}
    answer = api.call("GET", f"{example}?when=screen")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/when")
    finalised = api.call("POST", f"/v1/revisions/{revision['id']}/finalise").json
    environment = api.environment(endpoint, revision_id=finalised["id"])
    path = f"/v1/environments/{environment['id']}/snippets?when=page"
    (curl,) = [row["code"] for row in api.call("GET", path).json["items"] if row["id"] == "curl"]
    assert '"page"' in curl
