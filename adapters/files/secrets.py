"""Secrets on one machine: a file each, which only its owner can read."""

import os
import re
from pathlib import Path

from adapters.files.disk import Disk, WholeFiles
from domain.errors import Undelivered

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


class OwnersDisk(Disk):
    """Makes files that nobody but their owner can open."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)


class FolderSecrets:
    """Implements `SecretStore`; raises `ValueError` for a name that can't be a file's."""

    def __init__(self, root: Path) -> None:
        """Take the folder; it is made if it is missing, and closed to everyone else."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
        self._root = root
        self._disk = OwnersDisk()
        self._files = WholeFiles(root, self._disk)
        self._files.discard_unfinished()

    def put(self, name: str, secret: str) -> None:
        path = self._path(name)
        try:
            self._files.put(path, [secret.encode()])
        except OSError as error:
            raise Undelivered(f"a secret can't be kept: {os.strerror(error.errno or 0)}") from error

    def get(self, name: str) -> str | None:
        try:
            return self._path(name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Undelivered(f"a secret can't be read: {os.strerror(error.errno or 0)}") from error

    def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            self._disk.remove(path)
            self._disk.sync_folder(self._root)
        except OSError as error:
            raise Undelivered(f"a secret can't be removed: {os.strerror(error.errno or 0)}") from error

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a secret's name takes letters, digits, `_` and `-`")
        return self._root / name
