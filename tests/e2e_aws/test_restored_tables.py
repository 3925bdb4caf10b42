"""Tables that were restored take the place of those of the stack, as docs/recover.md says it."""

import json
from dataclasses import replace

import pytest

from infra.deployment import make_app
from tests.e2e_aws.cdk import Cdk
from tests.e2e_aws.deployment import STAGE, eventually
from tests.e2e_aws.quirks import adapt

pytestmark = pytest.mark.emulator

RESTORED = {"catalog_table": f"ingest-{STAGE}-catalog-restored", "counters_table": f"ingest-{STAGE}-counters-restored"}


@pytest.fixture
def restored(deployment, tmp_path):
    """The deployment on tables that were restored; afterwards on its own again."""
    dynamodb = deployment.emulator.client("dynamodb")
    own = (deployment.outputs["CatalogTableName"], deployment.outputs["CountersTableName"])
    for source, target in zip(own, RESTORED.values(), strict=True):
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=source, TargetTableName=target, UseLatestRestorableTime=True
        )
        dynamodb.get_waiter("table_exists").wait(TableName=target)
        dynamodb.update_time_to_live(
            TableName=target, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        dynamodb.update_continuous_backups(
            TableName=target, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    assembly = tmp_path / "cdk.out"
    make_app(None, replace(deployment.settings, **RESTORED), outdir=str(assembly)).synth()
    adapt(assembly)
    Cdk(deployment.emulator, assembly).deploy()
    # Not the outputs: where nothing else of a stack changes, the emulator leaves them as they are.
    lambda_ = deployment.emulator.client("lambda")
    variables = lambda_.get_function_configuration(FunctionName=f"ingest-{STAGE}-management")["Environment"][
        "Variables"
    ]
    assert (variables["CATALOG_TABLE"], variables["COUNTERS_TABLE"]) == tuple(RESTORED.values())
    yield deployment
    deployment.deploy()
    for target in RESTORED.values():
        dynamodb.delete_table(TableName=target)


def holds(deployment, table, text):
    pages = deployment.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return any(text in json.dumps(item, default=str) for page in pages for item in page["Items"])


def test_a_deployment_goes_on_with_restored_tables_and_changes_those_alone(restored, shop):
    assert restored.send(shop, {"event": "purchase", "price": 801.5}).status_code == 200
    eventually(lambda: 801.5 in [line.get("price") for line in restored.delivered(shop)])
    made = restored.make_endpoint("Made after the restore")
    assert holds(restored, RESTORED["catalog_table"], made)
    assert not holds(restored, restored.outputs["CatalogTableName"], made)
    # The domain is known by the deployment's tag, whatever table is the catalog.
    look = json.dumps({"task": "look"}).encode()
    restored.emulator.client("lambda").invoke(FunctionName=f"ingest-{STAGE}-provisioner", Payload=look)
    found = restored.v1("GET", f"/v1/environments/{shop}/custom-domain")
    assert (found["status"], found["status_reason"]) == ("active", None)
