"""Live events of a local run: seen while they arrive, printed and expected from a command line."""

import json
import threading

import httpx
import pytest

from benchmarks.local_run import LocalRun
from tests.e2e.test_ingestctl import SCHEMA, Shell
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


def test_a_tap_prints_events_as_lines(run, shop):
    httpx.post(shop.live["address"], json=[PURCHASE, {"event": "view"}])
    wait_until(lambda: get(run, f"/taps/{standing_tap(run, shop)}/events")["items"], seconds=30)
    lines = shop.done("tap", "Live", "--no-follow", "--tap", standing_tap(run, shop)).splitlines()
    assert [json.loads(json.loads(line)["raw"])["event"] for line in lines] == ["purchase", "view"]
    assert shop.done("tap", "Live", "--seconds", "1", "--only", "outcome=quarantined") == ""
    assert len(get(run, f"/environments/{shop.live['id']}/taps")["items"]) <= 2
    assert shop.call("tap", "Live", "--only", "colour=red").returncode == 2
    assert shop.call("tap", "Live", "--sample", "many").returncode == 2


def test_without_the_setting_the_taps_are_gone_and_with_it_they_are_back(run, shop):
    shop.done("environments", "set", "Live", "--taps", "off")
    assert get(run, f"/environments/{shop.live['id']}/taps")["items"] == []
    assert shop.refused("expect", "Live", "--accepted", "1")["code"] == "no_tap"
    shop.done("environments", "set", "Live", "--taps", "protected")
    (tap,) = get(run, f"/environments/{shop.live['id']}/taps")["items"]
    assert tap["protected"] is True
