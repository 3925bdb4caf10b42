"""What is decided at the API is in force at ingest within five seconds."""

import time

import httpx
import pytest

from local.delivered import delivered_events
from tests.waiting import wait_until

PROMISE_SECONDS = 5.0
STRICT = [{"key": "name", "type": "STRING"}, {"key": "age", "type": "INT"}]
LOOSE = [{"key": "name", "type": "STRING"}]


@pytest.fixture
def post():
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield lambda address, body='{"name": "x"}': client.post(
            address, content=body, headers={"Content-Type": "application/json"}
        )


def seconds_until(probe):
    began = time.monotonic()
    wait_until(probe, seconds=PROMISE_SECONDS)
    return time.monotonic() - began


def test_an_environment_takes_events_as_soon_as_the_api_says_that_it_is_active(api, post):
    for number in range(3):
        endpoint = api.call("POST", "/v1/endpoints", {"name": f"At once {number}"})["id"]
        revision = api.make_revision(endpoint, LOOSE)
        environment = api.call(
            "POST",
            f"/v1/endpoints/{endpoint}/environments",
            {"name": "live", "revision_id": revision, "destination": {"type": "s3", "managed": True}},
        )
        seen = api.call("GET", f"/v1/environments/{environment['id']}")
        assert seen["status"] == "active"
        assert post(seen["address"]).status_code == 200


def test_a_deploy_and_its_roll_back_are_in_force_within_five_seconds(api, post):
    made = api.make_environment("Roll out and back", LOOSE)
    strict = api.make_revision(made.endpoint_id, STRICT)
    assert post(made.address).status_code == 200

    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": strict})
    seconds_until(lambda: post(made.address).headers["x-revision-id"] == strict)
    assert post(made.address).status_code == 400
    assert post(made.address, '{"name": "x", "age": 1}').json()["revision_id"] == strict

    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": made.revision_id})
    seconds_until(lambda: post(made.address).headers["x-revision-id"] == made.revision_id)
    assert post(made.address).status_code == 200

    deployments = api.call("GET", f"/v1/environments/{made.environment_id}/deployments")["items"]
    assert [row["revision_id"] for row in deployments] == [made.revision_id, strict, made.revision_id]


def test_a_changed_policy_is_in_force_within_five_seconds(api, post):
    made = api.make_environment("Policy", LOOSE)
    assert post(made.address, "{}").json()["results"][0]["outcome"] == "quarantined"
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"on_invalid": "reject"})
    seconds_until(lambda: post(made.address, "{}").json()["results"][0]["outcome"] == "rejected")


def test_a_deleted_environment_is_gone_within_five_seconds_and_what_it_took_until_then_is_delivered(api, post, run):
    made = api.make_environment("To be deleted", LOOSE)
    answers = [post(made.address)]
    api.call("DELETE", f"/v1/environments/{made.environment_id}?confirm=To%20be%20deleted")

    def is_gone():
        answers.append(post(made.address))
        return answers[-1].status_code == 410

    seconds_until(is_gone)
    assert answers.pop().json()["code"] == "deleted"
    acknowledged = {event_id for answer in answers for event_id in answer.json()["event_ids"]}
    wait_until(
        lambda: acknowledged == {row["_event_id"] for row in delivered_events(run.state_dir, made.environment_id)}
    )


def test_a_deleted_endpoint_takes_all_its_environments_with_it(api, post):
    made = api.make_environment("Deleted whole", LOOSE)
    assert post(made.address).status_code == 200
    api.call("DELETE", f"/v1/endpoints/{made.endpoint_id}?confirm=Deleted%20whole")
    seconds_until(lambda: post(made.address).status_code == 410)


def test_an_unknown_id_that_comes_to_be_is_found(api, post, run):
    # Nobody can guess an id, but a page may be live a moment before its environment is.
    assert post(f"{run.address}/e/env_{'z' * 26}").status_code == 404
    made = api.make_environment("Late", LOOSE)
    assert post(made.address).status_code == 200


def test_the_largest_revision_is_in_force_within_five_seconds_too(api, post):
    described = {"presence": "optional", "description": "ö" * 1_024}
    leaves = [{"key": f"leaf_{number}", "type": "INT", **described} for number in range(248)]
    middle = {"key": "middle", "type": "OBJECT", **described, "fields": leaves}
    roots = [{"key": f"root_{n}", "type": "OBJECT", **described, "fields": [middle]} for n in range(3)]
    made = api.make_environment("Largest", LOOSE)
    largest = api.make_revision(made.endpoint_id, roots)
    assert api.call("GET", f"/v1/revisions/{largest}")["field_count"] == 750
    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": largest})
    seconds_until(lambda: post(made.address).headers["x-revision-id"] == largest)
    answer = post(made.address, '[{"root_2": {"middle": {"leaf_247": 1}}}, {"root_0": {"middle": {"leaf_0": "x"}}}]')
    good, bad = answer.json()["results"]
    assert (good["outcome"], bad["errors"][0]["pointer"]) == ("accepted", "/root_0/middle/leaf_0")
