"""The same request gets the same answer at every front door."""

import base64
import gzip
import json

import pytest

from domain.intake.answers import PIXEL
from tests.front_doors import FRONT_DOORS, SOURCE_IP, TRACE_ROOT, load_balancer_event
from tests.ingest_world import World

VALID = {"name": "Käse 🧀", "count": 3}
MAPS = [
    {"key": "name", "type": "STRING", "presence": "required"},
    {"key": "count", "type": "INT", "presence": "optional"},
    {"key": "ip", "type": "STRING", "presence": "macro", "macro": "user_ip"},
    {"key": "agent", "type": "STRING", "presence": "macro", "macro": "user_agent"},
    {"key": "source", "type": "STRING", "presence": "macro", "macro": "utm_source"},
    {"key": "page", "type": "STRING", "presence": "macro", "macro": "page_url"},
]


@pytest.fixture(params=FRONT_DOORS)
def door(request):
    return FRONT_DOORS[request.param]


@pytest.fixture
def environment_id(world):
    return world.add_environment(MAPS)


@pytest.fixture
def path(environment_id):
    return f"/e/{environment_id}"


KEY = {"Idempotency-Key": "k1"}
QUERY = [("utm_source", "a,b c+d&e=ü%"), ("url", "https://shop.example.com/?x=1&y=ä")]


def comparable(answer):
    """Return an answer without its request id, which each front door makes in its own way."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    if not answer.body.startswith((b"{", b"[")):
        return answer.status, headers, answer.body
    return answer.status, headers, {**answer.json, "request_id": ""}


REQUESTS = {
    "post": ("POST", {"body": json.dumps(VALID), "headers": {"Content-Type": "application/json", **KEY}}),
    "base64": ("POST", {"body": json.dumps(VALID), "as_base64": True, "headers": KEY}),
    "bytes": ("POST", {"body": json.dumps(VALID, ensure_ascii=False).encode(), "headers": KEY}),
    "gzip": (
        "POST",
        {"body": gzip.compress(json.dumps(VALID).encode()), "headers": {"Content-Encoding": "gzip", **KEY}},
    ),
    "with a query": ("POST", {"body": json.dumps(VALID), "query": QUERY, "headers": KEY}),
    "batch": ("POST", {"body": json.dumps([VALID, {}]), "headers": KEY}),
    "not UTF-8": ("POST", {"body": b'{"name": "\xff"}', "headers": KEY}),
    "pixel": ("GET", {"query": [("d", json.dumps(VALID)), *QUERY], "headers": KEY}),
    "base64url pixel": (
        "GET",
        {"query": [("d", base64.urlsafe_b64encode(json.dumps(VALID).encode()).decode())], "headers": KEY},
    ),
    "empty pixel": ("GET", {"headers": KEY}),
    "pixel as JSON": ("GET", {"query": [("d", "{}")], "headers": {"Accept": "application/json", **KEY}}),
    "head": ("HEAD", {}),
    "preflight": ("OPTIONS", {"headers": {"Origin": "https://a.example"}}),
    "foreign method": ("PUT", {"body": "{}"}),
    "foreign type": ("POST", {"body": "{}", "headers": {"Content-Type": "image/png"}}),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_every_front_door_gets_the_same_answer_and_stores_the_same(environment_id, path, request_name):
    method, arguments = REQUESTS[request_name]
    seen = []
    for make in FRONT_DOORS.values():
        world = World()
        assert world.add_environment(MAPS) == environment_id
        answer = world.send(make(method, path, **arguments))
        seen.append((comparable(answer), world.events(), [event.raw for event in world.quarantined()]))
    assert seen == [seen[0]] * len(FRONT_DOORS)
    (_, events, _) = seen[0]
    for event in events:
        assert event["ip"] == SOURCE_IP
        assert event["name"] == VALID["name"]
        if QUERY[0] in arguments.get("query", ()):
            assert (event["source"], event["page"]) == (QUERY[0][1], QUERY[1][1])


@pytest.mark.parametrize("name", sorted(FRONT_DOORS.keys() - {"load balancer"}))
@pytest.mark.parametrize("parameter", ["d", "sw"])
def test_a_pixel_with_a_parameter_twice_is_ambiguous_and_nothing_is_taken(world, path, name, parameter):
    query = [("d", json.dumps(VALID)), ("sw", "1"), (parameter, "{}")]
    answer = world.send(FRONT_DOORS[name]("GET", path, query=query))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (400, "ambiguous")
    assert (world.events(), world.quarantined()) == ([], [])


def test_an_answer_has_the_shape_that_its_front_door_takes(world, door, path):
    for event, phrase in (
        (door("GET", path, query=[("d", '{"name":"x"}')]), "200 OK"),
        (door("POST", path, body='{"name":"x"}'), "200 OK"),
        (door("POST", path, body="{}"), "400 Bad Request"),
        (door("OPTIONS", path), "204 No Content"),
        (door("HEAD", path), "200 OK"),
        (door("PUT", path), "405 Method Not Allowed"),
    ):
        raw = world.send(event).raw
        assert isinstance(raw["statusCode"], int)
        assert isinstance(raw["body"], str)
        multi_value = "multiValueHeaders" in event
        headers = raw["multiValueHeaders" if multi_value else "headers"]
        assert ("headers" in raw, "multiValueHeaders" in raw) == (not multi_value, multi_value)
        assert all(isinstance(value, list if multi_value else str) for value in headers.values())
        assert raw.get("statusDescription") == (phrase if "elb" in event["requestContext"] else None)
        json.dumps(raw)


def test_the_pixel_travels_as_base64(world, door, path):
    answer = world.send(door("GET", path, query=[("d", "{}")]))
    assert answer.raw["isBase64Encoded"] is True
    assert base64.b64decode(answer.raw["body"], validate=True) == PIXEL


def test_json_travels_as_text(world, door, path):
    answer = world.send(door("POST", path, body="{}"))
    assert answer.raw["isBase64Encoded"] is False
    assert json.loads(answer.raw["body"])["code"] == "invalid_event"


def test_broken_base64_is_refused_with_the_request_id_that_the_front_door_gave(world, door, path):
    event = door("POST", path, body="{}", as_base64=True)
    good = world.send(event)
    answer = world.send({**event, "body": "e3"})
    assert (answer.status, answer.code) == (400, "bad_encoding")
    assert answer.headers["x-request-id"] == good.headers["x-request-id"] == answer.json["request_id"]


def test_the_request_id_of_a_load_balancer_is_its_trace(world, path):
    assert world.send(load_balancer_event("POST", path, body="{}")).headers["x-request-id"] == TRACE_ROOT


def test_the_senders_claim_of_an_address_is_not_believed(world, door, path):
    world.send(door("POST", path, body=json.dumps(VALID), headers={"X-Forwarded-For": "6.6.6.6"}))
    (event,) = world.events()
    assert event["ip"] == SOURCE_IP


def test_a_custom_domain_is_found_at_every_front_door(world, environment_id, door):
    world.add_host("events.shop.example.com", environment_id)
    for host in ("events.shop.example.com", "Events.Shop.Example.COM", "events.shop.example.com:443"):
        answer = world.send(door("POST", "/", body=json.dumps(VALID), host=host))
        assert answer.status == 200
    assert world.send(door("POST", "/", body="{}", host="other.example.com")).status == 404
    answer = world.send(door("POST", "/nowhere", body="{}", host="events.shop.example.com"))
    assert (answer.status, answer.code) == (404, "unknown_route")
