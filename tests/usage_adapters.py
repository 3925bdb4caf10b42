"""Every adapter of usage, for the contract suites: its sink, its delivered sink and its reader in one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.usage import DynamoUsageSink
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.memory_usage import MemoryUsage


class DynamoUsage:
    """Both sides of usage in DynamoDB; `shard` moves on with every addition, as over many handlers."""

    def __init__(self, client) -> None:
        self.client = client
        call = Calls(client, sleep=lambda _: None)
        self.sinks = [DynamoUsageSink(call, TABLE, shard=shard) for shard in range(8)]
        self._turn = 0
        reader = DynamoUsageReader(call, TABLE)
        self.series, self.codes, self.names = reader.series, reader.codes, reader.names
        self.organisations = reader.organisations

    def add(self, sums) -> None:
        self._next().add(sums)

    def add_delivered(self, object_name, sums) -> None:
        self._next().add_delivered(object_name, sums)

    def _next(self) -> DynamoUsageSink:
        self._turn += 1
        return self.sinks[self._turn % len(self.sinks)]


@contextmanager
def sqlite_usage(folder: Path) -> Iterator[SqliteUsage]:
    database = Database(folder / "state.db")
    yield SqliteUsage(database)
    database.close()


@contextmanager
def dynamodb_usage(_folder: Path) -> Iterator[DynamoUsage]:
    with dynamodb() as client:
        yield DynamoUsage(client)


@contextmanager
def memory_usage(_folder: Path) -> Iterator[MemoryUsage]:
    yield MemoryUsage()


ADAPTERS = {"sqlite": sqlite_usage, "dynamodb": dynamodb_usage, "memory": memory_usage}
