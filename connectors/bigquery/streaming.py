"""Delivery row by row: requests of bounded size, of which every answer is read row by row, too.

BigQuery refuses a whole request for one bad row and calls the others stopped; those are sent again without it. The
insert id is the event's, so that rows which are sent twice within minutes are there once; whether BigQuery dropped one
it does not say. So copies that can be known are left out before: those of one object, of ids that may come twice, and
while a canary runs, those whose event stands in the table beside.
https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from google.cloud import bigquery

from connectors.bigquery.capabilities import MAX_INSERT_BYTES, MAX_ROWS_PER_INSERT
from connectors.bigquery.failures import NO_RETRY, MissingTable, RefusedRequest, is_passing, sentence, translated
from connectors.bigquery.revisions import Place, Places
from connectors.bigquery.rows import Row
from connectors.bigquery.sweeping import Sweeping
from domain.delivery.connectors import Budget
from domain.delivery.landed import UNFIT, LandedObject, Outcomes, Stamps, stamps_of
from domain.delivery.marks import unmarked
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered
from domain.ids import is_derived

CALL_SECONDS = 20.0
_FRAME_BYTES = 100  # what the request writes around a row: its insert id and the names of both
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """A row on its way, and the line that it was made of."""

    line: bytes
    stamps: Stamps
    row: Row


@dataclass(slots=True)
class _Batch:
    place: Place
    rows: list[_Sent] = field(default_factory=list)
    size_bytes: int = 0


class Streaming:
    """Sends the rows of one object."""

    def __init__(self, client: bigquery.Client, location: str, places: Places, budget: Budget) -> None:
        self._client = client
        self._sweeping = Sweeping(client, location, budget)
        self._places = places
        self._budget = budget
        self._outcomes = Outcomes()

    def deliver(self, landed: LandedObject) -> Outcomes:
        batches: dict[str, _Batch] = {}
        seen: set[str] = set()
        beside: set[str] | None = None
        for raw in landed.lines():
            line = unmarked(raw)
            stamps = stamps_of(line)
            place = self._places.find(stamps)
            if isinstance(place, str) or stamps is None:
                self._outcomes.refuse(line, str(place))
                continue
            if is_derived(stamps.event_id) or len(line) < len(raw):
                if beside is None and place.beside:
                    beside = self._standing_beside(landed)
                if stamps.event_id in seen or (beside and stamps.event_id in beside):
                    self._outcomes.leave_out(stamps)
                    continue
                seen.add(stamps.event_id)
            row = place.row(line)
            if row is None:
                self._outcomes.refuse(line, UNFIT)
                continue
            batch = batches.setdefault(stamps.revision_id, _Batch(place))
            size = len(line) + _FRAME_BYTES
            if batch.rows and (len(batch.rows) == MAX_ROWS_PER_INSERT or batch.size_bytes + size > MAX_INSERT_BYTES):
                self._send(batch.place, batch.rows)
                batch.rows, batch.size_bytes = [], 0
            batch.rows.append(_Sent(line, stamps, row))
            batch.size_bytes += size
        for batch in batches.values():
            self._send(batch.place, batch.rows)
        return self._outcomes

    def _standing_beside(self, landed: LandedObject) -> set[str]:
        """Return the events of an object that stand in another table already, since another revision ran about then."""
        suspects: dict[str, tuple[Place, Suspects]] = {}
        for raw in landed.lines():
            stamps = stamps_of(unmarked(raw))
            place = self._places.find(stamps)
            if stamps is not None and not isinstance(place, str) and place.beside:
                of_place = suspects.setdefault(stamps.revision_id, (place, Suspects()))
                of_place[1].add(stamps.event_id, stamps.minute, is_derived=is_derived(stamps.event_id))
        found: set[str] = set()
        for place, ids in suspects.values():
            for table_id, other in place.beside:
                wanted = ids.sent_beside(other.start, other.end, of_all=other.of_all)
                if wanted.event_ids:
                    found |= self._sweeping.there(table_id, wanted)
        return found

    def _send(self, place: Place, rows: list[_Sent]) -> None:
        """Send rows until each is delivered or refused; `Undelivered` when the time is over."""
        wait_seconds = _FIRST_WAIT_SECONDS
        restored = False
        while rows:
            failure: Undelivered | None = None
            try:
                left = self._insert(place, rows)
            except RefusedRequest as error:
                if len(rows) == 1:
                    self._outcomes.refuse(rows[0].line, str(error))
                    return
                middle = len(rows) // 2
                self._send(place, rows[:middle])
                rows = rows[middle:]
                continue
            except MissingTable as error:
                failure = error
                restored = restored or self._places.restore(place)
                left = rows
            except Undelivered as error:
                if not error.retryable:
                    raise
                failure, left = error, rows
            if len(left) == len(rows):
                self._budget.wait(wait_seconds, failure)
                wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
            rows = left

    def _insert(self, place: Place, rows: Sequence[_Sent]) -> list[_Sent]:
        """Send rows once; return those that are neither delivered nor refused by it."""
        with translated("take rows"):
            answer = self._client.insert_rows_json(
                place.table_id,
                [sent.row for sent in rows],
                row_ids=[sent.stamps.event_id for sent in rows],
                retry=NO_RETRY,
                timeout=min(CALL_SECONDS, max(1.0, self._budget.seconds_left())),
            )
        errors = {int(entry["index"]): entry.get("errors", []) for entry in answer}
        left: list[_Sent] = []
        for index, sent in enumerate(rows):
            reasons = errors.get(index)
            if reasons is None:
                self._outcomes.deliver(sent.stamps)
            elif _is_refused(reasons):
                self._outcomes.refuse(sent.line, _reason(reasons))
            else:
                left.append(sent)
        return left


def _is_refused(reasons: Sequence[dict[str, Any]]) -> bool:
    return any(row.get("reason") != "stopped" and not is_passing(row.get("reason", "")) for row in reasons)


def _reason(reasons: Sequence[dict[str, Any]]) -> str:
    texts = [row.get("message") or row.get("reason") or "BigQuery refused it" for row in reasons]
    return " ".join(sentence(str(text)) for text in texts[:3])
