"""What ingest keeps for taps, and what it costs a request."""

import json
import re

import pytest

from domain.errors import Undelivered
from domain.live.messages import tap_message_from
from schemas.limits import MAX_TAP_ALL_RATE, MAX_TAP_MESSAGE_BYTES
from tests.ingest_world import NAME_AND_COUNT, World, refusing

VALID = {"name": "view", "count": 1}
INVALID = {"name": "view", "count": "x"}
NAMED = [{"key": "name", "type": "STRING", "presence": "optional"}, NAME_AND_COUNT[1]]
EMAIL = {"key": "email", "type": "STRING", "presence": "required", "protect": "email_domain"}


@pytest.fixture
def world():
    return World()


def lease(world, tap_id="tap_1", seconds=60, sample=10, only=None, share=1.0):
    until = world.clock() // 1_000_000_000 + seconds
    told_at = world.clock() // 1_000_000_000
    return {"id": tap_id, "until": until, "sample": sample, "only": only or {}, "share": share, "told_at": told_at}


def tapped(world, *leases, fields=NAME_AND_COUNT, **pointer):
    return world.add_environment(fields, taps=list(leases) or [lease(world)], **pointer)


def messages(world):
    return [tap_message_from(body) for _, body in world.taps.taken]


def kept(world, tap_id="tap_1"):
    """Return the events that were sent for a tap, in order."""
    return [json.loads(line) for message in messages(world) for line in message.events.get(tap_id, ())]


def left_out(world, tap_id="tap_1"):
    return sum(message.taps.get(tap_id, (0, 0))[0] for message in messages(world))


def test_an_accepted_event_is_kept_as_it_came_and_as_it_is_stored(world):
    environment_id = tapped(world)
    sent = '{"name": "view",  "count": 1, "colour": "red"}'
    headers = {"content-type": "application/json", "user-agent": "Shop/1", "origin": "https://shop.example"}
    answer = world.post(environment_id, sent, headers=headers)
    (event,) = kept(world)
    (stored,) = world.events()
    assert event == {
        "at": stored["_received_at"],
        "event_id": answer.json["event_ids"][0],
        "index": 0,
        "outcome": "accepted",
        "errors": [],
        "more": False,
        "revision_id": answer.json["revision_id"],
        "event_name": None,
        "raw": sent,
        "raw_base64": None,
        "raw_bytes": len(sent),
        "stored": stored,
        "truncated": False,
        "protected": [],
        "redacted": False,
        "request": {
            "id": answer.json["request_id"],
            "method": "POST",
            "content_type": "application/json",
            "user_agent": "Shop/1",
            "origin": "https://shop.example",
            "bytes": len(sent),
            "protocol": None,
        },
        "source_ip": None,
    }


@pytest.mark.parametrize(("on_invalid", "outcome"), [("quarantine", "quarantined"), ("reject", "rejected")])
def test_each_event_of_a_batch_is_kept_with_what_became_of_it(world, on_invalid, outcome):
    environment_id = tapped(world, on_invalid=on_invalid)
    rows = world.post(environment_id, [VALID, INVALID, VALID]).json["results"]
    events = kept(world)
    assert [event["outcome"] for event in events] == ["accepted", outcome, "accepted"]
    assert [event["index"] for event in events] == [0, 1, 2]
    assert [event["errors"] for event in events] == [row["errors"] for row in rows]
    assert [json.loads(event["raw"]) for event in events] == [VALID, INVALID, VALID]
    assert [event["stored"] is None for event in events] == [False, True, False]
    assert len(world.taps.calls) == 1


def test_events_that_are_not_durable_are_kept_as_undelivered(world):
    environment_id = tapped(world)
    world.streams.always = world.spill.always = Undelivered("out")
    assert world.post(environment_id, VALID).status == 503
    (event,) = kept(world)
    assert (event["outcome"], event["stored"]) == ("undelivered", None)


def test_a_pixel_and_what_is_no_json_are_kept_too(world):
    environment_id = tapped(world)
    world.get(environment_id, VALID)
    world.post(environment_id, b"\xff\x00")
    world.post(environment_id, "[1, ")
    pixel, noise, broken = kept(world)
    assert (pixel["request"]["method"], json.loads(pixel["raw"])) == ("GET", VALID)
    assert (noise["raw"], noise["raw_base64"], noise["raw_bytes"]) == (None, "/wA=", 2)
    assert (broken["raw"], broken["errors"][0]["code"]) == ("[1, ", "not_json")


def test_an_event_of_a_protocol_is_kept_as_it_was_translated(world):
    environment_id = tapped(world, fields=[])
    world.post(f"{environment_id}/v1/track", {"event": "Opened", "messageId": "m1", "userId": "u"})
    (event,) = kept(world)
    assert event["request"]["protocol"] == "segment"
    assert json.loads(event["raw"])["event"] == "Opened"


def test_the_address_is_kept_only_where_the_environment_stores_addresses(world):
    world.post(tapped(world), VALID)
    world.post(tapped(world, store_addresses=True), VALID)
    first, second = kept(world)
    assert first["source_ip"] is None
    assert second["source_ip"]


def test_without_a_tap_that_runs_no_request_makes_a_call_more(world):
    without, ended = world.add_environment(), tapped(world, lease(world, seconds=0))
    for environment_id in (without, ended):
        world.journal.clear()
        world.post(environment_id, VALID)
        world.post(environment_id, INVALID)
        assert len(world.journal) == 2
        assert "taps" not in world.journal


def test_a_lease_runs_out_by_the_handlers_own_clock_while_the_catalog_is_out_of_reach(world):
    environment_id = tapped(world, lease(world, seconds=20))
    world.post(environment_id, VALID)
    world.catalog.unreachable = True
    world.clock.forward(19)
    world.post(environment_id, VALID)
    assert len(kept(world)) == 2
    world.clock.forward(1)
    world.post(environment_id, VALID)
    assert len(kept(world)) == 2


def test_a_request_that_is_kept_for_several_taps_costs_one_message(world):
    only = {"outcome": "quarantined"}
    environment_id = tapped(world, lease(world), lease(world, "tap_2", only=only), lease(world, "tap_3", sample="all"))
    world.post(environment_id, [VALID, INVALID])
    assert len(world.taps.calls) == 1
    assert [len(kept(world, tap)) for tap in ("tap_1", "tap_2", "tap_3")] == [2, 1, 2]


@pytest.mark.parametrize(
    ("only", "indexes"),
    [
        ({"outcome": "accepted"}, [0, 3]),
        ({"outcome": "quarantined"}, [1, 2]),
        ({"code": "type_int"}, [1]),
        ({"code": "required"}, []),
        ({"event_name": "buy"}, [2, 3]),
        ({"event_name": "buy", "outcome": "quarantined"}, [2]),
    ],
)
def test_a_tap_keeps_only_what_it_asks_for(world, only, indexes):
    environment_id = world.add_environment(taps=[lease(world, only=only)])
    revision_id = world.add_revision(NAMED, "reject", event_name=["/name"])
    world.change(environment_id, revision_id=revision_id)
    world.post(
        environment_id,
        [VALID, {**VALID, "count": "x"}, {"name": "buy", "count": 1, "y": 2}, {"name": "buy", "count": 1}],
    )
    assert [event["index"] for event in kept(world)] == indexes
    assert len(world.taps.calls) == bool(indexes)


def test_a_handler_keeps_no_more_per_second_than_the_tap_asks_for_and_tells_what_it_left_out(world):
    environment_id = tapped(world, lease(world, sample=2))
    for _ in range(10):
        world.post(environment_id, VALID)
    assert (len(kept(world)), left_out(world)) == (2, 0)
    world.clock.forward(0.5)
    world.post(environment_id, VALID)
    assert (len(kept(world)), left_out(world)) == (3, 8)


def test_of_a_batch_some_events_are_kept_from_all_over_it(world):
    environment_id = tapped(world, lease(world, sample=4))
    world.post(environment_id, [VALID] * 100)
    assert [event["index"] for event in kept(world)] == [0, 25, 50, 75]
    world.clock.forward(1)
    world.post(environment_id, VALID)
    assert left_out(world) == 96


def test_all_means_every_event_up_to_its_bound(world):
    environment_id = tapped(world, lease(world, sample="all"))
    for _ in range(6):
        world.post(environment_id, [VALID] * 200)
    assert len(kept(world)) == MAX_TAP_ALL_RATE
    world.clock.forward(1)
    world.post(environment_id, VALID)
    assert left_out(world) == 200


def test_a_handler_keeps_its_share_of_requests(world):
    environment_id = tapped(world, lease(world, share=0.25))
    world.chance = 0.25
    world.post(environment_id, VALID)
    assert world.taps.calls == []
    world.chance = 0.24
    world.post(environment_id, VALID)
    assert (len(kept(world)), left_out(world)) == (1, 1)
    assert messages(world)[0].taps["tap_1"][1] == 4


def test_a_share_that_nobody_confirms_grows_until_all_is_kept(world):
    environment_id = tapped(world, lease(world, share=0.01))
    world.chance = 0.5
    world.clock.forward(15)
    world.post(environment_id, VALID)
    world.clock.forward(27)
    world.post(environment_id, VALID)
    assert kept(world) == []
    world.clock.forward(2)
    world.post(environment_id, VALID)
    assert len(kept(world)) == 1


@pytest.mark.parametrize(
    "failure", [Undelivered("out"), RuntimeError("view"), refusing()], ids=["unreachable", "broken", "refused"]
)
def test_a_queue_that_fails_changes_no_answer_and_is_left_alone_for_a_moment(world, failure, caplog):
    environment_id = tapped(world)
    world.taps.script.append(failure)
    answers = [world.post(environment_id, VALID) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len(world.events()) == 3
    assert "view" not in re.sub(r"File .*", "", caplog.text)
    assert len(world.taps.calls) == 1
    world.clock.forward(5)
    world.post(environment_id, VALID)
    assert (len(kept(world)), left_out(world)) == (1, 3)


def test_protected_values_are_replaced_as_quarantine_does(world):
    environment_id = tapped(world, fields=[EMAIL, *NAME_AND_COUNT], taps_protected=True)
    world.post(environment_id, [{"email": "a@example.org", **VALID}, {"email": "a@example.org", **INVALID}, "a@b"])
    good, bad, noise = kept(world)
    assert (json.loads(good["raw"])["email"], good["protected"], good["redacted"]) == ("example.org", ["/email"], False)
    assert (json.loads(bad["raw"])["email"], bad["protected"]) == ("example.org", ["/email"])
    assert (noise["raw"], noise["redacted"]) == ("", True)
    assert "a@" not in json.dumps([good, bad, noise])


def test_elsewhere_an_event_is_kept_as_it_was_sent(world):
    world.post(tapped(world, fields=[EMAIL, *NAME_AND_COUNT]), {"email": "a@example.org", **VALID})
    (event,) = kept(world)
    assert json.loads(event["raw"])["email"] == "a@example.org"
    assert event["stored"]["email"] == "example.org"


LONG = {
    "text": {"name": "view", "count": 1, "more": "x" * 900_000},
    "stored too": {"name": "x" * 30_000, "count": 1, "more": "é" * 300_000},
    "noise": b'{"name": "\xff' + b"\x01" * 600_000,
    "controls": '{"name": "' + "\x01" * 600_000,
    "surrogates": json.dumps({"name": "view", "count": 1, "\ud800" * 3_000: 1}),
    "faults": {f"{'k' * 5_000}{number}": number for number in range(100)},
}


@pytest.mark.parametrize("sent", LONG.values(), ids=LONG)
def test_a_long_event_is_cut_to_fit_into_a_message(world, sent):
    world.post(tapped(world), sent)
    ((_, message),) = world.taps.taken
    assert len(message) <= MAX_TAP_MESSAGE_BYTES
    (event,) = kept(world)
    assert event["raw_bytes"] == len(sent if isinstance(sent, bytes | str) else json.dumps(sent).encode())
    assert event["truncated"] == (event["raw_bytes"] > 150_000)
    assert event["event_id"].startswith("evt_")


@pytest.mark.parametrize("items", [6_000, 20_000])
def test_as_much_of_a_long_event_is_shown_as_a_message_has_room_for(world, items):
    world.post(tapped(world), {**VALID, "items": [{"sku": "a-1", "n": 1}] * items})
    (event,) = kept(world)
    assert event["truncated"]
    assert 0.6 * MAX_TAP_MESSAGE_BYTES < len(json.dumps(event)) * 4 / 3 <= 1.3 * MAX_TAP_MESSAGE_BYTES


def test_of_many_long_events_some_are_kept_and_the_others_counted(world):
    environment_id = tapped(world, lease(world, sample="all"))
    world.post(environment_id, [{**VALID, "more": "x" * 3_000}] * 900)
    ((_, message),) = world.taps.taken
    assert len(message) <= MAX_TAP_MESSAGE_BYTES
    events = kept(world)
    assert 10 < len(events) < 900
    assert left_out(world) == 900 - len(events)


def test_headers_that_are_no_text_or_very_long_do_no_harm(world):
    world.post(tapped(world), VALID, headers={"user-agent": "x" * 3_000, "origin": "\udcff"})
    (event,) = kept(world)
    assert (len(event["request"]["user_agent"]), event["request"]["origin"]) == (500, "?")


def test_what_is_over_a_limit_or_goes_to_a_deleted_environment_is_not_kept(world):
    world.post(tapped(world, plan_exhausted=True), VALID)
    world.post(tapped(world, state="deleted"), VALID)
    world.request("OPTIONS", tapped(world))
    assert world.taps.calls == []
