"""What holds on the routes of every protocol: addresses, methods, bodies, bounds, keys, ids, browsers, quarantine."""

import base64
import gc
import gzip
import json
import tracemalloc
import zlib
from collections import Counter
from urllib.parse import parse_qsl

import pytest

from domain.errors import Rejected
from domain.protocols.routes import ROUTES
from tests.front_doors import HOST, http_api_event
from tests.ingest_world import THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, PROTOCOL_OF_RECORDING, recording

TRACK = {"type": "track", "event": "Opened", "messageId": "m-1", "userId": "u"}
NEEDS_EVENT = [{"key": "event", "type": "STRING", "presence": "required"}]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment(NEEDS_EVENT)


def post(world, environment_id, route, body, **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = f"/e/{environment_id}{route}".partition("?")
    event = http_api_event("POST", path, body=body, headers=headers, query=parse_qsl(query))
    return world.send(event)


WITHOUT_A_FILE_OF_THEIR_OWN = {"cloudevents", "ndjson", "native"}


@pytest.mark.parametrize(
    "sender", [name for name, owner in PROTOCOL_OF_RECORDING.items() if owner in WITHOUT_A_FILE_OF_THEIR_OWN]
)
def test_every_call_of_a_sender_arrives_once(world, sender):
    environment_id = world.add_environment([], "keep")
    held = recording(sender)
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}")).status in {200, 204}
    events = [json.dumps(event) for event in world.events()]
    assert all(sum(mark in event for event in events) == 1 for mark in held.marks)


def test_a_path_that_is_no_route_is_404(world, environment_id):
    answer = post(world, environment_id, "/v1/nothing", TRACK)
    assert (answer.status, answer.code) == (404, "unknown_route")
    assert answer.headers["x-ingest-outcome"] == "unknown_route"
    assert answer.headers["x-revision-id"]


def test_nothing_stays_of_requests_that_cannot_be_read(world, environment_id):
    def kept():
        gc.collect()
        return sum(isinstance(held, Rejected) for held in gc.get_objects())

    before = kept()
    for route in (route for route, held in ROUTES.items() if "POST" in held.methods):
        post(world, environment_id, route.replace("{name}", "shop"), b"\x1f\x8bbroken")
    assert kept() == before


def test_a_slash_at_the_end_of_a_route_does_not_matter(world, environment_id):
    assert post(world, environment_id, "/v1/track/", TRACK).status == 200


def test_a_route_of_an_unknown_environment_is_404(world):
    answer = post(world, "env_00000000000000000000000009", "/v1/track", TRACK)
    assert (answer.status, answer.json["code"]) == (404, "unknown_environment")


@pytest.mark.parametrize("address", ["/e/env_0000000000000000000000none", "closed"])
def test_a_body_is_decoded_only_where_the_address_and_the_origin_are_right(world, address):
    bomb = gzip.compress(b'{"batch": [' + b" " * 15_000_000 + b"]}")
    closed = f"/e/{world.add_environment(allowed_origins=['https://shop.example'])}"
    headers = {"origin": "https://elsewhere.example"}
    path = f"{closed if address == 'closed' else address}/batch"
    world.send(
        http_api_event("POST", path, body=b"{}", headers=headers)
    )  # what is loaded at the first request is there
    tracemalloc.start()
    try:
        answer = world.send(http_api_event("POST", path, body=bomb, headers=headers))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status in {403, 404}
    assert peak < 1_000_000


def test_a_custom_domain_serves_every_path_itself(world, environment_id):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    event = http_api_event("POST", "/v1/track", body=json.dumps(TRACK), host=CUSTOM_DOMAIN)
    assert world.send(event).status == 200
    event = http_api_event("POST", "/anything", body="{}", host=CUSTOM_DOMAIN)
    assert world.send(event).json["code"] == "unknown_route"


def test_a_route_takes_its_methods_only(world, environment_id):
    answer = world.send(http_api_event("GET", f"/e/{environment_id}/v1/track"))
    assert answer.status == 405
    assert answer.headers["allow"] == "POST, HEAD, OPTIONS"


@pytest.mark.parametrize("headers", [{}, {"content_encoding": "gzip"}, {"content_encoding": "br"}])
def test_a_body_that_begins_as_gzip_is_gzip_whatever_its_headers_say(world, environment_id, headers):
    body = gzip.compress(json.dumps(TRACK).encode())
    answer = post(world, environment_id, "/v1/track", body, content_type="application/x-www-form-urlencoded", **headers)
    assert answer.status == 200


def test_deflate_is_decoded_and_other_encodings_are_415(world, environment_id):
    body = json.dumps(TRACK).encode()
    assert post(world, environment_id, "/v1/track", zlib.compress(body), content_encoding="deflate").status == 200
    answer = post(world, environment_id, "/v1/track", body, content_encoding="br")
    assert (answer.status, answer.json["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "body", [b"", b" \r\n", b"\xef\xbb\xbf", gzip.compress(b"")], ids=["none", "whitespace", "mark", "gzip"]
)
@pytest.mark.parametrize("route", sorted(name for name, route in ROUTES.items() if not route.is_configuration))
def test_a_request_without_a_body_is_400_and_holds_no_event(world, environment_id, route, body):
    world.change(environment_id, webhooks=[{"name": "{name}", "scheme": "none"}])
    method = ROUTES[route].methods[0]
    answer = ask(world, environment_id, method, route, body=b"" if method == "GET" else body)
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (400, "no_payload")
    assert world.quarantined() == []


@pytest.mark.parametrize("kind", ["cloudevents", "cloudevents-batch"])
def test_a_cloud_event_without_a_body_is_400(world, environment_id, kind):
    assert post(world, environment_id, "", "", content_type=f"application/{kind}+json").code == "no_payload"


def test_a_body_that_is_not_json_is_one_event_kept_as_it_came(world, environment_id):
    answer = post(world, environment_id, "/v1/batch", '{"batch": [')
    (event,) = world.quarantined()
    assert answer.status == 200
    assert answer.headers["x-ingest-outcome"] == "quarantined"
    assert event.raw == b'{"batch": ['
    assert [error["code"] for error in event.errors] == ["not_json"]


def test_quarantine_names_the_protocol_and_holds_the_translated_event(world, environment_id):
    post(world, environment_id, "/v1/track", {"messageId": "m", "writeKey": "wk", "timestamp": "2026-11-02T10:11:12Z"})
    (event,) = world.quarantined()
    assert event.protocol == "segment"
    assert json.loads(event.raw) == {
        "messageId": "m",
        "type": "track",
        "timestamp": "2026-11-02T10:11:12.000000Z",
        "originalTimestamp": "2026-11-02T10:11:12.000000Z",
    }


def protocols_in(world):
    world.counters.flush()
    counts = Counter()
    for row in (row for call in world.usage.calls for row in call):
        for protocol, outcomes in row.protocols.items():
            counts.update({(protocol, outcome): count for outcome, count in outcomes.items()})
    return counts


def test_events_are_counted_by_the_protocol_that_they_came_in(world, environment_id):
    post(world, environment_id, "/v1/batch", {"batch": [TRACK, TRACK, {"type": "track"}]})
    post(world, environment_id, "/batch", {"batch": [{"event": "a", "distinct_id": "d"}]})
    post(world, environment_id, "/ndjson", "{}")
    post(world, environment_id, "", [{"event": "a"}, {}])
    assert protocols_in(world) == {
        ("segment", "accepted"): 2,
        ("segment", "quarantined"): 1,
        ("posthog", "accepted"): 1,
        ("ndjson", "quarantined"): 1,
    }


def test_what_is_rejected_counts_for_its_protocol_and_a_dry_run_does_not(world):
    rejecting = world.add_environment(NEEDS_EVENT, on_invalid="reject")
    post(world, rejecting, "/v1/track", {"type": "track"})
    post(world, rejecting, "/debug/mp/collect", {"client_id": "c", "events": [{"name": "n"}]})
    assert protocols_in(world) == {("segment", "rejected"): 1}


def test_a_native_event_in_quarantine_names_no_protocol(world, environment_id):
    world.post(environment_id, {})
    assert world.quarantined()[0].protocol is None


def test_a_batch_of_mixed_outcomes_is_a_success_that_says_which(world, environment_id):
    answer = post(world, environment_id, "/v1/batch", {"batch": [TRACK, {"type": "page"}, 7]})
    assert answer.status == 200
    assert answer.headers["x-ingest-outcome"] == "mixed"
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "quarantined"]


def test_a_native_batch_of_mixed_outcomes_says_so_in_its_header(world, environment_id):
    answer = world.post(environment_id, [{"event": "a"}, {}])
    assert answer.headers["x-ingest-outcome"] == "mixed"


def test_one_event_with_half_a_surrogate_does_not_spoil_its_batch(world, environment_id):
    text = '{"batch": [{"event": "a"}, {"event": "\\ud800"}, {"event": "c"}]}'
    answer = post(world, environment_id, "/v1/batch", text)
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "accepted"]


def test_more_events_than_a_request_may_have_are_413(world, environment_id):
    answer = post(world, environment_id, "/v1/batch", {"batch": [TRACK] * 1_001})
    assert (answer.status, answer.json["code"]) == (413, "too_many_events")


def test_an_event_of_too_many_values_is_refused_alone(world, environment_id):
    large = {"event": "b", "properties": {"list": [0] * 100_001}}
    answer = post(world, environment_id, "/v1/batch", {"batch": [TRACK, large], "sentAt": "2026-11-02T10:11:12Z"})
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined"]
    assert answer.json["results"][1]["errors"][0]["code"] == "event_too_large"


def test_what_an_envelope_says_does_not_multiply_without_bounds(world, environment_id):
    body = {"batch": [{"timestamp": "2026-11-02T10:11:12Z"}] * 1_000, "sentAt": "x" * 1_000_000}
    answer = post(world, environment_id, "/v1/batch", body)
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


def test_a_context_of_all_calls_is_in_each_and_does_not_multiply_without_bounds(world):
    environment_id = world.add_environment([], "keep")
    calls = [{"event": "a", "context": {"ip": "own"}}, {"event": "b"}, {"event": "c", "context": 7}]
    post(world, environment_id, "/v1/batch", {"batch": calls, "context": {"ip": "of all", "app": {"name": "shop"}}})
    found = [event["_extra"]["/context"] for event in world.events()]
    of_all = {"ip": "of all", "app": {"name": "shop"}}
    assert found == [{**of_all, "ip": "own"}, of_all, 7]
    answer = post(world, environment_id, "/v1/batch", {"batch": calls * 300, "context": {"text": "x" * 100_000}})
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


def test_an_event_of_too_many_levels_is_refused_alone_and_kept_as_it_came(world, environment_id):
    deep = "[" * 1_000 + "]" * 1_000
    text = '{"batch":[{"event":"a"},{"event":"b","properties":' + deep + "}]}"
    answer = post(world, environment_id, "/v1/batch", text)
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined"]
    assert answer.json["results"][1]["errors"][0]["code"] == "depth"
    assert deep.encode() in world.quarantined()[0].raw


def test_an_envelope_of_very_many_members_is_refused_as_one_event(world, environment_id):
    body = b"{" + b'"a":1,' * 500_000 + b'"batch":[]}'
    answer = post(world, environment_id, "/v1/batch", body)
    assert [row["errors"][0]["code"] for row in answer.json["results"]] == ["event_too_large"]


def test_numbers_keep_their_digits(world, environment_id):
    text = '{"type":"track","properties":{"n":12345678901234567890123,"f":-0.12345678901234567890}}'
    post(world, environment_id, "/v1/track", text)
    (event,) = world.quarantined()
    assert b'{"n":12345678901234567890123,"f":-0.12345678901234567890}' in event.raw


def test_the_same_id_with_another_content_is_another_event(world, environment_id):
    for event in (TRACK, {**TRACK, "userId": "another"}, TRACK):
        post(world, environment_id, "/v1/track", event)
    first, second, third = (event["_event_id"] for event in world.events())
    assert first == third != second
    assert first[16] == "8"


def test_an_idempotency_key_counts_where_a_sender_has_no_id(world, environment_id):
    for _ in range(2):
        post(world, environment_id, "/ndjson", '{"event": "a"}\n{"event": "b"}', idempotency_key="k")
    ids = [event["_event_id"] for event in world.events()]
    assert ids[:2] == ids[2:]


def test_write_keys_are_asked_for_where_an_environment_lists_them(world, environment_id):
    world.change(environment_id, write_keys=["wk_1", "wk_2"])
    assert post(world, environment_id, "/v1/track", TRACK).json["code"] == "bad_key"
    assert post(world, environment_id, "/v1/track", {**TRACK, "writeKey": "wk_2"}).status == 200
    assert post(world, environment_id, "/v1/track", TRACK, authorization="Basic d2tfMTo=").status == 200
    assert post(world, environment_id, "/v1/track", TRACK, x_write_key="wk_1:secret").status == 200
    assert post(world, environment_id, "/v1/track", TRACK, authorization="Bearer wk_1:secret").status == 200
    assert post(world, environment_id, "", {"event": "a"}).json["code"] == "bad_key"
    assert post(world, environment_id, "", {"event": "a"}, authorization="Bearer wk_1").status == 200
    assert world.request("OPTIONS", environment_id).status == 204


@pytest.mark.parametrize("path", ["", "/v1/track", "/ndjson", "/firehose"])
@pytest.mark.parametrize("credentials", ["Basic é", "Basic !!!", "Basic abc", "Basic", "Bearer é"])
def test_credentials_that_can_not_be_read_are_no_key(world, environment_id, path, credentials):
    world.change(environment_id, write_keys=["wk_1"])
    assert post(world, environment_id, path, TRACK, authorization=credentials).json["code"] == "bad_key"


@pytest.mark.parametrize("path", ["/ndjson", "/logpush", "/v0/events", "/v1/batch", "/e", "/firehose", "/track"])
def test_every_route_takes_the_key_of_its_query(world, environment_id, path):
    world.change(environment_id, write_keys=["wk_1"])
    assert post(world, environment_id, f"{path}?writeKey=wk_1", TRACK).status == 200
    assert post(world, environment_id, f"{path}?writeKey=another", TRACK).status == 401


def test_a_cloud_event_takes_the_key_of_the_query_too(world, environment_id):
    world.change(environment_id, write_keys=["wk_1"])
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    headers = {"content_type": "application/cloudevents+json"}
    assert post(world, environment_id, "?writeKey=wk_1", event, **headers).status == 200
    assert post(world, environment_id, "?writeKey=another", event, **headers).status == 401


QUESTIONS = {
    "Segment's": lambda key: {"method": "GET", "path": f"/v1/projects/{key}/settings"},
    "RudderStack's": lambda key: {"method": "GET", "path": "/sourceConfig", "query": [("writeKey", key)]},
    "RudderStack's user": lambda key: {"method": "GET", "path": "/sourceConfig", "headers": basic(key)},
    "PostHog's": lambda key: {"method": "GET", "path": f"/array/{key}/config"},
    "flags": lambda key: {"method": "POST", "path": "/flags/", "body": json.dumps({"token": key, "distinct_id": "d"})},
    "flags as a form": lambda key: {"method": "POST", "path": "/flags", "body": b"data=" + encoded({"token": key})},
    "decide": lambda key: {"method": "POST", "path": "/decide", "body": json.dumps({"api_key": key})},
}
"""What SDKs ask about their configuration, with the key where each has it."""


def encoded(value):
    return base64.b64encode(json.dumps(value).encode())


def basic(key):
    return {"authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


def ask(world, environment_id, method, path, **request):
    return world.send(http_api_event(method, f"/e/{environment_id}{path}", **request))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_configuration_carries_a_key_too(world, environment_id, question):
    world.change(environment_id, write_keys=["wk_1"], allowed_origins=["https://shop.example"])
    assert ask(world, environment_id, **QUESTIONS[question]("wk_1")).status == 200
    refused = ask(world, environment_id, **QUESTIONS[question]("another"))
    assert (refused.status, refused.json["code"]) == (401, "bad_key")
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert world.events() == world.quarantined() == []
    assert world.counted() == {}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_configuration_is_answered_to_pages_of_any_origin(world, environment_id, question):
    world.change(environment_id, allowed_origins=["https://shop.example"])
    asked = QUESTIONS[question]("any")
    answer = ask(world, environment_id, **{**asked, "headers": {"origin": "https://elsewhere.example"}})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.headers["cache-control"] == "public, max-age=60"
    headers = {"origin": "https://elsewhere.example"}
    assert world.send(http_api_event("HEAD", f"/e/{environment_id}{asked['path']}", headers=headers)).status == 200


def test_segments_configuration_leads_to_the_address_that_was_asked(world, environment_id):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    answer = ask(world, environment_id, "GET", "/v1/projects/wk/settings")
    destination = {"apiKey": "wk", "apiHost": f"{HOST}/e/{environment_id}/v1", "protocol": "https"}
    assert answer.json == {"integrations": {"Segment.io": destination}}
    own = world.send(http_api_event("GET", "/v1/projects/wk/settings", host=CUSTOM_DOMAIN))
    assert own.json["integrations"]["Segment.io"]["apiHost"] == f"{CUSTOM_DOMAIN}/v1"


def test_rudderstacks_configuration_has_no_destination_and_reports_nothing(world, environment_id):
    answer = ask(world, environment_id, "GET", "/sourceConfig", query=[("writeKey", "wk"), ("v", "3")])
    source = answer.json["source"]
    assert (source["id"], source["writeKey"], source["enabled"]) == (environment_id, "wk", True)
    assert source["destinations"] == []
    assert source["config"]["statsCollection"] == {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    assert {"name", "workspaceId", "updatedAt"} <= source.keys()
    assert answer.json["updatedAt"]


@pytest.mark.parametrize("path", ["", "/v1/track", "/ndjson", "/i", "/hooks/shop", "/flags"])
def test_head_carries_a_key_as_other_requests_do(world, environment_id, path):
    world.change(environment_id, write_keys=["wk_1"], webhooks=[{"name": "shop", "scheme": "none"}])
    refused = ask(world, environment_id, "HEAD", path)
    assert (refused.status, refused.body, refused.headers["x-ingest-outcome"]) == (401, b"", "bad_key")
    assert ask(world, environment_id, "HEAD", path, query=[("writeKey", "wk_1")]).status == 200
    assert ask(world, environment_id, "HEAD", path, headers=basic("wk_1")).status == 200
    assert ask(world, environment_id, "OPTIONS", path).status == 204


@pytest.mark.parametrize(
    ("route", "wrap"),
    [
        ("/v1/batch", lambda key: {"batch": [{"type": "page"}, {**TRACK, "writeKey": key}]}),
        ("/v1/import", lambda key: {"batch": [TRACK] * 2, "writeKey": key}),
        ("/v1/batch", lambda key: [TRACK, {**TRACK, "writeKey": key}]),
        ("/batch", lambda key: {"batch": [{"event": "a"}, {"event": "b", "api_key": key}]}),
        ("/batch", lambda key: {"batch": [{"event": "a"}, {"event": "b", "$token": key}]}),
        ("/2/httpapi", lambda key: {"events": [{"event_type": "a"}, {"event_type": "b", "api_key": key}]}),
        ("/track", lambda key: [{"event": "a"}, {"event": "b", "properties": {"token": key}}]),
        ("/com.snowplowanalytics.snowplow/tp2", lambda key: {"data": [{"e": "pv"}, {"e": "pv", "writeKey": key}]}),
    ],
)
def test_the_key_of_an_event_in_a_batch_counts_for_the_batch_and_is_not_stored(world, route, wrap):
    environment_id = world.add_environment([], "keep", write_keys=["wk_1"])
    for key in ("another", 7):
        refused = post(world, environment_id, route, wrap(key))
        assert (refused.status, refused.headers["x-ingest-outcome"]) == (401, "bad_key")
    assert post(world, environment_id, route, wrap("wk_1")).status == 200
    assert len(world.events()) == 2
    assert "wk_1" not in json.dumps(world.events())


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/batch", {**TRACK, "writeKey": "wk_1"}),
        ("/v1/import", {"batch": TRACK, "writeKey": "wk_1"}),
        ("/batch", {"batch": {}, "api_key": "wk_1"}),
        ("/2/httpapi", {"events": {}, "api_key": "wk_1"}),
    ],
)
def test_the_key_of_a_body_that_is_no_batch_is_not_stored(world, route, body):
    environment_id = world.add_environment([], "keep", write_keys=["wk_1"])
    assert post(world, environment_id, route, body).status == 200
    assert len(world.events()) == 1
    assert "wk_1" not in json.dumps(world.events())


def test_the_key_of_an_image_is_not_stored(world):
    environment_id = world.add_environment([], "keep", write_keys=["wk_1"])
    pixel = [("e", "pv"), ("writeKey", "wk_1")]
    assert ask(world, environment_id, "GET", "/i", query=pixel).status == 200
    (event,) = world.events()
    assert event["_extra"]["/event"] == "page_view"
    assert "wk_1" not in json.dumps(event)
    assert ask(world, environment_id, "GET", "/i", query=pixel[1:]).status == 400


@pytest.mark.parametrize(
    ("path", "held"), [("/v1/batch", "batch"), ("/2/httpapi", "events"), ("/batch", "events"), ("/firehose", "records")]
)
def test_an_empty_request_without_a_key_is_refused_for_its_key(world, environment_id, path, held):
    world.change(environment_id, write_keys=["wk_1"])
    key = {"v1": "writeKey"}.get(path[1:3], "api_key")
    assert post(world, environment_id, path, {held: []}).status == 401
    assert post(world, environment_id, path, {held: [], key: "another"}).status == 401
    assert post(world, environment_id, f"{path}?writeKey=wk_1", {held: []}).status == 400
    if held != "records":
        assert post(world, environment_id, path, {held: [], key: "wk_1"}).status == 400


@pytest.mark.parametrize(("change", "status"), [({"rate_limit": 1}, 429), ({"plan_exhausted": True}, 402)])
def test_the_rate_and_the_plan_come_before_a_body_of_amplitude_that_can_not_be_read(
    world, environment_id, change, status
):
    world.change(environment_id, **change)
    for _ in range(20):
        post(world, environment_id, "/ndjson", TRACK)
    assert post(world, environment_id, "/2/httpapi", b"a", content_encoding="br").status == status


def test_a_preflight_allows_the_headers_that_it_asks_for(world, environment_id):
    headers = {"origin": "https://shop.test", "access-control-request-headers": "authorization,x-retry-count"}
    answer = world.send(http_api_event("OPTIONS", f"/e/{environment_id}/v1/t", headers=headers))
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "authorization,x-retry-count"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_webhook_handshake_is_answered(world, environment_id):
    answer = world.request("OPTIONS", environment_id, headers={"webhook-request-origin": "eventgrid.example"})
    assert answer.headers["webhook-allowed-origin"] == "eventgrid.example"
    assert answer.headers["webhook-allowed-rate"] == "*"


@pytest.mark.parametrize(
    ("route", "body"),
    [("/v1/batch", {"batch": [TRACK]}), ("/v1/track", TRACK), ("/ndjson", TRACK), ("/api/s/s2s/track", TRACK)],
)
def test_what_is_not_durable_is_503_with_retry_after(world, environment_id, route, body):
    world.streams.always = world.spill.always = refusing(THROTTLED)
    answer = post(world, environment_id, route, body)
    assert (answer.status, answer.json["code"]) == (503, "undeliverable")
    assert answer.json["message"]
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("route", ["/v1/track", "/ndjson"])
def test_the_plan_and_the_rate_are_answered_402_and_429(world, environment_id, route):
    world.change(environment_id, plan_exhausted=True)
    assert post(world, environment_id, route, TRACK).status == 402
    other = world.add_environment(NEEDS_EVENT, rate_limit=1)
    answers = [post(world, other, route, TRACK) for _ in range(20)]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited
    assert all(answer.headers["retry-after"] for answer in limited)


@pytest.mark.parametrize("route", ["/v1/track", "/ndjson"])
def test_a_request_of_which_all_is_rejected_is_400(world, route):
    environment_id = world.add_environment(NEEDS_EVENT, on_invalid="reject")
    answer = post(world, environment_id, route, {"type": "track"})
    assert answer.status == 400
    assert [row["outcome"] for row in answer.json["results"]] == ["rejected"]


def test_a_deleted_environment_is_404_for_segment_and_410_for_others(world, environment_id):
    world.change(environment_id, state="deleted")
    assert post(world, environment_id, "/v1/track", TRACK).status == 404
    assert post(world, environment_id, "/ndjson", TRACK).status == 410


OF_MANY = {
    "/v1/batch": lambda events: b'{"batch":[%b]}' % b",".join(events),
    "/batch": lambda events: b'{"batch":[%b]}' % b",".join(events),
    "/2/httpapi": lambda events: b'{"events":[%b]}' % b",".join(events),
    "/track": lambda events: b"[%b]" % b",".join(events),
}


@pytest.mark.parametrize("route", OF_MANY)
@pytest.mark.parametrize("count", [2, 400])
def test_one_event_that_is_no_json_takes_no_other_with_it_however_large_the_body(world, route, count):
    environment_id = world.add_environment([], "keep")
    names = b",".join(b'"k%d":1' % number for number in range(150))
    event = b'{"event":"a","event_type":"a","user_id":"user-1","properties":{"token":"t",%b}%b}'
    events = [event % (names, b"")] * (count - 1) + [event % (names, b',"z":NaN')]
    answer = world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=OF_MANY[route](events)))
    assert answer.status == 200
    assert (len(world.events()), len(world.quarantined())) == (count - 1, 1)
