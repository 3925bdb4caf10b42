"""The second edition over `/v1`: what is kept, what names an event, and revisions that were stored before it."""

import json

import pytest

from domain.records import keys
from domain.records.ports import Put
from schemas.items import revision_document_key
from tests.management_api import PRICE

KIND = {"key": "kind", "type": "STRING", "presence": "required"}
SECRET = {"key": "email", "from": "/user/email", "type": "STRING", "presence": "optional", "protect": "hash"}


def put_fields(api, revision, version=None, **body):
    path = f"/v1/revisions/{revision['id']}/fields"
    return api.call("PUT", path, body, if_match=f'"{version or revision["version"]}"')


def test_a_draft_keeps_what_no_field_names_if_told_so(api, endpoint):
    draft = api.draft(endpoint, PRICE)
    changed = api.call("PATCH", f"/v1/revisions/{draft['id']}", {"additional_keys": "keep"}).json
    assert changed["additional_keys"] == "keep"
    api.call("POST", f"/v1/revisions/{draft['id']}/finalise")
    document = api.table.get(revision_document_key(draft["id"])).data
    assert (document["edition"], document["additional_keys"], document["event_name"]) == (2, "keep", [])


def test_a_revision_made_from_samples_keeps_what_no_field_names(api, endpoint):
    path = f"/v1/endpoints/{endpoint['id']}/revisions"
    assert api.call("POST", path, {"samples": [{"a": 1}]}).json["additional_keys"] == "keep"
    assert api.call("POST", path, {"name": "Blank"}).json["additional_keys"] == "drop"


def test_what_names_an_event_is_saved_with_the_fields_or_alone_and_stays_until_it_is_changed(api, endpoint):
    draft = api.draft(endpoint)
    saved = put_fields(api, draft, fields=[KIND], event_name=["/kind", "/type"]).json
    assert saved["event_name"] == ["/kind", "/type"]
    assert put_fields(api, saved, fields=[KIND, PRICE]).json["event_name"] == ["/kind", "/type"]
    path = f"/v1/revisions/{draft['id']}"
    assert api.call("PATCH", path, {"event_name": ["/kind"]}).json["event_name"] == ["/kind"]
    clone = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"clone_of": draft["id"]}).json
    assert clone["event_name"] == ["/kind"]
    api.call("POST", f"{path}/finalise")
    assert api.table.get(revision_document_key(draft["id"])).data["event_name"] == ["/kind"]
    assert api.call("PATCH", path, {"event_name": []}).json["code"] == "revision_finalised"


@pytest.mark.parametrize(
    ("event_name", "pointer", "code"),
    [
        (["event"], "/event_name/0", "bad_value"),
        (["/a", ""], "/event_name/1", "bad_value"),
        (["/" + "/".join("abcdefghi")], "/event_name/0", "too_many"),
        (["/" + "x" * 257], "/event_name/0", "too_long"),
        (["/a", "/a"], "/event_name/1", "duplicate_value"),
        (["/user/email"], "/event_name/0", "contradiction"),
    ],
)
def test_a_pointer_that_can_not_name_an_event_is_refused_at_its_place(api, endpoint, event_name, pointer, code):
    draft = api.draft(endpoint)
    answer = put_fields(api, draft, fields=[KIND, SECRET], event_name=event_name)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]
    saved = put_fields(api, draft, fields=[KIND, SECRET])
    assert saved.status == 200
    answer = api.call("PATCH", f"/v1/revisions/{draft['id']}", {"event_name": event_name})
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]


def as_first_stored(api, revision):
    """Store a revision again as it was stored before fields had their name."""
    own = api.table.get(keys.revision_key(revision["endpoint_id"], revision["id"]))
    tree = api.table.get(keys.tree_key(revision["id"]))
    data = {name: value for name, value in own.data.items() if name not in {"field_count", "event_name"}}
    written = json.loads(json.dumps(tree.data["fields"]).replace('"fields": [', '"children": ['))
    writes = [
        Put(
            own.key, {**data, "data_map_count": own.data["field_count"], "tree_version": tree.version + 1}, own.version
        ),
        Put(tree.key, {"data_maps": written}, tree.version),
    ]
    document = api.table.get(revision_document_key(revision["id"]))
    if document is not None:
        first = {name: value for name, value in document.data.items() if name in {"revision_id", "additional_keys"}}
        writes.append(Put(document.key, {**first, "data_maps": written}, document.version))
    api.table.transact(writes)


BOX = {"key": "box", "type": "OBJECT", "presence": "optional", "fields": [PRICE]}


def test_a_revision_stored_before_fields_had_their_name_is_shown_tried_cloned_and_deployed(api, endpoint):
    revision = api.draft(endpoint, KIND, BOX)
    path = f"/v1/revisions/{revision['id']}"
    shown = api.call("POST", f"{path}/finalise").json
    as_first_stored(api, revision)
    read = api.call("GET", path).json
    assert {**read, "version": 0} == {**shown, "version": 0}
    listed = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
    assert [row["field_count"] for row in listed if row["id"] == revision["id"]] == [3]
    tried = api.call("POST", f"{path}/validate", {"kind": "x", "box": {"price": 1}}).json["results"]
    assert tried[0]["outcome"] == "accepted"
    environment = api.environment(endpoint, revision_id=revision["id"])
    deployed = api.call("POST", f"/v1/environments/{environment['id']}/deployments", {"revision_id": revision["id"]})
    assert deployed.status == 201
    clone = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"clone_of": revision["id"]}).json
    assert clone["fields"] == shown["fields"]


def test_the_key_that_is_reserved_now_is_named_when_its_revision_is_cloned_or_its_draft_finalised(api, endpoint):
    revision = api.draft(endpoint, {**KIND, "key": "other"})
    tree = api.table.get(keys.tree_key(revision["id"]))
    own = api.table.get(keys.revision_key(endpoint["id"], revision["id"]))
    old = [{**tree.data["fields"][0], "key": "_extra"}]
    api.table.transact(
        [
            Put(tree.key, {"data_maps": old}, tree.version),
            Put(own.key, {**own.data, "tree_version": tree.version + 1}, own.version),
        ]
    )
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/finalise")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/fields", "reserved_key")]
    answer = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"clone_of": revision["id"]})
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [("/clone_of", "reserved_key")]
