"""A canary, deployed: half of the requests, both refused shares, its automatic end and a promotion."""

import json
from uuid import uuid4

import pytest

from tests.e2e_aws.deployment import S3, eventually

pytestmark = pytest.mark.emulator

SHARE = 50


def send(deployment, environment, price):
    """Send an event in a request of its own; return the revision that its answer names, and whether it was accepted."""
    answer = deployment.ask(
        "IngestUrl", "POST", f"/e/{environment}", {"event": "view", "price": price}, {"Idempotency-Key": uuid4().hex}
    )
    assert answer.status_code in {200, 400}, answer.text
    return answer.headers["X-Revision-Id"], answer.status_code == 200


def send_under_both(deployment, environment, price, revisions):
    """Send events until each of these revisions has had one."""
    seen = set()

    def both():
        seen.add(send(deployment, environment, price)[0])
        return seen >= revisions

    eventually(both)


def look(deployment):
    """Run the function that looks after canaries, as its schedule does."""
    name = f"ingest-{deployment.settings.name}-metering"
    answer = deployment.emulator.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    return said


def test_a_canary_gets_its_share_is_compared_aborted_automatically_and_another_promoted(deployment):
    endpoint = deployment.make_endpoint("With a canary")
    current = deployment.make_revision(endpoint, "FLOAT")
    environment = deployment.make_environment(endpoint, current, S3)
    stricter = deployment.make_revision(endpoint, "BOOLEAN")
    path = f"/v1/environments/{environment}/deployments"
    made = deployment.v1("POST", path, {"revision_id": stricter, "canary": {"share": SHARE, "seconds": 3_600}})
    assert deployment.v1("GET", f"/v1/environments/{environment}")["canary"]["deployment_id"] == made["id"]
    refused = deployment.ask_v1("POST", path, {"revision_id": current})
    assert (refused.status_code, refused.json()["code"]) == (409, "canary_running")
    send_under_both(deployment, environment, 1.5, {current, stricter})

    named = [send(deployment, environment, 1.5) for _ in range(260)]
    assert all(accepted == (revision == current) for revision, accepted in named)

    def enough():
        send(deployment, environment, 1.5)  # a request hands over what was counted
        return deployment.v1("GET", f"{path}/{made['id']}")["canary"]["compared"]["canary"]["events"] >= 100

    eventually(enough)
    look(deployment)
    ended = deployment.v1("GET", f"{path}/{made['id']}")["canary"]
    assert ended["state"] == "aborted"
    assert ended["reason"].startswith("automatic: refused share 100.0 % against ")
    eventually(lambda: {send(deployment, environment, 1.5)[0] for _ in range(12)} == {current})

    wider = deployment.make_revision(endpoint, "STRING")
    again = deployment.v1("POST", path, {"revision_id": wider, "canary": {"share": SHARE}})
    send_under_both(deployment, environment, 2.5, {current, wider})
    promoted = deployment.v1("POST", f"{path}/{again['id']}/promote")
    assert promoted["canary"]["state"] == "promoted"
    eventually(lambda: {send(deployment, environment, "x") for _ in range(12)} == {(wider, True)})

    def delivered():
        return {line["_revision_id"] for line in deployment.delivered(environment)} == {current, wider}

    eventually(delivered)
    log = deployment.v1("GET", f"/v1/audit?subject={environment}&action=environment")["items"]
    assert {"environment.canary", "environment.abort", "environment.promote"} <= {entry["action"] for entry in log}
