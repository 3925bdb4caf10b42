"""Lakes of a run on one machine: tables in a folder, and their upkeep. Their packages are large, and may be missing."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectors.lake.capabilities import CAPABILITIES, CATALOG_FILE
from connectors.without_views import WithoutViews
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    Connector,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Misconfigured, Undelivered
from local.failures import log_failure
from local.standing_in import FOLDER, NO_ROLE, StandingIn
from schemas.lakes import LEDGER_DAYS, MANAGED_PREFIX

NOT_INSTALLED = "What a lake needs is not installed on this machine: start the local run with `make run LAKE=yes`."
LEDGER_KEPT_SECONDS = LEDGER_DAYS * 86_400


class WithoutPackages(WithoutViews):
    """Implements `Connector` where the packages are not installed: it says so wherever it is asked."""

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:  # noqa: ARG002
        return [failed_step("packages", NOT_INSTALLED)]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:  # noqa: ARG002
        raise Misconfigured(NOT_INSTALLED)

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:  # noqa: ARG002
        raise Misconfigured(NOT_INSTALLED)


class OneMachine(StandingIn):
    """Lakes of one machine: those of the deployment are what they are, and for a user's bucket there is a folder."""

    def __init__(self, connector: Connector) -> None:
        super().__init__(connector, FOLDER, {"role": NO_ROLE})
        self._real = connector

    def check(self, target: Target) -> list[CheckStep]:
        return self._real.check(target) if target.destination.get("managed") else super().check(target)


class LocalLake:
    """The tables of one state directory."""

    def __init__(self, state_dir: Path, own_bucket: str, landing_bucket: str) -> None:
        self._folder = state_dir / "lake"
        self._objects = state_dir / "objects"
        self._own_bucket = own_bucket
        self._landing_bucket = landing_bucket
        self._lock = threading.Lock()
        self._opened: tuple[Any, Any] | None = None
        """The catalog's lakes, and the locks of tables."""

    @property
    def catalog_path(self) -> Path:
        """Where the tables are listed, once there are some."""
        return self._folder / CATALOG_FILE

    def connector(self) -> Connector:
        """Return the connector; the packages are loaded by who delivers to a lake, and not before."""
        try:
            lakes, locks = self._open()
        except ImportError:
            return WithoutPackages()
        from connectors.lake.connector import LakeConnector  # noqa: PLC0415
        from connectors.lake.formats import LakeFormats  # noqa: PLC0415
        from connectors.lake.parquet import ParquetConnector  # noqa: PLC0415

        iceberg = OneMachine(LakeConnector(lakes.open, locks))
        parquet = OneMachine(ParquetConnector(lakes.files, locks.hold))
        return LakeFormats({"iceberg": iceberg, "parquet": parquet})

    def look_after(self) -> None:
        """Merge small files, let snapshots expire, and forget which objects came long ago."""
        own = self._objects / self._own_bucket / MANAGED_PREFIX
        if not (self.catalog_path.exists() or own.exists() or self._opened):
            return
        try:
            lakes, locks = self._open()
        except ImportError:
            return
        from connectors.lake.upkeep import Upkeep  # noqa: PLC0415

        ledgers = set(lakes.files_ledgers())
        for lake, name, environment_id in lakes.tables():
            ledgers.add(lakes.ledger_dir(lake))
            try:
                with locks.of(environment_id):
                    Upkeep(lake, name).run()
            except Undelivered as error:  # one table must not hold up the others
                log_failure(f"looking after the table {name[-1]}", error)
        oldest = time.time() - LEDGER_KEPT_SECONDS
        for path in (path for ledger in ledgers for path in ledger.rglob("*")):
            with suppress(FileNotFoundError):  # it was finished and moved meanwhile
                if path.is_file() and path.stat().st_mtime < oldest:
                    path.unlink()

    def _open(self) -> tuple[Any, Any]:
        from connectors.lake.catalogs import LocalLakes, Locks  # noqa: PLC0415

        with self._lock:
            if self._opened is None:
                self._opened = LocalLakes(self._folder, self._objects, self._own_bucket, self._landing_bucket), Locks()
            return self._opened
