"""What a canary changes at ingest: a share of the requests goes under another revision, from the first step on."""

import json
from collections import Counter

import pytest

from domain.ids import new_id
from domain.intake.directory import is_in_share
from domain.live.messages import tap_message_from
from schemas.items import pointer_key, revision_document_key
from tests.front_doors import http_api_event
from tests.ingest_world import START_NS, World

STRICT = [{"key": "must", "type": "INT", "presence": "required"}]
VALID = {"name": "view"}
BOTH = {"name": "view", "must": 1}
DEPLOYMENT = "dep_1"
SHARE = 30


def canary(world, environment_id, revision_id, *, share=SHARE, seconds=3_600):
    until = world.clock() // 1_000_000_000 + seconds
    lease = {"deployment_id": DEPLOYMENT, "revision_id": revision_id, "share": share, "until": until}
    world.change(environment_id, canary=lease)


@pytest.fixture
def started(world):
    """Return an environment with a canary, the revision that it runs, and the canary's."""
    environment_id = world.add_environment()
    old, new = world.pointer(environment_id)["revision_id"], world.add_revision(STRICT)
    canary(world, environment_id, new)
    return environment_id, old, new


def key_of(side, number=0):
    """Return an `Idempotency-Key` whose requests the canary takes, or not."""
    keys = (f"key-{number}-{place}" for place in range(1_000))
    return next(key for key in keys if is_in_share(DEPLOYMENT, key, SHARE) == (side == "canary"))


def post(world, environment_id, body, side, number=0):
    return world.post(environment_id, body, headers={"idempotency-key": key_of(side, number)})


def send(world, environment_id, number, body=BOTH, method="POST"):
    """Send a request without a key: the front door's own id of it tells where it goes."""
    query = [("d", json.dumps(body))] if method == "GET" else []
    sent = "" if method == "GET" else json.dumps(body)
    event = http_api_event(method, f"/e/{environment_id}", query=query, body=sent)
    event["requestContext"]["requestId"] = new_id("req", START_NS // 1_000_000 + number)
    return world.send(event)


def test_a_share_of_the_requests_goes_under_the_canarys_revision(world, started):
    environment_id, old, new = started
    answered = Counter(send(world, environment_id, number).json["revision_id"] for number in range(1_000))
    assert set(answered) == {old, new}
    assert abs(answered[new] - 10 * SHARE) < 5 * (10 * SHARE) ** 0.5


def test_every_event_is_validated_stamped_counted_and_quarantined_under_the_revision_of_its_answer(world, started):
    environment_id, _, new = started
    under = {}
    for number in range(300):
        body = VALID if number % 2 else BOTH
        answer = send(world, environment_id, number, body)
        revision_id = answer.headers["x-revision-id"]
        assert answer.status == (400 if revision_id == new and body is VALID else 200)
        (event_id,) = answer.json["event_ids"] if answer.status == 200 else [answer.json["results"][0]["event_id"]]
        assert answer.status != 200 or answer.json["revision_id"] == revision_id
        under[event_id] = revision_id
    stored = {event["_event_id"]: event["_revision_id"] for event in world.events()}
    kept = {event.event_id: event.revision_id for event in world.quarantined()}
    assert stored | kept == under
    assert set(kept.values()) == {new}
    world.counters.flush()
    counted = Counter()
    for row in (row for call in world.usage.calls for row in call):
        counted[row.revision_id] += row.accepted + row.quarantined
    assert counted == Counter(under.values())


def test_a_mixed_batch_is_answered_under_one_revision(world, started):
    environment_id, _, new = started
    answer = post(world, environment_id, [VALID, BOTH], "canary")
    assert answer.json["revision_id"] == answer.headers["x-revision-id"] == new
    assert [row["outcome"] for row in answer.json["results"]] == ["quarantined", "accepted"]


def test_a_repeat_goes_the_same_way_and_has_the_same_id(world, started):
    environment_id, _, _ = started
    for side in ("canary", "usual"):
        first, second = (post(world, environment_id, BOTH, side).json for _ in range(2))
        assert first["event_ids"] == second["event_ids"]
        assert first["revision_id"] == second["revision_id"]
    assert len({event["_event_id"] for event in world.events()}) == 2


def test_a_repeat_goes_the_same_way_at_another_handler(world, started):
    environment_id, _, _ = started
    other = World()
    other.catalog.items = world.catalog.items
    for number in range(50):
        side = ("canary", "usual")[number % 2]
        first, second = (post(one, environment_id, BOTH, side, number).json for one in (world, other))
        assert (first["event_ids"], first["revision_id"]) == (second["event_ids"], second["revision_id"])


def segment(*message_ids):
    batch = [{"type": "track", "event": "view", "messageId": each, "userId": "u"} for each in message_ids]
    return {"batch": batch}


def test_an_event_with_an_id_of_its_senders_goes_the_same_way_each_time(world):
    fields = [{"key": "event", "type": "STRING", "presence": "required"}]
    environment_id = world.add_environment(fields)
    new = world.add_revision(fields)
    canary(world, environment_id, new)
    ids = [f"message-{number}" for number in range(60)]
    for _ in range(2):
        for message_id in ids:
            answer = world.post(f"{environment_id}/v1/batch", segment(message_id, "another"))
            expected = is_in_share(DEPLOYMENT, message_id, SHARE)
            assert (answer.headers["x-revision-id"] == new) == expected
    under = {}
    for event in world.events():
        under.setdefault(event["_event_id"], set()).add(event["_revision_id"])
    assert len(under) == len(ids) + 1
    assert sum(len(revisions) > 1 for revisions in under.values()) == 1  # the one that came with each of them


def test_an_answer_in_a_protocol_that_refuses_all_names_the_revision_that_refused(world):
    fields = [{"key": "event", "type": "STRING", "presence": "required"}]
    environment_id = world.add_environment(fields, on_invalid="reject")
    old, new = world.pointer(environment_id)["revision_id"], world.add_revision(STRICT)
    canary(world, environment_id, new, share=50)
    named = set()
    for number in range(40):
        message_id = f"message-{number}"
        answer = world.post(f"{environment_id}/v1/batch", segment(message_id))
        named.add(answer.headers["x-revision-id"])
        assert (answer.headers["x-revision-id"] == new) == is_in_share(DEPLOYMENT, message_id, 50)
    assert named == {old, new}
    assert {event["_revision_id"] for event in world.events()} == {old}


def test_a_pixel_is_taken_by_its_request(world, started):
    environment_id, old, new = started
    answers = [send(world, environment_id, number, method="GET") for number in range(200)]
    assert {answer.headers["x-revision-id"] for answer in answers} == {old, new}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_what_carries_no_event_is_never_of_the_canary(world, started, method):
    environment_id, old, _ = started
    for _ in range(30):
        assert world.request(method, environment_id).headers["x-revision-id"] == old


def test_a_canary_ends_at_its_time_by_the_handlers_own_clock_also_without_a_catalog(world, started):
    environment_id, old, new = started
    canary(world, environment_id, new, seconds=60)
    assert post(world, environment_id, BOTH, "canary").json["revision_id"] == new
    world.catalog.unreachable = True
    world.clock.forward(59)
    assert post(world, environment_id, BOTH, "canary").json["revision_id"] == new
    world.clock.forward(1)
    for number in range(50):
        assert post(world, environment_id, BOTH, "canary", number).json["revision_id"] == old


@pytest.mark.parametrize("ending", ["promote", "abort"])
def test_a_promotion_and_an_abort_are_in_force_within_five_seconds(world, started, ending):
    environment_id, old, new = started
    assert post(world, environment_id, BOTH, "canary").json["revision_id"] == new
    pointer = world.pointer(environment_id)
    del pointer["canary"]
    world.catalog.put(pointer_key(environment_id), pointer)
    after = old if ending == "abort" else new
    world.change(environment_id, revision_id=after)
    world.clock.forward(5)
    for side in ("canary", "usual"):
        assert post(world, environment_id, BOTH, side).json["revision_id"] == after


def test_an_environment_without_a_canary_reads_nothing_more(world, started):
    environment_id, old, new = started
    world.post(world.add_environment(), VALID)
    assert len(world.catalog.reads) == 2
    world.catalog.reads.clear()
    world.post(environment_id, BOTH)
    assert world.catalog.reads == [pointer_key(environment_id), *map(revision_document_key, (old, new))]
    world.clock.forward(5)
    world.post(environment_id, BOTH)
    assert world.catalog.reads[3:] == [pointer_key(environment_id)]


def test_a_canary_whose_revision_can_not_be_read_yet_changes_nothing(world):
    environment_id = world.add_environment()
    old = world.pointer(environment_id)["revision_id"]
    assert world.post(environment_id, VALID).json["revision_id"] == old
    canary(world, environment_id, new_id("rev", 1))
    world.clock.forward(5)
    for number in range(20):
        assert send(world, environment_id, number).json["revision_id"] == old


def test_a_tap_shows_under_which_revision_an_event_went(world, started):
    environment_id, old, new = started
    until = world.clock() // 1_000_000_000 + 60
    lease = {"id": "tap_1", "until": until, "sample": 100, "only": {}, "share": 1.0, "told_at": until - 60}
    world.change(environment_id, taps=[lease])
    answers = [post(world, environment_id, BOTH, side).json for side in ("canary", "usual")]
    messages = [tap_message_from(body) for _, body in world.taps.taken]
    shown = [json.loads(line) for message in messages for line in message.events["tap_1"]]
    assert [event["revision_id"] for event in shown] == [answer["revision_id"] for answer in answers] == [new, old]


def test_an_environment_makes_room_with_the_revision_of_its_canary(world, started, monkeypatch):
    environment_id, old, new = started
    monkeypatch.setattr("domain.intake.directory.MAX_REVISIONS_KEPT", 2)
    post(world, environment_id, BOTH, "canary")
    world.post(world.add_environment(revision_id=old), VALID)
    before = len(world.catalog.reads)
    world.post(world.add_environment(), VALID)  # in the place of the revision that was not read since
    assert post(world, environment_id, BOTH, "canary").json["revision_id"] == new
    assert pointer_key(environment_id) in world.catalog.reads[before:]
