"""Objects of one hour as files of Parquet of a local run."""

import zlib
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from itertools import count
from tempfile import mkdtemp
from time import process_time

from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from benchmarks.counted import Counted
from connectors.lake.files import FolderFiles
from connectors.lake.parquet import ParquetConnector
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import RevisionTable, Target
from domain.delivery.landed import LandedObject

_NOW_NS = 1_793_614_272_000_000_000


class _Landed:
    """Landed objects of one hour, each with an event that its sender may send again."""

    def open(self, _bucket: str, key: str) -> BytesIO:
        event_id = f"evt_{zlib.crc32(key.encode()):012x}8{0:015x}"
        stamps = f'"_event_id":"{event_id}","_received_at":"2026-11-02T10:00:00.000000Z","_revision_id":"rev_1"'
        return BytesIO(f'{{{stamps},"number":1}}\n'.encode())


def next_of_an_hour(size: int, calls: Counter[str]) -> Callable[[], None]:
    """Return what writes one more object of an hour in which so many were written; its calls are counted."""
    folder = SubTreeFileSystem(mkdtemp(), LocalFileSystem())
    connector = ParquetConnector(lambda _: Counted(FolderFiles(folder), calls), clock=lambda: _NOW_NS)
    target = Target("org_1", "env_1", {"type": "lake", "managed": True, "table_format": "parquet", "table": "shop"})
    revision = RevisionTable("shop", "rev_1", "First", [{"key": "number", "type": "INT"}])
    numbers = count()

    def work() -> None:
        key = f"environment=env_1/dt=2026-11-02/hour=10/{next(numbers)}.gz"
        budget = TimeBudget(60.0, process_time, lambda _: None)
        connector.deliver(target, LandedObject(_Landed(), "landing", key), lambda _: revision, budget)

    for _ in range(size):
        work()
    return work
