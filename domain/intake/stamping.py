"""Gives each event its id and turns accepted documents into the lines that a destination receives."""

import random
from datetime import UTC, datetime

import orjson

from domain.ids import derived_event_id, uuid7_from_parts
from domain.intake import faults as text_of
from domain.intake.events import ReadEvents
from domain.intake.faults import whole_event_refused
from domain.intake.macros import RequestFacts
from domain.intake.revision import CompiledRevision, has_too_long_string
from schemas.limits import MAX_EVENT_BYTES, MAX_STRING_BYTES

_NEWLINE = orjson.OPT_APPEND_NEWLINE
_NS_PER_SECOND = 1_000_000_000
_SEQUENCE_BITS = 0xFFF

# Not secret, only distinct: the generator is seeded by the system, once per process.
_random_bits = random.Random().getrandbits  # noqa: S311


class ReceivedTime:
    """Turns nanoseconds into the RFC 3339 text that events are stamped with; remembers the second it last wrote."""

    __slots__ = ("_second",)

    def __init__(self) -> None:
        self._second = (-1, "")

    def text(self, received_ns: int) -> str:
        """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
        second, rest = divmod(received_ns, _NS_PER_SECOND)
        last, written = self._second
        if last != second:
            written = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._second = (second, written)
        return f"{written}.{rest // 1000:06d}Z"


def event_ids(count: int, received_ns: int, environment_id: str, idempotency_key: str | None) -> list[str]:
    """Return the ids of a request's events, in order.

    With a key they derive from it, so that a repeated request gives the same ids. Without, they are UUIDv7 that
    sort in the order of the events.
    """
    if idempotency_key:
        return [derived_event_id(environment_id, idempotency_key, index) for index in range(count)]
    now_ms, rest_ns = divmod(received_ns, 1_000_000)
    if count == 1:
        return [f"evt_{uuid7_from_parts(now_ms, rest_ns * 4096 // 1_000_000, _random_bits(62)):032x}"]
    return [f"evt_{uuid7_from_parts(now_ms, index & _SEQUENCE_BITS, _random_bits(62)):032x}" for index in range(count)]


def stamp(revision: CompiledRevision, read: ReadEvents, ids: list[str], facts: RequestFacts) -> list[bytes]:
    """Return the newline-terminated line of each accepted event, in order.

    An event that only now shows to be too large becomes a refusal in `read.verdicts`.
    """
    verdicts = read.verdicts
    middle = f'","_received_at":"{facts.received_at}","_revision_id":"{revision.revision_id}"'.encode()
    fill_macros = revision.fill_macros
    lines: list[bytes] = []
    for index, verdict in enumerate(verdicts):
        if type(verdict) is not dict:
            continue
        event_id = ids[index]
        if fill_macros is not None:
            fill_macros(verdict, facts, event_id)
        body = orjson.dumps(verdict, None, _NEWLINE)
        if len(body) > MAX_STRING_BYTES and has_too_long_string(verdict):
            verdicts[index] = revision.judge_event(read.text(index))
            continue
        body = body[1:] if len(body) == 3 else b"," + body[1:]  # "{}\n" has no field to part from
        line = b'{"_event_id":"%b%b%b' % (event_id.encode(), middle, body)
        if len(line) > MAX_EVENT_BYTES + 1:  # the newline is not the event's
            verdicts[index] = whole_event_refused(text_of.EVENT_TOO_LARGE, read.text(index))
            continue
        lines.append(line)
    return lines
