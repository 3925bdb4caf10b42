"""The file operations whose order and failure decide what survives a crash.

Everything that writes under the state folder goes through a `Disk`, so that a test can put one in its place that is
full, breaks, or stops dead between any two operations.
"""

import itertools
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# Leaves out what nobody waits for, such as the time of change; macOS has only the other.
_sync = getattr(os, "fdatasync", os.fsync)


class Disk:
    """The real one. All methods raise `OSError`."""

    def create(self, path: Path) -> int:
        """Make a new file to append to; return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all of `data`, or raise with an unknown part of it written."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Make a file's content and length durable."""
        _sync(descriptor)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        os.ftruncate(descriptor, size_bytes)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        path.mkdir(exist_ok=True)

    def remove_folder(self, path: Path) -> None:
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class WholeFiles:
    """Writes files that are there whole and durable, or not at all, below one folder."""

    def __init__(self, root: Path, disk: Disk) -> None:
        """Take the folder, which exists; unfinished files stand in `.unfinished` below it."""
        self._root = root
        self._disk = disk
        self._unfinished = root / ".unfinished"
        self._numbers = itertools.count()
        self._durable_folders = {root}
        self._folders_lock = threading.Lock()

    def put(self, path: Path, parts: Sequence[bytes]) -> None:
        """Write a file, replacing the one that was there; raise `OSError` if it can't be made durable."""
        try:
            self._put(path, parts)
        except FileNotFoundError:
            # Someone removed a folder that was known to be there.
            with self._folders_lock:
                self._durable_folders = {self._root}
            self._put(path, parts)

    def discard_unfinished(self) -> None:
        """Remove what a crash left unfinished; call it before the first `put`."""
        if self._unfinished.is_dir():
            for path in self._unfinished.iterdir():
                self._disk.remove(path)

    def _put(self, path: Path, parts: Sequence[bytes]) -> None:
        self._make_folders(self._unfinished)
        self._make_folders(path.parent)
        unfinished = self._unfinished / f"{os.getpid()}-{next(self._numbers)}"
        try:
            descriptor = self._disk.create(unfinished)
            try:
                for part in parts:
                    self._disk.write(descriptor, part)
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._disk.rename(unfinished, path)
        except OSError:
            with suppress(OSError):
                self._disk.remove(unfinished)
            raise
        self._disk.sync_folder(path.parent)

    def _make_folders(self, folder: Path) -> None:
        if folder in self._durable_folders:
            return
        with self._folders_lock:
            missing = [folder, *folder.parents]
            missing = missing[: next(n for n, parent in enumerate(missing) if parent in self._durable_folders)]
            for path in reversed(missing):
                self._disk.make_folder(path)
                self._disk.sync_folder(path.parent)
                self._durable_folders.add(path)
