"""Pixels: what an image tag can send, and what it gets back."""

import base64
import json

import pytest

from domain.errors import Undelivered
from domain.intake.answers import PIXEL
from tests.front_doors import http_api_event

VALID = {"name": "view"}


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def base64url(text, *, padded=False):
    encoded = base64.urlsafe_b64encode(text).decode()
    return encoded if padded else encoded.rstrip("=")


def check_pixel(answer, status, outcome):
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (status, outcome)
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == PIXEL
    assert answer.raw["isBase64Encoded"] is True


def decoded_gif(data):
    """Read a GIF of one frame by https://www.w3.org/Graphics/GIF/spec-gif89a.txt: (size, transparent index, pixels)."""
    assert data[:6] == b"GIF89a"
    screen = (int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    assert data[10] & 0x80, "a global palette"
    position = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    assert data[position : position + 3] == b"\x21\xf9\x04"
    flags, transparent, end = data[position + 3], data[position + 6], data[position + 7]
    assert (flags & 1, end) == (1, 0)
    position += 8
    assert data[position] == 0x2C
    left, top, width, height = (
        int.from_bytes(data[position + at : position + at + 2], "little") for at in (1, 3, 5, 7)
    )
    assert (left, top, width, height) == (0, 0, *screen)
    assert data[position + 9] == 0, "no palette of its own, not interlaced"
    position += 10
    code_bits = data[position] + 1
    length = data[position + 1]
    bits = int.from_bytes(data[position + 2 : position + 2 + length], "little")
    assert data[position + 2 + length :] == b"\x00\x3b"
    clear, end_of_image = 2 ** (code_bits - 1), 2 ** (code_bits - 1) + 1
    codes = []
    while not codes or codes[-1] != end_of_image:
        codes.append(bits & (2**code_bits - 1))
        bits >>= code_bits
    assert codes[0] == clear
    return screen, transparent, codes[1:-1]


def test_the_pixel_is_a_valid_transparent_gif_of_43_bytes():
    assert len(PIXEL) == 43
    size, transparent, pixels = decoded_gif(PIXEL)
    assert size == (1, 1)
    assert pixels == [transparent]


@pytest.mark.parametrize(
    "d",
    [
        json.dumps(VALID),
        base64url(json.dumps(VALID).encode()),
        base64url(json.dumps(VALID).encode(), padded=True),
        base64url(b'\xef\xbb\xbf{"name":"view"}'),
        base64url(b' {"name":"view","x":"\xc3\xbf\xc3\xbe\xef\xbf\xbf"}'),
        ' \n{"name":"view"}',
    ],
)
def test_an_accepted_pixel_is_the_gif_and_one_event(world, environment_id, d):
    check_pixel(world.get(environment_id, d), 200, "accepted")
    (event,) = world.events()
    assert event["name"] == "view"


def test_a_pixel_has_its_picture_whatever_the_outcome_with_the_true_status(world, environment_id):
    gone = world.add_environment(state="deleted")
    check_pixel(world.get(environment_id, {}), 400, "invalid_event")
    check_pixel(world.get(environment_id, "{"), 400, "not_json")
    check_pixel(world.get(environment_id, "e"), 400, "not_json")
    check_pixel(world.get(environment_id), 400, "no_payload")
    check_pixel(world.get(environment_id, ""), 400, "no_payload")
    check_pixel(world.get(world.add_environment(plan_exhausted=True), VALID), 402, "plan_exhausted")
    origins = world.add_environment(allowed_origins=["https://a.example"])
    answer = world.get(origins, VALID, headers={"origin": "https://b.example"})
    check_pixel(answer, 403, "origin_not_allowed")
    check_pixel(world.get("env_0000000000000000000000none", VALID), 404, "unknown_environment")
    check_pixel(world.get(gone, VALID), 410, "deleted")
    check_pixel(world.get(world.add_environment(state="provisioning"), VALID), 503, "not_ready")
    assert world.journal == ["quarantine"] * 3
    world.streams.always = world.spill.always = Undelivered("outage")
    check_pixel(world.get(environment_id, VALID), 503, "undeliverable")
    world.streams.always = KeyError("bug")
    check_pixel(world.get(environment_id, VALID), 500, "internal")


def test_a_refused_pixel_says_that_it_was_quarantined_where_it_can(world, environment_id):
    answer = world.get(environment_id, {}, headers={"accept": "application/json"})
    (row,) = answer.json["results"]
    assert row["outcome"] == "quarantined"


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON; q=0.9, */*;q=0.1", True),
        ("text/html, application/json", True),
        ("application/json, image/*", False),
        ("image/avif,image/webp,*/*", False),
        ("application/json, image/png", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_only_who_asks_for_json_and_no_image_gets_json(world, environment_id, accept, is_json):
    headers = {} if accept is None else {"accept": accept}
    for d, status, outcome in ((VALID, 200, "accepted"), ({}, 400, "invalid_event")):
        answer = world.get(environment_id, d, headers=headers)
        if not is_json:
            check_pixel(answer, status, outcome)
            continue
        assert answer.status == status
        assert answer.headers["content-type"] == ("application/json" if status == 200 else "application/problem+json")
        assert answer.headers["x-ingest-outcome"] == outcome
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json.get("ok", False) is (status == 200)


def test_a_get_carries_one_event_and_an_array_is_none(world, environment_id):
    for batch in ([VALID], [], [VALID, VALID]):
        answer = world.get(environment_id, batch, headers={"accept": "application/json"})
        assert (answer.status, answer.code) == (400, "invalid_event")
        (row,) = answer.json["results"]
        assert [error["code"] for error in row["errors"]] == ["not_an_object"]
    assert world.events() == []


def test_the_body_of_a_get_is_not_looked_at(world, environment_id):
    event = http_api_event("GET", f"/e/{environment_id}", body=json.dumps(VALID))
    assert world.send(event).headers["x-ingest-outcome"] == "no_payload"


def test_of_two_events_in_one_query_neither_is_taken(world, environment_id):
    answer = world.get(environment_id, query=[("d", '{"name":"first"}'), ("d", '{"name":"last"}')])
    assert (answer.status, answer.headers["x-ingest-outcome"], answer.body) == (400, "ambiguous", PIXEL)
    assert (world.events(), world.quarantined()) == ([], [])


@pytest.mark.parametrize(
    ("pointer", "status"),
    [
        ({}, 200),
        ({"plan_exhausted": True}, 200),
        ({"state": "provisioning"}, 200),
        ({"state": "deleted"}, 410),
    ],
)
def test_head_takes_no_event_and_finds_what_a_get_would_find(world, pointer, status):
    environment_id = world.add_environment(**pointer)
    answer = world.request("HEAD", environment_id, query=[("d", json.dumps(VALID))])
    assert (answer.status, answer.body) == (status, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-revision-id"] == world.pointer(environment_id)["revision_id"]
    assert world.journal == []
    assert world.counted() == {}


def test_head_of_nothing_is_404_without_a_body(world):
    answer = world.request("HEAD", "env_0000000000000000000000none")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["x-ingest-outcome"] == "unknown_environment"
    json_too = world.request("HEAD", "env_0000000000000000000000none", headers={"accept": "application/json"})
    assert (json_too.status, json_too.body) == (404, b"")
