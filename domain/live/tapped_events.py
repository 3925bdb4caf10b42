"""The message that carries events to taps: as they came, with what became of each.

Imported at the first request of an environment that is tapped. A message has at most `MAX_TAP_MESSAGE_BYTES`, whatever
the request holds: a long text is cut, a long document left out, and events for which there is no room are counted.
"""

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from domain.completion.request_facts import RequestFacts
from domain.http import HttpRequest
from domain.intake.payload import EventTexts
from domain.intake.results import ResultRow, TakenRequest
from domain.live.packing import message_from
from domain.validation.faults import Refusal
from domain.validation.protect_text import ProtectedText, ProtectWork
from domain.validation.revision import CompiledRevision
from schemas.codes import Outcome
from schemas.items import Pointer
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_TAP_MESSAGE_BYTES

_DOCUMENT_BYTES = (MAX_TAP_MESSAGE_BYTES - 400) // 4 * 3
"""Of JSON, which base64 makes a third longer where compressing does not help."""
_SHARE_OF_ROOM = 4
"""One event of several takes at most this part of a message."""
_FEWEST_BYTES = 600
"""Of an event with hardly any of its text; where there is less room, it is left out."""
_MOST_ERRORS = 20
_MOST_POINTER_CHARS = 256
_MOST_HEADER_CHARS = 500
_CUTS = 6


class SeenRequest:
    """A request whose events have their outcomes."""

    def __init__(
        self,
        taken: TakenRequest,
        revision: CompiledRevision,
        texts: EventTexts,
        facts: RequestFacts | None,
        rows: Sequence[ResultRow] | None,
    ) -> None:
        """Take the request; `rows` say what became of each event, None that all were accepted."""
        self.pointer: Pointer = taken.pointer
        self.received_ns = taken.received_ns
        self.ids = taken.ids
        self._taken = taken
        self._revision = revision
        self._texts = texts
        self._facts = facts
        self._rows = rows
        self._work = ProtectWork()
        self._parsed_bytes = 0
        self._lines: dict[int, bytes] | None = None

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each event."""
        if self._rows is None:
            return [Outcome.ACCEPTED.value] * len(self.ids)
        return [row["outcome"].value for row in self._rows]

    def outcome(self, index: int) -> str:
        return Outcome.ACCEPTED.value if self._rows is None else str(self._rows[index]["outcome"].value)

    def codes(self, index: int) -> set[str]:
        """Return the codes of an event's faults."""
        verdict = self._taken.verdicts[index]
        return {fault.code.value for fault in verdict.faults} if isinstance(verdict, Refusal) else set()

    def name(self, index: int) -> str | None:
        """Return an event's name, None without one, or where finding it out would cost too much."""
        names = self._revision.event_names
        if names is None:
            return None
        verdict = self._taken.verdicts[index]
        if isinstance(verdict, Refusal):
            return names.of_refused(verdict, self._may_parse_exactly)
        return names.of(verdict, self.sent(index), self._may_parse_exactly)

    def sent(self, index: int) -> bytes:
        """Return an event's text."""
        verdict = self._taken.verdicts[index]
        return verdict.raw if isinstance(verdict, Refusal) else self._texts.all_or_whole()[index]

    def kept(self, index: int) -> ProtectedText:
        """Return as much of an event's text as may be kept."""
        text = self.sent(index)
        if not self.pointer.get("taps_protected"):
            return ProtectedText(text, (), is_redacted=False)
        return self._revision.protected_texts.of(text, self._facts, self._work)

    def stored(self, index: int) -> bytes | None:
        """Return the line of an event that was accepted."""
        if self._lines is None:
            valid = [place for place, verdict in enumerate(self._taken.verdicts) if not isinstance(verdict, Refusal)]
            self._lines = dict(zip(valid, self._taken.lines, strict=True))
        return self._lines.get(index) if self.outcome(index) == Outcome.ACCEPTED else None

    def errors(self, index: int) -> tuple[list[dict[str, Any]], bool]:
        """Return the first faults of an event, and whether there were more."""
        verdict = self._taken.verdicts[index]
        if not isinstance(verdict, Refusal):
            return [], False
        errors = verdict.errors()
        shown = [{**error, "pointer": _cut(error["pointer"], _MOST_POINTER_CHARS)} for error in errors[:_MOST_ERRORS]]
        return shown, verdict.more or len(shown) < len(errors)

    def common(self) -> dict[str, Any]:
        """Return what all events of the request share."""
        taken, request = self._taken, self._taken.request
        return {
            "at": taken.received_at,
            "revision_id": self._revision.revision_id,
            "request": {
                "id": request.request_id,
                "method": request.method,
                "content_type": _header(request, "content-type"),
                "user_agent": _header(request, "user-agent"),
                "origin": _header(request, "origin"),
                "bytes": taken.bytes_received,
                "protocol": taken.kept_as.protocol,
            },
            "source_ip": request.source_ip if self.pointer["store_addresses"] else None,
        }

    def _may_parse_exactly(self, text: bytes) -> bool:
        self._parsed_bytes += len(text)
        return self._parsed_bytes <= MAX_EVENT_SENT_BYTES


def tap_message(
    seen: SeenRequest,
    wanted: Mapping[str, Sequence[int]],
    left_out: Mapping[str, int],
    stand_for: Mapping[str, float],
) -> str:
    """Return the message that carries events of a request.

    Args:
        seen: the request.
        wanted: by the id of each tap, the places of the events that it keeps.
        left_out: by the id of each tap, how many events were left out for it since the last message.
        stand_for: by the id of each tap, for how many events of all handlers those of the request stand.
    """
    places = list(wanted)
    places_of = [frozenset(indexes) for indexes in wanted.values()]
    common = seen.common()
    indexes = sorted(frozenset().union(*places_of))
    room = _DOCUMENT_BYTES - len(orjson.dumps(common)) - sum(len(tap_id) + 40 for tap_id in places) - 100
    most = room if len(indexes) == 1 else room // _SHARE_OF_ROOM
    events: list[Any] = []
    fitting: set[int] = set()
    for index in indexes:
        if room < _FEWEST_BYTES:
            break
        taps = [place for place, of_tap in enumerate(places_of) if index in of_tap]
        event = _event(seen, index, {"taps": taps}, min(room, most))
        if event is not None:
            room -= len(event) + 1
            events.append(orjson.Fragment(event))
            fitting.add(index)
    return message_from(
        {
            "environment_id": seen.pointer["environment_id"],
            "at_ms": seen.received_ns // 1_000_000,
            "taps": {
                tap_id: [left_out[tap_id] + len(of_tap - fitting), stand_for[tap_id]]
                for tap_id, of_tap in zip(places, places_of, strict=True)
            },
            "common": common,
            "events": events,
        }
    )


def _event(seen: SeenRequest, index: int, fields: dict[str, Any], most_bytes: int) -> bytes | None:
    """Return an event as JSON, cut to so many bytes; None where even its faults don't fit."""
    errors, more = seen.errors(index)
    text = seen.kept(index)
    raw, stored = text.text, seen.stored(index)
    fields |= {
        "event_id": seen.ids[index],
        "index": index,
        "outcome": seen.outcome(index),
        "errors": errors,
        "more": more,
        "event_name": seen.name(index),
        "raw_bytes": len(seen.sent(index)),
        "stored": None if stored is None else orjson.Fragment(stored.rstrip(b"\n")),
        "truncated": False,
        "protected": list(text.pointers),
        "redacted": text.is_redacted,
    }
    event = orjson.dumps({**fields, **_as_text(raw)})
    if len(event) <= most_bytes:
        return event
    fields["truncated"] = True
    if stored is not None and len(stored) > most_bytes // 2:
        fields["stored"] = None
        event = orjson.dumps({**fields, **_as_text(raw)})
    rest = len(orjson.dumps({**fields, **_as_text(b"")}))
    raw = _beginning(raw, most_bytes)
    for _ in range(_CUTS):
        event = orjson.dumps({**fields, **_as_text(raw)})
        if len(event) <= most_bytes:
            return event
        # As JSON a text may take six times its bytes: it is cut by what it takes.
        raw = _beginning(raw, len(raw) * max(0, most_bytes - rest) // (len(event) - rest))
    fields |= {"protected": [], "stored": None, "errors": errors[:1], "more": more or len(errors) > 1}
    event = orjson.dumps({**fields, **_as_text(b"")})
    return event if len(event) <= most_bytes else None


def _as_text(raw: bytes) -> dict[str, str | None]:
    try:
        return {"raw": raw.decode(), "raw_base64": None}
    except UnicodeDecodeError:
        return {"raw": None, "raw_base64": binascii.b2a_base64(raw, newline=False).decode("ascii")}


def _beginning(raw: bytes, most_bytes: int) -> bytes:
    """Return the beginning of a text; of UTF-8, whole characters."""
    cut = raw[: max(0, most_bytes)]
    try:
        cut.decode()
    except UnicodeDecodeError as error:
        if error.end == len(cut) and error.reason == "unexpected end of data":
            return cut[: error.start]
    return cut


def _header(request: HttpRequest, name: str) -> str | None:
    value = request.headers.get(name)
    return None if value is None else _cut(value, _MOST_HEADER_CHARS)


def _cut(text: str, most_chars: int) -> str:
    """Return the beginning of a text, with `?` for what is no character."""
    return text[:most_chars].encode("utf-8", "replace").decode()
