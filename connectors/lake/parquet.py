"""Files of Parquet in folders that say what is in them: one for each object, revision and hour, each object once.

What stands in a folder is what there is: no catalog names files. One worker at a time writes for an environment. It
says which object it begins, writes its files, keeps that the object was added, and then which ids it has.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import ListType, NestedField

from connectors.lake.begun import Begun
from connectors.lake.capabilities import CAPABILITIES, ROWS_PER_GROUP
from connectors.lake.catalogs import Locks, translated
from connectors.lake.columns import Ids, Placed, iceberg_field
from connectors.lake.files import Files
from connectors.lake.hour_ids import Entries, HourIds, Remembered, start_of
from connectors.lake.ledger import ids_of, packed, text_of, unpacked
from connectors.lake.looking import held
from connectors.lake.place import Place, RevisionHour, files_of_others
from connectors.lake.planned_view import planned_revisions, planned_view
from connectors.lake.scanning import HOUR_CHARS, Scan, scanned
from connectors.lake.writing import Files as ObjectFiles
from connectors.lake.writing import Rows
from connectors.without_views import WithoutViews
from domain.clock import Clock
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
from domain.delivery.repeats import Suspects
from domain.errors import Misconfigured, Undelivered
from domain.queries.lake_views import View
from domain.warehouses.columns import Column, warehouse_columns
from schemas.lakes import LEDGER, LEDGER_DAYS

_PROBE = b"Written by a check of this destination.\n"
_SCHEMA_FILE = "_schema.parquet"
"""Of each revision, without rows: so that there is always a file to read."""
_IDS_DAYS = LEDGER_DAYS - 1
"""After which what was kept of an hour's ids may be gone."""
_NS = 1_000_000_000


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

    def list_view(self, target: Target, view: View) -> None:
        """Have a view over the tables of all revisions."""
        ...


class ParquetConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(
        self,
        open_files: OpenFiles,
        hold: Hold | None = None,
        listing: Listing | None = None,
        clock: Clock = time.time_ns,
    ) -> None:
        """Take where files are, what holds workers apart, those of one process unless given, and what lists tables."""
        self._open = open_files
        self._hold = hold or Locks().hold
        self._listing = listing
        self._clock = clock
        self._remembered = Remembered()

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

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Make the view over all revisions where tables are listed, unless not even one has room in it."""
        planned = planned_view(target, reversed(tables)) if self._listing is not None else None
        if self._listing is not None and planned is not None:
            self._listing.list_view(target, planned.view)

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        return planned_revisions(target, newest_first) if self._listing is not None else None

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
        ids, begun = HourIds(place, self._remembered), Begun(place)
        if text is not None:
            if begun.digest == landed.digest:
                self._finish(begun, ids)
            return _gone_over(HourFiles(lambda: None, None, landed.digest, rows), landed, scan, ids_of(text))
        noted = {} if landed.notes is None else landed.notes.read(scan.minutes)
        is_tried_again = begun.digest == landed.digest
        if not is_tried_again:
            self._settle(place, begun, ids)
        there = self._held(place, landed.digest, scan.with_noted(noted), ids, budget, opens_all=kept is not None)
        keys = [RevisionHour(*key) for key in scan.hours if key[0] in rows]
        files = HourFiles(partial(begun.write, landed.digest, keys), place, landed.digest, rows)
        outcomes = _gone_over(files, landed, scan, there)
        if is_tried_again:
            files.remove_others(begun.paths())
        self._make_tables(place, revisions, _first_days(keys))
        with translated("keep which object was added"):
            place.write(entry, lambda stream: stream.write(packed(text_of(frozenset(files.left_out)))))
        self._add_ids(ids, files.entries.items())
        begun.clear()
        return outcomes

    def _held(
        self, place: Place, digest: str, suspects: Suspects, ids: HourIds, budget: Budget, *, opens_all: bool
    ) -> frozenset[str]:
        """Return which events other objects have added.

        `opens_all`: the object was added, and what is known of it is damaged: only its files tell its ids from others.
        """
        to_open = {hour for hour in suspects.hours if opens_all or self._is_old(hour)}
        found = ids.held(suspects.hours - to_open, suspects, budget)
        if not to_open:
            return found
        return found | held(partial(files_of_others, place, digest, to_open), suspects, budget)

    def _settle(self, place: Place, begun: Begun, ids: HourIds) -> None:
        """Finish what another worker has begun, if only its ids have to be added, or undo it: its object comes again.

        Nobody is done with an object as long as it is named as begun, so none is undone that does not come again.
        """
        if begun.digest is None:
            return
        with translated("look for the object"):
            kept = place.files.read(f"{place.ledger}/{begun.digest}")
        if kept is not None and unpacked(kept) is not None:
            self._finish(begun, ids)
        else:
            begun.undo()
            begun.clear()

    def _finish(self, begun: Begun, ids: HourIds) -> None:
        self._add_ids(ids, begun.written())
        begun.clear()

    def _add_ids(self, ids: HourIds, by_hour: Iterable[tuple[str, Entries]]) -> None:
        for hour, entries in by_hour:
            if not self._is_old(start_of(hour)):
                ids.add(hour, entries)

    def _is_old(self, hour: datetime) -> bool:
        """Say whether what was kept of an hour may be forgotten already: then its files are opened."""
        return hour.timestamp() < self._clock() / _NS - _IDS_DAYS * 86_400


def _gone_over(files: "HourFiles", landed: LandedObject, scan: Scan, held: frozenset[str]) -> Outcomes:
    files.write(landed, scan.suspects.event_ids, held)
    return files.outcomes


class HourFiles(ObjectFiles):
    """The files of one object: one for each revision and hour, or several where there is much."""

    def __init__(self, begin: Callable[[], None], place: Place | None, digest: str, rows: dict[str, Rows]) -> None:
        """Take what is done before a file is written, where they go, and rows by revision; no place for a dry run."""
        super().__init__(None, digest, rows)
        self._begin = begin
        self._place = place
        self._digest = digest
        self._paths: set[str] = set()
        self.entries: defaultdict[str, Entries] = defaultdict(Entries)
        """What was written, by the hour."""

    @property
    def writes(self) -> bool:
        return self._place is not None

    def partition_of(self, stamps: Stamps) -> str:
        return stamps.minute[:HOUR_CHARS]

    def add_file(self, key: tuple[str, str], rows: pa.Table) -> None:
        assert self._place is not None
        self._begin()
        path = f"{self._place.folder(RevisionHour(*key))}/{self._digest}-{len(self._paths)}.parquet"
        self._place.write(path, lambda stream: _write_rows(stream, rows))
        self._paths.add(path)
        self.entries[key[1]].add(rows)

    def remove_others(self, paths: Iterable[str]) -> None:
        """Remove what an earlier try of this object has written and this one has not."""
        assert self._place is not None
        for path in set(paths) - self._paths:
            self._place.delete(path)


def _first_days(keys: Iterable[RevisionHour]) -> dict[str, str]:
    """Return by revision the first day on which an event arrived."""
    return {key.revision_id: key.hour.partition("T")[0] for key in sorted(keys, reverse=True)}


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
