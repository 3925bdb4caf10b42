"""Which groups an event is in.

Pointers are cut down to what the schema knows, so that a thousand elements of an array with the same fault are one
group: the number of an element becomes `*`. A key that no field has is the sender's own; it stays what it is as long
as there are few of them, since a misspelt key is best found by its name, and becomes `*` beyond that.
"""

import re
from collections.abc import Iterable, Sequence

from domain.delivery.messages import QuarantinedEvent
from domain.quarantine.ports import GroupCount, GroupKey
from schemas.codes import Fault
from schemas.limits import MAX_GROUP_POINTER_CHARS

ANY = "*"
_INDEX = re.compile(r"/(?:0|[1-9][0-9]*)(?=/|$)", re.ASCII)


def group_pointer(code: str, pointer: str) -> str:
    """Return the pointer of a fault's group.

    A key that is a number by its looks is taken for an element, too: no field has such a key, so it only tells apart
    keys that the schema doesn't know.
    """
    general = _INDEX.sub(f"/{ANY}", pointer)
    if len(general) > MAX_GROUP_POINTER_CHARS:
        return folded_pointer(general) if code == Fault.UNKNOWN_KEY else f"{general[: MAX_GROUP_POINTER_CHARS - 1]}…"
    return general


def folded_pointer(pointer: str) -> str:
    """Return the pointer under which all keys beside this one are counted that the schema doesn't know."""
    return f"{pointer.rpartition('/')[0]}/{ANY}"


def folded(key: GroupKey) -> GroupKey:
    """Return the group in which an event is counted where there is no room for a group of its own."""
    return key._replace(pointer=folded_pointer(key.pointer))


def may_be_folded(key: GroupKey) -> bool:
    return key.code == Fault.UNKNOWN_KEY and not key.pointer.endswith(f"/{ANY}")


def groups_of(event: QuarantinedEvent) -> set[GroupKey]:
    """Return the groups that an event is in, that of all events of its revision among them, and those of its name."""
    revision_id = event.revision_id
    found = {
        GroupKey(revision_id, error["code"], group_pointer(error["code"], error["pointer"])) for error in event.errors
    }
    found.add(GroupKey(revision_id, "", ""))
    if event.event_name:
        # Made-up keys are not told apart by the names of events as well, which may be made up, too.
        general = {folded(key) if may_be_folded(key) else key for key in found}
        found |= {key._replace(event_name=event.event_name) for key in general}
    return found


class GroupCounter:
    """Counts the groups of an object's events, one event after the other; one that stands there twice counts twice."""

    def __init__(self) -> None:
        self._counts: dict[GroupKey, tuple[int, str, str]] = {}

    def add(self, event: QuarantinedEvent) -> None:
        at = event.received_at
        for key in groups_of(event):
            count, first, last = self._counts.get(key, (0, at, at))
            self._counts[key] = (count + 1, min(first, at), max(last, at))

    def counts(self) -> Sequence[GroupCount]:
        return [GroupCount(key, *values) for key, values in sorted(self._counts.items())]


def counts_of(events: Iterable[QuarantinedEvent]) -> Sequence[GroupCount]:
    """Return the groups of an object's events."""
    counter = GroupCounter()
    for event in events:
        counter.add(event)
    return counter.counts()
