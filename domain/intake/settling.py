"""Settles requests of which not every event was accepted: keeps those that were refused, counts, and answers."""

from functools import partial
from typing import TYPE_CHECKING

from domain.http import HttpResponse
from domain.intake import answers
from domain.intake.fault_log import log_fault
from domain.intake.keeping import Keeper, KeptAs, Protect, RefusedEvent
from domain.intake.payload import EventTexts
from domain.intake.results import TakenRequest, code_counts, invalid, result_rows, undeliverable
from domain.metering.counters import UsageCounters
from domain.validation.revision import CompiledRevision
from schemas.codes import Outcome
from schemas.items import Pointer

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.intake.protocol_request import ProtocolRequest
    from domain.live.tapper import Tapper


class Settling:
    """Settles each request once what is valid of it was sent to a stream."""

    def __init__(self, keeper: Keeper, counters: UsageCounters, tapper: "Tapper | None") -> None:
        """Take what keeps refused events, what adds up usage, and what keeps events for people who watch."""
        self._keeper = keeper
        self._counters = counters
        self._tapper = tapper

    def settle(
        self,
        taken: TakenRequest,
        revision: CompiledRevision,
        texts: EventTexts,
        facts: "RequestFacts | None",
        spoken: "ProtocolRequest | None",
    ) -> HttpResponse:
        """Keep or reject the events that are not valid, count all, and answer.

        Raises:
            Rejected: no event was accepted, or some could not be made durable.
        """
        names = revision.event_names
        refused = taken.refused()
        kept = self._kept(taken, refused)
        rows = result_rows(taken, kept)
        outcomes = [row["outcome"] for row in rows]
        self._counters.count(
            taken.pointer,
            taken.pointer["revision_id"],
            taken.received_ns,
            accepted=outcomes.count(Outcome.ACCEPTED),
            quarantined=outcomes.count(Outcome.QUARANTINED),
            rejected=outcomes.count(Outcome.REJECTED),
            bytes_accepted=taken.bytes_durable(),
            bytes_received=taken.bytes_received,
            codes=code_counts(refused, kept),
            names=None if names is None else names.count(taken.verdicts, texts.all, outcomes),
            protocol=None if spoken is None else spoken.name,
        )
        if (
            (leases := taken.pointer.get("taps"))
            and self._tapper is not None
            and (choices := self._tapper.choose(leases, len(taken.ids), taken.received_ns))
        ):
            self._tapper.look(choices, taken, revision, texts, facts, rows)
        if Outcome.UNDELIVERED in outcomes:
            raise undeliverable(rows)
        if spoken is not None and (Outcome.ACCEPTED in outcomes or Outcome.QUARANTINED in outcomes):
            return spoken.kept(taken.pointer, (), rows)
        if Outcome.ACCEPTED in outcomes:
            return answers.mixed(taken.request, taken.pointer, rows)
        raise invalid(rows)

    def _kept(self, taken: TakenRequest, refused: list[RefusedEvent]) -> list[Outcome]:
        if taken.pointer["on_invalid"] == "reject":
            return [Outcome.REJECTED] * len(refused)
        try:
            return self._keeper.quarantine(taken.request, taken.pointer, taken.received_at, refused, taken.kept_as)
        except Exception as error:  # noqa: BLE001 - what the stream took already must not be answered by a 500
            log_fault(error)
            return [Outcome.UNDELIVERED] * len(refused)


def kept_as_protected(
    pointer: Pointer, revision: CompiledRevision, facts: "RequestFacts | None", protocol: str | None
) -> KeptAs:
    """Return how the refused events of a request are kept: protected where the environment says so."""
    protect: Protect | None = None
    if pointer.get("quarantine_protected"):
        from domain.validation.protect_text import ProtectWork  # noqa: PLC0415 - few events are refused

        protect = partial(revision.protected_texts.of, facts=facts, work=ProtectWork())
    return KeptAs(protocol, protect, revision.event_names)
