"""A 200 means durable: what is put where, in which order, and what an answer says when something refuses."""

import json
import random

import pytest

from adapters.failing import Dice, FailingQueue, FailingStreams, Kind
from domain.delivery.messages import spilled_record_from_message
from domain.errors import Undelivered
from tests.ingest_world import GONE, THROTTLED, World, refusing

VALID = {"name": "view"}
WIDE = [{"key": "text", "type": "STRING", "presence": "required"}]
OUTAGE = Undelivered("outage")


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def three_records():
    """Return events that take three stream records."""
    return [{"text": f"{number:02d}" + "x" * 31_000} for number in range(80)]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (json.dumps([VALID] * 1_001), "application/json", 413),
        (f"{json.dumps(VALID)}\n" * 1_001, "application/x-ndjson", 413),
        ("[" + f"{json.dumps(VALID)}," * 999 + "{]", "application/json", 400),
        ("[" + f"{json.dumps(VALID)}," * 3 + '{"name": NaN}', "application/json", 400),
        (json.dumps([VALID] * 3) + "x", "application/json", 400),
    ],
    ids=["too many", "too many lines", "broken at the end", "cut off", "trailing text"],
)
def test_nothing_is_put_in_the_stream_before_the_whole_request_is_read(world, body, content_type, status):
    environment_id = world.add_environment(on_invalid="reject")
    answer = world.post(environment_id, body, content_type)
    assert (answer.status, world.journal) == (status, [])


def test_events_are_put_after_all_are_validated_and_refused_ones_kept_after_that(world, environment_id):
    assert world.post(environment_id, [{}, VALID, {}, VALID]).status == 200
    assert world.journal == ["stream-of-1", "quarantine"]
    assert len(world.streams.calls) == 1


def test_an_ordinary_request_costs_one_put_of_one_record(world, environment_id):
    world.post(environment_id, [VALID] * 1_000)
    ((stream, records),) = world.streams.calls
    assert (stream, len(records)) == ("stream-of-1", 1)
    assert world.clock.slept == []


def test_no_200_leaves_before_the_stream_has_acknowledged(world, environment_id):
    answered = []

    def acknowledge(records):
        assert answered == []
        return [None] * len(records)

    world.streams.always = acknowledge
    answered.append(world.post(environment_id, VALID))
    assert answered[0].status == 200
    assert len(world.streams.calls) == 1


def test_records_that_failed_are_sent_again_alone(world):
    environment_id = world.add_environment(WIDE)
    world.streams.script += [refusing(THROTTLED, 0, 2), refusing(THROTTLED, 1)]
    answer = world.post(environment_id, three_records())
    assert answer.status == 200
    first, second, third = [records for _, records in world.streams.calls]
    assert second == [first[0], first[2]]
    assert third == [first[2]]
    assert sorted(event["text"] for event in world.events()) == [event["text"] for event in three_records()]
    assert len(world.clock.slept) == 2
    assert sum(world.clock.slept) <= 2


def test_a_throttled_stream_leaves_its_records_to_another_before_the_spill_queue(world):
    environment_id = world.add_environment(streams=["s1", "s2", "s3"])
    world.streams.script.append(refusing())
    assert world.post(environment_id, VALID).status == 200
    (first, _), (second, _) = world.streams.calls
    assert first != second
    assert world.spill.calls == []
    assert world.clock.slept == []


def test_what_no_stream_takes_goes_to_the_spill_queue_and_is_accepted(world, environment_id):
    world.streams.always = refusing()
    answer = world.post(environment_id, [VALID] * 3)
    assert (answer.status, answer.json["accepted"]) == (200, 3)
    assert world.streams.taken == []
    ((_, body),) = world.spill.taken
    assert spilled_record_from_message(body).stream == "stream-of-1"
    assert [event["_event_id"] for event in world.events()] == answer.json["event_ids"]


def test_a_stream_that_is_gone_is_not_tried_again(world, environment_id):
    world.streams.always = refusing(GONE)
    assert world.post(environment_id, VALID).status == 200
    assert (len(world.streams.calls), world.clock.slept, len(world.spill.taken)) == (1, [], 1)


@pytest.mark.parametrize("failure", [OUTAGE, refusing(), refusing(GONE)], ids=["outage", "throttled", "gone"])
def test_with_both_failing_nothing_is_accepted_and_nothing_counted_as_such(world, environment_id, failure):
    world.streams.always = world.spill.always = failure
    started = world.clock.monotonic()
    answer = world.post(environment_id, [VALID] * 3)
    assert (answer.status, answer.code) == (503, "undeliverable")
    assert world.records() == []
    counted = world.counted()
    assert counted.keys() == {"requests", "bytes_received"}
    assert world.clock.monotonic() - started <= 2.5
    world.streams.always = None
    assert world.post(environment_id, [VALID] * 3).status == 200
    assert world.counted()["accepted"] == 3


def test_a_batch_that_is_durable_in_part_counts_that_part(world):
    environment_id = world.add_environment(WIDE)
    world.streams.script += [refusing(THROTTLED, 1), refusing(), refusing()]
    world.spill.always = OUTAGE
    answer = world.post(environment_id, three_records())
    rows = answer.json["results"]
    accepted = [row["event_id"] for row in rows if row["outcome"] == "accepted"]
    assert answer.status == 503
    assert [event["_event_id"] for event in world.events()] == accepted
    counted = world.counted()
    assert counted["accepted"] == len(accepted)
    assert counted["bytes_accepted"] == sum(map(len, world.records()))


def test_refused_events_are_told_apart_when_the_stream_is_out(world, environment_id):
    world.streams.always = world.spill.always = OUTAGE
    body = json.dumps([VALID, {}, VALID])
    answer = world.post(environment_id, body)
    assert answer.status == 503
    assert [row["outcome"] for row in answer.json["results"]] == ["undelivered", "quarantined", "undelivered"]
    assert world.counted() == {"requests": 1, "quarantined": 1, "required": 1, "bytes_received": len(body)}


def test_a_timeout_after_the_effect_is_accepted_once_more_under_the_same_id(world, environment_id):
    dice = Dice({Kind.TIMEOUT_AFTER: 1.0}, random.Random(1))
    world = World(wrap_streams=lambda sink: FailingStreams(sink, dice))
    assert world.add_environment() == environment_id
    answer = world.post(environment_id, VALID)
    assert answer.status == 200
    assert {event["_event_id"] for event in world.events()} == set(answer.json["event_ids"])


def test_what_an_answer_calls_durable_is_found_again_under_every_kind_of_failure():
    chance = random.Random(5)
    rates = dict.fromkeys(Kind, 0.12)
    world = World(
        wrap_streams=lambda sink: FailingStreams(sink, Dice(rates, chance)),
        wrap_spill=lambda sink: FailingQueue(sink, Dice(rates, chance)),
        wrap_quarantine=lambda sink: FailingQueue(sink, Dice(rates, chance)),
    )
    environment_id = world.add_environment(WIDE, streams=["s1", "s2"])
    accepted, quarantined, undelivered, statuses = set(), set(), 0, set()
    for number in range(300):
        size = 30_000 if number % 10 == 0 else 10
        count = 70 if number % 10 == 0 else chance.randint(1, 5)
        events = [{"text": "x" * size} if chance.random() < 0.8 else {} for _ in range(count)]
        answer = world.post(environment_id, events)
        statuses.add(answer.status)
        if answer.status == 200 and answer.json["ok"]:
            assert len(answer.json["event_ids"]) == len(events)
            accepted.update(answer.json["event_ids"])
            continue
        rows = answer.json["results"]
        assert len(rows) == len(events)
        for row, event in zip(rows, events, strict=True):
            assert row["outcome"] in ({"accepted", "undelivered"} if event else {"quarantined", "undelivered"})
        accepted.update(row["event_id"] for row in rows if row["outcome"] == "accepted")
        quarantined.update(row["event_id"] for row in rows if row["outcome"] == "quarantined")
        undelivered += sum(row["outcome"] == "undelivered" for row in rows)
        assert answer.status == 503 or not any(row["outcome"] == "undelivered" for row in rows)
    assert statuses == {200, 400, 503}
    assert accepted <= {event["_event_id"] for event in world.events()}
    assert quarantined <= {event.event_id for event in world.quarantined()}
    counted = world.counted()
    assert (counted["requests"], counted["accepted"], counted["quarantined"]) == (300, len(accepted), len(quarantined))
    assert undelivered > 0
