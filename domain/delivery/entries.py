"""Delivers the events of an object by a service whose calls take a few entries and answer for each of them.

Queues, streams and buses of AWS are such services, and this is the one way to all of them. A call is filled up to what
it takes by count and by bytes. Of its answer, entries that were accepted are delivered, those that the service refuses
for good are set aside alone, and the others are sent again after a while. A call that is refused as a whole because of
what it holds is halved until the refused entry stands alone. Everything else leaves the object to a later try.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import random
from typing import Any, NamedTuple, Protocol

from domain.delivery.batching import Event, batches_of, events_of
from domain.delivery.connectors import Budget
from domain.delivery.landed import LandedObject, Outcomes
from domain.delivery.ports import PutResults
from domain.delivery.refusals import Refusals
from domain.delivery.resting import AskedToWait
from domain.errors import Undelivered
from schemas.limits import ENTRIES_TRIES

_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0


class Entry(NamedTuple):
    """An event as an entry of a call."""

    event: Event
    fields: Mapping[str, Any]
    """As the service's call takes them."""
    size: int
    """In bytes, as the service counts them."""


class Bounds(NamedTuple):
    """What one call of a service takes."""

    entries: int
    call_bytes: int
    entry_bytes: int


class EntriesRefused(Exception):  # noqa: N818 - an outcome
    """A call that was refused as a whole because of one or more of its entries."""


class EntryCalls(Protocol):
    """The calls of one queue, stream or bus of a user."""

    def put(self, entries: Sequence[Mapping[str, Any]]) -> PutResults:
        """Make one call, once.

        What is not `retryable` is refused because of the entry itself.

        Raises:
            EntriesRefused: because of what the entries hold.
            Undelivered: nothing is known of any entry.
            Misconfigured: a grant is missing.
        """
        ...


class EntryDelivery:
    """Delivers the events of one object."""

    def __init__(self, calls: EntryCalls, entry_of: Callable[[Event], Entry], bounds: Bounds, budget: Budget) -> None:
        self._calls = calls
        self._entry_of = entry_of
        self._bounds = bounds
        self._budget = budget
        self._outcomes = Outcomes()
        self._refusals = Refusals()

    def deliver(self, landed: LandedObject) -> Outcomes:
        """Deliver all of them, in order as far as retries allow; raise `Undelivered` or `Misconfigured` if not."""
        entries = self._entries(landed)
        for batch in batches_of(entries, self._bounds.entries, self._bounds.call_bytes, lambda entry: entry.size):
            self._send(batch)
        return self._outcomes

    def _entries(self, landed: LandedObject) -> Iterator[Entry]:
        """Yield the events as entries; those that are too large for any call are set aside."""
        for event in events_of(landed, self._outcomes):
            entry = self._entry_of(event)
            if entry.size > self._bounds.entry_bytes:
                reason = f"It takes {entry.size:,} bytes; the destination accepts up to {self._bounds.entry_bytes:,}."
                self._outcomes.refuse(event.line, reason)
            else:
                yield entry

    def _send(self, batch: Sequence[Entry]) -> None:
        """Send entries until each is delivered or refused."""
        wait_seconds = _FIRST_WAIT_SECONDS
        tries_left = ENTRIES_TRIES
        left = batch
        while left:
            if not self._budget.seconds_left():
                raise Undelivered("There was no time left for the rest of an object.")
            try:
                results = self._calls.put([entry.fields for entry in left])
            except EntriesRefused as refused:
                self._halve(left, str(refused))
                return
            except Undelivered as error:
                if not error.retryable:  # at once; but the destination is left alone for a while
                    raise AskedToWait(str(error), 0.0) from error
                again, failure = left, str(error)
            else:
                again, failure = self._sorted_out(left, results)
            if not again:
                return
            tries_left = tries_left - 1 if len(again) == len(left) else ENTRIES_TRIES
            if not tries_left:
                raise AskedToWait(failure, 0.0)
            spread = 0.5 + random() / 2  # noqa: S311 - so that writers do not come together
            self._budget.wait(spread * wait_seconds, AskedToWait(failure, 0.0))
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
            left = again

    def _sorted_out(self, sent: Sequence[Entry], results: PutResults) -> tuple[Sequence[Entry], str]:
        """Note what became of entries, and return those that are to be sent again, with the last one's reason."""
        if None in results:
            self._refusals.succeeded()
        again: list[Entry] = []
        reason = ""
        for entry, failure in zip(sent, results, strict=True):
            if failure is None:
                self._outcomes.deliver(entry.event.stamps)
            elif failure.retryable:
                again.append(entry)
                reason = failure.reason
            else:
                self._refusals.count_event(f"All events of an object are refused. {failure.reason}")
                self._outcomes.refuse(entry.event.line, failure.reason)
        return again, reason

    def _halve(self, batch: Sequence[Entry], reason: str) -> None:
        self._refusals.count(f"Too many requests of one object are refused. {reason}")
        if len(batch) == 1:
            self._outcomes.refuse(batch[0].event.line, reason)
            return
        middle = len(batch) // 2
        self._send(batch[:middle])
        self._send(batch[middle:])
