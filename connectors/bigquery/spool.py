"""The rows of an object by table, written out before they are loaded: an object may be larger than memory.

An event may stand in an object more than once (`domain.delivery.marks`, `domain.ids.is_derived`); the first line alone
becomes a row. The same object always gives the same rows.
"""

import io
import tempfile
from array import array
from collections.abc import Container, Iterator
from contextlib import ExitStack
from typing import IO, Any

import orjson

from connectors.bigquery.revisions import Place, Places
from domain.delivery.landed import UNFIT, LandedObject, Outcomes, Stamps, stamps_of
from domain.delivery.marks import MARK, unmarked
from domain.delivery.repeats import Suspects
from domain.ids import is_derived

_MEMORY_BYTES = 4 * 1024 * 1024
"""Of each table; what is more goes to a file."""


class Rows:
    """The rows for one table, and which of them may be there twice, by lines of this object."""

    def __init__(self, place: Place, file: IO[bytes]) -> None:
        self.place = place
        self.file = file
        self.ends = array("Q")
        self.suspects = Suspects()

    def append(self, line: bytes) -> None:
        self.file.write(line)
        self.file.write(b"\n")
        self.ends.append(self.file.tell())

    def ids_among(self, event_ids: set[str]) -> set[str]:
        """Return which of these events have a row here."""
        if not event_ids:
            return set()
        every = (stamps_of(line) for line in self.lines(0, len(self.ends)))
        return {stamps.event_id for stamps in every if stamps is not None and stamps.event_id in event_ids}

    def part(self, start: int, end: int) -> "_Part":
        return _Part(self.file, self.ends[start - 1] if start else 0, self.ends[end - 1])

    def lines(self, start: int, end: int) -> Iterator[bytes]:
        self.file.seek(self.ends[start - 1] if start else 0)
        for _ in range(start, end):
            yield self.file.readline().rstrip(b"\n")


class _Part(io.RawIOBase):
    """A part of a file, as a file to be read."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self._file, self._start, self._end = file, start, end
        self._at = start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: self._start, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        self._at = max(self._start, origin + offset)
        return self.tell()

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._at)
        data = self._file.read(max(0, min(len(buffer), self._end - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class Spool:
    """The rows of an object by revision, and what became of the lines that are none."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}
        self.outcomes = Outcomes()
        self.sent_again: dict[str, set[str]] = {}
        """By minute, ids whose first line has no mark, and may be in another object: who writes that has to know."""
        self.minutes: set[str] = set()
        """Of lines without a mark: others may have been sent again."""
        self.may_hold_copies = False

    def note(self, stamps: Stamps, mark: bytes) -> None:
        if mark == MARK:
            self.sent_again.setdefault(stamps.minute, set()).add(stamps.event_id)
        elif not mark:
            self.minutes.add(stamps.minute)

    def suspect(self, rows: Rows, stamps: Stamps, *, is_marked: bool) -> None:
        derived = is_derived(stamps.event_id)
        if is_marked or stamps.event_id in rows.suspects.event_ids:
            self.may_hold_copies = True
        if is_marked or derived:
            rows.suspects.add(stamps.event_id, stamps.minute, is_derived=derived)


def spooled(landed: LandedObject, places: Places, files: ExitStack) -> Spool:
    """Return the rows of an object; `files` closes what they are written to."""
    spool = _read(landed, places, files, ())
    if not spool.may_hold_copies:
        return spool
    suspects = [rows.suspects.event_ids for rows in spool.tables.values()]
    return _read(landed, places, files, frozenset().union(*suspects))


def _read(landed: LandedObject, places: Places, files: ExitStack, once: Container[str]) -> Spool:
    """Return the rows of an object, of the ids in `once` the first alone."""
    spool = Spool()
    seen: set[str] = set()
    for raw in landed.lines():
        line = unmarked(raw)
        mark = raw[: len(raw) - len(line)]
        stamps = stamps_of(line)
        place = places.find(stamps)
        if isinstance(place, str) or stamps is None:
            spool.outcomes.refuse(line, str(place))
            continue
        spool.note(stamps, mark)
        if stamps.event_id in once:
            if stamps.event_id in seen:
                spool.outcomes.leave_out(stamps)
                continue
            seen.add(stamps.event_id)
        if place.convert is not None:
            row = place.row(line)
            if row is None:
                spool.outcomes.refuse(line, UNFIT)
                continue
            line = orjson.dumps(row)  # the same event, as BigQuery reads it
        rows = spool.tables.get(stamps.revision_id)
        if rows is None:
            file = files.enter_context(tempfile.SpooledTemporaryFile(_MEMORY_BYTES))  # noqa: SIM115
            rows = spool.tables[stamps.revision_id] = Rows(place, file)
        spool.suspect(rows, stamps, is_marked=bool(mark))
        rows.append(line)
    return spool
