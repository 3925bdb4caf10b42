"""From a POST to a target over HTTP: signed batches, refused events, a target that fails, and one that hangs."""

import json
from collections import Counter

import httpx
from standardwebhooks import Webhook

from tests.ingestctl_shell import Shell
from tests.waiting import wait_until
from tests.web_target import OK, answer, listing, target_answering

FIELDS = [{"key": "number", "type": "INT"}]
WAIT_SECONDS = 60.0


def send(address, numbers):
    answered = httpx.post(address, json=[{"number": number} for number in numbers], trust_env=False, timeout=30)
    assert answered.status_code == 200, answered.text
    return answered.json()["event_ids"]


def make(api, name, target, **settings):
    destination = {"type": "http", "url": target.url, "format": "json", **settings}
    return api.make_environment(name, FIELDS, settings={"destination": destination}, timeout_seconds=WAIT_SECONDS)


def books(api, environment):
    metrics = "accepted,delivered,repeats,set_aside,in_flight"
    path = f"/v1/usage?environment={environment.environment_id}&slice=minute&metrics={metrics}"
    return api.call("GET", path)["totals"]


def received(target):
    """Return how often each event was received, by its id; checks have none."""
    return Counter(event["_event_id"] for request in target.requests for event in json.loads(request.body))


def test_events_arrive_signed_and_those_that_the_target_refuses_are_set_aside_alone(api):
    refused = []

    def take(request):
        events = json.loads(request.body)
        ids = [event["_event_id"] for event in events if event["number"] % 100 == 7]
        refused.extend(ids)
        return listing(json.dumps({"refused": ids}).encode()) if ids else OK

    checks, failures = (OK, OK), (answer(500), answer(429, b"", "Retry-After: 1"), b"HTTP/1.1 2")
    with target_answering(*checks, *failures, take) as target:
        made = make(api, "Signed", target, max_events=90, headers={"Authorization": "Bearer t"})
        changed = api.call(
            "PATCH",
            f"/v1/environments/{made.environment_id}",
            {"destination": {"type": "http", "new_signing_secret": True}},
        )
        ids = send(made.address, range(500))
        balanced = {"accepted": 500, "delivered": 495, "repeats": 0, "set_aside": 5, "in_flight": 0}
        wait_until(lambda: books(api, made) == balanced, seconds=WAIT_SECONDS)
        requests = target.requests[2:]
    assert set(received(target)) == set(ids)
    assert set(refused) == {ids[number] for number in range(7, 500, 100)}
    secret = changed["destination"]["signing_secret"]
    for request in requests:
        assert Webhook(secret).verify(request.body, request.headers) == json.loads(request.body)
        assert request.headers["authorization"] == "Bearer t"
        assert len(json.loads(request.body)) <= 90


def test_a_destination_is_tried_again_from_the_command_line(api, run, tmp_path):
    with target_answering() as target:
        made = make(api, "Checked", target)
        command = ("environments", "check", made.environment_id, "--endpoint", made.endpoint_id)
        shell = Shell(run, tmp_path)
        assert [row["state"] for row in shell.json(*command)["checks"]] == ["passed"] * 3
    called = shell.call(*command)
    assert called.returncode == 1
    assert "the connection was refused" in called.stdout


def test_a_target_that_hangs_keeps_no_other_waiting_and_gets_its_events_in_the_end(api):
    with target_answering(OK) as slow, target_answering(OK) as fast:
        hanging, healthy = make(api, "Hanging", slow), make(api, "Healthy", fast)
        slow.answers = [None]
        late = send(hanging.address, range(50))
        wait_until(lambda: len(slow.requests) > 1, seconds=WAIT_SECONDS)
        prompt = [event_id for _ in range(5) for event_id in send(healthy.address, range(20))]
        wait_until(lambda: received(fast) == Counter(prompt), seconds=WAIT_SECONDS)
        assert books(api, hanging)["delivered"] == 0
        slow.answers = [OK]
        balanced = {"accepted": 50, "delivered": 50, "repeats": 0, "set_aside": 0, "in_flight": 0}
        wait_until(lambda: books(api, hanging) == balanced, seconds=2 * WAIT_SECONDS)
        assert set(received(slow)) == set(late)


def test_a_target_is_tried_before_it_is_saved(api, run, tmp_path):
    shell = Shell(run, tmp_path)
    with target_answering(OK) as target:
        made = make(api, "Tried", target, format="ndjson")
        endpoint = ("--endpoint", made.endpoint_id)
        said = shell.done(
            "environments", "create", "Other", "-r", made.revision_id, *endpoint, "--destination",
            json.dumps({"type": "http", "url": target.url}),
        )  # fmt: skip
        assert "Signing secret, shown this once: whsec_" in said
        target.answers = [answer(401)]
        problem = shell.refused(
            "environments",
            "update",
            made.environment_id,
            *endpoint,
            "--destination",
            '{"type": "http", "max_events": 9}',
        )
    assert problem["code"] == "destination_refused"
    assert "answered 401" in json.dumps(problem)
    problem = shell.refused(
        "environments", "update", made.environment_id, *endpoint, "--destination",
        '{"type": "http", "url": "http://10.0.0.1/"}',
    )  # fmt: skip
    assert problem["code"] == "invalid_request"
