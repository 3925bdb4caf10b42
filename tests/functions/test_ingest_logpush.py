"""Cloudflare Logpush to an HTTP destination, through the whole handler."""

import gzip
import json

import pytest

from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, recording

NEEDS_RAY = [{"key": "ray_id", "from": "RayID", "type": "STRING", "presence": "required"}]
LINE = '{"RayID":"a","EdgeResponseStatus":200}'


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment(NEEDS_RAY, "keep")


def post(world, environment_id, body, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}/logpush", body=body, headers=headers))


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
def test_every_line_of_the_recording_arrives_once(world, front_door):
    environment_id = world.add_environment([], "keep")
    held = recording("logpush")
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}", front_door)).status == 200
    events = [json.dumps(event) for event in world.events()]
    assert len(events) == len(held.marks)
    assert all(sum(mark in event for event in events) == 1 for mark in held.marks)


def test_a_custom_domain_serves_the_route_at_its_root(world):
    environment_id = world.add_environment([], "keep")
    world.add_host(CUSTOM_DOMAIN, environment_id)
    for request in recording("logpush").requests:
        assert world.send(request.event(CUSTOM_DOMAIN)).status == 200


@pytest.mark.parametrize("body", ['{"content":"tests"}', '{"content": "tests"}\n', '\ufeff{"content":"tests"}'])
def test_the_test_of_a_new_job_is_a_success_and_no_event(world, environment_id, body):
    answer = post(world, environment_id, gzip.compress(body.encode()), content_encoding="gzip")
    assert answer.status == 200
    assert (answer.json["ok"], answer.json["accepted"]) == (True, 0)
    assert world.events() == world.quarantined() == []
    assert world.counted() == {}


@pytest.mark.parametrize("body", ['{"content":"tests","RayID":"a"}', f'{{"content":"tests"}}\n{LINE}', '{"content":1}'])
def test_what_only_resembles_the_test_is_events(world, environment_id, body):
    assert post(world, environment_id, body).status == 200
    assert len(world.events()) + len(world.quarantined()) == len(body.splitlines())


def test_one_bad_line_does_not_spoil_the_others(world, environment_id):
    answer = post(world, environment_id, f"{LINE}\nno json\n{{}}\n{LINE}\n")
    assert answer.status == 200
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "quarantined", "accepted"]
    assert [event.raw for event in world.quarantined()] == [b"no json", b"{}"]
    assert {event.protocol for event in world.quarantined()} == {"logpush"}


def test_more_than_a_thousand_lines_are_413(world, environment_id):
    assert post(world, environment_id, f"{LINE}\n" * 1_000).status == 200
    answer = post(world, environment_id, f"{LINE}\n" * 1_001)
    assert (answer.status, answer.json["code"]) == (413, "too_many_events")


def test_an_empty_body_is_refused(world, environment_id):
    assert post(world, environment_id, "\n").json["code"] == "no_payload"


def test_a_write_key_comes_as_a_header(world, environment_id):
    world.change(environment_id, write_keys=["wk_1"])
    assert post(world, environment_id, LINE, authorization="Bearer wk_1").status == 200
    assert post(world, environment_id, LINE).status == 401


SITUATIONS = {
    "rejected": ({"on_invalid": "reject"}, "{}", 400),
    "plan used up": ({"plan_exhausted": True}, LINE, 402),
    "deleted": ({"state": "deleted"}, LINE, 410),
    "another origin": ({"allowed_origins": ["https://shop.test"]}, LINE, 403),
    "not durable": ({}, LINE, 503),
    "over the rate": ({"rate_limit": 1}, LINE, 429),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_failure_is_answered_by_the_table(world, situation):
    pointer, line, status = SITUATIONS[situation]
    environment_id = world.add_environment(NEEDS_RAY, **pointer)
    if situation == "not durable":
        world.streams.always = world.spill.always = refusing(THROTTLED)
    for _ in range(20 if situation == "over the rate" else 1):
        answer = post(world, environment_id, line, origin="https://elsewhere.test")
    assert answer.status == status
    assert answer.json["code"]
    assert answer.json["message"]
    assert ("retry-after" in answer.headers) is (status in {429, 503})
