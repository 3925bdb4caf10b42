"""Events by the function URL beside the HTTP API: the same function, the same environments, the same outcomes."""

import json
from urllib.parse import quote

import pytest

from tests.e2e_aws.deployment import eventually

pytestmark = pytest.mark.emulator


def ask(deployment, method, path, body=None, headers=None):
    return deployment.ask("FunctionUrl", method, path, body, headers)


def test_a_batch_by_the_function_url_has_its_outcomes_and_its_events_arrive(deployment, shop):
    events = [{"event": "purchase", "price": 501.5}, {"event": "purchase", "price": "501.50"}]
    answer = ask(deployment, "POST", f"/e/{shop}", events)
    assert [row["outcome"] for row in answer.json()["results"]] == ["accepted", "quarantined"], answer.text
    eventually(lambda: 501.5 in [line.get("price") for line in deployment.delivered(shop)])


def test_a_pixel_by_the_function_url_is_a_picture_and_its_event_arrives(deployment, shop):
    event = quote(json.dumps({"event": "view", "price": 502.5}), safe="")
    answer = ask(deployment, "GET", f"/e/{shop}?d={event}", headers={"Accept": "image/*"})
    assert (answer.status_code, answer.headers["x-ingest-outcome"]) == (200, "accepted")
    assert answer.content.startswith(b"GIF89a")
    eventually(lambda: 502.5 in [line.get("price") for line in deployment.delivered(shop)])


def test_the_function_itself_answers_a_browsers_preflight_there(deployment, shop):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    answer = ask(deployment, "OPTIONS", f"/e/{shop}", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")


def test_what_no_environment_has_is_nowhere(deployment):
    answer = ask(deployment, "POST", "/e/env_none", {"event": "view"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_environment")
