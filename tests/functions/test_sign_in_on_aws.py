"""From a user of a Cognito pool to an answer of `/v1`: the functions as Lambda runs them, on moto's services."""

import importlib
import json
import sys

import boto3
import pytest
import requests
from moto import mock_aws

from adapters.dynamodb.calls import make_client
from adapters.dynamodb.definition import create_table
from adapters.dynamodb.table import DynamoTable
from adapters.function_settings import variables_from_settings
from functions.authorizer.settings import AuthorizerSettings
from functions.bootstrap.settings import BootstrapSettings
from tests.management_api import Api

REGION = "eu-central-1"
OWNER, PASSWORD = "owner@example.com", "Correct-Horse-1"


class Deployment:
    """What stands in the account: a table, a pool with the console's client, and the functions."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch
        self.cognito = boto3.client("cognito-idp", region_name=REGION)
        self.pool = self.cognito.create_user_pool(PoolName="users", UsernameAttributes=["email"])["UserPool"]["Id"]
        self.client_id = self.cognito.create_user_pool_client(
            UserPoolId=self.pool, ClientName="console", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        create_table(make_client(REGION), "catalog")
        self.issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool}"
        self.authorizer = self.function(
            "authorizer", AuthorizerSettings("catalog", self.pool, (self.client_id,), self.issuer)
        )
        self.bootstrap = self.function("bootstrap", BootstrapSettings("catalog", "ingest-dev/", owner_email=OWNER))
        api = Api()
        table = DynamoTable(make_client(REGION), "catalog", api.clock)
        self.management = api.serve(owner_email=OWNER, table=table)

    def function(self, name, settings):
        """Return a function's handler, made at import from its environment variables, as Lambda does."""
        for variable, value in variables_from_settings(settings).items():
            self._monkeypatch.setenv(variable, value)
        self._monkeypatch.delitem(sys.modules, f"functions.{name}.aws", raising=False)
        module = importlib.import_module(f"functions.{name}.aws")
        self._monkeypatch.delitem(sys.modules, f"functions.{name}.aws")
        return module.handler

    def make_user(self, email, *, verified=True):
        self.cognito.admin_create_user(
            UserPoolId=self.pool,
            Username=email,
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": str(verified).lower()},
            ],
        )
        self.cognito.admin_set_user_password(UserPoolId=self.pool, Username=email, Password=PASSWORD, Permanent=True)

    def sign_in(self, email):
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        return answer["AuthenticationResult"]["AccessToken"]

    def call(self, token, method="GET", path="/v1/me", body=None):
        headers = {"host": "api.example.com", "authorization": f"Bearer {token}", "content-type": "application/json"}
        found = self.authorizer({"version": "2.0", "type": "REQUEST", "headers": headers}, None)
        context = {"http": {"method": method, "sourceIp": "203.0.113.7"}, "authorizer": {"lambda": found["context"]}}
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": headers,
            "requestContext": context,
            "body": None if body is None else json.dumps(body),
        }
        answer = self.management(event, None)
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def deployment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    def fetch_from_moto(url, _ca_bundle=None):
        def fetch():
            # moto answers what goes through requests, and nothing that goes through urllib.
            answer = requests.get(url, timeout=5)
            answer.raise_for_status()
            return answer.content

        return fetch

    with mock_aws():
        # Fetching over HTTP is a test of its own; here it is the document that matters.
        monkeypatch.setattr("adapters.cognito.keys.make_fetch", fetch_from_moto)
        yield Deployment(monkeypatch)


def test_the_owner_and_who_they_invite_sign_in(deployment):
    deployment.make_user(OWNER)
    owner = deployment.sign_in(OWNER)
    status, shown = deployment.call(owner)
    assert (status, shown["role"], shown["member"]["email"]) == (200, "owner", OWNER)
    deployment.make_user("ann@example.com")
    ann = deployment.sign_in("ann@example.com")
    assert deployment.call(ann)[1]["code"] == "forbidden"
    invited = {"email": "ann@example.com", "role": "viewer"}
    assert deployment.call(owner, "POST", "/v1/organisation/members", invited)[0] == 201
    assert deployment.call(ann)[1]["code"] == "forbidden"
    [invitation] = deployment.call(ann, path="/v1/invitations")[1]["items"]
    assert deployment.call(ann, "POST", f"/v1/invitations/{invitation['id']}/accept")[0] == 200
    assert deployment.call(ann)[1]["role"] == "viewer"
    deployment.make_user("eve@example.com", verified=False)
    assert deployment.call(deployment.sign_in("eve@example.com"))[0] == 403


def test_the_token_of_the_bootstrap_lets_in_the_same_owner(deployment):
    answer = deployment.bootstrap({}, None)
    secrets = boto3.client("secretsmanager", region_name=REGION)
    token = secrets.get_secret_value(SecretId=answer["token_secret"])["SecretString"]
    deployment.make_user(OWNER)
    by_token, by_sign_in = deployment.call(token), deployment.call(deployment.sign_in(OWNER))
    assert by_token == by_sign_in
    assert by_token[1]["organisation"]["id"] == answer["organisation_id"]


def test_tokens_that_are_not_access_tokens_of_our_client_do_not_count(deployment):
    deployment.make_user(OWNER)
    other = deployment.cognito.create_user_pool_client(
        UserPoolId=deployment.pool, ClientName="other", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    ours, deployment.client_id = deployment.client_id, other
    assert deployment.call(deployment.sign_in(OWNER))[0] == 401
    answer = deployment.cognito.admin_initiate_auth(
        UserPoolId=deployment.pool,
        ClientId=ours,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": OWNER, "PASSWORD": PASSWORD},
    )
    assert deployment.call(answer["AuthenticationResult"]["IdToken"])[0] == 401
    assert deployment.call(answer["AuthenticationResult"]["AccessToken"])[0] == 200


def test_a_user_who_is_disabled_is_let_in_no_more(deployment):
    deployment.make_user(OWNER)
    token = deployment.sign_in(OWNER)
    deployment.cognito.admin_disable_user(UserPoolId=deployment.pool, Username=OWNER)
    assert deployment.call(token)[0] == 401


def test_a_pool_that_is_not_there_is_503(deployment):
    deployment.make_user(OWNER)
    token = deployment.sign_in(OWNER)
    deployment.cognito.delete_user_pool(UserPoolId=deployment.pool)
    assert deployment.call(token)[0] == 503
