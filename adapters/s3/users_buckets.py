"""Buckets of users, by the sessions of their roles."""

import boto3

from adapters.aws_failures import CONFIG
from adapters.s3.objects import S3Objects
from adapters.users_roles import Session


def users_bucket(session: Session) -> S3Objects:
    """Return the objects that a role can reach."""
    return S3Objects(boto3.client("s3", config=CONFIG, **session))
