"""Removes what the quarantine keeps no longer, where no lifecycle rule of a bucket does it."""

from typing import Protocol

from domain.quarantine.objects import PREFIX, place_of

_DAY_SECONDS = 86_400


class RemovableObjects(Protocol):
    """Objects that can be taken away. Raises `Undelivered` when a call was not done."""

    def list_keys(self, bucket: str, prefix: str = "") -> list[str]: ...

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...


def oldest_kept(now: int, kept_days: int) -> int:
    """Return the start of the first hour of which everything is kept; Unix seconds."""
    kept_from = now - kept_days * _DAY_SECONDS
    return kept_from - kept_from % 3_600


def purge_objects(objects: RemovableObjects, bucket: str, before: int) -> int:
    """Remove the objects of the hours before that one; return how many there were."""
    old = [key for key in objects.list_keys(bucket, PREFIX) if (place := place_of(key)) and place.hour < before]
    for key in old:
        objects.delete(bucket, key)
    return len(old)
