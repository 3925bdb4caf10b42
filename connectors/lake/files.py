"""Files of lakes that have no table of Iceberg: what is asked of the folder that they stand in."""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

from schemas.lakes import LEDGER

Fill = Callable[[Any], None]
"""Writes what a file is to hold."""


class Files(Protocol):
    """Files by their paths in the folder of all lakes. A file is there whole or not at all."""

    def below(self, folder: str) -> list[str]:
        """Return the paths of what is directly below a folder, none of one that is not there."""
        ...

    def read(self, path: str) -> bytes | None: ...

    def open(self, path: str) -> Any:
        """Return a file that is there, to read any part of it."""
        ...

    def write(self, path: str, fill: Fill) -> None: ...

    def delete(self, path: str) -> None: ...


class FolderFiles:
    """Implements `Files` by a file system of Arrow: a file is written beside, and then moved."""

    def __init__(self, file_system: Any) -> None:
        self.file_system = file_system

    def below(self, folder: str) -> list[str]:
        import pyarrow.fs  # noqa: PLC0415 - only lakes of files on one machine need it

        selector = pyarrow.fs.FileSelector(folder, allow_not_found=True)
        return sorted(found.path for found in self.file_system.get_file_info(selector))

    def read(self, path: str) -> bytes | None:
        try:
            with self.file_system.open_input_stream(path) as stream:
                content: bytes = stream.read()
                return content
        except FileNotFoundError:
            return None

    def open(self, path: str) -> Any:
        return self.file_system.open_input_file(path)

    def write(self, path: str, fill: Fill) -> None:
        unfinished = f"{LEDGER}/unfinished/{uuid4().hex}"
        with self._in_folder(unfinished, lambda: self.file_system.open_output_stream(unfinished)) as stream:
            fill(stream)
        self._in_folder(path, lambda: self.file_system.move(unfinished, path))

    def _in_folder(self, path: str, do: Callable[[], Any]) -> Any:
        """Do what needs the folder of a path, which is there most of the time."""
        try:
            return do()
        except FileNotFoundError:
            self.file_system.create_dir(path.rpartition("/")[0], recursive=True)
            return do()

    def delete(self, path: str) -> None:
        self.file_system.delete_file(path)
