"""What browsers ask before they send, and what they may read: CORS and allowed origins."""

import pytest

from domain.errors import Undelivered
from tests.front_doors import FRONT_DOORS, http_api_event

VALID = {"name": "view"}
LISTED = ["https://shop.example.com", "https://shop.example.com:8443", "http://localhost:3000"]
NOT_LISTED = [
    "http://shop.example.com",
    "https://shop.example.com:443",
    "https://shop.example.com:8444",
    "https://shop.example.com/",
    "https://shop.example.com.evil.example",
    "https://evil-shop.example.com",
    "https://evilshop.example.com",
    "https://a.shop.example.com",
    "https://example.com",
    "https://shop.example",
    "https://user@shop.example.com",
    "https://shop.example.com, https://evil.example",
    "HTTPS://SHOP.EXAMPLE.COM",
    "https://shop.example.com ",
    "http://localhost",
    "http://localhost:30000",
    "null",
    "*",
    "",
]


@pytest.fixture
def open_id(world):
    return world.add_environment()


@pytest.fixture
def listed_id(world):
    return world.add_environment(allowed_origins=LISTED)


def cors_of(answer):
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


EXPOSED = "X-Request-Id, X-Revision-Id, X-Ingest-Outcome, Retry-After"
PREFLIGHT = {
    "allow-methods": "GET, POST, HEAD, OPTIONS",
    "allow-headers": "Content-Type, Content-Encoding, Idempotency-Key",
    "max-age": "86400",
    "expose-headers": EXPOSED,
}


def test_a_preflight_of_an_environment_without_a_list_allows_every_origin(world, open_id):
    for headers in ({}, {"origin": "https://any.example"}, {"origin": "null"}):
        answer = world.request("OPTIONS", open_id, headers=headers)
        assert (answer.status, answer.body) == (204, b"")
        assert cors_of(answer) == {"allow-origin": "*", **PREFLIGHT}
        assert answer.headers["x-revision-id"]
    assert world.journal == []


@pytest.mark.parametrize("origin", LISTED)
def test_a_listed_origin_is_allowed_by_its_own_name(world, listed_id, origin):
    preflight = world.request("OPTIONS", listed_id, headers={"origin": origin})
    assert preflight.status == 204
    assert cors_of(preflight) == {"allow-origin": origin, **PREFLIGHT}
    assert preflight.headers["vary"] == "Origin"
    answer = world.post(listed_id, VALID, headers={"origin": origin})
    assert answer.status == 200
    assert cors_of(answer) == {"allow-origin": origin, "expose-headers": EXPOSED}
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", NOT_LISTED)
def test_an_origin_that_is_not_listed_exactly_is_refused(world, listed_id, origin):
    preflight = world.request("OPTIONS", listed_id, headers={"origin": origin})
    assert preflight.status == 204
    assert cors_of(preflight) == {"expose-headers": EXPOSED}
    for answer in (
        world.post(listed_id, VALID, headers={"origin": origin}),
        world.get(listed_id, VALID, headers={"origin": origin}),
        world.request("HEAD", listed_id, headers={"origin": origin}),
    ):
        assert (answer.status, answer.code) == (403, "origin_not_allowed")
        assert cors_of(answer) == {"expose-headers": EXPOSED}
        assert answer.headers["vary"] == "Origin"
    assert world.journal == []


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"referer": "https://shop.example.com/cart?x=1"}, True),
        ({"referer": "https://shop.example.com"}, True),
        ({"referer": "https://shop.example.com:443/"}, True),
        ({"referer": "http://localhost:3000/page", "sec-fetch-site": "cross-site"}, True),
        ({"referer": "http://localhost/"}, False),
        ({"referer": "https://evil.example/https://shop.example.com/"}, False),
        ({"referer": "https://shop.example.com.evil.example/"}, False),
        ({"referer": "https://shop.example.com@evil.example/"}, False),
        ({"referer": "http://shop.example.com/"}, False),
        ({"referer": "https://evil.example/", "sec-fetch-site": "none"}, False),
        ({"referer": "android-app://com.example"}, False),
        ({"referer": "https://[::1"}, False),
        ({"referer": "no address"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"referer": "", "sec-fetch-site": "Cross-Site"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"referer": ""}, True),
        ({"origin": "https://evil.example", "referer": "https://shop.example.com/"}, False),
        ({"origin": "https://shop.example.com", "referer": "https://evil.example/"}, True),
    ],
)
def test_without_an_origin_the_referer_and_then_the_browsers_own_word_decide(world, listed_id, headers, passes):
    for answer in (
        world.get(listed_id, VALID, headers=headers),
        world.post(listed_id, VALID, headers=headers),
        world.request("HEAD", listed_id, headers=headers),
    ):
        assert (answer.status, answer.code) == ((200, None) if passes else (403, "origin_not_allowed"))
    assert len(world.events()) == (2 if passes else 0)


def test_an_environment_without_a_list_takes_images_of_every_page(world, open_id):
    headers = {"referer": "https://evil.example/", "sec-fetch-site": "cross-site"}
    assert world.get(open_id, VALID, headers=headers).status == 200


def test_a_request_that_names_no_page_passes(world, listed_id):
    answer = world.post(listed_id, VALID)
    assert answer.status == 200
    assert "allow-origin" not in cors_of(answer)
    assert world.get(listed_id, VALID).status == 200
    assert world.request("HEAD", listed_id).status == 200


def test_pages_can_read_every_answer_and_never_with_credentials(world, open_id):
    answers = [
        world.post(open_id, VALID),
        world.post(open_id, {}),
        world.get(open_id, VALID),
        world.get(open_id, {}),
        world.post("env_0000000000000000000000none", VALID),
        world.request("PUT", open_id),
        world.request("HEAD", open_id),
        world.post(world.add_environment(state="deleted"), VALID),
        world.post(open_id, VALID, "image/png"),
    ]
    world.streams.always = world.spill.always = Undelivered("outage")
    answers.append(world.post(open_id, VALID))
    world.streams.always = KeyError("bug")
    answers.append(world.post(open_id, VALID))
    assert [answer.status for answer in answers] == [200, 400, 200, 400, 404, 405, 200, 410, 415, 503, 500]
    for answer in answers:
        assert cors_of(answer) == {"allow-origin": "*", "expose-headers": EXPOSED}


def test_a_fault_of_ours_allows_no_origin_that_is_not_listed(world, listed_id):
    world.streams.always = KeyError("bug")
    answer = world.post(listed_id, VALID, headers={"origin": LISTED[0]})
    assert (answer.status, cors_of(answer)["allow-origin"]) == (500, LISTED[0])
    assert "allow-origin" not in cors_of(world.post(listed_id, VALID))


def test_a_beacon_needs_no_preflight(world, open_id):
    answer = world.post(open_id, '{"name": "beacon"}', "text/plain;charset=UTF-8", headers={"origin": "https://a.b"})
    assert answer.status == 200


def test_a_custom_domain_answers_preflights_too(world, listed_id):
    world.add_host("events.shop.example.com", listed_id)
    event = http_api_event("OPTIONS", "/", host="events.shop.example.com", headers={"origin": LISTED[0]})
    answer = world.send(event)
    assert (answer.status, cors_of(answer)) == (204, {"allow-origin": LISTED[0], **PREFLIGHT})


def test_a_preflight_of_nothing_is_404_and_of_a_deleted_environment_410(world):
    assert world.request("OPTIONS", "env_0000000000000000000000none").status == 404
    assert world.request("OPTIONS", world.add_environment(state="deleted")).status == 410


OPENED = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}


@pytest.mark.parametrize("event", FRONT_DOORS.values(), ids=FRONT_DOORS)
def test_an_address_that_a_person_opens_says_what_it_is(world, open_id, event):
    answer = world.send(event("GET", f"/e/{open_id}", headers=OPENED))
    assert (answer.status, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert b"<h1>This is an address for events</h1>" in answer.body
    assert answer.headers["x-ingest-outcome"] == "no_payload"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert world.events() == []


def test_a_page_says_what_is_wrong_with_an_address(world):
    unknown = world.send(http_api_event("GET", "/e/env_00000000000000000000", headers=OPENED))
    assert (unknown.status, b"No environment has this address" in unknown.body) == (404, True)
    assert b"This is an address for events" not in unknown.body


def test_an_address_that_takes_no_events_of_a_page_is_still_one(world):
    environment_id = world.add_environment([], allowed_origins=["https://shop.example"])
    answer = world.send(http_api_event("GET", f"/e/{environment_id}", headers={**OPENED, "sec-fetch-site": "none"}))
    assert b"<h1>This is an address for events</h1>" in answer.body


def test_an_event_that_a_person_sends_by_its_address_is_answered_as_ever(world, open_id):
    answer = world.send(http_api_event("GET", f"/e/{open_id}", query=[("d", "{}")], headers=OPENED))
    assert answer.headers["content-type"] == "image/gif"
