"""Which of some events a table holds already: only files of the time in which they arrived are opened."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.expressions import And, GreaterThanOrEqual, LessThan
from pyiceberg.table import Table

from connectors.lake.catalogs import translated
from domain.delivery.connectors import Budget
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered
from schemas.stamps import EVENT_ID, RECEIVED_AT

FilesOf = Callable[[datetime, datetime], Iterable[Callable[[], Any]]]
"""Finds the files that may hold events of a time; gives what opens each."""


def held(files_of: FilesOf, suspects: Suspects, budget: Budget) -> frozenset[str]:
    """Return which of these events stand in the files of their time."""
    if not suspects.event_ids or suspects.start is None or suspects.end is None:
        return frozenset()
    wanted = pa.array(sorted(suspects.event_ids), pa.large_string())
    found: set[str] = set()
    with translated("look for repeats"):
        for open_file in files_of(suspects.start, suspects.end):
            with open_file() as stream:
                found.update(_held_by(stream, wanted, suspects))
            if budget.seconds_left() <= 0:
                raise Undelivered("There was no time left to look for repeats.")
    return frozenset(found)


def files_of_table(table: Table, start: datetime, end: datetime) -> Iterator[Callable[[], Any]]:
    """Find those of a table as it was opened."""
    in_time = And(GreaterThanOrEqual(RECEIVED_AT, start.isoformat()), LessThan(RECEIVED_AT, end.isoformat()))
    for task in table.scan(row_filter=in_time).plan_files():
        yield table.io.new_input(task.file.file_path).open


def _held_by(stream: Any, wanted: pa.Array, suspects: Suspects) -> Iterator[str]:
    """Yield which ids a file holds, of the groups of rows that may be of that time."""
    file = pq.ParquetFile(stream)
    for group in range(file.num_row_groups):
        times = _times(file, group)
        if times is not None and (times.max < suspects.start or times.min >= suspects.end):
            continue
        column = file.read_row_group(group, columns=[EVENT_ID])[EVENT_ID]
        ids = column.cast(pa.large_string()).combine_chunks()
        yield from ids.filter(pc.is_in(ids, value_set=wanted)).to_pylist()


def _times(file: pq.ParquetFile, group: int) -> Any:
    """Return what a group says of its times; None if it says nothing."""
    row_group = file.metadata.row_group(group)
    for index in range(row_group.num_columns):
        column = row_group.column(index)
        if column.path_in_schema == RECEIVED_AT:
            return column.statistics if column.statistics is not None and column.statistics.has_min_max else None
    return None
