"""The work of a trial, step by step: each goes on from what the one before it has kept, and keeps what it has found.

A step is bounded in time and may be repeated or done twice at once: what it keeps holds only if the state is what it
began with, so that each event counts once. Nothing but the trial itself is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from domain.catalog.trial_items import Held, end, end_writes, find_held, find_trial, free_slot, is_open, step_writes
from domain.clock import Clock
from domain.errors import Misconfigured, Undelivered
from domain.live.ports import TapStore
from domain.quarantine.reading import Quarantine
from domain.records import keys
from domain.records.change import time_text
from domain.records.ports import Conflict, Item, Table
from domain.trials.sampling import digest_of, threshold_of
from domain.trials.sent import Ids, Sent
from domain.trials.sources import (
    DeliveredSource,
    Hours,
    QuarantinedSource,
    Seen,
    Source,
    TappedSource,
    bytes_of_each,
)
from domain.trials.tally import Tally
from domain.trials.trying import Trier
from schemas.first_edition import revision_document
from schemas.items import RevisionDocument, revision_document_key
from schemas.limits import MAX_TRIAL_SECONDS

STEP_SECONDS = 60.0
_SWEPT_AT_ONCE = 100
_ABANDONED_SECONDS = 600
"""After its last step: before that it may not be known yet that one is worked on."""
_ABANDONED = "Its work ended before it had looked at all events; start another trial."
_NS = 1_000_000_000
_EVENTS_BETWEEN_LOOKS = 20  # at the clock


class TrialStarter(Protocol):
    """Sets the work on a trial going. Raises `Undelivered` when it can't."""

    def start(self, trial_id: str, /) -> None:
        """Begin; a second call for the same trial does no harm."""
        ...

    def is_at_work(self, trial_id: str, /) -> bool:
        """Say whether anything is still done for a trial that was started; of a fresh one it may not be known yet."""
        ...


@dataclass(frozen=True, slots=True)
class TrialBuckets:
    """Where delivered events lie: in the managed destination, or where the writers of others take them from."""

    data: str
    landing: str


@dataclass(slots=True)
class _Cursor:
    """How far a trial is: the unit it is at, how many of its events are chosen, by which digest, and the next one.

    `share` is 0 for a unit that is not begun.
    """

    unit: int = 0
    share: int = 0
    threshold: int = -1
    number: int = 0
    chosen: int = 0
    """Events of the units before, and of this one so far."""


class TrialWorker:
    """Does the steps of trials; each may be repeated at any time."""

    def __init__(
        self,
        table: Table,
        quarantine: Quarantine,
        taps: TapStore,
        buckets: TrialBuckets,
        clock: Clock,
        monotonic: Callable[[], float],
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        """Take the catalog and the three sources; `monotonic` gives seconds, and a step takes about so many."""
        self._table = table
        self._quarantine = quarantine
        self._taps = taps
        self._buckets = buckets
        self._clock = clock
        self._monotonic = monotonic
        self._step_seconds = step_seconds

    def work(self, trial_id: str) -> str | None:
        """Do one step; return the trial's state after it, None if there is no such trial.

        Raises:
            Undelivered: something could not be reached; the step is still to be done.
        """
        held = find_held(self._table, trial_id)
        if held is None or not is_open(held.trial):
            return None if held is None else str(held.trial.data["state"])
        try:
            return self._step(held)
        except Conflict:  # another step was faster, or the trial has ended
            held = find_held(self._table, trial_id)
            return None if held is None else str(held.trial.data["state"])

    def fail(self, trial_id: str, reason: str) -> None:
        """End a trial that can't go on; one that has ended stays as it is."""
        end(self._table, trial_id, "failed", self._clock(), reason)

    def sweep(self, starter: TrialStarter) -> int:
        """Start what waits, and end what nobody works on any more; return how many waited."""
        return sweep_trials(self._table, starter, self._clock())

    def _step(self, held: Held) -> str:
        data = held.trial.data
        tried, running = self._documents(data)
        source = self._source(data)
        kept: dict[str, Any] = {"units": source.units()} if held.state is None else held.state.data
        step = _Step(self, data, kept, tried, running)
        is_done = step.go(source, self._monotonic() + self._step_seconds)
        now = time_text(self._clock())
        writes = step_writes(held, step.document(), step.counts(), now)
        if is_done:
            trial = Item(held.trial.key, held.trial.version, dict(writes[0].data))  # type: ignore[union-attr]
            writes = [*end_writes(self._table, trial, "done", now), writes[1]]
        self._table.transact(writes)
        return "done" if is_done else "running"

    def now(self) -> float:
        return self._monotonic()

    def is_wanted(self, trial_id: str) -> bool:
        """Say whether a trial has not ended, as by someone who cancelled it."""
        trial = find_trial(self._table, trial_id)
        return trial is not None and is_open(trial)

    def _documents(self, data: dict[str, Any]) -> tuple[RevisionDocument, RevisionDocument]:
        tried = self._table.get(keys.tried_document_key(data["id"]))
        running = self._table.get(revision_document_key(data["running_revision_id"]))
        if tried is None or running is None:
            raise Misconfigured("The trial's revision is gone.")
        return revision_document(tried.data), revision_document(running.data)

    def _source(self, data: dict[str, Any]) -> Source:
        ids = Ids(data["organisation_id"], data["endpoint_id"], data["environment_id"])
        hours = Hours(data["start"], data["end"])

        def document_of(revision_id: str) -> RevisionDocument | None:
            if self._table.get(keys.revision_key(ids.endpoint_id, revision_id)) is None:
                return None
            item = self._table.get(revision_document_key(revision_id))
            return None if item is None else revision_document(item.data)

        if data["source"] == "tap":
            taps = self._table.query(keys.environment_group(ids.environment_id), prefix=keys.TAPS, limit=_SWEPT_AT_ONCE)
            tap_ids = [tap.data["id"] for tap in taps]
            return TappedSource(self._taps, tap_ids, hours, self._clock() / _NS, document_of)
        if data["source"] == "quarantine":
            return QuarantinedSource(self._quarantine, ids.environment_id, hours, document_of)
        bucket = self._buckets.data if data["is_managed"] else self._buckets.landing
        return DeliveredSource(self._quarantine.objects, bucket, ids, hours, document_of)


class _Step:
    """One step of a trial, from what the one before has kept to what the next goes on from."""

    def __init__(
        self,
        worker: TrialWorker,
        data: dict[str, Any],
        kept: dict[str, Any],
        tried: RevisionDocument,
        running: RevisionDocument,
    ) -> None:
        self._worker = worker
        self._trial_id: str = data["id"]
        self._sample: int = data["sample"]
        self._units: list[str] = kept["units"]
        self._cursor = _Cursor(**kept.get("cursor", {}))
        self._skipped: int = kept.get("skipped", 0)
        self._seconds: float = kept.get("seconds", 0.0)
        self._is_cut_short = False
        self._tally = Tally(tried["fields"], kept.get("tally"))
        ids = Ids(data["organisation_id"], data["endpoint_id"], data["environment_id"])
        self._trier = Trier(tried, running, ids)

    def go(self, source: Source, until: float) -> bool:
        """Look at events until that time; return whether there are no more.

        Raises:
            Conflict: the trial has ended meanwhile, as one that was cancelled has.
        """
        began = self._worker.now()
        until = min(until, began + MAX_TRIAL_SECONDS - self._seconds)
        cursor, is_up = self._cursor, False
        while cursor.unit < len(self._units) and cursor.chosen < self._sample and not is_up:
            if cursor.unit and not cursor.share and not self._worker.is_wanted(self._trial_id):
                raise Conflict([0])
            try:
                is_up = not self._go_through(source, until)
            except Undelivered as error:
                if error.retryable:
                    raise
                self._skipped += 1  # a damaged object is not worth the trial: what was read of it counts
            if not is_up:
                self._cursor = cursor = _Cursor(cursor.unit + 1, chosen=cursor.chosen)
                is_up = self._worker.now() >= until
        self._seconds += self._worker.now() - began
        is_through = cursor.unit >= len(self._units) or cursor.chosen >= self._sample
        self._is_cut_short = not is_through and self._seconds >= MAX_TRIAL_SECONDS
        return is_through or self._is_cut_short

    def document(self) -> dict[str, Any]:
        cursor = self._cursor
        return {
            "units": self._units,
            "cursor": {name: getattr(cursor, name) for name in _Cursor.__slots__},
            "skipped": self._skipped,
            "seconds": round(self._seconds, 3),
            "tally": self._tally.document(),
        }

    def counts(self) -> dict[str, Any]:
        """Return what the trial's own item says of how far it is."""
        result = self._tally.counts
        return {
            "objects_total": len(self._units),
            "objects_done": self._cursor.unit,
            "objects_skipped": self._skipped,
            "cut_short": self._is_cut_short,
            "looked_at": self._tally.looked_at,
            **{name: count for name, count in result.items() if name != "groups_left_out"},
        }

    def _go_through(self, source: Source, until: float) -> bool:
        """Look at the chosen events of a unit; return False if the time was up before its end."""
        cursor = self._cursor
        unit, most_bytes = self._units[cursor.unit], bytes_of_each(len(self._units))
        if not cursor.share:
            left = len(self._units) - cursor.unit
            cursor.share = -(-(self._sample - cursor.chosen) // left)
            everything = source.events(unit, most_bytes, lambda _: False)
            cursor.threshold = threshold_of((event.event_id for event in everything), cursor.share)
        chosen: set[int] = set()

        def is_chosen(event_id: str) -> bool:
            digest = digest_of(event_id)
            return digest <= cursor.threshold and digest not in chosen

        looked_at = 0
        for event in source.events(unit, most_bytes, is_chosen):
            if not is_chosen(event.event_id):
                continue
            chosen.add(digest_of(event.event_id))
            if event.number < cursor.number:
                continue
            if looked_at and looked_at % _EVENTS_BETWEEN_LOOKS == 0 and self._worker.now() >= until:
                cursor.number = event.number
                return False
            looked_at += 1
            self._look_at(event)
        return True

    def _look_at(self, event: Seen) -> None:
        self._cursor.chosen += 1
        tried = None if event.sent is None else self._trier.read(event.event_id, event.sent)
        if tried is None:
            self._tally.leave_out()
        else:
            assert isinstance(event.sent, Sent)
            self._tally.add(event.event_id, tried, event.sent.unseen)


def sweep_trials(table: Table, starter: TrialStarter, now_ns: int) -> int:
    """Start the trials whose start got lost, as by a crash or an outage, and end those that nobody works on any more.

    Returns:
        How many waited to be started.
    """
    waiting = 0
    for slot, held in _open_trials(table):
        if held is None or not is_open(held):
            _free(table, slot)
            continue
        trial_id = held.data["id"]
        if held.data["state"] == "queued":
            waiting += 1
            _start(starter, trial_id)
        if held.data["updated_at"] < time_text(now_ns - _ABANDONED_SECONDS * _NS):
            _end_if_abandoned(table, starter, trial_id, now_ns)
    return waiting


def _open_trials(table: Table) -> Iterator[tuple[Item, Item | None]]:
    for slot in table.query(keys.OPEN_TRIALS, limit=_SWEPT_AT_ONCE):
        yield slot, table.get(keys.trial_key(slot.data["revision_id"], slot.data["trial_id"]))


def _free(table: Table, slot: Item) -> None:
    try:
        free_slot(table, slot)
    except Conflict:
        return  # another sweep was faster


def _start(starter: TrialStarter, trial_id: str) -> None:
    try:
        starter.start(trial_id)
    except Undelivered:
        return  # it is listed as open, and the next sweep starts it


def _end_if_abandoned(table: Table, starter: TrialStarter, trial_id: str, now_ns: int) -> None:
    try:
        if not starter.is_at_work(trial_id):
            end(table, trial_id, "failed", now_ns, _ABANDONED)
    except Undelivered:
        return  # the next sweep looks again
