"""One delivery stream: what it holds on disk, when that is due, and its delivery."""

import enum
import json
import logging
import os
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from adapters.files.disk import Disk
from adapters.files.prefixes import Prefix
from adapters.files.write_ahead import SUFFIX, Segment, Target, read_segment
from adapters.group_commit import GroupCommit
from domain.clock import Clock
from domain.delivery.ports import ObjectStore
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Undelivered

RANDOM_STRING_CHARS = 11
MAX_OBJECT_NAME_CHARS = 126
"""A stream's name of 64, a version, a time, a UUID and `.gz`."""

_SECOND_NS = 1_000_000_000

_log = logging.getLogger(__name__)


class State(enum.Enum):
    """Whether a stream takes records."""

    ACTIVE = enum.auto()
    REMOVED = enum.auto()
    CLOSED = enum.auto()


class FramedRecords(NamedTuple):
    """The records of one call, ready to be written."""

    frames: bytes
    record_bytes: int


class _Sealed(NamedTuple):
    path: Path
    durable_bytes: int | None
    """None where another process wrote it."""


class HeldStream:
    """Takes records into write-ahead segments and makes objects of them; all methods may be called from any thread."""

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: StreamSettings,
        objects: ObjectStore,
        clock: Clock,
        disk: Disk,
        on_change: Callable[[], None],
    ) -> None:
        """Take over the stream's folder, with the segments that stand in it.

        Args:
            name: the stream's name, a part of its objects' names.
            folder: where its segments are; it exists.
            settings: see `StreamSettings`.
            objects: where its objects go.
            clock: decides when a segment is due and how its object is called.
            disk: does the file operations.
            on_change: called when a segment was begun or sealed.
        """
        self.settings = settings
        self.state = State.ACTIVE
        self._name = name
        self._folder = folder
        self._prefix = Prefix(settings.prefix)
        self._objects = objects
        self._clock = clock
        self._disk = disk
        self._on_change = on_change
        self._commits: GroupCommit[FramedRecords, State] = GroupCommit(self._commit)
        self._delivering = threading.Lock()
        self._open: Segment | None = None
        self._sealed = deque(_Sealed(path, None) for path in sorted(folder.glob(f"*{SUFFIX}")))

    def put(self, records: FramedRecords) -> State:
        """Return `ACTIVE` once the records are durable; in another state they were not taken.

        Raises:
            Undelivered: the disk did not take them.
        """
        return self._commits.submit(records)

    def configure(self, settings: StreamSettings) -> None:
        """Go on under other settings; what is held goes where it was to go."""
        prefix = Prefix(settings.prefix)
        with self._commits.lock:
            self.settings, self._prefix = settings, prefix
            self._seal()

    def due_ns(self) -> int | None:
        """Return when there is something to deliver (Unix time), or None while nothing is held."""
        if self._sealed:
            return 0
        segment = self._open
        return None if segment is None else self._due_ns(segment)

    def seal_if_due(self) -> None:
        with self._commits.lock:
            if self._open is not None and self._due_ns(self._open) <= self._clock():
                self._seal()

    def seal(self, state: State) -> None:
        """End the open segment; under a state other than `ACTIVE`, no records are taken from now on."""
        with self._commits.lock:
            self.state = state
            self._seal()

    def deliver(self) -> None:
        """Deliver every sealed segment; one that fails holds up no other and stays for the next call.

        Raises:
            Undelivered: at least one failed.
        """
        failure: Undelivered | None = None
        with self._delivering:
            for _ in range(len(self._sealed)):
                sealed = self._sealed[0]
                try:
                    self._deliver(sealed)
                except Undelivered as error:
                    failure = error
                    self._sealed.append(sealed)
                # Only now: as long as it counts as held, nobody may take the stream for empty.
                self._sealed.popleft()
        if failure is not None:
            raise failure

    def _due_ns(self, segment: Segment) -> int:
        seconds = self.settings.buffer_seconds
        assert seconds is not None  # the holder of streams has put its own in its place
        return segment.first_ns + int(seconds * _SECOND_NS)

    def _commit(self, works: Sequence[FramedRecords]) -> list[State]:
        if self.state is not State.ACTIVE:
            return [self.state] * len(works)
        now = self._clock()
        if self._open is not None and self._due_ns(self._open) <= now:
            self._seal()
        begun = self._open is None
        segment = self._open = self._open or self._begin(now)
        try:
            segment.append([work.frames for work in works], sum(work.record_bytes for work in works))
        except OSError as error:
            self._seal()
            raise Undelivered(f"the stream's disk failed: {os.strerror(error.errno or 0)}") from error
        if segment.record_bytes >= self.settings.buffer_bytes:
            self._seal()
        elif begun:
            self._on_change()
        return [State.ACTIVE] * len(works)

    def _begin(self, now: int) -> Segment:
        unique = uuid.uuid4()
        random_string = sha256(unique.bytes).hexdigest()[:RANDOM_STRING_CHARS]
        # https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
        time = datetime.fromtimestamp(now // _SECOND_NS, UTC)
        key = f"{self._prefix.expand(now, random_string)}{self._name}-1-{time:%Y-%m-%d-%H-%M-%S}-{unique}.gz"
        path = self._folder / f"{now:020}-{unique.hex}{SUFFIX}"
        return Segment(path, Target(self.settings.bucket, key), now, self._disk)

    def _seal(self) -> None:
        if self._open is not None:
            self._open.close()
            self._sealed.append(_Sealed(self._open.path, self._open.durable_bytes))
            self._open = None
            self._on_change()

    def _deliver(self, sealed: _Sealed) -> None:
        path, durable_bytes = sealed
        try:
            target, body, read_bytes = read_segment(path, durable_bytes)
            if target is not None:
                self._objects.put(target.bucket, target.key, body)
            if durable_bytes is not None and read_bytes < durable_bytes:
                self._disk.rename(path, path.with_suffix(".damaged"))
                _log.error("%s of %s bytes in %s can be read; it is kept as .damaged", read_bytes, durable_bytes, path)
            else:
                self._disk.remove(path)
        except FileNotFoundError:
            # A segment that failed before its file was made, or someone removed it.
            if durable_bytes:
                _log.exception("the segment %s is gone undelivered", path)
        except OSError as error:
            raise Undelivered(f"a segment can't be delivered: {os.strerror(error.errno or 0)}") from error


def settings_as_json(settings: StreamSettings) -> bytes:
    return json.dumps(
        {
            "bucket": settings.bucket,
            "prefix": settings.prefix,
            "buffer_seconds": settings.buffer_seconds,
            "buffer_bytes": settings.buffer_bytes,
            "default_times": settings.default_times,
        }
    ).encode()


def settings_from_json(text: bytes) -> StreamSettings:
    return StreamSettings(**json.loads(text))
