"""From an event over HTTPS to a target over HTTP: the deployed functions against a target on this machine."""

import json

import pytest
from standardwebhooks import Webhook

from tests.e2e_aws.deployment import eventually
from tests.web_target import OK, answer, listing, target_answering

pytestmark = pytest.mark.emulator


def test_an_event_over_https_is_in_a_signed_request_and_a_refused_one_is_set_aside(deployment):
    endpoint = deployment.make_endpoint("Sent on")
    revision = deployment.make_revision(endpoint, "FLOAT")

    failed = []

    def take(request):
        events = json.loads(request.body)
        if not events:
            return OK  # a check
        if not failed:
            failed.append(request)
            return answer(503)
        refused = [event["_event_id"] for event in events if event["event"] == "purchase" and event["price"] > 9]
        return listing(json.dumps({"refused": refused}).encode())

    with target_answering(take) as target:
        destination = {"type": "http", "url": target.url, "format": "json", "headers": {"X-Key": "k"}}
        environment = deployment.make_environment(endpoint, revision, destination)
        change = {"destination": {"type": "http", "new_signing_secret": True}}
        shown = deployment.v1("PATCH", f"/v1/environments/{environment}", change)["destination"]
        events = [{"event": "purchase", "price": 9.5}, {"event": "purchase", "price": 1.0}]
        ids = deployment.send(environment, events).json()["event_ids"]

        def requests_of(event_id):
            return [request for request in target.requests if event_id in request.body.decode()]

        def is_settled():
            deployment.send(environment, {"event": "view"})
            totals = deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]
            return totals["set_aside"] == 1 and totals["delivered"] >= 2

        eventually(is_settled)
        sent = [*requests_of(ids[0]), *requests_of(ids[1])]
    assert failed
    for request in sent:
        assert request.headers["x-key"] == "k"
        Webhook(shown["signing_secret"]).verify(request.body, request.headers)
    assert requests_of(ids[0])
    assert requests_of(ids[1])
