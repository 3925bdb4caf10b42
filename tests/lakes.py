"""A lake in a folder, as a run on one machine has it, and ways to look into its tables without the connector."""

import json
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from connectors.lake.catalogs import LocalLakes
from connectors.lake.connector import LakeConnector
from connectors.lake.files import FolderFiles
from connectors.lake.parquet import ParquetConnector
from domain.delivery.connectors import RevisionTable, Target
from tests.landed import Time

DESTINATION = {"type": "lake", "managed": True, "table_format": "iceberg", "table": "shop_live"}
TARGET = Target("org_1", "env_1", DESTINATION)
FIELDS = [{"key": "name", "type": "STRING"}]
FIRST = RevisionTable("shop_live", "rev_1", "First", FIELDS)


class Rows:
    """What a connector to a lake makes, and what `pyiceberg` reads of it."""

    def make(self, *revision_ids):
        """Make the table for revisions, all of them unless they are named; return which fields have a column apart."""
        wanted = revision_ids or list(self.revisions)
        apart = self.connector.make_tables(self.target, [self.revisions[one] for one in wanted])
        return [tuple(one) for one in apart]

    def deliver(self, one, connector=None):
        connector = connector or self.connector
        return connector.deliver(self.target, one, self.revisions.get, Time().budget())

    def table(self):
        lake = self.lakes.open(self.target)
        return lake.catalog.load_table((lake.namespace, self.target.destination["table"]))

    def rows(self):
        """Return what pyiceberg reads, in the order of time and id."""
        return self.table().scan().to_arrow().sort_by([("_received_at", "ascending"), ("_event_id", "ascending")])

    def event_ids(self):
        return sorted(self.rows()["_event_id"].to_pylist())


class World(Rows):
    """A connector to a lake in a folder, and what its table holds."""

    def __init__(self, folder, *revisions, lakes=LocalLakes):
        self.lakes = lakes(folder / "lake", folder / "objects", "data")
        self.connector = LakeConnector(self.lakes.open)
        self.target = TARGET
        self.revisions = {one.revision_id: one for one in revisions or (FIRST,)}

    def files(self):
        return [task.file.file_path.removeprefix("file://") for task in self.table().scan().plan_files()]

    def duckdb(self, select):
        """Return the rows of a query over the files of the table, which is called `events`."""
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            files = json.dumps(self.files()).replace('"', "'")
            connection.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet({files}, union_by_name = true)")
            return connection.sql(select).fetchall()

    def parquet(self):
        return [pq.ParquetFile(path) for path in self.files()]

    def by_pyarrow(self):
        return [row for file in self.parquet() for row in file.read().to_pylist()]


class ParquetWorld:
    """A connector to a lake of files without a catalog, and what they hold."""

    target = Target("org_1", "env_1", {**DESTINATION, "table_format": "parquet"})

    def __init__(self, folder, *revisions, files=None):
        self.folder = folder / "objects/data/lake"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file_system = files or pa.fs.SubTreeFileSystem(str(self.folder), pa.fs.LocalFileSystem())
        self.now = datetime(2026, 11, 2, 12, tzinfo=UTC)
        self.connector = ParquetConnector(lambda _: FolderFiles(self.file_system), clock=self.now_ns)
        self.revisions = {one.revision_id: one for one in revisions or (FIRST,)}

    make, deliver = World.make, World.deliver

    def now_ns(self):
        return int(self.now.timestamp()) * 10**9

    def files(self):
        """Return the paths of all files with rows."""
        return sorted(path for path in self.folder.rglob("*.parquet") if not path.name.startswith("_"))

    def parquet(self):
        return [pq.ParquetFile(path) for path in self.files()]

    def by_pyarrow(self):
        """Return all rows in the order of time and id."""
        rows = [row for file in self.parquet() for row in file.read().to_pylist()]
        return sorted(rows, key=lambda row: (row["_received_at"], row["_event_id"]))

    def event_ids(self):
        return sorted(row["_event_id"] for row in self.by_pyarrow())
