"""`ingestctl` against a local run, in processes of its own, as people and jobs call it."""

import contextlib
import json
import re
import sqlite3
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from benchmarks.local_run import LocalRun, free_port
from tests.certificates import issue
from tests.ingestctl_shell import SCHEMA, SECONDS, Shell, environment_of
from tests.shell_blocks import JOB, pasted
from tests.waiting import wait_until
from tests.web_target import target_answering

FAULTY = """\
name: Faulty
fields:
  - key: event
    type: TEXT
  - key: price
    type: FLOAT
    rules:
      - rule: min_value
        value: 5
      - rule: max_value
        value: 1

  - key: price
    type: INT
"""


@pytest.fixture
def shell(run, tmp_path):
    return Shell(run, tmp_path)


@pytest.fixture
def shop(shell, request):
    """A shell that means an endpoint of the test's own."""
    name = request.node.name
    shell.done("endpoints", "create", name)
    shell.environment["INGEST_ENDPOINT"] = name
    return shell


def test_a_schema_goes_from_git_to_production_and_back(shop):
    shop.file("schema.yaml", SCHEMA)
    first = shop.json("revisions", "push", "schema.yaml")
    assert (first["outcome"], first["revision"]["state"]) == ("created", "draft")
    shop.done("revisions", "finalise", "First")
    made = shop.json("environments", "create", "Production", "-r", "First", "--wait")
    assert made["status"] == "active"

    shop.done("revisions", "pull", "@Production", "-o", "pulled.yaml")
    text = (shop.folder / "pulled.yaml").read_text("utf-8")
    assert text.startswith("name: First\nadditional_keys: drop\nfields:\n  - key: event\n")
    assert shop.json("revisions", "push", "pulled.yaml")["outcome"] == "unchanged"
    assert shop.json("revisions", "push", "schema.yaml")["outcome"] == "unchanged"

    text = re.sub(r"^( +)- purchase\n", r"\g<0>\1- refund\n", text, flags=re.MULTILINE)
    shop.file("pulled.yaml", text.replace("name: First", "name: Second"))
    second = shop.json("revisions", "push", "pulled.yaml", "--clone-of", "First")["revision"]
    assert second["parent_id"] == first["revision"]["id"]
    assert second["fields"][0]["rules"][0]["value"] == ["view", "purchase", "refund"]
    again = shop.json("revisions", "push", "pulled.yaml")
    assert (again["outcome"], again["revision"]["id"]) == ("replaced", second["id"])
    assert shop.json("revisions", "diff", "@Production", "second", "--fail-on", "breaking")["class"] == "safe"
    shop.done("revisions", "finalise", "second")

    deployed = shop.json("deploy", "production", "second", "--note", "Refunds", "--wait")
    assert (deployed["revision_id"], deployed["note"]) == (second["id"], "Refunds")
    assert shop.json("deploy", "production", "second")["id"] == deployed["id"]
    back = shop.json("rollback", "production")
    assert back["revision_id"] == first["revision"]["id"]
    assert shop.json("rollback", "production")["revision_id"] == second["id"]
    assert [row["note"] for row in shop.json("deployments", "production")] == ["Roll-back", "Roll-back", "Refunds", ""]


@pytest.mark.slow
def test_a_revision_is_deployed_to_a_share_of_the_requests_first(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    first = shop.json("revisions", "finalise", "First")
    shop.file("second.yaml", SCHEMA.replace("name: First", "name: Second"))
    second = shop.json("revisions", "push", "second.yaml", "--clone-of", "First")["revision"]
    shop.done("revisions", "finalise", "Second")
    shop.done("environments", "create", "Live", "-r", "First", "--wait")
    assert shop.refused("canary", "status", "Live")["code"] == "no_canary"
    assert shop.refused("deploy", "Live", "Second", "--seconds", "60", status=2)["code"] == "usage"

    begun = shop.json("deploy", "Live", "Second", "--canary", "10", "--seconds", "600", "--max-extra-refused", "2.5")
    wanted = {"share": 10, "seconds": 600, "max_extra_refused": 2.5, "state": "running"}
    assert wanted.items() <= begun["canary"].items()
    assert shop.refused("deploy", "Live", "First", "--canary", "10")["code"] == "canary_running"
    assert "First (canary 10 %: Second)" in shop.done("environments", "list")
    assert "0.0 % of 0 events" in shop.done("canary", "status", "Live")
    assert shop.json("canary", "status", "Live")["id"] == begun["id"]
    assert shop.done("canary", "abort", "Live") == "Live runs First alone.\n"
    assert shop.refused("canary", "promote", "Live")["code"] == "canary_ended"
    assert shop.refused("rollback", "Live")["code"] == "nothing_before"  # an aborted canary never ran
    assert shop.json("deploy", "Live", "First")["revision_id"] == first["id"]

    assert shop.done("deploy", "Live", "Second", "--canary", "50") == "50 % of the requests to Live go to Second.\n"
    assert shop.done("canary", "promote", "Live") == "Live runs Second.\n"
    assert shop.json("environments", "show", "Live")["revision_id"] == second["id"]
    listed = shop.done("deployments", "Live")
    assert "50 %: promoted" in listed
    assert "10 %: aborted" in listed
    assert shop.json("rollback", "Live")["revision_id"] == first["id"]


def test_what_was_refused_is_shown_and_sent_again_once_it_fits(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    made = shop.json("environments", "create", "Live", "-r", "First", "--wait")
    batch = [{"event": "view", "price": "1"}, {"event": "refund"}, {"event": "view", "price": True}]
    assert httpx.post(made["address"], json=batch, trust_env=False).status_code == 400
    shown = wait_until(lambda: (page := shop.json("quarantine", "show", "Live"))["events"] == 3 and page, seconds=30)
    assert {(row["code"], row["count"]) for row in shown["items"]} == {("type_float", 2), ("one_of", 1)}
    assert "3 events in quarantine, 0 sent since." in shop.done("quarantine", "show", "Live", "--from", "24h")
    events = shop.done("quarantine", "events", "Live", "--code", "one_of", "--json").splitlines()
    assert [json.loads(event)["raw"] for event in events] == ['{"event":"refund"}']

    repair = ("--code", "type_float", "--repair", "number_from_text:/price")
    assert 'after  {"event":"view","price":1}' in shop.done("redrives", "preview", "Live", "First", *repair)
    counted = shop.json("redrives", "start", "Live", "First", *repair, "--dry-run", "--wait")
    assert (counted["valid"], counted["repairs"][0]["changed"]) == (1, 1)

    shop.file("fixed.yaml", SCHEMA.replace("type: FLOAT", "type: STRING").replace("name: First", "name: Second"))
    shop.done("revisions", "push", "fixed.yaml", "--clone-of", "First")
    shop.done("revisions", "finalise", "Second")
    dry = shop.json("redrives", "start", "Live", "Second", "--code", "type_float", "--dry-run", "--wait")
    assert (dry["state"], dry["valid"], dry["sent"]) == ("done", 1, 0)
    done = shop.json("redrives", "start", "Live", "Second", "--refused-by", "First", "--wait")
    assert (done["state"], done["matched"], done["sent"], done["invalid"]) == ("done", 3, 1, 2)
    assert shop.json("redrives", "show", done["id"])["sent"] == 1
    assert [row["id"] for row in shop.json("redrives", "list", "Live")] == [done["id"], dry["id"], counted["id"]]
    assert shop.json("redrives", "cancel", done["id"])["state"] == "done"
    assert re.search(r"^ *1 +type_float +/price", shop.done("quarantine", "show", "Live"), re.MULTILINE)


@pytest.mark.slow
def test_a_draft_is_tried_on_what_is_in_quarantine_and_delivered(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    made = shop.json("environments", "create", "Live", "-r", "First", "--wait")
    httpx.post(made["address"], json=[{"event": "view"}, {"event": "refund"}], timeout=30)
    stricter = SCHEMA.replace("name: First", "name: Stricter").replace("view", "look")
    shop.file("stricter.yaml", stricter)
    shop.done("revisions", "push", "stricter.yaml")
    wait_until(lambda: shop.json("revisions", "try", "First", "Live")["looked_at"] == 1, seconds=30)
    found = shop.json("revisions", "try", "Stricter", "Live")
    assert (found["state"], found["newly_invalid"]) == ("done", 1)
    said = shop.done("revisions", "try", "Stricter", "Live")
    assert said.startswith("1 of 1 event that is accepted now would be rejected, 100 % because /event is none of the")
    assert re.search(r"accepted +one_of +/event", said)
    strict = shop.call("revisions", "try", "Stricter", "Live", "--fail-on-invalid")
    assert (strict.returncode, "would be rejected" in strict.stdout) == (1, True)
    quarantined = shop.json("revisions", "try", "Stricter", "Live", "--source", "quarantine", "--sample", "10")
    assert (quarantined["looked_at"], quarantined["newly_accepted"]) == (1, 0)
    assert shop.json("trials", "cancel", found["id"])["state"] == "done"
    assert f"{found['id']} is done." in shop.done("trials", "show", found["id"])
    assert re.search(rf"done +Live +quarantine +1 +0 +{quarantined['id']}", shop.done("trials", "list", "Stricter"))


def test_what_a_queue_gave_up_is_listed_read_and_sent_again(run, shell):
    names = {row["name"]: row["dead_letters"] for row in shell.json("dead-letters", "queues")}
    assert names == dict.fromkeys(("landing", "provision", "quarantine", "redrive", "spill", "taps", "trial"), 0)
    with contextlib.closing(sqlite3.connect(run.state_dir / "state.db", timeout=10)) as state:
        state.execute(
            "INSERT INTO messages (id, queue, body, sent_ns, visible_ns, receives) VALUES (?, ?, ?, 0, 0, 0)",
            ("letter-1", "provision-dead", '{"action": "provision", "environment_id": "env_gone"}'),
        )
        state.commit()
    (letter,) = shell.json("dead-letters", "list", "provision")
    assert (letter["id"], letter["about"]) == ("letter-1", {"action": "provision", "environment_id": "env_gone"})
    assert "body" not in letter
    assert "env_gone" in shell.done("dead-letters", "show", "provision", "letter-1")
    assert shell.done("dead-letters", "redrive", "provision") == "1 sent again, 0 left.\n"
    wait_until(lambda: not any(row["waiting"] for row in shell.json("dead-letters", "queues")), seconds=30)
    assert shell.refused("dead-letters", "list", "nothing")["code"] == "not_found"


@pytest.mark.parametrize("name", ["faulty.yaml", "faulty.json"])
def test_every_fault_of_a_file_is_shown_at_its_line(shop, name):
    if name.endswith(".json"):
        maps = [{"key": "event", "type": "TEXT"}, {"key": "price", "type": "FLOAT"}, {"key": "price", "type": "INT"}]
        shop.file(name, json.dumps({"name": "Faulty", "fields": maps}, indent=2))
        lines = [6, 13]
    else:
        shop.file(name, FAULTY)
        lines = [4, 11, 13]
    problem = shop.refused("revisions", "push", name)
    assert (problem["code"], problem["status"]) == ("invalid_request", 422)
    assert sorted({error["line"] for error in problem["errors"]}) == lines
    assert {error["file"] for error in problem["errors"]} == {name}
    called = shop.call("revisions", "push", name)
    assert called.returncode == 1
    assert re.search(rf"^  {name}:{lines[0]}:\d+: /fields/0/type: .* \(bad_value\)$", called.stderr, re.MULTILINE)
    assert "Faulty" not in shop.done("revisions", "list")


def test_checking_leaves_nothing_behind(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.file("faulty.yaml", FAULTY)
    before = shop.json("revisions", "list")
    assert shop.json("revisions", "push", "--check", "schema.yaml") == {"outcome": "valid", "revision": None}
    assert shop.refused("revisions", "push", "--check", "faulty.yaml")["errors"][0]["line"] == 4
    assert shop.json("revisions", "list") == before


@pytest.mark.slow
def test_a_finalised_revision_is_not_pushed_over(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.file("schema.yaml", SCHEMA.replace("optional", "required"))
    assert shop.refused("revisions", "push", "schema.yaml")["code"] == "revision_finalised"
    assert shop.refused("revisions", "push", "schema.yaml", "--into", "First")["status"] == 409
    assert shop.json("revisions", "push", "schema.yaml", "--name", "Second")["revision"]["name"] == "Second"
    diff = shop.call("revisions", "diff", "First", "Second", "--fail-on", "breaking")
    assert (diff.returncode, diff.stderr) == (1, "")
    assert "breaking" in diff.stdout
    assert shop.call("revisions", "diff", "First", "Second").returncode == 0


def test_a_draft_that_somebody_changed_since_is_not_pushed_over(shop):
    shop.file("schema.yaml", SCHEMA)
    version = shop.json("revisions", "push", "schema.yaml")["revision"]["version"]
    shop.done("revisions", "push", "schema.yaml")
    refused = shop.refused("revisions", "push", "schema.yaml", "--if-version", str(version))
    assert refused["code"] == "version_conflict"


def test_a_push_into_a_draft_keeps_its_name_and_takes_over_what_becomes_of_other_keys(shop):
    shop.file("schema.yaml", SCHEMA.replace("name: First", "additional_keys: reject"))
    pushed = shop.json("revisions", "push", "schema.yaml", "--into", "Revision 1")["revision"]
    assert (pushed["name"], pushed["additional_keys"]) == ("Revision 1", "reject")
    renamed = shop.json("revisions", "push", "schema.yaml", "--into", "Revision 1", "--name", "Other")["revision"]
    assert (renamed["id"], renamed["name"]) == (pushed["id"], "Other")
    printed = shop.done("revisions", "pull", "other", "--format", "json")
    assert json.loads(printed)["additional_keys"] == "reject"
    assert json.loads(shop.done("revisions", "push", "-", "--json", given=printed))["outcome"] == "replaced"


def test_sample_events_are_judged_with_their_places(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.file("good.json", '{"event": "view"}')
    shop.file("bad.json", '[\n  {"event": "view"},\n  {"event": "view",\n   "price": "1"}\n]')
    shop.file("bad.ndjson", '{"event": "view"}\n\n{"event": "seen"}\n')
    assert shop.json("revisions", "validate", "First", "good.json")["refused"] == 0
    called = shop.call("revisions", "validate", "First", "good.json", "bad.json", "bad.ndjson")
    assert called.returncode == 1
    lines = called.stdout.splitlines()
    assert lines[0].startswith("bad.json:4:4: /price: ")
    assert lines[1].startswith("bad.ndjson:3:1: /event: ")
    assert lines[2] == "3 of 5 events would be accepted."
    judged = json.loads(shop.call("revisions", "validate", "First", "bad.json", "--json").stdout)
    assert (judged["events"], judged["refused"]) == (2, 1)
    assert judged["files"][0]["results"][1]["errors"][0]["code"] == "type_float"


def test_a_draft_is_inferred_from_files_of_events(shop):
    shop.file("events.ndjson", '{"event": "view"}\n\n{"event": "purchase", "price": 9.5, "Tax": 1}\n')
    shop.file("more.json", '[{"event": "view", "price": 12}]')
    said = shop.done("revisions", "infer", "events.ndjson", "more.json", "--name", "Inferred")
    assert re.search(r"^price +FLOAT +optional +2 +3 +low +All 2 values are numbers", said, re.MULTILINE)
    assert re.search(r"^tax +INT +optional +1 +3 ", said, re.MULTILINE)
    assert said.endswith(", a draft. It accepts 3 of 3 samples.\n")
    assert shop.json("revisions", "validate", "Inferred", "events.ndjson", "more.json")["refused"] == 0
    shop.file("many.ndjson", '{"n": 1}\n' * 2_500)
    called = shop.call("revisions", "infer", "many.ndjson")
    assert (called.returncode, called.stderr) == (0, "Of 2,500 events 1,000 are sent, evenly spread.\n")
    shop.file("bad.ndjson", '{"n": 1}\n[1]\n')
    assert shop.refused("revisions", "infer", "bad.ndjson")["errors"][0]["line"] == 2
    shop.file("bad.json", '[{"n": 1},\n  5]')
    assert shop.refused("revisions", "infer", "bad.json")["errors"][0]["line"] == 2
    shop.file("none.json", "[]")
    assert shop.refused("revisions", "infer", "none.json", status=2)["code"] == "usage"


@pytest.mark.slow
def test_people_get_tables_and_trees(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.done("environments", "create", "Live", "--revision", "First", "--origin", "https://shop.example")
    assert re.search(r"^First +finalised +2 +rev_", shop.done("revisions", "list"), re.MULTILINE)
    shown = shop.done("revisions", "show", "First")
    assert re.search(r'^event +STRING +required +one_of \["view", "purchase"\]', shown, re.MULTILINE)
    assert re.search(r"^Live +\w+ +First ", shop.done("environments", "list"), re.MULTILINE)
    live = shop.done("environments", "show", "live")
    assert re.search(r'^allowed_origins +\["https://shop.example"\]', live, re.MULTILINE)
    assert re.search(r"^delivery_error +none *$", live, re.MULTILINE)
    assert re.search(r" First ", shop.done("deployments", "Live"))


@pytest.mark.slow
def test_settings_of_an_environment_are_changed_one_at_a_time(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    made = shop.json("environments", "create", "Live", "--revision", "First", "--write-key", "web-1")
    assert made["write_keys"] == ["web-1"]
    changed = shop.json(
        "environments", "update", "live", "--write-key", "web-2", "--write-key", "app-1", "--rate-limit", "9"
    )
    assert (changed["write_keys"], changed["rate_limit"]) == (["web-2", "app-1"], 9)
    changed = shop.json(
        "environments", "update", "live", "--no-write-keys", "--no-rate-limit", "--origin", "https://a.example"
    )
    assert (changed["write_keys"], changed["rate_limit"]) == ([], None)
    assert changed["allowed_origins"] == ["https://a.example"]
    assert shop.refused("environments", "update", "live", status=2)["code"] == "usage"
    both = ("--write-key", "web-3", "--no-write-keys")
    assert shop.refused("environments", "update", "live", *both, status=2)["code"] == "usage"


def test_templates_are_listed_with_what_they_fit(shop):
    listed = shop.json("templates")
    assert {"user_tracking", "segment"} <= {row["name"] for row in listed}
    said = shop.done("templates")
    assert re.search(r"^segment +yes +Calls of ", said, re.MULTILINE)
    assert re.search(r"^logpush +no +HTTP request logs ", said, re.MULTILINE)


def test_a_plan_becomes_a_draft_and_its_faults_have_lines(shop):
    shop.file(
        "plan.yaml", "Order Completed:\n  type: object\n  properties:\n    total: {type: number}\nSeen:\n  - page: /\n"
    )
    made = shop.json("revisions", "plan", "segment", "plan.yaml", "--name", "Planned")
    assert [row["key"] for row in made["plan"]] == ["order_completed", "seen"]
    said = shop.done("revisions", "plan", "segment", "plan.yaml")
    assert re.search(r"^Seen +seen +1 sample +nothing *$", said, re.MULTILINE)
    shop.file("bad.yaml", "Seen:\n  - page: /\nBad:\n  type: string\n")
    (error,) = shop.refused("revisions", "plan", "segment", "bad.yaml")["errors"]
    assert (error["pointer"], error["file"], error["line"]) == ("/plan/Bad", "bad.yaml", 3)


@pytest.mark.slow
def test_webhooks_are_set_listed_and_removed_and_their_secrets_are_no_arguments(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.done("environments", "create", "Live", "--revision", "First")
    made = shop.json("webhooks", "set", "live", "github", "--scheme", "github", given="secret-1\n")
    assert (made["secrets_set"], made["address"].endswith("/hooks/github")) == (1, True)
    shop.done("webhooks", "set", "live", "till", "--scheme", "none")
    both = shop.json("webhooks", "set", "live", "github", "--scheme", "github", given="secret-2\nsecret-1\n")
    assert both["secrets_set"] == 2
    kept = shop.json("webhooks", "set", "live", "github", "--scheme", "github", "--keep-secrets")
    assert kept == both
    newer = shop.json("webhooks", "set", "live", "github", "--scheme", "github", "--keep-newest", given="secret-3\n")
    assert newer["secrets_set"] == 2
    alone = ("webhooks", "set", "live", "github", "--scheme", "github", "--keep-secrets", "--keep-newest")
    assert shop.json(*alone)["secrets_set"] == 1
    assert re.search(r"^github +github +1 +20", shop.done("webhooks", "list", "live"), re.MULTILINE)
    assert shop.refused("webhooks", "set", "live", "x", "--scheme", "hmac", status=2)["code"] == "usage"
    assert shop.json("webhooks", "remove", "live", "github") == {"deleted": "github"}
    assert [row["name"] for row in shop.json("webhooks", "list", "live")] == ["till"]
    assert shop.refused("webhooks", "remove", "live", "github", status=2)["code"] == "usage"


def test_what_destroys_asks_for_the_name(shop):
    name = shop.environment["INGEST_ENDPOINT"]
    refused = shop.refused("endpoints", "delete", name, status=2)
    assert "--confirm" in refused["message"]
    assert shop.refused("endpoints", "delete", name, "--confirm", "other")["code"] == "confirmation_mismatch"
    shop.done("endpoints", "rename", name, f"{name} again")
    shop.done("endpoints", "delete", f"{name} again", "--confirm", f"{name} again")
    assert shop.refused("endpoints", "delete", name, "--confirm", name)["code"] == "not_found"


def test_drafts_are_made_cloned_and_deleted(shop):
    made = shop.json("revisions", "create", "--name", "Tracked", "--template", "user_tracking")
    cloned = shop.json("revisions", "clone", "tracked")
    assert (cloned["parent_id"], cloned["fields"]) == (made["id"], made["fields"])
    assert shop.json("revisions", "delete", cloned["id"]) == {"deleted": cloned["id"]}
    assert cloned["id"] not in shop.done("revisions", "list")
    assert shop.refused("revisions", "create", "--name", "TRACKED")["code"] == "name_taken"


def test_there_is_nothing_to_roll_back_to_before_the_second_deployment(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.done("environments", "create", "Live", "--revision", "First")
    assert shop.json("environments", "unknown-keys", "Live") == {"items": [], "looked_at": 0}
    assert shop.done("environments", "unknown-keys", "Live").split()[:2] == ["Pointer", "Events"]
    assert shop.refused("rollback", "Live")["code"] == "nothing_before"
    shop.done("environments", "delete", "Live", "--confirm", "Live")
    assert shop.refused("environments", "show", "Live")["code"] == "not_found"


def test_usage_is_shown_and_adds_up(shop):
    shown = shop.json("usage", "--from", "1h", "--slice", "minute", "-e", shop.environment["INGEST_ENDPOINT"])
    assert shown["slice"] == "minute"
    assert sum(row["requests"] for row in shown["series"]) == shown["totals"]["requests"]
    assert shop.done("usage").splitlines()[0].split()[:3] == ["At", "requests", "bytes"]
    assert shop.refused("usage", "--from", "yesterday")["status"] == 422
    apart = shop.json("usage", "--by", "protocol", "--from", "1h")
    assert sum(row["accepted"] for row in apart["protocols"]) == apart["totals"]["accepted"]
    outcomes = ["accepted", "rejected", "quarantined"]
    assert shop.done("usage", "--by", "protocol").splitlines()[0].split() == ["Protocol", *outcomes]
    assert shop.refused("usage", "--by", "event_name")["status"] == 422
    assert shop.refused("usage", "--follow", "--by", "protocol", status=2)["code"] == "usage"


def test_a_login_is_stored_for_its_owner_and_used_from_then_on(shell, run):
    unset = {"INGEST_ADDRESS": "", "INGEST_TOKEN": ""}
    assert shell.refused("whoami", status=2, **unset)["code"] == "usage"
    shell.done("login", "--address", run.address, given=f"{run.token}\n", **unset)
    stored = shell.folder / "config" / "ingestctl" / "account.json"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700
    assert shell.json("whoami", **unset)["role"] == "owner"
    shell.done("logout", **unset)
    assert not stored.exists()


def test_a_wrong_token_is_refused_and_not_stored(shell, run):
    called = shell.call("login", "--address", run.address, given="iet_wrong\n")
    assert called.returncode == 1
    assert called.stderr.startswith("unauthenticated (401): ")
    assert not (shell.folder / "config").exists()
    assert shell.refused("endpoints", "list", INGEST_TOKEN="iet_wrong")["code"] == "unauthenticated"


def test_a_server_that_is_not_there_is_told_in_one_line(shell):
    address = f"http://127.0.0.1:{free_port()}"
    called = shell.call("endpoints", "list", INGEST_ADDRESS=address)
    assert called.returncode == 1
    assert called.stderr.startswith(f"unreachable: No answer from {address}: ")
    assert called.stderr.count("\n") == 1


def test_a_reader_that_has_enough_ends_it_quietly(shell):
    script = "ingestctl endpoints list --json | true; exit ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=shell.folder,
        env=shell.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_that_is_wrong_exits_with_2(shell):
    assert shell.call("revisions", "push").returncode == 2
    assert shell.call("revisions", "pish").returncode == 2
    assert shell.refused("revisions", "push", "none.yaml", status=2)["code"] == "usage"


@pytest.mark.slow
def test_the_page_can_be_pasted_and_its_job_run_twice(tmp_path):
    blocks = [block for page in JOB for block in pasted(page)]
    (job,) = [block for block in blocks if block.startswith("set -eu")]
    steps = [step for block in blocks for step in ((block, block) if block is job else (block,))]
    with LocalRun(tmp_path / "state") as run:
        environment = {
            **environment_of(run, tmp_path),
            "PORT": str(run.port),
            "STATE_DIR": str(run.state_dir),
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(steps)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS * 2,
            check=False,
        )
        hint = "Before you paste it, read --show notes and --show grants.\n"
        assert (done.returncode, done.stderr) == (0, hint * 2), done.stdout + done.stderr
        said = done.stdout
        assert said.count("2 of 2 events would be accepted.") == 2
        assert len(re.findall(r"^Production runs checkout \d+\.$", said, re.MULTILINE)) == 1
        assert len(re.findall(r"^Production already runs checkout \d+\.$", said, re.MULTILINE)) == 1
        assert "Production runs Checkout 1 again." in said
        with run.client() as api:
            (endpoint,) = api.call("GET", "/v1/endpoints")["items"]
            (environment,) = api.call("GET", f"/v1/endpoints/{endpoint['id']}/environments")["items"]
        assert f"\n{environment['revision_id']}\n" in said
        types = [line for line in said.splitlines() if line.startswith(("src/events", "The types"))]
        assert types == [
            "The types of Checkout 1 are in src/events.ts.",
            "The types of Checkout 1 are in src/events.py.",
            "src/events.ts is what Checkout 1 has.",
            "The types of Checkout 1 are in src/events.ts.",
        ]
        assert "checkout_production" in (tmp_path / "load.sql").read_text("utf-8")
        assert '"s3:GetObject"' in said
        assert '  event: "view" | "purchase";\n' in (tmp_path / "src" / "events.ts").read_text("utf-8")
        assert 'event: Literal["view", "purchase"]\n' in (tmp_path / "src" / "events.py").read_text("utf-8")


@pytest.mark.slow
def test_a_domain_is_set_shown_renewed_and_removed(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.done("environments", "create", "Live", "--revision", "First", "--wait")
    made = issue(("cli.example.com",), starts=datetime.now(UTC) - timedelta(days=1))
    shop.file("cert.pem", made.pem)
    shop.file("key.pem", made.private_key)
    files = ("--certificate", "cert.pem", "--key", "key.pem")
    given = ("domain", "set", "Live", "cli.example.com", *files, "--wait")
    assert shop.json(*given)["status"] == "active"
    said = shop.done(*given)
    assert "active" in said
    assert "routing" in said
    assert made.private_key.splitlines()[1] not in said
    assert shop.json("domain", "show", "Live")["certificate"]["sans"] == ["cli.example.com"]
    problem = shop.refused(
        "domain", "set", "Live", "other.example.com", "--certificate", "cert.pem", "--key", "key.pem"
    )
    assert [row["code"] for row in problem["errors"]] == ["domain_not_covered"]
    for wrong in (("--managed", "--key", "key.pem"), ("--key", "key.pem"), ("--certificate", "no", "--key", "key.pem")):
        assert shop.refused("domain", "set", "Live", "cli.example.com", *wrong, status=2)["code"] == "usage"
    assert shop.refused("domain", "remove", "Live", "--confirm", "Live")["code"] == "confirmation_mismatch"
    assert shop.json("domain", "remove", "Live", "--confirm", "cli.example.com") == {"deleted": "cli.example.com"}
    assert shop.json("domain", "set", "Live", "cli.example.com", "--managed")["certificate"]["kind"] == "managed"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_was_done_is_said_in_any_encoding(shell, encoding):
    name = f"Zürich 東京 {encoding}"
    called = shell.start("endpoints", "create", name, PYTHONIOENCODING=encoding, encoding=encoding)
    assert (called.returncode, called.stderr) == (0, "")
    listed = shell.start("endpoints", "list", "--json", PYTHONIOENCODING=encoding, encoding=encoding)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert name in [endpoint["name"] for endpoint in json.loads(listed.stdout)]


def test_an_output_that_cant_be_written_is_said_in_one_sentence(shell):
    with Path("/dev/full").open("w") as full:
        called = shell.start("whoami", stdout=full)
    assert called.returncode == 1
    assert called.stderr == (
        "The output can't be written: No space left on device. What the command changed stays changed.\n"
    )


def test_a_file_of_more_events_than_a_request_takes_is_validated_whole(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    events = [{"event": "view"}] * 2_300 + [{"event": "nope"}]
    shop.file("many.json", json.dumps(events, indent=1))
    shop.file("many.ndjson", "".join(json.dumps(event) + "\n" for event in events))
    for file in ("many.json", "many.ndjson"):
        called = shop.call("revisions", "validate", "First", file, "--json")
        assert called.returncode == 1, called.stderr
        said = json.loads(called.stdout)
        assert (said["events"], said["refused"]) == (2_301, 1)
        rows = said["files"][0]["results"]
        assert [row["index"] for row in rows] == list(range(2_301))
        assert rows[-1]["errors"][0]["line"] == {"many.json": 6_903, "many.ndjson": 2_301}[file]


@pytest.mark.slow
def test_alerts_are_made_tried_changed_and_deleted_and_slacks_address_is_no_argument(shop):
    shop.file("schema.yaml", SCHEMA)
    shop.done("revisions", "push", "schema.yaml")
    shop.done("revisions", "finalise", "First")
    shop.done("environments", "create", "Live", "--revision", "First")
    with target_answering() as receiver:
        made = shop.json("alert-targets", "create", "On call", "--kind", "webhook", "--url", receiver.url)
        assert made["secret"].startswith("whsec_")
        assert (
            shop.refused("alert-targets", "create", "Chat", "--kind", "slack", "--url", receiver.url, status=2)["code"]
            == "usage"
        )
        chat = shop.json("alert-targets", "create", "Chat", "--kind", "slack", given=f"{receiver.url}\n")
        assert chat["url"].endswith("/…")
        alert = shop.json(
            "alerts",
            "create",
            "live",
            "--kind",
            "silence",
            "--minutes",
            "20",
            "--target",
            "on call",
            "--target",
            "Chat",
        )
        assert (alert["minutes"], alert["targets"]) == (20, [made["id"], chat["id"]])
        results = shop.json("alerts", "test", "live", "silence")
        assert [row["sent"] for row in results] == [True, True]
        assert len(receiver.requests) == 2
        changed = shop.json("alerts", "update", "live", alert["id"], "--name", "Quiet", "--target", "Chat")
        assert (changed["name"], changed["targets"]) == ("Quiet", [chat["id"]])
        assert shop.json("alert-targets", "rotate", "On call")["secret"] != made["secret"]
    failed = shop.call("alert-targets", "test", "Chat", "--json")
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["sent"] is False
    assert "No connection to 127.0.0.1" in shop.done("alert-targets", "list")
    assert re.search("Quiet +silence", shop.done("alerts", "list", "live"))
    assert shop.refused("alert-targets", "delete", "Chat")["code"] == "conflict"
    shop.done("alerts", "delete", "live", "quiet")
    for name in ("Chat", "On call"):
        shop.done("alert-targets", "delete", name)
    assert shop.json("alerts", "list", "live") == []
