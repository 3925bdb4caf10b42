"""Templates over `/v1`: each saves, finalises, and accepts events as its protocol's SDKs make them."""

import pytest

from domain.language.templates import TEMPLATES
from tests.management_api import Api

TIME = "2026-11-23T08:00:00.123000Z"
CONTEXT = {
    "library": {"name": "analytics.js", "version": "2.1"},
    "page": {"url": "https://a.example/b", "path": "/b", "title": "B", "referrer": ""},
    "locale": "de-DE",
    "timezone": "Europe/Berlin",
    "userAgent": "curl/8",
    "ip": "192.0.2.1",
}
EVENTS = {
    "user_tracking": [{}],
    "error_tracking": [{"error_message": "x is undefined", "error_row": 7}],
    "segment": [
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "m-1",
            "userId": "u-1",
            "anonymousId": "a-1",
            "timestamp": TIME,
            "originalTimestamp": TIME,
            "sentAt": TIME,
            "properties": {"orderId": "o-1", "total": 9.5, "Coupon Code": None},
            "context": CONTEXT,
        },
        {"type": "identify", "userId": "u-1", "traits": {"email": "a@example.com"}, "writeKeyIsNot": "here"},
        {"type": "alias", "userId": "u-1", "previousId": "a-1"},
        {"type": "page", "name": "Home", "category": "Docs", "properties": {}},
        {"type": "group", "groupId": "g-1", "traits": {}, "channel": "server"},
    ],
    "posthog": [
        {
            "event": "$pageview",
            "distinct_id": "d-1",
            "uuid": "0190a1b2-0000-7000-8000-000000000001",
            "timestamp": TIME,
            "sent_at": TIME,
            "properties": {"$lib": "web", "$lib_version": "1.2", "$current_url": "https://a.example", "$os": "Linux"},
        },
        {"event": "bought", "distinct_id": "d-1", "session_id": "s-1", "window_id": "w-1", "options": {"a": 1}},
    ],
    "snowplow": [
        {
            "event": "unstruct",
            "event_id": "0190a1b2-0000-4000-8000-000000000001",
            "app_id": "shop",
            "event_vendor": "com.acme",
            "event_name": "order_completed",
            "event_version": "1-0-0",
            "domain_sessionidx": 3,
            "dvce_created_tstamp": TIME,
            "derived_tstamp": TIME,
            "unstruct_event": {"schema": "iglu:com.acme/order_completed/jsonschema/1-0-0", "data": {"total": 9.5}},
            "contexts": [{"schema": "iglu:com.acme/user/jsonschema/1-0-0", "data": {}}],
            "br_cookies": True,
            "br_viewwidth": 800,
            "other": {"fp": "1"},
        },
        {"event": "struct", "se_category": "shop", "se_action": "add", "se_value": 1.5},
        {"event": "transaction_item", "ti_sku": "s", "ti_price": 9, "ti_quantity": 2},
    ],
    "amplitude": [
        {
            "event_type": "bought",
            "insert_id": "i-1",
            "event_time": TIME,
            "user_id": "u-1",
            "session_id": 1_795_420_800_000,
            "event_properties": {"total": 9.5},
            "groups": {"team": ["a", "b"]},
            "time": 1_795_420_800_000,
        },
        {"event_type": "$identify", "device_id": "d-1", "session_id": -1, "user_properties": {"$set": {"a": 1}}},
        {"event_type": "viewed", "library": {"name": "amplitude-js", "version": "8.21.9"}},
        {"event_type": "viewed", "library": "amplitude-python/1.1.5"},
    ],
    "mixpanel": [
        {
            "kind": "event",
            "event": "bought",
            "properties": {"total": 9.5, "mp_lib": "web"},
            "time": TIME,
            "insert_id": "i-1",
            "distinct_id": "d-1",
        },
        {"kind": "people", "distinct_id": "d-1", "operations": {"$set": {"a": 1}}},
        {"kind": "group", "group_key": "team", "group_id": "t-1", "operations": {"$unset": ["a"]}},
    ],
    "ga4": [
        {"name": "purchase", "params": {"value": 9.5, "items": [{}]}, "client_id": "c.1", "event_time": TIME},
        {"name": "login", "app_instance_id": "a", "firebase_app_id": "f", "user_properties": {"a": {"value": 1}}},
    ],
    "cloudevents": [
        {"id": "1", "source": "/a", "type": "com.acme.b", "specversion": "1.0", "time": TIME, "data": {"a": 1}},
        {"id": "2", "source": "/a", "type": "com.acme.b", "specversion": "1.0", "data": "<a/>", "myextension": 7},
        {"id": "3", "source": "/a", "type": "com.acme.b", "specversion": "1.0", "data": 5, "data_base64": "AA=="},
    ],
    "webhook": [
        {
            "hook": "stripe",
            "webhook_id": "evt_1",
            "type": "charge.succeeded",
            "sent_at": TIME,
            "payload": {"id": "evt_1"},
        },
        {"hook": "mail", "payload": [{"event": "open"}]},
    ],
    "logpush": [
        {
            "ClientIP": "192.0.2.1",
            "ClientRequestHost": "a.example",
            "ClientASN": 13_335,
            "EdgeStartTimestamp": "2026-11-23T08:00:00Z",
            "EdgeResponseStatus": 200,
            "EdgeCFConnectingO2O": False,
            "SecurityActions": ["block"],
            "RequestHeaders": {"x": "y"},
            "ARecentField": 1,
        },
        {"RayID": "1"},
    ],
    "cloudwatch": [
        {"id": "1", "timestamp": TIME, "message": "a", "owner": "1", "log_group": "g", "log_stream": "s"},
    ],
}


@pytest.fixture
def api():
    return Api()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_saves_finalises_and_accepts_what_its_protocol_brings(api, name):
    endpoint = api.endpoint(template=name)
    (first,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
    made = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"template": name})
    assert made.status == 201
    template = TEMPLATES[name]
    for revision in (first, made.json):
        assert (revision["additional_keys"], revision["event_name"]) == (template.additional_keys, template.event_name)
    assert made.json["fields"] == template.fields
    assert api.call("POST", f"/v1/revisions/{first['id']}/finalise").status == 200
    rows = api.call("POST", f"/v1/revisions/{first['id']}/validate", EVENTS[name]).json["results"]
    assert [(row["outcome"], row["errors"]) for row in rows] == [("accepted", [])] * len(EVENTS[name])


def test_what_a_protocols_sdk_sends_is_stored_under_the_names_of_the_template(api):
    endpoint = api.endpoint(template="segment")
    (revision,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
    (row, *_) = api.call("POST", f"/v1/revisions/{revision['id']}/validate", EVENTS["segment"]).json["results"]
    stored = row["stored"]
    assert (stored["message_id"], stored["library_name"], stored["page_path"]) == ("m-1", "analytics.js", "/b")
    assert stored["timestamp"] == TIME
    assert stored["properties"] == {"orderId": "o-1", "total": 9.5, "Coupon Code": None}
    assert "_extra" not in stored


def test_fields_of_logpush_are_in_snake_case(api):
    keys = {field["from"]: field["key"] for field in TEMPLATES["logpush"].fields}
    assert [keys[name] for name in ("ClientASN", "EdgeStartTimestamp", "RayID", "JA3Hash", "ClientTCPRTTMs")] == [
        "client_asn",
        "edge_start_timestamp",
        "ray_id",
        "ja3_hash",
        "client_tcprtt_ms",
    ]


def test_all_templates_are_listed_as_they_are_made(api):
    answer = api.call("GET", "/v1/templates")
    assert (answer.status, answer.json["next"]) == (200, None)
    assert [row["name"] for row in answer.json["items"]] == list(TEMPLATES)
    for row in answer.json["items"]:
        endpoint = api.endpoint(row["name"], template=row["name"])
        (made,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions").json["items"]
        told = {key: row[key] for key in ("field_count", "additional_keys", "event_name")}
        assert told == {key: made[key] for key in told}


def test_a_template_says_where_the_events_of_a_plan_have_their_fields(api):
    typed = {row["name"]: row["typed"] for row in api.call("GET", "/v1/templates").json["items"]}
    assert typed["segment"] == {"name": "/event", "content": "properties"}
    assert typed["logpush"] is None
