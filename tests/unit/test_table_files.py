"""Files of a lake's tables in S3: read in parts, put whole or not at all."""

import io

import boto3
import pytest

from adapters.s3 import table_files
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import TableFiles
from domain.errors import Undelivered
from tests.aws_stub import REGION
from tests.glue_lakes import aws

__all__ = ["aws"]

BODY = bytes(range(256)) * 10
PLACE = "s3://bucket/a/b=1/file"


@pytest.fixture
def files(aws):
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    return TableFiles(S3Objects(client))


def write(files, body, *, overwrite=False):
    with files.new_output(PLACE).create(overwrite=overwrite) as stream:
        stream.write(body)


def test_a_file_is_read_whole_and_in_parts(files):
    write(files, BODY)
    with files.new_input(PLACE).open() as stream:
        assert stream.read() == BODY
    with files.new_input(PLACE).open() as stream:
        assert stream.seek(-8, io.SEEK_END) == len(BODY) - 8
        assert stream.read(100) == BODY[-8:]
        assert stream.read(1) == b""
        stream.seek(10)
        assert (stream.read(5), stream.tell()) == (BODY[10:15], 15)
        assert stream.read() == BODY[15:]
    assert (len(files.new_input(PLACE)), files.new_input(PLACE).exists()) == (len(BODY), True)


@pytest.mark.parametrize("read", [lambda stream: stream.read(), lambda stream: stream.read(len(BODY))])
def test_no_more_of_a_file_is_taken_in_at_once_than_fits_into_memory(files, monkeypatch, read):
    write(files, BODY)
    monkeypatch.setattr(table_files, "MAX_READ_BYTES", len(BODY))
    assert read(files.new_input(PLACE).open()) == BODY
    monkeypatch.setattr(table_files, "MAX_READ_BYTES", len(BODY) - 1)
    with pytest.raises(Undelivered, match="A file of the lake is too large to read"):
        read(files.new_input(PLACE).open())


def test_less_of_the_description_of_a_table_is_taken_in_for_it_takes_many_times_its_size(files, monkeypatch):
    monkeypatch.setattr(table_files, "MAX_METADATA_BYTES", len(BODY) - 1)
    place = f"{PLACE}/metadata/00001-1f3c.metadata.json"
    for there in (PLACE, place):
        with files.new_output(there).create(overwrite=True) as stream:
            stream.write(BODY)
    assert files.new_input(PLACE).open().read() == BODY
    for read in (lambda stream: stream.read(), lambda stream: stream.read(len(BODY))):
        with pytest.raises(Undelivered, match=f"at most {len(BODY) - 1:,} bytes"):
            read(files.new_input(place).open())


def test_a_missing_file_is_said_to_be_missing(files):
    missing = files.new_input("s3://bucket/a/b=1/fil")
    assert not missing.exists()
    for read in (lambda: missing.open().read(), lambda: missing.open().read(5), lambda: len(missing)):
        with pytest.raises(FileNotFoundError):
            read()
    files.delete("s3://bucket/a/b=1/fil")


def test_a_file_is_replaced_only_where_that_is_said(files):
    write(files, b"one")
    with pytest.raises(FileExistsError):
        write(files, b"two")
    write(files, b"two", overwrite=True)
    assert files.new_input(PLACE).open().read() == b"two"
    files.delete(PLACE)
    assert not files.new_input(PLACE).exists()


def test_what_a_writer_that_failed_had_written_is_not_put(files):
    with pytest.raises(TypeError), files.new_output(PLACE).create() as stream:
        stream.write("no bytes")
    stream = files.new_output(PLACE).create()
    stream.write(b"never closed")
    del stream
    assert not files.new_input(PLACE).exists()
