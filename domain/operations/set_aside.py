"""What destinations refused: the objects that the writer set aside, each with the refused events of one landed object.

Nothing in a list is of an event, a destination's reasons included, which may quote one.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from domain.delivery.landed import lines_of
from domain.delivery.ports import ObjectStore

_PREFIX = "set-aside/"
_KEY = re.compile(r"set-aside/environment=(env_[0-9a-z]+)/dt=([0-9-]+)/hour=([0-9]+)/([0-9a-f]+)\.ndjson\.gz")
_ID = re.compile(r"(env_[0-9a-z]+)-([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]+)-([0-9a-f]+)", re.ASCII)


class SetAsideObject(NamedTuple):
    """One object; `hour` is when its landed object began, as `YYYY-MM-DDTHH:00:00Z`."""

    id: str
    environment_id: str
    hour: str
    events: int


class SetAside:
    """Reads them. Raises `Undelivered` when they can't be reached."""

    def __init__(self, objects: ObjectStore, bucket: str) -> None:
        self._objects = objects
        self._bucket = bucket

    def page(
        self, limit: int, after: str | None, environment_id: str | None
    ) -> tuple[list[SetAsideObject], str | None]:
        """Return objects in order of environments and hours, and after which id to go on; None at the end."""
        prefix = f"{_PREFIX}environment={environment_id}/" if environment_id else _PREFIX
        last = _key(after) if after else ""
        keys = [key for key in self._objects.list_keys(self._bucket, prefix) if _KEY.fullmatch(key) and key > last]
        items = [self._object(key) for key in keys[:limit]]
        return items, items[-1].id if len(keys) > limit else None

    def find(self, object_id: str, limit: int) -> tuple[SetAsideObject, list[str]] | None:
        """Return an object and its first lines, each a JSON text with `reason` and `event`; None if it is not there."""
        key = _key(object_id)
        if not key or self._objects.get(self._bucket, key) is None:
            return None
        lines = [line.decode("utf-8", "replace") for line in islice(self._lines(key), limit)]
        return self._object(key), lines

    def _object(self, key: str) -> SetAsideObject:
        found = _KEY.fullmatch(key)
        assert found
        environment_id, day, hour, _ = found.groups()
        events = sum(1 for _ in self._lines(key))
        return SetAsideObject("-".join(found.groups()), environment_id, f"{day}T{hour}:00:00Z", events)

    def _lines(self, key: str) -> Iterator[bytes]:
        stream = self._objects.open(self._bucket, key)
        if stream is not None:  # None: it has gone since it was listed
            with stream:
                yield from lines_of(stream)


def _key(object_id: str) -> str:
    """Return the key of an id, none at all for what is no id."""
    found = _ID.fullmatch(object_id)
    if found is None:
        return ""
    environment_id, day, hour, digest = found.groups()
    return f"{_PREFIX}environment={environment_id}/dt={day}/hour={hour}/{digest}.ndjson.gz"
