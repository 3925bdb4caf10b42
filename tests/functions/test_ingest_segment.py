"""The Segment family's requests, as its SDKs sent them, through the whole handler."""

import json

import pytest

from tests.front_doors import FRONT_DOORS
from tests.ingest_world import World
from tests.recorded import CUSTOM_DOMAIN, recording, recordings

SENDERS = [held.name for held in recordings("segment", "rudder", "jitsu")]


@pytest.fixture
def world():
    return World()


def stored(world):
    """Return every durable event as its protocol made it, by the pointers of `_extra`."""
    return [event["_extra"] for event in world.events()]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
@pytest.mark.parametrize("sender", SENDERS)
def test_every_call_of_a_sender_arrives_once(world, sender, front_door):
    environment_id = world.add_environment([], "keep")
    held = recording(sender)
    for request in held.requests:
        answer = world.send(request.event(f"/e/{environment_id}", front_door))
        assert answer.status in {200, 204}
    own = [json.dumps(event) for event in stored(world)]
    assert len(own) == len(held.marks)
    assert all(any(mark in event for event in own) for mark in held.marks)


@pytest.mark.parametrize("sender", [sender for sender in SENDERS if sender != "segment-pixel"])
def test_what_a_sender_repeats_has_the_same_id(world, sender):
    environment_id = world.add_environment([], "keep")
    for request in [*recording(sender).requests] * 2:
        world.send(request.event(f"/e/{environment_id}"))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events()]
    half = len(ids) // 2
    assert ids[:half] == ids[half:]
    assert len(set(ids)) == half


@pytest.mark.parametrize("sender", SENDERS)
def test_no_key_of_a_sender_is_stored(world, sender):
    environment_id = world.add_environment([], "keep")
    for request in recording(sender).requests:
        world.send(request.event(f"/e/{environment_id}"))
    texts = json.dumps([{**event, "/context": None, "/properties": None} for event in stored(world)])
    assert "wk_probe" not in texts


@pytest.mark.parametrize("sender", SENDERS)
def test_a_custom_domain_serves_the_routes_at_its_root(world, sender):
    environment_id = world.add_environment([], "keep")
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording(sender)
    for request in held.requests:
        assert world.send(request.event(CUSTOM_DOMAIN)).status in {200, 204}
    assert len(world.events()) == len(held.marks)
