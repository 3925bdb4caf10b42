"""PostHog's requests, as its SDKs sent them and as they might, through the whole handler."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.endings import ENDINGS, OUTCOME, ended
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import START_NS, THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, recording

SENDERS = ["posthog-browser", "posthog-python", "posthog-python-ai", "posthog-python-v1"]
V1 = "/i/v1/analytics/events"
NEEDS_DISTINCT_ID = [{"key": "distinct_id", "type": "STRING", "presence": "required"}]
RECEIVED = datetime.fromtimestamp(START_NS // 1_000 / 1e6, UTC)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def event(uuid="018f0000-0000-7000-8000-000000000001", **more):
    return {"event": "opened", "uuid": uuid, "distinct_id": "u", "properties": {}, **more}


def post(world, environment_id, route, body, query=(), **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers, query=query))


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
        assert answer.status == (404 if request.path.endswith("config.js") else 200)
    own = [json.dumps(event) for event in stored(world)]
    assert len(own) == len(held.marks)
    assert all(any(mark in event for event in own) for mark in held.marks)


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
def test_no_key_of_a_sender_is_stored(world, environment_id, sender):
    for request in recording(sender).requests:
        world.send(request.event(f"/e/{environment_id}"))
    assert '"wk_probe"' not in json.dumps(stored(world))


@pytest.mark.parametrize("sender", SENDERS)
def test_the_key_of_a_sender_is_the_write_key_that_an_environment_may_ask_for(world, environment_id, sender):
    world.change(environment_id, write_keys=["wk_probe"])
    held = recording(sender)
    for request in held.requests:
        world.send(request.event(f"/e/{environment_id}"))
    assert len(world.events()) == len(held.marks)


ONE = event(properties={"n": 1})
IN_BASE64 = base64.b64encode(json.dumps(event(properties={"n": 1, "text": "?>?>ÿÿ"})).encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"api_key": "wk", **ONE}),
        json.dumps({"api_key": "wk", "batch": [ONE]}),
        json.dumps([{**ONE, "properties": {"n": 1, "token": "wk"}}]),
        gzip.compress(json.dumps([ONE]).encode(), mtime=0),
        b"\xef\xbb\xbf " + json.dumps(ONE).encode(),
        urlencode({"data": json.dumps(ONE)}),
        urlencode({"data": IN_BASE64, "compression": "base64"}),
        "data=" + IN_BASE64,
        urlencode({"data": IN_BASE64.replace("+", "-").replace("/", "_").rstrip("=")}),
        IN_BASE64,
    ],
    ids=["alone", "batch", "array", "gzip", "mark", "form", "base64", "unescaped", "url-safe", "bare"],
)
@pytest.mark.parametrize("route", ["/e", "/i/v0/e/", "/capture", "/batch"])
def test_a_body_is_read_whatever_form_it_has(world, environment_id, route, body):
    answer = post(world, environment_id, route, body, content_type="text/plain")
    assert (answer.status, answer.json["status"]) == (200, 1)
    (found,) = stored(world)
    assert (found["event"], found["properties"]["n"]) == ("opened", 1)
    assert "wk" not in json.dumps(found)


@pytest.mark.parametrize("data", [json.dumps(ONE), IN_BASE64])
def test_an_event_arrives_in_a_get(world, environment_id, data):
    query = [("data", data), ("ip", "1")]
    answer = world.send(http_api_event("GET", f"/e/{environment_id}/e/", query=query))
    assert (answer.status, answer.json["status"]) == (200, 1)
    assert stored(world)[0]["event"] == "opened"


def test_a_compression_of_its_own_is_415(world, environment_id):
    assert post(world, environment_id, "/e", b"xxxx", query=[("compression", "lz64")]).status == 415
    assert post(world, environment_id, "/e", "data=xxxx&compression=lz64").status == 415
    assert world.events() == []


@pytest.mark.parametrize("route", ["/e", "/batch", V1])
def test_a_request_without_an_event_is_400(world, environment_id, route):
    assert post(world, environment_id, route, "").json["code"] == "no_payload"
    assert post(world, environment_id, route, {"batch": []}).json["code"] == "no_payload"


@pytest.mark.parametrize("body", [b"{", b"\x00\xff", b'{"batch": [}', b"a=b"])
def test_what_is_not_json_is_one_event_in_quarantine_as_it_came(world, environment_id, body):
    assert post(world, environment_id, "/batch", body).status == 200
    (found,) = world.quarantined()
    assert found.raw == body
    assert found.protocol == "posthog"


def test_the_root_names_person_and_event(world, environment_id):
    events = [
        {"event": "a", "properties": {"distinct_id": 7, "uuid": "u-1", "$insert_id": "i-1"}},
        {"event": "b", "distinct_id": "d", "properties": {"$insert_id": "i-2"}},
        {"event": "c", "distinct_id": "d", "uuid": "u-3", "properties": {"distinct_id": "x", "uuid": "x"}},
    ]
    post(world, environment_id, "/batch", {"batch": events})
    assert [(found["distinct_id"], found["uuid"]) for found in stored(world)] == [
        ("7", "u-1"),
        ("d", "i-2"),
        ("d", "u-3"),
    ]
    assert all(found["_event_id"][16] == "8" for found in world.events())


def test_what_is_set_of_a_person_moves_into_the_properties(world, environment_id):
    events = [
        {"event": "a", "$set": {"plan": "pro", "age": 1}, "properties": {"$set": {"age": 2}, "n": 1}},
        {"event": "b", "$set_once": {"first": 1}},
        {"event": "c", "$set": {"plan": "pro"}, "properties": "none"},
    ]
    post(world, environment_id, "/batch", {"batch": events})
    first, second, third = stored(world)
    assert first["properties"] == {"n": 1, "$set": {"plan": "pro", "age": 2}}
    assert second["properties"] == {"$set_once": {"first": 1}}
    assert (third["properties"], third["$set"]) == ("none", {"plan": "pro"})


def test_a_wrong_clock_is_corrected(world, environment_id):
    body = {"batch": [event(timestamp="2020-01-01T10:00:00+02:00")], "sent_at": "2020-01-01T08:00:03Z"}
    post(world, environment_id, "/batch", body)
    (found,) = stored(world)
    assert found["timestamp"] == text(RECEIVED - timedelta(seconds=3))
    assert found["original_timestamp"] == "2020-01-01T08:00:00.000000Z"
    assert found["sent_at"] == "2020-01-01T08:00:03.000000Z"


def test_a_time_of_another_zone_is_none_of_utc(world, environment_id):
    times = ["2020-01-01T08:00:00.131+00:00", "2020-01-01T08:00:00.131+01:00", "2020-01-01T08:00:00.131-10:00"]
    for made in (times, times[1:2]):
        post(world, environment_id, "/batch", {"batch": [event(timestamp=time) for time in made]})
    hours = [found["timestamp"][11:13] for found in stored(world)]
    assert hours == ["08", "07", "18", "07"]
    assert {found["timestamp"][13:] for found in stored(world)} == {":00:00.131000Z"}


def test_older_browsers_say_when_they_sent_in_milliseconds(world, environment_id):
    body = [event(timestamp="2020-01-01T08:00:00Z"), event(uuid="another", offset=1_500)]
    post(world, environment_id, "/e", body, query=[("_", "1577865603000")])
    first, second = stored(world)
    assert first["timestamp"] == text(RECEIVED - timedelta(seconds=3))
    assert first["sent_at"] == second["sent_at"] == "2020-01-01T08:00:03.000000Z"
    assert second["timestamp"] == text(RECEIVED - timedelta(seconds=1.5))


def test_each_event_has_the_clock_of_its_request_unless_it_says_itself_when_it_was_sent(world, environment_id):
    made = "2020-01-01T08:00:00Z"
    events = [event(timestamp=made, **more) for more in ({}, {"sent_at": "2020-01-01T08:00:05Z"}, {"sent_at": None})]
    post(world, environment_id, V1, {"batch": events}, posthog_request_timestamp="2020-01-01T08:00:03Z")
    assert [found["timestamp"] for found in stored(world)] == [
        text(RECEIVED - timedelta(seconds=seconds)) for seconds in (3, 5, 3)
    ]


def test_a_clock_is_trusted_where_the_sender_asks_for_it(world, environment_id):
    made = "2020-01-01T08:00:00Z"
    trusted = event(timestamp=made, properties={"$ignore_sent_at": True})
    post(world, environment_id, "/batch", {"batch": [trusted], "sent_at": "2020-01-01T09:00:00Z"})
    trusted = event(timestamp=made, options={"disable_skew_correction": True})
    post(world, environment_id, V1, {"batch": [trusted], "created_at": "2020-01-01T09:00:00Z"})
    assert {found["timestamp"] for found in stored(world)} == {"2020-01-01T08:00:00.000000Z"}


def test_what_is_no_time_stays_as_it_came(world, environment_id):
    body = {"batch": [event(timestamp="yesterday"), event(uuid="b", timestamp=7)], "sent_at": "now"}
    post(world, environment_id, "/batch", body)
    assert [(found["timestamp"], found["sent_at"]) for found in stored(world)] == [("yesterday", "now"), (7, "now")]


def test_ids_do_not_depend_on_the_batch_or_on_the_try(world, environment_id):
    events = [event(uuid=f"u-{place}", properties={"n": place}, timestamp="2026-11-02T10:00:00Z") for place in range(4)]
    post(world, environment_id, "/batch", {"batch": events, "sent_at": "2026-11-02T10:00:01Z"})
    world.clock.forward(60)
    post(world, environment_id, "/batch", {"batch": events[:1], "sent_at": "2026-11-02T10:01:01Z"})
    post(world, environment_id, "/e", {"batch": events[1:], "sent_at": "2026-11-02T10:01:02Z"})
    ids = [found["_event_id"] for found in world.events()]
    assert ids[:4] == ids[4:]


def test_one_id_with_two_contents_is_two_events(world, environment_id):
    post(world, environment_id, "/batch", {"batch": [event(), event(event="closed")]})
    assert len({found["_event_id"] for found in world.events()}) == 2


def test_one_bad_event_does_not_spoil_its_batch(world):
    environment_id = world.add_environment(NEEDS_DISTINCT_ID)
    answer = post(world, environment_id, "/batch", {"batch": [event(), {"event": "b"}, 7, event(uuid="d")]})
    assert (answer.status, answer.json["status"], answer.json["ok"]) == (200, 1, False)
    outcomes = [row["outcome"] for row in answer.json["results"]]
    assert outcomes == ["accepted", "quarantined", "quarantined", "accepted"]


def test_a_thousand_events_are_taken_and_one_more_is_413(world, environment_id):
    events = [event(uuid=f"u-{place}") for place in range(1_001)]
    assert post(world, environment_id, "/batch", {"batch": events[:1_000]}).json["accepted"] == 1_000
    assert post(world, environment_id, "/batch", {"batch": events}).status == 413


def test_what_an_envelope_says_does_not_multiply_without_bounds(world, environment_id):
    body = {"batch": [{}] * 1_000, "sent_at": "x" * 1_000_000}
    assert post(world, environment_id, "/batch", body).json["code"] == "body_too_large"


STATUSES = {
    "accepted": 200,
    "quarantined": 200,
    "rejected": 400,
    "rate_limited": 429,
    "plan_exhausted": 402,
    "undeliverable": 503,
}


@pytest.mark.parametrize("route", ["/batch", "/e", "/i/v0/e", "/capture"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_status_is_what_makes_the_sdks_do_the_right(ending, route):
    _, answer = ended(ending, lambda world, found: post(world, found, route, {"batch": [event()]}))
    expected = 503 if ending == "rate_limited" and route != "/batch" else STATUSES[ending]
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (expected, OUTCOME.get(ending, ending))
    assert ("retry-after" in answer.headers) is (expected in {429, 503})
    assert answer.json["status"] == (1 if expected == 200 else expected)


@pytest.mark.parametrize(
    ("ending", "status", "result"),
    [
        ("accepted", 200, "ok"),
        ("quarantined", 200, "warning"),
        ("rejected", 200, "drop"),
        ("rate_limited", 429, None),
        ("plan_exhausted", 402, None),
        ("undeliverable", 503, None),
        ("bad_key", 401, None),
        ("deleted", 410, None),
    ],
)
def test_version_1_tells_of_each_event(ending, status, result):
    _, answer = ended(ending, lambda world, found: post(world, found, V1, {"batch": [event()]}))
    assert answer.status == status
    if result is None:
        assert answer.json["code"] == ending
    else:
        code = None if result == "ok" else "required"
        assert answer.json["results"] == {event()["uuid"]: {"result": result, "details": code}}


def of_two_places(world):
    """Make an environment whose second stream takes nothing: some events of a batch are not durable."""
    world.streams.always = refusing(THROTTLED, 0)
    world.spill.always = refusing(THROTTLED)
    return world.add_environment([], "keep")


def large(uuid):
    return event(uuid=uuid, properties={"text": "x" * 900_000})


def test_version_1_says_which_events_to_send_again(world):
    environment_id = of_two_places(world)
    answer = post(world, environment_id, V1, {"batch": [large("a"), large("b")]})
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (200, "undeliverable")
    assert {told["result"] for told in answer.json["results"].values()} == {"ok", "retry"}


def test_version_1_says_503_where_what_to_send_again_has_no_id(world):
    environment_id = of_two_places(world)
    events = [{"event": "a", "properties": {"text": "x" * 900_000}} for _ in range(2)]
    assert post(world, environment_id, V1, {"batch": events}).status == 503


def test_version_1_takes_its_times_from_the_batch_and_from_a_header(world, environment_id):
    body = {"batch": [event(timestamp="2020-01-01T08:00:00Z", session_id="s")], "created_at": "2020-01-01T08:00:01Z"}
    headers = {"posthog_request_timestamp": "2020-01-01T08:01:00+00:00", "authorization": "Bearer wk"}
    post(world, environment_id, V1, body, **headers)
    (found,) = stored(world)
    assert (found["sent_at"], found["session_id"]) == ("2020-01-01T08:00:01.000000Z", "s")
    assert found["timestamp"] == text(RECEIVED - timedelta(seconds=60))


def test_version_1_of_a_body_that_is_not_json_is_400_where_nothing_is_kept(world):
    environment_id = world.add_environment([], "keep", on_invalid="reject")
    answer = post(world, environment_id, V1, "{")
    assert (answer.status, answer.json["code"]) == (400, "not_json")


def test_the_keys_of_version_1_are_a_bearer(world, environment_id):
    world.change(environment_id, write_keys=["wk"])
    assert post(world, environment_id, V1, {"batch": [event()]}).status == 401
    assert post(world, environment_id, V1, {"batch": [event()]}, authorization="Bearer wk").status == 200


def test_configuration_tells_no_more_than_the_sdks_need(world, environment_id):
    answer = world.send(http_api_event("GET", f"/e/{environment_id}/array/phc_1/config"))
    assert answer.json == {"hasFeatureFlags": False, "supportedCompression": ["gzip-js"]}
    assert answer.headers["cache-control"] == "public, max-age=60"
    for route in ("/flags/", "/decide"):
        answer = post(world, environment_id, route, {"token": "wk", "distinct_id": "u"}, query=[("v", "2")])
        assert answer.json == {"flags": {}, "featureFlags": {}, "errorsWhileComputingFlags": False}
    assert world.events() == []
    assert world.counted() == {}


@pytest.mark.parametrize("route", ["/static/array.js", "/array/phc_1/config.js", "/s", "/api/feature_flag"])
def test_scripts_recordings_and_flags_are_not_served(world, environment_id, route):
    assert world.send(http_api_event("GET", f"/e/{environment_id}{route}")).status == 404


def test_an_id_that_is_no_unicode_text_is_answered_like_any_other(world):
    environment_id = world.add_environment([{"key": "event", "type": "STRING", "presence": "optional"}], "keep")
    body = '{"batch":[{"event":"a","uuid":"\\ud800","distinct_id":"x"}]}'
    answer = world.send(http_api_event("POST", f"/e/{environment_id}/i/v1/analytics/events", body=body))
    assert (answer.status, len(world.events())) == (200, 1)
    assert b"\\ud800" in answer.body


@pytest.mark.parametrize("event", FRONT_DOORS.values(), ids=FRONT_DOORS)
def test_a_key_that_is_no_unicode_text_is_no_fault_of_a_configuration(world, environment_id, event):
    for path, query in (("/sourceConfig", [("writeKey", "\udcff")]), ("/v1/projects/\udcff/settings", [])):
        answer = world.send(event("GET", f"/e/{environment_id}{path}", query=query))
        assert answer.status in {200, 404}, (path, answer.body)
