"""Write-ahead segments: where a stream's records stand until their object is delivered.

A segment is a file of frames: length and CRC (4 bytes each, little-endian), then the payload. The first frame says
where the object goes, the others are records. So a segment alone decides its object, byte for byte, and a crash
between delivering it and removing it delivers the same object again instead of a second one.

A frame counts once the file was synced after it. A crash may leave a torn end; it was never acknowledged and is left
out. After a failed write the file is cut back to what counted, and takes no more.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from adapters.files.disk import Disk

SUFFIX = ".wal"

_HEAD = struct.Struct("<II")
_LENGTH = struct.Struct("<I")
_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_LEVEL = 3
"""Takes 0.4 x the time of zlib's default for lines of events, and makes objects some 15 % larger."""
_CHUNK_BYTES = 64 * 1024
_READ_BYTES = 256 * 1024
"""What is read and gzipped at a time: so little that the processor still holds it from one step to the next."""


def framed(payload: bytes) -> bytes:
    # The length is in the checksum, so that a run of zeros, as a crash may leave, is no frame.
    length = len(payload)
    return _HEAD.pack(length, zlib.crc32(payload, zlib.crc32(_LENGTH.pack(length)))) + payload


class Target(NamedTuple):
    """Where the object of a segment goes."""

    bucket: str
    key: str


class Segment:
    """One segment of this process; its owner sees to it that one thread at a time uses it."""

    def __init__(self, path: Path, target: Target, first_ns: int, disk: Disk) -> None:
        """Start a segment; the file is made by the first `append`, at `first_ns`."""
        self.path = path
        self.first_ns = first_ns
        self.record_bytes = 0
        """What its records hold, without frames."""
        self.durable_bytes = 0
        """The part of the file that counts."""
        self._header = framed(json.dumps(target._asdict()).encode())
        self._disk = disk
        self._descriptor: int | None = None

    def append(self, frames: Sequence[bytes], record_bytes: int) -> None:
        """Append framed records and return once they are durable.

        Raises:
            OSError: none of them counts; the segment takes no more.
        """
        try:
            if self._descriptor is None:
                self._descriptor = self._disk.create(self.path)
                data = b"".join((self._header, *frames))
            else:
                data = frames[0] if len(frames) == 1 else b"".join(frames)
            self._disk.write(self._descriptor, data)
            self._disk.sync(self._descriptor)
            if not self.durable_bytes:
                self._disk.sync_folder(self.path.parent)
        except OSError:
            self._cut_back()
            raise
        self.durable_bytes += len(data)
        self.record_bytes += record_bytes

    def close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                self._disk.close(self._descriptor)
            self._descriptor = None

    def _cut_back(self) -> None:
        """Take what did not count out of the file, so that no later process takes it for acknowledged.

        Where the disk refuses even that, this process still leaves it out, and removes the file with the delivery.
        """
        if self._descriptor is None:
            return
        with suppress(OSError):
            self._disk.truncate(self._descriptor, self.durable_bytes)
            self._disk.sync(self._descriptor)


class SegmentObject(NamedTuple):
    """What a segment delivers; `target` is None where nothing of it counts."""

    target: Target | None
    body: bytes
    read_bytes: int
    """How much of the file was read as whole frames."""


def read_segment(path: Path, durable_bytes: int | None) -> SegmentObject:
    """Return the object of a segment: its records one after the other, gzipped.

    Args:
        path: the file.
        durable_bytes: the part that counts, where that is known; what another process left counts up to its first
            torn frame.
    """
    with path.open("rb", buffering=_READ_BYTES) as file:
        size = os.fstat(file.fileno()).st_size
        return _object_of(_frames(file, size if durable_bytes is None else min(size, durable_bytes)))


def _object_of(frames: Iterator[bytes]) -> SegmentObject:
    header = next(frames, None)
    if header is None:
        return SegmentObject(None, b"", 0)
    compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
    body: list[bytes] = []
    chunk: list[bytes] = []
    chunk_bytes = 0
    begin_bytes = read_bytes = _HEAD.size + len(header)
    for record in frames:
        read_bytes += _HEAD.size + len(record)
        chunk.append(record)
        chunk_bytes += len(record)
        if chunk_bytes >= _CHUNK_BYTES:
            body.append(compressor.compress(b"".join(chunk)))
            chunk.clear()
            chunk_bytes = 0
    body += [compressor.compress(b"".join(chunk)), compressor.flush()]
    if read_bytes == begin_bytes:
        return SegmentObject(None, b"", read_bytes)
    return SegmentObject(Target(**json.loads(header)), b"".join(body), read_bytes)


def _frames(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the payloads of the first `size` bytes, up to the first frame that is not whole."""
    while size >= _HEAD.size:
        length, checksum = _HEAD.unpack(file.read(_HEAD.size))
        size -= _HEAD.size + length
        if size < 0:
            return
        payload = file.read(length)
        if zlib.crc32(payload, zlib.crc32(_LENGTH.pack(length))) != checksum:
            return
        yield payload
