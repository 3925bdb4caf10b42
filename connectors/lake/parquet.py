"""Files of Parquet in folders that say what is in them: one for each object, revision and hour, each object once.

What stands in a folder is what there is: no catalog names files. A file has the name of its object, which writes the
same files again if it comes again; the ledger says when it was done. One worker at a time writes for an environment.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import ListType, NestedField

from connectors.lake.capabilities import CAPABILITIES, ROWS_PER_GROUP
from connectors.lake.catalogs import Locks, translated
from connectors.lake.columns import Ids, Placed, iceberg_field
from connectors.lake.files import Files, Fill
from connectors.lake.ledger import ids_of, packed, text_of, unpacked
from connectors.lake.looking import held
from connectors.lake.scanning import Scan, scanned
from connectors.lake.writing import Files as ObjectFiles
from connectors.lake.writing import Rows
from connectors.without_views import WithoutViews
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.landed import LandedObject, Outcomes, Stamps
from domain.errors import Misconfigured, Undelivered
from domain.warehouses.columns import Column, warehouse_columns
from schemas.lakes import LEDGER, files_folder

_HOUR_CHARS = len("2026-11-29T10")
_FILE = re.compile(r"/[0-9a-f]{32}-\d+\.parquet$")
"""Of an object. Others may put theirs into a bucket of a user: they are none of ours."""
_PROBE = b"Written by a check of this destination.\n"
_SCHEMA_FILE = "_schema.parquet"
"""Of each revision, without rows: so that there is always a file to read."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one environment; `may_go_on` raises `Undelivered` if another writer may have begun."""

    files: Files
    target: Target
    may_go_on: Callable[[], None] = lambda: None

    @property
    def table(self) -> str:
        return files_folder(self.target.organisation_id, self.target.destination)

    @property
    def ledger(self) -> str:
        return f"{LEDGER}/{self.target.environment_id}"

    def revision(self, revision_id: str) -> str:
        return f"{self.table}/revision={revision_id}/environment={self.target.environment_id}"

    def write(self, path: str, fill: Fill) -> None:
        self.may_go_on()
        self.files.write(path, fill)

    def delete(self, path: str) -> None:
        self.may_go_on()
        self.files.delete(path)


OpenFiles = Callable[[Target], Files]
"""Opens the folder of an environment's lake."""
Hold = Callable[[str, Budget], AbstractContextManager[Callable[[], None]]]
"""Has one worker at a time write for an environment; gives what raises `Undelivered` once that is not sure any more."""


class Listing(Protocol):
    """Lists files as tables, one for each revision, where a catalog does that."""

    def check(self, target: Target) -> None:
        """Make a table, change it and remove it."""
        ...

    def list_revision(self, target: Target, folder: str, table: RevisionTable, first_day: str | None) -> None:
        """Have a table over the files in a folder, which may have rows from a day on; now if none is given."""
        ...


class ParquetConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(self, open_files: OpenFiles, hold: Hold | None = None, listing: Listing | None = None) -> None:
        """Take where files are, what holds workers apart, those of one process unless given, and what lists tables."""
        self._open = open_files
        self._hold = hold or Locks().hold
        self._listing = listing

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        """Write a small file, and a table where tables are listed; both go again."""
        passed: list[CheckStep] = []
        steps: dict[str, Callable[[Target], object]] = {"write": self._try_file}
        if "role_arn" in target.destination:
            steps = {"role": self._open, **steps}
        if self._listing is not None:
            steps["table"] = self._listing.check
        for name, step in steps.items():
            try:
                step(target)
            except (Undelivered, Misconfigured) as error:
                return [*passed, failed_step(name, str(error))]
            passed.append(CheckStep(name))
        return passed

    def _try_file(self, target: Target) -> None:
        with translated("write a file"):
            place = self._place(target)
            path = f"{LEDGER}/check-{uuid4().hex}"
            place.write(path, lambda stream: stream.write(_PROBE))
            is_whole = place.files.read(path) == _PROBE and path in place.files.below(LEDGER)
            place.delete(path)
        if not is_whole:
            raise Undelivered("What was written is not what was read and listed again.")

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        """Give each of these revisions a file without rows; no column is apart, since each has files of its own."""
        self._make_tables(self._place(target), tables, {})
        return []

    def _make_tables(self, place: Place, tables: Sequence[RevisionTable], first_days: Mapping[str, str]) -> None:
        """Have files without rows, and tables; `first_days` are those of the rows of revisions, by their ids."""
        for table in tables:
            folder = place.revision(table.revision_id)
            path = f"{folder}/{_SCHEMA_FILE}"
            with translated("write a file"):
                if place.files.read(path) is None:
                    place.write(path, partial(_write_rows, rows=rows_of_revision(table).arrow.empty_table()))
            if self._listing is not None:
                self._listing.list_revision(place.target, folder, table, first_days.get(table.revision_id))

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        with self._hold(target.environment_id, budget) as may_go_on:
            return self._deliver(self._place(target, may_go_on), landed, tables, budget)

    def _place(self, target: Target, may_go_on: Callable[[], None] = lambda: None) -> Place:
        return Place(self._open(target), target, may_go_on)

    def _deliver(self, place: Place, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        scan = scanned(landed)
        revisions = [found for found in map(tables, sorted(scan.revision_ids)) if found is not None]
        if landed.notes is not None:
            landed.notes.write(scan.sent_again)  # who writes another copy from now on finds them
        rows = {revision.revision_id: rows_of_revision(revision) for revision in revisions}
        entry = f"{place.ledger}/{landed.digest}"
        with translated("look for the object"):
            kept = place.files.read(entry)
        text = None if kept is None else unpacked(kept)
        if text is not None:
            return _gone_over(HourFiles(None, landed.digest, rows), landed, scan, ids_of(text))
        noted = {} if landed.notes is None else landed.notes.read(scan.minutes)
        files = HourFiles(place, landed.digest, rows)
        others = partial(_files_of_others, place, landed.digest)
        outcomes = _gone_over(files, landed, scan, held(others, scan.with_noted(noted), budget))
        with translated("remove files that are not needed"):
            files.remove_others()
        self._make_tables(place, revisions, files.first_days())
        with translated("keep which object was added"):
            place.write(entry, lambda stream: stream.write(packed(text_of(frozenset(files.left_out)))))
        return outcomes


def _gone_over(files: "HourFiles", landed: LandedObject, scan: Scan, held: frozenset[str]) -> Outcomes:
    files.write(landed, scan.suspects.event_ids, held)
    return files.outcomes


class HourFiles(ObjectFiles):
    """The files of one object: one for each revision and hour, or several where there is much."""

    def __init__(self, place: Place | None, digest: str, rows: dict[str, Rows]) -> None:
        """Take where they go, None for a dry run, what their names are made of, and rows by revision."""
        super().__init__(None, digest, rows)
        self._place = place
        self._digest = digest
        self._seen: set[tuple[str, str]] = set()
        self._paths: set[str] = set()

    @property
    def writes(self) -> bool:
        return self._place is not None

    def partition_of(self, stamps: Stamps) -> str:
        return stamps.minute[:_HOUR_CHARS]

    def add_file(self, key: tuple[str, str], rows: pa.Table) -> None:
        assert self._place is not None
        path = f"{self._folder(key)}/{self._digest}-{len(self._paths)}.parquet"
        self._place.write(path, lambda stream: _write_rows(stream, rows))
        self._paths.add(path)

    def see(self, stamps: Stamps) -> None:
        self._seen.add((stamps.revision_id, self.partition_of(stamps)))

    def remove_others(self) -> None:
        """Remove what an earlier try of this object has written and this one has not."""
        assert self._place is not None
        for key in self._seen:
            for path in self._place.files.below(self._folder(key)):
                if _is_of(path, self._digest) and path not in self._paths:
                    self._place.delete(path)

    def first_days(self) -> dict[str, str]:
        """Return by revision the first day on which an event arrived."""
        return {revision_id: hour.partition("T")[0] for revision_id, hour in sorted(self._seen, reverse=True)}

    def _folder(self, key: tuple[str, str]) -> str:
        assert self._place is not None
        revision_id, hour = key
        day, _, number = hour.partition("T")
        return f"{self._place.revision(revision_id)}/dt={day}/hour={number}"


def _is_of(path: str, digest: str) -> bool:
    """Say whether a file is one of an object."""
    return path.rpartition("/")[2].startswith(f"{digest}-")


def _files_of_others(place: Place, digest: str, start: datetime, end: datetime) -> Iterator[Callable[[], Any]]:
    """Find the files of other objects, of all revisions."""
    for revision in place.files.below(place.table):
        for day in place.files.below(f"{revision}/environment={place.target.environment_id}"):
            date = day.rpartition("/dt=")[2]
            if not f"{start:%Y-%m-%d}" <= date <= f"{end:%Y-%m-%d}":
                continue
            for folder in place.files.below(day):
                begins = _start_of(folder)
                if begins is not None and begins < end and begins + timedelta(hours=1) > start:
                    for path in place.files.below(folder):
                        if _FILE.search(path) and not _is_of(path, digest):
                            yield partial(place.files.open, path)


def _start_of(folder: str) -> datetime | None:
    """Return when the hour of a folder begins; None for a folder that is none of ours."""
    try:
        return datetime.strptime(folder.rpartition("/dt=")[2], "%Y-%m-%d/hour=%H").replace(tzinfo=UTC)
    except ValueError:
        return None


def rows_of_revision(table: RevisionTable) -> Rows:
    """Return how the events of a revision become rows of its own files."""
    ids = Ids()
    columns = warehouse_columns(table.fields, table.additional_keys)
    placed = [_placed(column, iceberg_field(column, column.name, ids)) for column in columns]
    schema = Schema(*(one.field for one in placed))
    return Rows(placed, schema, schema_to_pyarrow(schema, include_field_ids=False))


def _placed(column: Column, field: NestedField) -> Placed:
    held = field.field_type
    struct = held.element_type if isinstance(held, ListType) else held
    inner = zip(column.fields, getattr(struct, "fields", ()), strict=True)
    return Placed(column, field, tuple(_placed(one, below) for one, below in inner))


def _write_rows(stream: Any, rows: pa.Table) -> None:
    with pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer:
        writer.write_table(rows, row_group_size=ROWS_PER_GROUP)
