"""Lakes of the local run whose catalog fails, also in the midst of a commit; and whose files fail, without one."""

import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.chaos.faults import Faults
from connectors.lake.catalogs import Lake, LocalLakes
from connectors.lake.files import FolderFiles
from connectors.lake.upkeep import KEPT_SECONDS, Upkeep
from domain.delivery.connectors import Target


class FailingLakes:
    """Opens lakes for one function."""

    def __init__(self, lakes: LocalLakes, faults: Faults, function: str) -> None:
        self._lakes = lakes
        self._faults = faults
        self._function = function

    def open(self, target: Target) -> Lake:
        return self._failing(self._lakes.open(target))

    def look_after(self) -> None:
        """Look after every table as the local run does, a day later: so no snapshot stays but the newest."""
        for lake, name, _ in self._lakes.tables():
            Upkeep(self._failing(lake), name, lambda: time.time_ns() + KEPT_SECONDS * 10**9).run()

    def files(self, target: Target) -> FolderFiles:
        """Return the files of lakes of Parquet, the calls of whose file system fail."""
        file_system = self._lakes.files(target).file_system
        return FolderFiles(self._faults.around(file_system, f"{self._function}.lake_files"))

    def _failing(self, lake: Lake) -> Lake:
        catalog: Any = _Catalog(lake.catalog, self._faults, self._function)
        return Lake(catalog, lake.namespace, lake.folder)


class _Catalog:
    """A catalog whose calls fail, those included that its tables make."""

    def __init__(self, catalog: Any, faults: Faults, function: str) -> None:
        self._faulty = faults.around(catalog, f"{function}.lake")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._faulty, name)

    def load_table(self, name: Any) -> Any:
        table = self._faulty.load_table(name)
        table.catalog = self
        return table


def lake_rows(lakes: LocalLakes, table: str) -> list[str]:
    """Return the ids of the rows of a table."""
    ((lake, name),) = [(lake, name) for lake, name, _ in lakes.tables() if name[-1] == table]
    found: list[str] = lake.catalog.load_table(name).scan().to_arrow()["_event_id"].to_pylist()
    return found


def parquet_rows(folder: Path, table: str) -> list[str]:
    """Return the ids of the rows of a table whose files stand below a folder."""
    paths = [path for path in folder.glob(f"*/{table}/**/*.parquet") if not path.name.startswith("_")]
    return [one for path in paths for one in pq.ParquetFile(path).read(["_event_id"])["_event_id"].to_pylist()]
