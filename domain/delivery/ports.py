"""What delivery needs of the world: streams, queues and objects.

A sink answers per record: one entry for each, in order, `None` where it is durable. It raises `Undelivered` when it
can't say that anything was taken. A record counts as taken only once a crash can't lose it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class PutFailure(NamedTuple):
    """Why one record was not taken; `retryable` says whether the same call may succeed later."""

    reason: str
    retryable: bool


PutResults = list[PutFailure | None]


class StreamSink(Protocol):
    """The delivery streams, as ingest sees them."""

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        """Append records to a stream, in order; at most 500 records and 4 MiB a call, 1,000 KiB a record."""
        ...


class QueueSink(Protocol):
    """One queue, as its senders see it; a message body is text."""

    def send(self, bodies: Sequence[str]) -> PutResults: ...


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How a stream buffers and where its objects go.

    `prefix` is a Firehose prefix: `!{timestamp:yyyy-MM-dd}` and its like are expanded with the time (UTC) at which
    the first record of an object arrived.
    """

    bucket: str
    prefix: str
    buffer_seconds: float
    buffer_bytes: int


class StreamAdmin(Protocol):
    """Makes and removes delivery streams; each call may be repeated without harm."""

    def create(self, stream: str, settings: StreamSettings) -> None: ...

    def is_active(self, stream: str) -> bool: ...

    def delete(self, stream: str) -> None:
        """Deliver what the stream still holds, then remove it."""
        ...


class ObjectStore(Protocol):
    """Buckets of objects. A put is whole or not at all, and replaces what was there."""

    def put(self, bucket: str, key: str, body: bytes) -> None: ...

    def get(self, bucket: str, key: str) -> bytes | None: ...

    def list_keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the keys that start with `prefix`, sorted."""
        ...
