"""What every adapter keeps that makes and removes delivery streams."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws

from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from adapters.firehose.admin import DeliveryRole, FirehoseAdmin
from domain.delivery.ports import StreamAdmin
from domain.delivery.stream_settings import StreamSettings

PREFIX = "environment=env_1/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
SETTINGS = StreamSettings("landing", PREFIX, buffer_seconds=60, buffer_bytes=16 * 1024 * 1024)


@contextmanager
def folder_admin(folder) -> Iterator[StreamAdmin]:
    yield FolderStreams(folder / "streams", FolderObjects(folder / "objects"), time.time_ns)


@contextmanager
def firehose_admin(_folder) -> Iterator[StreamAdmin]:
    with mock_aws():
        client = boto3.client("firehose", region_name="eu-central-1")
        yield FirehoseAdmin(client, DeliveryRole("arn:aws:iam::123456789012:role/delivery"))


ADAPTERS = {"files": folder_admin, "firehose": firehose_admin}


@pytest.fixture(params=ADAPTERS)
def admin(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as made:
        yield made


def test_a_stream_is_there_once_it_is_made_and_gone_once_it_is_removed(admin):
    assert not admin.is_active("s1")
    admin.create("s1", SETTINGS)
    assert admin.is_active("s1")
    assert not admin.is_active("s2")
    admin.delete("s1")
    assert not admin.is_active("s1")


def test_every_call_may_be_repeated(admin):
    admin.delete("s1")
    for _ in range(3):
        admin.create("s1", SETTINGS)
        assert admin.is_active("s1")
    for _ in range(3):
        admin.delete("s1")
        assert not admin.is_active("s1")
    admin.create("s1", SETTINGS)
    assert admin.is_active("s1")


def test_a_stream_takes_other_settings_and_stays(admin):
    admin.create("s1", SETTINGS)
    admin.create("s1", StreamSettings("landing", PREFIX, buffer_seconds=0, buffer_bytes=1))
    admin.create("s1", StreamSettings("data", "in/", buffer_seconds=900, buffer_bytes=2**30))
    assert admin.is_active("s1")


def test_a_stream_that_is_not_there_holds_nothing(admin):
    assert admin.holds_for_seconds("s1") == 0
