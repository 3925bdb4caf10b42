"""What is left where a stage that keeps its data goes, and one that does not: the last of these tests."""

import json
from dataclasses import replace

import pytest

from infra.clearing import clear_logs, clear_stage, state_that_goes
from tests.e2e_aws.curl import curl
from tests.e2e_aws.deployment import DOMAIN, STAGE, eventually
from tests.e2e_aws.inventory import inventory

pytestmark = pytest.mark.emulator

KEPT = (
    *("bucket", "table", "database", "queue", "stream", "secret", "key", "user pool"),
    *("domain name", "certificate", "record"),
)


@pytest.fixture
def take_down(deployment, monkeypatch):
    """What `make destroy` does, as a function of the stage's settings."""
    for name, value in deployment.emulator.variables.items():
        monkeypatch.setenv(name, value)

    def take_down(settings):
        deployment.cdk.destroy("Service")
        clear_stage(settings)
        deployment.cdk.destroy("Front")
        if state := state_that_goes(settings):
            clear_logs(settings)
            deployment.cdk.destroy(state)

    return take_down


@pytest.mark.usefixtures("lake")
def test_a_stage_that_keeps_its_data_is_taken_down_and_comes_back_whole(deployment, shop, take_down):
    emulator = deployment.emulator
    before = inventory(emulator)
    assert [kind for kind, names in before.items() if not names] == []
    (record,) = deployment.v1("GET", f"/v1/environments/{shop}/custom-domain")["dns_records"]
    take_down(replace(deployment.settings, keep_data=True))
    left = inventory(emulator)
    for kind in KEPT:
        assert left[kind] == {name for name in before[kind] if "-console-" not in name}, kind
    assert left["function"] | left["api"] | left["distribution"] == set()
    assert emulator.client("apigatewayv2").get_api_mappings(DomainName=DOMAIN)["Items"] == []

    deployment.deploy()
    assert deployment.send(shop, {"event": "purchase", "price": 301.5}).status_code == 200
    # As its schedule does every minute.
    look = json.dumps({"task": "look"}).encode()
    emulator.client("lambda").invoke(FunctionName=f"ingest-{STAGE}-provisioner", Payload=look)
    eventually(lambda: curl(deployment, {"event": "purchase", "price": 302.5}) == 200)
    eventually(lambda: {301.5, 302.5} <= {line.get("price") for line in deployment.delivered(shop)})
    assert deployment.v1("GET", f"/v1/environments/{shop}/custom-domain")["dns_records"] == [record]


def test_a_stage_that_keeps_nothing_leaves_nothing(deployment, shop, take_down):
    assert DOMAIN in inventory(deployment.emulator)["domain name"]
    take_down(deployment.settings)
    assert inventory(deployment.emulator) == deployment.before
