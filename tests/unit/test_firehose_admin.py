"""Delivery streams of Firehose: what they are made with, and every state in which one can be found."""

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from adapters.firehose.admin import DELIVERY_MARGIN_SECONDS, DeliveryRole, FirehoseAdmin
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured, Undelivered

ROLE_ARN = "arn:aws:iam::123456789012:role/delivery"
PREFIX = "environment=env_1/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
SETTINGS = StreamSettings("data", PREFIX, 60.0, 64 * 1024 * 1024, {"environment": "env_1"})


def refusal(code, status=400):
    response = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "AnyOperation")


class Client:
    """moto's client, with the states that moto's streams never are in, and calls that fail before or after."""

    def __init__(self, client):
        self._client = client
        self.status: str | None = None
        self.calls = []
        self.before = {}
        self.after = {}

    def __getattr__(self, operation):
        def call(**request):
            self.calls.append(operation)
            if error := self.before.pop(operation, None):
                raise error
            answer = getattr(self._client, operation)(**request)
            if operation == "describe_delivery_stream" and self.status:
                answer["DeliveryStreamDescription"]["DeliveryStreamStatus"] = self.status
            if error := self.after.pop(operation, None):
                raise error
            return answer

        return call


@pytest.fixture
def client():
    with mock_aws():
        yield Client(boto3.client("firehose", region_name="eu-central-1"))


@pytest.fixture
def admin(client):
    return FirehoseAdmin(client, DeliveryRole(ROLE_ARN))


def destination(client):
    described = client._client.describe_delivery_stream(DeliveryStreamName="s1")["DeliveryStreamDescription"]
    return described["Destinations"][0]["ExtendedS3DestinationDescription"]


def test_a_stream_writes_gzipped_objects_by_prefix_and_failures_beside_them(client, admin):
    admin.create("s1", SETTINGS)
    made = destination(client)
    assert {
        name: made[name] for name in made if name not in {"CloudWatchLoggingOptions", "EncryptionConfiguration"}
    } == {
        "RoleARN": ROLE_ARN,
        "BucketARN": "arn:aws:s3:::data",
        "Prefix": PREFIX,
        "ErrorOutputPrefix": f"failed/!{{firehose:error-output-type}}/{PREFIX}",
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "CompressionFormat": "GZIP",
    }
    assert made["EncryptionConfiguration"] == {"NoEncryptionConfig": "NoEncryption"}
    assert made["CloudWatchLoggingOptions"] == {"Enabled": False}


def test_what_a_deployment_has_in_common_is_in_every_stream(client):
    role = DeliveryRole(ROLE_ARN, "arn:aws:kms:eu-central-1:123456789012:key/1", "aws-cn", "/firehose", {"app": "in"})
    FirehoseAdmin(client, role).create("s1", SETTINGS)
    made = destination(client)
    assert made["BucketARN"] == "arn:aws-cn:s3:::data"
    assert made["EncryptionConfiguration"] == {"KMSEncryptionConfig": {"AWSKMSKeyARN": role.kms_key_arn}}
    assert made["CloudWatchLoggingOptions"]["LogGroupName"] == "/firehose"
    tags = client.list_tags_for_delivery_stream(DeliveryStreamName="s1")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"app": "in", "environment": "env_1"}


@pytest.mark.parametrize(("size", "mib"), [(0, 1), (1024 * 1024, 1), (16 * 1024 * 1024, 16), (2**40, 128)])
def test_a_buffers_size_is_what_the_vendor_takes(client, admin, size, mib):
    admin.create("s1", StreamSettings("data", PREFIX, 0.0, size))
    assert destination(client)["BufferingHints"] == {"IntervalInSeconds": 0, "SizeInMBs": mib}


@pytest.mark.parametrize(("own", "times", "seconds"), [(None, 1, 60), (None, 4, 240), (None, 50, 900), (30.0, 4, 30)])
def test_a_stream_without_a_time_of_its_own_gathers_as_many_times_as_long_as_it_is_told(
    admin, client, own, times, seconds
):
    admin.create("s1", StreamSettings("landing", PREFIX, own, 1024 * 1024, default_times=times))
    assert destination(client)["BufferingHints"] == {"IntervalInSeconds": seconds, "SizeInMBs": 1}


def test_only_what_changed_makes_an_update(client, admin):
    admin.create("s1", SETTINGS)
    admin.create("s1", SETTINGS)
    assert "update_destination" not in client.calls
    admin.create("s1", StreamSettings("landing", PREFIX, 300.0, 16 * 1024 * 1024))
    assert client.calls.count("update_destination") == 1
    assert destination(client)["BucketARN"] == "arn:aws:s3:::landing"
    assert destination(client)["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 16}
    admin.create("s1", StreamSettings("landing", PREFIX, 300.0, 16 * 1024 * 1024))
    assert client.calls.count("update_destination") == 1


def test_a_stream_may_hold_records_for_its_buffers_time_and_a_margin(admin):
    admin.create("s1", StreamSettings("data", PREFIX, 900.0, 1))
    assert admin.holds_for_seconds("s1") == 900 + DELIVERY_MARGIN_SECONDS


def test_a_stream_that_is_being_made_is_left_alone_and_not_active(client, admin):
    admin.create("s1", SETTINGS)
    client.status = "CREATING"
    admin.create("s1", StreamSettings("landing", PREFIX, 300.0, 1))
    assert "update_destination" not in client.calls
    assert not admin.is_active("s1")


@pytest.mark.parametrize("status", ["CREATING_FAILED", "DELETING_FAILED"])
def test_a_stream_that_could_not_be_made_makes_room_for_another(client, admin, status):
    admin.create("s1", SETTINGS)
    client.status = status
    with pytest.raises(Undelivered) as caught:
        admin.create("s1", SETTINGS)
    assert caught.value.retryable
    client.status = None
    admin.create("s1", SETTINGS)
    assert client.calls.count("create_delivery_stream") == 2
    assert admin.is_active("s1")


def test_a_stream_that_is_being_removed_is_waited_for(client, admin):
    admin.create("s1", SETTINGS)
    client.status = "DELETING"
    with pytest.raises(Undelivered) as caught:
        admin.create("s1", SETTINGS)
    assert caught.value.retryable
    client.before["delete_delivery_stream"] = refusal("ResourceInUseException")
    admin.delete("s1")


def test_a_stream_that_is_being_made_can_be_removed_later(client, admin):
    admin.create("s1", SETTINGS)
    client.status = "CREATING"
    client.before["delete_delivery_stream"] = refusal("ResourceInUseException")
    with pytest.raises(Undelivered) as caught:
        admin.delete("s1")
    assert caught.value.retryable


def test_two_that_make_a_stream_at_once_make_one(client, admin):
    FirehoseAdmin(client, DeliveryRole(ROLE_ARN)).create("s1", SETTINGS)
    client.before["describe_delivery_stream"] = refusal("ResourceNotFoundException")  # as before the other's call
    admin.create("s1", SETTINGS)
    assert admin.is_active("s1")


def test_a_change_that_somebody_else_was_faster_with_comes_again(client, admin):
    admin.create("s1", SETTINGS)
    client.before["update_destination"] = refusal("ConcurrentModificationException")
    changed = StreamSettings("landing", PREFIX, 300.0, 1)
    with pytest.raises(Undelivered) as caught:
        admin.create("s1", changed)
    assert caught.value.retryable
    admin.create("s1", changed)
    assert destination(client)["BucketARN"] == "arn:aws:s3:::landing"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "operation", ["create_delivery_stream", "describe_delivery_stream", "update_destination", "delete_delivery_stream"]
)
def test_a_call_whose_answer_is_lost_is_made_up_for_by_the_next(client, admin, operation, when):
    changed = StreamSettings("landing", PREFIX, 300.0, 1)
    steps = [lambda: admin.create("s1", SETTINGS), lambda: admin.create("s1", changed), lambda: admin.delete("s1")]
    lost = []
    getattr(client, when)[operation] = ReadTimeoutError(endpoint_url="https://firehose.example.com")
    for step in steps:
        try:
            step()
        except Undelivered as error:
            lost.append(error.retryable)
            step()
    assert lost == [True]
    assert client.list_delivery_streams()["DeliveryStreamNames"] == []


@pytest.mark.parametrize(
    ("error", "kind", "retryable", "says"),
    [
        (refusal("LimitExceededException"), Undelivered, True, "quota"),
        (refusal("InvalidArgumentException"), Undelivered, True, "settings"),
        (refusal("AccessDeniedException"), Misconfigured, None, "grant"),
        (refusal("InvalidKMSResourceException"), Undelivered, False, "InvalidKMSResourceException"),
        (refusal("ServiceUnavailableException", 503), Undelivered, True, "ServiceUnavailableException"),
    ],
    ids=str,
)
def test_a_refusal_says_whose_move_it_is_and_repeats_nothing(client, admin, error, kind, retryable, says):
    client.before["create_delivery_stream"] = error
    with pytest.raises(kind, match=says) as caught:
        admin.create("s1", SETTINGS)
    assert getattr(caught.value, "retryable", None) is retryable
    assert "hunter2" not in str(caught.value)


def test_a_prefix_that_names_no_folder_is_refused(admin):
    with pytest.raises(Misconfigured):
        admin.create("s1", StreamSettings("data", "environment=env_1", 60.0, 1))
