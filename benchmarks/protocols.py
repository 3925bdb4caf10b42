"""What other collectors' protocols cost, as ratios within one process.

`python -m benchmarks.protocols` prints for each protocol, of batches of 20 different events and of what real senders
sent: translating a request against `orjson.loads` + `orjson.dumps` of its body, and the whole request against a native
one of the same events as they were sent: once in an environment of four fields, which drops all else, and once in one
of the protocol's template, which keeps it. Lines have no template: there the four fields keep all else. Names as
arguments choose among the rows, by how they begin.

A whole request is what `benchmarks.request` has for one: the function as it is composed for Lambda, its call of the
delivery stream over TLS included, in CPU. Beside it stands the handler alone, whose calls cost nothing.

At last it compares native requests with those of a service that knows no protocols.

Some bodies hold events encoded, as text in base64: there the floor includes parsing and writing what is encoded.
"""

import base64
import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec, module_from_spec
from typing import Any, NamedTuple
from unittest.mock import patch

import orjson

from adapters.http_event import http_request_from_event
from benchmarks.measuring import fastest
from benchmarks.request import stub_of_aws
from domain.delivery.ports import PutResults
from domain.intake.protocol_request import ProtocolRequest, protocol_request
from domain.intake.service import Intake
from domain.language.templates import TEMPLATES
from domain.protocols.routes import ROUTES, route_of
from functions.ingest.handler import Handler
from tests.front_doors import http_api_event
from tests.ingest_world import World
from tests.recorded import recording

FIELDS: list[dict[str, Any]] = [
    {"key": "type", "type": "STRING", "presence": "optional"},
    {"key": "event", "type": "STRING", "presence": "optional"},
    {"key": "properties", "type": "JSON", "presence": "optional"},
    {"key": "context", "type": "JSON", "presence": "optional"},
]
_EVENTS = 20
_SENT_AT = "2026-11-28T13:46:59.131Z"
_RECEIVED_NS = 1_795_873_621_345_678_901
_KEY_OF_RECORDINGS = b"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
_JSON, _LINES = "application/json", "application/x-ndjson"


class Sample(NamedTuple):
    """A request of a protocol: its route and its body, and the same events as a native request has them."""

    route: str
    body: bytes
    native: bytes
    headers: Mapping[str, str] = {}
    encoded: tuple[bytes, ...] = ()
    """Texts of JSON that the body holds encoded."""
    native_type: str = _JSON


def _call(number: int) -> dict[str, Any]:
    return {
        "timestamp": f"2026-11-28T13:46:{number + 10}.131Z",
        "integrations": {},
        "event": "Order Completed",
        "type": "track",
        "properties": {"total": 9.5, "items": [{"sku": "a-1", "quantity": 2}] * 3, "coupon": None, "plan": "pro"},
        "context": {"ip": "192.0.2.7", "locale": "de-DE", "library": {"name": "analytics-node", "version": "3.1.0"}},
        "userId": f"user-{number}",
        "anonymousId": "anon-1",
        "messageId": f"node-next-17958736051{number + 10}-354ffb96-5504-4c20-acbb-139c8ec58c3b",
    }


def _capture(number: int) -> dict[str, Any]:
    return {
        "event": "order completed",
        "uuid": f"01a22269-24cc-7e07-b1a0-c2b2d90358{number + 10}",
        "distinct_id": f"user-{number}",
        "timestamp": f"2026-11-28T13:46:{number + 10}.131Z",
        "properties": {"total": 9.5, "items": [{"sku": "a-1"}], "token": "phc_1", "$lib": "web", "$os": "Linux"},
        "$set": {"plan": "pro"},
    }


def _tracked(number: int) -> dict[str, Any]:
    return {
        "user_id": f"user-{number}",
        "device_id": "bb2b4ead-1cf8-41cf-ad4d-870ade55a1e2",
        "session_id": 1795873701034,
        "time": 1795873600039 + 731 * number,
        "ip": "$remote",
        "insert_id": f"76653555-78e9-4bbe-abcf-66558b6632{number + 10}",
        "event_type": "Order Completed",
        "event_properties": {"total": 9.5, "items": [{"sku": "a-1", "quantity": 2}] * 3, "plan": "pro"},
        "library": "amplitude-ts/2.48.1",
    }


def _mixpanel(number: int) -> dict[str, Any]:
    properties = {
        "token": "wk",
        "time": 1795873600.441 + number,
        "distinct_id": f"user-{number}",
        "$insert_id": f"3tlgreqwbm9yfs{number + 10}",
        "$os": "Linux",
        "total": 9.5,
        "mp_lib": "web",
    }
    return {"event": "Order Completed", "properties": properties}


def _purchase(number: int) -> dict[str, Any]:
    return {
        "name": "purchase",
        "params": {"value": 9.5 + number, "currency": "EUR", "session_id": 1795873743, "items": []},
    }


def _line(number: int) -> dict[str, Any]:
    return {
        "date": 1795873600.5188 + number,
        "log": "order",
        "total": number,
        "stream": "stdout",
        "host": "web-1",
        "level": "info",
    }


def _cloud_event(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"order-{number}",
        "source": "/shop",
        "type": "order.completed",
        "time": f"2026-11-28T13:46:{number + 10}.131Z",
        "data": {"total": 9.5, "items": [{"sku": "a-1", "quantity": 2}] * 3, "plan": "pro"},
    }


def _batch(route: str, make: Callable[[int], Any], key: str, **members: Any) -> Sample:
    events = [make(number) for number in range(_EVENTS)]
    return Sample(route, orjson.dumps({**members, key: events}), orjson.dumps(events))


def _array(route: str, make: Callable[[int], Any], headers: Mapping[str, str] = {}) -> Sample:
    text = orjson.dumps([make(number) for number in range(_EVENTS)])
    return Sample(route, text, text, headers)


def _in_lines(route: str) -> Sample:
    text = b"\n".join(orjson.dumps(_line(number)) for number in range(_EVENTS))
    return Sample(route, text, text, native_type=_LINES)


def _firehose() -> Sample:
    lines = tuple(orjson.dumps(_line(number)) for number in range(_EVENTS))
    body = orjson.dumps({"requestId": "r", "records": [{"data": base64.b64encode(line).decode()} for line in lines]})
    return Sample("/firehose", body, b"\n".join(lines), encoded=lines, native_type=_LINES)


def _snowplow() -> Sample:
    """Return a batch of the browser tracker, as long as its default."""
    body = orjson.loads(recording("snowplow-browser").requests[-1].body)
    events = [
        {**event, "dtm": str(int(event["dtm"]) + number), "eid": event["eid"][:-2] + str(number + 10)}
        for number, event in enumerate(body["data"] * 10)
    ]
    text = orjson.dumps({**body, "data": events})
    return Sample("/com.snowplowanalytics.snowplow/tp2", text, orjson.dumps(events), encoded=_encoded_in(events))


def _encoded_in(events: list[Any]) -> tuple[bytes, ...]:
    """Return what the events of a tracker hold in base64, or as JSON in a string."""
    texts = [event[name] for event in events for name in ("ue_px", "cx", "ue_pr", "co") if name in event]
    return tuple(
        text.encode() if text.startswith("{") else base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        for text in texts
    )


def _recorded(name: str) -> Sample:
    """Return a request of a recording that brings its events as JSON; not compressed, which is no protocol's matter."""
    request = recording(name).requests[0]
    text = gzip.decompress(request.body) if request.body.startswith(b"\x1f\x8b") else request.body
    headers = {
        header: value
        for header, value in request.headers.items()
        if header.startswith(("content-type", "x-hub-", "x-github-"))
    }
    body = orjson.loads(text)
    lists = [value for value in body.values() if type(value) is list] if type(body) is dict else []
    is_hook = request.path.startswith("/hooks/")
    events = lists[0] if lists and not is_hook else body
    encoded = _encoded_in(events) if name.startswith("snowplow") else ()
    return Sample(request.path.rstrip("/"), text, orjson.dumps(events), headers, encoded)


_TEMPLATES = {"hooks": "webhook"}
"""What templates are called, where not like the protocol."""

SAMPLES: Mapping[str, Callable[[], Sample]] = {
    "segment": partial(_batch, "/v1/batch", _call, "batch", sentAt=_SENT_AT),
    "segment, recorded": partial(_recorded, "segment-python"),
    "segment, recorded rudder": partial(_recorded, "rudder-python"),
    "posthog, recorded": partial(_recorded, "posthog-python"),
    "posthog": partial(_batch, "/batch", _capture, "batch", api_key="phc_1", sent_at=_SENT_AT),
    "amplitude": partial(
        _batch, "/2/httpapi", _tracked, "events", api_key="k", client_upload_time="2026-11-28T13:46:59.131Z"
    ),
    "amplitude, recorded": partial(_recorded, "amplitude-python"),
    "mixpanel": partial(_array, "/track", _mixpanel),
    "ga4": partial(_batch, "/mp/collect", _purchase, "events", client_id="1234567890.0987654321"),
    "ga4, recorded": partial(_recorded, "ga4mp-python"),
    "tinybird": partial(_in_lines, "/v0/events"),
    "ndjson": partial(_in_lines, "/ndjson"),
    "logpush": partial(_in_lines, "/logpush"),
    "firehose": _firehose,
    "cloudevents": partial(_array, "", _cloud_event, {"content-type": "application/cloudevents-batch+json"}),
    "snowplow": _snowplow,
    "snowplow, recorded": partial(_recorded, "snowplow-python"),
    "hooks, recorded": partial(_recorded, "github"),
}


class Handled(NamedTuple):
    """An environment, and a request of a protocol and a native one that it accepts."""

    environment_id: str
    event: dict[str, Any]
    native: dict[str, Any]


class Row(NamedTuple):
    """A sample, and what is accepted of it by environments of four fields, and of its template."""

    name: str
    sample: Sample
    environments: Mapping[str, Handled]


class TakesAll:
    """Streams that take everything at no cost."""

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:  # noqa: ARG002 - the port's shape
        return [None] * len(records)


def row(world: World, name: str, sample: Sample) -> Row:
    protocol = name.partition(",")[0]
    template = TEMPLATES.get(_TEMPLATES.get(protocol, protocol))
    environments = {
        "four fields": _handled(world, sample, FIELDS, "drop"),
        "all kept" if template is None else "template": _handled(
            world, sample, FIELDS if template is None else template.fields, "keep"
        ),
    }
    return Row(name, sample, environments)


def _handled(world: World, sample: Sample, fields: list[dict[str, Any]], additional_keys: str) -> Handled:
    environment_id = world.add_environment(fields, additional_keys)
    # What a template requires may be what the protocol adds.
    native_id = world.add_environment([{**field, "presence": "optional"} for field in fields], additional_keys)
    hook = sample.route.removeprefix("/hooks/")
    if hook != sample.route:
        world.add_webhook(environment_id, hook, "github", _KEY_OF_RECORDINGS)
    return Handled(
        environment_id,
        http_api_event("POST", f"/e/{environment_id}{sample.route}", body=sample.body, headers=sample.headers),
        http_api_event("POST", f"/e/{native_id}", body=sample.native, headers={"content-type": sample.native_type}),
    )


def compare(world: World, function: Handler, row: Row) -> None:
    name, sample, environments = row
    texts = [*(sample.body.split(b"\n") if sample.native_type == _LINES else [sample.body]), *sample.encoded]
    works: dict[str, Callable[[], object]] = {
        "floor": lambda: _parse_and_write(texts),
        "translate": _translation(world, environments["four fields"], sample),
    }
    for which, one in environments.items():
        for where, handler in (("whole", function), ("alone", world.handler)):
            for kind, event in (("sent", one.event), ("native", one.native)):
                for _ in range(60):  # what no field names is learned
                    answer = handler(event, None)
                    assert answer["headers"]["X-Ingest-Outcome"] == "accepted", (name, answer)
                works[f"{which} {where} {kind}"] = partial(handler, event, None)
    times = fastest(works, time.process_time)
    print(f"{name:25} {len(sample.body):7,} B   translate {times['translate'] / times['floor']:5.2f} x floor (goal 2)")
    for which in environments:
        sent, native = times[f"{which} whole sent"], times[f"{which} whole native"]
        sent_alone, native_alone = times[f"{which} alone sent"], times[f"{which} alone native"]
        print(
            f"{'':25} {which:11}   whole {sent / native:5.2f} x native (goal 1.6)"
            f"   {sent * 1e6:5.0f} us, native {native * 1e6:5.0f} us   handler alone {sent_alone / native_alone:5.2f} x"
            f"   {sent_alone * 1e6:6.1f} us, native {native_alone * 1e6:6.1f} us",
            flush=True,
        )


def compare_native(number_of_events: int) -> None:
    """Print what a native request takes against the same service where no request can be of a protocol."""
    body = orjson.dumps([_call(number) for number in range(number_of_events)])
    works: dict[str, Callable[[], object]] = {}
    for name, intake in (("with", Intake), ("without", _intake_without_protocols())):
        with patch("tests.ingest_world.Intake", intake):
            world = World()
        event = http_api_event(
            "POST", f"/e/{world.add_environment(FIELDS)}", body=body, headers={"content-type": _JSON}
        )
        works[name] = partial(world.handler, event, None)
    times = fastest(works, time.process_time)
    ratio = times["with"] / times["without"]
    print(f"native, {number_of_events} events: {ratio:.3f} x what it takes without protocols (goal 1.02)", flush=True)


def _intake_without_protocols() -> Any:
    """Return a service of which neither the path nor the headers of a request are searched for a protocol's."""
    spec = find_spec("domain.intake.service")
    assert spec is not None
    assert spec.loader is not None
    service: Any = module_from_spec(spec)
    spec.loader.exec_module(service)
    service.address_from_path = lambda path: (path[3:], "")
    service.protocol_at_address = lambda _request: None
    return service.Intake


def _parse_and_write(texts: list[bytes]) -> None:
    for text in texts:
        orjson.dumps(orjson.loads(text))


def _translation(world: World, one: Handled, sample: Sample) -> Callable[[], object]:
    request = http_request_from_event(one.event)
    pointer = world.pointer(one.environment_id)
    spoken = protocol_request(request, sample.route, None if sample.route else "cloudevents")
    assert isinstance(spoken, ProtocolRequest)
    spoken.decide()
    sent = spoken._as_sent(sample.body, pointer, _RECEIVED_NS, "2026-11-28T13:47:01.345678Z")  # noqa: SLF001
    return lambda: spoken.protocol.translate(sent)


def _chosen(starts: list[str]) -> Iterator[tuple[str, Sample]]:
    for name, make in SAMPLES.items():
        if not starts or name.startswith(tuple(starts)):
            yield name, make()


def main() -> None:
    assert all(route_of(route) for route in ROUTES if "{" not in route)
    world = World(wrap_streams=lambda _: TakesAll())
    world.clock.ns = _RECEIVED_NS
    rows = [row(world, name, sample) for name, sample in _chosen(sys.argv[1:])]
    items = {key: json.loads(text) for key, text in world.catalog.items.items()}
    with stub_of_aws(items, world.secrets.texts) as variables:
        os.environ.update(variables)
        from functions.ingest.aws import compose  # noqa: PLC0415 - what it imports reads the environment

        function, _ = compose(os.environ)
        for one in rows:
            compare(world, function, one)
    for number_of_events in (1, _EVENTS):
        compare_native(number_of_events)


if __name__ == "__main__":
    main()
