"""Which objects a table holds: in the summaries of its snapshots, and in a small file for each that outlives them.

A commit names its object, so that both are there or neither is. Snapshots expire; so nobody commits before the object
of the newest commit has its file. What a file says is which of the object's events were left out, because the table had
them: what else became of an object is found by reading it again.

The files stand beside the tables and not below them: engines remove what they don't know there.
"""

import gzip
import zlib
from typing import Any
from uuid import uuid4

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from connectors.lake.catalogs import Lake, translated
from domain.errors import Undelivered
from schemas.lakes import LEDGER

OBJECT = "ingest.object"
KEY = "ingest.key"
MAX_ENTRY_BYTES = 128 * 1024 * 1024
"""As much as a landed object has of lines, of which ids are a part."""
LEFT_OUT = "ingest.left-out"
"""Of a snapshot: which file says what was left out; empty if nothing was."""


class Ledger:
    """The objects of one environment's table."""

    def __init__(self, lake: Lake, environment_id: str) -> None:
        self._folder = f"{lake.folder}/{LEDGER}/{environment_id}"

    def find(self, table: Table, digest: str) -> frozenset[str] | None:
        """Return what was left out of an object that the table holds, None if it does not hold it."""
        with translated("look for the object"):
            text = _read(table.io, self._path(digest))
            if text is not None:
                return ids_of(text)
            for snapshot in reversed(table.metadata.snapshots):
                if _property(snapshot, OBJECT) == digest:
                    return ids_of(self._keep(table.io, snapshot))
        return None

    def keep_newest(self, table: Table) -> None:
        """Give the object of the newest commit its file, if a crash has kept it from having one."""
        with translated("keep which object was added"):
            snapshot = table.current_snapshot()
            while snapshot is not None and _property(snapshot, OBJECT) is None:
                parent = snapshot.parent_snapshot_id
                snapshot = None if parent is None else table.metadata.snapshot_by_id(parent)
            if snapshot is not None:
                self.keep_of(table, snapshot)

    def keep_of(self, table: Table, snapshot: Snapshot) -> None:
        """Give the object of a commit its file if it has none."""
        digest = _property(snapshot, OBJECT)
        if digest is not None and not table.io.new_input(self._path(digest)).exists():
            self._keep(table.io, snapshot)

    def properties(self, table: Table, digest: str, key: str, left_out: frozenset[str]) -> dict[str, str]:
        """Return what a commit says of its object, once everything that it names is kept."""
        attempt = ""
        if left_out:
            attempt = uuid4().hex
            with translated("keep what is left out"):
                _write(table.io, self._path(f"{digest}-{attempt}"), text_of(left_out))
        return {OBJECT: digest, KEY: key, LEFT_OUT: attempt}

    def added(self, table: Table, digest: str, left_out: frozenset[str]) -> None:
        """Keep that an object was added."""
        with translated("keep which object was added"):
            _write(table.io, self._path(digest), text_of(left_out))

    def _keep(self, io: Any, snapshot: Snapshot) -> bytes:
        digest, attempt = _property(snapshot, OBJECT), _property(snapshot, LEFT_OUT)
        text = (_read(io, self._path(f"{digest}-{attempt}")) or b"") if attempt else b""
        _write(io, self._path(str(digest)), text)
        return text

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"


def _property(snapshot: Snapshot, name: str) -> str | None:
    found: str | None = None if snapshot.summary is None else snapshot.summary.additional_properties.get(name)
    return found


def packed(text: bytes) -> bytes:
    return gzip.compress(text, 1, mtime=0)


def unpacked(content: bytes) -> bytes | None:
    """Return what was packed, None of a part of it: a run that was killed may have left that.

    Raises:
        Undelivered: it unpacks to more than the events of any object could, so it is none of ours.
    """
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # the sixteen: as gzip
    try:
        text = unzip.decompress(content, MAX_ENTRY_BYTES + 1)
    except zlib.error:
        return None
    if len(text) > MAX_ENTRY_BYTES:
        raise Undelivered(
            "A file of the lake's ledger unpacks to more than an object holds. Remove it from the bucket."
        )
    return text if unzip.eof else None


def text_of(event_ids: frozenset[str]) -> bytes:
    return "\n".join(sorted(event_ids)).encode()


def ids_of(text: bytes) -> frozenset[str]:
    return frozenset(text.decode().split("\n")) - {""}


def _read(io: Any, path: str) -> bytes | None:
    """Return what a file holds, None if it is not there whole."""
    try:
        with io.new_input(path).open() as stream:
            return unpacked(stream.read())
    except FileNotFoundError:
        return None


def _write(io: Any, path: str, text: bytes) -> None:
    with io.new_output(path).create(overwrite=True) as stream:
        stream.write(packed(text))
