"""Amplitude's requests, as its SDKs sent them and as they might, through the whole handler."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.endings import ENDINGS, OUTCOME, REFUSALS, ended
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import START_NS, World
from tests.recorded import CUSTOM_DOMAIN, recording

SENDERS = ["amplitude-browser", "amplitude-js", "amplitude-python", "amplitude-python-batch"]
V2 = "/2/httpapi"
NEEDS_USER_ID = [{"key": "user_id", "type": "STRING", "presence": "required"}]
RECEIVED = datetime.fromtimestamp(START_NS // 1_000 / 1e6, UTC)
OLDER = {"event_type": "opened", "user_id": "u", "uuid": "id-1", "timestamp": 1_577_865_600_000}


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def event(insert_id="id-1", **more):
    return {"event_type": "opened", "user_id": "u", "insert_id": insert_id, **more}


def post(world, environment_id, route, body, **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers))


def form(events, **more):
    return urlencode({"client": "wk", "e": json.dumps(events), "v": 2, "checksum": "5eb63bbb", **more})


def stored(world):
    return [{key.removeprefix("/"): value for key, value in event["_extra"].items()} for event in world.events()]


def text(moment):
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
@pytest.mark.parametrize("sender", SENDERS)
def test_every_call_of_a_sender_arrives_once(world, environment_id, sender, front_door):
    held = recording(sender)
    for request in held.requests:
        answer = world.send(request.event(f"/e/{environment_id}", front_door))
        assert answer.status == (204 if request.method == "OPTIONS" else 200)
    own = [json.dumps(event) for event in stored(world)]
    assert len(own) == len(held.marks)
    assert all(any(mark in event for event in own) for mark in held.marks)
    assert "wk_probe" not in json.dumps(own)
    assert "$remote" not in json.dumps(own)


@pytest.mark.parametrize("sender", SENDERS)
def test_what_a_sender_repeats_has_the_same_id(world, environment_id, sender):
    for request in [*recording(sender).requests] * 2:
        world.send(request.event(f"/e/{environment_id}"))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events()]
    half = len(ids) // 2
    assert ids[:half] == ids[half:]
    assert len(set(ids)) == half


@pytest.mark.parametrize("sender", SENDERS)
def test_a_custom_domain_serves_the_routes_at_its_root(world, environment_id, sender):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording(sender)
    for request in held.requests:
        world.send(request.event(CUSTOM_DOMAIN))
    assert len(world.events()) == len(held.marks)


@pytest.mark.parametrize("sender", SENDERS)
def test_the_key_of_a_sender_is_the_write_key_that_an_environment_may_ask_for(world, environment_id, sender):
    world.change(environment_id, write_keys=["wk_probe"])
    held = recording(sender)
    for request in held.requests:
        world.send(request.event(f"/e/{environment_id}"))
    assert len(world.events()) == len(held.marks)


@pytest.mark.parametrize("route", [V2, "/batch"])
def test_an_answer_counts_what_was_kept(world, environment_id, route):
    body = json.dumps({"api_key": "wk", "events": [event(), event("id-2")]})
    answer = post(world, environment_id, route, body)
    assert answer.status == 200
    assert {name: answer.json[name] for name in ("code", "events_ingested", "payload_size_bytes")} == {
        "code": 200,
        "events_ingested": 2,
        "payload_size_bytes": len(body),
    }
    assert answer.json["server_upload_time"] == START_NS // 1_000_000


@pytest.mark.parametrize("encode", [str.encode, lambda body: gzip.compress(body.encode())], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"api_key": "wk", "events": [{"event_type": "a"}]}', "event_type"),
        ('{"api_key": "wk", "batch": [{"event": "a"}]}', "event"),
        ('{"events": [{"event_type": "a"}], "batch": 1}', "event_type"),
        (' { "x" : {"events": [1]}, "batch": [{"event": "a"}], "events": 1}', "event"),
        ('{"x": {"events": []}}', "x"),
    ],
)
def test_a_route_of_two_protocols_goes_by_the_key_of_the_body(world, environment_id, body, key, encode):
    assert post(world, environment_id, "/batch", encode(body)).status == 200
    assert key in stored(world)[0]


def test_the_form_of_2019_is_taken(world, environment_id):
    answer = post(world, environment_id, "/amplitude", form([OLDER, {**OLDER, "uuid": "id-2"}]))
    assert (answer.status, answer.body) == (200, b"success")
    first, second = stored(world)
    assert (first["insert_id"], second["insert_id"]) == ("id-1", "id-2")
    assert first["event_time"] == "2020-01-01T08:00:00.000000Z"
    assert first.keys() == {"event_type", "user_id", "timestamp", "insert_id", "event_time"}


def test_the_form_of_2019_may_ask_for_a_key(world, environment_id):
    world.change(environment_id, write_keys=["wk"])
    assert post(world, environment_id, "/amplitude", form([OLDER])).status == 200
    assert post(world, environment_id, "/amplitude", form([OLDER], client="another")).status == 401


def test_a_wrong_clock_is_corrected(world, environment_id):
    made = 1_577_865_600_000
    body = {"events": [event(time=made), event(time=made + 9_000)], "client_upload_time": "2020-01-01T08:00:03Z"}
    post(world, environment_id, V2, body)
    post(world, environment_id, "/amplitude", form([OLDER], upload_time=made + 3_000))
    early, late, older = stored(world)
    assert early["event_time"] == older["event_time"] == text(RECEIVED - timedelta(seconds=3))
    assert late["event_time"] == "2020-01-01T08:00:09.000000Z"
    assert (early["time"], older["timestamp"]) == (made, made)


@pytest.mark.parametrize("made", ["yesterday", -1, 1e30, True, {"a": 1}])
def test_what_is_no_time_stays_as_it_came(world, environment_id, made):
    post(world, environment_id, V2, {"events": [event(time=made)]})
    assert stored(world)[0]["event_time"] == made


def test_an_event_without_a_time_has_none(world, environment_id):
    post(world, environment_id, V2, {"events": [event()], "client_upload_time": "2020-01-01T08:00:03Z"})
    assert "event_time" not in stored(world)[0]


def test_an_address_that_the_sender_does_not_know_is_left_out(world, environment_id):
    post(world, environment_id, V2, {"events": [event(ip="$remote"), event(ip="192.0.2.7")]})
    assert [found.get("ip") for found in stored(world)] == [None, "192.0.2.7"]


def test_ids_do_not_depend_on_the_batch_or_on_the_try(world, environment_id):
    events = [event(f"id-{place}", time=1_577_865_600_000 + place) for place in range(4)]
    post(world, environment_id, V2, {"events": events, "client_upload_time": "2020-01-01T08:00:03Z"})
    world.clock.forward(60)
    post(world, environment_id, "/batch", {"events": events[:1]})
    post(world, environment_id, V2, {"events": events[1:], "client_upload_time": "2020-01-01T08:01:03Z"})
    ids = [found["_event_id"] for found in world.events()]
    assert ids[:4] == ids[4:]


def test_one_id_with_two_contents_is_two_events(world, environment_id):
    post(world, environment_id, V2, {"events": [event(), event(event_type="closed")]})
    assert len({found["_event_id"] for found in world.events()}) == 2


@pytest.mark.parametrize("insert_id", [None, 7, ""])
def test_an_id_that_is_no_text_or_empty_counts_as_none(world, environment_id, insert_id):
    post(world, environment_id, V2, {"events": [event(insert_id), event(insert_id)]})
    assert {found["_event_id"][16] for found in world.events()} == {"7"}


def test_one_bad_event_does_not_spoil_its_batch(world):
    environment_id = world.add_environment(NEEDS_USER_ID)
    answer = post(world, environment_id, V2, {"events": [event(), {"event_type": "b"}, 7, event("d")]})
    assert (answer.status, answer.json["code"], answer.json["events_ingested"]) == (200, 200, 4)
    outcomes = [row["outcome"] for row in answer.json["results"]]
    assert outcomes == ["accepted", "quarantined", "quarantined", "accepted"]


def test_a_thousand_events_are_taken_and_one_more_is_413(world, environment_id):
    events = [event(f"id-{place}") for place in range(1_001)]
    assert post(world, environment_id, V2, {"events": events[:1_000]}).json["events_ingested"] == 1_000
    answer = post(world, environment_id, V2, {"events": events})
    assert (answer.status, answer.json["code"]) == (413, 413)


@pytest.mark.parametrize("body", [b"{", b"\x00\xff", b'{"events": [}'])
def test_what_is_not_json_is_one_event_in_quarantine_as_it_came(world, environment_id, body):
    assert post(world, environment_id, V2, body).json["events_ingested"] == 1
    (found,) = world.quarantined()
    assert (found.raw, found.protocol) == (body, "amplitude")


@pytest.mark.parametrize("body", ["", {"events": []}])
def test_a_request_without_an_event_is_400(world, environment_id, body):
    answer = post(world, environment_id, V2, body)
    assert (answer.status, answer.json["code"]) == (400, 400)


EVENTS = {"events": [event(), event("id-2")]}
ANSWERS = {
    "accepted": (200, {"code": 200, "events_ingested": 2}),
    "quarantined": (200, {"code": 200, "events_ingested": 2}),
    "rejected": (400, {"code": 400, "events_with_invalid_fields": {"required": [0, 1]}}),
    "rate_limited": (429, {"code": 429, "throttled_events": [0, 1]}),
    "plan_exhausted": (402, {"code": 400, "silenced_events": [0, 1]}),
    "undeliverable": (503, {"code": 503}),
    "bad_key": (401, {"code": 400, "silenced_events": [0, 1]}),
    "origin_not_allowed": (403, {"code": 400}),
    "deleted": (410, {"code": 400}),
    "unknown_environment": (404, {"code": 400}),
}


@pytest.mark.parametrize("route", [V2, "/batch"])
@pytest.mark.parametrize("ending", [*ENDINGS, *REFUSALS])
def test_an_answer_names_every_event_that_must_not_be_repeated(ending, route):
    send = lambda world, found: post(world, found, route, EVENTS, origin="https://shop.test")
    _, answer = ended(ending, send)
    status, told = ANSWERS[ending]
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (status, OUTCOME.get(ending, ending))
    assert {name: answer.json[name] for name in told} == told
    if status != 200:
        assert answer.json["error"]
        assert answer.json["message"]
    if told["code"] == 400 and "events_with_invalid_fields" not in told:
        assert {0, 1} <= set(answer.json["silenced_events"])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_form_of_2019_is_answered_by_its_status(ending):
    _, answer = ended(ending, lambda world, found: post(world, found, "/amplitude", form([OLDER])))
    status, _ = ANSWERS[ending]
    assert answer.status == status
    assert (answer.body == b"success") is (status == 200)


@pytest.mark.parametrize("ending", ["rate_limited", "plan_exhausted"])
def test_events_over_a_limit_are_counted_one_by_one(ending):
    world, _ = ended(ending, lambda world, found: post(world, found, V2, EVENTS))
    assert world.counted()["limited"] == 2


def test_what_an_event_has_no_room_for_is_still_listed(world):
    environment_id = world.add_environment(NEEDS_USER_ID, "reject", on_invalid="reject")
    events = [{f"{place}-{name}-{'x' * 90}": 1 for name in range(100)} for place in range(200)]
    answer = post(world, environment_id, V2, {"events": events})
    assert answer.status == 400
    listed = [place for places in answer.json["events_with_invalid_fields"].values() for place in places]
    assert sorted(listed) == list(range(200))
