"""Refused events, sent again under a revision that they fit: the state machine and its function, deployed."""

import pytest

from tests.e2e_aws.deployment import S3, eventually

pytestmark = pytest.mark.emulator


def test_a_refused_event_arrives_once_it_is_sent_again_under_a_revision_that_it_fits(deployment):
    endpoint = deployment.make_endpoint("Redriven")
    refusing = deployment.make_revision(endpoint, "STRING")
    environment = deployment.make_environment(endpoint, refusing, S3)
    sent = deployment.send(environment, [{"event": "purchase", "price": 401.5}, {"event": "nothing"}]).json()
    assert [row["outcome"] for row in sent["results"]] == ["quarantined", "quarantined"]
    quarantine = f"/v1/environments/{environment}/quarantine"
    eventually(lambda: deployment.v1("GET", quarantine)["events"] == 2)

    fitting = deployment.make_revision(endpoint, "FLOAT")
    made = deployment.v1("POST", f"/v1/environments/{environment}/redrives", {"revision_id": fitting})

    def ended():
        found = deployment.v1("GET", f"/v1/redrives/{made['id']}")
        return found if found["state"] not in {"queued", "running"} else None

    redrive = eventually(ended)
    assert redrive["state"] == "done", redrive
    assert (redrive["matched"], redrive["sent"], redrive["invalid"]) == (2, 1, 1)

    def arrived():
        return [line for line in deployment.delivered(environment) if line.get("price") == 401.5]

    (line,) = eventually(arrived)
    assert (line["_event_id"], line["_revision_id"]) == (sent["results"][0]["event_id"], fitting)
    found = deployment.v1("GET", quarantine)
    assert (found["events"], found["redriven"]) == (1, 1)
