"""What a table needs from time to time where no service of AWS does it: few files, few snapshots, and no leftovers.

Small files of a day become larger ones. Snapshots expire after a day, and what only they named is removed. All of it is
done while no worker of this process adds to the table; a commit that others are ahead of is left to the next run.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.snapshots import Snapshot

from connectors.lake.catalogs import OWNER, Lake, translated
from connectors.lake.columns import PARTITION
from connectors.lake.ledger import Ledger
from connectors.lake.writing import sorted_by_time, write_file
from domain.clock import Clock
from domain.errors import Undelivered

_LOGGER = logging.getLogger(__name__)

MIN_FILES = 8
"""Small files of a day, before they become one."""
MAX_ROWS = 262_144
"""Of a file that is made so: what one run holds in memory."""
SMALL_ROWS = MAX_ROWS // 4
MAX_BYTES = 64 * 1024 * 1024
"""The size of all files that become one."""
KEPT_SECONDS = 86_400
"""How long a snapshot can be queried."""
MAX_EXPIRED = 500
"""Snapshots that go in one run."""
_MS = 1_000_000


class Upkeep:
    """Looks after one table."""

    def __init__(self, lake: Lake, name: tuple[str, ...], clock: Clock = time.time_ns) -> None:
        self._lake = lake
        self._name = name
        self._clock = clock

    def run(self) -> None:
        """Merge files, then let snapshots expire."""
        try:
            table = self._opened()
            for tasks in _small_files(table):
                self._merge(table, tasks)
                table = self._opened()
            self._expire(table)
        except CommitFailedException:
            _LOGGER.info("others are changing the table %s; it is looked after later", self._name[-1])

    def _opened(self) -> Table:
        with translated("look at the table"):
            return self._lake.catalog.load_table(self._name)

    def _merge(self, table: Table, tasks: Sequence[FileScanTask]) -> None:
        """Put one file in the place of several."""
        with translated("merge files"):
            scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
            rows = sorted_by_time(scan.to_table(tasks).cast(schema_to_pyarrow(table.schema())))
            day = str(table.spec().partition_to_path(tasks[0].file.partition, table.schema())).partition("=")[2]
            made = write_file(table, rows, table.schema(), f"{PARTITION}={day}/merged-{uuid4().hex}.parquet")
            if made.record_count != sum(task.file.record_count for task in tasks):
                raise Undelivered("The merged file does not hold what the others did.")
            transaction = table.transaction()
            with transaction.update_snapshot().overwrite() as overwrite:
                for task in tasks:
                    overwrite.delete_data_file(task.file)
                overwrite.append_data_file(made)
            transaction.commit_transaction()

    def _expire(self, table: Table) -> None:
        """Let snapshots of before yesterday go, and remove what only they name; the newest always stays."""
        newest = table.current_snapshot()
        until = self._clock() // _MS - KEPT_SECONDS * 1_000
        old = [one for one in table.metadata.snapshots if one.timestamp_ms < until and one != newest]
        old = list(islice(sorted(old, key=lambda one: one.timestamp_ms), MAX_EXPIRED))
        if not old:
            return
        with translated("let snapshots expire"):
            ledger = Ledger(self._lake, table.properties.get(OWNER, ""))
            for snapshot in old:
                ledger.keep_of(table, snapshot)
            gone = {one.snapshot_id for one in old}
            kept = [one for one in table.metadata.snapshots if one.snapshot_id not in gone]
            unneeded = _named(table, old) - _named(table, kept)
            table.maintenance.expire_snapshots().by_ids(sorted(gone)).commit()
        with translated("remove files that no snapshot names"):
            for path in unneeded:
                table.io.delete(path)


def _named(table: Table, snapshots: Sequence[Snapshot]) -> set[str]:
    """Return the paths of all files that snapshots name."""
    paths: set[str] = set()
    for snapshot in snapshots:
        paths.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in paths:
                continue
            paths.add(manifest.manifest_path)
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                paths.add(entry.data_file.file_path)
    return paths


def _small_files(table: Table) -> Iterator[list[FileScanTask]]:
    """Yield small files of one day that are to become one; those of which rows were deleted are left alone."""
    with translated("look for small files"):
        by_day: dict[Any, list[FileScanTask]] = defaultdict(list)
        for task in table.scan().plan_files():
            if (
                task.file.record_count < SMALL_ROWS
                and not task.delete_files
                and task.file.spec_id == table.spec().spec_id
            ):
                by_day[task.file.partition].append(task)
    for tasks in by_day.values():
        group: list[FileScanTask] = []
        rows = size = 0
        for task in tasks:
            rows += task.file.record_count
            size += task.file.file_size_in_bytes
            if group and (rows > MAX_ROWS or size > MAX_BYTES):
                break
            group.append(task)
        if len(group) >= MIN_FILES:
            yield group
