"""Environments and deployments over `/v1`, and what ingest is told of them."""

import pytest

from domain.records.keys import OUTBOX, environment_key
from domain.records.outbox import send_waiting
from domain.records.ports import Put
from schemas.items import pointer_key
from tests.management_api import MANAGED_S3


def environments_path(endpoint):
    return f"/v1/endpoints/{endpoint['id']}/environments"


def pointer(api, environment):
    return api.table.get(pointer_key(environment["id"])).data


def mark(api, environment, **fields):
    """Change an environment's item as the provisioner does."""
    item = api.table.get(environment_key(environment["endpoint_id"], environment["id"]))
    api.table.transact([Put(item.key, {**item.data, **fields}, item.version)])


def test_a_new_environment_is_being_provisioned_and_ingest_knows(api, endpoint):
    revision = api.finalised(endpoint)
    body = {"name": "Live", "revision_id": revision["id"], "destination": MANAGED_S3}
    answer = api.call("POST", environments_path(endpoint), body)
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"/v1/environments/{made['id']}"
    assert made == {
        **body,
        "id": made["id"],
        "endpoint_id": endpoint["id"],
        "deployed_at": made["created_at"],
        "on_invalid": "quarantine",
        "allowed_origins": [],
        "write_keys": [],
        "webhooks": [],
        "rate_limit": None,
        "streams": 1,
        "buffer_seconds": None,
        "store_addresses": False,
        "quarantine_protected": False,
        "taps": "on",
        "status": "provisioning",
        "status_reason": None,
        "custom_domain": None,
        "canary": None,
        "delivery_error": None,
        "address": f"https://in.example.com/e/{made['id']}",
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "version": 1,
    }
    written = pointer(api, made)
    assert written.pop("written_at") == api.clock.now_ns // 1_000_000_000
    assert written == {
        "environment_id": made["id"],
        "endpoint_id": endpoint["id"],
        "organisation_id": api.organisation_id,
        "revision_id": revision["id"],
        "state": "provisioning",
        "on_invalid": "quarantine",
        "allowed_origins": [],
        "write_keys": [],
        "webhooks": [],
        "hook_secrets": None,
        "streams": [],
        "plan_exhausted": False,
        "rate_limit": None,
        "store_addresses": False,
        "quarantine_protected": False,
    }
    assert api.queue.messages == [{"action": "provision", "environment_id": made["id"]}]
    assert api.call("GET", f"/v1/environments/{made['id']}").json == made
    assert api.call("GET", environments_path(endpoint)).json == {"items": [made], "next": None}


def test_ingest_knows_a_rate_limit_once_it_is_set_and_none_once_it_is_taken_away(api, endpoint):
    made = api.environment(endpoint, rate_limit=7)
    assert pointer(api, made)["rate_limit"] == 7
    for rate_limit in (9, None):
        api.call("PATCH", f"/v1/environments/{made['id']}", {"rate_limit": rate_limit})
        assert pointer(api, made)["rate_limit"] == rate_limit


def test_write_keys_reach_ingest_are_shown_and_can_be_replaced_and_taken_away(api, endpoint):
    made = api.environment(endpoint, write_keys=["shop-web-1", "~" * 128])
    assert pointer(api, made)["write_keys"] == made["write_keys"] == ["shop-web-1", "~" * 128]
    for write_keys in (["shop-web-2"], [f"key-{number}" for number in range(10)], []):
        changed = api.call("PATCH", f"/v1/environments/{made['id']}", {"write_keys": write_keys})
        assert changed.json["write_keys"] == pointer(api, made)["write_keys"] == write_keys
    api.call("PATCH", f"/v1/environments/{made['id']}", {"rate_limit": 7})
    changes = [entry for entry in api.audit() if entry["action"] == "environment.change"]
    assert [(entry["before"], entry["after"]) for entry in changes[1:]] == [
        ({"write_keys": ["shop-web-2"]}, {"write_keys": [f"key-{number}" for number in range(10)]}),
        ({"write_keys": [f"key-{number}" for number in range(10)]}, {"write_keys": []}),
        ({"rate_limit": None}, {"rate_limit": 7}),
    ]


def test_an_environment_of_an_earlier_version_needs_no_write_key(api, endpoint):
    made = api.environment(endpoint)
    item = api.table.get(environment_key(endpoint["id"], made["id"]))
    earlier = {name: value for name, value in item.data.items() if name != "write_keys"}
    api.table.transact([Put(item.key, earlier, item.version)])
    assert api.call("GET", f"/v1/environments/{made['id']}").json["write_keys"] == []
    api.call("PATCH", f"/v1/environments/{made['id']}", {"rate_limit": 7})
    assert pointer(api, made)["write_keys"] == []


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("name", " ", "/name"),
        ("name", None, "/name"),
        ("on_invalid", "drop", "/on_invalid"),
        ("allowed_origins", ["https://shop.example.com/"], "/allowed_origins/0"),
        ("allowed_origins", ["https://a.example", "https://b.example:443"], "/allowed_origins/1"),
        ("allowed_origins", ["*"], "/allowed_origins/0"),
        ("allowed_origins", ["https://Shop.example.com"], "/allowed_origins/0"),
        ("allowed_origins", ["https://a.example", "https://a.example"], "/allowed_origins"),
        ("allowed_origins", [f"https://{n}.example" for n in range(51)], "/allowed_origins"),
        ("allowed_origins", "https://a.example", "/allowed_origins"),
        ("write_keys", [""], "/write_keys/0"),
        ("write_keys", ["shop", "a b"], "/write_keys/1"),
        ("write_keys", ["key:secret"], "/write_keys/0"),
        ("write_keys", ["clé"], "/write_keys/0"),
        ("write_keys", ["key\n"], "/write_keys/0"),
        ("write_keys", ["k" * 129], "/write_keys/0"),
        ("write_keys", ["shop", "shop"], "/write_keys"),
        ("write_keys", [f"key-{n}" for n in range(11)], "/write_keys"),
        ("write_keys", None, "/write_keys"),
        ("write_keys", [7], "/write_keys/0"),
        ("streams", 0, "/streams"),
        ("streams", 51, "/streams"),
        ("streams", 1.5, "/streams"),
        ("streams", True, "/streams"),
        ("rate_limit", 0, "/rate_limit"),
        ("buffer_seconds", -1, "/buffer_seconds"),
        ("buffer_seconds", 901, "/buffer_seconds"),
        ("buffer_seconds", 1.5, "/buffer_seconds"),
        ("store_addresses", "yes", "/store_addresses"),
        ("status", "active", "/status"),
    ],
)
def test_faulty_settings_are_refused_at_the_field(api, endpoint, field, value, pointer):
    environment = api.environment(endpoint)
    body = {"name": "Test", "revision_id": environment["revision_id"], "destination": MANAGED_S3, field: value}
    created = api.call("POST", environments_path(endpoint), body)
    assert (created.status, created.pointers) == (422, [pointer])
    changed = api.call("PATCH", f"/v1/environments/{environment['id']}", {field: value})
    assert (changed.status, changed.pointers) == (422, [pointer])
    assert api.call("GET", f"/v1/environments/{environment['id']}").json == environment


def test_only_a_finalised_revision_of_the_endpoint_is_deployed(api, endpoint):
    environment = api.environment(endpoint)
    draft, foreign = api.draft(endpoint), api.finalised(api.endpoint("Other"))
    for target, body in (
        (environments_path(endpoint), {"name": "Test", "destination": MANAGED_S3}),
        (f"/v1/environments/{environment['id']}/deployments", {}),
    ):
        refused = api.call("POST", target, {**body, "revision_id": draft["id"]})
        assert (refused.status, refused.code) == (409, "revision_not_finalised")
        for revision_id in (foreign["id"], "rev_unknown", environment["id"]):
            unknown = api.call("POST", target, {**body, "revision_id": revision_id})
            assert (unknown.status, unknown.pointers) == (422, ["/revision_id"])
    assert len(api.call("GET", environments_path(endpoint)).json["items"]) == 1


def test_names_are_unique_within_an_endpoint_whatever_their_case(api, endpoint):
    environment = api.environment(endpoint, "Live")
    body = {"name": "LIVE", "revision_id": environment["revision_id"], "destination": MANAGED_S3}
    assert api.call("POST", environments_path(endpoint), body).code == "name_taken"
    other = api.environment(endpoint, "Test", revision_id=environment["revision_id"])
    assert api.call("PATCH", f"/v1/environments/{other['id']}", {"name": "live"}).code == "name_taken"
    assert api.call("PATCH", f"/v1/environments/{other['id']}", {"name": "TEST"}).status == 200
    assert api.call("PATCH", f"/v1/environments/{environment['id']}", {"name": "Old"}).status == 200
    assert api.call("PATCH", f"/v1/environments/{other['id']}", {"name": "live"}).status == 200
    assert api.environment(api.endpoint("Other"), "live")["name"] == "live"


def test_changed_settings_reach_ingest(api, endpoint):
    environment = api.environment(endpoint)
    changes = {
        "name": "Shop",
        "destination": MANAGED_S3,
        "on_invalid": "reject",
        "allowed_origins": ["https://shop.example.com", "http://localhost:3000"],
        "rate_limit": 100,
        "store_addresses": True,
        "quarantine_protected": True,
    }
    answer = api.call("PATCH", f"/v1/environments/{environment['id']}", changes, if_match='"1"')
    assert (answer.status, answer.json["version"]) == (200, 2)
    assert {name: answer.json[name] for name in changes} == changes
    told = pointer(api, environment)
    assert (told["on_invalid"], told["store_addresses"], told["quarantine_protected"]) == ("reject", True, True)
    assert told["allowed_origins"] == changes["allowed_origins"]
    assert len(api.queue.messages) == 1
    assert api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": None}).json["rate_limit"] is None
    stale = api.call("PATCH", f"/v1/environments/{environment['id']}", {"name": "Late"}, if_match='"1"')
    assert stale.code == "version_conflict"
    entry = api.audit()[-2]
    assert entry["action"] == "environment.change"
    assert entry["before"].keys() == entry["after"].keys() == changes.keys() - {"destination"}


def test_fewer_streams_are_used_at_once_and_more_once_they_are_there(api, endpoint):
    environment = api.environment(endpoint, streams=3)
    names = [f"ingest-{environment['id']}-{number}" for number in (1, 2, 3)]
    mark(api, environment, status="active", active_streams=names)
    fewer = api.call("PATCH", f"/v1/environments/{environment['id']}", {"streams": 2}).json
    assert (fewer["streams"], fewer["status"]) == (2, "active")
    assert pointer(api, environment)["streams"] == names[:2]
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"streams": 5})
    assert pointer(api, environment)["streams"] == names[:2]
    assert [message["action"] for message in api.queue.messages] == ["provision"] * 3


def test_any_change_of_a_failed_environment_provisions_it_again(api, endpoint):
    environment = api.environment(endpoint)
    mark(api, environment, status="failed", status_reason="No streams left.")
    answer = api.call("PATCH", f"/v1/environments/{environment['id']}", {})
    assert (answer.json["status"], answer.json["status_reason"]) == ("provisioning", None)
    assert pointer(api, environment)["state"] == "provisioning"
    assert len(api.queue.messages) == 2


def test_a_deployment_moves_the_pointer_and_is_remembered(api, endpoint):
    environment = api.environment(endpoint)
    first, second = environment["revision_id"], api.finalised(endpoint)["id"]
    path = f"/v1/environments/{environment['id']}/deployments"
    answer = api.call("POST", path, {"revision_id": second, "note": "More fields"})
    assert answer.status == 201
    assert (answer.json["revision_id"], answer.json["replaced"], answer.json["note"]) == (second, first, "More fields")
    assert answer.json["who"]["name"] == "owner@localhost"
    assert answer.json["when"] == answer.json["created_at"]
    assert pointer(api, environment)["revision_id"] == second
    shown = api.call("GET", f"/v1/environments/{environment['id']}").json
    assert (shown["revision_id"], shown["deployed_at"], shown["version"]) == (second, answer.json["when"], 2)
    api.call("POST", path, {"revision_id": first})
    listed = api.call("GET", path).json["items"]
    assert [(item["revision_id"], item["replaced"]) for item in listed] == [
        (first, second),
        (second, first),
        (first, None),
    ]
    page = api.call("GET", f"{path}?limit=2").json
    rest = api.call("GET", f"{path}?limit=2&cursor={page['next']}").json
    assert page["items"] + rest["items"] == listed


def test_a_deployment_on_a_stale_copy_changes_nothing(api, endpoint):
    environment = api.environment(endpoint)
    path = f"/v1/environments/{environment['id']}/deployments"
    body = {"revision_id": api.finalised(endpoint)["id"]}
    assert api.call("POST", path, body, if_match='"7"').code == "version_conflict"
    assert len(api.call("GET", path).json["items"]) == 1
    assert api.call("POST", path, body, if_match='"1"').status == 201


def test_a_deleted_environment_is_gone_at_once_and_its_name_free(api, endpoint):
    environment = api.environment(endpoint, streams=2)
    path = f"/v1/environments/{environment['id']}"
    assert api.call("DELETE", f"{path}?confirm=live").code == "confirmation_mismatch"
    assert api.call("DELETE", path).code == "confirmation_mismatch"
    assert api.call("DELETE", f"{path}?confirm=Live", if_match='"9"').code == "version_conflict"
    assert api.call("DELETE", f"{path}?confirm=Live").status == 204
    assert api.call("GET", path).status == 404
    assert api.call("DELETE", f"{path}?confirm=Live").status == 404
    told = pointer(api, environment)
    assert (told["state"], len(told["streams"])) == ("deleted", 2)
    assert api.queue.messages[-1] == {"action": "remove", "environment_id": environment["id"]}
    assert api.environment(endpoint, "Live", revision_id=environment["revision_id"])["id"] != environment["id"]


@pytest.mark.parametrize("trouble", ["refuses", "unreachable"])
def test_a_message_that_can_not_be_sent_waits_and_the_environment_is_made(api, endpoint, trouble):
    setattr(api.queue, trouble, True)
    environment = api.environment(endpoint)
    assert send_waiting(api.table, api.queue) == (0, 1)
    setattr(api.queue, trouble, False)
    assert send_waiting(api.table, api.queue) == (1, 0)
    assert api.queue.messages == [{"action": "provision", "environment_id": environment["id"]}]
    assert send_waiting(api.table, api.queue) == (0, 0)


def test_a_message_that_was_sent_does_not_wait(api, endpoint):
    api.environment(endpoint)
    assert api.table.query(OUTBOX) == []
