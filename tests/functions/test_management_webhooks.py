"""Webhooks of an environment over `/v1`: what is shown, what ingest is told, and where the secrets are."""

import base64
import json

import pytest

from domain.errors import Undelivered
from domain.hook_secrets import HookSecrets
from domain.records.kept_secrets import sweep_secrets
from domain.records.keys import BEGUN_SECRETS, environment_key
from domain.records.ports import Put
from functions.provisioner.stores import Stores
from schemas.items import pointer_key
from schemas.limits import BEGUN_SECRET_SECONDS, LEAVING_SECRETS_SECONDS
from tests.destinations import BIGQUERY, CREDENTIALS
from tests.management_api import Api

GITHUB = {"name": "github", "scheme": "github", "secrets": ["github-secret-1"]}
STANDARD_KEY = bytes(range(24))
STANDARD = {"name": "svix", "scheme": "standard", "secrets": ["whsec_" + base64.b64encode(STANDARD_KEY).decode()]}
NONE = {"name": "open", "scheme": "none"}
NS = 1_000_000_000


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def endpoint(api):
    return api.endpoint()


def pointer(api, environment):
    return api.table.get(pointer_key(environment["id"])).data


def change(api, environment, *webhooks, **more):
    return api.call("PATCH", f"/v1/environments/{environment['id']}", {"webhooks": list(webhooks)}, **more)


def keys_of(api, environment, name):
    return HookSecrets(api.secrets, lambda: 0.0).secrets_of(pointer(api, environment), name)


def later(api, seconds):
    return lambda: api.clock() + (seconds + 1) * NS


def test_a_webhook_is_shown_without_its_secrets_and_ingest_finds_its_keys(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB, STANDARD, NONE])
    shown = [
        {
            "name": name,
            "scheme": scheme,
            "secrets_set": number,
            "secrets_changed_at": made["webhooks"][index]["secrets_changed_at"],
            "address": f"{made['address']}/hooks/{name}",
        }
        for index, (name, scheme, number) in enumerate(
            [("github", "github", 1), ("svix", "standard", 1), ("open", "none", 0)]
        )
    ]
    assert made["webhooks"] == shown
    assert [row["secrets_changed_at"] is None for row in shown] == [False, False, True]
    told = pointer(api, made)
    assert told["webhooks"] == [{"name": row["name"], "scheme": row["scheme"]} for row in shown]
    assert told["hook_secrets"].startswith("hook_")
    assert keys_of(api, made, "github") == [b"github-secret-1"]
    assert keys_of(api, made, "svix") == [STANDARD_KEY]
    assert keys_of(api, made, "open") == keys_of(api, made, "unknown") == []
    assert len(api.secrets.secrets) == 1


def test_no_item_answer_or_entry_of_the_audit_log_holds_a_secret(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    answer = change(api, made, {**GITHUB, "secrets": ["github-secret-2", "github-secret-1"]})
    assert answer.json["webhooks"][0]["secrets_set"] == 2
    refused = change(api, made, {**GITHUB, "secrets": ["github-secret-3"] * 2})
    everything = [
        answer.text,
        refused.text,
        json.dumps(api.audit()),
        api.call("GET", f"/v1/environments/{made['id']}").text,
    ]
    everything += [json.dumps(item.data) for item in map(api.table.get, set(api.table.written)) if item is not None]
    for text in everything:
        assert "github-secret" not in text
        assert b"github-secret".hex() not in text


def test_a_secret_is_replaced_while_both_count_and_others_stay(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB, STANDARD])
    first = pointer(api, made)["hook_secrets"]
    both = change(
        api, made, {**GITHUB, "secrets": ["github-secret-2", "github-secret-1"]}, {**STANDARD, "secrets": None}
    )
    assert both.pointers == ["/webhooks/1/secrets"]
    kept = {"name": "svix", "scheme": "standard"}
    both = change(api, made, {**GITHUB, "secrets": ["github-secret-2", "github-secret-1"]}, kept).json
    assert keys_of(api, made, "github") == [b"github-secret-2", b"github-secret-1"]
    assert keys_of(api, made, "svix") == [STANDARD_KEY]
    assert both["webhooks"][1]["secrets_changed_at"] == made["webhooks"][1]["secrets_changed_at"]
    assert both["webhooks"][0]["secrets_changed_at"] > made["webhooks"][0]["secrets_changed_at"]
    assert pointer(api, made)["hook_secrets"] != first
    change(api, made, {**GITHUB, "secrets": ["github-secret-2"]}, kept)
    assert keys_of(api, made, "github") == [b"github-secret-2"]


def test_a_secret_is_replaced_by_one_who_knows_only_the_new_one(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    shown = made["webhooks"][0]
    newer = {**GITHUB, "secrets": ["github-secret-2"], "keep_newest": True}
    both = change(api, made, newer).json["webhooks"][0]
    assert keys_of(api, made, "github") == [b"github-secret-2", b"github-secret-1"]
    assert both["secrets_set"] == 2
    assert both["secrets_changed_at"] > shown["secrets_changed_at"]
    change(api, made, {**newer, "secrets": ["github-secret-3"]})
    assert keys_of(api, made, "github") == [b"github-secret-3", b"github-secret-2"]
    changed_at = api.call("GET", f"/v1/environments/{made['id']}").json["webhooks"][0]["secrets_changed_at"]
    alone = change(api, made, {"name": "github", "scheme": "github", "keep_newest": True}).json["webhooks"][0]
    assert keys_of(api, made, "github") == [b"github-secret-3"]
    assert (alone["secrets_set"], alone["secrets_changed_at"]) == (1, changed_at)


@pytest.mark.parametrize(
    ("hook", "pointer", "code"),
    [
        ({**GITHUB, "secrets": ["secret-2", "secret-3"]}, "/webhooks/0/keep_newest", "conflict"),
        (GITHUB, "/webhooks/0/secrets", "duplicate"),
        ({**GITHUB, "scheme": "hmac"}, "/webhooks/0/keep_newest", "conflict"),
        ({**GITHUB, "name": "new"}, "/webhooks/0/keep_newest", "conflict"),
        ({"name": "new", "scheme": "github"}, "/webhooks/0/secrets", "required"),
        (NONE, "/webhooks/0/keep_newest", "conflict"),
    ],
    ids=["two new ones", "the one in force", "of another scheme", "of a new webhook", "without any", "unsigned"],
)
def test_a_secret_that_can_not_be_kept_is_refused(api, endpoint, hook, pointer, code):
    made = api.environment(endpoint, webhooks=[GITHUB])
    answer = change(api, made, {**hook, "keep_newest": True})
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [(pointer, code)]
    assert keys_of(api, made, "github") == [b"github-secret-1"]


def test_what_changes_no_secret_keeps_none_anew(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    first = pointer(api, made)["hook_secrets"]
    change(api, made, NONE, {"name": "github", "scheme": "github"})
    assert pointer(api, made)["hook_secrets"] == first
    assert [row["name"] for row in pointer(api, made)["webhooks"]] == ["open", "github"]
    assert list(api.secrets.secrets) == [first]
    assert api.table.query(BEGUN_SECRETS) == []


def test_replaced_secrets_can_be_read_for_a_while_and_go_with_a_sweep(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    first = pointer(api, made)
    change(api, made, {**GITHUB, "secrets": ["github-secret-2"]})
    assert sweep_secrets(api.table, api.secrets, api.clock) == 0
    assert HookSecrets(api.secrets, lambda: 0.0).secrets_of(first, "github") == [b"github-secret-1"]
    assert sweep_secrets(api.table, api.secrets, later(api, BEGUN_SECRET_SECONDS)) == 1
    assert list(api.secrets.secrets) == [pointer(api, made)["hook_secrets"]]
    change(api, made)
    assert pointer(api, made)["hook_secrets"] is None
    assert sweep_secrets(api.table, api.secrets, later(api, BEGUN_SECRET_SECONDS)) == 1
    assert api.secrets.secrets == {}


def test_secrets_of_a_removed_webhook_are_in_no_secret_any_more(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB, STANDARD])
    change(api, made, {"name": "github", "scheme": "github"})
    sweep_secrets(api.table, api.secrets, later(api, BEGUN_SECRET_SECONDS))
    (text,) = api.secrets.secrets.values()
    assert STANDARD_KEY.hex() not in text
    again = change(api, made, {"name": "github", "scheme": "github"}, {"name": "svix", "scheme": "standard"})
    assert again.pointers == ["/webhooks/1/secrets"]


@pytest.mark.parametrize("delete", ["environment", "endpoint"])
def test_secrets_go_with_their_environment(api, endpoint, delete):
    made = api.environment(endpoint, webhooks=[GITHUB])
    targets = {
        "environment": f"/v1/environments/{made['id']}?confirm=Live",
        "endpoint": f"/v1/endpoints/{endpoint['id']}?confirm={endpoint['name']}",
    }
    assert api.call("DELETE", targets[delete]).status == 204
    assert len(api.secrets.secrets) == 1
    Stores(api.table, api.connectors, api.secrets, later(api, LEAVING_SECRETS_SECONDS)).remove(made["id"])
    assert api.secrets.secrets == {}


def test_secrets_of_webhooks_and_credentials_change_together(api, endpoint):
    with_key = {**BIGQUERY, "credentials": CREDENTIALS}
    made = api.environment(endpoint, destination=with_key, webhooks=[GITHUB])
    assert len(api.secrets.secrets) == 2
    body = {"destination": with_key, "webhooks": [{**GITHUB, "secrets": ["github-secret-2"]}]}
    assert api.call("PATCH", f"/v1/environments/{made['id']}", body).status == 200
    assert len(api.secrets.secrets) == 4
    assert api.call("GET", "/v1/organisation").json["limits"]["secrets"]["used"] == 2


@pytest.mark.parametrize(
    ("webhooks", "pointer", "code"),
    [
        ([{"name": "github", "scheme": "github"}], "/webhooks/0/secrets", "required"),
        ([{**GITHUB, "secrets": []}], "/webhooks/0/secrets", "min_items"),
        ([{**GITHUB, "secrets": [f"github-secret-{n}" for n in range(3)]}], "/webhooks/0/secrets", "max_items"),
        ([{**GITHUB, "secrets": ["same-secret", "same-secret"]}], "/webhooks/0/secrets", "duplicate"),
        ([{**GITHUB, "secrets": ["short"]}], "/webhooks/0/secrets/0", "min_length"),
        ([{**GITHUB, "secrets": ["s" * 201]}], "/webhooks/0/secrets/0", "max_length"),
        ([{**GITHUB, "secrets": ["a-secret-with-end\n"]}], "/webhooks/0/secrets/0", "pattern"),
        ([{**GITHUB, "secrets": [" spaced-secret"]}], "/webhooks/0/secrets/0", "pattern"),
        ([{**GITHUB, "secrets": "github-secret"}], "/webhooks/0/secrets", "type"),
        ([{**NONE, "secrets": ["github-secret"]}], "/webhooks/0/secrets", "conflict"),
        ([NONE, {**GITHUB, "name": "open"}], "/webhooks/1/name", "duplicate"),
        ([{**NONE, "name": "a/b"}], "/webhooks/0/name", "pattern"),
        ([{**NONE, "name": ".."}], "/webhooks/0/name", "pattern"),
        ([{**NONE, "name": "A"}], "/webhooks/0/name", "pattern"),
        ([{**NONE, "name": "a" * 65}], "/webhooks/0/name", "pattern"),
        ([{**NONE, "scheme": "md5"}], "/webhooks/0/scheme", "one_of"),
        ([{**STANDARD, "secrets": ["whsec_not base64!"]}], "/webhooks/0/secrets/0", "webhook_secret"),
        ([{**STANDARD, "secrets": ["whsec_c2hvcnQ="]}], "/webhooks/0/secrets/0", "webhook_secret"),
        ([{**NONE, "name": f"hook-{n}"} for n in range(21)], "/webhooks", "max_items"),
    ],
)
def test_faulty_webhooks_are_refused_at_their_place_and_nothing_is_kept(api, endpoint, webhooks, pointer, code):
    made = api.environment(endpoint)
    changed = change(api, made, *webhooks)
    body = {
        "name": "Other",
        "revision_id": made["revision_id"],
        "destination": made["destination"],
        "webhooks": webhooks,
    }
    created = api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body)
    for answer in (changed, created):
        assert (answer.status, answer.pointers, answer.json["errors"][0]["code"]) == (422, [pointer], code)
    assert api.secrets.secrets == {}


def test_twenty_webhooks_with_two_long_secrets_each_are_taken(api, endpoint):
    hooks = [{"name": f"hook-{n:059}", "scheme": "hmac", "secrets": [c * 200 for c in "ab"]} for n in range(20)]
    made = api.environment(endpoint, webhooks=hooks)
    assert len(made["webhooks"]) == 20
    (text,) = api.secrets.secrets.values()
    assert len(text) < 65_536  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html


def test_another_scheme_needs_its_secrets_again(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    assert change(api, made, {"name": "github", "scheme": "hmac"}).pointers == ["/webhooks/0/secrets"]
    assert change(api, made, {"name": "github", "scheme": "none"}).json["webhooks"][0]["secrets_set"] == 0
    assert pointer(api, made)["hook_secrets"] is None


def test_secrets_that_were_removed_by_hand_are_asked_for_again(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB])
    api.secrets.secrets.clear()
    assert change(api, made, {"name": "github", "scheme": "github"}).pointers == ["/webhooks/0/secrets"]
    assert change(api, made, GITHUB).status == 200
    assert keys_of(api, made, "github") == [b"github-secret-1"]


def test_of_two_changes_of_secrets_at_once_none_undoes_the_other(api, endpoint):
    made = api.environment(endpoint, webhooks=[GITHUB, STANDARD])
    put = api.secrets.put

    def put_late(name, secret):
        api.secrets.put = put
        other = {**GITHUB, "secrets": ["github-secret-2"]}
        assert change(api, made, other, {"name": "svix", "scheme": "standard"}).status == 200
        put(name, secret)

    api.secrets.put = put_late
    late = change(api, made, {"name": "github", "scheme": "github"})
    assert (late.status, late.code) == (409, "conflict")
    assert keys_of(api, made, "github") == [b"github-secret-2"]
    sweep_secrets(api.table, api.secrets, later(api, BEGUN_SECRET_SECONDS))
    assert list(api.secrets.secrets) == [pointer(api, made)["hook_secrets"]]


def test_secrets_are_bounded_for_an_organisation(api, endpoint):
    bounds = {"secrets": 1, "changes": 4}
    assert api.call("PATCH", f"/v1/organisations/{api.organisation_id}", {"bounds": bounds}).status == 200
    made = api.environment(endpoint, webhooks=[GITHUB])
    refused = api.call(
        "POST",
        f"/v1/endpoints/{endpoint['id']}/environments",
        {"name": "B", "revision_id": made["revision_id"], "destination": made["destination"], "webhooks": [GITHUB]},
    )
    assert (refused.code, refused.json["limit"]) == ("limit_reached", "secrets")
    answers = [change(api, made, {**GITHUB, "secrets": [f"github-secret-{n}"]}) for n in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 409, 409]
    assert answers[-1].json["limit"] == "changes"


def test_an_environment_of_an_earlier_version_has_no_webhooks(api, endpoint):
    made = api.environment(endpoint)
    item = api.table.get(environment_key(endpoint["id"], made["id"]))
    earlier = {name: value for name, value in item.data.items() if name not in {"webhooks", "hook_secrets"}}
    api.table.transact([Put(item.key, earlier, item.version)])
    assert api.call("GET", f"/v1/environments/{made['id']}").json["webhooks"] == []
    assert change(api, made, GITHUB).json["webhooks"][0]["secrets_set"] == 1
    assert keys_of(api, made, "github") == [b"github-secret-1"]


def test_secrets_that_can_not_be_kept_change_nothing(api, endpoint):
    made = api.environment(endpoint)

    def fails(*_):
        raise Undelivered("It can't be reached.")

    api.secrets.put = fails
    assert change(api, made, GITHUB).status == 503
    assert api.call("GET", f"/v1/environments/{made['id']}").json == made
