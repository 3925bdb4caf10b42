"""What ingest does for taps: of a request whose events are kept, one queue message before it is answered.

Whatever goes wrong with it, no request fails for it and no answer changes: what can't be sent is left out.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.late_log import LateLog
from domain.live.leases import running
from domain.live.sampling import TapSampling
from schemas.items import TapFilter, TapLease

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.intake.events import EventTexts
    from domain.intake.results import ResultRow, TakenRequest
    from domain.live.tapped_events import SeenRequest
    from domain.validation.revision import CompiledRevision

_NS_PER_SECOND = 1_000_000_000
_REST_NS = 5 * _NS_PER_SECOND
"""For how long the queue is left alone after it failed: each try is time that a sender waits."""

_log = LateLog(__name__)


class Tapper:
    """Keeps events of one handler for the taps of their environments; may be called from any thread."""

    def __init__(self, queue: QueueSink, random: Callable[[], float]) -> None:
        """Take the queue of taps' messages, and chance: `random` gives a number in [0, 1)."""
        self._queue = queue
        self._sampling = TapSampling(random)
        self._rests_until_ns = 0

    def look(
        self,
        taken: "TakenRequest",
        revision: "CompiledRevision",
        texts: "EventTexts",
        facts: "RequestFacts | None",
        rows: "Sequence[ResultRow] | None" = None,
    ) -> None:
        """Keep what taps ask for of a request whose events have their outcomes; it never raises.

        Args:
            taken: the request.
            revision: what its events were validated by.
            texts: what they were read from.
            facts: what protected values are replaced by, where the revision needs any.
            rows: what became of each event; None if all were accepted.
        """
        try:
            leases = running(taken.pointer, taken.received_ns / _NS_PER_SECOND)
            if leases:
                self._look(leases, taken, revision, texts, facts, rows)
        except Exception as error:  # noqa: BLE001 - logged by its place; no request fails for a tap
            _log.error("events could not be kept for a tap: %s", place_of_fault(error))

    def _look(
        self,
        leases: list[TapLease],
        taken: "TakenRequest",
        revision: "CompiledRevision",
        texts: "EventTexts",
        facts: "RequestFacts | None",
        rows: "Sequence[ResultRow] | None",
    ) -> None:
        now_ns = taken.received_ns
        seen: SeenRequest | None = None
        wanted: dict[str, list[int]] = {}
        stand_for: dict[str, float] = {}
        for lease in leases:
            matching: Sequence[int] = range(len(taken.ids))
            if lease["only"]:
                seen = seen or _seen(taken, revision, texts, facts, rows)
                matching = _matching(lease["only"], seen)
            if not matching:
                continue
            kept, stands = self._sampling.take(lease, len(matching), now_ns)
            if kept:
                wanted[lease["id"]] = [matching[place * len(matching) // kept] for place in range(kept)]
                stand_for[lease["id"]] = stands
        if not wanted:
            return
        if now_ns < self._rests_until_ns:
            for tap_id, indexes in wanted.items():
                self._sampling.leave_out(tap_id, len(indexes))
            return
        self._send(seen or _seen(taken, revision, texts, facts, rows), wanted, stand_for)

    def _send(self, seen: "SeenRequest", wanted: dict[str, list[int]], stand_for: dict[str, float]) -> None:
        from domain.live.tapped_events import tap_message  # noqa: PLC0415 - few environments are tapped

        left_out = {tap_id: self._sampling.told(tap_id) for tap_id in wanted}
        try:
            message = tap_message(seen, wanted, left_out, stand_for)
            (failure,) = self._queue.send([message])
            reason = None if failure is None else failure.reason
        except Undelivered as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - told by its place; as any other, it must not be tried at once again
            reason = place_of_fault(error)
        if reason is not None:
            _log.warning("a message for taps was not sent: %s", reason)
            self._rests_until_ns = seen.received_ns + _REST_NS
            for tap_id, indexes in wanted.items():
                self._sampling.leave_out(tap_id, left_out[tap_id] + len(indexes))


def _seen(
    taken: "TakenRequest",
    revision: "CompiledRevision",
    texts: "EventTexts",
    facts: "RequestFacts | None",
    rows: "Sequence[ResultRow] | None",
) -> "SeenRequest":
    """Return a request with its events' outcomes: only where a tap asks for some of them, or keeps any."""
    from domain.live.tapped_events import SeenRequest  # noqa: PLC0415 - as in `_send`

    return SeenRequest(taken, revision, texts, facts, rows)


def _matching(only: TapFilter, seen: "SeenRequest") -> Sequence[int]:
    """Return the places of the events that a tap asks for."""
    indexes: Sequence[int] = range(len(seen.ids))
    if "outcome" in only:
        outcomes = seen.outcomes
        indexes = [index for index in indexes if outcomes[index] == only["outcome"]]
    if "code" in only:
        indexes = [index for index in indexes if only["code"] in seen.codes(index)]
    if "event_name" in only:
        indexes = [index for index in indexes if seen.name(index) == only["event_name"]]
    return indexes
