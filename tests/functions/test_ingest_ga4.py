"""Requests of Google Analytics 4's Measurement Protocol, as a sender sent them and as it might."""

import gzip
import json

import pytest

from tests.endings import ENDINGS, OUTCOME, ended
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import World
from tests.recorded import CUSTOM_DOMAIN, recording

COLLECT, DRY_RUN = "/mp/collect", "/debug/mp/collect"
QUERY = [("measurement_id", "G-1"), ("api_secret", "s3cret")]
NEEDS_CLIENT_ID = [
    {"key": "client_id", "type": "STRING", "presence": "required"},
    {"key": "params", "type": "OBJECT", "presence": "optional", "fields": [
        {"key": "value", "type": "FLOAT", "presence": "optional"},
    ]},
]  # fmt: skip


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def body(*events, **more):
    return {"client_id": "c", "events": list(events) or [{"name": "opened", "params": {"value": 1}}], **more}


def post(world, environment_id, route, sent, query=QUERY, **headers):
    sent = sent if isinstance(sent, (bytes, str)) else json.dumps(sent)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=sent, headers=headers, query=query))


def stored(world):
    return [{key.removeprefix("/"): value for key, value in event["_extra"].items()} for event in world.events()]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
def test_every_call_of_a_sender_arrives_once(world, environment_id, front_door):
    held = recording("ga4mp-python")
    for request in held.requests:
        answer = world.send(request.event(f"/e/{environment_id}", front_door))
        assert (answer.status, answer.body) == (204, b"")
    own = [json.dumps(event) for event in stored(world)]
    assert len(own) == len(held.marks)
    assert all(any(mark in event for event in own) for mark in held.marks)
    assert "secret" not in json.dumps(own)


def test_a_custom_domain_serves_the_routes_at_its_root(world, environment_id):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording("ga4mp-python")
    for request in held.requests:
        world.send(request.event(CUSTOM_DOMAIN))
    assert len(world.events()) == len(held.marks)


def test_each_event_says_what_the_request_says_of_all(world, environment_id):
    sent = body(
        {"name": "a", "params": {"n": 1}},
        {"name": "b", "user_id": "own"},
        user_id="u",
        user_properties={"plan": {"value": "pro"}},
        consent={"ad_user_data": "GRANTED"},
        user_location={"city": "Berlin"},
        api_secret="s3cret",
        validation_behavior="RELAXED",
        app_instance_id=None,
    )
    post(world, environment_id, COLLECT, sent, [("firebase_app_id", "1:2:web:3"), ("api_secret", "s3cret")])
    first, second = stored(world)
    of_all = {
        "client_id": "c",
        "firebase_app_id": "1:2:web:3",
        "user_properties": {"plan": {"value": "pro"}},
        "consent": {"ad_user_data": "GRANTED"},
        "user_location": {"city": "Berlin"},
    }
    assert first == {"name": "a", "params": {"n": 1}, "user_id": "u", **of_all}
    assert second == {"name": "b", "user_id": "own", **of_all}


def test_the_time_of_an_event_comes_before_that_of_the_request(world, environment_id):
    made = 1_577_865_600_000_250
    events = [{"name": "a"}, {"name": "b", "timestamp_micros": made + 1}, {"name": "c", "timestamp_micros": str(made)}]
    post(world, environment_id, COLLECT, body(*events, timestamp_micros=made))
    assert [found["event_time"] for found in stored(world)] == [
        "2020-01-01T08:00:00.000250Z",
        "2020-01-01T08:00:00.000251Z",
        "2020-01-01T08:00:00.000250Z",
    ]


@pytest.mark.parametrize("made", ["yesterday", -1, 1e30, True, {"a": 1}])
def test_what_is_no_time_stays_as_it_came(world, environment_id, made):
    post(world, environment_id, COLLECT, body(timestamp_micros=made))
    assert stored(world)[0]["event_time"] == made


def test_an_idempotency_key_counts_since_there_are_no_ids(world, environment_id):
    for _ in range(2):
        post(world, environment_id, COLLECT, body(), idempotency_key="k")
        world.clock.forward(5)
    first, second = (found["_event_id"] for found in world.events())
    assert first == second


def test_gzip_is_read_without_being_named(world, environment_id):
    assert post(world, environment_id, COLLECT, gzip.compress(json.dumps(body()).encode())).status == 204
    assert len(world.events()) == 1


def test_the_secret_of_a_sender_is_the_write_key_that_an_environment_may_ask_for(world, environment_id):
    world.change(environment_id, write_keys=["s3cret"])
    assert post(world, environment_id, COLLECT, body()).status == 204
    assert post(world, environment_id, COLLECT, body(), [("api_secret", "another")]).status == 401


def test_one_bad_event_does_not_spoil_its_batch(world):
    environment_id = world.add_environment(NEEDS_CLIENT_ID)
    answer = post(world, environment_id, COLLECT, body({"name": "a"}, 7, {"name": "c", "client_id": 7}))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (204, "mixed")
    assert (len(world.events()), len(world.quarantined())) == (1, 2)


def test_a_thousand_events_are_taken_and_one_more_is_413(world, environment_id):
    assert post(world, environment_id, COLLECT, body(*[{"name": "a"}] * 1_000)).status == 204
    assert len(world.events()) == 1_000
    assert post(world, environment_id, COLLECT, body(*[{"name": "a"}] * 1_001)).status == 413


def test_what_an_envelope_says_does_not_multiply_without_bounds(world, environment_id):
    answer = post(world, environment_id, COLLECT, body(*[{}] * 1_000, user_id="x" * 1_000_000))
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("sent", [b"{", b"\x00\xff"])
def test_what_is_not_json_is_one_event_in_quarantine_as_it_came(world, environment_id, sent):
    assert post(world, environment_id, COLLECT, sent).status == 204
    (found,) = world.quarantined()
    assert (found.raw, found.protocol) == (sent, "ga4")


STATUSES = {
    "accepted": 204,
    "quarantined": 204,
    "rejected": 400,
    "rate_limited": 429,
    "plan_exhausted": 402,
    "undeliverable": 503,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_says_whether_it_is_worth_a_repeat(ending):
    _, answer = ended(ending, lambda world, found: post(world, found, COLLECT, body()))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (STATUSES[ending], OUTCOME.get(ending, ending))
    if answer.status != 204:
        assert answer.json["message"]


def test_a_dry_run_names_the_faults_and_keeps_nothing(world):
    environment_id = world.add_environment(NEEDS_CLIENT_ID)
    events = [{"name": "a"}, {"name": "b", "params": {"value": "many"}}, {"name": "c", "client_id": 7}]
    answer = post(world, environment_id, DRY_RUN, body(*events))
    assert answer.status == 200
    told = [(found["fieldPath"], found["validationCode"]) for found in answer.json["validationMessages"]]
    assert told == [("events/1/params/value", "type_float"), ("events/2/client_id", "type_string")]
    assert all(found["description"] for found in answer.json["validationMessages"])
    assert (world.events(), world.quarantined(), world.counted()) == ([], [], {})


def test_a_dry_run_of_what_is_valid_has_no_messages(world, environment_id):
    assert post(world, environment_id, DRY_RUN, body()).json == {"validationMessages": []}
    assert world.events() == []


def test_a_dry_run_is_refused_like_any_request(world, environment_id):
    world.change(environment_id, state="deleted")
    assert post(world, environment_id, DRY_RUN, body()).status == 410


def test_the_answer_of_a_dry_run_is_bounded(world):
    environment_id = world.add_environment(NEEDS_CLIENT_ID, "reject")
    events = [{f"{place}-{name}-{'x' * 90}": 1 for name in range(100)} for place in range(200)]
    answer = post(world, environment_id, DRY_RUN, body(*events))
    assert answer.status == 200
    assert len(answer.body) <= 500_000
