"""Objects in S3 when it does not do what it should, and buckets of users."""

import io

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.response import StreamingBody
from moto import mock_aws

from adapters.s3.objects import S3Objects
from adapters.s3.users_buckets import users_bucket
from adapters.users_roles import SESSION_NAME, SESSION_SECONDS, Role, UsersRoles
from domain.errors import Misconfigured, Undelivered

ROLE = Role("arn:aws:iam::123456789012:role/ingest", "org_1", "eu-west-1")


@pytest.fixture
def client():
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        yield client


def refusal(code, status):
    response = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "AnyOperation")


class Refusing:
    """A client all of whose calls fail."""

    def __init__(self, error):
        self.error = error

    def fail(self, **_):
        raise self.error

    put_object = get_object = list_objects_v2 = fail

    def get_paginator(self, _):
        raise self.error


def test_a_missing_bucket_is_not_an_empty_one(client):
    objects = S3Objects(client)
    for work in (objects.get, objects.open, lambda bucket, key: objects.put(bucket, key, b""), objects.list_keys):
        with pytest.raises(Undelivered) as caught:
            work("no-such-bucket", "key")
        assert not caught.value.retryable


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (refusal("AccessDenied", 403), False),
        (refusal("SlowDown", 503), True),
        (refusal("InternalError", 500), True),
        (refusal("KMS.DisabledException", 400), False),
        (ConnectTimeoutError(endpoint_url="https://x"), True),
        (ReadTimeoutError(endpoint_url="https://x"), True),
    ],
    ids=str,
)
def test_a_refusal_says_whether_time_helps_and_repeats_nothing(error, retryable):
    objects = S3Objects(Refusing(error))
    for work in (objects.get, lambda bucket, key: objects.put(bucket, key, b"x"), objects.list_keys):
        with pytest.raises(Undelivered) as caught:
            work("bucket", "key")
        assert caught.value.retryable is retryable
        assert "hunter2" not in str(caught.value)


class ListingPrefixes:
    """A client as S3 is to who may list some prefixes, and not the bucket: whatever is not there is forbidden."""

    def __init__(self, *keys):
        self.keys = sorted(keys)

    def get_object(self, **_):
        raise refusal("AccessDenied", 403)

    def list_objects_v2(self, **request):
        found = [key for key in self.keys if key.startswith(request["Prefix"])]
        return {"Contents": [{"Key": key} for key in found[: request["MaxKeys"]]]} if found else {}


def test_a_missing_object_is_none_for_who_may_list_nothing_but_its_prefix():
    objects = S3Objects(ListingPrefixes("redrives/1/manifest.json.old"))
    assert objects.get("bucket", "redrives/1/manifest.json") is None
    assert objects.open("bucket", "redrives/2/manifest.json") is None


def test_an_object_that_is_there_and_may_not_be_read_is_forbidden_and_not_missing():
    objects = S3Objects(ListingPrefixes("redrives/1/manifest.json", "redrives/1/manifest.json.old"))
    with pytest.raises(Undelivered, match="AccessDenied"):
        objects.get("bucket", "redrives/1/manifest.json")


def test_a_connection_that_breaks_is_not_the_end_of_an_object():
    class Short:
        def get_object(self, **_):
            return {"Body": StreamingBody(io.BytesIO(b"x" * 10), content_length=20)}

    objects = S3Objects(Short())
    with pytest.raises(Undelivered) as caught:
        objects.get("bucket", "key")
    assert caught.value.retryable
    with objects.open("bucket", "key") as stream, pytest.raises(Undelivered):
        list(stream)


def test_more_keys_than_a_page_holds_are_listed(client):
    for number in range(25):
        client.put_object(Bucket="bucket", Key=f"{number:05}", Body=b"")
    assert S3Objects(client, page_keys=10).list_keys("bucket") == [f"{number:05}" for number in range(25)]


class Sts:
    """A client of STS that notes its calls."""

    def __init__(self):
        self.calls = []
        self.error = None

    def assume_role(self, **request):
        self.calls.append(request)
        if self.error:
            raise self.error
        return {"Credentials": {"AccessKeyId": "AKIA", "SecretAccessKey": "key", "SessionToken": "token"}}


def test_a_users_bucket_is_opened_by_its_role_and_the_external_id(client):
    sts = Sts()
    objects = UsersRoles(sts, lambda: 0, users_bucket).client(ROLE)
    objects.put("bucket", "raw/a", b"1")
    assert client.get_object(Bucket="bucket", Key="raw/a")["Body"].read() == b"1"
    assert sts.calls == [
        {
            "RoleArn": ROLE.arn,
            "RoleSessionName": SESSION_NAME,
            "ExternalId": "org_1",
            "DurationSeconds": SESSION_SECONDS,
        }
    ]
    credentials = objects._client._request_signer._credentials
    assert (credentials.access_key, credentials.token) == ("AKIA", "token")
    assert objects._client.meta.region_name == "eu-west-1"


def test_a_role_is_taken_on_once_and_again_before_its_session_ends(client):
    sts, now = Sts(), 0
    buckets = UsersRoles(sts, lambda: now * 1_000_000_000, users_bucket)
    first = buckets.client(ROLE)
    assert buckets.client(ROLE) is first
    buckets.client(ROLE._replace(external_id="org_2"))
    assert len(sts.calls) == 2
    now = SESSION_SECONDS - 60
    assert buckets.client(ROLE) is not first
    assert len(sts.calls) == 3


def test_a_bounded_number_of_roles_is_kept_and_the_oldest_go():
    sts = Sts()
    roles = UsersRoles(sts, lambda: 0, lambda session: session["region_name"])
    of = [ROLE._replace(region=f"region-{number}") for number in range(300)]
    for role in of:
        assert roles.client(role) == role.region
    assert len(sts.calls) == 300
    roles.client(of[-1])
    roles.client(of[100])
    assert len(sts.calls) == 300
    roles.client(of[99])
    assert len(sts.calls) == 301


def test_a_role_that_refuses_is_its_owners_to_fix():
    sts = Sts()
    sts.error = refusal("AccessDenied", 403)
    with pytest.raises(Misconfigured, match="destination's role"):
        UsersRoles(sts, lambda: 0, users_bucket).client(ROLE)
