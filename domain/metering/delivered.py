"""What was delivered, counted where it arrives: in the objects themselves.

Each line says when its event arrived and under which revision, so what was delivered stands beside what was accepted,
in the same minute.
"""

import io
import re
from collections import Counter
from datetime import datetime
from typing import BinaryIO

from domain.delivery.lines import ARRIVALS, whole_lines_of
from domain.delivery.overseen import OverseenObjects
from domain.delivery.ports import ObjectStore
from domain.metering.ports import DeliveredSink, UsageSums

_KEY = re.compile(r"(?!quarantine/|failed/)(?:.*/)?environment=(env_[0-9a-z]+)/")


def holds_events(key: str) -> bool:
    """Say whether an object of this key holds delivered events: not quarantined ones, nor what failed."""
    return _KEY.match(key) is not None


def delivered_sums(key: str, body: BinaryIO) -> list[UsageSums]:
    """Return how many events an object holds, by revision and minute of arrival.

    Args:
        key: the object's; it names the environment. One that holds no delivered events counts nothing.
        body: lines, gzipped or not, which are read bit by bit.
    """
    found = _KEY.match(key)
    if found is None:
        return []
    events: Counter[tuple[bytes, bytes]] = Counter()
    for lines in whole_lines_of(body):
        events.update(ARRIVALS.findall(b"\n" + lines))
    return [
        UsageSums(found[1], revision_id.decode(), _unix_seconds(minute), delivered=count)
        for (minute, revision_id), count in events.items()
    ]


def _unix_seconds(minute: bytes) -> int:
    return int(datetime.fromisoformat(f"{minute.decode()}:00+00:00").timestamp())


class MeteredObjects(OverseenObjects):
    """An `ObjectStore` that counts what is delivered into it.

    An object that is put again, as after a crash, counts once. If its count can't be kept, `put` raises `Undelivered`
    although the object is there: the writer puts it again, and delivering and counting end up the same.
    """

    def __init__(self, objects: ObjectStore, sink: DeliveredSink) -> None:
        super().__init__(objects)
        self._sink = sink

    def put(self, bucket: str, key: str, body: bytes) -> None:
        super().put(bucket, key, body)
        sums = delivered_sums(key, io.BytesIO(body))
        if sums:
            self._sink.add_delivered(f"{bucket}/{key}", sums)
