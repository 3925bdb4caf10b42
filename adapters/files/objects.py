"""Buckets of objects as plain folders and files: `<root>/<bucket>/<key>`."""

import errno
import os
import re
from pathlib import Path
from typing import BinaryIO

from adapters.files.disk import Disk, WholeFiles
from domain.errors import Undelivered

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_MAX_KEY_BYTES = 1_024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_MAX_PART_BYTES = 255  # what Linux file systems take as one name
_HOPELESS = frozenset({errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL})


def is_plain_key(key: str) -> bool:
    """Say whether a key can be a path below its bucket and nothing else.

    Refused are absolute keys, `.` and `..` and empty parts, NUL, and what is longer than a store takes.
    """
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        return False
    parts = encoded.split(b"/")
    return (
        len(encoded) <= _MAX_KEY_BYTES
        and b"\0" not in encoded
        and all(part not in {b"", b".", b".."} and len(part) <= _MAX_PART_BYTES for part in parts)
    )


def is_bucket(name: str) -> bool:
    """Say whether a bucket may have this name."""
    return _BUCKET.fullmatch(name) is not None


class FolderObjects:
    """Implements `ObjectStore`.

    Its methods raise `ValueError` for a bucket or key that can't be a plain path, and `Undelivered` when the disk
    does not do its work. Unlike in a bucket, no object can have another's key as a folder.
    """

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        """Take the folder of all buckets; made if it is missing; what a crash left unfinished there is removed."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._files = WholeFiles(root, disk or Disk())
        self._files.discard_unfinished()

    def put(self, bucket: str, key: str, body: bytes) -> None:
        path = self._path(bucket, key)
        try:
            self._files.put(path, [body])
        except OSError as error:
            raise Undelivered(
                f"an object can't be stored: {os.strerror(error.errno or 0)}", retryable=error.errno not in _HOPELESS
            ) from error

    def get(self, bucket: str, key: str) -> bytes | None:
        try:
            return self._path(bucket, key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise Undelivered(f"an object can't be read: {os.strerror(error.errno or 0)}") from error

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        try:
            return self._path(bucket, key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise Undelivered(f"an object can't be read: {os.strerror(error.errno or 0)}") from error

    def delete(self, bucket: str, key: str) -> None:
        path = self._path(bucket, key)
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise Undelivered(f"an object can't be removed: {os.strerror(error.errno or 0)}") from error

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        top = self._bucket(bucket)
        folder, slash, _ = prefix.rpartition("/")
        if slash and not is_plain_key(folder):
            return []
        keys = []
        for parent, _, names in os.walk(top / folder):
            relative = Path(parent).relative_to(top).as_posix()
            keys += names if relative == "." else [f"{relative}/{name}" for name in names]
        return sorted(key for key in keys if key.startswith(prefix) and key > after)[:limit]

    def _bucket(self, bucket: str) -> Path:
        if not is_bucket(bucket):
            raise ValueError(f"{bucket!r} is no name of a bucket")
        return self._root / bucket

    def _path(self, bucket: str, key: str) -> Path:
        if not is_plain_key(key):
            raise ValueError("an object's key is no plain path")
        return self._bucket(bucket) / key
