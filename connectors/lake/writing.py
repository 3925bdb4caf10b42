"""The events of an object as files of a table: one for each day and revision, or several where there is much.

Memory does not grow with the object: lines become columns a few megabytes at a time, and a file is sorted and written
when enough are gathered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import ParquetFormatModel, schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.table import Table, TableProperties

from connectors.lake.arrays import UNFIT_ERRORS, record_batch
from connectors.lake.capabilities import CHUNK_BYTES, FILE_BYTES, ROWS_PER_GROUP
from connectors.lake.catalogs import translated
from connectors.lake.columns import PARTITION, Placed
from domain.delivery.landed import NO_REVISION, UNFIT, UNSTAMPED, LandedObject, Outcomes, Stamps, stamps_of
from domain.delivery.marks import unmarked
from schemas.stamps import RECEIVED_AT

_DAY_CHARS = len("2026-11-29")
_BEFORE_SURROGATES, _AFTER_SURROGATES, _LAST_CHARACTER = "\ud7ff", "\ue000", "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Rows:
    """How the events of a revision become rows: its columns, and the schema of its files."""

    placed: list[Placed]
    schema: Schema
    arrow: pa.Schema


def rows_of(placed: list[Placed]) -> Rows:
    schema = Schema(*(one.field for one in placed))
    return Rows(placed, schema, schema_to_pyarrow(schema))


@dataclass(slots=True)
class _Gathered:
    """What is to be one file of a day and a revision."""

    lines: list[bytes] = field(default_factory=list)
    stamps: list[Stamps] = field(default_factory=list)
    line_bytes: int = 0
    batches: list[pa.RecordBatch] = field(default_factory=list)
    total_bytes: int = 0


class Files:
    """Writes the files of one object, or only finds out what becomes of its events."""

    def __init__(self, table: Table | None, digest: str, rows: dict[str, Rows]) -> None:
        """Take the table, None for a dry run, what the names of files are made of, and rows by revision."""
        self._table = table
        self._name = f"{digest}-{uuid4().hex}"
        self._rows = rows
        self._gathered: dict[tuple[str, str], _Gathered] = {}
        self._bytes = 0
        self.outcomes = Outcomes()
        self.written: list[DataFile] = []
        self.left_out: set[str] = set()
        """Events that were left out because the table holds them."""

    @property
    def writes(self) -> bool:
        """Whether there is a place for files."""
        return self._table is not None

    def partition_of(self, stamps: Stamps) -> str:
        """Return what the events of one file have in common."""
        return stamps.minute[:_DAY_CHARS]

    def write(self, landed: LandedObject, once: Iterable[str], held: frozenset[str]) -> None:
        """Go over an object: of the ids in `once` the first line alone stands, of those that are held none."""
        suspects = frozenset(once)
        seen: set[str] = set()
        for raw in landed.lines():
            line = unmarked(raw)
            stamps = stamps_of(line)
            if stamps is None:
                self.outcomes.refuse(line, UNSTAMPED)
                continue
            if stamps.revision_id not in self._rows:
                self.outcomes.refuse(line, NO_REVISION)
                continue
            if stamps.event_id in held:
                self.left_out.add(stamps.event_id)
                self.outcomes.leave_out(stamps)
                continue
            if stamps.event_id in suspects:
                if stamps.event_id in seen:
                    self.outcomes.leave_out(stamps)
                    continue
                seen.add(stamps.event_id)
            self._gather(line, stamps)
        for key in list(self._gathered):
            self._end(key)

    def discard(self) -> None:
        """Remove what was written, where that can be done: no commit names it."""
        for file in self.written:
            with translated("remove files that are not needed"):
                assert self._table is not None
                self._table.io.delete(file.file_path)
        self.written.clear()

    def _gather(self, line: bytes, stamps: Stamps) -> None:
        key = (stamps.revision_id, self.partition_of(stamps))
        gathered = self._gathered.get(key)
        if gathered is None:
            gathered = self._gathered[key] = _Gathered()
        gathered.lines.append(line)
        gathered.stamps.append(stamps)
        gathered.line_bytes += len(line)
        gathered.total_bytes += len(line)
        self._bytes += len(line)
        if gathered.line_bytes >= CHUNK_BYTES:
            self._convert(key, gathered)
        if self._bytes >= FILE_BYTES:
            self._end(max(self._gathered, key=lambda one: self._gathered[one].total_bytes))

    def _convert(self, key: tuple[str, str], gathered: _Gathered) -> None:
        """Make columns of the lines that are gathered; one that does not fit is refused alone."""
        rows = self._rows[key[0]]
        lines, stamps = gathered.lines, gathered.stamps
        gathered.lines, gathered.stamps, gathered.line_bytes = [], [], 0
        batch, fits = _fitting(lines, rows)
        if batch is not None:
            gathered.batches.append(batch)
        for line, one, does_fit in zip(lines, stamps, fits, strict=True):
            if does_fit:
                self.outcomes.deliver(one)
            else:
                self.outcomes.refuse(line, UNFIT)

    def _end(self, key: tuple[str, str]) -> None:
        """Write the file of a day and a revision."""
        gathered = self._gathered.pop(key)
        self._bytes -= gathered.total_bytes
        if gathered.lines:
            self._convert(key, gathered)
        if not self.writes or not gathered.batches:
            return
        table = pa.Table.from_batches(gathered.batches, self._rows[key[0]].arrow)
        gathered.batches.clear()
        with translated("write a file"):
            self.add_file(key, sorted_by_time(table))

    def add_file(self, key: tuple[str, str], rows: pa.Table) -> None:
        """Write a file of the rows of a revision and a partition."""
        assert self._table is not None
        revision_id, day = key
        name = f"{PARTITION}={day}/{self._name}-{len(self.written)}.parquet"
        self.written.append(write_file(self._table, rows, self._rows[revision_id].schema, name))


def _fitting(lines: list[bytes], rows: Rows) -> tuple[pa.RecordBatch | None, list[bool]]:
    """Return one batch of the lines that fit, and which these are; many small ones would take many times the memory."""
    batch = _batch(lines, rows)
    if batch is not None or len(lines) == 1:
        return batch, [batch is not None] * len(lines)
    half = len(lines) // 2
    first, fits = _fitting(lines[:half], rows)
    second, fit_too = _fitting(lines[half:], rows)
    both = [one for one in (first, second) if one is not None]
    return pa.concat_batches(both) if both else None, fits + fit_too


def _batch(lines: list[bytes], rows: Rows) -> pa.RecordBatch | None:
    try:
        return record_batch([orjson.loads(line) for line in lines], rows.placed, rows.arrow)
    except UNFIT_ERRORS:
        return None


def sorted_by_time(table: pa.Table) -> pa.Table:
    """Return rows by the time of their arrival; most come so."""
    times = table[RECEIVED_AT].combine_chunks()
    if len(times) < 2 or pc.all(pc.greater_equal(times[1:], times[:-1])).as_py():
        return table
    return table.take(pc.sort_indices(times))


def write_file(table: Table, rows: pa.Table, schema: Schema, name: str) -> DataFile:
    """Write rows of one day as a file of a table, which no snapshot names yet."""
    path = f"{table.location()}/data/{name}"
    properties = {**table.properties, TableProperties.PARQUET_ROW_GROUP_LIMIT: str(ROWS_PER_GROUP)}
    output = table.io.new_output(path)
    writer = ParquetFormatModel().create_writer(output, schema, properties)
    with writer:
        writer.write(rows)
    statistics: Any = writer.result()
    for held in statistics.column_aggregates.values():
        if isinstance(held.current_max, str):
            held.current_max = _upper_bound(held.current_max, held.trunc_length)
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=statistics.partition(table.spec(), table.schema()),
        file_size_in_bytes=len(output),
        sort_order_id=None,
        spec_id=table.spec().spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


def _upper_bound(text: str, chars: int | None) -> str:
    """Return the least text of so many characters that none with this beginning comes after, or the text if none is.

    The library's own may end in half a surrogate pair, which no file can hold.
    """
    head = text[:chars]
    if head == text:
        return text
    head = head.rstrip(_LAST_CHARACTER)
    if not head:
        return text
    follows = _AFTER_SURROGATES if head[-1] == _BEFORE_SURROGATES else chr(ord(head[-1]) + 1)
    return head[:-1] + follows
