"""Whom a deployment on AWS says that it acts for: one organisation, by credentials that are not over soon."""

import boto3
import pytest
from botocore.stub import Stubber
from google.auth import aws

from adapters.aws_identity import SESSION_SECONDS, OrganisationIdentity
from connectors.bigquery.clients import Clients
from domain.delivery.connectors import Target
from domain.errors import Misconfigured, Undelivered
from tests.bigquery_double import TARGET

ROLE = "arn:aws:iam::123456789012:role/identity"
IDENTITY = {"kind": "workload_identity", "audience": "//iam.googleapis.com/x", "service_account": None}


class World:
    def __init__(self):
        client = boto3.client(
            "sts", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        self.sts = Stubber(client)
        self.seconds = 1_000_000
        self.identity = OrganisationIdentity(client, ROLE, "eu-central-1", lambda: self.seconds * 1_000_000_000)
        self.sts.activate()

    def grants(self, organisation_id, key_id):
        """Let one call take the role on, for that organisation and no other."""
        credentials = {
            "AccessKeyId": key_id.ljust(16, "X"),
            "SecretAccessKey": "secret",
            "SessionToken": f"token of {organisation_id}",
            "Expiration": "2030-01-01T00:00:00Z",
        }
        asked = {"RoleArn": ROLE, "RoleSessionName": organisation_id, "DurationSeconds": SESSION_SECONDS}
        self.sts.add_response("assume_role", {"Credentials": credentials}, asked)


@pytest.fixture
def world():
    return World()


def test_the_session_is_named_after_the_organisation_and_no_other_gets_it(world):
    world.grants("org_1", "ONE")
    world.grants("org_2", "TWO")
    first, second = world.identity("org_1"), world.identity("org_2")
    assert (first.session_token, second.session_token) == ("token of org_1", "token of org_2")
    assert first.region == "eu-central-1"
    assert world.identity("org_1") == first  # without another call
    assert "secret" not in repr(first)
    assert "token of" not in repr(first)


def test_credentials_are_renewed_ten_minutes_before_they_end(world):
    world.grants("org_1", "ONE")
    first = world.identity("org_1")
    world.seconds += SESSION_SECONDS - 601
    assert world.identity("org_1") == first
    world.grants("org_1", "TWO")
    world.seconds += 1
    assert world.identity("org_1") != first
    world.sts.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "kind"), [("AccessDenied", 403, Misconfigured), ("ServiceUnavailable", 503, Undelivered)]
)
def test_a_role_that_can_not_be_taken_on_is_nobodys_identity(world, code, status, kind):
    world.sts.add_client_error("assume_role", code, "secret text", http_status_code=status)
    with pytest.raises(kind) as caught:
        world.identity("org_1")
    assert "secret text" not in str(caught.value)
    world.grants("org_1", "ONE")
    assert world.identity("org_1").session_token == "token of org_1"  # a failure is not remembered


def test_googles_client_acts_as_the_organisation_of_its_target(world):
    clients = Clients(None, world.identity)
    made = {}
    for organisation_id in ("org_1", "org_2"):
        world.grants(organisation_id, organisation_id.upper())
        target = Target(organisation_id, "env_1", {**TARGET.destination, "identity": IDENTITY})
        client = clients.client(target)
        assert clients.client(target) is client
        credentials = client._credentials
        assert isinstance(credentials, aws.Credentials)
        supplied = credentials._aws_security_credentials_supplier.get_aws_security_credentials(None, None)
        made[organisation_id] = supplied.session_token
    assert made == {"org_1": "token of org_1", "org_2": "token of org_2"}


def test_a_workload_identity_is_of_no_use_away_from_aws():
    with pytest.raises(Misconfigured, match="one of AWS"):
        Clients(None, None).client(Target("org_1", "env_1", {**TARGET.destination, "identity": IDENTITY}))
