"""DynamoDB in process, with what moto leaves out: limits of size, one call at a time, tokens, and a count of it all."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
from moto import mock_aws

from adapters.dynamodb.definition import create_table

TABLE = "catalog"
MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_COUNTED_BYTES = 4 * 1024
MAX_READ_BYTES = 16 * 1024 * 1024
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html


def value_bytes(value: dict) -> int:
    ((kind, content),) = value.items()
    return len(content) if kind == "B" else len(content.encode())


def item_bytes(item: dict) -> int:
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


class SerialisedClient:
    """A client of moto through which calls of many threads go one after the other, in any order.

    moto's TransactWriteItems is not atomic under threads: it writes item by item, and undoes a transaction that was
    cancelled by putting the whole table back as it was, with what others wrote meanwhile gone. DynamoDB's are
    serialised, so here all calls are; what interleaves is what the adapter does between calls, as it does there.
    """

    def __init__(self, client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._done: dict[str, list] = {}
        self.exceptions = client.exceptions
        self.calls: Counter[str] = Counter()
        self.items_read = 0
        self.largest_item_bytes = 0
        self.largest_transaction_bytes = 0
        self.before: Callable[[str, dict], object] | None = None
        """Runs before each call, outside the lock; what it raises is what the call raises."""

    def forget_counts(self) -> None:
        self.calls.clear()
        self.items_read = 0

    def forget_tokens(self) -> None:
        """Let more than the ten minutes pass for which a token is known."""
        self._done.clear()

    def get_item(self, **request):
        answer = self._locked("get_item", request)
        self.items_read += 1
        return answer

    def query(self, **request):
        answer = self._locked("query", request)
        self.items_read += answer["ScannedCount"]
        return answer

    def batch_get_item(self, **request):
        ((name, asked),) = request["RequestItems"].items()
        assert len(asked["Keys"]) <= 100
        answer = self._locked("batch_get_item", request)
        self.items_read += len(asked["Keys"])
        assert sum(map(item_bytes, answer["Responses"][name])) <= MAX_READ_BYTES
        return answer

    def put_item(self, **request):
        self._measure(request["Item"])
        return self._locked("put_item", request)

    def update_item(self, **request):
        return self._locked("update_item", request)

    def delete_item(self, **request):
        return self._locked("delete_item", request)

    def transact_write_items(self, **request):
        operations = [next(iter(item.items())) for item in request["TransactItems"]]
        assert len(operations) <= 100
        size = 0
        for kind, operation in operations:
            if kind == "Put":
                self._measure(operation["Item"])
                size += item_bytes(operation["Item"])
            elif kind == "Update":  # of small items only: sums
                size += MAX_COUNTED_BYTES
            else:
                with self._lock:
                    stored = self._client.get_item(TableName=TABLE, Key=operation["Key"]).get("Item")
                size += item_bytes(stored or {})
        assert size <= MAX_TRANSACTION_BYTES
        self.largest_transaction_bytes = max(self.largest_transaction_bytes, size)
        return self._locked("transact_write_items", request)

    def _measure(self, item: dict) -> None:
        assert item_bytes(item) <= MAX_ITEM_BYTES
        self.largest_item_bytes = max(self.largest_item_bytes, item_bytes(item))

    def _locked(self, operation: str, request: dict):
        if self.before:
            self.before(operation, request)
        token = request.get("ClientRequestToken")
        with self._lock:
            self.calls[operation] += 1
            if token in self._done:
                assert self._done[token] == request["TransactItems"]
                return {}
            answer = getattr(self._client, operation)(**request)
            if token:
                self._done[token] = request["TransactItems"]
            return answer

    def everything(self) -> list[dict]:
        """Return all items as they are stored, chunks included."""
        pages = self._client.get_paginator("scan").paginate(TableName=TABLE)
        return [item for page in pages for item in page["Items"]]


@contextmanager
def dynamodb() -> Iterator[SerialisedClient]:
    """Yield a client of a DynamoDB that has the catalog's table, empty."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(client, TABLE)
        yield SerialisedClient(client)
