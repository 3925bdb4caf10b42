"""The lines of an object, read bit by bit: memory does not grow with the object."""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from domain.errors import Undelivered

_READ_BYTES = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's number for a gzip header

STAMPS = re.compile(
    rb' {0,2}\{"_event_id":"([^"\\]*)","_received_at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):[^"]*"'
    rb',"_revision_id":"([^"\\]*)"'
)
"""How a delivered line begins, after its mark if it has one: id, minute of arrival, revision."""

ARRIVALS = re.compile(
    rb'\n {0,2}\{"_event_id":"[^"]*","_received_at":"([0-9-]{10}T[0-9:]{5}):[^"]*","_revision_id":"([^"]*)"'
)
"""The same in a text, for each line behind the end of another: minute of arrival, revision.

It looks at characters no closer than it has to, which takes half the time: no stamp holds a quote.
"""


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream, gzipped (of several members, too) or plain; empty ones are left out.

    Raises:
        Undelivered: not retryable, if its compressed text is damaged or cut short; or what reading it raises.
    """
    rest = b""
    for chunk in plain_chunks(stream):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
    if rest:
        yield rest


def whole_lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the text of a stream like `lines_of`, many lines at a time, with what ends them."""
    rest = b""
    for chunk in plain_chunks(stream):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
    if rest:
        yield rest


def plain_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds, without gzip, in parts of at most 256 KiB; raises as `lines_of` does."""
    data = stream.read(_READ_BYTES)
    if not data.startswith(_GZIP_MAGIC):
        while data:
            yield data
            data = stream.read(_READ_BYTES)
        return
    unzip = zlib.decompressobj(_GZIP)
    try:
        while data:
            yield unzip.decompress(data, _READ_BYTES)
            data = unzip.unconsumed_tail
            if unzip.eof:
                data = unzip.unused_data or stream.read(_READ_BYTES)
                if data:
                    unzip = zlib.decompressobj(_GZIP)
            elif not data:
                data = stream.read(_READ_BYTES)
        yield unzip.flush()
    except zlib.error as error:
        raise Undelivered("An object can't be decompressed.", retryable=False) from error
    if not unzip.eof:
        raise Undelivered("An object ends in the middle of its compressed text.", retryable=False)
