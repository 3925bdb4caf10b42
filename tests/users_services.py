"""Services of users' accounts, by moto behind a stub that checks every signature and fails on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
from moto import mock_aws

from adapters.aws_http.endpoint import Service
from adapters.users_roles import Session
from connectors.on_aws import aws_connectors
from domain.delivery.connectors import Target
from tests.aws_stub import KEY_ID, REGION, SECRET, TOKEN, AwsStub, moto_serves, running

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ingest"
SESSION = Session(region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET, aws_session_token=TOKEN)


class UsersService(NamedTuple):
    """A service in a user's account."""

    stub: AwsStub
    """What the deployment's clients reach; `SESSION` is what a role hands out."""
    theirs: Any
    """A client of the user's own, straight to the service."""


@contextmanager
def users_service(service: Service, monkeypatch: Any) -> Iterator[UsersService]:
    with mock_aws(), running(AwsStub(moto_serves(service))) as stub:
        theirs = boto3.client(service.name, region_name=REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
        yield UsersService(stub, theirs)


@contextmanager
def changed_answers(stub: AwsStub, change: Any) -> Iterator[None]:
    """Have `change(fields, serve)` answer instead, where `serve` does a request."""
    serve = stub.serve
    stub.serve = lambda operation, fields: change(fields, lambda fields: serve(operation, fields))
    try:
        yield
    finally:
        stub.serve = serve


def connector_on_aws(kind: str) -> Any:
    """Return the connector that a deployment has, which takes on roles."""
    return aws_connectors([], None, None)(kind)


def target_of(destination: Any) -> Target:
    return Target("org_1", "env_1", destination)
