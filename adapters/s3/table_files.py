"""Files of tables of Apache Iceberg in S3, by the SDK: with the sessions of roles, and with AWS's own reasons.

A file that is written is put whole when it is closed, and not at all where its writer failed. Those of a lake
are small: what is gathered for one is bounded before it is written.
"""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pyiceberg.io import FileIO, InputFile, OutputFile

from adapters.s3.objects import S3Objects
from domain.errors import Undelivered

MAX_READ_BYTES = 128 * 1024 * 1024
"""What is taken in at once. Others may write to a user's bucket, and what stands there must not use up the memory."""

MAX_METADATA_BYTES = 32 * 1024 * 1024
"""Of a table's own description, which takes nine times its size once it is read: as much as a writer has to spare."""
_METADATA = ".metadata.json"


class TableFiles(FileIO):  # type: ignore[misc]
    """The files that a client reaches; locations are such as `s3://bucket/folder/file`."""

    def __init__(self, objects: S3Objects) -> None:
        super().__init__()
        self._objects = objects

    def new_input(self, location: str) -> "TableFile":
        return TableFile(self._objects, location)

    def new_output(self, location: str) -> "TableFile":
        return TableFile(self._objects, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Remove a file; one that is not there is none to remove."""
        text = location if isinstance(location, str) else location.location
        self._objects.delete(*place_of(text))


class TableFile(InputFile, OutputFile):  # type: ignore[misc]
    """A file to read or to write."""

    def __init__(self, objects: S3Objects, location: str) -> None:
        super().__init__(location)
        self._objects = objects
        self._bucket, self._key = place_of(location)
        self._size: int | None = None

    def __len__(self) -> int:
        if self._size is None:
            self._size = self._objects.size(self._bucket, self._key)
        if self._size is None:
            raise FileNotFoundError(self.location)
        return self._size

    def exists(self) -> bool:
        return self._objects.size(self._bucket, self._key) is not None

    def to_input_file(self) -> "TableFile":
        return self

    def open(self, seekable: bool = True) -> Any:  # noqa: ARG002
        """Return the file; a missing one is found out when it is read."""
        return _Reading(self)

    def read_from(self, start: int, count: int | None = None) -> bytes:
        """Return bytes from `start` on, as many as there are.

        Raises:
            FileNotFoundError: there is no such file.
            Undelivered: it is more than `MAX_READ_BYTES`, or `MAX_METADATA_BYTES`.
        """
        if count == 0 or (start and start >= len(self)):
            return b""
        if start == 0 and count is None:
            data = self._read_whole()
        else:
            count = count or len(self) - start
            if count > self._most:
                raise _too_large(self._most)
            data = self._objects.read_part(self._bucket, self._key, start, count)
        if data is None:
            raise FileNotFoundError(self.location)
        return data

    def _read_whole(self) -> bytes | None:
        stream = self._objects.open(self._bucket, self._key)
        if stream is None:
            return None
        with stream:
            data = stream.read(self._most + 1)
        if len(data) > self._most:
            raise _too_large(self._most)
        return data

    @property
    def _most(self) -> int:
        return MAX_METADATA_BYTES if self._key.endswith(_METADATA) else MAX_READ_BYTES

    def create(self, overwrite: bool = False) -> Any:
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Writing(self._objects, self._bucket, self._key)


def _too_large(most: int) -> Undelivered:
    return Undelivered(f"A file of the lake is too large to read: at most {most:,} bytes are read at once.")


class _Reading(io.RawIOBase):
    """A file of S3: all of it is one call, and each part of it is one."""

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: lambda: 0, io.SEEK_CUR: self.tell, io.SEEK_END: self._file.__len__}[whence]()
        self._at = max(0, start + offset)
        return self._at

    def readall(self) -> bytes:
        return self._advance(self._file.read_from(self._at))

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._advance(self._file.read_from(self._at, len(view)))
        view[: len(data)] = data
        return len(data)

    def _advance(self, data: bytes) -> bytes:
        self._at += len(data)
        return data


class _Writing(io.BytesIO):
    """A file that is put when it is closed."""

    def __init__(self, objects: S3Objects, bucket: str, key: str) -> None:
        super().__init__()
        self._objects = objects
        self._place = (bucket, key)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            super().close()

    def __del__(self) -> None:
        """Put nothing: who wrote this has failed before closing it."""

    def close(self) -> None:
        if not self.closed:
            body = self.getvalue()
            super().close()
            self._objects.put(*self._place, body)


class BucketFolder:
    """Implements `Files` by a folder of a bucket: a file is put whole."""

    def __init__(self, objects: S3Objects, bucket: str, prefix: str) -> None:
        """Take what every key starts with, `/` at its end included."""
        self._objects = objects
        self._bucket = bucket
        self._prefix = prefix

    def below(self, folder: str) -> list[str]:
        found = self._objects.list_below(self._bucket, f"{self._prefix}{folder}/")
        return [key.removeprefix(self._prefix) for key in found]

    def read(self, path: str) -> bytes | None:
        try:
            return self._file(path).read_from(0)
        except FileNotFoundError:
            return None

    def open(self, path: str) -> Any:
        return self._file(path).open()

    def write(self, path: str, fill: Callable[[Any], None]) -> None:
        with io.BytesIO() as stream:
            fill(stream)
            self._objects.put(self._bucket, f"{self._prefix}{path}", stream.getvalue())

    def delete(self, path: str) -> None:
        self._objects.delete(self._bucket, f"{self._prefix}{path}")

    def _file(self, path: str) -> TableFile:
        return TableFile(self._objects, f"s3://{self._bucket}/{self._prefix}{path}")


def place_of(location: str) -> tuple[str, str]:
    """Return the bucket and the key of a location."""
    parts = urlsplit(location, allow_fragments=False)
    return parts.netloc, parts.path.removeprefix("/")
