"""A draft tried on what was delivered and on what is in quarantine: the state machine and its function, deployed."""

import pytest

from tests.e2e_aws.deployment import S3, eventually

pytestmark = pytest.mark.emulator


def test_a_draft_is_tried_on_real_traffic_before_it_is_finalised(deployment):
    endpoint = deployment.make_endpoint("Tried")
    running = deployment.make_revision(endpoint, "FLOAT")
    environment = deployment.make_environment(endpoint, running, S3)
    events = [{"event": "purchase", "price": 401.5}, {"event": "purchase", "price": 7}, {"event": "nothing"}]
    assert [row["outcome"] for row in deployment.send(environment, events).json()["results"]].count("accepted") == 2
    eventually(lambda: {401.5, 7} <= {line.get("price") for line in deployment.delivered(environment)})
    eventually(lambda: deployment.v1("GET", f"/v1/environments/{environment}/quarantine")["events"] == 1)

    draft = deployment.v1("POST", f"/v1/endpoints/{endpoint}/revisions", {"clone_of": running})
    fields = [
        {**field, "type": "STRING", "presence": "optional"} if field["key"] == "price" else field
        for field in draft["fields"]
    ]
    path = f"/v1/revisions/{draft['id']}"
    deployment.v1("PUT", f"{path}/fields", {"fields": fields}, **{"If-Match": f'"{draft["version"]}"'})

    def tried(source):
        body = {"environment_id": environment, "source": source, "sample": 1_000}
        made = deployment.v1("POST", f"{path}/trials", body)

        def ended():
            found = deployment.v1("GET", f"/v1/trials/{made['id']}")
            return found if found["state"] not in {"queued", "running"} else None

        return eventually(ended)

    delivered = tried("delivered")
    assert delivered["state"] == "done", delivered
    assert delivered["newly_invalid"] == 2
    assert delivered["looked_at"] > 2  # with the event that the environment was tried with
    assert [(row["code"], row["pointer"], row["was"]) for row in delivered["groups"]] == [
        ("type_string", "/price", "accepted")
    ]
    quarantined = tried("quarantine")
    assert (quarantined["looked_at"], quarantined["newly_accepted"]) == (1, 0)
    assert [(row["code"], row["was"]) for row in quarantined["groups"]] == [("one_of", "invalid")]
    assert [row["state"] for row in deployment.v1("GET", f"{path}/trials")["items"]] == ["done", "done"]
