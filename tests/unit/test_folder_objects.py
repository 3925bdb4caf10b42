"""Objects as files: plain paths, whole files, and a disk that fails."""

import errno
import os
import shutil

import pytest

from adapters.files.disk import Disk
from adapters.files.objects import FolderObjects
from domain.errors import Undelivered


class FullDisk(Disk):
    """Fails in one of its operations."""

    def __init__(self, operation, number=errno.ENOSPC):
        def fail(*_):
            raise OSError(number, os.strerror(number))

        setattr(self, operation, fail)


def test_an_object_is_a_plain_file_below_its_bucket(tmp_path):
    key = "environment=env_0x/dt=2026-11-23/hour=07/x.gz"
    FolderObjects(tmp_path / "objects").put("landing", key, b"body")
    assert (tmp_path / "objects" / "landing" / key).read_bytes() == b"body"
    assert [path.name for path in (tmp_path / "objects" / "landing").rglob("*") if path.is_file()] == ["x.gz"]


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", "./a", "a/.", "a\0b", "\ud800", "x" * 256, "ab/" * 400],
)
def test_a_key_that_is_no_plain_path_is_refused(tmp_path, key):
    objects = FolderObjects(tmp_path / "objects")
    with pytest.raises(ValueError):
        objects.put("bucket", key, b"")
    with pytest.raises(ValueError):
        objects.get("bucket", key)
    assert objects.list_keys("bucket", f"{key}/") == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("bucket", ["", "ab", "..", ".unfinished", "Bucket", "a/b", "a" * 64, "-ab", "ab\n"])
def test_a_bucket_that_is_no_plain_name_is_refused(tmp_path, bucket):
    objects = FolderObjects(tmp_path / "objects")
    for call in (
        lambda: objects.put(bucket, "k", b""),
        lambda: objects.get(bucket, "k"),
        lambda: objects.list_keys(bucket),
    ):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename", "make_folder", "sync_folder"])
def test_a_failing_disk_is_never_taken_for_a_stored_object(tmp_path, operation):
    FolderObjects(tmp_path / "objects").put("bucket", "old", b"old")
    objects = FolderObjects(tmp_path / "objects", disk=FullDisk(operation))
    for key in ("old", "new/key"):
        with pytest.raises(Undelivered) as caught:
            objects.put("bucket", key, b"new")
        assert caught.value.retryable
    assert not list((tmp_path / "objects").glob(".unfinished/*"))
    assert objects.get("bucket", "old") in {b"old", b"new"}


def test_an_object_cannot_have_another_as_its_folder(tmp_path):
    objects = FolderObjects(tmp_path / "objects")
    objects.put("bucket", "a/b", b"")
    for key in ("a", "a/b/c"):
        with pytest.raises(Undelivered) as caught:
            objects.put("bucket", key, b"")
        assert not caught.value.retryable


def test_what_a_crash_left_unfinished_is_removed_at_the_next_start(tmp_path):
    FolderObjects(tmp_path / "objects").put("bucket", "k", b"")
    leftover = tmp_path / "objects" / ".unfinished" / "1-1"
    leftover.write_bytes(b"half")
    FolderObjects(tmp_path / "objects")
    assert not leftover.exists()


def test_a_bucket_that_somebody_removed_is_made_again(tmp_path):
    objects = FolderObjects(tmp_path / "objects")
    objects.put("bucket", "a/b", b"1")
    shutil.rmtree(tmp_path / "objects" / "bucket")
    objects.put("bucket", "a/b", b"2")
    assert objects.get("bucket", "a/b") == b"2"
