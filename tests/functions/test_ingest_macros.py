"""Macros through the whole handler: a template's revision, filled in from a pixel."""

import json
from datetime import UTC, datetime

import pytest

from domain.errors import Undelivered
from domain.language.templates import TEMPLATES
from tests.front_doors import SOURCE_IP
from tests.ingest_world import START_NS, World

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/120.0.6099.71 Safari/537.36"
)
HEADERS = {
    "user-agent": CHROME,
    "cloudfront-viewer-country": "DE",
    "cloudfront-viewer-country-region": "BW",
    "cloudfront-viewer-city": "Freiburg%20im%20Breisgau",
    "referer": "https://ignored.example/",
    "x-ingest-front-secret": "secret of the front",
}
QUERY = [
    ("url", "https://shop.example.co.uk/p/1?utm_source=mail&utm_medium=paid"),
    ("referrer", "https://news.example.com/a"),
    ("utm_source", "own"),
    ("utm_campaign", "2€ & more"),
    ("sw", "1920"),
    ("sh", "1080"),
]

IDS = ["organisation_id", "endpoint_id", "environment_id", "revision_id"]


def macro(name, data_type="STRING", key=None):
    return {"key": key or name, "type": data_type, "presence": "macro", "macro": name}


@pytest.fixture(scope="module")
def tracking_maps():
    return TEMPLATES["user_tracking"].fields


@pytest.fixture
def world():
    return World(front_secret=lambda: b"secret of the front")


def test_a_tracking_pixel_stores_what_the_server_knows(world, tracking_maps):
    environment_id = world.add_environment(tracking_maps)
    assert world.get(environment_id, {}, query=QUERY, headers=HEADERS).status == 200
    (event,) = world.events()
    assert {key: value for key, value in event.items() if not key.startswith("_")} == {
        "page_url": QUERY[0][1],
        "page_domain": "example.co.uk",
        "referrer_url": QUERY[1][1],
        "referrer_domain": "example.com",
        "utm_source": "own",
        "utm_medium": "paid",
        "utm_campaign": "2€ & more",
        "browser_name": "Chrome",
        "browser_version": "120.0.6099.71",
        "os_name": "Windows",
        "os_version": "10",
        "screen_size": "1920x1080",
        "user_country_code": "DE",
        "user_region": "BW",
        "user_city": "Freiburg im Breisgau",
    }
    assert list(event)[3:] == [each["key"] for each in tracking_maps if each["key"] in event]


def test_what_a_client_sends_stays_and_the_text_of_a_macro_is_text(world, tracking_maps):
    environment_id = world.add_environment(tracking_maps)
    sent = {"page_url": "{{page_url}}", "browser_name": "", "os_name": None, "utm_term": "user_agent"}
    world.get(environment_id, sent, query=QUERY, headers=HEADERS)
    (event,) = world.events()
    assert (event["page_url"], event["browser_name"], event["utm_term"]) == ("{{page_url}}", "", "user_agent")
    assert event["os_name"] == "Windows"


def test_a_macro_without_a_value_leaves_no_key(world, tracking_maps):
    environment_id = world.add_environment(tracking_maps)
    assert world.post(environment_id, [{}, {"utm_term": "x"}], headers={"user-agent": ""}).status == 200
    bare, with_term = world.events()
    assert [key for key in bare if not key.startswith("_")] == []
    assert [key for key in with_term if not key.startswith("_")] == ["utm_term"]


def test_every_event_of_a_batch_is_filled_in_and_has_its_own_id(world):
    maps = [
        macro("event_id"),
        macro("uuid"),
        macro("random_int", "INT"),
        macro("received_at", "DATETIME"),
        macro("received_at", "TIMESTAMP", "received_seconds"),
        macro("user_ip"),
        macro("user_hash"),
        *map(macro, IDS),
    ]
    environment_id = world.add_environment(maps)
    # The third is judged in full, since its whole number is written as a fraction.
    answer = world.post(environment_id, '[{}, {"event_id": null}, {"random_int": 5.0}]')
    events = world.events()
    assert [event["event_id"] for event in events] == answer.json["event_ids"]
    assert len({event["uuid"] for event in events}) == 3
    assert events[2]["random_int"] == 5
    assert len({event["user_hash"] for event in events}) == 1
    pointer = world.pointer(environment_id)
    arrived = datetime.fromtimestamp(START_NS // 1_000_000_000, UTC)
    for event in events:
        assert event["user_ip"] == SOURCE_IP
        assert {key: event[key] for key in IDS} == {key: pointer[key] for key in IDS}
        assert event["received_at"] == "2026-11-02T10:11:12.345678"
        assert event["received_seconds"] == int(arrived.timestamp())
        assert list(event)[3:] == [each["key"] for each in maps]


def test_macros_within_objects_and_arrays_are_filled_in(world):
    inner = [macro("user_ip"), {"key": "n", "type": "INT", "presence": "optional"}]
    maps = [
        {"key": "always", "type": "OBJECT", "presence": "default", "fields": inner},
        {"key": "maybe", "type": "OBJECT", "presence": "optional", "fields": inner},
        {"key": "many", "type": "ARRAY_OBJECT", "presence": "optional", "fields": inner},
    ]
    environment_id = world.add_environment(maps)
    for body in ("{}", '{"always": null, "maybe": {}, "many": [{"n": 1}, {"user_ip": "own"}, {"n": 2.0}]}'):
        assert world.post(environment_id, body).status == 200
    bare, full = world.events()
    assert {key: bare[key] for key in bare if not key.startswith("_")} == {"always": {"user_ip": SOURCE_IP}}
    assert full["maybe"] == {"user_ip": SOURCE_IP}
    assert full["many"] == [{"user_ip": SOURCE_IP, "n": 1}, {"user_ip": "own"}, {"user_ip": SOURCE_IP, "n": 2}]


def test_refused_events_of_a_batch_do_not_shift_the_others(world):
    maps = [macro("event_id"), {"key": "n", "type": "INT", "presence": "required"}]
    answer = world.post(world.add_environment(maps), [{}, {"n": 1}, {"n": "x"}, {"n": 2}])
    accepted = [row["event_id"] for row in answer.json["results"] if row["outcome"] == "accepted"]
    assert [event["event_id"] for event in world.events()] == accepted
    assert [event["n"] for event in world.events()] == [1, 2]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ([("url", "\udcff" * 5)], {}),
        ([("url", "http://[::1"), ("referrer", "http://" + "a" * 9_000)], {}),
        ([("utm_source", "é" * 9_000), ("sw", "²"), ("sh", "9" * 9_000)], {}),
        ([("url", "https://é.example/?utm_source=%ff%00&" + "&" * 9_000)], {}),
        ([], {"user-agent": "(" * 9_000, "cloudfront-viewer-city": "%" * 9_000, "referer": "\udcff://"}),
        ([], {"user-agent": "\ud800 Chrome/1", "cloudfront-viewer-country": "\x00"}),
    ],
)
def test_hostile_surroundings_never_cost_an_event(world, tracking_maps, query, headers):
    environment_id = world.add_environment(tracking_maps)
    answer = world.get(environment_id, {}, query=query, headers=headers)
    assert answer.status == 200
    (event,) = world.events()
    assert all(len(json.dumps(value)) <= 6 * 32_000 for value in event.values())


def test_a_key_that_can_not_be_had_takes_nothing_and_only_from_those_who_need_it(caplog):
    asked, said = [], "secret text of a service"

    def deployment_secret():
        asked.append(1)
        raise Undelivered(said, retryable=False)

    world = World(deployment_secret=deployment_secret)
    hashing = world.add_environment([macro("user_hash"), {"key": "a", "type": "INT", "presence": "optional"}])
    answer = world.post(hashing, [{"a": 1}, {"a": "x"}])
    assert (answer.status, answer.json["code"]) == (503, "undeliverable")
    assert answer.headers["retry-after"] == "5"
    assert world.events() == []
    assert world.quarantined() == []
    assert "Undelivered" in caplog.text
    assert "secret text" not in caplog.text
    assert len(asked) == 1
    other = world.add_environment([macro("user_ip")])
    assert world.post(other, {}).status == 200
    assert len(asked) == 1


GEO = ["user_country_code", "user_region", "user_city"]


@pytest.mark.parametrize(
    "shown", [None, "", "secret of the fron", "secret of the front2", "Secret of the front", "ü\ud800"]
)
def test_places_and_addresses_are_taken_from_cloudfront_alone(world, shown):
    environment_id = world.add_environment([*map(macro, GEO), macro("user_ip")], store_addresses=True)
    headers = {**HEADERS, "cloudfront-viewer-address": "198.51.100.10:46532"}
    assert world.post(environment_id, {}, headers=headers).status == 200
    told = world.events()[0]
    assert [told[name] for name in GEO] == ["DE", "BW", "Freiburg im Breisgau"]
    assert told["user_ip"] == "198.51.100.10"
    del headers["x-ingest-front-secret"]
    if shown is not None:
        headers["x-ingest-front-secret"] = shown
    assert world.post(environment_id, {}, headers=headers).status == 200
    claimed = world.events()[1]
    assert [name for name in GEO if name in claimed] == []
    assert claimed["user_ip"] == SOURCE_IP


def test_of_the_deployments_own_front_the_address_it_writes_is_believed_and_no_place():
    world = World(front_secret=lambda: b"secret of the front", front_is_ours=True)
    environment_id = world.add_environment([*map(macro, GEO), macro("user_ip")])
    sent = {**HEADERS, "cloudfront-viewer-address": "6.6.6.6:1", "x-ingest-viewer": "2001:db8::1"}
    world.post(environment_id, {}, headers=sent)
    world.post(environment_id, {}, headers={**sent, "x-ingest-front-secret": "none"})
    told = [{key: value for key, value in event.items() if not key.startswith("_")} for event in world.events()]
    assert told == [{"user_ip": "2001:db8::1"}, {"user_ip": SOURCE_IP}]


def test_without_a_front_no_secret_opens_anything():
    world = World()
    environment_id = world.add_environment([*map(macro, GEO), macro("user_ip")])
    world.post(environment_id, {}, headers={**HEADERS, "cloudfront-viewer-address": "198.51.100.10:46532"})
    (event,) = world.events()
    assert [key for key in event if not key.startswith("_")] == ["user_ip"]
    assert event["user_ip"] == SOURCE_IP


@pytest.mark.parametrize(
    ("shown", "address"),
    [("[2001:db8::1]:443", "2001:db8::1"), ("2001:db8:0:0:0:0:0:1:443", "2001:db8:0:0:0:0:0:1"), ("", SOURCE_IP)],
)
def test_the_viewers_address_is_what_cloudfront_says_without_its_port(world, shown, address):
    environment_id = world.add_environment([macro("user_ip")])
    world.post(environment_id, {}, headers={**HEADERS, "cloudfront-viewer-address": shown})
    assert world.events()[0]["user_ip"] == address


def test_a_secret_of_the_front_that_can_not_be_had_takes_nothing_of_who_shows_one():
    def front_secret():
        raise Undelivered("out of reach")

    world = World(front_secret=front_secret)
    environment_id = world.add_environment([macro("user_ip")])
    assert world.post(environment_id, {}, headers=HEADERS).json["code"] == "undeliverable"
    assert world.post(environment_id, {}).status == 200
    assert len(world.events()) == 1
