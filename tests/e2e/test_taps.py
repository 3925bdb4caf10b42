"""Live events of a local run: seen while they arrive, printed and expected from a command line."""

import json
import os
import subprocess
import sys
import threading

import httpx
import pytest

from benchmarks.local_run import ROOT, LocalRun
from tests.ingestctl_shell import SCHEMA, Shell
from tests.waiting import wait_until

PURCHASE = {"event": "purchase", "price": 9.5}
WAITING = 20  # more than management has threads


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    state = tmp_path_factory.mktemp("tapped") / "state"
    with LocalRun(state, environment={"TAPS": "all"}) as run:
        yield run


@pytest.fixture
def shop(run, tmp_path, request):
    """A shell that means an endpoint of the test's own, with an environment that is called Live."""
    shell = Shell(run, tmp_path)
    name = request.node.name
    shell.done("endpoints", "create", name)
    shell.environment["INGEST_ENDPOINT"] = name
    shell.done("revisions", "push", shell.file("schema.yaml", SCHEMA))
    shell.done("revisions", "finalise", "First")
    shell.live = shell.json("environments", "create", "Live", "--revision", "First", "--wait")
    return shell


def get(run, path, **query):
    answer = httpx.get(f"{run.address}/v1{path}", params=query, headers={"Authorization": f"Bearer {run.token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def standing_tap(run, shop):
    (tap,) = get(run, f"/environments/{shop.live['id']}/taps")["items"]
    return tap["id"]


def test_events_are_seen_from_the_making_of_an_environment_on(run, shop):
    sent = httpx.post(shop.live["address"], json=[PURCHASE, {"event": "refund"}]).json()
    tap = standing_tap(run, shop)
    page = get(run, f"/taps/{tap}/events", wait=10)
    assert [event["event_id"] for event in page["items"]] == [row["event_id"] for row in sent["results"]]
    assert [event["outcome"] for event in page["items"]] == ["accepted", "quarantined"]
    large = {**PURCHASE, "more": "x" * 60_000}  # answered by a process of its own
    assert httpx.post(shop.live["address"], json=large).status_code == 200
    (event,) = get(run, f"/taps/{tap}/events", wait=10, after=page["cursor"])["items"]
    assert json.loads(event["raw"]) == large


def test_many_who_wait_hold_up_no_other_request(run, shop):
    tap = standing_tap(run, shop)
    pages = []

    def watch():
        pages.append(get(run, f"/taps/{tap}/events", wait=10))

    watching = [threading.Thread(target=watch) for _ in range(WAITING)]
    for thread in watching:
        thread.start()
    assert get(run, "/me")["role"] == "owner"
    assert pages == []
    httpx.post(shop.live["address"], json=PURCHASE)
    for thread in watching:
        thread.join(30)
    assert [len(page["items"]) for page in pages] == [1] * WAITING


def test_a_test_is_told_whether_its_events_have_come(shop):
    for event in (PURCHASE, {"event": "view"}, {"event": "purchase", "price": "12"}):
        httpx.post(shop.live["address"], json=event)
    right = ("expect", "Live", "--accepted", "1", "--invalid", "1", "--where", "event=purchase", "--within", "30s")
    assert shop.done(*right).splitlines() == ["  accepted: 1, expected 1", "  invalid: 1, expected 1"]
    assert shop.json(*right)["is_met"] is True
    wrong = shop.call(
        "expect", "Live", "--accepted", "2", "--invalid", "0", "--where", "event=purchase", "--within", "1s"
    )
    assert wrong.returncode == 1
    assert wrong.stdout.splitlines() == [
        "! accepted: 1, expected 2",
        "! invalid: 1, expected 0",
        '+ accepted {"event":"purchase","price":9.5}',
        '+ quarantined {"event":"purchase","price":"12"} (/price type_float)',
        '? accepted {"event":"view"}',
        "Events marked ? do not match --where.",
    ]
    assert shop.refused("expect", "Live", status=2)["code"] == "usage"
    assert shop.refused("expect", "Live", "--accepted", "1", "--where", "x", status=2)["code"] == "usage"


def test_files_are_sent_and_each_event_has_its_outcome(run, shop):
    right = shop.file("events.ndjson", '{"event": "view"}\n\n{"event": "purchase", "price": 9.5}\n')
    assert shop.done("send", "Live", right) == "2 events: 2 accepted.\n"
    wrong = shop.file("wrong.json", '[{"event": "view"},\n {"event": "refund"}]')
    told = shop.call("send", "Live", wrong)
    assert told.returncode == 1
    assert told.stdout.splitlines() == [
        f'{wrong}:2:3: /event: Must be one of "view", "purchase". (one_of)',
        "2 events: 1 accepted, 1 quarantined.",
    ]
    said = json.loads(shop.call("send", "Live", wrong, "--json").stdout)
    assert said["outcomes"] == {"accepted": 1, "quarantined": 1}
    wait_until(lambda: len(get(run, f"/taps/{standing_tap(run, shop)}/events")["items"]) == 6, seconds=30)


def test_a_tap_prints_events_as_lines(run, shop):
    httpx.post(shop.live["address"], json=[PURCHASE, {"event": "view"}])
    wait_until(lambda: get(run, f"/taps/{standing_tap(run, shop)}/events")["items"], seconds=30)
    lines = shop.done("events", "tail", "Live", "--no-follow", "--tap", standing_tap(run, shop)).splitlines()
    assert [json.loads(json.loads(line)["raw"])["event"] for line in lines] == ["purchase", "view"]
    assert shop.done("events", "tail", "Live", "--seconds", "1", "--only", "outcome=quarantined") == ""
    assert len(get(run, f"/environments/{shop.live['id']}/taps")["items"]) <= 2
    assert shop.call("events", "tail", "Live", "--only", "colour=red").returncode == 2
    assert shop.call("events", "tail", "Live", "--sample", "many").returncode == 2


def test_without_the_setting_the_taps_are_gone_and_with_it_they_are_back(run, shop):
    shop.done("environments", "update", "Live", "--taps", "off")
    assert get(run, f"/environments/{shop.live['id']}/taps")["items"] == []
    assert shop.refused("expect", "Live", "--accepted", "1")["code"] == "no_tap"
    shop.done("environments", "update", "Live", "--taps", "protected")
    (tap,) = get(run, f"/environments/{shop.live['id']}/taps")["items"]
    assert tap["protected"] is True


def start_local(tmp_path, *arguments):
    return subprocess.Popen(
        ["ingestctl", "local", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_one_command_serves_schemas_and_ends_when_it_is_stopped(tmp_path):
    (tmp_path / "orders.yaml").write_text(SCHEMA, "utf-8")
    (tmp_path / "views.json").write_text('{"fields": [{"key": "page", "type": "STRING"}]}', "utf-8")
    with start_local(tmp_path, "--port", "0", "--schema", "orders.yaml", "--schema", "views.json") as process:
        try:
            said = json.loads(process.stdout.readline())
            orders, views = said["environments"]
            assert (orders["name"], views["name"]) == ("First", "views")
            assert httpx.post(orders["address"], json=PURCHASE).json()["ok"] is True
            assert httpx.post(views["address"], json=PURCHASE).status_code == 400
            account = {**os.environ, "INGEST_ADDRESS": said["address"], "INGEST_TOKEN": said["token"]}
            expected = ("expect", "views", "--accepted", "0", "--invalid", "1", "--within", "30s")
            assert subprocess.run([ROOT / "bin" / "ingestctl", *expected], env=account, check=False).returncode == 0
        finally:
            process.terminate()
    assert process.returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{said['address']}/health")


def test_it_ends_with_the_process_that_started_it(tmp_path):
    program = (
        "import subprocess, sys\n"
        "run = subprocess.Popen(['ingestctl', 'local'], stdout=subprocess.PIPE, text=True)\n"
        "print(run.stdout.readline(), flush=True)\n"
    )
    path = {"PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}"}
    started = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **path}, stdout=subprocess.PIPE, text=True, check=True
    )
    address = json.loads(started.stdout.splitlines()[0])["address"]

    def ended():
        try:
            httpx.get(f"{address}/health")
        except httpx.TransportError:
            return True
        return False

    wait_until(ended, seconds=30)


@pytest.mark.parametrize("faulty", ["fields:\n  - key: a\n    type: TEXT\n", "fields: ["])
def test_a_schema_that_has_faults_is_told_at_its_line(tmp_path, faulty):
    (tmp_path / "faulty.yaml").write_text(faulty, "utf-8")
    process = start_local(tmp_path, "--schema", "faulty.yaml")
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 1
