"""The objects of the quarantine: where they stand, and what a line of one is."""

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from domain.delivery.messages import QuarantinedEvent, quarantined_event_from_message

PREFIX = "quarantine/"
_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_KEY = re.compile(
    r"quarantine/environment=([a-z0-9_]{1,64})/dt=(\d{4}-\d\d-\d\d)/hour=(\d\d)/[^/]+\.ndjson\.gz", re.ASCII
)

Partition = tuple[str, str, str]
"""An environment, a date `YYYY-MM-DD` and an hour `HH`, as `QuarantinedEvent.partition` has them."""


class Place(NamedTuple):
    """Whose events an object holds, and of which hour: its start in Unix seconds."""

    environment_id: str
    hour: int


def environment_prefix(environment_id: str) -> str:
    return f"{PREFIX}environment={environment_id}/"


def hour_prefix(environment_id: str, hour: int) -> str:
    """Return what the keys of an hour's objects start with; `hour` in Unix seconds."""
    moment = datetime.fromtimestamp(hour, UTC)
    return f"{environment_prefix(environment_id)}dt={moment:%Y-%m-%d}/hour={moment:%H}/"


def object_key(partition: Partition, lines: Mapping[str, bytes]) -> str:
    """Return the key of the object that holds the lines of these messages, the same whatever their order."""
    environment_id, date, hour = partition
    name = sha256("\0".join(sorted(lines)).encode()).hexdigest()[:32]
    return f"{environment_prefix(environment_id)}dt={date}/hour={hour}/{name}.ndjson.gz"


def object_body(lines: Mapping[str, bytes]) -> bytes:
    return zlib.compress(b"".join(lines[message_id] for message_id in sorted(lines)), wbits=_GZIP)


def place_of(key: str) -> Place | None:
    """Return whose events an object of this key holds, None for a key that is no quarantine object's."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found[2]}T{found[3]}:00:00+00:00")
    except ValueError:
        return None
    return Place(found[1], int(moment.timestamp()))


def events_of(body: bytes) -> list[QuarantinedEvent]:
    """Return an object's events, by the number of their line."""
    return [quarantined_event_from_message(line) for line in zlib.decompress(body, wbits=_GZIP).splitlines()]
