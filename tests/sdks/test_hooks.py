"""Webhooks, signed by the libraries that their providers publish."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from local.delivered import delivered_events
from tests.sdks.cases.shape import optional
from tests.sdks.test_servers import ENVIRONMENT, RUNS, SEND_SECONDS
from tests.waiting import wait_until

pytestmark = pytest.mark.sdks

SENDERS = Path(__file__).parent / "senders"
SCHEMA = [
    *(optional(key, "STRING") for key in ("hook", "webhook_id", "type")),
    optional("sent_at", "TIMESTAMP", format="rfc3339"),
    optional("payload", "JSON"),
]
IN_BASE64 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAYLOAD = {"id": "evt_1", "type": "order.paid", "created": 1_796_000_000, "total": 9.5, "city": "Köln"}
HOOKS = {
    "github": ("hooks.mjs", "github", "a-long-secret", PAYLOAD, {"webhook_id": "d-1", "type": "push"}),
    "shopify": ("hooks.mjs", "shopify", "a-long-secret", PAYLOAD, {"webhook_id": "e-1", "type": "orders/create"}),
    "standard": ("hooks.mjs", "standard", IN_BASE64, PAYLOAD, {"webhook_id": "msg_1", "type": "order.paid"}),
    "svix": ("hooks.mjs", "standard", IN_BASE64, PAYLOAD, {"webhook_id": "msg_1", "type": "order.paid"}),
    "stripe": ("hooks.mjs", "stripe", IN_BASE64, PAYLOAD, {"webhook_id": "evt_1", "type": "order.paid"}),
    "slack": (
        "hooks_slack.py",
        "slack",
        "a-long-secret",
        {"event_id": "Ev1", "event_time": 1_796_000_000, "event": {"type": "message", "text": "Käse"}},
        {"webhook_id": "Ev1", "type": "message"},
    ),
}
"""By the name of the webhook: what signs, the scheme, the secret, what is sent, and what arrives beside it."""


@pytest.mark.parametrize("name", HOOKS)
def test_a_webhook_that_its_providers_library_has_signed_arrives_once_and_no_other(run, api, name):
    sender, scheme, secret, payload, expected = HOOKS[name]
    environment = api.make_environment(
        f"hook-{name}",
        SCHEMA,
        settings={"webhooks": [{"name": name, "scheme": scheme, "secrets": [secret]}]},
    )
    body = json.dumps(payload, ensure_ascii=False)
    order = {"scheme": name, "secret": secret, "payload": body}
    command = [RUNS[Path(sender).suffix], str(SENDERS / sender)]
    signed = subprocess.run(
        command,
        input=json.dumps(order),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=SEND_SECONDS,
    )
    headers = json.loads(signed.stdout.splitlines()[0])

    def post(text):
        address = f"{run.address}/e/{environment.environment_id}/hooks/{name}"
        return httpx.post(address, content=text.encode(), headers=headers, trust_env=False)

    wait_until(lambda: post(body).status_code == 200)
    assert post(body + " ").json()["code"] == "bad_signature"
    (row,) = {
        event["_event_id"]: event
        for event in wait_until(lambda: list(delivered_events(run.state_dir, environment.environment_id)), seconds=20)
    }.values()
    assert (row["hook"], row["payload"]) == (name, payload)
    assert {key: row[key] for key in expected} == expected
