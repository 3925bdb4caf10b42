"""Delivery streams on one machine's disk: acknowledged when written ahead, delivered as gzipped objects.

They behave as Firehose does towards both its sides, https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html:
the same limits, buffering by time and size, prefixes and object names. One process at a time may use the folder.
"""

import logging
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from adapters.files.disk import Disk, WholeFiles
from adapters.files.held_stream import (
    MAX_OBJECT_NAME_CHARS,
    RANDOM_STRING_CHARS,
    FramedRecords,
    HeldStream,
    State,
    settings_as_json,
    settings_from_json,
)
from adapters.files.objects import is_bucket, is_plain_key
from adapters.files.prefixes import Prefix
from adapters.files.write_ahead import framed
from domain.clock import Clock
from domain.delivery.ports import ObjectStore, PutFailure, PutResults
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured, Undelivered
from schemas.limits import (
    DEFAULT_BUFFER_SECONDS,
    MAX_BUFFER_SECONDS,
    MAX_PUT_BYTES,
    MAX_RECORD_BYTES,
    MAX_RECORDS_PER_PUT,
)

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SETTINGS_FILE = "settings.json"
_MAX_PAUSE_SECONDS = 1.0
_MIN_PAUSE_SECONDS = 0.005
_SECOND_NS = 1_000_000_000

_log = logging.getLogger(__name__)

_MISSING = PutFailure("there is no such stream", retryable=False)
_TOO_MANY = PutFailure(f"a call takes {MAX_RECORDS_PER_PUT} records", retryable=False)
_TOO_LARGE = PutFailure(f"a call takes {MAX_PUT_BYTES} bytes", retryable=False)
_RECORD_TOO_LARGE = PutFailure(f"a record takes {MAX_RECORD_BYTES} bytes", retryable=False)


class FolderStreams:
    """Implements `StreamSink` and `StreamAdmin`; all methods may be called from any thread.

    Nothing is delivered automatically until `start` was called: a test, with its own clock, calls `flush_due` instead.
    """

    def __init__(
        self,
        root: Path,
        objects: ObjectStore,
        clock: Clock,
        *,
        buffer_seconds: float = DEFAULT_BUFFER_SECONDS,
        disk: Disk | None = None,
    ) -> None:
        """Take over the streams of a folder, with what earlier processes left undelivered.

        Args:
            root: the folder; made if it is missing.
            objects: where objects go.
            clock: see `HeldStream`.
            buffer_seconds: of streams that have no time of their own.
            disk: does the file operations.

        Raises:
            Misconfigured: the settings of a stream can't be read.
        """
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._objects = objects
        self._clock = clock
        self._buffer_seconds = buffer_seconds
        self._disk = disk or Disk()
        self._files = WholeFiles(root, self._disk)
        self._files.discard_unfinished()
        self._admin = threading.Lock()
        self._changed = threading.Event()
        self._stopping = False
        self._flusher: threading.Thread | None = None
        self._streams: dict[str, HeldStream] = {}
        self._leftovers: dict[str, HeldStream] = {}
        self._given: dict[str, StreamSettings] = {}
        """The settings of each stream as they were given."""
        for folder in sorted(path for path in root.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()):
            self._take_over(folder)

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        held = self._streams.get(stream)
        if held is None:
            return [_MISSING] * len(records)
        size = 0
        for record in records:
            size += len(record)
            if len(record) > MAX_RECORD_BYTES:
                return [_RECORD_TOO_LARGE] * len(records)
        if len(records) > MAX_RECORDS_PER_PUT:
            return [_TOO_MANY] * len(records)
        if size > MAX_PUT_BYTES:
            return [_TOO_LARGE] * len(records)
        if not records:
            return []
        state = held.put(FramedRecords(b"".join([framed(record) for record in records]), size))
        if state is State.CLOSED:
            raise Undelivered("the streams are closed")
        return [None if state is State.ACTIVE else _MISSING] * len(records)

    def create(self, stream: str, settings: StreamSettings) -> None:
        """Make a stream, or give it other settings.

        Raises:
            Misconfigured: its name or its prefix can't be used.
            Undelivered: the disk failed.
        """
        if not _NAME.fullmatch(stream):
            raise Misconfigured("A stream's name takes 1 to 64 letters, digits, `_`, `.` and `-`, no `.` first.")
        if not is_bucket(settings.bucket):
            raise Misconfigured("A bucket's name takes 3 to 63 lower-case letters, digits, `.` and `-`.")
        key = Prefix(settings.prefix).expand(self._clock(), "x" * RANDOM_STRING_CHARS) + "x" * MAX_OBJECT_NAME_CHARS
        if not is_plain_key(key):
            raise Misconfigured(
                "A prefix must be a plain path: no `/` first, none twice, no `.` or `..` as a part, and not too long."
            )
        folder = self._root / stream
        with self._admin:
            held = self._streams.get(stream)
            if held is not None and self._given[stream] == settings:
                return
            try:
                self._files.put(folder / _SETTINGS_FILE, [settings_as_json(settings)])
            except OSError as error:
                raise Undelivered("the stream can't be stored") from error
            self._given[stream] = settings
            if held is not None:
                held.configure(self._effective(settings))
            else:
                self._streams[stream] = self._held(folder, settings)
                self._leftovers.pop(stream, None)

    def is_active(self, stream: str) -> bool:
        return stream in self._streams

    def holds_for_seconds(self, _stream: str) -> float:
        return 0.0  # `delete` delivers

    def delete(self, stream: str) -> None:
        """Deliver what the stream still holds, then remove it.

        Raises:
            Undelivered: something could not be delivered; the stream is as before.
        """
        with self._admin:
            held = self._streams.get(stream)
            if held is None:
                return
            held.seal(State.REMOVED)
            try:
                held.deliver()
                self._remove_folder(self._root / stream)
            except Undelivered:
                held.seal(State.ACTIVE)
                raise
            del self._streams[stream]

    def recover(self) -> None:
        """Deliver what earlier processes left; what fails is tried again by the flusher."""
        for held in self._all():
            _deliver(held)
        with self._admin:
            for stream, held in list(self._leftovers.items()):
                if held.due_ns() is None:
                    with suppress(Undelivered):
                        self._remove_folder(self._root / stream)
                    del self._leftovers[stream]

    def start(self) -> None:
        """Deliver what is due, in one thread of its own, until `close`."""
        self._flusher = threading.Thread(target=self._run, name="streams-flusher", daemon=True)
        self._flusher.start()

    def flush_due(self) -> bool:
        """Deliver what is due by the clock; return False if some of it failed and is still held."""
        delivered = True
        now = self._clock()
        for held in self._all():
            due_ns = held.due_ns()
            if due_ns is not None and due_ns <= now:
                held.seal_if_due()
                delivered = _deliver(held) and delivered
        return delivered

    def close(self) -> None:
        """Take no more records and deliver all; what fails is left, durable, to the next start."""
        self._stopping = True
        self._changed.set()
        if self._flusher is not None:
            self._flusher.join()
            self._flusher = None
        with self._admin:
            for held in self._all():
                held.seal(State.CLOSED)
                _deliver(held)

    def _run(self) -> None:
        while True:
            self._changed.clear()
            if self._stopping:  # looked at after that: what comes from now on ends the wait
                return
            delivered = self.flush_due()
            self._changed.wait(self._pause_seconds() if delivered else _MAX_PAUSE_SECONDS)

    def _pause_seconds(self) -> float | None:
        dues = [due_ns for held in self._all() if (due_ns := held.due_ns()) is not None]
        if not dues:
            return None
        return min(max((min(dues) - self._clock()) / _SECOND_NS, _MIN_PAUSE_SECONDS), _MAX_PAUSE_SECONDS)

    def _all(self) -> list[HeldStream]:
        return [*self._streams.values(), *self._leftovers.values()]

    def _take_over(self, folder: Path) -> None:
        try:
            settings = settings_from_json((folder / _SETTINGS_FILE).read_bytes())
        except FileNotFoundError:
            # A stream whose making or removal was cut short; its segments know themselves where they go.
            settings = StreamSettings(bucket="", prefix="", buffer_seconds=0, buffer_bytes=0)
            self._leftovers[folder.name] = self._held(folder, settings)
        except (OSError, ValueError, TypeError) as error:
            raise Misconfigured(f"The settings of the stream in {folder} can't be read: {error}") from error
        else:
            self._given[folder.name] = settings
            self._streams[folder.name] = self._held(folder, settings)

    def _held(self, folder: Path, settings: StreamSettings) -> HeldStream:
        return HeldStream(
            folder.name,
            folder,
            self._effective(settings),
            self._objects,
            self._clock,
            self._disk,
            self._changed.set,
        )

    def _effective(self, settings: StreamSettings) -> StreamSettings:
        if settings.buffer_seconds is not None:
            return settings
        seconds = min(self._buffer_seconds * settings.default_times, MAX_BUFFER_SECONDS)
        return replace(settings, buffer_seconds=seconds, default_times=1)

    def _remove_folder(self, folder: Path) -> None:
        try:
            self._disk.remove(folder / _SETTINGS_FILE)
            self._disk.sync_folder(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Undelivered("the stream can't be removed") from error
        with suppress(OSError):  # without settings it is no stream any more; what is kept in it may stay
            self._disk.remove_folder(folder)


def _deliver(held: HeldStream) -> bool:
    try:
        held.deliver()
    except Undelivered as error:
        _log.warning("a stream's objects can't be delivered yet: %s", error)
        return False
    except Exception:  # noqa: BLE001 - the edge of one stream: the others go on
        _log.exception("a stream's objects can't be delivered")
        return False
    return True
