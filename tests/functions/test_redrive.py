"""Redrives: quarantined events that fit another revision are sent, once each, whatever dies on the way."""

import json
from dataclasses import replace

import pytest

from domain.errors import Undelivered
from domain.quarantine.redriving import Redriver
from functions.redrive.handler import make_handler
from tests.killed import Killed
from tests.quarantine_world import NUMBER, TEXT, QuarantineWorld


@pytest.fixture
def world():
    return QuarantineWorld()


def quoted(*prices):
    return [json.dumps({"price": str(price), "name": f"n{price}"}).encode() for price in prices]


def test_events_that_fit_are_sent_under_their_own_id_and_time_of_arrival(world):
    event = world.refused(*quoted(9), hours_ago=30)
    world.keep(event)
    fixed = world.revision(TEXT)
    done = world.redrive(fixed)
    assert (done["state"], done["objects_done"], done["objects_total"]) == ("done", 1, 1)
    assert (done["matched"], done["valid"], done["sent"], done["invalid"]) == (1, 1, 1, 0)
    assert world.sent == [
        {"_event_id": event.event_id, "_received_at": event.received_at, "_revision_id": fixed, "price": "9"}
    ]
    assert world.streams_used == {"stream-1"}


def test_what_was_sent_leaves_its_groups_and_what_was_not_stays(world):
    world.keep_many([*quoted(1, 2, 3), b'{"price": true}', b"{"])
    before = world.page()
    assert (before["events"], before["redriven"]) == (5, 0)
    assert world.counts() == {("type_float", "/price"): 4, ("not_json", ""): 1}
    done = world.redrive(world.revision(TEXT))
    assert (done["sent"], done["invalid"]) == (3, 2)
    assert done["codes"] == [{"code": "not_json", "count": 1}, {"code": "type_string", "count": 1}]
    after = world.page()
    assert (after["events"], after["redriven"]) == (2, 3)
    assert world.counts() == {("type_float", "/price"): 1, ("not_json", ""): 1}
    assert sorted(row["raw"] for row in after["samples"]) == ["{", '{"price": true}']


def test_a_second_redrive_finds_only_what_the_first_has_left(world):
    world.keep_many([*quoted(1, 2), b'{"price": true}'])
    world.redrive(world.revision(TEXT))
    again = world.redrive(world.revision({**TEXT, "type": "BOOLEAN"}))
    assert (again["matched"], again["sent"]) == (1, 1)
    assert world.counts() == {("type_float", "/price"): 0}
    assert max(world.sent_ids().values()) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_of_what_only_the_beginning_was_kept_nothing_is_sent_and_everything_beside_it_is(world, dry_run):
    long = b'{"price": "' + b"1" * 999_980 + b'"}' + b" " * 100_000
    world.keep(*map(world.refused, [*quoted(1), long, *quoted(2), b"{", b"\0" * 16_000_000]))
    done = world.redrive(world.revision(TEXT), dry_run=dry_run)
    assert (done["state"], done["matched"], done["valid"], done["invalid"], done["truncated"]) == ("done", 5, 2, 1, 2)
    assert (done["sent"], len(world.sent)) == ((0, 0) if dry_run else (2, 2))
    assert world.page()["events"] == (5 if dry_run else 3)


def test_events_beside_one_that_was_kept_whole_however_it_grew_can_be_sent(world):
    events = [world.refused(raw) for raw in (*quoted(1), b"\0" * 3_000_000, *quoted(2))]
    world.keep_as_before(*events)
    done = world.redrive(world.revision(TEXT))
    assert (done["state"], done["sent"], done["truncated"]) == ("done", 2, 1)
    assert [event["_event_id"] for event in world.sent] == [events[0].event_id, events[2].event_id]


def test_an_object_is_gone_through_in_parts_and_counted_once(world):
    ids = world.keep_many([b'{"price": "' + b"1" * 31_000 + b'"}'] * 500, per_object=500)
    parts = []
    deliver = world.deliver
    world.deliver = lambda streams, lines: parts.append(len(lines)) or deliver(streams, lines)
    world.refuses = {ids[-1]}
    made = world.start(world.revision(TEXT))
    world.work(rounds=3)
    assert world.counted("redriven") == 0
    world.refuses = set()
    world.work()
    assert max(parts) < 300
    assert (world.shown(made["id"])["sent"], world.counted("redriven")) == (500, 500)
    assert set(world.sent_ids()) == set(ids)


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(world):
    world.keep_many([*quoted(1, 2), b"{"])
    before = world.page()
    done = world.redrive(world.revision(TEXT), dry_run=True)
    assert (done["state"], done["matched"], done["valid"], done["sent"], done["invalid"]) == ("done", 3, 2, 0, 1)
    assert world.sent == []
    assert world.counted("accepted") == 0
    assert world.page() == before


def test_the_filter_decides_which_events_are_meant(world):
    world.keep_many(quoted(1, 2), hours_ago=1)
    world.keep_many(quoted(3), hours_ago=5)
    world.keep_many([b'{"name": 7}'])
    fixed = world.revision({**TEXT, "presence": "optional"})
    assert world.redrive(fixed, dry_run=True)["matched"] == 4
    for wanted, matched in (
        ({"code": "type_float"}, 3),
        ({"code": "required", "pointer": "/price"}, 1),
        ({"pointer": "/name"}, 0),
        ({"revision": world.revision_id}, 4),
        ({"revision": fixed}, 0),
        ({"from": "2026-11-23T06:30:00Z"}, 3),
        ({"from": "2026-11-23T03:00:00Z", "to": "2026-11-23T04:00:00Z"}, 1),
    ):
        assert world.redrive(fixed, dry_run=True, **wanted)["matched"] == matched, wanted
    assert world.redrive(fixed, code="required")["sent"] == 1
    assert world.counts() == {("type_float", "/price"): 3, ("required", "/price"): 0}


def test_what_is_sent_counts_as_accepted_and_redriven_when_it_arrived_and_by_whom_it_is_valid(world):
    world.keep_many(quoted(1, 2), hours_ago=26)
    fixed = world.revision(TEXT)
    world.redrive(fixed)
    (row,) = world.api.usage.rows
    assert (row.environment_id, row.revision_id, row.accepted, row.redriven) == (world.environment_id, fixed, 2, 2)
    assert row.minute % 60 == 0
    assert row.bytes_accepted == sum(len(json.dumps(event, separators=(",", ":"))) + 1 for event in world.sent)
    shown = world.api.call("GET", "/v1/usage?slice=hour&from=2026-11-22T05:00:00Z&metrics=accepted,redriven").json
    assert [row["at"] for row in shown["series"] if row["accepted"]] == ["2026-11-22T06:00:00.000Z"]


def test_what_is_sent_counts_for_the_protocol_that_it_came_in(world):
    world.keep(*(world.refused(raw, protocol=name) for raw, name in zip(quoted(1, 2), ("segment", None), strict=True)))
    world.redrive(world.revision(TEXT))
    (row,) = world.api.usage.rows
    assert (row.protocols, row.accepted) == ({"segment": {"accepted": 1}}, 2)


def test_macros_are_filled_from_what_was_kept_of_the_request(world):
    maps = [
        {"key": key, "type": "STRING", "presence": "macro", "macro": key}
        for key in ("user_agent", "user_ip", "user_hash", "page_url", "environment_id", "event_id")
    ]
    with_address = world.refused(*quoted(1), source_ip="203.0.113.9")
    without = world.refused(*quoted(2), user_agent=None)
    world.keep(with_address, without)
    world.redrive(world.revision(TEXT, *maps))
    kept, bare = sorted(world.sent, key=lambda event: event["price"])
    assert (kept["user_agent"], kept["user_ip"]) == ("curl/8", "203.0.113.9")
    assert len(kept["user_hash"]) == 64
    assert (kept["environment_id"], kept["event_id"]) == (world.environment_id, with_address.event_id)
    assert {"page_url"} & kept.keys() == set()
    assert bare.keys() == {"_event_id", "_received_at", "_revision_id", "price", "environment_id", "event_id"}


def test_what_no_stream_takes_is_tried_again_until_one_does(world, caplog):
    ids = world.keep_many(quoted(1, 2, 3))
    world.refuses = {ids[1]}
    made = world.start(world.revision(TEXT))
    world.work(rounds=5)
    assert world.shown(made["id"])["state"] == "running"
    world.refuses = set()
    world.work()
    done = world.shown(made["id"])
    assert (done["state"], done["sent"]) == ("done", 3)
    assert set(world.sent_ids()) == set(ids)
    assert world.counted("accepted") == 3
    assert world.counts() == {("type_float", "/price"): 0}


def test_a_process_that_dies_at_any_call_loses_nothing_and_sends_nothing_under_two_ids():
    kill_at = 0
    died = True
    while died:
        world = QuarantineWorld()
        ids = world.keep_many([*quoted(*range(7)), b'{"price": true}'], per_object=3)
        fixed = world.revision(TEXT)
        made = world.start(fixed)
        world.life.kill_at = kill_at
        died = False
        try:
            world.work()
        except Killed:
            died = True
        world.life.kill_at = None
        world.work()
        done = world.shown(made["id"])
        assert (done["state"], done["matched"], done["sent"], done["invalid"]) == ("done", 8, 7, 1), kill_at
        assert set(world.sent_ids()) == set(ids[:7]), kill_at
        # What was sent and not yet noted is sent again with the same id: one object at most.
        assert sum(world.sent_ids().values()) <= 10
        assert (world.counted("accepted"), world.counted("redriven")) == (7, 7), kill_at
        assert world.counts() == {("type_float", "/price"): 1}, kill_at
        assert world.start(fixed)["state"] == "queued"
        kill_at += 1
    assert kill_at > 20


def test_objects_that_were_written_and_not_counted_are_counted_before_they_are_sent(world):
    world.keep_many(quoted(1, 2))
    world.quarantine.index.__init__()
    world.redrive(world.revision(TEXT))
    assert (world.page()["events"], world.page()["redriven"]) == (0, 2)


def test_two_redrives_of_an_environment_do_not_send_at_once(world):
    world.keep_many(quoted(1))
    fixed = world.revision(TEXT)
    first = world.start(fixed)
    path = f"/v1/environments/{world.environment_id}/redrives"
    second = world.api.call("POST", path, {"revision_id": fixed})
    assert (second.status, second.code, second.json["redrive_id"]) == (409, "redrive_running", first["id"])
    assert world.api.call("POST", path, {"revision_id": fixed, "dry_run": True}).status == 201
    world.work()
    assert world.api.call("POST", path, {"revision_id": fixed}).status == 201


def test_a_cancelled_redrive_stops_before_its_next_object_and_lets_the_environment_go(world):
    world.keep_many(quoted(*range(30)), per_object=1)
    fixed = world.revision(TEXT)
    made = world.start(fixed)
    handle = world.process()
    for _ in range(2):
        world.work_once(handle)
    path = f"/v1/redrives/{made['id']}"
    stale = world.api.call("POST", f"{path}/cancel", if_match='"0"')
    assert (stale.code, world.shown(made["id"])["state"]) == ("version_conflict", "running")
    cancelled = world.api.call("POST", f"{path}/cancel", if_match=world.api.call("GET", path).headers["ETag"])
    assert (cancelled.status, cancelled.json["state"], cancelled.json["sent"]) == (200, "cancelled", 10)
    world.work()
    assert len(world.sent) == 10
    assert world.api.call("POST", f"/v1/redrives/{made['id']}/cancel").json == world.shown(made["id"])
    assert world.redrive(fixed)["sent"] == 20
    assert set(world.sent_ids().values()) == {1}


def test_a_redrive_of_an_environment_that_was_deleted_ends(world):
    world.keep_many(quoted(1))
    world.start(world.revision(TEXT))
    world.api.call("DELETE", f"/v1/environments/{world.environment_id}?confirm=Live")
    world.work()
    assert world.queue.waiting == {}
    assert world.sent == []


def test_nothing_to_do_is_done_at_once(world):
    done = world.redrive(world.revision(TEXT))
    assert (done["state"], done["objects_total"], done["matched"]) == ("done", 0, 0)


def test_objects_that_are_kept_no_longer_are_passed(world):
    world.keep_many(quoted(1))
    world.keep_many(quoted(2), hours_ago=3)
    made = world.start(world.revision(TEXT))
    world.work_once()
    (gone, *_) = world.quarantine.objects.list_keys("data", "quarantine/")
    world.quarantine.objects.delete("data", gone)
    world.work()
    done = world.shown(made["id"])
    assert (done["state"], done["objects_done"], done["sent"]) == ("done", 2, 1)


def test_a_redrive_whose_start_got_lost_is_started_by_the_sweep(world):
    world.keep_many(quoted(1))
    made = world.start(world.revision(TEXT))
    world.queue.waiting.clear()
    sweep = make_handler(redriver_of(world), world.api.redrives, "data")
    assert sweep({"step": "sweep"}, None) == {"waiting": 1}
    world.work()
    assert world.shown(made["id"])["state"] == "done"
    assert sweep({"step": "sweep"}, None) == {"waiting": 0}


def redriver_of(world):
    return Redriver(world.api.table, world.quarantine, world.deliver, world.api.usage, world.api.clock, lambda: b"s")


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_redrive_that_nobody_works_on_any_more_ends_and_lets_its_environment_go(world, state):
    world.keep_many(quoted(*range(22)), per_object=1)
    fixed = world.revision(TEXT)
    made = world.start(fixed)
    if state == "running":
        world.work_once()
        world.work_once()
    assert world.shown(made["id"])["state"] == state
    sweep = make_handler(redriver_of(world), world.api.redrives, "data")
    world.api.clock.now_ns += 601 * 1_000_000_000
    waiting = dict(world.queue.waiting)
    sweep({"step": "sweep"}, None)
    assert world.shown(made["id"])["state"] == state

    class Silent:
        """Starts nothing, as a machine whose execution of this name has ended."""

        def start(self, _redrive_id):
            pass

        def is_at_work(self, _redrive_id):
            return False

    world.queue.waiting.clear()
    make_handler(redriver_of(world), Silent(), "data")({"step": "sweep"}, None)
    shown = world.shown(made["id"])
    assert (shown["state"], shown["sent"]) == ("failed", 10 if state == "running" else 0)
    assert "start another" in shown["reason"]
    world.queue.waiting = waiting
    world.work()
    assert world.shown(made["id"]) == shown
    assert world.redrive(fixed)["state"] == "done"
    assert len(world.sent_ids()) == 22
    assert set(world.sent_ids().values()) == {1}


def test_a_redrive_is_given_time_to_be_seen_at_work_and_an_outage_ends_none(world):
    made = world.start(world.revision(TEXT))
    world.queue.waiting.clear()

    class Unsure:
        gone = False

        def start(self, _redrive_id):
            pass

        def is_at_work(self, _redrive_id):
            if self.gone:
                return False
            raise Undelivered("out")

    unsure = Unsure()
    sweep = make_handler(redriver_of(world), unsure, "data")
    unsure.gone = True
    world.api.clock.now_ns += 599 * 1_000_000_000
    sweep({"step": "sweep"}, None)
    assert world.shown(made["id"])["state"] == "queued"
    unsure.gone = False
    world.api.clock.now_ns += 600 * 1_000_000_000
    sweep({"step": "sweep"}, None)
    assert world.shown(made["id"])["state"] == "queued"
    unsure.gone = True
    sweep({"step": "sweep"}, None)
    assert world.shown(made["id"])["state"] == "failed"


def test_the_steps_of_the_state_machine_do_the_same_work(world):
    ids = world.keep_many(quoted(1, 2, 3, 4), per_object=2)
    made = world.start(world.revision(TEXT))
    redriver = Redriver(
        world.api.table, world.quarantine, world.deliver, world.api.usage, world.api.clock, lambda: b"secret"
    )
    step = make_handler(redriver, world.api.redrives, "data")
    redrive_id = made["id"]
    planned = step({"step": "plan", "redrive_id": redrive_id}, None)
    assert (planned["redrive_id"], planned["objects"]) == (redrive_id, 2)
    manifest = planned["manifest"]
    keys = json.loads(world.quarantine.objects.get(manifest["Bucket"], manifest["Key"]))
    step({"step": "work", "redrive_id": redrive_id, "keys": keys[:1]}, None)
    assert step({"step": "finish", "redrive_id": redrive_id}, None)["state"] == "running"
    item = {"redrive_id": redrive_id, "key": keys[1]}
    step({"step": "work", "batch": {"Items": [item, {**item, "key": keys[0]}]}}, None)
    step({"step": "work", "batch": item}, None)
    assert step({"step": "finish", "redrive_id": redrive_id}, None)["state"] == "done"
    assert set(world.sent_ids()) == set(ids)
    assert step({"step": "fail", "redrive_id": redrive_id}, None)["state"] == "failed"
    assert world.shown(redrive_id)["state"] == "done"
    with pytest.raises(ValueError, match="no step"):
        step({"step": "guess"}, None)


def test_a_redrive_that_can_not_go_on_ends_as_failed_and_keeps_what_it_sent(world):
    world.keep_many(quoted(1, 2), per_object=1)
    made = world.start(world.revision(TEXT))
    redriver = Redriver(
        world.api.table, world.quarantine, world.deliver, world.api.usage, world.api.clock, lambda: b"s"
    )
    keys = redriver.plan(made["id"])
    redriver.work(made["id"], keys[:1])
    fail = make_handler(redriver, world.api.redrives, "data")
    for _ in range(2):
        fail({"step": "fail", "redrive_id": made["id"]}, None)
    shown = world.shown(made["id"])
    assert (shown["state"], shown["sent"]) == ("failed", 1)
    assert shown["reason"]
    assert redriver.plan(made["id"]) is None


def test_an_environment_without_streams_yet_is_waited_for(world):
    world.keep_many(quoted(1))
    world.activate(state="provisioning")
    made = world.start(world.revision(TEXT))
    redriver = Redriver(
        world.api.table, world.quarantine, world.deliver, world.api.usage, world.api.clock, lambda: b"s"
    )
    with pytest.raises(Undelivered):
        redriver.work(made["id"], redriver.plan(made["id"]))
    world.activate()
    world.work()
    assert world.shown(made["id"])["state"] == "done"


def test_a_revision_must_be_finalised_and_of_the_same_endpoint(world):
    path = f"/v1/environments/{world.environment_id}/redrives"
    draft = world.api.draft(world.endpoint, NUMBER)
    assert world.api.call("POST", path, {"revision_id": draft["id"]}).code == "revision_not_finalised"
    other = world.api.finalised(world.api.endpoint("Other"))
    assert world.api.call("POST", path, {"revision_id": other["id"]}).pointers == ["/revision_id"]
    for wanted, pointer in (
        ({"code": "nonsense"}, "/filter/code"),
        ({"from": "yesterday"}, "/filter/from"),
        ({"from": "2026-11-23T05:00:00Z", "to": "2026-11-23T04:00:00Z"}, "/filter/from"),
        ({"unknown": 1}, "/filter/unknown"),
    ):
        body = {"revision_id": world.revision_id, "filter": wanted}
        assert world.api.call("POST", path, body).pointers == [pointer], wanted


def test_making_and_cancelling_a_redrive_are_in_the_audit_log(world):
    made = world.start(world.revision(TEXT), code="type_float")
    world.api.call("POST", f"/v1/redrives/{made['id']}/cancel")
    entries = [entry for entry in world.api.audit() if entry["subject"]["id"] == made["id"]]
    assert [entry["action"] for entry in entries] == ["redrive.create", "redrive.cancel"]
    assert entries[0]["after"]["filter"]["code"] == "type_float"


def test_redrives_are_listed_newest_first(world):
    fixed = world.revision(TEXT)
    made = [world.start(fixed, dry_run=True)["id"] for _ in range(3)]
    path = f"/v1/environments/{world.environment_id}/redrives"
    first = world.api.call("GET", f"{path}?limit=2").json
    rest = world.api.call("GET", f"{path}?limit=2&cursor={first['next']}").json
    assert [row["id"] for row in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_an_event_that_stands_in_quarantine_twice_is_sent_under_one_id(world):
    event = world.refused(*quoted(1))
    world.keep(event)
    world.keep(replace(event))
    done = world.redrive(world.revision(TEXT))
    assert done["sent"] == 2
    assert set(world.sent_ids()) == {event.event_id}
    assert world.counts() == {("type_float", "/price"): 0}


EMAIL = {
    "key": "email", "type": "STRING", "presence": "required", "protect": "email_domain",
    "rules": [{"rule": "format", "value": "email"}],
}  # fmt: skip
CARD = {
    "key": "card", "type": "STRING", "presence": "optional", "protect": "last_4",
    "rules": [{"rule": "max_length", "value": 4}],
}  # fmt: skip
IPS = {"key": "ips", "type": "ARRAY_STRING", "presence": "optional", "protect": "ip_prefix"}
BUYER = {"key": "buyer", "type": "OBJECT", "presence": "optional", "fields": [CARD, IPS]}


def protected_world():
    world = QuarantineWorld(NUMBER, EMAIL, BUYER)
    world.protects = True
    return world


def fields_of(event):
    return {name: value for name, value in event.items() if not name.startswith("_")}


def test_replaced_values_are_neither_validated_nor_protected_again():
    world = protected_world()
    buyer = {"card": "41111234", "ips": ["192.0.2.7", "x"]}
    world.keep_many([json.dumps({"price": "9", "email": "a@example.org", "buyer": buyer}).encode()])
    (sample,) = world.page()["samples"]
    assert (sample["protected"], sample["redacted"]) == (["/email", "/buyer/card", "/buyer/ips"], False)
    done = world.redrive(world.revision(TEXT, EMAIL, BUYER))
    assert (done["matched"], done["sent"]) == (1, 1)
    stored = {"price": "9", "email": "example.org", "buyer": {"card": "****1234", "ips": ["192.0.2.0/24"]}}
    assert [fields_of(event) for event in world.sent] == [stored]


def test_a_value_that_stored_nothing_stays_away_or_is_missing_where_a_column_needs_it():
    world = protected_world()
    world.keep_many([b'{"price": "9", "email": "nobody"}'])
    needs = world.redrive(world.revision(TEXT, {**EMAIL, "protect": "hash"}), dry_run=True)
    assert needs["codes"] == [{"code": "required", "count": 1}]
    open_to_all = {name: value for name, value in EMAIL.items() if name != "protect"} | {"presence": "optional"}
    assert world.redrive(world.revision(TEXT, open_to_all), dry_run=True)["valid"] == 1
    assert world.redrive(world.revision(TEXT, EMAIL))["sent"] == 1
    assert [fields_of(event) for event in world.sent] == [{"price": "9"}]


def test_what_was_missing_is_still_missing():
    world = protected_world()
    world.keep_many([b'{"price": "9"}', b'{"price": "9", "email": "a@b"}', b'{"price": "9", "email": null}'])
    done = world.redrive(world.revision(TEXT, EMAIL))
    assert (done["sent"], done["codes"]) == (1, [{"code": "required", "count": 2}])


def test_a_redacted_event_is_not_sent():
    world = protected_world()
    world.keep_many([b'{"price": "9", "email": 5}', b"{", b'{"price": "9", "email": "a@b"}'])
    done = world.redrive(world.revision(TEXT, {**EMAIL, "presence": "optional"}))
    assert (done["matched"], done["sent"], done["invalid"], done["truncated"]) == (3, 1, 0, 2)


def test_a_redacted_field_of_the_revision_stores_nothing_of_a_replaced_value():
    world = protected_world()
    world.keep_many([b'{"price": "9", "email": "a@b"}'])
    world.redrive(world.revision(TEXT, {**EMAIL, "protect": "redact"}))
    assert [fields_of(event) for event in world.sent] == [{"price": "9"}]


def test_a_place_of_another_type_is_validated():
    world = protected_world()
    world.keep_many([b'{"price": "9", "email": "a@b"}'])
    done = world.redrive(world.revision(TEXT, {"key": "email", "type": "INT", "presence": "required"}))
    assert done["codes"] == [{"code": "type_int", "count": 1}]


def test_filled_in_values_are_protected_beside_replaced_ones():
    ip = {"key": "ip", "type": "STRING", "presence": "macro", "macro": "user_ip", "protect": "ip_prefix"}
    world = QuarantineWorld(NUMBER, ip)
    world.protects = True
    world.keep(*(world.refused(raw, source_ip="203.0.113.9") for raw in (
        b'{"price": "1", "ip": "192.0.2.7"}', b'{"price": "2"}'
    )))  # fmt: skip
    world.redrive(world.revision(TEXT, ip))
    assert sorted(event["ip"] for event in world.sent) == ["192.0.2.0/24", "203.0.113.0/24"]
