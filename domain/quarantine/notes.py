"""Notes of redriven events: which were sent otherwise than they came, and what was done to them.

What stands in quarantine never changes, and a delivered event looks like any other. So for each object that repaired
events are sent from, a note is kept before they are sent: gzipped NDJSON, one event a line, under

    redriven/environment=<id>/dt=…/hour=…/<name of the object>-<redrive>-<first line>.ndjson.gz

with the hour of arrival. It says of each repair its kind and its pointer, and holds no value. Notes do not expire.
"""

import json
import zlib
from collections.abc import Iterable
from functools import cache

from domain.quarantine.objects import PREFIX as QUARANTINE_PREFIX
from domain.quarantine.repairs import Repairs

PREFIX = "redriven/"
_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_SUFFIX = ".ndjson.gz"


def note_key(object_key: str, redrive_id: str, first_line: int) -> str:
    """Return where the note stands of events of a quarantine object, the first of which is in that line."""
    name = object_key.removeprefix(QUARANTINE_PREFIX).removesuffix(_SUFFIX)
    return f"{PREFIX}{name}-{redrive_id}-{first_line}{_SUFFIX}"


def note_of(
    redrive_id: str, revision_id: str, repairs: Repairs, events: Iterable[tuple[str, tuple[int, ...]]]
) -> bytes:
    """Return the note of events: their ids, each with the numbers of the repairs that have changed it."""
    zipper = zlib.compressobj(wbits=_GZIP)

    @cache
    def rest(changed_by: tuple[int, ...]) -> str:
        done = [repairs.repairs[number].note() for number in changed_by]
        return json.dumps({"redrive_id": redrive_id, "revision_id": revision_id, "repairs": done})[1:]

    lines = (f'{{"event_id": {json.dumps(event_id)}, {rest(changed_by)}\n' for event_id, changed_by in events)
    return b"".join([*(zipper.compress(line.encode()) for line in lines), zipper.flush()])
