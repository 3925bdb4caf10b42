"""Live events: ingest, the queue, the tap writer, its table and the management API, deployed."""

import time

import pytest

from tests.e2e_aws.deployment import S3, eventually

pytestmark = pytest.mark.emulator

IN_FORCE_SECONDS = 5


def test_events_are_seen_while_they_arrive_and_not_after_the_tap_was_deleted(deployment):
    endpoint = deployment.make_endpoint("Watched")
    environment = deployment.make_environment(endpoint, deployment.make_revision(endpoint, "FLOAT"), S3)
    tap = deployment.v1("POST", f"/v1/environments/{environment}/taps", {"seconds": 900, "sample": "all"})
    time.sleep(IN_FORCE_SECONDS)  # what is promised
    sent = deployment.send(environment, [{"event": "purchase", "price": 1.5}, {"event": "purchase", "price": "x"}])
    rows = sent.json()["results"]

    def seen():
        return deployment.v1("GET", f"/v1/taps/{tap['id']}/events?wait=5")["items"]

    accepted, quarantined = eventually(seen)
    assert [event["event_id"] for event in (accepted, quarantined)] == [row["event_id"] for row in rows]
    assert [event["outcome"] for event in (accepted, quarantined)] == ["accepted", "quarantined"]
    assert accepted["stored"]["price"] == 1.5
    assert quarantined["errors"] == rows[1]["errors"]
    assert deployment.v1("GET", f"/v1/environments/{environment}/taps")["items"][0]["id"] == tap["id"]

    deployment.v1("DELETE", f"/v1/taps/{tap['id']}")
    assert deployment.ask_v1("GET", f"/v1/taps/{tap['id']}/events").status_code == 404
    time.sleep(IN_FORCE_SECONDS)
    assert deployment.send(environment, {"event": "purchase", "price": 2}).status_code == 200
    queues = deployment.emulator.client("sqs")
    dead = queues.get_queue_url(QueueName=f"ingest-{deployment.settings.name}-taps-dead")["QueueUrl"]
    waiting = queues.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"
