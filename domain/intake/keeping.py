"""Makes the events of a request durable before it is answered: lines in a stream, refused events in quarantine."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from domain.delivery.delivering import make_line_delivery
from domain.delivery.ports import QueueSink, StreamSink
from domain.errors import Undelivered
from domain.http import HttpRequest
from domain.msgspec_core import Struct
from domain.validation.event_names import EventNames
from domain.validation.faults import Refusal
from schemas.codes import Outcome
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.validation.protect_text import ProtectedText

QUARANTINE_TRIES = 3

Protect = Callable[[bytes], "ProtectedText"]
"""Returns of a refused event's text what may be kept."""


class KeptAs(Struct):
    """How the refused events of a request are kept: beside their text, or instead of it."""

    protocol: str | None = None
    """The one that they came in, None for native ones."""
    protect: Protect | None = None
    names: EventNames | None = None


RefusedEvent = tuple[int, str, Refusal]
"""An event's place in its request, its id, and why it was refused."""


class Keeper:
    """Knows where accepted and refused events are kept; shared by the threads of a process."""

    def __init__(
        self,
        streams: StreamSink,
        spill: QueueSink,
        quarantine: QueueSink,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        """Take the sinks, and time and chance for the pauses between tries (`random` gives a number in [0, 1))."""
        self.deliver = make_line_delivery(streams, spill, monotonic=monotonic, sleep=sleep, random=random)
        """Puts a request's lines into one of its streams, or else into the spill queue."""
        self._quarantine = quarantine
        self._sleep = sleep
        self._random = random

    def quarantine(
        self,
        request: HttpRequest,
        pointer: Pointer,
        received_at: str,
        refused: Sequence[RefusedEvent],
        kept_as: "KeptAs | None" = None,
    ) -> list[Outcome]:
        """Keep refused events, whole unless `kept_as` says otherwise.

        Returns:
            For each: `quarantined`; `rejected` if it is larger than quarantine takes, which no repeat would change;
            `undelivered` if the queue could not be reached.
        """
        # Loaded by the first refused event of a handler: many never see one.
        from domain.delivery.messages import QuarantinedEvent, quarantine_message  # noqa: PLC0415

        kept_as = kept_as or KeptAs()
        protocol, protect, names = kept_as.protocol, kept_as.protect, kept_as.names
        outcomes: list[Outcome] = []
        waiting: list[tuple[int, str]] = []
        for place, (index, event_id, refusal) in enumerate(refused):
            raw, protected, is_redacted = (refusal.raw, (), False) if protect is None else protect(refusal.raw)
            message = quarantine_message(
                QuarantinedEvent(
                    environment_id=pointer["environment_id"],
                    event_id=event_id,
                    received_at=received_at,
                    revision_id=pointer["revision_id"],
                    index=index,
                    errors=refusal.errors(),
                    more=refusal.more,
                    content_type=request.headers.get("content-type"),
                    user_agent=request.headers.get("user-agent"),
                    raw=raw,
                    protocol=protocol,
                    source_ip=request.source_ip if pointer["store_addresses"] else None,
                    cut_from=len(refusal.raw) if is_redacted and not raw else None,
                    protected=protected,
                    is_redacted=is_redacted,
                    event_name=None if names is None else names.of_refused(refusal),
                )
            )
            if message is None:
                outcomes.append(Outcome.REJECTED)
            else:
                outcomes.append(Outcome.QUARANTINED)
                waiting.append((place, message))
        for place in self._unsent(waiting):
            outcomes[place] = Outcome.UNDELIVERED
        return outcomes

    def _unsent(self, waiting: list[tuple[int, str]]) -> list[int]:
        """Send messages, and again those that time may help; return the places of what could not be sent."""
        lost: list[int] = []
        for tried in range(QUARANTINE_TRIES):
            if not waiting:
                break
            if tried:
                self._sleep(0.1 * 4**tried * self._random())
            try:
                results = self._quarantine.send([message for _, message in waiting])
            except Undelivered as error:
                if not error.retryable:
                    break
                continue
            failed = [(sent, failure) for sent, failure in zip(waiting, results, strict=True) if failure is not None]
            lost += [place for (place, _), failure in failed if not failure.retryable]
            waiting = [sent for sent, failure in failed if failure.retryable]
        return lost + [place for place, _ in waiting]
