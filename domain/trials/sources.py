"""Where a trial's events come from: taps, the quarantine, or what was delivered.

A source is read in units (an object, or the kept events of a tap), whose events are in an order that does not change.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import orjson

from domain.delivery.landed import stamps_of
from domain.delivery.lines import plain_chunks
from domain.delivery.messages import QuarantinedEvent
from domain.delivery.ports import ObjectStore
from domain.live.ports import TapStore
from domain.live.reading import kept_events
from domain.quarantine.objects import hour_prefix, lines_of_object
from domain.quarantine.reading import Quarantine
from domain.trials.masking import protected_places
from domain.trials.sampling import evenly_spread
from domain.trials.sent import Ids, Sent, facts_of
from domain.trials.stored_events import DROPPED_KEYS, PROTECTED_VALUES, StoredForm
from schemas.items import RevisionDocument
from schemas.limits import MAX_TRIAL_BYTES_READ, MAX_TRIAL_HOUR_OBJECTS, MAX_TRIAL_OBJECTS
from schemas.stamps import RECEIVED_AT, REVISION_ID

_HOUR_SECONDS = 3_600
_NEWLINE = b"\n"
_MOST_OF_A_TAP = 10**15  # more than the numbers of a tap's events
_MOST_FORMS = 20  # of revisions that stored events of one trial
_RECEIVED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


class Hours(NamedTuple):
    """Hours of arrival in `[start, end)`, each in Unix seconds."""

    start: int
    end: int


class Seen(NamedTuple):
    """An event of a unit: a number that grows, its id, and itself where it is wanted and can be tried."""

    number: int
    event_id: str
    sent: Sent | None = None


IsWanted = Callable[[str], bool]
"""Says it of an event by its id."""

DocumentOf = Callable[[str], RevisionDocument | None]
"""Finds a finalised revision of the environment's endpoint by its id."""


class Source(Protocol):
    """Raises `Undelivered` where something can't be read; not retryable where an object is damaged."""

    def units(self) -> list[str]:
        """Return the names of what is to be gone through, in order."""
        ...

    def events(self, unit: str, most_bytes: int, is_wanted: IsWanted) -> Iterator[Seen]:
        """Yield the events of a unit in order, up to so many bytes of it; none of a unit that is gone.

        One that was sent twice may come twice.
        """
        ...


def spread_keys(objects: ObjectStore, bucket: str, prefix_of: Callable[[int], str], hours: Hours) -> list[str]:
    """Return the keys of the objects that a trial reads, evenly spread over those of its hours."""
    keys: list[str] = []
    for hour in range(hours.start, hours.end, _HOUR_SECONDS):
        found = objects.list_keys(bucket, prefix_of(hour), limit=MAX_TRIAL_HOUR_OBJECTS)
        keys += evenly_spread(found, MAX_TRIAL_OBJECTS)
    return evenly_spread(keys, MAX_TRIAL_OBJECTS)


def bytes_of_each(units: int) -> int:
    """Return up to how many bytes of each unit a trial reads."""
    return MAX_TRIAL_BYTES_READ // max(1, units)


class TappedSource:
    """The events that the taps of an environment keep; one that several have kept comes once."""

    def __init__(self, store: TapStore, tap_ids: list[str], hours: Hours, now_seconds: float, of: DocumentOf) -> None:
        self._store = store
        self._tap_ids = tap_ids
        self._first, self._last = (_hour_text(hour) for hour in hours)
        self._now_seconds = now_seconds
        self._masks = _Masks(of)

    def units(self) -> list[str]:
        """Return one unit of all taps, so that an event of two is seen to be one."""
        return [" ".join(self._tap_ids)] if self._tap_ids else []

    def events(self, unit: str, most_bytes: int, is_wanted: IsWanted) -> Iterator[Seen]:
        size = 0
        for place, tap_id in enumerate(unit.split()):
            for number, line in kept_events(self._store, tap_id, self._now_seconds):
                size += len(line)
                if size > most_bytes:
                    return
                event = orjson.loads(line)
                if self._first <= event["at"][:13] < self._last:
                    event_id = event["event_id"]
                    sent = self._sent(event) if is_wanted(event_id) else None
                    yield Seen(place * _MOST_OF_A_TAP + number, event_id, sent)

    def _sent(self, event: dict[str, Any]) -> Sent | None:
        text = _whole_text(event)
        if text is None:
            return None
        request = event["request"]
        return _raw(
            text,
            event["at"],
            self._masks.of(event["revision_id"], event["protected"]),
            request["content_type"],
            request["user_agent"],
            event.get("source_ip"),
        )


class QuarantinedSource:
    """The events in quarantine that no redrive has sent."""

    def __init__(self, quarantine: Quarantine, environment_id: str, hours: Hours, of: DocumentOf) -> None:
        self._quarantine = quarantine
        self._environment_id = environment_id
        self._hours = hours
        self._masks = _Masks(of)

    def units(self) -> list[str]:
        objects, bucket = self._quarantine.objects, self._quarantine.bucket
        return spread_keys(objects, bucket, lambda hour: hour_prefix(self._environment_id, hour), self._hours)

    def events(self, unit: str, most_bytes: int, is_wanted: IsWanted) -> Iterator[Seen]:
        stream = self._quarantine.objects.open(self._quarantine.bucket, unit)
        if stream is None:
            return
        event_id: str | None = None

        def take_note(event: QuarantinedEvent) -> bool:
            nonlocal event_id
            event_id = event.event_id
            return is_wanted(event_id)

        with stream:
            redriven = self._quarantine.index.redriven_lines(unit) or frozenset()
            for line in lines_of_object(_beginning(plain_chunks(stream), most_bytes), take_note):
                if event_id is not None and line.number not in redriven:
                    yield Seen(line.number, event_id, None if line.event is None else self._sent(line.event))
                event_id = None

    def _sent(self, event: QuarantinedEvent) -> Sent | None:
        if not event.is_whole:
            return None
        masks = self._masks.of(event.revision_id, event.protected)
        return _raw(event.raw, event.received_at, masks, event.content_type, event.user_agent, event.source_ip)


class DeliveredSource:
    """What was delivered: documents as they are stored, turned back into what may have been sent."""

    def __init__(self, objects: ObjectStore, bucket: str, ids: Ids, hours: Hours, of: DocumentOf) -> None:
        """Take the bucket that the environment's streams write to."""
        self._objects = objects
        self._bucket = bucket
        self._ids = ids
        self._hours = hours
        self._document_of = of
        self._forms: dict[str, StoredForm | None] = {}

    def units(self) -> list[str]:
        return spread_keys(self._objects, self._bucket, self._hour_prefix, self._hours)

    def events(self, unit: str, most_bytes: int, is_wanted: IsWanted) -> Iterator[Seen]:
        stream = self._objects.open(self._bucket, unit)
        if stream is None:
            return
        with stream:
            for number, line in enumerate(_lines(_beginning(plain_chunks(stream), most_bytes))):
                stamps = stamps_of(line)
                if stamps is not None:
                    yield Seen(number, stamps.event_id, self._sent(line) if is_wanted(stamps.event_id) else None)

    def _hour_prefix(self, hour: int) -> str:
        moment = datetime.fromtimestamp(hour, UTC)
        return f"environment={self._ids.environment_id}/dt={moment:%Y-%m-%d}/hour={moment:%H}/"

    def _sent(self, line: bytes) -> Sent | None:
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        received_at, revision_id = document[RECEIVED_AT], document[REVISION_ID]
        form = self._form(revision_id)
        if form is None or not _RECEIVED.fullmatch(received_at):
            return None
        facts = facts_of(self._ids, revision_id, received_at)
        event, is_cut = form.event_of(document, facts, document["_event_id"])
        unseen = form.unseen | {DROPPED_KEYS} if is_cut else form.unseen
        return Sent(orjson.dumps(event), event, received_at, form.masks, unseen, distinct=form.distinct)

    def _form(self, revision_id: str) -> StoredForm | None:
        if revision_id not in self._forms:
            if len(self._forms) >= _MOST_FORMS:
                self._forms = {}
            document = self._document_of(revision_id)
            self._forms[revision_id] = None if document is None else StoredForm(document)
        return self._forms[revision_id]


class _Masks:
    """Which places of an event are not known because their values were replaced before it was kept."""

    def __init__(self, document_of: DocumentOf) -> None:
        self._document_of = document_of
        self._known: dict[str, frozenset[str]] = {}

    def of(self, revision_id: str, pointers: Iterable[str]) -> frozenset[str]:
        """Return all protected places of the revision where any value was replaced: few sets for many events."""
        replaced = frozenset(pointers)
        if not replaced:
            return replaced
        if revision_id not in self._known:
            if len(self._known) >= _MOST_FORMS:
                self._known = {}
            document = self._document_of(revision_id)
            self._known[revision_id] = frozenset() if document is None else protected_places(document["fields"])
        return self._known[revision_id] | replaced


def _whole_text(event: dict[str, Any]) -> bytes | None:
    """Return the text of a tap's event, None where only a part of it was kept."""
    text: bytes = event["raw"].encode() if event["raw"] is not None else b64decode(event["raw_base64"] or "")
    if event["redacted"] or (event["protected"] and event["truncated"]):
        return None
    # `truncated` may mean the stored document alone; a text with replaced values has another length.
    return text if event["protected"] or len(text) == event["raw_bytes"] else None


def _raw(
    text: bytes,
    received_at: str,
    masks: frozenset[str],
    content_type: str | None,
    user_agent: str | None,
    source_ip: str | None,
) -> Sent:
    unseen = frozenset({PROTECTED_VALUES}) if masks else frozenset[str]()
    return Sent(text, None, received_at, masks, unseen, content_type, user_agent, source_ip)


def _beginning(chunks: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield the beginning of an object, up to the end of a line."""
    left = most_bytes
    for chunk in chunks:
        if len(chunk) > left:
            yield chunk[: chunk.rfind(_NEWLINE, 0, left) + 1]
            return
        left -= len(chunk)
        yield chunk


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(_NEWLINE)
        yield from filter(None, lines)
    if rest:
        yield rest


def _hour_text(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour, UTC):%Y-%m-%dT%H}"
