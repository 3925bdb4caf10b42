"""What destinations refused: the objects that the writer set aside, each with the refused events of one landed object.

What a call reads is bounded: a page ends early where objects are large.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from domain.delivery.landed import stamps_of
from domain.delivery.lines import lines_of
from domain.delivery.marks import unmarked
from domain.delivery.ports import ObjectStore
from domain.delivery.set_aside import PREFIX, Place, body_sent_again, line_of, place_of_id, place_of_key, reason_of
from domain.errors import Undelivered
from schemas.limits import MAX_SET_ASIDE_BYTES_READ, MAX_SET_ASIDE_REASONS, MAX_SHOWN_PAGE_BYTES

_LISTED = 1_000
_VALUES = re.compile(
    r"""(?<!\w)'[^']*'(?!\w)|"[^"]*"|(?<=\(bad value\): ).*|(?<![\w.:$`-])[-+]?\d[\d.,:TZ+-]*(?![\w`])""", re.ASCII
)

OTHER_REASONS = "Other reasons."
UNREADABLE = "The object can't be read; nothing of it was sent."


class SetAsideObject(NamedTuple):
    """One object; `hour` is when its landed object began, as `YYYY-MM-DDTHH:00:00Z`."""

    id: str
    environment_id: str
    hour: str
    events: int
    bytes: int
    """Without gzip, with the reasons."""
    reasons: dict[str, int]
    """Events by reason, the most frequent first, each reason without the values that it quotes."""
    revision_ids: frozenset[str]
    """Of its events."""


class SetAside:
    """Reads them and sends them again. Raises `Undelivered` when they can't be reached."""

    def __init__(self, objects: ObjectStore, bucket: str) -> None:
        """Take the landing bucket: what is put into it among what landed is delivered."""
        self._objects = objects
        self._bucket = bucket

    def page(
        self, limit: int, after: str | None, environment_id: str | None
    ) -> tuple[list[SetAsideObject], str | None]:
        """Return objects in order of environments and hours, and after which id to go on; None at the end.

        Raises:
            ValueError: `after` is no id.
        """
        last = "" if after is None else _place(after).key
        prefix = f"{PREFIX}environment={environment_id}/" if environment_id else PREFIX
        items: list[SetAsideObject] = []
        for place in self._places(prefix, last):
            if len(items) == limit or sum(item.bytes for item in items) >= MAX_SET_ASIDE_BYTES_READ:
                return items, items[-1].id
            items.append(self._look(place))
        return items, None

    def find(self, object_id: str, limit: int) -> tuple[SetAsideObject, list[str]] | None:
        """Return an object and its first lines, each a JSON text with `reason` and `event`; None if it is not there.

        There are at most `limit` lines, and fewer where they are long.
        """
        place = place_of_id(object_id)
        if place is None or not self._is_there(place):
            return None
        lines: list[str] = []
        shown = 0
        for row in islice(self._rows(place), limit):
            lines.append(row.decode("utf-8", "replace"))
            shown += len(row) + row.count(b'"') + row.count(b"\\")  # as the text of an answer
            if shown >= MAX_SHOWN_PAGE_BYTES:
                break
        return self._look(place), lines

    def look(self, object_id: str) -> SetAsideObject | None:
        """Return an object, None if it is not there."""
        place = place_of_id(object_id)
        return self._look(place) if place is not None and self._is_there(place) else None

    def send_again(self, object_id: str, revision_id: str | None = None) -> int | None:
        """Let all events of an object be delivered again, and forget it; return how many, None if it is not there.

        They go to the tables of their own revisions, or all to that of the one that is named. First they land, then the
        object goes: whatever happens in between, a second call does the same once more. One that names another revision
        only ends what the first began: events that have landed are in no other table as well.

        Raises:
            ValueError: the object holds what no writer wrote; nothing of it was sent.
        """
        place = _place(object_id)
        if not self._is_there(place):
            return None
        try:
            body, count = body_sent_again(self._rows(place))
        except Undelivered as error:
            if error.retryable:
                raise
            raise ValueError(UNREADABLE) from error
        key = place.key_sent_again(revision_id)
        if not any(one != key and place.is_sent_as(one) for one in self._landed(place)):
            self._objects.put(self._bucket, key, body)
        self._objects.delete(self._bucket, place.key)
        return count

    def _landed(self, place: Place) -> list[str]:
        return self._objects.list_keys(self._bucket, place.prefix_sent_again, limit=_LISTED)

    def _places(self, prefix: str, after: str) -> Iterator[Place]:
        while True:
            keys = self._objects.list_keys(self._bucket, prefix, after=after, limit=_LISTED)
            yield from filter(None, map(place_of_key, keys))
            if len(keys) < _LISTED:
                return
            after = keys[-1]

    def _is_there(self, place: Place) -> bool:
        return place.key in self._objects.list_keys(self._bucket, place.key, limit=1)

    def _look(self, place: Place) -> SetAsideObject:
        reasons: Counter[str] = Counter()
        revision_ids: set[str] = set()
        events = size = 0
        try:
            for row in self._rows(place):
                events += 1
                size += len(row)
                if len(revision_ids) < MAX_SET_ASIDE_REASONS:
                    revision_ids.update(_revisions_of(row))
                reason = _reason_without_values(row)
                reasons[reason if reason in reasons or len(reasons) < MAX_SET_ASIDE_REASONS else OTHER_REASONS] += 1
        except Undelivered as error:
            if error.retryable:
                raise
            # It is damaged: shown with what can be read of it, and sent by nobody.
        hour = f"{place.day}T{place.hour}:00:00Z"
        return SetAsideObject(
            place.id, place.environment_id, hour, events, size, dict(reasons.most_common()), frozenset(revision_ids)
        )

    def _rows(self, place: Place) -> Iterator[bytes]:
        stream = self._objects.open(self._bucket, place.key)
        if stream is not None:  # None: it has gone since it was listed
            with stream:
                yield from lines_of(stream)


def _place(object_id: str) -> Place:
    place = place_of_id(object_id)
    if place is None:
        raise ValueError("that is no id of an object of set-aside events")
    return place


def _revisions_of(row: bytes) -> set[str]:
    """Return the revision of an event, as a set; an empty one where it says none."""
    try:
        stamps = stamps_of(unmarked(line_of(row)))
    except ValueError:
        return set()
    return set() if stamps is None else {stamps.revision_id}


def _reason_without_values(row: bytes) -> str:
    """Return why an event was refused, with `…` for what is quoted and for numbers: the same for many events."""
    try:
        return _VALUES.sub("…", reason_of(row))
    except ValueError:
        return OTHER_REASONS
