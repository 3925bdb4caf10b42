"""Organisations: name, plan and its limit of endpoints, and further organisations with their owners."""

import pytest

from domain.records.caller import Role
from domain.records.keys import listed_organisation_key
from domain.records.ports import Delete

OWN = "/v1/organisation"
UNLIMITED = {
    "name": "Unlimited",
    "requests_per_month": None,
    "bytes_per_month": None,
    "max_endpoints": None,
    "over_limit": "accept",
}


def create(api, **headers):
    body = {"name": "Branch", "owner_email": "eva@example.com"}
    return api.call("POST", "/v1/organisations", body, **headers)


def test_an_organisation_starts_without_limits(api):
    api.endpoint()
    answer = api.call("GET", OWN)
    assert answer.headers["ETag"] == '"1"'
    assert (answer.json["id"], answer.json["plan"]) == (api.organisation_id, UNLIMITED)
    unused = {"used": 0, "limit": None, "share": None}
    limits = answer.json["limits"]
    assert {name: limits[name] for name in ("requests", "bytes")} == {"requests": unused, "bytes": unused}
    assert limits.pop("endpoints") == {"used": 1, "limit": 200, "share": 0.005}
    assert {limit["used"] for limit in limits.values()} == {0}


def test_a_change_of_the_plan_keeps_what_it_does_not_name(api):
    plan = {"name": "Small", "requests_per_month": 1_000_000, "max_endpoints": 4, "over_limit": "reject"}
    assert api.call("PATCH", OWN, {"plan": plan}, if_match='"2"').code == "version_conflict"
    changed = api.call("PATCH", OWN, {"plan": plan}, if_match='"1"')
    assert (changed.status, changed.json["version"], changed.json["plan"]) == (200, 2, {**UNLIMITED, **plan})
    changed = api.call("PATCH", OWN, {"name": "Shop Ltd", "plan": {"requests_per_month": None}})
    assert changed.json["plan"] == {**UNLIMITED, **plan, "requests_per_month": None}
    assert api.call("GET", "/v1/me").json["organisation"]["name"] == "Shop Ltd"
    entry = api.audit()[-1]
    assert (entry["action"], entry["before"]["name"], entry["after"]["name"]) == (
        "organisation.change",
        "My organisation",
        "Shop Ltd",
    )
    assert entry["before"]["plan"]["requests_per_month"] == 1_000_000


def test_a_change_that_changes_nothing_is_none(api):
    before = api.table.data()
    for body in ({}, {"plan": {}}, {"name": "My organisation", "plan": UNLIMITED}):
        assert api.call("PATCH", OWN, body).json["version"] == 1
    assert api.table.data() == before


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        ({"max_endpoints": 0}, "/plan/max_endpoints"),
        ({"max_endpoints": "4"}, "/plan/max_endpoints"),
        ({"bytes_per_month": -1}, "/plan/bytes_per_month"),
        ({"over_limit": "drop"}, "/plan/over_limit"),
        ({"over_limit": None}, "/plan/over_limit"),
        ({"name": None}, "/plan/name"),
        ({"price": 1}, "/plan/price"),
        (None, "/plan"),
    ],
)
def test_a_plan_that_can_not_be_is_refused(api, plan, pointer):
    assert api.call("PATCH", OWN, {"plan": plan}).pointers == [pointer]


def test_no_endpoint_is_made_beyond_the_plan(api):
    first = api.endpoint("One")
    api.call("PATCH", OWN, {"plan": {"max_endpoints": 2}})
    api.endpoint("Two")
    refused = api.call("POST", "/v1/endpoints", {"name": "Three"})
    assert (refused.status, refused.code) == (409, "limit_reached")
    assert api.call("GET", OWN).json["limits"]["endpoints"] == {"used": 2, "limit": 2, "share": 1.0}
    api.call("DELETE", f"/v1/endpoints/{first['id']}?confirm=One")
    assert api.call("POST", "/v1/endpoints", {"name": "Three"}).status == 201


def test_endpoints_beyond_a_lowered_plan_stay(api):
    for name in ("One", "Two"):
        api.endpoint(name)
    changed = api.call("PATCH", OWN, {"plan": {"max_endpoints": 1}})
    assert changed.json["limits"]["endpoints"] == {"used": 2, "limit": 1, "share": 2.0}
    assert len(api.call("GET", "/v1/endpoints").json["items"]) == 2
    assert api.call("POST", "/v1/endpoints", {"name": "Three"}).code == "limit_reached"


def test_endpoints_without_a_count_are_counted(api):
    from domain.records.keys import endpoint_count_key
    from domain.records.ports import Delete

    for number in range(3):
        last = api.endpoint(f"Number {number}")
    count = api.table.get(endpoint_count_key(api.organisation_id))
    api.table.transact([Delete(count.key, count.version)])
    assert api.call("GET", OWN).json["limits"]["endpoints"]["used"] == 3
    api.call("DELETE", f"/v1/endpoints/{last['id']}?confirm={last['name']}".replace(" ", "%20"))
    assert api.call("GET", OWN).json["limits"]["endpoints"]["used"] == 2
    assert api.table.get(endpoint_count_key(api.organisation_id)).data == {"endpoints": 2}


def test_a_further_organisation_has_an_owner_who_gets_in(api):
    made = create(api)
    assert made.status == 201
    assert made.json["owner"]["role"] == "owner"
    me = api.call("GET", "/v1/me", token=made.json["token"]).json
    assert (me["role"], me["organisation"]["id"], me["member"]["email"]) == (
        "owner",
        made.json["id"],
        "eva@example.com",
    )
    shown = api.call("GET", OWN, token=made.json["token"]).json
    assert (shown["name"], shown["plan"], shown["limits"]["endpoints"]["used"]) == ("Branch", UNLIMITED, 0)
    assert len(api.call("GET", "/v1/organisation/members", token=made.json["token"]).json["items"]) == 1
    assert made.json["id"] not in str(api.call("GET", "/v1/organisation/members").json)


def test_a_repeated_key_makes_one_organisation_and_shows_its_token_once(api):
    first, second = create(api, idempotency_key="once"), create(api, idempotency_key="once")
    assert second.json == {**first.json, "token": None}
    assert first.json["token"] not in str(api.table.data())


@pytest.fixture
def branch(api):
    made = create(api).json
    assert api.call("GET", "/v1/me", token=made["token"]).status == 200  # which accepts
    return made


def test_whom_a_plan_limits_does_not_set_it(api, branch):
    wanted = {"plan": {"requests_per_month": None, "over_limit": "accept"}}
    api.call("PATCH", f"/v1/organisations/{branch['id']}", {"plan": {"requests_per_month": 1, "over_limit": "reject"}})
    api.add_member(Role.ADMIN, token="iet_admin", organisation=branch["id"])
    api.add_member(Role.ADMIN, token="iet_first")
    for token in (branch["token"], "iet_admin", "iet_first"):
        refused = api.call("PATCH", OWN, wanted, token=token)
        assert (refused.status, refused.code, refused.json["needed_role"]) == (403, "forbidden", "owner")
        assert "operator" in refused.json["message"]
    assert api.call("PATCH", OWN, {"name": "Renamed"}, token="iet_admin").json["name"] == "Renamed"
    shown = api.call("GET", OWN, token="iet_admin").json
    assert (shown["plan"]["requests_per_month"], shown["plan"]["over_limit"]) == (1, "reject")


def test_the_operator_sets_the_plan_of_any_organisation_and_both_logs_say_so(api, branch):
    path = f"/v1/organisations/{branch['id']}"
    assert api.call("PATCH", path, {"plan": {"name": "Small"}}, if_match='"7"').code == "version_conflict"
    changed = api.call("PATCH", path, {"plan": {"name": "Small", "max_endpoints": 1}})
    assert (changed.status, changed.json["plan"]["name"], changed.json["version"]) == (200, "Small", 2)
    assert api.call("GET", path).json == changed.json
    assert api.call("GET", OWN, token=branch["token"]).json["limits"]["endpoints"]["limit"] == 1
    for token in (None, branch["token"]):
        sent = {} if token is None else {"token": token}
        entry = api.call("GET", "/v1/audit?limit=1", **sent).json["items"][0]
        assert (entry["action"], entry["actor"]["name"]) == ("organisation.change", "owner@localhost")
        assert entry["subject"]["id"] == branch["id"]
    assert api.call("PATCH", path, {"name": "Mine"}).pointers == ["/name"]
    assert api.call("GET", "/v1/organisations/org_none").status == 404


def test_nobody_else_sees_or_changes_another_organisation(api, branch):
    api.add_member(Role.ADMIN, token="iet_admin")
    before = api.table.data()
    for id_ in (api.organisation_id, branch["id"]):
        path = f"/v1/organisations/{id_}"
        for call in (("GET", path), ("PATCH", path, {"plan": {"name": "X"}}), ("GET", "/v1/organisations")):
            assert api.call(*call, token=branch["token"]).status == 404
            assert api.call(*call, token="iet_admin").status == 403
    assert api.table.data() == before


def test_the_operator_lists_organisations_a_page_at_a_time(api, branch):
    first = api.call("GET", "/v1/organisations?limit=1").json
    assert [row["id"] for row in first["items"]] == [api.organisation_id]
    rest = api.call("GET", f"/v1/organisations?cursor={first['next']}").json
    assert ([row["id"] for row in rest["items"]], rest["next"]) == ([branch["id"]], None)


def test_an_organisation_of_an_earlier_version_is_listed_once_it_was_changed(api, branch):
    for id_ in (api.organisation_id, branch["id"]):
        api.table.transact([Delete(listed_organisation_key(id_), 1)])
    assert [row["id"] for row in api.call("GET", "/v1/organisations").json["items"]] == [api.organisation_id]
    api.call("PATCH", OWN, {"name": "Renamed"}, token=branch["token"])
    listed = api.call("GET", "/v1/organisations").json["items"]
    assert [row["id"] for row in listed] == [api.organisation_id, branch["id"]]
    first = api.call("GET", "/v1/organisations?limit=1").json
    rest = api.call("GET", f"/v1/organisations?limit=1&cursor={first['next']}").json
    assert (first["items"], rest["items"], rest["next"]) == (listed[:1], listed[1:], None)


def test_only_the_first_organisations_owner_makes_organisations(api):
    api.add_member(Role.ADMIN, token="iet_admin")
    stranger = create(api).json["token"]
    for token in ("iet_admin", stranger):
        refused = create(api, token=token)
        assert (refused.status, refused.code, refused.json["needed_role"]) == (403, "forbidden", "owner")


def test_one_address_may_be_a_member_of_two_organisations(api):
    assert {create(api).status, create(api).status} == {201}
