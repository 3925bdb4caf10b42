"""An object store that something else has to happen beside, whenever an object was put into it."""

from typing import BinaryIO

from domain.delivery.ports import ObjectStore


class OverseenObjects:
    """An `ObjectStore` that hands everything on to another; a subclass oversees what is put."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._objects.put(bucket, key, body)

    def get(self, bucket: str, key: str) -> bytes | None:
        return self._objects.get(bucket, key)

    def open(self, bucket: str, key: str) -> BinaryIO | None:
        return self._objects.open(bucket, key)

    def list_keys(self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None) -> list[str]:
        return self._objects.list_keys(bucket, prefix, after=after, limit=limit)

    def delete(self, bucket: str, key: str) -> None:
        self._objects.delete(bucket, key)
