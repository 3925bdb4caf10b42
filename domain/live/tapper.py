"""What ingest does for taps: of a request whose events are kept, one queue message before it is answered.

Whatever goes wrong with it, no request fails for it and no answer changes: what can't be sent is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.late_log import LateLog
from domain.live.sampling import NOTHING, Taken, TapSampling
from schemas.items import TapFilter, TapLease

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.intake.payload import EventTexts
    from domain.intake.results import ResultRow, TakenRequest
    from domain.live.tapped_events import SeenRequest
    from domain.validation.revision import CompiledRevision

_NS_PER_SECOND = 1_000_000_000
_REST_NS = 5 * _NS_PER_SECOND
"""For how long the queue is left alone after it failed: each try is time that a sender waits."""

_log = LateLog(__name__)

Choice = tuple[TapLease, Taken | None]
"""A tap that may keep events of a request, with what its sample takes; None where its filter is asked first."""


class Tapper:
    """Keeps events of one handler for the taps of their environments; may be called from any thread."""

    def __init__(self, queue: QueueSink, random: Callable[[], float]) -> None:
        """Take the queue of taps' messages, and chance: `random` gives a number in [0, 1)."""
        self._queue = queue
        self._sampling = TapSampling(random)
        self._rests_until_ns = 0

    def choose(self, leases: Sequence[TapLease], events: int, now_ns: int) -> list[Choice]:
        """Return the taps that may keep some of so many events of a request, mostly none; it never raises.

        A sample leaves out nearly all requests, so it is asked before anything is made for taps.
        """
        choices: list[Choice] = []
        try:
            for lease in leases:
                if lease["until"] * _NS_PER_SECOND <= now_ns:
                    continue
                if lease["only"]:
                    choices.append((lease, None))
                elif (taken := self._sampling.take(lease, events, now_ns)) is not NOTHING:
                    choices.append((lease, taken))
        except Exception as error:  # noqa: BLE001 - logged by its place; no request fails for a tap
            _log_fault(error)
        return choices

    def look(
        self,
        choices: Sequence[Choice],
        taken: "TakenRequest",
        revision: "CompiledRevision",
        texts: "EventTexts",
        facts: "RequestFacts | None",
        rows: "Sequence[ResultRow] | None" = None,
    ) -> None:
        """Keep what taps ask for of a request whose events have their outcomes; it never raises.

        Args:
            choices: what `choose` returned for the request.
            taken: the request.
            revision: what its events were validated by.
            texts: what they were read from.
            facts: what protected values are replaced by, where the revision needs any.
            rows: what became of each event; None if all were accepted.
        """
        try:
            from domain.live.tapped_events import SeenRequest  # noqa: PLC0415 - few environments are tapped

            self._look(choices, SeenRequest(taken, revision, texts, facts, rows))
        except Exception as error:  # noqa: BLE001 - as in `choose`
            _log_fault(error)

    def _look(self, choices: Sequence[Choice], seen: "SeenRequest") -> None:
        now_ns = seen.received_ns
        wanted: dict[str, Sequence[int]] = {}
        stand_for: dict[str, float] = {}
        for lease, chosen in choices:
            matching = _matching(lease["only"], seen)
            if not matching:
                continue
            kept, stands = chosen or self._sampling.take(lease, len(matching), now_ns)
            if kept:
                wanted[lease["id"]] = [matching[place * len(matching) // kept] for place in range(kept)]
                stand_for[lease["id"]] = stands
        if not wanted:
            return
        if now_ns < self._rests_until_ns:
            for tap_id, indexes in wanted.items():
                self._sampling.leave_out(tap_id, len(indexes))
            return
        self._send(seen, wanted, stand_for)

    def _send(self, seen: "SeenRequest", wanted: Mapping[str, Sequence[int]], stand_for: Mapping[str, float]) -> None:
        from domain.live.tapped_events import tap_message  # noqa: PLC0415 - as in `look`

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


def _log_fault(error: Exception) -> None:
    _log.error("events could not be kept for a tap: %s", place_of_fault(error))


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
