"""Requests that real senders sent, as events of a front door; `tests/recordings` has a file for each sender."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from tests.front_doors import HOST, http_api_event

RECORDINGS = Path(__file__).parent / "recordings"
CUSTOM_DOMAIN = "events.shop.test"


PROTOCOL_OF_RECORDING = {
    "amplitude-browser": "amplitude",
    "amplitude-js": "amplitude",
    "amplitude-python": "amplitude",
    "amplitude-python-batch": "amplitude",
    "cloudevents-python": "cloudevents",
    "firehose": "firehose",
    "fluent-bit-json": "native",
    "fluent-bit-lines": "native",
    "fluent-bit-stream": "ndjson",
    "ga4mp-python": "ga4",
    "github": "hooks",
    "jitsu-browser": "segment",
    "jitsu-node": "segment",
    "logpush": "logpush",
    "mixpanel-browser": "mixpanel",
    "mixpanel-python": "mixpanel",
    "posthog-browser": "posthog",
    "posthog-python": "posthog",
    "posthog-python-ai": "posthog",
    "posthog-python-v1": "posthog",
    "rudder-python": "segment",
    "segment-browser": "segment",
    "segment-node": "segment",
    "segment-pixel": "segment",
    "segment-python": "segment",
    "snowplow-browser": "snowplow",
    "snowplow-node-get": "snowplow",
    "snowplow-python": "snowplow",
    "standard": "hooks",
    "stripe": "hooks",
    "tinybird-node": "tinybird",
    "vector": "native",
    "winston-http": "native",
}
"""The protocol of each recording; native requests are what some log shippers send to the address itself."""

_CALLS = ("track", "identify", "page", "screen", "group", "alias")
WITHOUT_RECORDING = {
    **dict.fromkeys(("/v1/b", "/v1/import", "/beacon/v1/batch"), "/v1/batch"),
    **{f"/v1/{call}": f"/v1/{call[0]}" for call in _CALLS},
    **{f"/api/s/{call}": "/api/s/track" for call in ("screen", "alias")},
    **{f"/api/s/s2s/{call}": "/api/s/s2s/track" for call in ("screen", "alias")},
    **{f"/v1/pixel/{call}": "/v1/pixel/track" for call in ("screen", "group", "alias")},
    **{f"/pixel/v1/{call}": "/v1/pixel/track" for call in _CALLS},
    "/sourceConfig": "/v1/projects/{key}/settings",
    **dict.fromkeys(("/i/v0/e", "/capture"), "/e"),
    "/decide": "/flags",
    "/debug/mp/collect": "/mp/collect",
    "/ice.png": "/i",
}
"""Routes that no recording has, each with a recorded one that takes the same requests."""


class Recorded(NamedTuple):
    """One request of a recording; `path` is what follows the environment's address."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def event(self, address: str, front_door: Any = http_api_event) -> dict[str, Any]:
        """Return the request to an address: `/e/…`, or a domain."""
        path, host = (address + self.path, HOST) if address.startswith("/") else (self.path or "/", address)
        query = parse_qsl(self.query, keep_blank_values=True)
        headers = {name: value for name, value in self.headers.items() if name != "host"}
        made: dict[str, Any] = front_door(self.method, path, headers=headers, query=query, body=self.body, host=host)
        return made


class Recording(NamedTuple):
    """What one sender sent for its calls; `marks` has one text per call that its event carries."""

    name: str
    marks: list[str]
    requests: list[Recorded]


def recording(name: str) -> Recording:
    """Return the recording of this name."""
    held = json.loads((RECORDINGS / f"{name}.json").read_text())
    return Recording(name, [call["mark"] for call in held["calls"]], [_recorded(row) for row in held["requests"]])


def recordings(*starts: str) -> Iterator[Recording]:
    """Return the recordings whose names start so."""
    for path in sorted(RECORDINGS.glob("*.json")):
        if path.stem.startswith(starts):
            yield recording(path.stem)


def _recorded(row: Mapping[str, Any]) -> Recorded:
    body = base64.b64decode(row["body_base64"]) if "body_base64" in row else row.get("body", "").encode()
    return Recorded(row["method"], row["path"], row["query"], row["headers"], body)
