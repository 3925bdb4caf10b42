"""Revisions over `/v1`: drafts, finalised ones, and dry runs."""

import base64
import gzip
import json

import pytest

from schemas.items import revision_document_key
from tests.management_api import PRICE

NAME = {"key": "name", "type": "STRING", "presence": "optional"}


def revisions_path(endpoint):
    return f"/v1/endpoints/{endpoint['id']}/revisions"


def test_a_blank_revision_gets_the_next_free_name(api, endpoint):
    api.draft(endpoint, name="Revision 3")
    assert [api.draft(endpoint)["name"] for _ in range(3)] == ["Revision 4", "Revision 5", "Revision 6"]


def test_a_new_revision_is_an_empty_draft_that_drops_additional_keys(api, endpoint):
    answer = api.call("POST", revisions_path(endpoint), {"name": "Second"})
    assert answer.status == 201
    assert answer.headers["Location"] == f"/v1/revisions/{answer.json['id']}"
    made = answer.json
    assert (made["state"], made["additional_keys"], made["fields"]) == ("draft", "drop", [])
    assert (made["parent_id"], made["finalised_at"], made["version"]) == (None, None, 1)
    assert api.call("GET", f"/v1/revisions/{made['id']}").json == made


def test_a_clone_takes_the_whole_tree_and_remembers_its_parent(api, endpoint):
    parent = api.draft(endpoint, PRICE, NAME, name="Parent")
    api.call("PATCH", f"/v1/revisions/{parent['id']}", {"additional_keys": "reject"})
    api.call("POST", f"/v1/revisions/{parent['id']}/finalise")
    clone = api.call("POST", revisions_path(endpoint), {"name": "Clone", "clone_of": parent["id"]}).json
    assert clone["fields"] == parent["fields"]
    assert (clone["parent_id"], clone["state"], clone["additional_keys"]) == (parent["id"], "draft", "reject")
    path = f"/v1/revisions/{clone['id']}/fields"
    assert api.call("PUT", path, {"fields": [NAME]}, if_match='"1"').status == 200
    assert api.call("GET", f"/v1/revisions/{parent['id']}").json["fields"] == parent["fields"]


def test_a_revision_may_come_from_a_template(api, endpoint):
    made = api.call("POST", revisions_path(endpoint), {"template": "error_tracking"}).json
    assert {"page_url", "utm_source", "error_id", "error_trace"} <= {item["key"] for item in made["fields"]}


def test_a_revision_of_another_endpoint_is_not_cloned(api, endpoint):
    other = api.draft(api.endpoint("Other"), PRICE)
    for revision_id in (other["id"], "rev_unknown"):
        answer = api.call("POST", revisions_path(endpoint), {"clone_of": revision_id})
        assert (answer.status, answer.pointers) == (422, ["/clone_of"])


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"clone_of": "rev_1", "template": "user_tracking"}, [""]),
        ({"json_schema": {}}, ["/json_schema"]),
        ({"samples": [{}]}, ["/samples"]),
        ({"template": "none", "name": ""}, ["/name", "/template"]),
        ({"clone_of": 3}, ["/clone_of"]),
    ],
)
def test_a_body_that_names_no_one_source_is_refused(api, endpoint, body, pointers):
    answer = api.call("POST", revisions_path(endpoint), body)
    assert (answer.status, answer.pointers) == (422, pointers)


def test_names_are_unique_within_an_endpoint_and_free_elsewhere(api, endpoint):
    api.draft(endpoint, name="Äpfel")
    assert api.call("POST", revisions_path(endpoint), {"name": "äPFEL"}).code == "name_taken"
    assert api.call("POST", revisions_path(api.endpoint("Other")), {"name": "Äpfel"}).status == 201


def test_a_list_holds_no_trees(api, endpoint):
    api.draft(endpoint, PRICE)
    page = api.call("GET", revisions_path(endpoint)).json
    assert [item["field_count"] for item in page["items"]] == [0, 1]
    assert all("fields" not in item for item in page["items"])


def test_a_tree_is_replaced_whole_and_comes_back_as_it_is_stored(api, endpoint):
    revision = api.draft(endpoint)
    tree = [
        PRICE,
        {
            "key": "items",
            "type": "ARRAY_OBJECT",
            "description": "What was bought.",
            "fields": [{"key": "sku", "type": "STRING", "rules": [{"rule": "regex", "value": "[a-z]+"}]}],
        },
    ]
    answer = api.call("PUT", f"/v1/revisions/{revision['id']}/fields", {"fields": tree}, if_match='"1"')
    assert (answer.status, answer.headers["ETag"], answer.json["field_count"]) == (200, '"2"', 3)
    assert [item["key"] for item in answer.json["fields"]] == ["price", "items"]
    assert answer.json["fields"][1]["fields"][0]["presence"] == "required"
    assert api.call("GET", f"/v1/revisions/{revision['id']}").json == answer.json
    emptied = api.call("PUT", f"/v1/revisions/{revision['id']}/fields", {"fields": []}, if_match='"2"')
    assert (emptied.status, emptied.json["fields"]) == (200, [])


@pytest.mark.parametrize(
    ("data_type", "sent", "stored"),
    [
        ("INT", {"rule": "one_of", "value": "[9007199254740993.0, 1e18]"}, [2**53 + 1, 10**18]),
        ("INT", {"rule": "max_value", "value": "12345678901234567890123"}, 1.2345678901234567e22),
        ("FLOAT", {"rule": "max_value", "value": "9007199254740993.0"}, 2**53 + 1),
    ],
)
def test_numbers_of_rules_keep_their_value(api, endpoint, data_type, sent, stored):
    path = f"/v1/revisions/{api.draft(endpoint)['id']}/fields"
    rule = f'{{"rule": "{sent["rule"]}", "value": {sent["value"]}}}'
    raw = f'{{"fields": [{{"key": "a", "type": "{data_type}", "rules": [{rule}]}}]}}'
    answer = api.call("PUT", path, raw=raw, if_match='"1"', content_type="application/json")
    assert answer.status == 200
    assert answer.json["fields"][0]["rules"][0]["value"] == stored


def test_every_fault_of_a_tree_is_reported_at_its_pointer_and_nothing_is_saved(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    tree = [
        {"key": "Price", "type": "FLOAT"},
        {"key": "name", "type": "TEXT"},
        {"key": "box", "type": "OBJECT", "fields": [{"key": "n", "type": "INT", "colour": "red"}]},
        7,
    ]
    answer = api.call("PUT", f"/v1/revisions/{revision['id']}/fields", {"fields": tree}, if_match='"2"')
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert set(answer.pointers) == {
        "/fields/0/key",
        "/fields/1/type",
        "/fields/2/fields/0/colour",
        "/fields/3",
    }
    assert api.call("GET", f"/v1/revisions/{revision['id']}").json == revision


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/fields"]),
        ({"fields": {}}, ["/fields"]),
        ({"fields": None}, ["/fields"]),
        ({"fields": [], "x": 1}, ["/x"]),
    ],
)
def test_the_body_of_a_tree_is_one_list(api, endpoint, body, pointers):
    revision = api.draft(endpoint)
    answer = api.call("PUT", f"/v1/revisions/{revision['id']}/fields", body, if_match='"1"')
    assert (answer.status, answer.pointers) == (422, pointers)


def test_a_tree_is_not_replaced_without_the_version_it_replaces(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    path = f"/v1/revisions/{revision['id']}/fields"
    assert api.call("PUT", path, {"fields": []}).code == "precondition_required"
    assert api.call("PUT", path, {"fields": []}, if_match='"1"').code == "version_conflict"
    assert api.call("PUT", path, {"fields": []}, if_match='"abc"').code == "version_conflict"
    assert api.call("GET", f"/v1/revisions/{revision['id']}").json == revision
    assert api.call("PUT", path, {"fields": []}, if_match='"1", W/"2"').status == 200
    assert api.call("PUT", path, {"fields": [NAME]}, if_match="*").status == 200


def test_finalising_writes_the_document_that_ingest_reads(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
    assert (answer.status, answer.json["state"]) == (200, "finalised")
    assert answer.json["finalised_at"] == answer.json["updated_at"]
    document = api.table.get(revision_document_key(revision["id"]))
    assert document.version == 1
    assert document.data == {
        "revision_id": revision["id"],
        "edition": 2,
        "additional_keys": "drop",
        "fields": answer.json["fields"],
        "event_name": [],
        "regex_size": 0,
    }


def test_finalising_twice_changes_nothing_the_second_time(api, endpoint):
    revision = api.finalised(endpoint)
    entries = len(api.audit())
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
    assert (answer.status, answer.json) == (200, revision)
    assert len(api.audit()) == entries


def test_a_revision_without_fields_is_not_finalised(api, endpoint):
    revision = api.draft(endpoint)
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
    assert (answer.status, answer.code) == (409, "revision_empty")


def test_a_stale_copy_is_not_finalised(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    assert api.call("POST", f"/v1/revisions/{revision['id']}/finalise", if_match='"1"').code == "version_conflict"
    assert api.call("GET", f"/v1/revisions/{revision['id']}").json["state"] == "draft"


def test_of_a_finalised_revision_only_the_name_changes(api, endpoint):
    revision = api.finalised(endpoint)
    path = f"/v1/revisions/{revision['id']}"
    document = api.table.get(revision_document_key(revision["id"]))
    refused = [
        api.call("PATCH", path, {"additional_keys": "reject"}),
        api.call("PATCH", path, {"name": "New", "additional_keys": "drop"}),
        api.call("PUT", f"{path}/fields", {"fields": [NAME]}, if_match=f'"{revision["version"]}"'),
        api.call("PUT", f"{path}/fields", {"fields": [NAME]}, if_match='"1"'),
        api.call("DELETE", path),
        api.call("DELETE", f"{path}?confirm={revision['name'].replace(' ', '%20')}"),
    ]
    assert {(answer.status, answer.code) for answer in refused} == {(409, "revision_finalised")}
    renamed = api.call("PATCH", path, {"name": "New"})
    assert {**revision, "name": "New", "version": 4, "updated_at": renamed.json["updated_at"]} == renamed.json
    assert api.table.get(revision_document_key(revision["id"])) == document


def test_a_draft_takes_a_name_and_settings(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    changed = api.call("PATCH", f"/v1/revisions/{revision['id']}", {"name": "Next", "additional_keys": "reject"})
    assert (changed.json["name"], changed.json["additional_keys"], changed.json["version"]) == ("Next", "reject", 3)
    assert changed.json["fields"] == revision["fields"]
    stale = api.call("PATCH", f"/v1/revisions/{revision['id']}", {"name": "Other"}, if_match='"2"')
    assert (stale.status, stale.json["current_version"]) == (412, 3)


def test_a_deleted_draft_is_gone_and_its_name_free(api, endpoint):
    revision = api.draft(endpoint, PRICE, name="Second")
    path = f"/v1/revisions/{revision['id']}"
    assert api.call("DELETE", f"{path}?confirm=Wrong").code == "confirmation_mismatch"
    assert api.call("DELETE", path, if_match='"1"').code == "version_conflict"
    assert api.call("DELETE", path).status == 204
    assert api.call("GET", path).status == 404
    assert api.call("DELETE", path).status == 404
    assert len(api.call("GET", revisions_path(endpoint)).json["items"]) == 1
    assert api.call("POST", revisions_path(endpoint), {"name": "Second"}).status == 201


@pytest.mark.parametrize("finalised", [False, True])
def test_a_dry_run_judges_events_in_order_and_keeps_nothing(api, endpoint, finalised):
    revision = api.finalised(endpoint) if finalised else api.draft(endpoint, PRICE)
    before = api.table.data()
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/validate", [{"price": 1, "x": 2}, {"price": "1"}, 3])
    assert answer.status == 200
    accepted, rejected, no_object = answer.json["results"]
    assert accepted == {
        "index": 0,
        "outcome": "accepted",
        "errors": [],
        "stored": {"price": 1.0},
        "dropped": ["/x"],
    }
    assert (rejected["index"], rejected["outcome"], rejected["stored"]) == (1, "rejected", None)
    assert [(error["pointer"], error["code"]) for error in rejected["errors"]] == [("/price", "type_float")]
    assert no_object["errors"][0]["code"] == "not_an_object"
    assert api.table.data() == before
    assert api.queue.messages == []


def test_a_dry_run_takes_what_ingest_takes(api, endpoint):
    path = f"/v1/revisions/{api.draft(endpoint, PRICE)['id']}/validate"
    lines = api.call("POST", path, raw='{"price": 1}\n\n{"price": 2}\n', content_type="application/x-ndjson")
    assert len(lines.json["results"]) == 2
    text = api.call("POST", path, raw='{"price": 1}', content_type="text/plain")
    assert text.json["results"][0]["outcome"] == "accepted"
    event = {
        "version": "2.0",
        "rawPath": path,
        "headers": {
            "host": "api.example.com",
            "authorization": "Bearer iet_owner",
            "content-type": "application/json",
            "content-encoding": "gzip",
        },
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}, "requestId": "req-1"},
        "body": base64.b64encode(gzip.compress(json.dumps({"price": 3}).encode())).decode(),
        "isBase64Encoded": True,
    }
    assert api.send(event).json["results"][0]["stored"] == {"price": 3.0}


@pytest.mark.parametrize(
    ("raw", "headers", "status", "code"),
    [
        ("", {}, 400, "no_payload"),
        ("{}", {"content_type": "image/png"}, 415, "unsupported_media_type"),
        ("{}", {"content_encoding": "br"}, 415, "unsupported_encoding"),
        ("{}", {"content_encoding": "gzip"}, 400, "bad_encoding"),
        ("[" + ",".join(["{}"] * 1_001) + "]", {}, 413, "too_many_events"),
        ("{}" + " " * (4 * 1024 * 1024), {}, 413, "body_too_large"),
    ],
)
def test_a_payload_that_ingest_refuses_is_refused_here(api, endpoint, raw, headers, status, code):
    revision = api.draft(endpoint, PRICE)
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/validate", raw=raw, **headers)
    assert (answer.status, answer.code) == (status, code)


def test_a_payload_that_is_no_json_is_judged_as_ingest_judges_it(api, endpoint):
    revision = api.draft(endpoint, PRICE)
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/validate", raw="{")
    (row,) = answer.json["results"]
    assert [(error["pointer"], error["code"]) for error in row["errors"]] == [("", "not_json")]
