"""A lake as a destination: one table for each environment, for all its revisions."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from connectors.lake.capabilities import CAPABILITIES
from connectors.lake.catalogs import Lake, Locks, OpenLake, translated
from connectors.lake.delivering import Delivering
from connectors.lake.tables import evolve, find_table, try_table
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
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Misconfigured, Undelivered
from schemas.lakes import PROBE_NAME

_PROBE = b"Written by a check of this destination.\n"


class LakeConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(self, open_lake: OpenLake, locks: Locks | None = None) -> None:
        self._open = open_lake
        self._locks = locks or Locks()

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        """Look at the catalog and for the table, and write a small file and an empty table, which go again.

        The namespace of the tables stays, if it was not there.
        """
        passed: list[CheckStep] = []
        probe = f"{PROBE_NAME}_{uuid4().hex}"
        try:
            lake = self._open(target)
        except (Undelivered, Misconfigured) as error:
            return [failed_step("role" if "role_arn" in target.destination else "catalog", str(error))]
        if "role_arn" in target.destination:
            passed.append(CheckStep("role"))
        steps: dict[str, Callable[[], object]] = {
            "catalog": lambda: find_table(lake, target),
            "write": lambda: _try_file(lake, probe),
            "table": lambda: try_table(lake, probe),
        }
        for name, step in steps.items():
            try:
                step()
            except (Undelivered, Misconfigured) as error:
                return [*passed, failed_step(name, str(error))]
            passed.append(CheckStep(name))
        return passed

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        """Give the one table a column for each field of these revisions, and have it looked after."""
        lake = self._open(target)
        _, apart = evolve(lake, target, tables)
        if lake.optimize is not None:
            lake.optimize(target.destination["table"])
        return apart

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        lock = self._locks.of(target.environment_id)
        if not lock.acquire(timeout=max(0.0, budget.seconds_left())):
            raise Undelivered("Others were adding to the table all the time.")
        try:
            return Delivering(self._open(target), target, tables, budget).deliver(landed)
        finally:
            lock.release()


def _try_file(lake: Lake, name: str) -> None:
    with translated("write a file"):
        io = lake.catalog._load_file_io(location=lake.folder)  # noqa: SLF001 - there is no table to ask for it
        path = f"{lake.folder}/{name}"
        with io.new_output(path).create() as stream:
            stream.write(_PROBE)
        with io.new_input(path).open() as stream:
            is_whole = stream.read() == _PROBE
        io.delete(path)
    if not is_whole:
        raise Undelivered("What was written is not what was read again.")
