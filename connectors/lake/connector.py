"""A lake as a destination: one table for each environment, for all its revisions."""

from collections.abc import Iterable, Sequence
from uuid import uuid4

from connectors.lake.capabilities import CAPABILITIES
from connectors.lake.catalogs import Locks, OpenLake, translated
from connectors.lake.delivering import Delivering
from connectors.lake.tables import evolve, find_table
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
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Misconfigured, Undelivered

PROBE_NAME = "_ingest_check"


class LakeConnector:
    """Implements `Connector`."""

    def __init__(self, open_lake: OpenLake, locks: Locks | None = None) -> None:
        self._open = open_lake
        self._locks = locks or Locks()

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        """Look at the catalog and for the table, and write a small file beside it, which goes again."""
        try:
            lake = self._open(target)
            find_table(lake, target)
        except (Undelivered, Misconfigured) as error:
            return [failed_step("catalog", str(error))]
        try:
            with translated("write a file"):
                io = lake.catalog._load_file_io(location=lake.folder)  # noqa: SLF001 - there is no table to ask for it
                path = f"{lake.folder}/{PROBE_NAME}-{uuid4().hex}"
                with io.new_output(path).create() as stream:
                    stream.write(b"Written by a check of this destination.\n")
                io.delete(path)
        except (Undelivered, Misconfigured) as error:
            return [CheckStep("catalog"), failed_step("write", str(error))]
        return [CheckStep("catalog"), CheckStep("write")]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        """Give the one table a column for each field of these revisions."""
        _, apart = evolve(self._open(target), target, tables)
        return apart

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Do nothing: the table holds all revisions."""

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str]:  # noqa: ARG002
        """Return all of them: the table holds all revisions."""
        return [table.revision_id for table in newest_first]

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:  # noqa: ARG002
        """Return none: there are no views."""
        return {}

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        lock = self._locks.of(target.environment_id)
        if not lock.acquire(timeout=max(0.0, budget.seconds_left())):
            raise Undelivered("Others were adding to the table all the time.")
        try:
            return Delivering(self._open(target), target, tables, budget).deliver(landed)
        finally:
            lock.release()
