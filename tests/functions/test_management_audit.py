"""The audit log: newest first, found by subject, actor, action and time, a page at a time, without secrets."""

import pytest

from domain.errors import Undelivered
from domain.intake.trusted_front import TrustedFront
from domain.records.audit_entry import redacted
from domain.records.caller import Role
from schemas.limits import MAX_AUDIT_ENTRIES_READ


def read(api, query="", **sent):
    return api.call("GET", f"/v1/audit?{query}", **sent)


def walk(api, query):
    """Return the entries of all pages, and how many pages there were."""
    entries, pages, cursor = [], 0, ""
    while cursor is not None and pages < 100:
        page = read(api, f"{query}{cursor and '&cursor=' + cursor}").json
        entries += page["items"]
        pages, cursor = pages + 1, page["next"]
    return entries, pages


def test_an_entry_says_who_did_what_when_and_from_where(api):
    endpoint = api.endpoint("Shop")
    (entry,) = read(api).json["items"]
    assert entry["action"] == "endpoint.create"
    assert entry["subject"] == {"type": "endpoint", "id": endpoint["id"]}
    assert entry["actor"]["name"] == "owner@localhost"
    assert (entry["source_ip"], entry["at"]) == ("203.0.113.7", endpoint["created_at"])
    assert (entry["before"], entry["after"]["name"]) == (None, "Shop")


def test_entries_come_newest_first_and_a_page_at_a_time(api):
    names = [api.endpoint(f"Number {number}")["name"] for number in range(5)]
    entries, pages = walk(api, "limit=2")
    assert [entry["after"]["name"] for entry in entries] == names[::-1]
    assert pages == 3
    assert read(api, "limit=5").json["next"] is None
    assert read(api, "limit=4").json["next"]


def test_entries_are_found_by_subject_and_actor(api):
    api.add_member(Role.EDITOR, token="iet_editor")
    one = api.endpoint("One")
    two = api.call("POST", "/v1/endpoints", {"name": "Two"}, token="iet_editor").json
    api.call("PATCH", f"/v1/endpoints/{one['id']}", {"name": "First"}, token="iet_editor")

    def actions(query):
        return [(entry["action"], entry["subject"]["id"]) for entry in read(api, query).json["items"]]

    assert actions(f"subject={one['id']}") == [("endpoint.change", one["id"]), ("endpoint.create", one["id"])]
    both = [("endpoint.change", one["id"]), ("endpoint.create", two["id"])]
    assert actions("actor=mem_iet_editor") == actions("actor=tok_iet_editor") == both
    assert actions(f"actor=mem_iet_editor&subject={two['id']}") == [("endpoint.create", two["id"])]
    assert actions("actor=mem_nobody") == []


def test_entries_are_found_by_action_and_by_family_of_actions(api):
    endpoint = api.endpoint("Shop")
    api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Store"})
    environment = api.environment(endpoint)
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"rate_limit": 7})

    def actions(query):
        return [entry["action"] for entry in read(api, query).json["items"]]

    assert actions("action=environment.change") == ["environment.change"]
    assert actions("action=environment") == ["environment.change", "environment.create"]
    assert actions("action=endpoint") == ["endpoint.change", "endpoint.create"]
    assert actions(f"action=environment&subject={endpoint['id']}") == []
    for unknown in ("environment.", "environ", "change", "environment.changed", "nothing.such"):
        assert actions(f"action={unknown}") == []


def test_entries_of_environments_and_revisions_name_them_and_their_endpoint(api):
    endpoint = api.endpoint("Shop")
    environment = api.environment(endpoint, name="Production")
    api.call("PATCH", f"/v1/environments/{environment['id']}", {"name": "Live"})
    revision = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"clone_of": environment["revision_id"]})
    api.call("POST", f"/v1/revisions/{revision.json['id']}/finalise")
    api.call("PATCH", f"/v1/revisions/{revision.json['id']}", {"name": "With vouchers"})
    path = f"/v1/environments/{environment['id']}/deployments"
    assert api.call("POST", path, {"revision_id": revision.json["id"]}).status == 201
    api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live")
    entries = read(api).json["items"]
    assert [(entry["action"], entry["subject"].get("name")) for entry in entries[:6]] == [
        ("environment.delete", "Live"),
        ("environment.deploy", "Live"),
        ("revision.change", "With vouchers"),
        ("revision.finalise", revision.json["name"]),
        ("revision.create", revision.json["name"]),
        ("environment.change", "Live"),
    ]
    assert {entry["subject"]["endpoint_id"] for entry in entries[:6]} == {endpoint["id"]}
    assert entries[1]["after"]["revision_name"] == "With vouchers"


def test_from_is_inclusive_and_to_is_exclusive(api):
    times = []
    for number in range(3):
        times.append(api.endpoint(f"Number {number}")["created_at"])
        api.clock.now_ns += 3600 * 1_000_000_000

    def names(query):
        return [entry["after"]["name"] for entry in read(api, query).json["items"]]

    assert names(f"from={times[1]}") == ["Number 2", "Number 1"]
    assert names(f"to={times[1]}") == ["Number 0"]
    assert names(f"from={times[0]}&to={times[2]}") == ["Number 1", "Number 0"]
    assert names(f"from={times[2]}&to={times[0]}") == []
    assert names("from=1960-01-01T00:00:00Z&to=9999-12-31T23:59:59%2B00:00") == ["Number 2", "Number 1", "Number 0"]
    entries, pages = walk(api, f"limit=1&from={times[1]}&to={times[2]}")
    assert [entry["after"]["name"] for entry in entries] == ["Number 1"]
    assert pages <= 2


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("to=2026-11-23", "/to"),
        ("cursor=x", "/cursor"),
        ("cursor=VE9LRU4jdG9r", "/cursor"),
        ("limit=0", "/limit"),
        (f"subject={'x' * 65}", "/subject"),
        (f"action={'x' * 65}", "/action"),
    ],
)
def test_what_can_not_be_asked_is_refused(api, query, pointer):
    answer = read(api, query)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_a_search_reads_a_bounded_number_of_entries_and_goes_on_from_there(api):
    endpoint = api.endpoint("Sought")
    path = f"/v1/endpoints/{api.endpoint('Other')['id']}"
    for number in range(MAX_AUDIT_ENTRIES_READ + 1):
        api.call("PATCH", path, {"name": f"Other {number}"})
    first = read(api, f"subject={endpoint['id']}").json
    assert first["items"] == []
    assert first["next"]
    second = read(api, f"subject={endpoint['id']}&cursor={first['next']}").json
    assert [entry["action"] for entry in second["items"]] == ["endpoint.create"]
    assert second["next"] is None


def test_another_organisations_entries_are_not_seen(api):
    endpoint = api.endpoint()
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    assert read(api, token="iet_stranger").json == {"items": [], "next": None}
    assert read(api, f"subject={endpoint['id']}", token="iet_stranger").json["items"] == []


def test_a_change_that_was_refused_leaves_no_entry(api):
    api.call("POST", "/v1/endpoints", {"name": ""})
    api.call("DELETE", f"/v1/endpoints/{api.endpoint()['id']}?confirm=wrong")
    assert [entry["action"] for entry in read(api).json["items"]] == ["endpoint.create"]


def test_secrets_are_blanked_on_all_levels():
    data = {"name": "x", "token": "t", "credentials": {"private_key": "k"}, "list": [{"hash": "h", "role": "viewer"}]}
    assert redacted(data) == {
        "name": "x",
        "token": "[redacted]",
        "credentials": "[redacted]",
        "list": [{"hash": "[redacted]", "role": "viewer"}],
    }
    assert redacted({"token": None}) == {"token": None}
    assert redacted(None) is None


@pytest.mark.parametrize(
    ("shown", "viewer", "told"),
    [
        ("the secret of the console", "198.51.100.9", "198.51.100.9"),
        ("the secret of the console", "2001:db8::9", "2001:db8::9"),
        ("another", "198.51.100.9", "203.0.113.7"),
        ("", "198.51.100.9", "203.0.113.7"),
        (None, "198.51.100.9", "203.0.113.7"),
        ("the secret of the console", "", "203.0.113.7"),
    ],
)
def test_a_viewers_address_is_believed_from_the_consoles_cloudfront_alone(api, shown, viewer, told):
    api.handler = api.serve(trusted_front=TrustedFront(lambda: b"the secret of the console", is_ours=True))
    headers = {"x_ingest_viewer": viewer} | ({} if shown is None else {"x_ingest_front_secret": shown})
    assert api.call("POST", "/v1/endpoints", {"name": "Shop"}, **headers).status == 201
    assert api.call("GET", "/v1/audit").json["items"][0]["source_ip"] == told


def test_a_secret_that_can_not_be_read_keeps_nobody_from_managing(api):
    def secret():
        raise Undelivered("throttled")

    api.handler = api.serve(trusted_front=TrustedFront(secret, is_ours=True))
    headers = {"x_ingest_viewer": "198.51.100.9", "x_ingest_front_secret": "any"}
    assert api.call("POST", "/v1/endpoints", {"name": "Shop"}, **headers).status == 201
    assert api.call("GET", "/v1/audit").json["items"][0]["source_ip"] == "203.0.113.7"
