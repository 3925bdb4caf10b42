"""What names an event that was delivered: the text at the first of its revision's pointers that was stored.

Ingest names events by what was sent. Of that, a delivered event has what fields read, and what `_extra` keeps.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from domain.delivery.batching import Event
from domain.delivery.connectors import RevisionTable, TableOf
from schemas.limits import MAX_EVENT_NAME_CHARS
from schemas.places import Path, keys_of, path_of, pointer_of, value_at
from schemas.stamps import EXTRA


class StoredNames:
    """Names the delivered events of an environment, by the `event_name` of the revision of each."""

    def __init__(self, tables: TableOf) -> None:
        self._tables = tables
        self._places_of: dict[str, list[Path]] = {}

    def of(self, event: Event) -> str | None:
        """Return an event's name; None where it has none, or none was stored."""
        places = self._places(event.stamps.revision_id)
        document = orjson.loads(event.line) if places else None
        for place in places:
            value = value_at(document, place)
            if value and type(value) is str:
                return value[:MAX_EVENT_NAME_CHARS]
        return None

    def _places(self, revision_id: str) -> list[Path]:
        if revision_id not in self._places_of:
            found = self._tables(revision_id)
            self._places_of[revision_id] = [] if found is None else list(_named_at(found))
        return self._places_of[revision_id]


def _named_at(table: RevisionTable) -> Iterator[Path]:
    """Yield under which keys a stored event may have its name, the first that counts first."""
    for pointer in table.event_name:
        path = keys_of(pointer)
        yield from _stored_at(path, table.fields)
        for length in range(len(path), 0, -1):  # what no field reads into is kept as a whole
            yield EXTRA, pointer_of(path[:length]), *path[length:]


def _stored_at(path: Path, fields: Sequence[Mapping[str, Any]]) -> Iterator[Path]:
    """Yield under which keys a stored event may have what was sent at a path: a field with `when` may not be there."""
    for field in fields:
        place, key = path_of(field), field["key"]
        rest = path[len(place) :]
        if field.get("protect") or path[: len(place)] != place:
            continue
        if field["type"] == "JSON" or (field["type"] == "STRING" and not rest):
            yield key, *rest
        elif field["type"] == "OBJECT" and rest:
            for below in _stored_at(rest, field["fields"]):
                yield key, *below
