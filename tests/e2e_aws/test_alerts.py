"""Alerts: usage, the scheduled function, its states, the mail's topic and the management API, deployed."""

import json

import pytest

from tests.e2e_aws.deployment import S3, eventually

pytestmark = pytest.mark.emulator

ADDRESS = "ops@example.com"


def look(deployment):
    """Have the function look at alerts, as its schedule does every minute; return what its run came to."""
    client = deployment.emulator.client("lambda")
    answer = client.invoke(FunctionName=deployment.settings.function_name("alerts"), Payload=b"{}")
    came_to = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, came_to
    return came_to


def test_an_alert_fires_once_by_mail_and_a_target_inside_of_the_cloud_is_never_called(deployment):
    endpoint = deployment.make_endpoint("Alerted")
    environment = deployment.make_environment(endpoint, deployment.make_revision(endpoint, "FLOAT"), S3)
    mail = deployment.v1("POST", "/v1/alert-targets", {"name": "Mail", "kind": "email", "email": ADDRESS})
    hook = {"name": "Inside", "kind": "webhook", "url": "https://169.254.169.254/latest/meta-data"}
    assert deployment.ask_v1("POST", "/v1/alert-targets", hook).status_code == 422
    # Another way to write 127.0.0.1, which only looking it up shows.
    inside = deployment.v1("POST", "/v1/alert-targets", {**hook, "url": "https://127.1/"})
    assert inside["secret"].startswith("whsec_")
    tested = deployment.v1("POST", f"/v1/alert-targets/{inside['id']}/test")
    assert tested["sent"] is False
    assert "private, local or reserved" in tested["error"]

    path = f"/v1/environments/{environment}/alerts"
    body = {"kind": "new_code_or_key", "targets": [mail["id"], inside["id"]]}
    alert = deployment.v1("POST", path, body)["id"]
    assert look(deployment)["behind"] == 0
    assert deployment.v1("GET", f"{path}/{alert}")["state"] == "ok"

    topic = next(
        each["TopicArn"]
        for each in deployment.emulator.client("sns").list_topics()["Topics"]
        if each["TopicArn"].endswith(mail["id"])
    )
    (subscription,) = deployment.emulator.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", ADDRESS)
    assert deployment.v1("GET", f"/v1/alert-targets/{mail['id']}")["subscription"] == "confirmed"

    deployment.send(environment, {"event": "purchase", "price": "x"})

    def fires():
        deployment.send(environment, {"event": "purchase", "price": 1})  # handlers hand counts over with requests
        look(deployment)
        found = deployment.v1("GET", f"{path}/{alert}")
        return found if found["state"] == "firing" else None

    found = eventually(fires)
    assert found["text"] == "For the first time: error code type_float."
    told = {row["target_id"]: row for row in found["told"]}
    assert (told[mail["id"]]["message"], told[mail["id"]]["status"]) == ("firing", "sent")
    assert told[inside["id"]]["status"] == "due"
    assert "private, local or reserved" in told[inside["id"]]["last_error"]
    sent_at = found["last_sent"]
    look(deployment)
    again = deployment.v1("GET", f"{path}/{alert}")
    assert (again["state"], again["last_sent"]) == ("firing", sent_at), "told once"

    deployment.v1("DELETE", f"{path}/{alert}")
    for target in (mail, inside):
        deployment.v1("DELETE", f"/v1/alert-targets/{target['id']}")
    left = [each["TopicArn"] for each in deployment.emulator.client("sns").list_topics()["Topics"]]
    assert topic not in left
