"""Repairs at a redrive: tried on samples, counted by a dry run, done on the way, and written down."""

import gzip
import json

import pytest

from schemas.limits import MAX_REPAIRS
from tests.killed import Killed
from tests.quarantine_world import NUMBER, TEXT, QuarantineWorld

TO_NUMBER = {"kind": "number_from_text", "pointer": "/price"}
RENAME = {"kind": "rename_key", "pointer": "/prise", "to": "price"}


@pytest.fixture
def world():
    return QuarantineWorld()


def notes_of(world):
    """The lines of all notes, each with the key of its object."""
    return [
        (key, json.loads(line))
        for (_, key), body in sorted(world.quarantine.objects.objects.items())
        if key.startswith("redriven/")
        for line in gzip.decompress(body).splitlines()
    ]


def preview(world, **body):
    path = f"/v1/environments/{world.environment_id}/redrives/preview"
    return world.api.call("POST", path, {"revision_id": world.revision_id, **body})


def refusal(world, *repairs, raw=None):
    body = {"revision_id": world.revision_id, "repairs": list(repairs)}
    sent = {"body": body} if raw is None else {"raw": raw, "content_type": "application/json"}
    answer = world.api.call("POST", f"/v1/environments/{world.environment_id}/redrives", **sent)
    assert answer.status == 422, answer.text
    return [(row["pointer"], row["code"]) for row in answer.json["errors"]]


def test_a_repaired_event_is_sent_under_its_own_id_with_the_digits_that_came(world):
    event = world.refused(b'{"price": "9007199254740993", "x": 1}')
    world.keep(event)
    whole = world.revision({**NUMBER, "type": "INT"})
    done = world.redrive(whole, repairs=[TO_NUMBER])
    assert (done["matched"], done["sent"], done["repaired"]) == (1, 1, 1)
    assert done["repairs"] == [{**TO_NUMBER, "to": None, "value": None, "changed": 1, "unchanged": 0}]
    assert world.sent == [
        {
            "_event_id": event.event_id,
            "_received_at": event.received_at,
            "_revision_id": whole,
            "price": 9007199254740993,
        }
    ]
    assert world.page()["events"] == 0


def test_a_dry_run_counts_what_each_repair_changes_and_what_it_leaves(world):
    world.keep_many([b'{"price": "1"}', b'{"price": "9,50"}', b'{"prise": 2}', b"{", b'{"prise": "x"}'])
    before = world.page()
    done = world.redrive(world.revision_id, dry_run=True, repairs=[RENAME, TO_NUMBER])
    assert (done["matched"], done["valid"], done["invalid"], done["sent"]) == (5, 2, 3, 0)
    assert [(row["changed"], row["unchanged"]) for row in done["repairs"]] == [(2, 3), (1, 4)]
    assert done["repaired"] == 3
    assert (world.sent, notes_of(world), world.page()) == ([], [], before)


def test_what_does_not_fit_after_its_repairs_stays_as_it_came(world):
    world.keep_many([b'{"prise": "x"}', b'{"prise": 2}'])
    done = world.redrive(world.revision_id, repairs=[RENAME])
    assert (done["sent"], done["invalid"], done["codes"]) == (1, 1, [{"code": "type_float", "count": 1}])
    (left,) = world.page()["samples"]
    assert (left["raw"], left["errors"][0]["code"]) == ('{"prise": "x"}', "required")


def test_without_repairs_nothing_is_changed_or_noted(world):
    world.keep_many([b'{"price": "1"}'])
    done = world.redrive(world.revision(TEXT))
    assert (done["sent"], done["repairs"], done["repaired"]) == (1, [], 0)
    assert notes_of(world) == []


def test_a_note_says_what_was_done_to_each_event_and_holds_no_value(world):
    ids = world.keep_many([b'{"prise": "3"}', b'{"price": "4"}', b'{"price": "x"}'])
    set_name = {"kind": "set_value", "pointer": "/name", "value": "a secret"}
    made = world.start(world.revision_id, repairs=[RENAME, TO_NUMBER, set_name])
    world.work()
    kinds = [{"kind": repair["kind"], "pointer": repair["pointer"]} for repair in (RENAME, TO_NUMBER, set_name)]
    said = {"redrive_id": made["id"], "revision_id": world.revision_id}
    (key, first), (_, second) = notes_of(world)
    assert first == {"event_id": ids[0], **said, "repairs": kinds}
    assert second == {"event_id": ids[1], **said, "repairs": kinds[1:]}
    assert key.startswith(f"redriven/environment={world.environment_id}/dt=2026-11-23/hour=08/")


def test_no_repaired_event_is_sent_before_its_note_is_kept_wherever_the_process_dies():
    killed = 0
    while True:
        world = QuarantineWorld()
        ids = world.keep_many([b'{"price": "1"}', b'{"price": "2"}', b'{"price": "3"}'], per_object=2)
        redrive_id = world.start(world.revision_id, repairs=[TO_NUMBER])["id"]
        world.life.kill_at = killed
        try:
            world.work()
        except Killed:
            assert set(world.sent_ids()) <= {line["event_id"] for _, line in notes_of(world)}
            world.life.kill_at = None
            world.work()
        assert set(world.sent_ids()) == set(ids)
        assert sorted(line["event_id"] for _, line in notes_of(world)) == sorted(ids)
        assert world.shown(redrive_id)["repaired"] == 3
        if world.life.kill_at is not None:
            break
        killed += 1
    assert killed > 10


def test_the_audit_log_holds_the_repairs_of_a_redrive(world):
    world.keep_many([b'{"price": "secret of a sender"}'])
    world.start(world.revision_id, repairs=[RENAME, {"kind": "set_value", "pointer": "/a", "value": [1.5, None]}])
    rows = world.api.call("GET", "/v1/audit?limit=200")
    (row,) = [row for row in rows.json["items"] if row["action"] == "redrive.create"]
    assert row["after"]["repairs"] == [
        {**RENAME, "value": None},
        {"kind": "set_value", "pointer": "/a", "to": None, "value": [1.5, None]},
    ]
    assert "secret of a sender" not in rows.text


def test_replaced_values_are_left_alone_by_repairs():
    email = {"key": "email", "type": "STRING", "presence": "required", "protect": "email_domain"}
    world = QuarantineWorld(NUMBER, email)
    world.protects = True
    world.keep(world.refused(b'{"price": "1", "email": "ann@example.org", "mail": "eve@example.org"}'))
    overwritten = {"kind": "set_value", "pointer": "/email", "value": "x@example.com"}
    moved = {"kind": "rename_key", "pointer": "/email", "to": "other"}
    done = world.redrive(world.revision_id, repairs=[TO_NUMBER, overwritten, moved])
    assert [row["changed"] for row in done["repairs"]] == [1, 0, 0]
    assert [event["email"] for event in world.sent] == ["example.org"]


def test_an_events_rules_hold_whatever_was_replaced_in_others_beside_it():
    rules = [{"rule": "min_length", "value": 6}]
    email = {"key": "email", "type": "STRING", "presence": "optional", "protect": "hash", "rules": rules}
    phone = {"key": "phone", "type": "STRING", "presence": "optional", "protect": "hash"}
    world = QuarantineWorld(email, phone, NUMBER)
    world.protects = True
    replaced = world.refused(b'{"email": "ann@example.org", "price": "1"}')
    world.keep(replaced, world.refused(b'{"phone": "12345678", "mail": "carl", "price": "1"}'))
    done = world.redrive(
        world.revision_id, repairs=[{"kind": "rename_key", "pointer": "/mail", "to": "email"}, TO_NUMBER]
    )
    assert (done["sent"], done["invalid"]) == (1, 1)
    assert ["phone" in event for event in world.sent] == [False]


def test_a_preview_tells_no_more_faults_than_an_answer_holds(world):
    odd = json.dumps({"price": "1", **{f"{number}{'k' * 5_000}": 1 for number in range(100)}}).encode()
    world.keep_many([odd] * 20)
    strict = world.api.draft(world.endpoint, NUMBER)
    changed = world.api.call(
        "PATCH", f"/v1/revisions/{strict['id']}", {"additional_keys": "reject"}, if_match=f'"{strict["version"]}"'
    )
    assert changed.status == 200, changed.text
    world.api.call("POST", f"/v1/revisions/{strict['id']}/finalise")
    answer = preview(world, revision_id=strict["id"], samples=20)
    assert answer.status == 200, answer.text
    assert len(answer.text) < 2_000_000
    assert len(answer.json["items"]) == 20
    assert all(row["more"] for row in answer.json["items"])


def test_a_preview_shows_events_before_and_after_and_what_becomes_of_them(world):
    world.keep_many([b'{"price": "1.50"}', b'{"price": "9,50"}', b'{"prise": 2}'])
    world.keep(world.refused(b'{"price": "' + b"1" * 1_100_000 + b'"}', hours_ago=1))
    answer = preview(world, repairs=[RENAME, TO_NUMBER])
    assert answer.status == 200, answer.text
    rows = {row["before"][:40]: row for row in answer.json["items"]}
    fixed, renamed, comma = rows['{"price": "1.50"}'], rows['{"prise": 2}'], rows['{"price": "9,50"}']
    assert (fixed["after"], fixed["changed_by"], fixed["outcome"]) == ('{"price": 1.50}', [1], "valid")
    assert (renamed["after"], renamed["changed_by"], renamed["outcome"]) == ('{"price": 2}', [0], "valid")
    assert (comma["after"], comma["changed_by"], comma["outcome"]) == (None, [], "invalid")
    assert [error["code"] for error in comma["errors"]] == ["type_float"]
    cut = answer.json["items"][-1]
    assert (cut["outcome"], cut["after"], cut["truncated"]) == ("truncated", None, True)
    assert (world.sent, world.page()["events"]) == ([], 4)


def test_a_preview_is_of_the_events_that_the_filter_names_and_so_many_at_the_most(world):
    world.keep_many([b'{"price": "1"}'] * 4 + [b"{}"])
    by_code = preview(world, filter={"code": "required"}).json["items"]
    assert [row["before"] for row in by_code] == ["{}"]
    assert len(preview(world, samples=2).json["items"]) == 2
    assert preview(world, samples=21).pointers == ["/samples"]
    assert preview(world, revision_id="rev_unknown").pointers == ["/revision_id"]


def test_that_a_preview_showed_events_stands_in_the_audit_log(world):
    def reads():
        rows = world.api.call("GET", "/v1/audit").json["items"]
        return [row["subject"]["id"] for row in rows if row["action"] == "quarantine.read"]

    preview(world)
    assert reads() == []
    world.keep_many([b'{"price": "1"}'])
    preview(world)
    assert reads() == [world.environment_id]


@pytest.mark.parametrize(
    ("repair", "pointer", "code"),
    [
        ({"kind": "fix", "pointer": "/a"}, "/kind", "one_of"),
        ({"kind": "remove_key"}, "/pointer", "required"),
        ({"kind": "remove_key", "pointer": ""}, "/pointer", "pattern"),
        ({"kind": "remove_key", "pointer": "a/b"}, "/pointer", "pattern"),
        ({"kind": "remove_key", "pointer": "/a~2"}, "/pointer", "pattern"),
        ({"kind": "remove_key", "pointer": "/" + "a" * 256}, "/pointer", "max_length"),
        ({"kind": "remove_key", "pointer": "/a", "to": "b"}, "/to", "unknown_field"),
        ({"kind": "remove_key", "pointer": "/a", "value": None}, "/value", "unknown_field"),
        ({"kind": "remove_key", "pointer": "/a", "where": 1}, "/where", "unknown_field"),
        ({"kind": "rename_key", "pointer": "/a"}, "/to", "required"),
        ({"kind": "rename_key", "pointer": "/a", "to": None}, "/to", "type"),
        ({"kind": "rename_key", "pointer": "/x/a~1b", "to": "a/b"}, "/to", "duplicate"),
        ({"kind": "rename_key", "pointer": "/a", "to": "b" * 257}, "/to", "max_length"),
        ({"kind": "set_value", "pointer": "/a"}, "/value", "required"),
        ({"kind": "set_value", "pointer": "/a", "value": [{"b": 2**64}]}, "/value", "out_of_range"),
    ],
)
def test_a_repair_that_can_not_be_names_its_field(world, repair, pointer, code):
    assert refusal(world, TO_NUMBER, repair) == [(f"/repairs/1{pointer}", code)]


@pytest.mark.parametrize("number", ["0.1000000000000000055", "123456789012345678901.5"])
def test_a_number_that_would_not_be_stored_as_it_is_typed_is_not_taken(world, number):
    raw = '{"revision_id": "%s", "repairs": [{"kind": "set_value", "pointer": "/a", "value": [%s]}]}'
    assert refusal(world, raw=raw % (world.revision_id, number)) == [("/repairs/0/value", "out_of_range")]


def test_a_value_is_set_as_it_was_typed(world):
    world.keep_many([b"{}"])
    raw = '{"revision_id": "%s", "repairs": [{"kind": "set_value", "pointer": "/price", "value": 1.50e1}]}'
    path = f"/v1/environments/{world.environment_id}/redrives/preview"
    answer = world.api.call("POST", path, raw=raw % world.revision_id, content_type="application/json")
    (row,) = answer.json["items"]
    assert (row["after"], row["outcome"]) == ('{"price":1.50e1}', "valid")


def test_a_redrive_has_so_many_repairs_of_so_many_bytes(world):
    assert refusal(world, *[TO_NUMBER] * (MAX_REPAIRS + 1)) == [("/repairs", "max_items")]
    long = {"kind": "set_value", "pointer": "/a", "value": "x" * 10_000}
    assert refusal(world, long, long) == [("/repairs", "max_length")]
    assert world.start(world.revision_id, repairs=[long])["repairs"][0]["value"] == "x" * 10_000


def test_groups_have_a_trend_of_the_hours_or_days_that_are_asked_for(world):
    world.keep_many([b'{"price": "1"}'] * 2, hours_ago=30)
    world.keep_many([b'{"price": "1"}'] * 3)
    world.redrive(world.revision_id, repairs=[TO_NUMBER], **{"from": "2026-11-23T08:00:00Z"})
    page = world.page()
    assert (page["trend_slice"], page["trend_from"]) == ("day", "2026-10-24T00:00:00.000Z")
    assert page["items"][0]["trend"] == [*[0] * 29, 2, 3]
    page = world.page("from=2026-11-23T06:00:00Z&to=2026-11-23T09:00:00Z")
    assert (page["trend_slice"], page["trend_from"]) == ("hour", "2026-11-23T06:00:00.000Z")
    assert page["items"][0]["trend"] == [0, 0, 3]
