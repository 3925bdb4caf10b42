"""What delivery needs of the world: streams, queues and objects.

A sink answers per record: one entry for each, in order, `None` where it is durable. It raises `Undelivered` when it
can't say that anything was taken. A record counts as taken only once a crash can't lose it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from domain.delivery.stream_settings import StreamSettings


class PutFailure(NamedTuple):
    """Why one record was not taken; `retryable` says whether the same call may succeed later.

    `uncertain` says that it may have been taken all the same: sent again, it may be there twice.
    """

    reason: str
    retryable: bool
    uncertain: bool = False


PutResults = list[PutFailure | None]


class StreamSink(Protocol):
    """The delivery streams, as ingest sees them."""

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        """Append records to a stream, in order; at most 500 records and 4 MiB a call, 1,000 KiB a record."""
        ...


class QueueSink(Protocol):
    """One queue, as its senders see it; a message body is text."""

    def send(self, bodies: Sequence[str]) -> PutResults: ...


class StreamAdmin(Protocol):
    """Makes and removes delivery streams; each call may be repeated without harm.

    Raises `Undelivered` when a call was not done, or it is not known whether it was, and `Misconfigured` for what the
    operator has to fix.
    """

    def create(self, stream: str, settings: "StreamSettings") -> None:
        """Make a stream, or give it other settings; one that is made may need some time until it is active."""
        ...

    def is_active(self, stream: str) -> bool:
        """Say whether a stream is there and takes records."""
        ...

    def holds_for_seconds(self, stream: str) -> float:
        """Return how long after its last record a stream may hold records that `delete` would lose; 0 for none."""
        ...

    def delete(self, stream: str) -> None:
        """Remove a stream, what it still holds being delivered before or, for `holds_for_seconds`, afterwards."""
        ...


class ObjectStore(Protocol):
    """Buckets of objects. A put is whole or not at all, and replaces what was there.

    Raises `Undelivered` when a call was not done.
    """

    def put(self, bucket: str, key: str, body: bytes) -> None: ...

    def get(self, bucket: str, key: str) -> bytes | None: ...

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        """Return an object to read bit by bit and to close, None if there is none; reading may raise `Undelivered`."""
        ...

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        """Return the keys that start with `prefix` and come after `after`, sorted; at most `limit` of them."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...


class SecretReader(Protocol):
    """Reads secrets by their names; raises `Undelivered` when it can't say what is there."""

    def get(self, name: str) -> str | None:
        """Return a secret, None where there is none."""
        ...


class SecretStore(SecretReader, Protocol):
    """Keeps what nobody may read but the functions that need it: one text per name, such as an environment's id.

    Raises `Undelivered` when a call was not done, and `Misconfigured` for what the operator has to fix; neither
    repeats anything of a secret.
    """

    def put(self, name: str, secret: str) -> None:
        """Keep a secret under a name of letters, digits, `_` and `-`; it replaces what was there."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret for good; one that is not there is no error."""
        ...
