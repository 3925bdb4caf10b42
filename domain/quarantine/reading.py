"""Finds quarantined events in their objects without reading all of them.

The index knows in which hours there is something to find, and of each group and hour two objects that hold some of it:
for samples that is mostly enough. Paging through everything goes object by object, the newest hour first; a page
ends after a bounded number of objects and of bytes, whatever lies there, and the next one goes on from there.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from domain.delivery.lines import plain_chunks
from domain.delivery.messages import QuarantinedEvent
from domain.delivery.ports import ObjectStore
from domain.quarantine.filters import QuarantineFilter
from domain.quarantine.objects import Line, hour_prefix, lines_of_object
from domain.quarantine.ports import Group, QuarantineIndex
from schemas.limits import (
    MAX_QUARANTINE_BYTES_READ,
    MAX_QUARANTINE_OBJECTS_READ,
    MAX_SHOWN_PAGE_BYTES,
    MAX_SHOWN_RAW_BYTES,
    QUARANTINE_KEPT_DAYS,
)

_ESCAPED = b'"\\\t\n\r'
_WHOLE_OBJECT = 2**31  # more lines than an object has


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Where refused events are kept, and where they are counted."""

    objects: ObjectStore
    bucket: str
    index: QuarantineIndex
    kept_days: int = QUARANTINE_KEPT_DAYS


class Found(NamedTuple):
    """An event, and where it stands: its object's key and the number of its line."""

    event: QuarantinedEvent
    object_key: str
    line: int


class Position(NamedTuple):
    """Where a page ended: the last line that was looked at."""

    hour: int
    object_key: str
    line: int

    def text(self) -> str:
        return json.dumps(list(self), separators=(",", ":"))


class EventPage(NamedTuple):
    found: list[Found]
    ended_at: Position | None
    """None where there is nothing more."""


def position_from_text(text: str) -> Position:
    """Read what `Position.text` wrote; `ValueError` if it is none."""
    try:
        hour, object_key, line = json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError("no position") from error
    if type(hour) is not int or type(object_key) is not str or type(line) is not int:
        raise ValueError("no position")
    return Position(hour, object_key, line)


def waiting_groups(quarantine: Quarantine, environment_id: str, wanted: QuarantineFilter) -> list[Group]:
    """Return the groups that may hold events which a filter names, in order of their hours."""
    groups = quarantine.index.groups(environment_id, wanted.start, wanted.end)
    wanted = wanted.of_any_name()
    return [group for group in groups if group.events > group.redriven and wanted.has_group(group.key)]


def waiting_lines(
    quarantine: Quarantine, object_key: str, wanted: QuarantineFilter, first_line: int = 0
) -> Iterator[Line]:
    """Yield the lines of an object, with the events that a filter names and that no redrive has sent, in order."""
    stream = quarantine.objects.open(quarantine.bucket, object_key)
    if stream is None:  # kept no longer
        return
    with stream:
        sent = quarantine.index.redriven_lines(object_key) or frozenset()
        for line in lines_of_object(plain_chunks(stream), wanted.has_event, first_line):
            yield line._replace(event=None) if line.number in sent else line


def read_samples(quarantine: Quarantine, environment_id: str, wanted: QuarantineFilter, count: int) -> list[Found]:
    """Return up to `count` events that a filter names, late ones first; each once, even if it is kept twice."""
    groups = waiting_groups(quarantine, environment_id, wanted)[::-1]
    hinted = [key for group in groups for key in (group.last_object, group.first_object)]
    hours = dict.fromkeys(group.hour for group in groups)
    listed = (key for hour in hours for key in _keys(quarantine, environment_id, hour))
    found: dict[str, Found] = {}
    shown = read = 0
    for objects_read, key in enumerate(_once(chain(hinted, listed))):
        if len(found) >= count or objects_read >= MAX_QUARANTINE_OBJECTS_READ:
            break
        for line in waiting_lines(quarantine, key, wanted):
            read += line.bytes_read
            if line.event is not None and line.event.event_id not in found:
                found[line.event.event_id] = Found(line.event, key, line.number)
                shown += _shown_bytes(line.event)
            if read >= MAX_QUARANTINE_BYTES_READ or shown >= MAX_SHOWN_PAGE_BYTES:
                return _latest(found, count)
    return _latest(found, count)


def read_page(
    quarantine: Quarantine, environment_id: str, wanted: QuarantineFilter, limit: int, after: Position | None
) -> EventPage:
    """Return one page of the events that a filter names, the newest hour first; it may be short and not the last."""
    found: list[Found] = []
    ended_at = after
    shown = read = 0
    for objects_read, (hour, key, first_line) in enumerate(_ahead(quarantine, environment_id, wanted, after)):
        if objects_read == MAX_QUARANTINE_OBJECTS_READ:
            return EventPage(found, ended_at)
        for line in waiting_lines(quarantine, key, wanted, first_line):
            if line.event is not None:
                if len(found) == limit or shown >= MAX_SHOWN_PAGE_BYTES:
                    return EventPage(found, ended_at)
                found.append(Found(line.event, key, line.number))
                shown += _shown_bytes(line.event)
            ended_at = Position(hour, key, line.number)
            read += line.bytes_read
            if read >= MAX_QUARANTINE_BYTES_READ:
                return EventPage(found, ended_at)
        ended_at = Position(hour, key, _WHOLE_OBJECT)
    return EventPage(found, None)


def _latest(found: Mapping[str, Found], count: int) -> list[Found]:
    return sorted(found.values(), key=lambda one: one.event.received_at, reverse=True)[:count]


def _once(keys: Iterable[str]) -> Iterator[str]:
    """Yield keys without those that came before."""
    seen: set[str] = set()
    for key in keys:
        if key not in seen:
            seen.add(key)
            yield key


def _ahead(
    quarantine: Quarantine, environment_id: str, wanted: QuarantineFilter, after: Position | None
) -> Iterator[tuple[int, str, int]]:
    """Yield the hours and keys of objects that may hold what is wanted, and the line of each to go on from."""
    hours = {group.hour for group in waiting_groups(quarantine, environment_id, wanted)}
    for hour in sorted(hours, reverse=True):
        if after is not None and hour > after.hour:
            continue
        for key in _keys(quarantine, environment_id, hour):
            if after is None or hour < after.hour or key > after.object_key:
                yield hour, key, 0
            elif key == after.object_key and after.line < _WHOLE_OBJECT:
                yield hour, key, after.line + 1


def _keys(quarantine: Quarantine, environment_id: str, hour: int) -> list[str]:
    return quarantine.objects.list_keys(quarantine.bucket, hour_prefix(environment_id, hour))


def _shown_bytes(event: QuarantinedEvent) -> int:
    """Return about how much of an answer an event takes."""
    raw = event.raw[:MAX_SHOWN_RAW_BYTES]
    escaped = len(raw) - len(raw.translate(None, _ESCAPED))
    around = sum(len(text or "") for text in (event.content_type, event.user_agent))
    return len(raw) + escaped + around + len(json.dumps(list(event.errors)))
