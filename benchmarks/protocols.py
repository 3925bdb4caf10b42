"""What other collectors' protocols cost, as ratios within one process.

`python -m benchmarks.protocols` prints for each protocol: translating a request against `orjson.loads` + `orjson.dumps`
of the same text, and the whole handler against a native request of the events that came of it.
"""

import base64
import time
from typing import Any

import orjson

from benchmarks.measuring import medians
from domain.intake.protocol_request import ProtocolRequest
from domain.protocols.routes import ROUTES, route_of
from tests.front_doors import http_api_event
from tests.ingest_world import World
from tests.recorded import recording

_CALL = {
    "timestamp": "2026-11-28T13:46:45.131Z",
    "integrations": {},
    "event": "Order Completed",
    "type": "track",
    "properties": {"total": 9.5, "items": [{"sku": "a-1", "quantity": 2}] * 3, "coupon": None, "plan": "pro"},
    "context": {"ip": "192.0.2.7", "locale": "de-DE", "library": {"name": "analytics-node", "version": "3.1.0"}},
    "userId": "user-1",
    "anonymousId": "anon-1",
    "messageId": "node-next-1795873605132-354ffb96-5504-4c20-acbb-139c8ec58c3b",
}
_CAPTURE = {
    "event": "order completed",
    "uuid": "01a22269-24cc-7e07-b1a0-c2b2d903581f",
    "distinct_id": "user-1",
    "timestamp": "2026-11-28T13:46:45.131Z",
    "properties": {"total": 9.5, "items": [{"sku": "a-1"}], "token": "phc_1", "$lib": "web", "$os": "Linux"},
    "$set": {"plan": "pro"},
}
_TRACKED = {
    "user_id": "user-1",
    "device_id": "bb2b4ead-1cf8-41cf-ad4d-870ade55a1e2",
    "session_id": 1795873701034,
    "time": 1795873701039,
    "ip": "$remote",
    "insert_id": "76653555-78e9-4bbe-abcf-66558b6632e4",
    "event_type": "Order Completed",
    "event_properties": {"total": 9.5, "items": [{"sku": "a-1", "quantity": 2}] * 3, "plan": "pro"},
    "library": "amplitude-ts/2.48.1",
}
_PROPERTIES = {"token": "wk", "time": 1795873722.441, "distinct_id": "user-1", "$insert_id": "3tlgreqwbm9yfsu6"}
_MIXPANEL = {"event": "Order Completed", "properties": {**_PROPERTIES, "$os": "Linux", "total": 9.5, "mp_lib": "web"}}
_PURCHASE = {"name": "purchase", "params": {"value": 9.5, "currency": "EUR", "session_id": 1795873743, "items": []}}
_LINE = {"date": 1795873752.5188, "log": "order", "total": 0, "stream": "stdout", "host": "web-1", "level": "info"}


def _snowplow() -> bytes:
    """Return a batch of the browser tracker, as long as its default."""
    body = orjson.loads(recording("snowplow-browser").requests[-1].body)
    return orjson.dumps({**body, "data": body["data"] * 10})


SAMPLES: dict[str, tuple[str, bytes]] = {
    "segment": ("/v1/batch", orjson.dumps({"batch": [_CALL] * 20, "sentAt": "2026-11-28T13:46:46.131Z"})),
    "segment, recorded": ("/v1/batch", recording("segment-python").requests[0].body),
    "posthog": ("/batch", orjson.dumps({"batch": [_CAPTURE] * 20, "sent_at": "2026-11-28T13:46:46.131Z"})),
    "amplitude": (
        "/2/httpapi",
        orjson.dumps({"events": [_TRACKED] * 20, "client_upload_time": "2026-11-28T13:46:46.131Z"}),
    ),
    "mixpanel": ("/track", orjson.dumps([_MIXPANEL] * 20)),
    "ga4": ("/mp/collect", orjson.dumps({"client_id": "1234567890.0987654321", "events": [_PURCHASE] * 20})),
    "tinybird": ("/v0/events", b"\n".join([orjson.dumps(_LINE)] * 20)),
    "ndjson": ("/ndjson", b"\n".join([orjson.dumps(_LINE)] * 20)),
    "cloudevents": (
        "",
        orjson.dumps(
            [{"specversion": "1.0", "id": "1", "source": "/shop", "type": "order", "time": "2026-11-28T13:46:45Z"}]
        ),
    ),
    "firehose": (
        "/firehose",
        orjson.dumps({"requestId": "r", "records": [{"data": base64.b64encode(orjson.dumps(_LINE)).decode()}] * 20}),
    ),
    "logpush": ("/logpush", b"\n".join([orjson.dumps(_LINE)] * 20)),
    "snowplow": ("/com.snowplowanalytics.snowplow/tp2", _snowplow()),
}
"""A request of each protocol: its route and its body."""

_HEADERS = {"cloudevents": {"content-type": "application/cloudevents-batch+json"}}
_IN_LINES = ("ndjson", "tinybird", "logpush")
FIELDS: list[dict[str, Any]] = [
    {"key": "type", "type": "STRING", "presence": "optional"},
    {"key": "event", "type": "STRING", "presence": "optional"},
    {"key": "properties", "type": "JSON", "presence": "optional"},
    {"key": "context", "type": "JSON", "presence": "optional"},
]


def compare(name: str, route: str, body: bytes) -> None:
    world = World()
    environment_id = world.add_environment(FIELDS)
    headers = _HEADERS.get(name, {})
    event = http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers)
    assert world.handler(event, None)["headers"]["X-Ingest-Outcome"] == "accepted"
    is_in_lines = name in _IN_LINES
    native_body = body if is_in_lines else orjson.dumps(_events_of(body))
    native_type = "application/x-ndjson" if is_in_lines else "application/json"
    native = http_api_event("POST", f"/e/{environment_id}", body=native_body, headers={"content-type": native_type})
    times = medians(
        {
            "floor": lambda: _floor(body),
            "translate": _translation(event, route, name),
            "native": lambda: world.handler(native, None),
            "whole": lambda: world.handler(event, None),
        },
        time.process_time,
    )
    print(
        f"{name:18} {len(body):7,} B   translate {times['translate'] / times['floor']:5.2f} x floor (goal 2)"
        f"   whole {times['whole'] / times['native']:5.2f} x native (goal 1.6)   native {times['native'] * 1e6:7.1f} us"
    )


def _floor(body: bytes) -> None:
    for line in body.split(b"\n"):
        orjson.dumps(orjson.loads(line))


def _events_of(body: bytes) -> Any:
    parsed = orjson.loads(body)
    return next(value for value in parsed.values() if isinstance(value, list)) if isinstance(parsed, dict) else parsed


def _translation(event: dict[str, Any], route: str, name: str) -> Any:
    from adapters.http_event import http_request_from_event  # noqa: PLC0415 - beside its only use
    from domain.intake.protocol_request import protocol_request  # noqa: PLC0415 - as above

    request = http_request_from_event(event)
    spoken = protocol_request(request, route, name if not route else None)
    assert isinstance(spoken, ProtocolRequest)
    pointer: Any = {"environment_id": "env_1", "revision_id": "rev_1", "allowed_origins": []}
    sent = spoken._as_sent(event["body"].encode(), pointer, 1_793_614_272_345_678_901, "2026-11-02T10:11:12.345678Z")  # noqa: SLF001
    return lambda: spoken.protocol.translate(sent)


def main() -> None:
    assert all(route_of(route) for route in ROUTES if "{" not in route)
    for name, (route, body) in SAMPLES.items():
        compare(name, route, body)


if __name__ == "__main__":
    main()
