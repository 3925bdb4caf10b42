"""The lines of a delivered object, read bit by bit: memory does not grow with the object."""

import gzip
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"

STAMPS = re.compile(
    rb' ?\{"_event_id":"([^"\\]*)","_received_at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):[^"]*"'
    rb',"_revision_id":"([^"\\]*)"'
)
"""How a delivered line begins, after its mark if it has one: id, minute of arrival, revision."""


def lines_of(body: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an object with their newlines.

    Objects are gzipped; those of an emulated service may be plain whatever their name says, so that the first two
    bytes decide.

    Raises:
        OSError: (also EOFError, zlib.error) the compressed data is damaged or cut short.
        Undelivered: it can't be read to its end now.
    """
    reader = cast("io.BufferedReader", body) if hasattr(body, "peek") else io.BufferedReader(cast("io.RawIOBase", body))
    if reader.peek(2)[:2] == _GZIP:
        with gzip.open(reader) as lines:
            yield from lines
    else:
        yield from reader
