"""The objects of the quarantine: where they stand, and what a line of one is."""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from domain.delivery.messages import (
    QuarantinedEvent,
    beginning_of,
    quarantined_event_from_message,
    wanted_event_from_line,
)
from schemas.limits import MAX_QUARANTINE_OBJECT_BYTES

PREFIX = "quarantine/"
_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_KEY = re.compile(
    r"quarantine/environment=([a-z0-9_]{1,64})/dt=(\d{4}-\d\d-\d\d)/hour=(\d\d)/[^/]+\.ndjson\.gz", re.ASCII
)
_RAW = re.compile(rb',"(?:raw|raw_base64)":"')
_LONGEST_ESCAPE = 12  # of a character beyond the first 65,536: two of six bytes
_MAX_LINE_BYTES = 8_000_000  # more than a line has of which all was written under the limits of today

Partition = tuple[str, str, str]
"""An environment, a date `YYYY-MM-DD` and an hour `HH`, as `QuarantinedEvent.partition` has them."""


class Place(NamedTuple):
    """Whose events an object holds, and of which hour: its start in Unix seconds."""

    environment_id: str
    hour: int


def environment_prefix(environment_id: str) -> str:
    return f"{PREFIX}environment={environment_id}/"


def hour_prefix(environment_id: str, hour: int) -> str:
    """Return what the keys of an hour's objects start with; `hour` in Unix seconds."""
    moment = datetime.fromtimestamp(hour, UTC)
    return f"{environment_prefix(environment_id)}dt={moment:%Y-%m-%d}/hour={moment:%H}/"


class ObjectBody:
    """An object that is being made: of its lines only the compressed text is held.

    The same lines in the same order are the same object, under the same key.
    """

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._zipper = zlib.compressobj(wbits=_GZIP)
        self._parts: list[bytes] = []
        self._size = 0
        self.message_ids: list[str] = []
        """Of the messages whose events it holds, in order of its lines."""

    def has_room_for(self, size: int) -> bool:
        """Say whether so many bytes may be added: as an object counts them, which a redrive goes through as a whole."""
        return not self.message_ids or self._size + size <= MAX_QUARANTINE_OBJECT_BYTES

    def add(self, message_id: str, line: bytes, size: int) -> None:
        """Add a line that ends in a newline; `size` is at least what it has of bytes."""
        self.message_ids.append(message_id)
        self._size += size
        self._parts.append(self._zipper.compress(line))

    def finish(self) -> tuple[str, bytes]:
        """Return the object's key, and what it holds; nothing can be added any more."""
        environment_id, date, hour = self.partition
        name = sha256("\0".join(sorted(self.message_ids)).encode()).hexdigest()[:32]
        key = f"{environment_prefix(environment_id)}dt={date}/hour={hour}/{name}.ndjson.gz"
        return key, b"".join([*self._parts, self._zipper.flush()])


def place_of(key: str) -> Place | None:
    """Return whose events an object of this key holds, None for a key that is no quarantine object's."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found[2]}T{found[3]}:00:00+00:00")
    except ValueError:
        return None
    return Place(found[1], int(moment.timestamp()))


class Line(NamedTuple):
    """A line of an object: its number, counted from 0, its event if that is wanted, and what reading it took."""

    number: int
    event: QuarantinedEvent | None
    bytes_read: int


def lines_of_object(
    chunks: Iterable[bytes], is_wanted: Callable[[QuarantinedEvent], bool], first_line: int = 0
) -> Iterator[Line]:
    """Yield an object's lines from one on.

    Memory grows neither with the object nor with a line: of a line from the time when all of an event was kept, as
    much is read as is kept of one today. A line that can't be read has no event, so that it holds up no other: its
    event stays counted among those that are in quarantine.

    Args:
        chunks: what the object holds, without gzip.
        is_wanted: says it of an event without its text.
        first_line: what is before it is passed over, and costs little.
    """
    for number, text, length in _lines_of(chunks, first_line):
        event = None
        with suppress(ValueError):
            if len(text) < length:
                event = _cut_event(text, length)
                event = event if is_wanted(event) else None
            else:
                event = wanted_event_from_line(text, is_wanted)
        yield Line(number, event, length + (0 if event is None else len(event.raw)))


def events_of(chunks: Iterable[bytes]) -> Iterator[QuarantinedEvent]:
    """Yield the events of an object."""
    return (line.event for line in lines_of_object(chunks, lambda _: True) if line.event is not None)


def _lines_of(chunks: Iterable[bytes], first_line: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield the number, the beginning and the length of every line from `first_line` on."""
    number = length = held = 0
    parts: list[bytes] = []
    for chunk in chunks:
        if number < first_line and (ends := chunk.count(b"\n")) < first_line - number:
            number += ends
            continue
        start = 0
        while start < len(chunk):
            end = chunk.find(b"\n", start)
            part = chunk[start : len(chunk) if end < 0 else end]
            length += len(part)
            if held < _MAX_LINE_BYTES:
                parts.append(part[: _MAX_LINE_BYTES - held])
                held += len(parts[-1])
            if end < 0:
                break
            if number >= first_line:
                yield number, b"".join(parts), length
            number, length, held, parts, start = number + 1, 0, 0, [], end + 1
    if length and number >= first_line:
        yield number, b"".join(parts), length


def _cut_event(line: bytes, length: int) -> QuarantinedEvent:
    """Return the event of which a line of so many bytes begins like this; of its true size, an estimate."""
    found = _RAW.search(line)
    if found is None:
        raise ValueError("a line of the quarantine is too long")
    head, text = line[: found.end()], line[found.end() :]
    for end in range(len(text), len(text) - _LONGEST_ESCAPE, -1):
        # The cut may have gone through an escaped character.
        with suppress(ValueError):
            event = quarantined_event_from_message(b'%s%s"}' % (head, text[:end]))
            share = len(event.raw) / end
            return replace(event, raw=beginning_of(event.raw), cut_from=int((length - len(head)) * share))
    raise ValueError("a line of the quarantine can't be cut")
