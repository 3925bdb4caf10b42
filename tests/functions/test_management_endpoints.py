"""Endpoints over `/v1`."""

import pytest

from schemas.items import pointer_key
from schemas.limits import MAX_ENVIRONMENTS_PER_ENDPOINT


def test_an_endpoint_starts_with_one_empty_draft(api):
    made = api.call("POST", "/v1/endpoints", {"name": "Shop"})
    assert made.status == 201
    assert made.headers["Location"] == f"/v1/endpoints/{made.json['id']}"
    assert made.headers["ETag"] == '"1"'
    assert made.json == {
        "id": made.json["id"],
        "name": "Shop",
        "environments": 0,
        "created_at": made.json["created_at"],
        "updated_at": made.json["created_at"],
        "version": 1,
    }
    assert made.json["id"].startswith("ep_")
    (revision,) = api.call("GET", f"/v1/endpoints/{made.json['id']}/revisions").json["items"]
    assert (revision["name"], revision["state"], revision["field_count"]) == ("Revision 1", "draft", 0)


@pytest.mark.parametrize(("template", "count"), [("user_tracking", 20), ("error_tracking", 26)])
def test_an_endpoint_may_start_from_a_template_that_can_be_finalised(api, template, count):
    endpoint = api.endpoint(template=template)
    (revision,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
    assert revision["field_count"] == count
    assert api.call("POST", f"/v1/revisions/{revision['id']}/finalise").status == 200


def test_an_endpoint_says_how_many_environments_it_has(api):
    endpoint = api.endpoint()
    api.environment(endpoint)
    second = api.environment(endpoint, name="Staging")
    assert api.call("GET", f"/v1/endpoints/{endpoint['id']}").json["environments"] == 2
    assert api.call("DELETE", f"/v1/environments/{second['id']}?confirm=Staging").status == 204
    (listed,) = api.call("GET", "/v1/endpoints").json["items"]
    assert listed["environments"] == 1


def test_an_endpoint_is_read_back_and_renamed(api):
    endpoint = api.endpoint()
    assert api.call("GET", f"/v1/endpoints/{endpoint['id']}").json == endpoint
    renamed = api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Store"})
    assert (renamed.status, renamed.json["name"], renamed.json["version"]) == (200, "Store", 2)
    assert renamed.json["updated_at"] > endpoint["updated_at"]
    assert renamed.json["created_at"] == endpoint["created_at"]
    assert api.call("GET", f"/v1/endpoints/{endpoint['id']}").json == renamed.json


def test_a_change_of_nothing_leaves_the_version_and_the_audit_log(api):
    endpoint = api.endpoint()
    entries = len(api.audit())
    assert api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {}).json == endpoint
    assert api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Shop"}).json == endpoint
    assert len(api.audit()) == entries


@pytest.mark.parametrize("other", ["Straße", "STRASSE", "strasse"])
def test_names_are_unique_whatever_their_case(api, other):
    api.endpoint("Strasse")
    assert api.call("POST", "/v1/endpoints", {"name": other}).code == "name_taken"


def test_a_name_is_free_again_after_a_rename_and_after_a_delete(api):
    first = api.endpoint("One")
    api.call("PATCH", f"/v1/endpoints/{first['id']}", {"name": "Two"})
    second = api.endpoint("One")
    assert api.call("PATCH", f"/v1/endpoints/{second['id']}", {"name": "two"}).code == "name_taken"
    assert api.call("PATCH", f"/v1/endpoints/{first['id']}", {"name": "TWO"}).status == 200
    api.call("DELETE", f"/v1/endpoints/{first['id']}?confirm=TWO")
    assert api.call("PATCH", f"/v1/endpoints/{second['id']}", {"name": "two"}).status == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "required"),
        ({"name": ""}, "/name", "min_length"),
        ({"name": "x" * 101}, "/name", "max_length"),
        ({"name": " x"}, "/name", "pattern"),
        ({"name": "a\nb"}, "/name", "pattern"),
        ({"name": 5}, "/name", "type"),
        ({"name": None}, "/name", "type"),
        ({"name": "x", "colour~/": 1}, "/colour~0~1", "unknown_field"),
        ({"name": "x", "template": "shop"}, "/template", "one_of"),
        ({"name": "x", "template": None}, "/template", "one_of"),
    ],
)
def test_a_faulty_body_is_refused_at_the_field(api, body, pointer, code):
    answer = api.call("POST", "/v1/endpoints", body)
    assert (answer.status, answer.code) == (422, "invalid_request")
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_a_refusal_does_not_repeat_values(api):
    answer = api.call("POST", "/v1/endpoints", {"name": "secret-value " * 20, "template": "secret-value"})
    assert answer.status == 422
    assert "secret-value" not in answer.text


def test_a_list_comes_in_pages_in_order_of_creation(api):
    names = [f"Endpoint {number}" for number in range(5)]
    for name in names:
        api.endpoint(name)
    seen, target = [], "/v1/endpoints?limit=2"
    sizes = []
    while target:
        page = api.call("GET", target).json
        sizes.append(len(page["items"]))
        seen += [item["name"] for item in page["items"]]
        target = f"/v1/endpoints?limit=2&cursor={page['next']}" if page["next"] else None
    assert seen == names
    assert sizes == [2, 2, 1]


def test_a_list_that_ends_with_its_page_has_no_next(api):
    api.endpoint()
    assert api.call("GET", "/v1/endpoints?limit=1").json["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "cursor=", "cursor=!!", "cursor=QUJD"])
def test_a_query_that_fits_no_list_is_refused_at_the_parameter(api, query):
    answer = api.call("GET", f"/v1/endpoints?{query}")
    assert answer.status == 422
    assert answer.pointers == ["/" + query.partition("=")[0]]


def test_a_cursor_of_another_list_is_refused(api):
    first, _ = api.endpoint("One"), api.endpoint("Two")
    cursor = api.call("GET", "/v1/endpoints?limit=1").json["next"]
    assert api.call("GET", f"/v1/endpoints/{first['id']}/revisions?cursor={cursor}").pointers == ["/cursor"]


@pytest.mark.parametrize("query", ["", "?confirm=", "?confirm=shop", "?confirm=Shop%20"])
def test_an_endpoint_is_not_deleted_without_its_exact_name(api, query):
    endpoint = api.endpoint("Shop")
    answer = api.call("DELETE", f"/v1/endpoints/{endpoint['id']}{query}")
    assert (answer.status, answer.code) == (409, "confirmation_mismatch")
    assert api.call("GET", f"/v1/endpoints/{endpoint['id']}").status == 200


def test_deleting_an_endpoint_takes_all_that_hangs_on_it_and_tells_ingest(api):
    endpoint = api.endpoint("A, b & c")
    revision = api.finalised(endpoint)
    environments = [api.environment(endpoint, name, revision_id=revision["id"]) for name in ("Live", "Test")]
    answer = api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=A%2C%20b%20%26%20c")
    assert (answer.status, answer.text) == (204, "")
    gone = [f"/v1/endpoints/{endpoint['id']}", f"/v1/revisions/{revision['id']}"]
    gone += [f"/v1/endpoints/{endpoint['id']}/{kind}" for kind in ("revisions", "environments")]
    gone += [f"/v1/environments/{environment['id']}" for environment in environments]
    gone += [f"/v1/environments/{environments[0]['id']}/deployments"]
    assert {api.call("GET", path).status for path in gone} == {404}
    for environment in environments:
        assert api.table.get(pointer_key(environment["id"])).data["state"] == "deleted"
        assert {"action": "remove", "environment_id": environment["id"]} in api.queue.messages
    assert api.call("GET", "/v1/endpoints").json["items"] == []


def test_an_endpoint_full_of_environments_is_deleted_in_one_transaction(api):
    endpoint = api.endpoint()
    revision = api.finalised(endpoint)
    for number in range(MAX_ENVIRONMENTS_PER_ENDPOINT):
        api.environment(endpoint, f"Environment {number}", revision_id=revision["id"])
    body = {"name": "One more", "revision_id": revision["id"], "destination": {"type": "s3", "managed": True}}
    assert api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body).code == "limit_reached"
    assert api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop").status == 204
    removed = [message for message in api.queue.messages if message["action"] == "remove"]
    assert len(removed) == MAX_ENVIRONMENTS_PER_ENDPOINT
    assert api.table.largest_transaction <= 100


def test_every_change_is_in_the_audit_log_with_who_and_from_where(api):
    endpoint = api.endpoint()
    api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Store"})
    api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Store")
    created, renamed, deleted = api.audit()
    assert [entry["action"] for entry in api.audit()] == ["endpoint.create", "endpoint.change", "endpoint.delete"]
    assert renamed["before"] == {"name": "Shop"}
    assert renamed["after"] == {"name": "Store"}
    assert renamed["subject"] == {"type": "endpoint", "id": endpoint["id"]}
    assert renamed["source_ip"] == "203.0.113.7"
    assert renamed["actor"]["name"] == "owner@localhost"
    assert renamed["actor"]["token_id"].startswith("tok_")
    assert created["at"] < renamed["at"] < deleted["at"]
