"""Requests of SDKs that no test runs, as their source writes them, under the template of their protocol.

Their languages have registries that these tests don't reach. `succeeds` reads an answer as the SDK's source does.
"""

import base64
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest

from domain.language.templates import TEMPLATES
from tests.endings import ended
from tests.front_doors import http_api_event
from tests.ingest_world import Answer, World


class Sent(NamedTuple):
    """One request: its path behind the address, and how its SDK reads the answer.

    `holds` has for each event, in order, what it has to hold; `has_ids` says that the SDK gives events ids.
    """

    template: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    succeeds: Callable[[Answer], bool]
    holds: Sequence[Mapping[str, Any]]
    query: Sequence[tuple[str, str]] = ()
    method: str = "POST"
    has_ids: bool = True

    def event(self, environment_id):
        path = f"/e/{environment_id}{self.path}"
        return http_api_event(self.method, path, headers=self.headers, query=self.query, body=self.body)


def basic(user, password=""):
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


JSON = {"Content-Type": "application/json"}
ZIPPED = {**JSON, "Content-Encoding": "gzip"}


def is_below_300(answer):
    return 200 <= answer.status < 300


def is_200(answer):
    return answer.status == 200


def says_one(answer):
    return answer.status == 200 and answer.body.strip() == b"1"


TRACK = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-1",
    "event": "Ordered",
    "timestamp": "2026-11-02T10:11:10Z",
    "properties": {"amount": 7},
}
TRACKED = {"type": "track", "message_id": "m-1", "user_id": "u-1", "event": "Ordered", "properties": {"amount": 7}}
GO_LIBRARY = {"name": "analytics-go", "version": "3.3.0"}
JAVA_LIBRARY = {"name": "analytics-java", "version": "3.5.2"}
PHONE = {"library": {"name": "analytics-kotlin", "version": "1.19.0"}, "device": {"type": "android"}}

SEGMENT = {
    "segment: Go": Sent(
        "segment",
        "/v1/batch",
        text(
            {
                "messageId": "b-1",
                "sentAt": "2026-11-02T10:11:11.000000001Z",
                "batch": [TRACK, {**TRACK, "messageId": "m-2", "context": {"ip": "192.0.2.1"}}],
                "context": {"library": GO_LIBRARY},
            }
        ),
        {**JSON, **basic("wk")},
        is_below_300,
        [
            {**TRACKED, "library_name": "analytics-go", "context": {"library": GO_LIBRARY}},
            {"message_id": "m-2", "context": {"library": GO_LIBRARY, "ip": "192.0.2.1"}},
        ],
    ),
    "segment: Java": Sent(
        "segment",
        "/v1/import/",
        gzip.compress(
            text(
                {
                    "batch": [{**TRACK, "timestamp": "2026-11-02T10:11:10.000Z", "integrations": {}}],
                    "sentAt": "2026-11-02T10:11:11.000Z",
                    "context": {"library": JAVA_LIBRARY},
                    "sequence": 1,
                    "writeKey": "wk",
                }
            )
        ),
        {**ZIPPED, **basic("wk")},
        lambda answer: is_below_300(answer) and answer.json["success"],
        [{**TRACKED, "library_version": "3.5.2", "timestamp": "2026-11-02T10:11:11.345678Z"}],
    ),
    "segment: Ruby": Sent(
        "segment",
        "/v1/batch",
        text(
            {"sentAt": "2026-11-02T10:11:11.000Z", "batch": [{**TRACK, "timestamp": "2026-11-02T11:11:10.000+01:00"}]}
        ),
        {**JSON, "Accept": "application/json", **basic("wk")},
        lambda answer: 200 <= answer.status < 400 and answer.json.get("error") is None,
        [{**TRACKED, "original_timestamp": "2026-11-02T10:11:10.000000Z"}],
    ),
    "segment: PHP": Sent(
        "segment",
        "/v1/batch",
        text({"batch": [{**TRACK, "timestamp": "2026-11-02T10:11:10+00:00"}], "sentAt": "2026-11-02T10:11:11+00:00"}),
        {**JSON, **basic("wk")},
        is_200,
        [TRACKED],
    ),
    "segment: C#": Sent(
        "segment",
        "/v1/b",
        gzip.compress(text({"batch": [TRACK], "sentAt": "2026-11-02T10:11:11.0000000Z", "writeKey": "wk"})),
        {"Content-Encoding": "gzip", "Accept": "text/plain"},
        is_below_300,
        [TRACKED],
    ),
    "segment: Kotlin": Sent(
        "segment",
        "/v1/b",
        gzip.compress(
            text({"batch": [{**TRACK, "context": PHONE, "_metadata": {}}], "sentAt": "2026-11-02T10:11:11.000Z"})
        ),
        {"Content-Encoding": "gzip", "Content-Type": "text/plain"},
        is_below_300,
        [{**TRACKED, "library_name": "analytics-kotlin", "context": PHONE}],
    ),
    "segment: Swift": Sent(
        "segment",
        "/v1/b",
        b'{ "batch": ['
        + text({**TRACK, "integrations": {}})
        + b'],"sentAt":"2026-11-02T10:11:11.000Z","writeKey":"wk"}',
        {"Content-Type": "application/json; charset=utf-8"},
        lambda answer: 1 <= answer.status < 300,
        [TRACKED],
    ),
    "segment: React Native": Sent(
        "segment",
        "/v1/b",
        text(
            {
                "batch": [
                    {**TRACK, "integrations": {}, "anonymousId": "a-1", "context": {}, "_metadata": {"bundled": []}}
                ],
                "sentAt": "2026-11-02T10:11:11.000Z",
                "writeKey": "wk",
            }
        ),
        {"Content-Type": "application/json; charset=utf-8"},
        is_below_300,
        [{**TRACKED, "anonymous_id": "a-1"}],
    ),
    # Its times are those of the phone's own clock and name no zone: here it is two hours ahead.
    "segment: Flutter": Sent(
        "segment",
        "/v1/b",
        text(
            {
                "batch": [{**TRACK, "timestamp": "2026-11-02T12:11:08.345678", "anonymousId": None, "_metadata": None}],
                "sentAt": "2026-11-02T12:11:10.345678",
                "writeKey": "wk",
            }
        ),
        {"Content-Type": "application/json; charset=utf-8"},
        is_below_300,
        [{**TRACKED, "timestamp": "2026-11-02T10:11:10.345678Z", "original_timestamp": "2026-11-02T12:11:08.345678Z"}],
    ),
    "rudderstack: Android": Sent(
        "segment",
        "/v1/batch",
        text(
            {
                "sentAt": "2026-11-02T10:11:11.000Z",
                "batch": [
                    {
                        "messageId": "m-1",
                        "channel": "mobile",
                        "context": {"library": {"name": "com.rudderstack.android.sdk.core", "version": "1.27.0"}},
                        "type": "track",
                        "originalTimestamp": "2026-11-02T10:11:10.000Z",
                        "anonymousId": "a-1",
                        "event": "Ordered",
                        "properties": {"amount": 7},
                        "integrations": {"All": True},
                    }
                ],
            }
        ),
        {**JSON, **basic("wk"), "AnonymousId": "YS0x"},
        is_200,
        [{"channel": "mobile", "anonymous_id": "a-1", "timestamp": "2026-11-02T10:11:11.345678Z"}],
    ),
}

CAPTURED = {"event": "ordered", "distinct_id": "u-1", "properties": {"amount": 7, "$lib": "l"}}
CAPTURED_AS = {"event": "ordered", "distinct_id": "u-1", "lib": "l"}
POSTHOG = {
    "posthog: Go": Sent(
        "posthog",
        "/batch/",
        text(
            {
                "api_key": "phc",
                "historical_migration": False,
                "batch": [
                    {
                        **CAPTURED,
                        "type": "capture",
                        "uuid": "u-u-i-d",
                        "library": "posthog-go",
                        "library_version": "1.6.0",
                        "timestamp": "2026-11-02T10:11:10.123456789Z",
                        "send_feature_flags": False,
                    }
                ],
            }
        ),
        JSON,
        is_below_300,
        [{**CAPTURED_AS, "uuid": "u-u-i-d", "timestamp": "2026-11-02T10:11:10.123456Z"}],
    ),
    "posthog: Ruby": Sent(
        "posthog",
        "/batch/",
        text(
            {
                "api_key": "phc",
                "batch": [{**CAPTURED, "timestamp": "2026-11-02T10:11:10.000Z", "uuid": "u-u-i-d", "type": "capture"}],
            }
        ),
        {**JSON, "Accept": "application/json"},
        lambda answer: answer.status == 200 and answer.json.get("error") is None,
        [CAPTURED_AS],
    ),
    "posthog: PHP": Sent(
        "posthog",
        "/batch/",
        gzip.compress(text({"batch": [{**CAPTURED, "timestamp": "2026-11-02T10:11:10+00:00"}], "api_key": "phc"})),
        ZIPPED,
        is_200,
        [CAPTURED_AS],
        has_ids=False,
    ),
    # An alias has its person in the properties alone.
    "posthog: PHP, alias": Sent(
        "posthog",
        "/batch/",
        text(
            {
                "batch": [{"event": "$create_alias", "distinct_id": None, "properties": {"distinct_id": "u-1"}}],
                "api_key": "phc",
            }
        ),
        JSON,
        is_200,
        [{"event": "$create_alias", "distinct_id": "u-1"}],
        has_ids=False,
    ),
    "posthog: .NET": Sent(
        "posthog",
        "/batch",
        text({"api_key": "phc", "historical_migrations": False, "batch": [{**CAPTURED, "uuid": "u-u-i-d"}]}),
        {"Content-Type": "application/json; charset=utf-8"},
        lambda answer: is_below_300(answer) and type(answer.json["status"]) is int,
        [CAPTURED_AS],
    ),
    "posthog: iOS": Sent(
        "posthog",
        "/batch",
        gzip.compress(
            text(
                {
                    "api_key": "phc",
                    "batch": [{**CAPTURED, "uuid": "u-u-i-d", "timestamp": "2026-11-02T10:11:10.000Z"}],
                    "sent_at": "2026-11-02T10:11:11.000Z",
                }
            )
        ),
        ZIPPED,
        is_below_300,
        [{**CAPTURED_AS, "timestamp": "2026-11-02T10:11:11.345678Z"}],
    ),
    # Versions before it sends in version 1: another name, and a time in UTC that names no zone.
    "posthog: Rust": Sent(
        "posthog",
        "/i/v0/e/",
        text(
            {
                "api_key": "phc",
                "uuid": "u-u-i-d",
                "event": "ordered",
                "$distinct_id": "u-1",
                "properties": {"amount": 7, "$lib": "l"},
                "timestamp": "2026-11-02T10:11:10.500",
            }
        ),
        JSON,
        is_below_300,
        [{**CAPTURED_AS, "uuid": "u-u-i-d", "timestamp": "2026-11-02T10:11:10.500000Z"}],
    ),
    "posthog: Python and Node, what language models do": Sent(
        "posthog",
        "/i/v0/ai/batch/",
        text({"batch": [{**CAPTURED, "uuid": "u-u-i-d"}], "api_key": "phc", "sent_at": "2026-11-02T10:11:11Z"}),
        JSON,
        is_200,
        [CAPTURED_AS],
    ),
}

HAPPENED = {"event_type": "ordered", "user_id": "u-1", "insert_id": "i-1", "time": 1_793_614_270_000}
HAPPENED_AS = {"event_type": "ordered", "insert_id": "i-1", "event_time": "2026-11-02T10:11:10.000000Z"}


def has_amplitudes_counts(answer):
    told = answer.json
    counts = (told["code"], told["events_ingested"], told["payload_size_bytes"], told["server_upload_time"])
    return answer.status == 200 and told["code"] == 200 and all(type(count) is int for count in counts)


AMPLITUDE = {
    "amplitude: Java": Sent(
        "amplitude",
        "/2/httpapi",
        text({"api_key": "k", "options": {"min_id_length": 1}, "events": [HAPPENED]}),
        {**JSON, "Accept": "application/json"},
        has_amplitudes_counts,
        [HAPPENED_AS],
    ),
    "amplitude: Go": Sent(
        "amplitude",
        "/2/httpapi",
        gzip.compress(text({"api_key": "k", "events": [HAPPENED]})),
        {**ZIPPED, "Accept": "*/*"},
        is_below_300,
        [HAPPENED_AS],
    ),
    "amplitude: Kotlin": Sent(
        "amplitude",
        "/2/httpapi",
        text(
            {
                "api_key": "k",
                "client_upload_time": "2026-11-02T10:11:11.000Z",
                "events": [{**HAPPENED, "library": "amplitude-analytics-android/1.20.0", "ip": "$remote"}],
            }
        ),
        {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"},
        is_200,
        [{**HAPPENED_AS, "event_time": "2026-11-02T10:11:11.345678Z"}],
    ),
    "amplitude: the SDKs for phones before": Sent(
        "amplitude",
        "/amplitude",
        urlencode(
            {
                "v": "2",
                "client": "k",
                "e": json.dumps([{"event_type": "ordered", "uuid": "i-1", "timestamp": 1_793_614_270_000}]),
                "upload_time": "1793614271000",
                "checksum": "c",
            }
        ).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
        lambda answer: answer.status == 200 and answer.body == b"success",
        [{**HAPPENED_AS, "event_time": "2026-11-02T10:11:11.345678Z"}],
    ),
}

MIXPANEL_EVENT = {
    "event": "ordered",
    "properties": {"token": "t", "distinct_id": "u-1", "time": 1_793_614_270, "$insert_id": "i-1"},
}
MIXPANEL_EVENT_AS = {"kind": "event", "event": "ordered", "time": "2026-11-02T10:11:10.000000Z"}
PERSON = {"$token": "t", "$distinct_id": "u-1", "$set": {"plan": "pro"}}
PERSON_AS = {"kind": "people", "distinct_id": "u-1", "operations": {"$set": {"plan": "pro"}}}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def in_base64(value):
    return base64.b64encode(text(value)).decode()


MIXPANEL = {
    "mixpanel: Go, events": Sent(
        "mixpanel",
        "/track",
        text([MIXPANEL_EVENT]),
        {"Accept": "text/plain"},
        lambda answer: answer.status == 200 and answer.json["status"] != 0,
        [MIXPANEL_EVENT_AS],
        [("verbose", "1")],
    ),
    "mixpanel: Go, people": Sent(
        "mixpanel",
        "/engage",
        text([PERSON]),
        {**JSON, "Accept": "text/plain"},
        lambda answer: answer.status == 200 and answer.json == 1,
        [PERSON_AS],
        has_ids=False,
    ),
    "mixpanel: Go, imports": Sent(
        "mixpanel",
        "/import",
        gzip.compress(text([MIXPANEL_EVENT])),
        {**ZIPPED, "Accept": "application/json", **basic("user", "secret")},
        lambda answer: answer.status == 200 and answer.json["code"] == 200 and answer.json["num_records_imported"] == 1,
        [MIXPANEL_EVENT_AS],
        [("project_id", "1"), ("strict", "1"), ("verbose", "1")],
    ),
    "mixpanel: Java, events": Sent(
        "mixpanel",
        "/track",
        f"data={quote(in_base64([MIXPANEL_EVENT]), safe='')}".encode(),
        {"Content-Type": "application/x-www-form-urlencoded;charset=utf8"},
        says_one,
        [MIXPANEL_EVENT_AS],
        [("ip", "0")],
    ),
    "mixpanel: Java, imports": Sent(
        "mixpanel",
        "/import",
        text([MIXPANEL_EVENT]),
        {**JSON, **basic("t")},
        lambda answer: answer.status == 200 and answer.json["status"] == "OK" and answer.json["code"] == 200,
        [MIXPANEL_EVENT_AS],
        [("strict", "1")],
    ),
    "mixpanel: Ruby, imports": Sent(
        "mixpanel",
        "/import",
        urlencode({"data": in_base64(MIXPANEL_EVENT), "verbose": 1, "api_key": "k"}).encode(),
        FORM,
        lambda answer: answer.status == 200 and answer.json["status"] == 1,
        [MIXPANEL_EVENT_AS],
    ),
    "mixpanel: PHP": Sent(
        "mixpanel", "/engage", f"data={in_base64([PERSON])}".encode(), FORM, says_one, [PERSON_AS], has_ids=False
    ),
    "mixpanel: Swift": Sent(
        "mixpanel", "/track/", text([MIXPANEL_EVENT]), JSON, is_200, [MIXPANEL_EVENT_AS], [("ip", "1")]
    ),
    "mixpanel: React Native": Sent(
        "mixpanel",
        "/track/",
        f"data={quote(json.dumps([MIXPANEL_EVENT]))}".encode(),
        FORM,
        lambda answer: answer.status == 200 and answer.json != 0,
        [MIXPANEL_EVENT_AS],
        [("ip", "1")],
    ),
}

VIEWED = {
    "e": "pv",
    "eid": "e-1",
    "url": "https://shop.test/",
    "p": "srv",
    "aid": "shop",
    "tv": "golang-3.1.0",
    "dtm": "1793614270000",
    "stm": "1793614271000",
}
VIEWED_AS = {"event": "page_view", "event_id": "e-1", "derived_tstamp": "2026-11-02T10:11:11.345678Z"}
SNOWPLOW = {
    f"snowplow: {name}": Sent(
        "snowplow",
        "/com.snowplowanalytics.snowplow/tp2",
        text({"schema": f"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/{version}", "data": [VIEWED]}),
        {"Content-Type": content_type, **more},
        lambda answer: 200 <= answer.status < 300,
        [VIEWED_AS],
    )
    for name, version, content_type, more in (
        ("Go", "1-0-4", "application/json; charset=utf-8", {}),
        ("Java", "1-0-4", "application/json; charset=utf-8", {}),
        ("PHP", "1-0-3", "application/json; charset=utf-8", {}),
        ("Android", "1-0-4", "application/json; charset=utf-8", {"SP-Anonymous": "*"}),
    )
} | {
    "snowplow: by GET": Sent(
        "snowplow", "/i", b"", {"SP-Anonymous": "*"}, is_200, [VIEWED_AS], list(VIEWED.items()), "GET"
    )
}

ALL = SEGMENT | POSTHOG | AMPLITUDE | MIXPANEL | SNOWPLOW


@pytest.mark.parametrize("name", ALL)
def test_an_sdk_that_only_its_source_is_known_of_sends_events_that_are_valid(name):
    sent, world = ALL[name], World()
    environment_id = world.add_environment(TEMPLATES[sent.template].fields, "keep")
    answer = world.send(sent.event(environment_id))
    assert sent.succeeds(answer)
    assert world.quarantined() == []
    stored = world.events()
    assert len(stored) == len(sent.holds)
    for event, holds in zip(stored, sent.holds, strict=True):
        assert {key: event.get(key) for key in holds} == holds


@pytest.mark.parametrize("name", [name for name, sent in ALL.items() if sent.has_ids])
def test_what_it_sends_again_has_the_id_that_it_had(name):
    sent, world = ALL[name], World()
    environment_id = world.add_environment(TEMPLATES[sent.template].fields, "keep")
    for _ in range(2):
        world.send(sent.event(environment_id))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events()]
    assert ids[: len(sent.holds)] == ids[len(sent.holds) :]


@pytest.mark.parametrize("name", ALL)
def test_its_keys_are_not_stored(name):
    sent, world = ALL[name], World()
    environment_id = world.add_environment(TEMPLATES[sent.template].fields, "keep")
    world.send(sent.event(environment_id))
    held = {key for event in world.events() for key in (*event, *event.get("_extra", ()), *event.get("properties", ()))}
    assert held.isdisjoint({"/writeKey", "/api_key", "token", "/client", "/checksum"})


def test_amplitudes_sdk_for_java_reads_a_threshold_where_the_rate_is_over_its_limit():
    _, answer = ended("rate_limited", lambda world, found: world.send(AMPLITUDE["amplitude: Java"].event(found)))
    told = answer.json
    assert (answer.status, told["code"], told["eps_threshold"], told["throttled_events"]) == (429, 429, 1, [0])


@pytest.mark.parametrize("ending", ["rejected", "rate_limited"])
def test_mixpanels_sdk_for_go_reads_a_refused_import(ending):
    _, answer = ended(ending, lambda world, found: world.send(MIXPANEL["mixpanel: Go, imports"].event(found)))
    assert (answer.json["code"], type(answer.json["error"])) == (answer.status, str)


def test_mixpanels_sdk_for_go_reads_a_zero_where_a_person_was_rejected():
    _, answer = ended("rejected", lambda world, found: world.send(MIXPANEL["mixpanel: Go, people"].event(found)))
    assert (answer.status, answer.body) == (400, b"0")


LOGGED = [{"name": "a", "count": 1}, {"name": "b", "count": 2}]
SHIPPED = {
    "Logstash": (JSON, text(LOGGED)),
    "Fluentd": ({"Content-Type": "application/x-ndjson"}, b"".join(text(line) + b"\n" for line in LOGGED)),
    "Fluentd, json_array": (JSON, b"[" + b",".join(map(text, LOGGED)) + b"]"),
}


@pytest.mark.parametrize("shipper", SHIPPED)
def test_a_log_shipper_sends_each_line_to_the_address_itself(shipper):
    (headers, body), world = SHIPPED[shipper], World()
    environment_id = world.add_environment()
    answer = world.send(http_api_event("POST", f"/e/{environment_id}", headers=headers, body=body))
    assert is_below_300(answer)
    assert [{key: event[key] for key in ("name", "count")} for event in world.events()] == LOGGED
