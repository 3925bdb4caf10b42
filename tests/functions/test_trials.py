"""Trials: a revision tried on real events before it is deployed, beside the one that runs."""

import json

import pytest

from domain.records.keys import environment_key
from domain.records.ports import Put
from schemas.limits import (
    MAX_OPEN_TRIALS,
    MAX_REVISION_TRIALS,
    MAX_TRIAL_GROUPS,
    MAX_TRIAL_SECONDS,
    MAX_TRIAL_UNKNOWN_KEYS,
    TRIAL_KEPT_DAYS,
)
from tests.killed import Killed
from tests.quarantine_world import NUMBER, TEXT
from tests.trial_world import TrialWorld

NAME = {"key": "name", "type": "STRING", "presence": "optional"}
COUNTS = ("looked_at", "accepted", "invalid", "newly_invalid", "newly_accepted", "left_out")


@pytest.fixture
def world():
    return TrialWorld(NUMBER, NAME)


def counts(trial):
    return tuple(trial[name] for name in COUNTS)


def test_a_draft_is_tried_on_what_was_delivered_in_the_last_day(world):
    world.delivered({"price": 1}, {"price": 2, "name": "a"}, hours_ago=3)
    world.delivered({"price": 3, "name": "b"}, hours_ago=23)
    world.delivered({"price": 4}, hours_ago=30)
    trial = world.tried(world.draft(NUMBER, {**NAME, "presence": "required"}))
    assert (trial["state"], trial["reason"], trial["objects_done"], trial["objects_total"]) == ("done", None, 2, 2)
    assert counts(trial) == (3, 2, 1, 1, 0, 0)
    (group,) = trial["groups"]
    assert {name: group[name] for name in ("code", "pointer", "event_name", "count", "share", "was")} == {
        "code": "required",
        "pointer": "/name",
        "event_name": None,
        "count": 1,
        "share": 1.0,
        "was": "accepted",
    }
    assert trial["columns"] == [
        {"column": "price", "filled": 1.0, "kinds": {"number": 3}},
        {"column": "name", "filled": 1.0, "kinds": {"string": 2}},
    ]
    assert trial["unseen"] == ["dropped_keys"]
    assert (trial["from"], trial["to"]) == ("2026-11-22T08:00:00.000Z", "2026-11-23T09:00:00.000Z")


def test_what_is_in_quarantine_is_tried_as_it_was_sent(world):
    world.keep_many([b'{"price": "1", "coupon": "X"}', b'{"price": true}', b"{"])
    trial = world.tried(world.draft(TEXT), "quarantine")
    assert counts(trial) == (3, 1, 2, 0, 1, 0)
    assert [(row["code"], row["pointer"], row["count"], row["share"], row["was"]) for row in trial["groups"]] == [
        ("not_json", "", 1, 0.5, "invalid"),
        ("type_string", "/price", 1, 0.5, "invalid"),
    ]
    assert trial["unknown_keys"] == [{"pointer": "/coupon", "count": 1, "share": 0.3333, "kinds": ["string"]}]
    assert trial["columns"] == [{"column": "price", "filled": 1.0, "kinds": {"string": 1, "boolean": 1}}]
    assert trial["unseen"] == []


def test_what_a_redrive_has_sent_is_not_in_quarantine_any_more(world):
    world.keep_many([b'{"price": "1"}', b'{"price": true}'])
    world.redrive(world.revision(TEXT))
    assert world.tried(world.draft(TEXT), "quarantine")["looked_at"] == 1


def test_what_taps_keep_is_tried_as_it_was_sent_and_once(world):
    first, second = world.tap(), world.tap()
    whole = b'{"price": 1, "new": {"a": [1]}}'
    world.tapped(first, {"raw": whole, "event_id": "evt_1"}, {"raw": b'{"price": "1"}', "event_id": "evt_2"})
    world.tapped(
        second,
        {"raw": whole, "event_id": "evt_1"},
        {"raw": b'{"pri', "event_id": "evt_3", "raw_bytes": 500, "truncated": True},
        {"raw": b'{"price": 2}', "event_id": "evt_4", "truncated": True},
        {"raw": b"", "event_id": "evt_5", "redacted": True},
    )
    trial = world.tried(world.draft(NUMBER, additional_keys="reject"), "tap")
    assert counts(trial) == (3, 1, 2, 1, 0, 2)
    assert [(row["code"], row["pointer"], row["was"]) for row in trial["groups"]] == [
        ("unknown_key", "/new", "accepted"),
        ("type_float", "/price", "invalid"),
    ]
    assert [row["pointer"] for row in trial["unknown_keys"]] == ["/new"]


def test_an_environment_whose_taps_are_off_has_no_tapped_events_to_try(world):
    world.change(taps="off")
    body = {"environment_id": world.environment_id, "source": "tap", "sample": 10}
    answer = world.api.call("POST", f"/v1/revisions/{world.draft(TEXT)}/trials", body)
    assert (answer.status, answer.code) == (409, "taps_off")
    assert "delivered" in answer.json["detail"]


def test_groups_are_told_apart_by_the_event_names_of_the_tried_revision(world):
    kind = {"key": "kind", "type": "STRING", "presence": "optional"}
    running = world.revision(NUMBER, kind)
    world.delivered(
        {"price": 1, "kind": "buy"}, {"price": 2, "kind": "look"}, {"price": 3, "kind": "buy"}, revision_id=running
    )
    trial = world.tried(world.draft(TEXT, kind, event_name=["/kind"]))
    assert [(row["event_name"], row["count"], row["share"]) for row in trial["groups"]] == [
        ("buy", 2, 0.6667),
        ("look", 1, 0.3333),
    ]


def test_a_finalised_revision_is_tried_as_a_draft_is(world):
    world.delivered({"price": 1})
    assert counts(world.tried(world.revision(TEXT))) == (1, 0, 1, 1, 0, 0)
    assert counts(world.tried(world.revision_id)) == (1, 1, 0, 0, 0, 0)


def test_a_trial_goes_by_the_draft_as_it_was_when_it_began(world):
    world.delivered({"price": 1})
    draft = world.draft(TEXT)
    made = world.begin(draft)
    shown = world.api.call("GET", f"/v1/revisions/{draft}").json
    answer = world.api.call(
        "PUT", f"/v1/revisions/{draft}/fields", {"fields": [NUMBER]}, if_match=f'"{shown["version"]}"'
    )
    assert answer.status == 200
    world.go_on()
    trial = world.trial(made["id"])
    assert (trial["newly_invalid"], trial["revision_version"]) == (1, shown["version"])


def test_events_of_a_bigquery_environment_are_read_where_they_landed():
    world = TrialWorld(NUMBER)
    item = world.api.table.get(environment_key(world.endpoint["id"], world.environment_id))
    destination = {"type": "bigquery", "project_id": "p", "dataset": "d"}
    world.api.table.transact([Put(item.key, {**item.data, "destination": destination}, item.version)])
    world.delivered({"price": 1}, bucket="landing")
    world.delivered({"price": 2}, {"price": 3})
    assert world.tried(world.draft(TEXT))["looked_at"] == 1


@pytest.mark.parametrize("sample", [1, 7, 40, 100])
def test_the_same_objects_and_sample_give_the_same_events(world, sample):
    for hour in range(5):
        world.delivered(*({"price": 10 * hour + number} for number in range(12)), hours_ago=hour)
    draft = world.draft(TEXT)
    one, other = (world.tried(draft, sample=sample) for _ in range(2))
    assert one["groups"] == other["groups"]
    assert one["looked_at"] == min(sample, 60)


def test_a_sample_is_spread_over_the_hours(world):
    for hour in range(10):
        world.delivered(*({"price": number} for number in range(20)), hours_ago=hour)
    trial = world.tried(world.draft(TEXT), sample=20)
    assert (trial["looked_at"], trial["objects_done"]) == (20, 10)


def test_what_one_object_lacks_the_others_give(world):
    world.delivered({"price": 1}, hours_ago=3)
    world.delivered(*({"price": number} for number in range(50)), hours_ago=1)
    assert world.tried(world.draft(TEXT), sample=40)["looked_at"] == 40


def test_copies_of_one_event_are_looked_at_once(world):
    lines = world.stored([{"price": 1}, {"price": 2}])
    world.deliver_object([*lines, b" " + lines[0], lines[1]])
    assert world.tried(world.draft(TEXT))["looked_at"] == 2


def test_a_trial_goes_on_where_its_last_step_ended(world):
    for hour in range(3):
        world.delivered(*({"price": 100 * hour + number} for number in range(100)), hours_ago=hour)
    draft = world.draft(TEXT)
    whole = world.tried(draft, sample=200)
    world.seconds_per_look = 1.0
    made = world.begin(draft, sample=200)
    world.go_on(step_seconds=2.0, rounds=3)
    part = world.trial(made["id"])
    assert part["state"] == "running"
    assert 0 < part["looked_at"] < 200
    world.go_on(step_seconds=2.0)
    stepwise = world.trial(made["id"])
    names = (*COUNTS, "groups", "columns", "unknown_keys", "state", "objects_done")
    assert {name: stepwise[name] for name in names} == {name: whole[name] for name in names}


def test_whatever_dies_on_the_way_each_event_counts_once(world):
    for hour in range(2):
        world.delivered(*({"price": 100 * hour + number} for number in range(60)), hours_ago=hour)
    draft = world.draft(TEXT)
    world.seconds_per_look = 1.0
    for kill_at in range(12):
        made = world.begin(draft)
        world.life.calls, world.life.kill_at = 0, kill_at
        try:
            world.go_on(step_seconds=3.0)
        except Killed:
            world.life.kill_at = None
            world.go_on(step_seconds=3.0)
        trial = world.trial(made["id"])
        assert (trial["state"], trial["looked_at"], trial["groups"][0]["count"]) == ("done", 120, 120), kill_at


def test_two_steps_at_once_count_no_event_twice(world):
    world.delivered(*({"price": number} for number in range(10)))
    made = world.begin(world.draft(TEXT))
    slow = world.trial_worker()
    world.api.table.before_transact = lambda: world.trial_worker().work(made["id"])
    assert slow.work(made["id"]) == "done"
    assert world.trial(made["id"])["looked_at"] == 10


def test_a_trial_whose_time_is_up_ends_with_what_it_has_looked_at(world):
    world.delivered(*({"price": number} for number in range(100)))
    world.seconds_per_look = MAX_TRIAL_SECONDS / 3
    trial = world.tried(world.draft(TEXT))
    assert (trial["state"], trial["cut_short"]) == ("done", True)
    assert 0 < trial["looked_at"] < 100


def test_a_damaged_object_is_told_and_the_others_are_looked_at(world):
    world.delivered({"price": 1}, hours_ago=2)
    key = world.delivered({"price": 2}, hours_ago=1)
    world.quarantine.objects.objects["data", key] = world.quarantine.objects.objects["data", key][:-12]
    trial = world.tried(world.draft(TEXT))
    assert (trial["state"], trial["objects_skipped"], trial["looked_at"]) == ("done", 1, 1)


def test_a_step_comes_again_while_objects_can_not_be_reached(world):
    world.delivered({"price": 1})
    made = world.begin(world.draft(TEXT))
    world.quarantine.objects.unreachable = True
    world.go_on(rounds=3)
    assert world.trial(made["id"])["state"] == "queued"
    world.quarantine.objects.unreachable = False
    world.go_on()
    assert world.trial(made["id"])["state"] == "done"


def test_a_trial_that_is_given_up_says_so_and_frees_its_slot(world):
    made = world.begin(world.draft(TEXT))
    world.trial_worker().fail(made["id"], "It can't go on.")
    world.trial_worker().fail(made["id"], "Another reason.")
    trial = world.trial(made["id"])
    assert (trial["state"], trial["reason"]) == ("failed", "It can't go on.")
    assert trial["finished_at"] is not None
    assert world.trial_worker().work(made["id"]) == "failed"
    for _ in range(MAX_OPEN_TRIALS):
        world.begin(made["revision_id"])


def test_only_so_many_trials_of_an_environment_run_at_once(world):
    draft = world.draft(TEXT)
    for _ in range(MAX_OPEN_TRIALS):
        world.begin(draft)
    body = {"environment_id": world.environment_id, "source": "delivered", "sample": 10}
    answer = world.api.call("POST", f"/v1/revisions/{draft}/trials", body)
    assert (answer.status, answer.code) == (409, "limit_reached")
    world.go_on()
    assert world.api.call("POST", f"/v1/revisions/{draft}/trials", body).status == 201


def test_the_sweep_starts_what_was_not_started_and_ends_what_nobody_works_on(world):
    made = world.begin(world.draft(TEXT))
    world.trials_queue.waiting = {}
    starter = world.api.trials
    assert world.trial_worker().sweep(starter) == 1
    assert len(world.trials_queue.waiting) == 1
    world.api.clock.now_ns += 601 * 10**9
    world.trials_queue.waiting = {}
    starter.start = lambda _: None
    world.trial_worker().sweep(starter)
    assert world.trial(made["id"])["state"] == "failed"
    assert world.trial_worker().sweep(starter) == 0


def test_trials_of_a_revision_are_listed_newest_first_and_expire(world):
    draft = world.draft(TEXT)
    ids = []
    for _ in range(3):
        ids.append(world.tried(draft)["id"])
        world.api.clock.now_ns += 10**9
    page = world.api.call("GET", f"/v1/revisions/{draft}/trials?limit=2").json
    assert [row["id"] for row in page["items"]] == ids[:0:-1]
    assert not {"groups", "columns", "unknown_keys"} & page["items"][0].keys()
    last = world.api.call("GET", f"/v1/revisions/{draft}/trials?cursor={page['next']}").json
    assert ([row["id"] for row in last["items"]], last["next"]) == (ids[:1], None)
    world.api.clock.now_ns += TRIAL_KEPT_DAYS * 86_400 * 10**9
    assert world.api.call("GET", f"/v1/revisions/{draft}/trials").json["items"] == []
    assert world.api.call("GET", f"/v1/trials/{ids[0]}").status == 404


def test_a_revision_keeps_so_many_trials_and_the_oldest_go_with_all_that_is_kept_of_them(world):
    draft = world.draft(TEXT)
    first = world.tried(draft)["id"]
    for _ in range(MAX_REVISION_TRIALS):
        world.api.clock.now_ns += 10**6
        world.tried(draft)
    shown = world.api.call("GET", f"/v1/revisions/{draft}/trials?limit=200").json["items"]
    assert len(shown) == MAX_REVISION_TRIALS
    assert world.api.call("GET", f"/v1/trials/{first}").status == 404
    assert not [key for key in world.api.table.data() if first in key.pk or first in key.sk]


def test_what_senders_make_up_is_bounded(world):
    tap = world.tap()
    for start in range(0, 600, 100):
        rows = [
            {"raw": json.dumps({"price": number, f"key_{number:03d}": 1}).encode()}
            for number in range(start, start + 100)
        ]
        world.tapped(tap, *rows)
    trial = world.tried(world.draft(NUMBER, additional_keys="reject"), "tap")
    assert counts(trial) == (600, 0, 600, 600, 0, 0)
    assert len(trial["groups"]) <= MAX_TRIAL_GROUPS + 1
    assert trial["groups_left_out"] == 0
    assert trial["groups"][0]["pointer"] == "/*"
    assert len(trial["unknown_keys"]) <= MAX_TRIAL_UNKNOWN_KEYS + 1
    assert sum(row["count"] for row in trial["unknown_keys"]) == 600


def test_an_answer_has_no_value_of_an_event_and_no_more_than_so_many_bytes(world):
    secret = "do-not-show-me"
    fields = [
        {
            "key": f"{'k' * 120}{number}",
            "type": "OBJECT",
            "presence": "optional",
            "fields": [{"key": f"{'c' * 120}{inner}", "type": "STRING", "presence": "optional"} for inner in range(19)],
        }
        for number in range(95)
    ]
    world.keep_many([json.dumps({"price": secret, secret[:3]: [secret]}).encode()])
    draft = world.draft(TEXT, *fields)
    made = world.begin(draft, "quarantine")
    world.go_on()
    text = world.api.call("GET", f"/v1/trials/{made['id']}").text
    assert secret not in text
    assert len(text) < 500_000
    assert json.loads(text)["columns_left_out"] > 0


def test_nothing_is_sent_metered_or_changed_by_a_trial(world):
    world.delivered({"price": 1})
    world.keep_many([b'{"price": "1"}'])
    draft = world.draft(TEXT)
    before, objects = world.page(), dict(world.quarantine.objects.objects)
    for source in ("delivered", "quarantine", "tap"):
        world.tried(draft, source)
    assert (world.sent, world.api.usage.rows, world.page()) == ([], [], before)
    assert world.quarantine.objects.objects == objects


def test_a_trial_is_in_the_audit_log_with_the_names(world):
    trial = world.tried(world.draft(TEXT))
    entry = world.api.call("GET", "/v1/audit?limit=1").json["items"][0]
    assert (entry["action"], entry["subject"]["type"], entry["subject"]["id"]) == ("trial.create", "trial", trial["id"])
    assert entry["after"]["revision_name"]
    assert entry["after"]["environment_name"] == world.environment["name"]


def cancel(world, trial_id):
    answer = world.api.call("POST", f"/v1/trials/{trial_id}/cancel")
    assert answer.status == 200, answer.text
    return answer.json


def test_a_cancelled_trial_stops_keeps_what_it_has_found_and_makes_room(world):
    for hours_ago in range(4):
        world.delivered(*({"price": number} for number in range(30)), hours_ago=hours_ago)
    draft = world.draft(TEXT)
    begun = [world.begin(draft) for _ in range(MAX_OPEN_TRIALS)]
    world.seconds_per_look = 1.0
    world.go_on(step_seconds=2.0, rounds=2)
    before = world.trial(begun[0]["id"])
    assert (before["state"], 0 < before["looked_at"] < 120) == ("running", True)
    path = f"/v1/trials/{before['id']}"
    assert world.api.call("POST", f"{path}/cancel", if_match='"0"').code == "version_conflict"
    assert world.trial(before["id"])["state"] == "running"
    cancelled = world.api.call("POST", f"{path}/cancel", if_match=world.api.call("GET", path).headers["ETag"]).json
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", None)
    assert cancelled["finished_at"] is not None
    assert (counts(cancelled), cancelled["groups"]) == (counts(before), before["groups"])
    world.begin(draft)
    world.go_on()
    assert world.trial(before["id"]) == cancelled == cancel(world, before["id"])
    assert [world.trial(made["id"])["state"] for made in begun[1:]] == ["done"] * (MAX_OPEN_TRIALS - 1)
    entries = world.api.call("GET", "/v1/audit?action=trial.cancel").json["items"]
    assert [entry["after"]["state"] for entry in entries] == ["cancelled"]


def test_a_trial_that_is_cancelled_within_a_step_looks_at_no_further_object(world):
    for hours_ago in range(4):
        world.delivered({"price": hours_ago}, hours_ago=hours_ago)
    made = world.begin(world.draft(TEXT))
    objects, opened = world.quarantine.objects, []
    open_object = objects.open

    def open_and_cancel(bucket, key):
        opened.append(key)
        if len(set(opened)) == 2:
            cancel(world, made["id"])
        return open_object(bucket, key)

    objects.open = open_and_cancel
    world.go_on()
    assert len(set(opened)) == 2
    assert world.trial(made["id"])["state"] == "cancelled"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sample": 0}, "/sample"),
        ({"sample": 100_001}, "/sample"),
        ({"source": "elsewhere"}, "/source"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-11-23T09:00:00Z", "to": "2026-11-23T08:00:00Z"}, "/from"),
        ({"from": "2026-09-23T09:00:00Z"}, "/from"),
        ({"environment_id": "env_of_nobody"}, "/environment_id"),
    ],
)
def test_what_can_not_be_tried_is_refused_with_its_place(world, changes, pointer):
    body = {"environment_id": world.environment_id, "source": "delivered", "sample": 10, **changes}
    answer = world.api.call("POST", f"/v1/revisions/{world.draft(TEXT)}/trials", body)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_an_environment_of_another_endpoint_is_none_of_the_revisions(world):
    other = world.api.endpoint("Other")
    draft = world.api.draft(other, TEXT)
    body = {"environment_id": world.environment_id, "source": "delivered", "sample": 10}
    answer = world.api.call("POST", f"/v1/revisions/{draft['id']}/trials", body)
    assert (answer.status, answer.pointers) == (422, ["/environment_id"])


def test_an_empty_draft_can_not_be_tried(world):
    body = {"environment_id": world.environment_id, "source": "delivered", "sample": 10}
    answer = world.api.call("POST", f"/v1/revisions/{world.draft()}/trials", body)
    assert (answer.status, answer.code) == (409, "revision_empty")


def test_hours_are_whole_and_decide_what_is_looked_at(world):
    for hour in (1, 2, 3):
        world.delivered({"price": hour}, hours_ago=hour)
    trial = world.tried(world.draft(TEXT), **{"from": "2026-11-23T06:30:00Z", "to": "2026-11-23T07:00:00Z"})
    assert trial["looked_at"] == 1
