"""Which table the rows of a revision go to, and how they are written for it; looked up once for an object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from google.cloud import bigquery

from connectors.bigquery.failures import MissingTable
from connectors.bigquery.rows import Convert, Reading, Row, converter
from connectors.bigquery.tables import ensure_table, table_id
from domain.delivery.connectors import RevisionTable, TableBeside, TableOf, Target
from domain.delivery.landed import NO_REVISION, UNSTAMPED, Stamps
from domain.errors import Undelivered


class PlaceBeside(NamedTuple):
    """Another table that an event may have gone to, while a canary ran."""

    table_id: str
    table: TableBeside


@dataclass(frozen=True, slots=True)
class Place:
    """The table of a revision. `convert` is None where a line can go as it is."""

    table: RevisionTable
    table_id: str
    convert: Convert | None
    beside: Sequence[PlaceBeside] = ()

    def row(self, line: bytes) -> Row | None:
        """Return the row of a line; None for one that does not fit its own revision."""
        try:
            row: Row = orjson.loads(line)
            if self.convert is not None:
                self.convert(row)
        except (ValueError, TypeError, AttributeError, OverflowError):
            return None
        return row


class Places:
    """The tables that the rows of an object go to."""

    def __init__(self, client: bigquery.Client, target: Target, tables: TableOf, read: Reading) -> None:
        self._client = client
        self._target = target
        self._tables = tables
        self._read = read
        self._known: dict[str, Place | None] = {}

    def find(self, stamps: Stamps | None) -> Place | str:
        """Return the place of a line, or why it has none."""
        if stamps is None:
            return UNSTAMPED
        revision_id = stamps.revision_id
        if revision_id not in self._known:
            table = self._tables(revision_id)
            self._known[revision_id] = None if table is None else self._place(table)
        return self._known[revision_id] or NO_REVISION

    def restore(self, place: Place) -> bool:
        """Make a table that is not there: it was removed, or never made. Return whether it is there now.

        False is what may pass: one that was just made may be there for the call that makes it, and not yet for the
        one that looks.

        Raises:
            MissingTable: there is no data set, either.
            Undelivered: not retryable.
        """
        try:
            ensure_table(self._client, self._target, place.table)
        except MissingTable:
            raise
        except Undelivered as error:
            if not error.retryable:
                raise
            return False
        return True

    def _place(self, table: RevisionTable) -> Place:
        convert = converter(table.fields, table.additional_keys, self._read)
        beside = [PlaceBeside(table_id(self._target, other.name), other) for other in table.beside]
        return Place(table, table_id(self._target, table.name), convert, beside)
