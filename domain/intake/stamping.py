"""Turns accepted documents into the lines that a destination receives: when they arrived, their ids, what they hold."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from domain.errors import Rejected
from domain.ids import EVENT_ID_PREFIX, EventIds, event_ids
from domain.intake.events import Verdict
from domain.intake.payload import EventTexts
from domain.validation import faults as text_of
from domain.validation.extra import DROPPED, fitting
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.revision import CompiledRevision
from domain.validation.scalars import has_too_long_string
from domain.validation.written import Document, document_of, written
from schemas.codes import Problem
from schemas.limits import MAX_EVENT_BYTES, MAX_REQUEST_STORED_BYTES, MAX_STRING_BYTES
from schemas.stamps import EVENT_ID, EXTRA, RECEIVED_AT

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts

_US_PER_SECOND = 1_000_000
_BEFORE_ID = f'{{"{EVENT_ID}":"'
_BEFORE_TIME = f'","{RECEIVED_AT}":"'
_EMPTY = b"{}\n"
_EMPTY_BYTES = len(_EMPTY)
_BYTES_AROUND_EXTRA = len(f'"{EXTRA}":,')
_BYTES = tuple(f"{byte:02x}" for byte in range(256))
_THREE_DIGITS = tuple(f"{number:03d}" for number in range(1_000))


class Arrivals:
    """Says of each request when it arrived; remembers the second of the last. Shared by the threads of a process."""

    __slots__ = ("_ids", "_second", "_tails")

    def __init__(self, ids: EventIds = event_ids) -> None:
        self._second = (-_US_PER_SECOND, "", 0, [""])
        self._ids = ids
        self._tails = ids.tails

    def at(self, received_ns: int) -> tuple[str, str]:
        """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`, and the id of the first event.

        Both are put together of what is known for the whole second: numbers below a million cost a fraction of what
        nanoseconds since 1970 do.
        """
        start_us, written, first_ms, begins = self._second
        us = received_ns // 1_000 - start_us
        if not 0 <= us < _US_PER_SECOND:
            start_us, written, first_ms, begins = self._second = _second_of(received_ns)
            us = received_ns // 1_000 - start_us
        try:
            tail = self._tails.pop()
        except IndexError:
            tail = self._ids.draw()
        ms = us // 1_000
        id_ms = first_ms + ms
        return (
            f"{written}{_THREE_DIGITS[ms]}{_THREE_DIGITS[us % 1_000]}Z",
            f"{begins[id_ms >> 8]}{_BYTES[id_ms & 255]}{tail}",
        )


def _second_of(received_ns: int) -> tuple[int, str, int, list[str]]:
    """Return what all arrivals within a second share.

    In order: the microsecond since 1970 that it starts with; the time as text, without decimals; of the milliseconds
    that it starts with, the last byte; how an id begins before that byte, now and after each of its carries.
    """
    second = received_ns // 1_000_000_000
    written = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
    ms = second * 1_000
    begins = [f"{EVENT_ID_PREFIX}{value:010x}" for value in range(ms >> 8, (ms + 999 >> 8) + 1)]
    return second * _US_PER_SECOND, written, ms & 255, begins


arrival_at = Arrivals().at


def stamp(
    revision: CompiledRevision,
    texts: EventTexts,
    verdicts: list[Verdict],
    ids: list[str],
    received_at: str,
    facts: "RequestFacts | None",
) -> list[bytes]:
    """Return the newline-terminated line of each accepted event, in order: its stamps, and its document.

    Documents among the verdicts have their macros filled in and their values protected; an event that only now shows to
    be too large becomes a refusal there.

    Args:
        revision: what the events were validated by.
        texts: what they were read from.
        verdicts: one per event; changed in place.
        ids: one per event.
        received_at: as `Arrivals` writes it.
        facts: what macros and hashes draw on; only a revision that has `completions` takes them.

    Raises:
        Rejected: `body_too_large`: all lines together are longer than a request may become.
    """
    completions = revision.completions
    if len(verdicts) == 1 and not completions and type(text := verdicts[0]) is bytes:
        # The ordinary line of one event, as most requests bring it: the loop writes the same, and takes twice the time.
        stamps = f"{_BEFORE_ID}{ids[0]}{_BEFORE_TIME}{received_at}{revision.last_stamp}".encode()
        line = text.replace(b"{", stamps, 1)
        if len(text) > _EMPTY_BYTES and len(line) <= MAX_STRING_BYTES:
            return [line]
    after_id = f"{_BEFORE_TIME}{received_at}{revision.last_stamp}"
    lines: list[bytes]
    if not completions and set(map(type, verdicts)) == {bytes} and _EMPTY not in verdicts:
        # The ordinary lines of a batch: likewise.
        texts_and_ids: Iterable[tuple[bytes, str]] = zip(verdicts, ids, strict=True)  # type: ignore[arg-type]
        lines = [text.replace(b"{", f"{_BEFORE_ID}{id_}{after_id}".encode(), 1) for text, id_ in texts_and_ids]
        if max(map(len, lines)) <= MAX_STRING_BYTES:
            return lines
    lines = []
    large_bytes = 0
    for index, verdict in enumerate(verdicts):
        if isinstance(verdict, Refusal):
            continue
        event_id = ids[index]
        if completions:
            assert facts is not None
            known = document_of(verdict)
            for complete in completions:
                complete(known, facts, event_id)
            verdicts[index] = text = written(known)
        elif type(verdict) is bytes:
            text = verdict
        else:
            verdicts[index] = text = written(document_of(verdict))
        stamps = f"{_BEFORE_ID}{event_id}{after_id}".encode()
        line = text.replace(b"{", stamps, 1)  # quicker than to cut and to join
        if len(line) > MAX_STRING_BYTES:
            known = document_of(text)
            if revision.bounds_strings and has_too_long_string(known):
                judged = revision.judge_event(texts.all()[index], texts.work)
                if isinstance(judged, Refusal):
                    verdicts[index] = judged
                    continue
            if revision.keeps and EXTRA in known and (len(line) > MAX_EVENT_BYTES + 1 or DROPPED in known[EXTRA]):
                known[EXTRA] = _as_met(revision, texts.all()[index], known[EXTRA])
                line = _with_fitting_extra(stamps, known)
                verdicts[index] = written(known)
            if len(line) > MAX_EVENT_BYTES + 1:  # the newline is not the event's
                verdicts[index] = whole_event_refused(text_of.EVENT_TOO_LARGE, texts.all()[index])
                continue
            large_bytes += len(line)
            if large_bytes > MAX_REQUEST_STORED_BYTES:
                raise Rejected(
                    Problem.BODY_TOO_LARGE,
                    f"With their defaults the request's events are larger than {MAX_REQUEST_STORED_BYTES:,} bytes. "
                    "Send fewer events in a request.",
                )
        elif len(text) == _EMPTY_BYTES:
            line = line.replace(b",}", b"}")
        lines.append(line)
    return lines


def _as_met(revision: CompiledRevision, text: bytes, extra: dict[str, Any]) -> dict[str, Any]:
    """Return `_extra` in the order of the event, whatever keys were learned first: what is left out goes by it."""
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:  # then it was validated in full, and has that order
        return extra
    found, _ = revision.unnamed.of(event)
    return {pointer: extra[pointer] for pointer, _ in found if pointer in extra} | extra


def _with_fitting_extra(stamps: bytes, document: Document) -> bytes:
    """Return a document's line, with as much in `_extra` as there is room for beside all else; changed in place."""
    extra = document[EXTRA]
    without = {key: value for key, value in document.items() if key != EXTRA}
    line = written(without).replace(b"{", stamps, 1)
    kept = fitting(extra, MAX_EVENT_BYTES + 1 - len(line) - _BYTES_AROUND_EXTRA)
    if kept is None:
        del document[EXTRA]
        return line
    document[EXTRA] = kept
    return written(document).replace(b"{", stamps, 1)
