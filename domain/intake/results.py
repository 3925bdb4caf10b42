"""What a request is told of its events where not every one was accepted: one row each, in order."""

from collections.abc import Sequence
from typing import Any

import orjson

from domain.errors import Rejected, first_fault
from domain.http import HttpRequest
from domain.intake.events import Verdict
from domain.intake.keeping import KeptAs, RefusedEvent
from domain.msgspec_core import Struct
from domain.validation.faults import Refusal
from schemas.codes import Fault, Outcome, Problem
from schemas.items import Pointer
from schemas.limits import MAX_INGEST_ANSWER_BYTES

_UNDELIVERABLE_RETRY_SECONDS = "5"
_BYTES_AROUND = 8_000  # of an answer beside its rows: what is said of the first fault stands there twice
_POINTER_CHARS = 100  # that are told of it
_BYTES_PER_ROW = 115  # without its faults
_BYTES_PER_ACCEPTED_ID = 40  # which stands in `event_ids` as well

ResultRow = dict[str, Any]
"""`{"index", "outcome", "event_id", "errors"}`, and `"more": true` where there were more faults than listed."""


class TakenRequest(Struct):
    """A request whose events were read, and whose valid ones were sent to a stream.

    `verdicts` and `ids` have one entry per event, `lines` and `durable` one per valid event; all in order.
    `kept_as` says how refused events are kept.
    """

    request: HttpRequest
    pointer: Pointer
    received_ns: int
    received_at: str
    bytes_received: int
    verdicts: Sequence[Verdict]
    ids: Sequence[str]
    lines: Sequence[bytes]
    durable: Sequence[bool]
    kept_as: KeptAs

    def refused(self) -> list[RefusedEvent]:
        """Return the events that are not valid, in order."""
        return [
            (index, self.ids[index], verdict)
            for index, verdict in enumerate(self.verdicts)
            if isinstance(verdict, Refusal)
        ]

    def bytes_durable(self) -> int:
        """Return the bytes that streams hold now, as stored."""
        return sum(len(line) for line, is_durable in zip(self.lines, self.durable, strict=True) if is_durable)


def result_rows(taken: TakenRequest, kept: Sequence[Outcome]) -> list[ResultRow]:
    """Return the rows of a request's events; `kept` is what became of each refused one."""
    durable, kept_next = iter(taken.durable), iter(kept)
    rows: list[ResultRow] = []
    room = AnswerRoom(len(taken.verdicts), accepted=len(taken.lines))
    is_cut = False
    for index, verdict in enumerate(taken.verdicts):
        errors: list[dict[str, Any]] = []
        if isinstance(verdict, Refusal):
            outcome, errors = next(kept_next), verdict.errors()
            errors, is_cut = room.fit(errors)
        else:
            outcome = Outcome.ACCEPTED if next(durable) else Outcome.UNDELIVERED
        exists = outcome in {Outcome.ACCEPTED, Outcome.QUARANTINED}  # else nothing by the id is anywhere
        row = {"index": index, "outcome": outcome, "event_id": taken.ids[index] if exists else None, "errors": errors}
        if isinstance(verdict, Refusal) and (verdict.more or is_cut):
            row["more"] = True
        rows.append(row)
    return rows


class AnswerRoom:
    """How many bytes the faults of an answer may still take: ids and outcomes are always told, faults as they fit."""

    __slots__ = ("_around_fault", "_left")

    def __init__(self, events: int, *, accepted: int = 0, more_per_fault: int = 0) -> None:
        """Keep what rows without faults take for so many events, and the ids of those that are accepted.

        `more_per_fault` is how many bytes more a fault has in the form of its protocol.
        """
        self._around_fault = 1 + more_per_fault
        kept = _BYTES_AROUND + events * _BYTES_PER_ROW + accepted * _BYTES_PER_ACCEPTED_ID
        self._left = MAX_INGEST_ANSWER_BYTES - kept

    def fit(self, errors: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        """Return the first of an event's faults that there is room for, and whether any is left out."""
        for place, error in enumerate(errors):
            self._left -= len(orjson.dumps(error)) + self._around_fault
            if self._left < 0:
                self._left = 0
                return errors[:place], True
        return errors, False


def code_counts(refused: Sequence[RefusedEvent], kept: Sequence[Outcome]) -> dict[str, int]:
    """Return how often each fault was found, but for events whose sender has to send them again."""
    counts: dict[str, int] = {}
    for (_, _, refusal), outcome in zip(refused, kept, strict=True):
        if outcome != Outcome.UNDELIVERED:
            for fault in refusal.faults:
                counts[fault.code] = counts.get(fault.code, 0) + 1
    return counts


def undeliverable(rows: Sequence[ResultRow]) -> Rejected:
    """Return the answer of a request of which some events, or all, could not be made durable."""
    lost = sum(1 for row in rows if row["outcome"] == Outcome.UNDELIVERED)
    message = (
        "Nothing of this request could be made durable at the moment. Send it again."
        if lost == len(rows)
        else f"{lost} of {len(rows)} events could not be made durable at the moment. Send those again."
    )
    return Rejected(
        Problem.UNDELIVERABLE, message, headers={"Retry-After": _UNDELIVERABLE_RETRY_SECONDS}, extra={"results": rows}
    )


def invalid(rows: Sequence[ResultRow]) -> Rejected:
    """Return the answer of a request of which no event was accepted."""
    codes = {error["code"] for row in rows for error in row["errors"]}
    if codes == {Fault.NOT_JSON}:
        message = "Nothing of the payload is valid JSON (RFC 8259, UTF-8); `results` says where each line is not."
        if len(rows) == 1:
            message = f"The payload is not valid JSON. {rows[0]['errors'][0]['message']}"
        return Rejected(Problem.NOT_JSON, message, extra={"results": rows})
    message = "No event of this request fits the schema; `results` lists every fault of each."
    if len(rows) == 1:
        message = "The event does not fit the schema."
        if errors := rows[0]["errors"]:
            first = first_fault(errors, has_more=rows[0].get("more", False), pointer_chars=_POINTER_CHARS)
            message = f"{message} {first}"
    return Rejected(Problem.INVALID_EVENT, message, extra={"results": rows})
