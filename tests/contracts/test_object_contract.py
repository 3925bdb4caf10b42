"""What every adapter of the object store keeps."""

import gzip
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from adapters.files.objects import FolderObjects
from adapters.s3.objects import S3Objects
from tests.one_at_a_time import OneAtATime

PARTITIONED = "environment=env_0x/dt=2026-11-23/hour=07/stream-1-2026-11-23-07-05-01-abc.gz"


BUCKETS = ("bucket", "other", "bucket-a", "bucket-b")


@pytest.fixture(params=["files", "s3"])
def objects(request, tmp_path):
    if request.param == "files":
        yield FolderObjects(tmp_path / "objects")
        return
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1")
        for bucket in BUCKETS:
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3Objects(OneAtATime(client))


def test_an_object_comes_back_as_it_was_put(objects):
    for body in (b"", b"\x00\xff", b"x" * 3_000_000):
        objects.put("bucket", PARTITIONED, body)
        assert objects.get("bucket", PARTITIONED) == body


def test_an_absent_object_is_none(objects):
    assert objects.get("bucket", "a") is None
    objects.put("bucket", "a/b", b"1")
    assert objects.get("bucket", "a/c") is None
    assert objects.get("bucket", "a") is None
    assert objects.get("bucket", "a/b/c") is None
    assert objects.get("other", "a/b") is None


def test_an_object_can_be_read_bit_by_bit(objects):
    body = bytes(range(256)) * 4_000
    objects.put("bucket", PARTITIONED, body)
    with objects.open("bucket", PARTITIONED) as stream:
        assert stream.read(10) == body[:10]
        assert stream.read(700_000) == body[10:700_010]
        assert stream.read() == body[700_010:]
        assert stream.read() == b""
    assert objects.open("bucket", "absent") is None


def test_gzipped_lines_can_be_read_one_by_one(objects):
    lines = [b"%d\n" % number for number in range(20_000)]
    objects.put("bucket", "a.gz", gzip.compress(b"".join(lines)))
    with objects.open("bucket", "a.gz") as stream, gzip.open(stream) as text:
        assert list(text) == lines


def test_a_put_replaces_what_was_there(objects):
    objects.put("bucket", "a", b"long old body")
    objects.put("bucket", "a", b"new")
    assert objects.get("bucket", "a") == b"new"
    assert objects.list_keys("bucket") == ["a"]


def test_keys_may_hold_any_text(objects):
    for key in ("ü/ключ", "a b", "a%2Fb", "a\\b", "...", "..a/.b", "-", "a\nb", "x" * 255):
        objects.put("bucket", key, key.encode())
        assert objects.get("bucket", key) == key.encode()


def test_keys_are_listed_in_order_by_prefix(objects):
    keys = ["a", "b/1", "b/10", "b/2/x", "b2", "c/d/e"]
    for key in reversed(keys):
        objects.put("bucket", key, b"")
    assert objects.list_keys("bucket") == keys
    assert objects.list_keys("bucket", "b") == ["b/1", "b/10", "b/2/x", "b2"]
    assert objects.list_keys("bucket", "b/") == ["b/1", "b/10", "b/2/x"]
    assert objects.list_keys("bucket", "b/1") == ["b/1", "b/10"]
    assert objects.list_keys("bucket", "c/d/e") == ["c/d/e"]
    assert objects.list_keys("bucket", "d/e/f") == []
    assert objects.list_keys("other") == []


def test_a_list_goes_on_after_a_key_and_ends_where_it_is_told(objects):
    keys = ["a", "b/1", "b/10", "b/2/x", "b2"]
    for key in keys:
        objects.put("bucket", key, b"")
    assert objects.list_keys("bucket", after="b/1") == ["b/10", "b/2/x", "b2"]
    assert objects.list_keys("bucket", "b/", after="b/10") == ["b/2/x"]
    assert objects.list_keys("bucket", after="b/11") == ["b/2/x", "b2"]
    assert objects.list_keys("bucket", limit=2) == ["a", "b/1"]
    assert objects.list_keys("bucket", "b", after="b/1", limit=2) == ["b/10", "b/2/x"]
    assert objects.list_keys("bucket", after="c", limit=2) == []


def test_an_object_that_is_deleted_is_gone_and_deleting_it_again_is_no_error(objects):
    objects.put("bucket", "a/b", b"1")
    objects.put("bucket", "a/c", b"2")
    for _ in range(2):
        objects.delete("bucket", "a/b")
    assert objects.get("bucket", "a/b") is None
    assert objects.list_keys("bucket") == ["a/c"]
    objects.delete("bucket", "never/was")


def test_buckets_are_kept_apart(objects):
    objects.put("bucket-a", "k", b"a")
    objects.put("bucket-b", "k", b"b")
    assert (objects.get("bucket-a", "k"), objects.get("bucket-b", "k")) == (b"a", b"b")


def test_a_reader_sees_one_body_or_the_other_never_a_mixture(objects):
    bodies = [bytes([n]) * 200_000 for n in range(4)]
    objects.put("bucket", "k", bodies[0])
    with ThreadPoolExecutor(3) as pool:
        writer = pool.submit(lambda: [objects.put("bucket", "k", body) for _ in range(10) for body in bodies])
        seen = []
        while not writer.done():
            seen.append(objects.get("bucket", "k"))
        writer.result()
    assert seen
    assert all(body in bodies for body in seen)


def test_many_threads_put_below_new_folders(objects):
    keys = [f"a={n % 3}/b={n % 5}/{n}" for n in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: objects.put("bucket", key, key.encode()), keys))
    assert objects.list_keys("bucket") == sorted(keys)
