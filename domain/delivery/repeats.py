"""Which events may stand in a destination twice, so that the writer that delivered the second can take one away.

An event may stand in two objects of the log: its stream took it, the answer got lost, and it was sent again, marked by
one space (`marks`). Its first line has no mark. So a note beside the log says which ids were sent again, by the minute
of their arrival. The writer of an object notes such ids first, delivers, and only then reads what others have noted
for the minutes of its lines without a mark. Of two writers, each with one copy, the one that finishes later sees both:
the other's note, or the other's rows.

Other copies need no note, since each of them shows what it is: those that a redrive sent have two spaces, and those
under an `Idempotency-Key` an id that derives from it.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.delivery.ports import ObjectStore
from domain.ids import is_derived
from schemas.limits import REPEAT_SECONDS

PREFIX = "repeats/"
_HOUR = timedelta(hours=1)

MAX_REMEMBERED_IDS = 100_000
"""Some 10 MB."""


class ReadNotes:
    """Remembers notes, which never change, so that the objects of a minute do not each fetch all of them again."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._lock = threading.Lock()
        self._notes: OrderedDict[tuple[str, str], frozenset[str]] = OrderedDict()
        self._ids = 0

    def get(self, bucket: str, key: str) -> frozenset[str]:
        with self._lock:
            known = self._notes.get((bucket, key))
        if known is not None:
            return known
        body = self._objects.get(bucket, key)
        if body is None:
            return frozenset()  # it has expired
        event_ids = frozenset(gzip.decompress(body).decode().split("\n"))
        with self._lock:
            if (bucket, key) not in self._notes:
                self._notes[bucket, key] = event_ids
                self._ids += len(event_ids)
            while self._ids > MAX_REMEMBERED_IDS:
                self._ids -= len(self._notes.popitem(last=False)[1])
        return event_ids


class Note(NamedTuple):
    """What the writer of one object has noted of one minute: the same, however often it begins anew."""

    name: str
    """Of no other note of the environment."""
    minute: str
    event_ids: frozenset[str]


class RepeatNotes:
    """The notes of one environment, as the writer of one object writes and reads them."""

    def __init__(self, objects: ObjectStore, read: ReadNotes, bucket: str, environment_id: str, digest: str) -> None:
        """Take where the log is, and what stands for the object: a second try writes the same notes."""
        self._objects = objects
        self._read = read
        self._bucket = bucket
        self._prefix = f"{PREFIX}environment={environment_id}/"
        self._digest = digest

    def write(self, sent_again: Mapping[str, Collection[str]]) -> None:
        """Note ids by the minute (`YYYY-MM-DDTHH:MM`) of their arrival."""
        for minute, event_ids in sent_again.items():
            body = gzip.compress("\n".join(sorted(event_ids)).encode(), 1, mtime=0)
            self._objects.put(self._bucket, f"{self._minute_prefix(minute)}{self._digest}.gz", body)

    def read(self, minutes: Collection[str]) -> dict[str, set[str]]:
        """Return the ids that the writers of other objects have noted, by minute."""
        found: dict[str, set[str]] = {}
        for note in self.each(minutes):
            found.setdefault(note.minute, set()).update(note.event_ids)
        return found

    def each(self, minutes: Collection[str]) -> Iterator[Note]:
        """Yield what the writers of other objects have noted of these minutes."""
        for hour in sorted({minute[:13] for minute in minutes}):
            for key in self._objects.list_keys(self._bucket, f"{self._prefix}{hour}/"):
                _, minute_of_hour, name = key.rsplit("/", 2)
                minute = f"{hour}:{minute_of_hour}"
                if minute in minutes and name != f"{self._digest}.gz":
                    yield Note(key.removeprefix(self._prefix), minute, self._read.get(self._bucket, key))

    def _minute_prefix(self, minute: str) -> str:
        return f"{self._prefix}{minute[:13]}/{minute[14:]}/"


@dataclass(slots=True)
class Suspects:
    """Ids that may stand in one table twice, and the time in which both copies arrived."""

    event_ids: set[str] = field(default_factory=set)
    start: datetime | None = None
    end: datetime | None = None
    """Without it."""
    hours: set[datetime] = field(default_factory=set)
    """The beginnings of those in which copies of them may have arrived."""
    _known: set[tuple[str, bool]] = field(default_factory=set)
    """Minutes of which all of this is known."""

    def copy(self) -> "Suspects":
        return Suspects(set(self.event_ids), self.start, self.end, set(self.hours), set(self._known))

    def sent_beside(self, start: datetime, end: datetime, *, of_all: bool = False) -> "Suspects":
        """Return those that may have gone to another table between two moments.

        That is those that their senders may send again; `of_all`: any.
        """
        if self.start is None or self.end is None or self.start >= end or self.end <= start:
            return Suspects()
        ids = {event_id for event_id in self.event_ids if of_all or is_derived(event_id)}
        return Suspects(ids, self.start, self.end)

    def add(self, event_id: str, minute: str, *, is_derived: bool = False) -> None:
        """Add an id whose copies arrived in the same minute or, where it is derived, at most an hour apart."""
        self.event_ids.add(event_id)
        if (minute, is_derived) in self._known:
            return
        self._known.add((minute, is_derived))
        at = datetime.fromisoformat(f"{minute}:00+00:00")
        apart = timedelta(seconds=REPEAT_SECONDS if is_derived else 0)
        start, end = at - apart, at + apart + timedelta(minutes=1)
        self.start = start if self.start is None else min(self.start, start)
        self.end = end if self.end is None else max(self.end, end)
        hour = start.replace(minute=0)
        while hour < end:
            self.hours.add(hour)
            hour += _HOUR
