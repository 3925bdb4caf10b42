"""A grant taken from one role makes that function fail, and its callers are told so: no grant is there for show."""

import json
from contextlib import contextmanager

import pytest

from tests.e2e_aws.deployment import S3, STAGE, eventually

pytestmark = pytest.mark.emulator

SENDING = ("sqs:SendMessage", "sqs:SendMessageBatch")
STREAMING = ("firehose:PutRecord", "firehose:PutRecordBatch")


@contextmanager
def without(deployment, function, *actions):
    """Take actions from the role of a function until the end of the block."""
    iam = deployment.emulator.client("iam")
    name = f"ingest-{STAGE}-{function}"
    configuration = deployment.emulator.client("lambda").get_function_configuration(FunctionName=name)
    role = configuration["Role"].rpartition("/")[2]
    policies = {
        policy: iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    taken = set()
    for policy, document in policies.items():
        statements = [_stripped(statement, actions, taken) for statement in document["Statement"]]
        narrowed = {**document, "Statement": [statement for statement in statements if statement["Action"]]}
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(narrowed))
    assert taken, f"{name} is granted none of {actions}"
    try:
        yield
    finally:
        for policy, document in policies.items():
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def _stripped(statement, actions, taken):
    granted = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    taken |= set(granted) & set(actions)
    return {**statement, "Action": [action for action in granted if action not in actions]}


def outcomes(answer):
    return [row["outcome"] for row in answer.json()["results"]]


def test_without_the_queue_a_refused_event_is_said_to_be_undelivered(deployment, shop):
    events = [{"event": "view"}, {"event": "refused"}]
    with without(deployment, "ingest", *SENDING):
        assert outcomes(deployment.send(shop, events)) == ["accepted", "undelivered"]
    assert outcomes(deployment.send(shop, events)) == ["accepted", "quarantined"]


def test_without_its_streams_an_event_goes_the_way_round_and_arrives(deployment, shop):
    with without(deployment, "ingest", *STREAMING):
        assert deployment.send(shop, {"event": "purchase", "price": 201.5}).status_code == 200
        eventually(lambda: 201.5 in [line.get("price") for line in deployment.delivered(shop)])


def test_without_either_no_event_is_said_to_be_taken(deployment, shop):
    with without(deployment, "ingest", *STREAMING, *SENDING):
        assert deployment.send(shop, {"event": "view"}).status_code == 503
    assert deployment.send(shop, {"event": "view"}).status_code == 200


def test_without_its_table_management_makes_nothing(deployment):
    with without(deployment, "management", "dynamodb:PutItem"):
        assert deployment.ask_v1("POST", "/v1/endpoints", {"name": "Without a grant"}).status_code >= 500
    names = [item["name"] for item in deployment.v1("GET", "/v1/endpoints")["items"]]
    assert "Without a grant" not in names
    deployment.make_endpoint("Without a grant")


def test_without_the_catalog_the_authorizer_vouches_for_nobody(deployment):
    made = deployment.v1("POST", "/v1/tokens", {"name": "New", "role": "viewer"})
    headers = {"Authorization": f"Bearer {made['token']}"}
    with without(deployment, "authorizer", "dynamodb:GetItem"):
        assert deployment.ask("ManagementUrl", "GET", "/v1/me", headers=headers).status_code == 503
    assert deployment.ask("ManagementUrl", "GET", "/v1/me", headers=headers).status_code == 200


def test_without_a_right_of_the_provisioner_an_environment_says_which_one(deployment):
    endpoint = deployment.make_endpoint("Without a stream")
    revision = deployment.make_revision(endpoint, "FLOAT")
    body = {"name": "Production", "revision_id": revision, "destination": S3}
    with without(deployment, "provisioner", "firehose:CreateDeliveryStream"):
        environment = deployment.v1("POST", f"/v1/endpoints/{endpoint}/environments", body)["id"]

        def settled():
            found = deployment.v1("GET", f"/v1/environments/{environment}")
            return found if found["status"] != "provisioning" else None

        found = eventually(settled)
    assert found["status"] == "failed"
    assert found["status_reason"].startswith("AWS does not let this deployment make a delivery stream (")
    deployment.v1("DELETE", f"/v1/endpoints/{endpoint}?confirm=Without%20a%20stream")
