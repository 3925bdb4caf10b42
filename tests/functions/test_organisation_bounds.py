"""Bounds of an organisation: what all of a deployment share is nobody's alone."""

import pytest

from domain.records.caller import Role
from domain.records.keys import bounds_key
from domain.records.ports import Delete, Put
from schemas.limits import MAX_ORGANISATION_STREAMS, RUN_CHANGES
from tests.certificates import issue
from tests.destinations import BIGQUERY, CREDENTIALS, HTTP
from tests.management_api import MANAGED_S3

HOUR_NS = 3_600 * 1_000_000_000
WITH_KEY = {**BIGQUERY, "credentials": CREDENTIALS}


@pytest.fixture
def shop(api):
    endpoint = api.endpoint()
    return {**endpoint, "revision_id": api.finalised(endpoint)["id"]}


def bound(api, **bounds):
    answer = api.call("PATCH", f"/v1/organisations/{api.organisation_id}", {"bounds": bounds})
    assert answer.status == 200, answer.text


def create(api, shop, name, **settings):
    body = {"name": name, "destination": MANAGED_S3, "revision_id": shop["revision_id"], **settings}
    return api.call("POST", f"/v1/endpoints/{shop['id']}/environments", body)


def limits(api):
    return api.call("GET", "/v1/organisation").json["limits"]


def use(api, *names):
    shown = limits(api)
    return [shown[name]["used"] for name in names]


def refused(answer, limit, allowed):
    assert (answer.status, answer.code, answer.json["limit"], answer.json["allowed"]) == (
        409,
        "limit_reached",
        limit,
        allowed,
    )
    assert "operator" in answer.json["message"]
    return True


def test_streams_of_all_environments_together_are_bounded(api, shop):
    bound(api, streams=5)
    one = create(api, shop, "One", streams=3).json
    assert refused(create(api, shop, "Two", streams=3), "streams", 5)
    two = create(api, shop, "Two", streams=2).json
    assert use(api, "environments", "streams") == [2, 5]
    path = f"/v1/environments/{two['id']}"
    assert refused(api.call("PATCH", path, {"streams": 3}), "streams", 5)
    assert api.call("PATCH", path, {"streams": 1}).status == 200
    assert api.call("DELETE", f"/v1/environments/{one['id']}?confirm=One").status == 204
    assert use(api, "environments", "streams") == [1, 1]
    assert create(api, shop, "Three", streams=4).status == 201


def test_what_is_there_stays_under_a_lowered_bound_and_can_be_changed(api, shop):
    made = create(api, shop, "One", streams=3).json
    bound(api, streams=1, environments=0)
    path = f"/v1/environments/{made['id']}"
    assert limits(api)["environments"] == {"used": 1, "limit": 0, "share": 1.0}
    assert api.call("PATCH", path, {"name": "Uno", "streams": 2}).status == 200
    assert api.call("DELETE", f"{path}?confirm=Uno").status == 204
    assert refused(create(api, shop, "Two"), "environments", 0)
    bound(api, streams=None, environments=None)
    assert limits(api)["streams"]["limit"] == MAX_ORGANISATION_STREAMS
    assert create(api, shop, "Two").status == 201


def test_endpoints_are_bounded_whatever_the_plan_allows(api):
    bound(api, endpoints=1)
    api.endpoint("One")
    assert refused(api.call("POST", "/v1/endpoints", {"name": "Two"}), "endpoints", 1)
    assert limits(api)["endpoints"]["limit"] == 1
    bound(api, endpoints=9)
    api.call("PATCH", "/v1/organisation", {"plan": {"max_endpoints": 1}})
    assert refused(api.call("POST", "/v1/endpoints", {"name": "Two"}), "max_endpoints", 1)


def test_kept_credentials_are_bounded(api, shop):
    bound(api, secrets=1)
    made = create(api, shop, "One", destination=WITH_KEY)
    assert made.status == 201, made.text
    assert refused(create(api, shop, "Two", destination=WITH_KEY), "secrets", 1)
    assert len(api.secrets.secrets) == 1
    assert create(api, shop, "Three").status == 201
    path = f"/v1/environments/{made.json['id']}"
    again = api.call("PATCH", path, {"destination": WITH_KEY})
    assert again.status == 200, again.text
    assert use(api, "secrets") == [1]


def test_changes_of_an_hour_are_bounded_and_deleting_never_is(api, shop):
    bound(api, changes=5)
    made = create(api, shop, "One", streams=3).json
    path = f"/v1/environments/{made['id']}"
    assert use(api, "changes") == [3]
    assert refused(api.call("PATCH", path, {"buffer_seconds": 90}), "changes", 5)
    assert api.call("PATCH", path, {"name": "Uno", "on_invalid": "reject"}).status == 200
    assert create(api, shop, "Two", streams=2).status == 201
    assert api.call("DELETE", f"{path}?confirm=Uno").status == 204
    api.clock.now_ns += HOUR_NS
    assert use(api, "changes") == [0]
    assert create(api, shop, "Three").status == 201


def test_destinations_are_tried_a_bounded_number_of_times_in_an_hour(api, shop):
    made = create(api, shop, "One", destination=HTTP).json
    path = f"/v1/environments/{made['id']}"
    bound(api, changes=use(api, "changes")[0] + 2)
    tried = len(api.connectors.http.checked)
    assert api.call("POST", f"{path}/destination/check").status == 200
    assert api.call("POST", "/v1/destinations/check", {"destination": HTTP}).status == 200
    for refusal in (
        api.call("POST", f"{path}/destination/check"),
        api.call("POST", "/v1/destinations/check", {"destination": HTTP}),
        api.call("PATCH", path, {"destination": {**HTTP, "url": "https://other.example.com/"}}),
        create(api, shop, "Two", destination=HTTP),
    ):
        assert refusal.code == "limit_reached"
    assert len(api.connectors.http.checked) == tried + 2
    assert api.call("POST", "/v1/destinations/check", {"destination": MANAGED_S3}).status == 200


@pytest.mark.parametrize("work", ["trials", "redrives"])
def test_trials_and_redrives_begin_a_bounded_number_of_times_in_an_hour_also_if_they_are_cancelled(api, shop, work):
    made = create(api, shop, "One").json
    bound(api, changes=use(api, "changes")[0] + 2 * RUN_CHANGES)
    asked = {
        "trials": (
            "revisions",
            shop["revision_id"],
            {"environment_id": made["id"], "source": "delivered", "sample": 1},
        ),
        "redrives": ("environments", made["id"], {"revision_id": shop["revision_id"], "dry_run": True}),
    }
    resource, resource_id, body = asked[work]
    answers = []
    for _ in range(4):
        answers.append(api.call("POST", f"/v1/{resource}/{resource_id}/{work}", body))
        if answers[-1].status < 300:
            assert api.call("POST", f"/v1/{work}/{answers[-1].json['id']}/cancel").status == 200
    assert [answer.code for answer in answers[2:]] == ["limit_reached"] * 2
    assert all(answer.status < 300 for answer in answers[:2])


def test_domains_and_their_certificates_are_bounded(api, shop):
    bound(api, domains=1, certificates=3)
    one, two = (create(api, shop, name).json["id"] for name in ("One", "Two"))

    def put(environment_id, domain, certificate="managed"):
        path = f"/v1/environments/{environment_id}/custom-domain"
        return api.call("PUT", path, {"domain": domain, "certificate": certificate})

    assert put(one, "a.example.com").status == 200
    assert put(one, "a.example.com").status == 200
    assert use(api, "domains", "certificates") == [1, 1]
    assert refused(put(two, "b.example.com"), "domains", 1)
    assert put(one, "c.example.com").status == 200
    assert use(api, "domains", "certificates") == [1, 2]
    assert api.call("DELETE", f"/v1/environments/{one}/custom-domain?confirm=c.example.com").status == 204
    assert use(api, "domains") == [0]
    imported = issue(("d.example.com",)).body(chain="")
    kept = len(api.certificates.kept)
    assert put(two, "d.example.com", imported).status == 200
    assert refused(put(two, "d.example.com", imported), "certificates", 3)
    assert len(api.certificates.kept) == kept + 1
    api.clock.now_ns += 31 * 24 * HOUR_NS
    assert use(api, "domains", "certificates") == [1, 0]


def test_a_deleted_endpoint_gives_back_all_that_its_environments_took(api, shop):
    for number in range(3):
        environment = create(api, shop, f"Number {number}", streams=2).json
    path = f"/v1/environments/{environment['id']}/custom-domain"
    api.call("PUT", path, {"domain": "a.example.com", "certificate": "managed"})
    assert use(api, "environments", "streams", "domains") == [3, 6, 1]
    assert api.call("DELETE", f"/v1/endpoints/{shop['id']}?confirm=Shop").status == 204
    assert use(api, "environments", "streams", "domains") == [0, 0, 0]


def test_what_was_never_counted_is_and_a_wrong_count_refuses_nothing(api, shop):
    create(api, shop, "One", streams=2)
    key = bounds_key(api.organisation_id)
    api.table.transact([Delete(key, api.table.get(key).version)])
    assert use(api, "environments", "streams") == [1, 2]
    create(api, shop, "Two", streams=2)
    assert use(api, "environments", "streams") == [2, 4]
    item = api.table.get(key)
    api.table.transact([Put(key, {**item.data, "streams": 10_000}, item.version)])
    assert create(api, shop, "Three", streams=1).status == 201
    assert use(api, "environments", "streams") == [3, 5]


def test_of_two_that_reach_a_bound_at_once_one_is_refused(api, shop):
    bound(api, environments=1)
    done = []
    api.table.before_transact = lambda: done.append(create(api, shop, "Faster").status)
    assert refused(create(api, shop, "Slower"), "environments", 1)
    assert done == [201]


def test_organisations_are_bounded_each_for_itself(api, shop):
    api.add_member(Role.OWNER, token="iet_stranger", organisation="org_other")
    bound(api, environments=0)
    made = api.call("POST", "/v1/endpoints", {"name": "Shop"}, token="iet_stranger").json
    revisions = f"/v1/endpoints/{made['id']}/revisions"
    schema = {"json_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    revision = api.call("POST", revisions, schema, token="iet_stranger").json["id"]
    api.call("POST", f"/v1/revisions/{revision}/finalise", token="iet_stranger")
    body = {"name": "Live", "destination": MANAGED_S3, "revision_id": revision}
    answer = api.call("POST", f"/v1/endpoints/{made['id']}/environments", body, token="iet_stranger")
    assert answer.status == 201, answer.text
