"""Other collectors' senders at a deployed stage: recorded requests, signed webhooks, write keys, a domain's paths."""

import base64
import hashlib
import hmac
import json
from uuid import uuid4

import pytest

from tests.e2e_aws.deployment import DOMAIN, S3, eventually
from tests.recorded import recording

pytestmark = pytest.mark.emulator

# Whose recorded bodies are not compressed: JSON that is gets mangled by the HTTP API of the emulator.
SENDERS = ["segment-pixel", "snowplow-python", "mixpanel-python"]
SECRETS = ["webhook-secret-of-the-run-1", "webhook-secret-of-the-run-2"]
KEY = "wk-of-the-run"
BODY = json.dumps({"zen": "Keep it."}).encode()


@pytest.fixture(scope="module")
def any_events(deployment):
    """An environment that keeps whatever is sent."""
    endpoint = deployment.make_endpoint("Of any sender")
    made = deployment.v1("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Any"})
    path = f"/v1/revisions/{made['id']}"
    fields = {"fields": [{"key": "never_sent", "type": "STRING", "presence": "optional"}]}
    changed = deployment.v1("PUT", f"{path}/fields", fields, **{"If-Match": f'"{made["version"]}"'})
    deployment.v1("PATCH", path, {"additional_keys": "keep"}, **{"If-Match": f'"{changed["version"]}"'})
    deployment.v1("POST", f"{path}/finalise")
    return deployment.make_environment(endpoint, made["id"], S3)


def change(deployment, environment, **settings):
    path = f"/v1/environments/{environment}"
    version = deployment.v1("GET", path)["version"]
    deployment.v1("PATCH", path, settings, **{"If-Match": f'"{version}"'})


def send(deployment, path, body=b"", method="POST", output="IngestUrl", **headers):
    return deployment.ask_raw(output, method, path, body, headers)


def signed(deployment, environment, secret):
    signature = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": uuid4().hex}
    return send(deployment, f"/e/{environment}/hooks/github", BODY, **headers).status_code


@pytest.mark.parametrize("sender", SENDERS)
def test_what_a_sender_sent_arrives(deployment, any_events, sender):
    held = recording(sender)
    for request in held.requests:
        if request.method != "OPTIONS" and not request.path.endswith("config.js"):
            path = f"/e/{any_events}{request.path}" + (f"?{request.query}" if request.query else "")
            answer = send(deployment, path, request.body, request.method, **request.headers)
            assert answer.status_code == 200, answer.text

    def arrived():
        events = [json.dumps(event) for event in deployment.delivered(any_events)]
        return all(any(mark in event for event in events) for mark in held.marks)

    eventually(arrived)


def test_a_webhook_is_known_by_the_secrets_that_its_environment_has_now(deployment, any_events):
    hook = {"name": "github", "scheme": "github"}
    change(deployment, any_events, webhooks=[{**hook, "secrets": SECRETS[:1]}])
    eventually(lambda: signed(deployment, any_events, SECRETS[0]) == 200)
    assert signed(deployment, any_events, SECRETS[1]) == 401

    change(deployment, any_events, webhooks=[{**hook, "secrets": SECRETS}])
    eventually(lambda: signed(deployment, any_events, SECRETS[1]) == 200)
    assert signed(deployment, any_events, SECRETS[0]) == 200

    change(deployment, any_events, webhooks=[{**hook, "secrets": SECRETS[1:]}])
    eventually(lambda: signed(deployment, any_events, SECRETS[0]) == 401)
    assert signed(deployment, any_events, SECRETS[1]) == 200


def test_a_sender_without_a_write_key_is_turned_away(deployment, any_events):
    change(deployment, any_events, write_keys=[KEY])
    track = {"type": "track", "event": "Opened"}
    address = f"/e/{any_events}/v1/track"
    eventually(lambda: send(deployment, address, json.dumps(track).encode()).status_code == 401)
    assert send(deployment, address, json.dumps({**track, "writeKey": KEY}).encode()).status_code == 200
    user = base64.b64encode(f"{KEY}:".encode()).decode()
    assert send(deployment, address, json.dumps(track).encode(), Authorization=f"Basic {user}").status_code == 200
    assert send(deployment, f"/e/{any_events}/v1/projects/{KEY}/settings", method="GET").status_code == 200
    assert send(deployment, f"/e/{any_events}/v1/projects/another/settings", method="GET").status_code == 401


def test_at_a_custom_domain_every_path_is_a_route_of_ingest(deployment, shop):
    def at_domain(path, body=b"{}"):
        return send(deployment, path, body, Host=f"{DOMAIN}:{deployment.emulator.port}")

    event = json.dumps({"type": "track", "event": "purchase", "price": 701.5}).encode()
    eventually(lambda: at_domain("/v1/track", event).status_code == 200)
    eventually(lambda: 701.5 in [line.get("price") for line in deployment.delivered(shop)])
    nothing = at_domain("/v1/endpoints")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_route")
