"""Removes what the quarantine keeps no longer, where no lifecycle rule of a bucket does it."""

from domain.delivery.ports import ObjectStore
from domain.quarantine.objects import PREFIX, place_of

_DAY_SECONDS = 86_400


def oldest_kept(now: int, kept_days: int) -> int:
    """Return the start of the first hour of which everything is kept; Unix seconds."""
    kept_from = now - kept_days * _DAY_SECONDS
    return kept_from - kept_from % 3_600


def purge_objects(objects: ObjectStore, bucket: str, before: int) -> int:
    """Remove the objects of the hours before that one; return how many there were."""
    old = [key for key in objects.list_keys(bucket, PREFIX) if (place := place_of(key)) and place.hour < before]
    for key in old:
        objects.delete(bucket, key)
    return len(old)
