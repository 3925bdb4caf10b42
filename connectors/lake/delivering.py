"""Adds an object to a table, once: whatever is repeated, killed, or done by two workers at the same time.

Each try opens the table as it is then, looks whether it holds the object, and which of the object's events; only then
does it commit, on that very table. If another was ahead, the next try looks again.
"""

from functools import partial

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from connectors.lake.capabilities import TRIES
from connectors.lake.catalogs import Lake, translated
from connectors.lake.expiring import let_oldest_go
from connectors.lake.ledger import Ledger
from connectors.lake.looking import files_of_table, held
from connectors.lake.scanning import Scan, scanned
from connectors.lake.tables import evolve, fit_of
from connectors.lake.writing import Files, Rows, rows_of
from domain.delivery.connectors import Budget, RevisionTable, TableOf, Target
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Undelivered

_PAUSE_SECONDS = 0.5


class Delivering:
    """Adds objects to the table of one environment."""

    def __init__(self, lake: Lake, target: Target, tables: TableOf, budget: Budget) -> None:
        self._lake = lake
        self._target = target
        self._tables = tables
        self._budget = budget
        self._ledger = Ledger(lake, target.environment_id)

    def deliver(self, landed: LandedObject) -> Outcomes:
        scan = scanned(landed)
        revisions = [found for found in map(self._tables, sorted(scan.revision_ids)) if found is not None]
        if landed.notes is not None:
            landed.notes.write(scan.sent_again)  # who writes another copy from now on finds them
        files: Files | None = None
        last: frozenset[str] | None = None
        for _ in range(TRIES):
            table, _apart = evolve(self._lake, self._target, revisions)
            left_out = self._ledger.find(table, landed.digest)
            if left_out is not None:
                if files is not None:
                    files.discard()
                return self._read_again(landed, scan, table, revisions, left_out)
            noted = {} if landed.notes is None else landed.notes.read(scan.minutes)
            there = held(partial(files_of_table, table), scan.with_noted(noted), self._budget)
            if files is None or there != last:
                if files is not None:
                    files.discard()
                files, last = Files(table, landed.digest, _rows(table, revisions)), there
                files.write(landed, scan.suspects.event_ids, there)
            if not files.written or self._commit(table, landed, files):
                return files.outcomes
            self._budget.wait(_PAUSE_SECONDS, Undelivered("Others keep changing the table."))
        if files is not None:
            files.discard()
        raise Undelivered("Others keep changing the table.")

    def _commit(self, table: Table, landed: LandedObject, files: Files) -> bool:
        """Add files to a table; return False if it is not the one that was opened any more."""
        self._ledger.keep_newest(table)
        left_out = frozenset(files.left_out)
        properties = self._ledger.properties(table, landed.digest, landed.key, left_out)
        transaction = table.transaction()
        try:
            with translated("add the events"):
                with transaction.update_snapshot(snapshot_properties=properties).merge_append() as append:
                    for file in files.written:
                        append.append_data_file(file)
                transaction.commit_transaction()
        except CommitFailedException:
            return False
        self._ledger.added(table, landed.digest, left_out)
        let_oldest_go(table, self._ledger)
        return True

    def _read_again(
        self,
        landed: LandedObject,
        scan: Scan,
        table: Table,
        revisions: list[RevisionTable],
        left_out: frozenset[str],
    ) -> Outcomes:
        """Return what became of the events of an object that the table holds."""
        files = Files(None, landed.digest, _rows(table, revisions))
        files.write(landed, scan.suspects.event_ids, left_out)
        return files.outcomes


def _rows(table: Table, revisions: list[RevisionTable]) -> dict[str, Rows]:
    return {revision.revision_id: rows_of(fit_of(table, revision).placed) for revision in revisions}
