"""Validates quarantined events under another revision, repaired before where a redrive has repairs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.delivery.messages import QuarantinedEvent
from domain.intake.events import Verdict
from domain.quarantine.protected import ProtectedRevision
from domain.quarantine.repairs import Repairs
from domain.validation.revision import CompiledRevision
from schemas.items import RevisionDocument


class Revalidated(NamedTuple):
    """An event with its text as it was validated, which repairs have changed it, and what came of it.

    `compiled` is what it was validated by.
    """

    event: QuarantinedEvent
    changed_by: tuple[int, ...]
    compiled: CompiledRevision
    verdict: Verdict


class Revalidator:
    """The revision of a redrive; values that were replaced because they are protected are validated apart."""

    def __init__(self, document: RevisionDocument) -> None:
        self.revision_id = document["revision_id"]
        self._compiled = CompiledRevision(document)
        self._protected = ProtectedRevision(document)

    def read(self, events: Sequence[QuarantinedEvent], repairs: Repairs) -> Iterator[Revalidated]:
        """Yield whole events in order, each repaired and then validated."""
        places: dict[str, set[str]] = {}  # by the revision that refused: its events have few of them
        for event in events:
            if event.protected:
                places.setdefault(event.revision_id, set()).update(event.protected)
        for event in events:
            text, changed_by = repairs.of(event.raw, event.protected) if repairs else (event.raw, ())
            repaired = replace(event, raw=text) if changed_by else event
            if event.protected:
                # A repair may bring a value that was never replaced to where another event's was: its rules hold.
                pooled = event.protected if changed_by else places[event.revision_id]
                compiled = self._protected.for_places(pooled)
                yield Revalidated(repaired, changed_by, compiled, self._protected.read_event(compiled, repaired))
            else:
                yield Revalidated(repaired, changed_by, self._compiled, self._compiled.read_event(text))
