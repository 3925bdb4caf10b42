"""Events in a bucket of another account, whose role the deployed writer takes on."""

import json

import boto3
import pytest

from tests.e2e_aws.deployment import eventually, lines_of
from tests.e2e_aws.emulator import ACCOUNT, REGION

pytestmark = pytest.mark.emulator

THEIR_ACCOUNT = "111122223333"
BUCKET = "events-of-the-shop"
PREFIX = "raw/"


class TheirAccount:
    """An account of a user, with a bucket."""

    def __init__(self, emulator):
        self._emulator = emulator
        self.s3, self.iam = self._client("s3"), self._client("iam")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _client(self, service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._emulator.url,
            verify=str(self._emulator.authority.path),
            aws_access_key_id=THEIR_ACCOUNT,
            aws_secret_access_key="test",
        )

    def make_role(self, name, organisation_id):
        """Make a role as docs/destinations.md says, for one organisation of the deployment; return its ARN."""
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": organisation_id}},
        }
        write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/{PREFIX}*"}
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        self.iam.put_role_policy(RoleName=name, PolicyName="write", PolicyDocument=policy(write))
        return made["Role"]["Arn"]


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def theirs(deployment):
    account = TheirAccount(deployment.emulator)
    yield account
    account.s3.close()
    account.iam.close()


def destination(role_arn):
    return {"type": "s3", "bucket": BUCKET, "prefix": PREFIX, "region": REGION, "role_arn": role_arn}


def test_an_event_arrives_in_a_bucket_of_another_account(deployment, theirs):
    organisation = deployment.v1("GET", "/v1/me")["organisation"]["id"]
    endpoint = deployment.make_endpoint("With a bucket")
    revision = deployment.make_revision(endpoint, "FLOAT")
    role = theirs.make_role("ingest", organisation)
    environment = deployment.make_environment(endpoint, revision, destination(role))
    deployment.send(environment, {"event": "purchase", "price": 501.5})
    eventually(lambda: 501.5 in [line.get("price") for line in lines_of(theirs.s3, BUCKET, f"{PREFIX}environment=")])


def test_a_role_that_trusts_another_organisation_is_refused_before_anything_is_made(deployment, theirs):
    endpoint = deployment.make_endpoint("With a bucket of others")
    revision = deployment.make_revision(endpoint, "FLOAT")
    role = theirs.make_role("another", "org_another")
    body = {"name": "Production", "revision_id": revision, "destination": destination(role)}
    answer = deployment.ask_v1("POST", f"/v1/endpoints/{endpoint}/environments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "destination_refused"), answer.text
    assert deployment.v1("GET", f"/v1/endpoints/{endpoint}/environments")["items"] == []
