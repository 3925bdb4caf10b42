"""Who may do what: every route, without a token, with too low a role, and from another organisation."""

import pytest

from domain.access.access import token_hash
from domain.access.first_organisation import bootstrap
from domain.records.caller import Role
from domain.records.keys import member_key
from domain.records.ports import Delete
from functions.management.application import describe_routes
from tests.management_api import MANAGED_S3, OWNER_TOKEN, PRICE, document

# Per operation: the least role, and a sound request.
OPERATIONS = {
    "get_me": (Role.VIEWER, {}),
    "list_own_memberships": (Role.VIEWER, {}),
    "list_invitations": (Role.VIEWER, {}),
    "accept_invitation": (Role.VIEWER, {}),
    "decline_invitation": (Role.VIEWER, {}),
    "list_templates": (Role.VIEWER, {}),
    "list_endpoints": (Role.VIEWER, {}),
    "create_endpoint": (Role.EDITOR, {"body": {"name": "New"}}),
    "get_endpoint": (Role.VIEWER, {}),
    "change_endpoint": (Role.EDITOR, {"body": {"name": "New"}}),
    "delete_endpoint": (Role.ADMIN, {"query": "?confirm=Shop"}),
    "list_revisions": (Role.VIEWER, {}),
    "create_revision": (Role.EDITOR, {"body": {}}),
    "get_revision": (Role.VIEWER, {}),
    "change_revision": (Role.EDITOR, {"body": {"name": "New"}}),
    "delete_revision": (Role.ADMIN, {}),
    "replace_fields": (Role.EDITOR, {"body": {"fields": []}, "if_match": "*"}),
    "finalise_revision": (Role.EDITOR, {}),
    "validate_events": (Role.VIEWER, {"body": {"price": 1}}),
    "get_json_schema": (Role.VIEWER, {}),
    "get_types": (Role.VIEWER, {"query": "?language=python"}),
    "get_bigquery_schema": (Role.VIEWER, {}),
    "get_example": (Role.VIEWER, {}),
    "diff_revisions": (Role.VIEWER, {}),
    "list_environments": (Role.VIEWER, {}),
    "create_environment": (Role.EDITOR, {"body": {"name": "New", "revision_id": "?", "destination": MANAGED_S3}}),
    "get_environment": (Role.VIEWER, {}),
    "change_environment": (Role.EDITOR, {"body": {"name": "New"}}),
    "delete_environment": (Role.ADMIN, {"query": "?confirm=Live"}),
    "get_custom_domain": (Role.VIEWER, {}),
    "put_custom_domain": (Role.ADMIN, {"body": {"domain": "new.example.com", "certificate": "managed"}}),
    "check_custom_domain": (Role.ADMIN, {}),
    "delete_custom_domain": (Role.ADMIN, {"query": "?confirm=events.example.com"}),
    "list_snippets": (Role.VIEWER, {}),
    "write_snippets": (Role.VIEWER, {"body": {"example": '{"price": 1}'}}),
    "get_warehouse_script": (Role.VIEWER, {}),
    "get_queries": (Role.VIEWER, {}),
    "deploy": (Role.EDITOR, {"body": {"revision_id": "?"}}),
    "list_deployments": (Role.VIEWER, {}),
    "get_deployment": (Role.VIEWER, {}),
    "promote": (Role.EDITOR, {}),
    "abort": (Role.EDITOR, {}),
    "check_destination": (Role.EDITOR, {}),
    "try_destination": (Role.EDITOR, {"body": {"destination": MANAGED_S3}}),
    "get_usage": (Role.VIEWER, {}),
    "get_usage_codes": (Role.VIEWER, {}),
    "get_quarantine": (Role.VIEWER, {}),
    "list_quarantined_events": (Role.VIEWER, {}),
    "list_unknown_keys": (Role.VIEWER, {}),
    "create_tap": (Role.EDITOR, {"body": {"seconds": 60, "sample": "all"}}),
    "list_taps": (Role.EDITOR, {}),
    "get_tap": (Role.EDITOR, {}),
    "delete_tap": (Role.EDITOR, {}),
    "list_tapped_events": (Role.EDITOR, {}),
    "create_trial": (Role.EDITOR, {"body": {"environment_id": "?", "source": "delivered", "sample": 10}}),
    "list_trials": (Role.VIEWER, {}),
    "get_trial": (Role.VIEWER, {}),
    "cancel_trial": (Role.EDITOR, {}),
    "list_alerts": (Role.VIEWER, {}),
    "create_alert": (Role.EDITOR, {"body": {"kind": "silence"}}),
    "get_alert": (Role.VIEWER, {}),
    "change_alert": (Role.EDITOR, {"body": {"minutes": 20}}),
    "test_alert": (Role.EDITOR, {}),
    "delete_alert": (Role.EDITOR, {}),
    "list_firing_alerts": (Role.VIEWER, {}),
    "list_alert_targets": (Role.VIEWER, {}),
    "create_alert_target": (
        Role.EDITOR,
        {"body": {"name": "New", "kind": "webhook", "url": "https://hooks.example.com/new"}},
    ),
    "get_alert_target": (Role.VIEWER, {}),
    "change_alert_target": (Role.EDITOR, {"body": {"name": "New"}}),
    "rotate_alert_target_secret": (Role.EDITOR, {"body": {}}),
    "test_alert_target": (Role.EDITOR, {}),
    "delete_alert_target": (Role.EDITOR, {}),
    "create_redrive": (Role.EDITOR, {"body": {"revision_id": "?"}}),
    "preview_redrive": (Role.VIEWER, {"body": {"revision_id": "?"}}),
    "list_redrives": (Role.VIEWER, {}),
    "get_redrive": (Role.VIEWER, {}),
    "cancel_redrive": (Role.EDITOR, {}),
    "list_queues": (Role.OWNER, {}),
    "list_dead_letters": (Role.OWNER, {}),
    "get_dead_letter": (Role.OWNER, {}),
    "redrive_dead_letters": (Role.OWNER, {"body": {}}),
    "list_set_aside": (Role.OWNER, {}),
    "get_set_aside": (Role.OWNER, {}),
    "redrive_set_aside": (Role.OWNER, {"body": {"dry_run": True}}),
    "get_organisation": (Role.VIEWER, {}),
    "change_organisation": (Role.ADMIN, {"body": {"name": "New"}}),
    "list_organisations": (Role.OWNER, {}),
    "get_any_organisation": (Role.OWNER, {}),
    "change_any_organisation": (Role.OWNER, {"body": {"plan": {"name": "New"}}}),
    "create_organisation": (Role.OWNER, {"body": {"name": "New", "owner_email": "new@example.com"}}),
    "list_members": (Role.VIEWER, {}),
    "invite_member": (Role.ADMIN, {"body": {"email": "new@example.com", "role": "viewer"}}),
    "change_member": (Role.ADMIN, {"body": {"role": "editor"}}),
    "remove_member": (Role.ADMIN, {}),
    "list_tokens": (Role.VIEWER, {}),
    "create_token": (Role.VIEWER, {"body": {"name": "New", "role": "viewer"}}),
    "delete_token": (Role.VIEWER, {}),
    "list_audit": (Role.VIEWER, {}),
}

OF_PEOPLE = {"accept_invitation", "decline_invitation"}
"""What a person who signs in does before any organisation is chosen: to a token, nothing is there."""


def declared():
    return {
        operation["operationId"]: (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }


class House:
    """One of each resource, and requests to them."""

    def __init__(self, api):
        self.api = api
        endpoint = api.endpoint()
        self.finalised = api.finalised(endpoint)["id"]
        self.ids = {
            "endpoint_id": endpoint["id"],
            "revision_id": api.draft(endpoint, PRICE)["id"],
            "environment_id": api.environment(endpoint, revision_id=self.finalised)["id"],
            "other_id": self.finalised,
            "organisation_id": api.organisation_id,
            "member_id": "mem_iet_resident",
            "invitation_id": "mem_iet_resident",
            "token_id": "tok_iet_resident",
        }
        self.environment_id = self.ids["environment_id"]
        api.dead_letters.put("spill", "m1", "{}")
        self.ids |= {"queue": "spill", "letter_id": "m1"}
        self.ids["object_id"] = "env_1-2026-11-25-04-ab12"
        key = "set-aside/environment=env_1/dt=2026-11-25/hour=04/ab12.ndjson.gz"
        api.landing.put("landing", key, b'{"event_id":"evt_1","reason":"late","event":{}}\n')
        redrive = {"revision_id": self.finalised, "dry_run": True}
        made = api.call("POST", f"/v1/environments/{self.ids['environment_id']}/redrives", redrive)
        self.ids["redrive_id"] = made.json["id"]
        trial = {"environment_id": self.ids["environment_id"], "source": "delivered", "sample": 10}
        made = api.call("POST", f"/v1/revisions/{self.finalised}/trials", trial)
        self.ids["trial_id"] = made.json["id"]
        tap = {"seconds": 3600, "sample": 10}
        made = api.call("POST", f"/v1/environments/{self.ids['environment_id']}/taps", tap)
        self.ids["tap_id"] = made.json["id"]
        self.ids["canary_environment_id"] = api.environment(endpoint, "Staging", revision_id=self.finalised)["id"]
        canary = {"revision_id": api.finalised(endpoint)["id"], "canary": {"share": 10}}
        made = api.call("POST", f"/v1/environments/{self.ids['canary_environment_id']}/deployments", canary)
        self.ids["deployment_id"] = made.json["id"]
        target = {"name": "On call", "kind": "webhook", "url": "https://hooks.example.com/alerts"}
        self.ids["target_id"] = api.call("POST", "/v1/alert-targets", target).json["id"]
        other = api.call("POST", "/v1/alert-targets", {**target, "name": "Of the alert"}).json["id"]
        alert = {"kind": "silence", "targets": [other]}
        made = api.call("POST", f"/v1/environments/{self.ids['environment_id']}/alerts", alert)
        self.ids["alert_id"] = made.json["id"]
        path = f"/v1/environments/{self.ids['environment_id']}/custom-domain"
        assert api.call("PUT", path, {"domain": "events.example.com", "certificate": "managed"}).status == 200
        api.add_member(Role.VIEWER, token="iet_resident")

    def call(self, operation_id, **changed):
        method, path = declared()[operation_id]
        _, request = OPERATIONS[operation_id]
        request = {**request, **changed}
        ids = self.ids
        if "{deployment_id}" in path:
            ids = {**ids, "environment_id": ids["canary_environment_id"]}
        target = path.format(**ids) + request.pop("query", "")
        if "revision_id" in (request.get("body") or {}):
            request["body"] = {**request["body"], "revision_id": self.finalised}
        if "environment_id" in (request.get("body") or {}):
            request["body"] = {**request["body"], "environment_id": self.environment_id}
        return self.api.call(method, target, **request)


@pytest.fixture
def house(api):
    return House(api)


def test_the_table_of_roles_names_every_operation():
    assert OPERATIONS.keys() == declared().keys() - {"get_openapi"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_valid_token_nothing_is_looked_at(house, operation):
    before = house.api.table.data()
    method, path = declared()[operation]
    target = path.format(**house.ids)
    for sent in (
        {"token": None},
        {"token": "iet_wrong"},
        {"token": ""},
        {"token": "ïet"},
        {"token": None, "authorization": f"Basic {OWNER_TOKEN}"},
        {"token": None, "authorization": OWNER_TOKEN},
    ):
        answer = house.api.call(method, target, raw="{broken", content_type="image/png", **sent)
        assert (answer.status, answer.code) == (401, "unauthenticated"), sent
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert house.api.call(method, path.replace("{", "").replace("}", ""), token=None).status == 401
    assert house.api.table.data() == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_least_role_may_and_the_one_below_is_told_what_it_takes(house, operation):
    least, _ = OPERATIONS[operation]
    for role in Role:
        house.api.add_member(role, token=f"iet_a_{role}")
    before = house.api.table.data()
    for role in Role:
        if not role.allows(least):
            answer = house.call(operation, token=f"iet_a_{role}")
            assert (answer.status, answer.code, answer.json["needed_role"]) == (403, "forbidden", least)
            assert str(least) in answer.json["message"]
    if least is not Role.VIEWER:
        method, path = declared()[operation]
        broken = house.api.call(method, path.format(**house.ids), raw="{broken", token="iet_a_viewer")
        assert broken.code == "forbidden"
    assert house.api.table.data() == before
    house.ids["token_id"] = f"tok_iet_a_{least}"  # everybody may delete their own
    served = {404} if operation in OF_PEOPLE else {200, 201, 204}
    assert house.call(operation, token=f"iet_a_{least}").status in served


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - {"validate_events"}))
def test_a_parameter_that_there_is_not_is_refused_and_nothing_is_done(house, operation):
    _, request = OPERATIONS[operation]
    query = request.get("query", "?")
    before = house.api.table.data()
    answer = house.call(operation, query=f"{query}&limits=5&a/b=&caf%e9=1")
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.pointers == ["/limits", "/a~1b", "/caf\ufffd"]
    assert {error["code"] for error in answer.json["errors"]} == {"unknown_parameter"}
    assert house.api.table.data() == before


POSTS = sorted(name for name in OPERATIONS.keys() - OF_PEOPLE if declared()[name][0] == "POST")


@pytest.mark.parametrize("operation", POSTS)
def test_every_post_remembers_its_key(house, operation):
    first = house.call(operation, idempotency_key="key-1")
    assert first.status < 300
    before = house.api.table.data()
    again = house.call(operation, idempotency_key="key-1")
    once = {"token": None, "secret": None}  # shown once
    assert again.json == {name: once.get(name, value) for name, value in first.json.items()}
    reused = house.call(operation, idempotency_key="key-1", content_type="application/json; charset=utf-8")
    assert (reused.status, reused.json["errors"][0]["code"]) == (422, "idempotency_key_reused")
    assert house.api.table.data() == before


def lists():
    """Return the operations that answer with a page of a list, by their answers' models."""
    return [
        route.operation_id
        for route in describe_routes().declared
        if route.method == "GET" and route.shown and {"items", "next"} <= route.shown.model_fields.keys()
    ]


@pytest.mark.parametrize("operation", lists())
def test_each_list_comes_a_page_at_a_time(house, operation):
    whole = house.call(operation, query="?limit=200").json
    assert whole["next"] is None
    assert house.call(operation, query="?limit=0").pointers == ["/limit"]
    if operation == "list_dead_letters":  # on AWS, there is nothing that it could go on from
        assert house.call(operation, query="?limit=1").json["items"] == whole["items"][:1]
        return
    found, after = [], ""
    for _ in range(len(whole["items"]) + 1):
        page = house.call(operation, query=f"?limit=1{after}").json
        assert len(page["items"]) <= 1
        found += page["items"]
        if page["next"] is None:
            break
        after = f"&cursor={page['next']}"
    assert found == whole["items"]
    assert house.call(operation, query="?cursor=x").pointers == ["/cursor"]


@pytest.mark.parametrize("operation", [name for name, (_, path) in declared().items() if "{" in path])
def test_what_another_organisation_has_is_not_found(house, operation):
    house.api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    before = house.api.table.data()
    answer = house.call(operation, token="iet_stranger")
    assert (answer.status, answer.code) == (404, "not_found")
    for ids in ("rev_unknown", "../x", "a" * 5_000, "ROSTER"):
        house.ids = dict.fromkeys(house.ids, ids)
        assert house.call(operation).status == 404
    assert house.api.table.data() == before


def test_no_revision_is_tried_on_the_events_of_another_organisation(house):
    house.api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    endpoint = house.call("create_endpoint", token="iet_stranger", body={"name": "Theirs"}).json
    path = f"/v1/endpoints/{endpoint['id']}/revisions"
    draft = house.api.call("POST", path, {"template": "user_tracking"}, token="iet_stranger").json
    for environment_id in (house.environment_id, "env_of_nobody"):
        body = {"environment_id": environment_id, "source": "delivered", "sample": 10}
        answer = house.api.call("POST", f"/v1/revisions/{draft['id']}/trials", body, token="iet_stranger")
        assert (answer.status, answer.pointers) == (422, ["/environment_id"])
        assert answer.json["errors"][0]["code"] == "unknown_environment"


def test_lists_and_names_of_organisations_do_not_meet(house):
    house.api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    assert house.call("list_endpoints", token="iet_stranger").json["items"] == []
    made = house.call("create_endpoint", token="iet_stranger", body={"name": "Shop"})
    assert made.status == 201
    assert [item["name"] for item in house.call("list_endpoints").json["items"]] == ["Shop"]
    clone = house.api.call(
        "POST",
        f"/v1/endpoints/{made.json['id']}/revisions",
        {"clone_of": house.ids["revision_id"]},
        token="iet_stranger",
    )
    assert clone.pointers == ["/clone_of"]


def test_me_shows_the_member_the_role_and_the_organisation(api):
    assert api.call("GET", "/v1/me").json["role"] == "owner"
    api.add_member(Role.ADMIN, token="iet_reader", token_role=Role.VIEWER)
    me = api.call("GET", "/v1/me", token="iet_reader").json
    assert me == {
        "member": {"id": "mem_iet_reader", "email": "iet_reader@example.com"},
        "role": "viewer",
        "organisation": {"id": api.organisation_id, "name": "My organisation"},
        "organisations": [{"id": api.organisation_id, "name": "My organisation", "role": "viewer"}],
        "invitations": 0,
        "deployment_account": None,
        "operator": False,
    }


def test_me_says_who_operates_the_deployment(api):
    def operates(token=None):
        return api.call("GET", "/v1/me", **({} if token is None else {"token": token})).json["operator"]

    assert operates()
    api.add_member(Role.ADMIN, token="iet_admin")
    assert not operates("iet_admin")
    further = api.call("POST", "/v1/organisations", {"name": "Branch", "owner_email": "ann@example.com"}).json
    assert not operates(further["token"])
    members = api.call("GET", "/v1/organisation/members").json["items"]
    successor = next(member["id"] for member in members if member["role"] == "admin")
    api.call("PATCH", f"/v1/organisation/members/{successor}", {"role": "owner"})
    assert not operates()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"token": None}, "The request has no token."),
        ({"token": None, "authorization": OWNER_TOKEN}, "The header Authorization is malformed."),
        ({"token": None, "authorization": "Basic aWV0Xzo="}, "The header Authorization is malformed."),
        ({"token": ""}, "The header Authorization is malformed."),
        ({"token": "iet_wrong"}, "This token is not known: it was mistyped or deleted, or has expired."),
        ({"token": "a.b.c"}, "The sign-in has expired, or this is no token: tokens start with `iet_`."),
    ],
)
def test_a_caller_is_told_what_is_wrong_with_the_token(api, sent, said):
    answer = api.call("GET", "/v1/me", **sent)
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.json["message"].startswith(said)


def test_a_token_can_do_no_more_than_its_member(api):
    api.add_member(Role.EDITOR, token="iet_keen", token_role=Role.OWNER)
    assert api.call("GET", "/v1/me", token="iet_keen").json["role"] == "editor"


def test_a_token_ends_with_its_expiry_and_with_its_member(api):
    api.add_member(Role.ADMIN, token="iet_short", expires_at="2026-11-23T10:00:00.000Z")
    api.add_member(Role.ADMIN, token="iet_left")
    assert {api.call("GET", "/v1/me", token=token).status for token in ("iet_short", "iet_left")} == {200}
    member = api.table.get(member_key(api.organisation_id, "mem_iet_left"))
    api.table.transact([Delete(member.key, member.version)])
    api.clock.now_ns += 24 * 3600 * 1_000_000_000
    assert {api.call("GET", "/v1/me", token=token).status for token in ("iet_short", "iet_left")} == {401}


def test_a_token_is_kept_as_its_hash_only(api):
    assert OWNER_TOKEN not in str(api.table.data())


def test_starting_again_keeps_the_organisation_and_binds_the_token_given(api):
    assert bootstrap(api.table, token_hash(OWNER_TOKEN), api.clock) == api.organisation_id
    assert api.call("GET", "/v1/me").status == 200
    assert bootstrap(api.table, token_hash("iet_next"), api.clock) == api.organisation_id
    assert api.call("GET", "/v1/me").status == 401
    assert api.call("GET", "/v1/me", token="iet_next").json["role"] == "owner"
    bootstrap(api.table, token_hash(OWNER_TOKEN), api.clock)
    assert api.call("GET", "/v1/me").status == 200


def test_two_that_start_at_once_make_one_organisation(api):
    table = type(api.table)(api.clock)
    others = []
    table.before_transact = lambda: others.append(bootstrap(table, token_hash("iet_b"), api.clock))
    assert [bootstrap(table, token_hash("iet_a"), api.clock)] == others
