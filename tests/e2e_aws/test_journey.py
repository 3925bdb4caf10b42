"""From nothing to an event in a bucket, through a roll-back, to an address that is gone."""

import pytest

from tests.e2e_aws.curl import curl
from tests.e2e_aws.deployment import DOMAIN, S3, eventually

pytestmark = pytest.mark.emulator


def test_an_event_comes_from_a_deployment_into_a_bucket_until_its_endpoint_is_deleted(deployment):
    assert deployment.v1("GET", "/v1/me")["role"] == "owner"
    refused = deployment.ask("ManagementUrl", "GET", "/v1/me")
    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"

    endpoint = deployment.make_endpoint("Shop")
    first = deployment.make_revision(endpoint, "FLOAT")
    environment = deployment.make_environment(endpoint, first, S3)
    answer = deployment.send(environment, [{"event": "purchase", "price": 9.5}, {"event": "x"}])
    outcomes = [row["outcome"] for row in answer.json()["results"]]
    assert outcomes == ["accepted", "quarantined"], answer.text

    def purchases():
        return [line for line in deployment.delivered(environment) if line["event"] == "purchase"]

    (purchase,) = eventually(purchases)
    assert purchase["price"] == 9.5
    assert purchase["_revision_id"] == first
    kept = eventually(lambda: deployment.lines_below(f"quarantine/environment={environment}/"))
    assert kept[0]["errors"][0]["pointer"] == "/event"

    def counted():
        # A function writes its counts down with a request that comes ten seconds later, or at its end.
        deployment.send(environment, {"event": "view"})
        totals = deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]
        return totals["accepted"] >= 2 and totals["delivered"] >= 2 and totals["quarantined"] == 1

    eventually(counted)

    second = deployment.make_revision(endpoint, "STRING")
    for revision, price in ((second, "9.50"), (first, 1.5)):
        deployment.v1("POST", f"/v1/environments/{environment}/deployments", {"revision_id": revision})
        eventually(
            lambda price=price: deployment.send(environment, {"event": "view", "price": price}).status_code == 200
        )

    deployment.v1("DELETE", f"/v1/endpoints/{endpoint}?confirm=Shop")
    eventually(lambda: deployment.send(environment, {"event": "view"}).status_code == 410)


def test_curl_sends_an_event_to_a_custom_domain_whose_certificate_it_trusts(deployment, shop):
    (record,) = deployment.v1("GET", f"/v1/environments/{shop}/custom-domain")["dns_records"]
    assert (record["type"], record["name"], record["automatic"]) == ("CNAME", DOMAIN, True)
    eventually(lambda: curl(deployment, {"event": "view", "price": 77.5}) == 200)
    eventually(lambda: 77.5 in [line.get("price") for line in deployment.delivered(shop)])
