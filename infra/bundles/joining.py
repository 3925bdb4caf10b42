"""Joins the compiled modules of a bundle in one file, where its function reads them from one."""

from collections.abc import Iterable
from pathlib import Path

from functions.ingest.joined_modules import joined_file, write_joined

READER = Path("functions/ingest/joined_modules.py")
BEFORE_IT = {
    Path("functions/__init__.py"),
    Path("functions/ingest/__init__.py"),
    Path("functions/ingest/aws.py"),
    Path("functions/ingest/late_modules.py"),
    READER,
}
"""What is imported before the file is read, and so stays in files of its own."""

_MAGIC_BYTES, _HEADER_BYTES = 4, 16
"""Before the code in a compiled file: https://peps.python.org/pep-0552/."""


def join_modules(folder: Path, files: Iterable[Path], python: str) -> None:
    """Put the compiled modules of a bundle into one file, in the place of one each, if it has a reader.

    Args:
        folder: the bundle's.
        files: the modules, relative to it.
        python: such as `3.14`.
    """
    files = set(files)
    tag = f"cpython-{python.replace('.', '')}"
    compiled = {path: (folder / path).parent / "__pycache__" / f"{path.stem}.{tag}.pyc" for path in files}
    if READER not in files or not compiled[READER].exists():
        return
    modules, magic_number = {}, compiled[READER].read_bytes()[:_MAGIC_BYTES]
    for path in sorted(files - BEFORE_IT):
        modules[_name(path)] = path.as_posix(), compiled[path].read_bytes()[_HEADER_BYTES:]
        compiled[path].unlink()
    (folder / joined_file(tag)).write_bytes(write_joined(modules, magic_number))


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
