"""Objects of the landing bucket: read line by line whatever their size, and what became of their events.

An object is done whole or not at all. So what a writer learns of its events is kept here until the end: how many were
delivered, by the minute and revision that each says of itself, which copies were dropped, and those that the
destination refused, with its reasons.
"""

import re
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, NamedTuple, Protocol

import orjson

from domain.delivery.lines import STAMPS, lines_of
from domain.delivery.repeats import RepeatNotes
from domain.errors import Undelivered
from domain.ids import is_derived
from domain.metering.ports import UsageSums

_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_KEY = re.compile(r"environment=(env_[0-9a-z]+)/(dt=[0-9-]+/hour=[0-9]+)/[^/]+")

# Why a line is refused, whichever destination it is for.
UNSTAMPED = "This line is none that ingest wrote."
NO_REVISION = "The endpoint has no such revision."
UNFIT = "The line does not fit the revision that it names."


class Stamps(NamedTuple):
    """What a line says of its event; `minute` as `YYYY-MM-DDTHH:MM`."""

    event_id: str
    minute: str
    revision_id: str


def stamps_of(line: bytes) -> Stamps | None:
    """Return what every delivered line begins with, None for one that ingest did not write."""
    found = STAMPS.match(line)
    if found is None:
        return None
    event_id, minute, revision_id = found.groups()
    return Stamps(event_id.decode(), minute.decode(), revision_id.decode())


def environment_of(key: str) -> str | None:
    """Return whose object this is by its key, None for one that no stream wrote."""
    found = _KEY.fullmatch(key)
    return None if found is None else found[1]


def digest_of(bucket: str, key: str) -> str:
    """Return what stands for an object wherever a name is made of it."""
    return sha256(f"{bucket}/{key}".encode()).hexdigest()[:32]


class Opener(Protocol):
    """The part of an `ObjectStore` that reads."""

    def open(self, bucket: str, key: str, /) -> BinaryIO | None: ...


class LandedObject:
    """One object, which may be read again from its beginning."""

    def __init__(
        self, objects: Opener, bucket: str, key: str, notes: RepeatNotes | None = None, *, was_tried: bool = False
    ) -> None:
        """Take where it is, what is noted of events that stand in two objects, and whether a writer began with it."""
        self.bucket = bucket
        self.key = key
        self.notes = notes
        self.was_tried = was_tried
        self._objects = objects

    @property
    def digest(self) -> str:
        """What stands for this object wherever a name is made of it; always the same."""
        return digest_of(self.bucket, self.key)

    def open(self) -> BinaryIO:
        """Return its bytes as they are stored; `Undelivered` if it is gone."""
        stream = self._objects.open(self.bucket, self.key)
        if stream is None:
            raise Undelivered("The landed object is gone.", retryable=False)
        return stream

    def lines(self) -> Iterator[bytes]:
        """Yield its lines without their ends, holding a small part of it at a time; gzipped or plain."""
        with self.open() as stream:
            yield from lines_of(stream)


class Outcomes:
    """What became of the events of one object."""

    def __init__(self) -> None:
        self.delivered: Counter[tuple[str, str]] = Counter()
        """Events by minute and revision."""
        self.left_out: Counter[tuple[str, str]] = Counter()
        """Copies of events of the same object, for which their first stands."""
        self.taken_away: Counter[tuple[str, str]] = Counter()
        """Copies that had been delivered, by this object or another."""
        self.repeats: Counter[tuple[str, str]] = Counter()
        """Those of both kinds of copies that were accepted: their sender sent them again under one key."""
        self.set_aside: Counter[tuple[str, str]] = Counter()
        self._zip = zlib.compressobj(wbits=_GZIP)
        self._kept: list[bytes] = []

    def deliver(self, stamps: Stamps) -> None:
        self.delivered[stamps.minute, stamps.revision_id] += 1

    def leave_out(self, stamps: Stamps) -> None:
        """Count a copy that was not delivered, because the object has its event already."""
        self.left_out[stamps.minute, stamps.revision_id] += 1
        self._count_repeat(stamps.event_id, stamps.minute, stamps.revision_id)

    def take_away(self, event_id: str, minute: str, revision_id: str) -> None:
        """Count a copy that was removed from the destination, where it had been counted as delivered."""
        self.taken_away[minute, revision_id] += 1
        self._count_repeat(event_id, minute, revision_id)

    def _count_repeat(self, event_id: str, minute: str, revision_id: str) -> None:
        """Count a copy if its event was accepted that often, which ids say that derive from a key.

        An event under any other id was accepted once: its copies are the deployment's own, as after an answer that got
        lost, and would be too many on one side of the ledger.
        """
        if is_derived(event_id):
            self.repeats[minute, revision_id] += 1

    def refuse(self, line: bytes, reason: str) -> None:
        """Keep an event that the destination refused, as it was to be delivered, with its reason."""
        stamps = stamps_of(line)
        if stamps is not None:
            self.set_aside[stamps.minute, stamps.revision_id] += 1
        try:
            row = {"event_id": stamps and stamps.event_id, "reason": reason, "event": orjson.Fragment(line)}
            orjson.loads(line)
        except orjson.JSONDecodeError:
            row = {"event_id": None, "reason": reason, "raw_base64": b64encode(line).decode()}
        self._kept.append(self._zip.compress(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)))

    def set_aside_body(self) -> bytes | None:
        """Return the gzipped lines of what was refused, None if nothing was; for once, at the end.

        `domain.delivery.set_aside` reads them again.
        """
        return b"".join([*self._kept, self._zip.flush()]) if self._kept else None

    def sums(self, environment_id: str, *, were_set_aside: bool = False) -> list[UsageSums]:
        """Return the counts as usage keeps them; what is delivered goes down by what was taken away.

        Of events that were set aside before, those that are delivered or left out now are so no longer; the others were
        counted.
        """
        set_aside = Counter(self.set_aside)
        if were_set_aside:
            set_aside = Counter()
            set_aside.subtract(self.delivered)
            set_aside.subtract(self.left_out)
        delivered = Counter(self.delivered)
        delivered.subtract(self.taken_away)
        places = {place for counts in (delivered, self.repeats, set_aside) for place, count in counts.items() if count}
        return [
            UsageSums(
                environment_id,
                revision_id,
                int(datetime.fromisoformat(f"{minute}:00+00:00").timestamp()),
                delivered=delivered[minute, revision_id],
                repeats=self.repeats[minute, revision_id],
                set_aside=set_aside[minute, revision_id],
            )
            for minute, revision_id in sorted(places)
        ]


def set_aside_key(landed: LandedObject) -> str:
    """Return where the refused events of an object stand: the same place each time, so that a repeat adds nothing."""
    found = _KEY.fullmatch(landed.key)
    assert found
    return f"set-aside/environment={found[1]}/{found[2]}/{landed.digest}.ndjson.gz"
