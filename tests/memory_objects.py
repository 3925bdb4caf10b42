"""Buckets in memory, which tell how often they were read."""

import io
from typing import BinaryIO

from domain.errors import Undelivered


class MemoryObjects:
    """Implements `ObjectStore`. `reads` counts what was got; it can't be reached while `unreachable`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.reads = 0
        self.unreachable = False

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._reach()
        self.objects[bucket, key] = body

    def get(self, bucket: str, key: str) -> bytes | None:
        self._reach()
        self.reads += 1
        return self.objects.get((bucket, key))

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        body = self.get(bucket, key)
        return None if body is None else io.BytesIO(body)

    def delete(self, bucket: str, key: str) -> None:
        self._reach()
        self.objects.pop((bucket, key), None)

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        self._reach()
        keys = (key for owner, key in self.objects if owner == bucket and key.startswith(prefix) and key > after)
        return sorted(keys)[:limit]

    def _reach(self) -> None:
        if self.unreachable:
            raise Undelivered("The objects can't be reached.")
