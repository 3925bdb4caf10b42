"""Destinations over `/v1`: how they are written, tried, kept and shown."""

import copy

import pytest

from domain.delivery.connectors import ColumnApart
from domain.records.caller import Role
from domain.records.keys import environment_key
from domain.records.ports import Put
from tests.destinations import AUDIENCE, BIGQUERY, BUCKET, CREDENTIALS, PRIVATE_KEY, WORKLOAD_IDENTITY
from tests.management_api import MANAGED_S3, PRICE

WITH_KEY = {**BIGQUERY, "credentials": CREDENTIALS}
SHOWN_BIGQUERY = {
    **BIGQUERY,
    "mode": "load",
    "partitioning": "DAY",
    "require_partition_filter": False,
    "table": "shop_live",
    "identity": {"kind": "service_account", "client_email": CREDENTIALS["client_email"]},
}


def create(api, endpoint, destination, **headers):
    body = {"name": "Live", "revision_id": api.finalised(endpoint)["id"], "destination": destination}
    return api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body, **headers)


def change(api, environment, destination):
    return api.call("PATCH", f"/v1/environments/{environment['id']}", {"destination": destination})


def item(api, environment):
    return api.table.get(environment_key(environment["endpoint_id"], environment["id"])).data


def everything_kept(api):
    """Return all that stands anywhere but in the secret store, as text."""
    return repr(api.table._items) + repr(api.queue.messages)


def test_a_bucket_is_shown_with_the_external_id_that_its_role_asks_for(api, endpoint):
    made = create(api, endpoint, BUCKET).json
    assert made["destination"] == {**BUCKET, "external_id": api.organisation_id}
    (target,) = api.connectors.s3.checked
    assert (target.organisation_id, target.destination) == (api.organisation_id, BUCKET)


def test_a_prefix_may_be_left_out(api, endpoint):
    without = {name: value for name, value in BUCKET.items() if name != "prefix"}
    assert create(api, endpoint, without).json["destination"]["prefix"] == ""


def test_bigquery_is_shown_with_what_it_defaults_to_and_whose_the_credentials_are(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    assert made["destination"] == SHOWN_BIGQUERY
    assert api.call("GET", f"/v1/environments/{made['id']}").json["destination"] == SHOWN_BIGQUERY


def test_credentials_stand_in_the_secret_store_and_nowhere_else(api, endpoint):
    answer = create(api, endpoint, WITH_KEY, idempotency_key="once")
    again = create(api, endpoint, WITH_KEY, idempotency_key="twice")
    assert (answer.status, again.status) == (201, 409)
    (secret,) = api.secrets.secrets.values()
    assert "the-secret-of-the-service-account" in secret
    kept = everything_kept(api) + answer.text + again.text
    assert CREDENTIALS["client_email"] in kept
    assert "the-secret-of-the-service-account" not in kept
    assert "auth_uri" not in secret  # what is not needed of a key is not kept


def test_a_repeated_creation_is_answered_the_same_and_not_tried_again(api, endpoint):
    revision = api.finalised(endpoint)["id"]
    body = {"name": "Live", "revision_id": revision, "destination": WITH_KEY}
    path = f"/v1/endpoints/{endpoint['id']}/environments"
    first, second = (api.call("POST", path, body, idempotency_key="once") for _ in range(2))
    assert first.json == second.json
    assert len(api.connectors.bigquery.checked) == len(api.secrets.secrets) == 1


def test_a_workload_identity_needs_no_secret_and_is_shown_by_its_provider(api, endpoint):
    made = create(api, endpoint, {**BIGQUERY, "workload_identity": WORKLOAD_IDENTITY}).json
    assert made["destination"]["identity"] == {
        "kind": "workload_identity",
        "audience": AUDIENCE,
        "service_account": "ingest@my-project.iam.gserviceaccount.com",
    }
    assert api.secrets.secrets == {}


@pytest.mark.parametrize(
    ("destination", "pointer", "code"),
    [
        (None, "/destination", "destination"),
        ({}, "/destination", "destination"),
        ("s3", "/destination", "destination"),
        ({"type": "kafka"}, "/destination", "destination"),
        ({"type": "s3", "managed": False}, "/destination/managed", "destination"),
        ({"type": "s3", "managed": 1}, "/destination/managed", "type"),
        ({**MANAGED_S3, "bucket": "mine"}, "/destination/bucket", "unknown_field"),
        ({**BUCKET, "bucket": "My_Bucket"}, "/destination/bucket", "pattern"),
        ({**BUCKET, "prefix": "/raw/"}, "/destination/prefix", "pattern"),
        ({**BUCKET, "prefix": "raw"}, "/destination/prefix", "pattern"),
        ({**BUCKET, "prefix": "!{timestamp:yyyy}/"}, "/destination/prefix", "pattern"),
        ({**BUCKET, "region": "Frankfurt"}, "/destination/region", "pattern"),
        ({**BUCKET, "role_arn": "arn:aws:iam::1:user/me"}, "/destination/role_arn", "pattern"),
        ({**BUCKET, "access_key": "AKIA"}, "/destination/access_key", "unknown_field"),
        (BIGQUERY, "/destination/credentials", "required"),
        ({**WITH_KEY, "workload_identity": WORKLOAD_IDENTITY}, "/destination", "conflict"),
        ({**WITH_KEY, "dataset": "my-events"}, "/destination/dataset", "pattern"),
        ({**WITH_KEY, "project": "x"}, "/destination/project", "pattern"),
        ({**WITH_KEY, "table": "1st"}, "/destination/table", "pattern"),
        ({**WITH_KEY, "mode": "fast"}, "/destination/mode", "one_of"),
        ({**WITH_KEY, "partitioning": "MONTH"}, "/destination/partitioning", "one_of"),
        ({**WITH_KEY, "require_partition_filter": "yes"}, "/destination/require_partition_filter", "type"),
        ({**WITH_KEY, "credentials": "{}"}, "/destination/credentials", "type"),
        ({**WITH_KEY, "credentials": {**CREDENTIALS, "type": "user"}}, "/destination/credentials/type", "one_of"),
    ],
)
def test_a_destination_that_can_not_be_is_refused_at_the_field_that_is_wrong(api, endpoint, destination, pointer, code):
    answer = create(api, endpoint, destination)
    assert (answer.status, answer.code, answer.pointers) == (422, "invalid_request", [pointer])
    assert answer.json["errors"][0]["code"] == code
    assert PRIVATE_KEY not in answer.text
    assert api.secrets.secrets == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token_uri", "https://example.com/token"),
        ("universe_domain", "example.com"),
    ],
)
def test_a_key_can_not_send_our_functions_to_another_address(api, endpoint, field, value):
    answer = create(api, endpoint, {**WITH_KEY, "credentials": {**CREDENTIALS, field: value}})
    assert (answer.status, answer.pointers) == (422, [f"/destination/credentials/{field}"])


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("credential_source", {"file": "/proc/self/environ"}, "/credential_source/environment_id"),
        ("credential_source", {"executable": {"command": "id"}}, "/credential_source/environment_id"),
        ("credential_source", {"url": "http://169.254.169.254/"}, "/credential_source/environment_id"),
        ("token_url", "https://example.com/token", "/token_url"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt", "/subject_token_type"),
        ("audience", "//example.com/pool", "/audience"),
        ("service_account_impersonation_url", "https://example.com/", "/service_account_impersonation_url"),
    ],
)
def test_a_workload_identity_can_not_read_our_machines_or_call_others(api, endpoint, field, value, pointer):
    identity = {**copy.deepcopy(WORKLOAD_IDENTITY), field: value}
    answer = create(api, endpoint, {**BIGQUERY, "workload_identity": identity})
    assert (answer.status, answer.pointers) == (422, [f"/destination/workload_identity{pointer}"])


def test_a_destination_that_refuses_is_not_saved_and_says_why_in_its_own_words(api, endpoint):
    api.connectors.bigquery.reason = "The data set my-project.events is in US, not in EU."
    answer = create(api, endpoint, WITH_KEY)
    assert (answer.status, answer.code) == (422, "destination_refused")
    assert answer.json["errors"] == [
        {"pointer": "/destination", "code": "destination_check", "message": api.connectors.bigquery.reason}
    ]
    assert api.secrets.secrets == {}
    assert api.call("GET", f"/v1/endpoints/{endpoint['id']}/environments").json["items"] == []


def test_a_deployment_without_a_connector_says_so(api, endpoint):
    api.connectors.bigquery = None
    answer = create(api, endpoint, WITH_KEY)
    assert (answer.status, answer.pointers) == (422, ["/destination/type"])


def test_the_type_never_changes(api, endpoint):
    made = create(api, endpoint, MANAGED_S3).json
    answer = change(api, made, WITH_KEY)
    assert (answer.status, answer.pointers) == (422, ["/destination/type"])


def test_settings_change_and_what_is_left_out_stays_credentials_too(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    secret = item(api, made)["secret"]
    api.queue.messages.clear()
    changed = change(api, made, {**BIGQUERY, "mode": "stream"})
    assert changed.status == 200, changed.text
    assert changed.json["destination"] == {**SHOWN_BIGQUERY, "mode": "stream"}
    assert item(api, made)["secret"] == secret
    assert api.connectors.bigquery.checked[-1].secret == api.secrets.get(secret)
    assert api.queue.messages == [{"action": "provision", "environment_id": made["id"]}]


@pytest.mark.parametrize(
    ("before", "fields"),
    [
        (BUCKET, {"prefix": "b/"}),
        (BUCKET, {"prefix": ""}),
        (BUCKET, {"bucket": "other-events", "region": "us-east-1"}),
        (BUCKET, {}),
        (WITH_KEY, {"mode": "stream"}),
        (WITH_KEY, {"dataset": "other", "partitioning": "HOUR"}),
    ],
)
def test_a_change_writes_only_what_it_names_and_the_rest_stays(api, endpoint, before, fields):
    made = create(api, endpoint, before).json
    changed = change(api, made, {"type": before["type"], **fields})
    assert (changed.status, changed.json["destination"]) == (200, {**made["destination"], **fields})


def test_a_bucket_of_ones_own_in_place_of_the_deployments_is_given_whole(api, endpoint):
    made = create(api, endpoint, MANAGED_S3).json
    answer = change(api, made, {"type": "s3", "prefix": "b/"})
    assert (answer.status, answer.pointers) == (
        422,
        [f"/destination/{name}" for name in ("bucket", "region", "role_arn")],
    )
    whole = {name: value for name, value in BUCKET.items() if name != "prefix"}
    assert change(api, made, whole).json["destination"]["prefix"] == ""


@pytest.mark.parametrize("fields", [{}, {"prefix": "b/"}, {"type": "kafka"}, {"type": "s3", "prefix": None}])
def test_a_change_names_the_type_and_nothing_is_null(api, endpoint, fields):
    made = create(api, endpoint, BUCKET).json
    assert change(api, made, fields).status == 422


@pytest.mark.parametrize(
    "bucket",
    [
        "a..b",
        "a.-b",
        "a-.b",
        "192.168.0.1",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-abc",
        "b-s3alias",
        "b--ol-s3",
        "b.mrap",
        "b--x-s3",
        "b--table-s3",
        "ab",
        "a" * 64,
        "-ab",
        "ab.",
        "Abc",
        "a_b",
    ],
)
def test_a_bucket_has_a_name_that_s3_takes(api, endpoint, bucket):
    assert create(api, endpoint, {**BUCKET, "bucket": bucket}).pointers == ["/destination/bucket"]
    made = create(api, endpoint, BUCKET).json
    assert change(api, made, {"type": "s3", "bucket": bucket}).pointers == ["/destination/bucket"]


@pytest.mark.parametrize("prefix", ["./", "../", "a/../b/", "a/./", "a//", "/"])
def test_a_prefix_has_no_part_that_leads_elsewhere(api, endpoint, prefix):
    assert create(api, endpoint, {**BUCKET, "prefix": prefix}).pointers == ["/destination/prefix"]


@pytest.mark.parametrize("prefix", ["", "a/", ".a/b../", "...", "dt=2026/"])
def test_a_prefix_may_hold_dots(api, endpoint, prefix):
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    assert create(api, endpoint, {**BUCKET, "prefix": prefix}).status == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "eu" + "-west" * 9 + "-1"),
        ("region", "eu-" + "x" * 60 + "-1"),
        ("role_arn", "arn:aws:iam::123456789012:role/"),
        ("role_arn", "arn:aws:iam::123456789012:role/a/"),
        ("role_arn", "arn:aws:iam::123456789012:role//a"),
        ("role_arn", "arn:aws:iam::123456789012:role/" + "a" * 65),
    ],
)
def test_a_region_and_a_role_have_the_form_that_aws_gives_them(api, endpoint, field, value):
    assert create(api, endpoint, {**BUCKET, field: value}).pointers == [f"/destination/{field}"]


@pytest.mark.parametrize("project", ["..:my-project", "-a.com:my-project", "a..b:my-project", "my-project-", "a" * 31])
def test_a_project_has_an_id_that_google_gives(api, endpoint, project):
    assert create(api, endpoint, {**WITH_KEY, "project": project}).pointers == ["/destination/project"]


def test_new_credentials_are_tried_before_they_replace_the_old_ones_which_have_to_go(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    old = item(api, made)["secret"]
    fresh = {**CREDENTIALS, "client_email": "other@my-project.iam.gserviceaccount.com", "private_key": "fresh"}
    api.connectors.bigquery.reason = "The key was revoked."
    assert change(api, made, {**BIGQUERY, "credentials": fresh}).code == "destination_refused"
    assert list(api.secrets.secrets) == [old]
    api.connectors.bigquery.reason = None
    changed = change(api, made, {**BIGQUERY, "credentials": fresh}).json
    assert changed["destination"]["identity"]["client_email"] == fresh["client_email"]
    data = item(api, made)
    assert data["stale_secrets"] == [old]
    assert '"fresh"' in api.secrets.get(data["secret"])


def test_credentials_of_a_change_that_fails_are_forgotten(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json

    def change_faster():
        stored = api.table.get(environment_key(made["endpoint_id"], made["id"]))
        api.table.transact([Put(stored.key, {**stored.data, "version": 2}, stored.version)])

    api.table.before_transact = change_faster
    answer = api.call(
        "PATCH",
        f"/v1/environments/{made['id']}",
        {"destination": {**BIGQUERY, "credentials": CREDENTIALS}},
        if_match='"1"',
    )
    assert answer.status == 412
    assert list(api.secrets.secrets) == [item(api, made)["secret"]]


def test_the_deployments_own_bucket_may_be_changed_for_ones_own(api, endpoint):
    made = create(api, endpoint, MANAGED_S3).json
    changed = change(api, made, BUCKET).json
    assert changed["destination"] == {**BUCKET, "external_id": api.organisation_id}
    assert change(api, made, MANAGED_S3).json["destination"] == MANAGED_S3


def test_the_audit_log_tells_of_the_destination_without_its_credentials(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    change(api, made, {**BIGQUERY, "mode": "stream", "credentials": CREDENTIALS})
    created, changed = api.audit()[-2:]
    assert created["after"]["destination"] == SHOWN_BIGQUERY
    assert changed["after"]["destination"]["mode"] == "stream"


def test_a_destination_can_be_tried_again_by_who_may_change_it(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    path = f"/v1/environments/{made['id']}/destination/check"
    assert api.call("POST", path).json == {
        "ok": True,
        "reason": None,
        "checks": [
            {"name": "connect", "reason": None, "state": "passed"},
            {"name": "write", "reason": None, "state": "passed"},
        ],
    }
    api.connectors.bigquery.reason = "The quota is used up."
    failed = api.call("POST", path).json
    assert (failed["ok"], failed["reason"]) == (False, "The quota is used up.")
    assert failed["checks"][-1] == {"name": "write", "reason": "The quota is used up.", "state": "failed"}
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert api.call("POST", path, token="iet_viewer").status == 403


def test_a_revision_gets_its_table_when_it_is_deployed_and_keeps_that_name(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    first = item(api, made)["tables"][0]
    assert first == {"revision_id": made["revision_id"], "table": f"shop_live_revision_2_{made['revision_id'][-8:]}"}
    draft = api.draft(endpoint, PRICE, name="Summer Sale! 2026")
    second = api.call("POST", f"/v1/revisions/{draft['id']}/finalise").json
    deploy = f"/v1/environments/{made['id']}/deployments"
    assert api.call("POST", deploy, {"revision_id": second["id"]}).status == 201
    name = f"shop_live_summer_sale_2026_{second['id'][-8:]}"
    assert api.connectors.bigquery.tables == [name]
    api.call("PATCH", f"/v1/revisions/{second['id']}", {"name": "Autumn"})
    for revision in (first, second):
        api.call("POST", deploy, {"revision_id": revision.get("revision_id", revision.get("id"))})
    assert item(api, made)["tables"] == [first, {"revision_id": second["id"], "table": name}]


def test_a_deployment_says_which_revisions_the_view_has_no_room_for(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    deploy = f"/v1/environments/{made['id']}/deployments"
    ids = [made["revision_id"], *(api.finalised(endpoint, name=name)["id"] for name in ("Second", "Third"))]
    assert api.call("POST", deploy, {"revision_id": ids[1]}).json["left_out_of_view"] == []
    api.connectors.bigquery.view_holds = 2
    assert api.call("POST", deploy, {"revision_id": ids[2]}).json["left_out_of_view"] == [ids[0]]
    assert api.call("POST", deploy, {"revision_id": ids[0]}).json["left_out_of_view"] == [ids[1]]
    assert [item["left_out_of_view"] for item in api.call("GET", deploy).json["items"]] == [[ids[1]], [ids[0]], [], []]


def test_a_deployment_says_which_fields_have_a_column_apart(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    deploy = f"/v1/environments/{made['id']}/deployments"
    api.connectors.bigquery.apart = [ColumnApart("address.city", "address.city__int")]
    answer = api.call("POST", deploy, {"revision_id": api.finalised(endpoint, name="Second")["id"]}).json
    assert answer["columns_apart"] == [{"field": "address.city", "column": "address.city__int"}]
    assert [item["columns_apart"] for item in api.call("GET", deploy).json["items"]] == [answer["columns_apart"], []]


def test_a_deploy_that_can_not_make_its_table_fails_there(api, endpoint):
    made = create(api, endpoint, WITH_KEY).json
    second = api.finalised(endpoint, name="Second")
    api.connectors.bigquery.reason = "The data set was removed."
    answer = api.call("POST", f"/v1/environments/{made['id']}/deployments", {"revision_id": second["id"]})
    assert (answer.status, answer.code, answer.pointers) == (422, "destination_refused", ["/revision_id"])
    assert api.call("GET", f"/v1/environments/{made['id']}").json["revision_id"] == made["revision_id"]


def test_a_deployment_says_which_revisions_the_view_of_a_kind_has_no_room_for(api, endpoint):
    page = {"key": "page", "type": "OBJECT", "presence": "optional", "when": {"/type": ["page"]}, "fields": [PRICE]}
    made = create(api, endpoint, WITH_KEY).json
    deploy = f"/v1/environments/{made['id']}/deployments"
    ids = []
    for name in ("First", "Second"):
        draft = api.draft(endpoint, {"key": "type", "type": "STRING"}, page, name=name)
        ids.append(api.call("POST", f"/v1/revisions/{draft['id']}/finalise").json["id"])
    assert api.call("POST", deploy, {"revision_id": ids[0]}).json["left_out_by_kind"] == {}
    api.connectors.bigquery.view_holds = 1
    assert api.call("POST", deploy, {"revision_id": ids[1]}).json["left_out_by_kind"] == {"page": [ids[0]]}
    assert api.call("GET", deploy).json["items"][0]["left_out_by_kind"] == {"page": [ids[0]]}


def test_a_destination_is_tried_before_an_environment_has_it_and_kept_nowhere(api):
    answer = api.call("POST", "/v1/destinations/check", {"destination": WITH_KEY})
    assert answer.status == 200
    assert (answer.json["ok"], [step["state"] for step in answer.json["checks"]]) == (True, ["passed", "passed"])
    (target,) = api.connectors.bigquery.checked
    assert (target.organisation_id, target.environment_id) == (api.organisation_id, "")
    assert (target.destination["mode"], target.destination["partitioning"]) == ("load", "DAY")
    assert api.secrets.secrets == {}
    assert "the-secret-of-the-service-account" not in everything_kept(api) + answer.text
    (entry,) = [row for row in api.call("GET", "/v1/audit").json["items"] if row["action"] == "destination.try"]
    assert entry["subject"]["id"] == api.organisation_id


def test_what_fails_of_a_destination_that_is_tried_is_an_answer_and_no_fault_of_the_request(api):
    api.connectors.s3.reason = "The bucket is not there."
    answer = api.call("POST", "/v1/destinations/check", {"destination": BUCKET})
    assert (answer.status, answer.json["ok"], answer.json["reason"]) == (200, False, "The bucket is not there.")
    without = api.call("POST", "/v1/destinations/check", {"destination": BIGQUERY})
    assert (without.status, without.pointers) == (422, ["/destination/credentials"])


def test_a_viewer_tries_no_destination(api):
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert api.call("POST", "/v1/destinations/check", {"destination": BUCKET}, token="iet_viewer").status == 403
    assert api.connectors.s3.checked == []
