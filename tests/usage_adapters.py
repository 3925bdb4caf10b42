"""Every adapter of usage, for the contract suites: its sink, its delivered sink and its reader in one."""

from adapters.dynamodb.usage import DynamoUsageSink
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.sqlite.usage import SqliteUsage
from tests.dynamodb_in_process import TABLE
from tests.memory_usage import MemoryUsage
from tests.stores import calls_without_waiting, on_each_store


class DynamoUsage:
    """Both sides of usage in DynamoDB; `shard` moves on with every addition, as over many handlers."""

    def __init__(self, client) -> None:
        self.client = client
        call = calls_without_waiting(client)
        self.sinks = [DynamoUsageSink(call, TABLE, shard=shard) for shard in range(8)]
        self._turn = 0
        reader = DynamoUsageReader(call, TABLE)
        self.series, self.codes, self.names = reader.series, reader.codes, reader.names
        self.protocols = reader.protocols
        self.organisations, self.several = reader.organisations, reader.several

    def add(self, sums) -> None:
        self._next().add(sums)

    def add_delivered(self, object_name, sums) -> None:
        self._next().add_delivered(object_name, sums)

    def _next(self) -> DynamoUsageSink:
        self._turn += 1
        return self.sinks[self._turn % len(self.sinks)]


ADAPTERS = on_each_store(sqlite=SqliteUsage, dynamo=DynamoUsage, memory=MemoryUsage)
