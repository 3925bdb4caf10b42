"""Every adapter of usage, for the contract suites: its sink, its delivered sink and its reader in one."""

import threading

from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.dynamodb.usage_folding import DynamoUsageFolder
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.sqlite.usage import SqliteUsage
from adapters.tallies import TallySink
from schemas.limits import USAGE_FOLD_SECONDS
from tests.dynamodb_in_process import TABLE
from tests.memory_usage import MemoryUsage
from tests.stores import calls_without_waiting, on_each_store

START_NS = 1_793_600_000 * 1_000_000_000


class Tallies:
    """A queue of tallies that takes what it is sent."""

    def __init__(self):
        self.texts = []

    def send(self, bodies):
        self.texts += bodies
        return [None] * len(bodies)

    def received(self):
        texts, self.texts = self.texts, []
        return texts


class DynamoUsage:
    """Both sides of usage in DynamoDB; `shard` moves on with every object, as over many writers.

    What is added is folded at once, as a moment later on AWS.
    """

    def __init__(self, client) -> None:
        self.client = client
        call = calls_without_waiting(client)
        self.sinks = [DynamoDeliveredSink(call, TABLE, shard=shard) for shard in range(8)]
        self._turn = 0
        self._lock = threading.Lock()
        self._tallies = Tallies()
        self._sink = TallySink(self._tallies)
        self._now_ns = START_NS
        self._call = call
        self.begin_again()
        reader = DynamoUsageReader(call, TABLE)
        self.series, self.codes, self.names = reader.series, reader.codes, reader.names
        self.protocols = reader.protocols
        self.organisations, self.several = reader.organisations, reader.several

    def begin_again(self) -> None:
        """Have another process write from now on, which knows nothing yet."""
        self._folder = DynamoUsageFolder(self._call, TABLE, lambda: self._now_ns)

    def add(self, sums) -> None:
        self._sink.add(sums)
        with self._lock:
            assert all(self._folder.take(self._tallies.received()))
            self._now_ns += USAGE_FOLD_SECONDS * 1_000_000_000
            assert self._folder.fold()

    def add_delivered(self, object_name, sums) -> None:
        self._turn += 1
        self.sinks[self._turn % len(self.sinks)].add_delivered(object_name, sums)


ADAPTERS = on_each_store(sqlite=SqliteUsage, dynamo=DynamoUsage, memory=MemoryUsage)
