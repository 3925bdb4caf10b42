"""A redrive tried on some quarantined events: each before and after its repairs, and whether it fits then."""

from domain.catalog.ownership import find_environment
from domain.catalog.quarantine import READ, Asked, filter_from, shown_text
from domain.catalog.revisions import deployable_document
from domain.delivery.messages import QuarantinedEvent
from domain.intake.results import AnswerRoom
from domain.language.budget import Budget
from domain.quarantine.reading import Quarantine, read_samples
from domain.quarantine.repairs import Repairs
from domain.quarantine.revalidating import Revalidated, Revalidator
from domain.records.caller import Call
from domain.records.change import Catalog, Resource, remember_answer, stored_answer
from domain.records.noted import note
from domain.validation.faults import Refusal
from schemas.first_edition import revision_document


def preview_redrive(
    catalog: Catalog,
    quarantine: Quarantine,
    call: Call,
    environment_id: str,
    asked: Asked,
    revision_id: str,
    repairs: Repairs,
    *,
    samples: int,
    budget: Budget,
) -> Resource:
    """Return what a redrive would make of some of the events that it is for, late ones first.

    That events were shown is noted in the audit log.

    Raises:
        Rejected: not_found, revision_not_finalised, invalid_request, or too_complex where these events take too long.
    """
    environment = find_environment(catalog.table, call, environment_id)
    stored_answer(catalog.table, call)  # a key that came with another request is refused
    document = deployable_document(catalog.table, call, environment.data["endpoint_id"], revision_id)
    wanted = filter_from(asked, catalog.clock(), quarantine.kept_days, at="/filter")
    events = [found.event for found in read_samples(quarantine, environment_id, wanted, samples)]
    if events:
        note(catalog, call, READ, environment_id)
    revision = Revalidator(revision_document(document.data))
    items = []
    room = AnswerRoom(len(events))
    for event in events:
        budget.check()
        (read,) = revision.read([event], repairs) if event.is_whole else (None,)
        items.append(_shown(event, read, room))
    return remember_answer(catalog, call, {"items": items}, size_chars=0, holds_events=True)


def _shown(event: QuarantinedEvent, read: Revalidated | None, room: AnswerRoom) -> Resource:
    """Show an event, and what came of it if it was kept whole; faults as far as there is room."""
    before, after = shown_text(event.raw), shown_text(event.raw if read is None else read.event.raw)
    refusal = read.verdict if read is not None and isinstance(read.verdict, Refusal) else None
    errors, is_cut = ([], False) if refusal is None else room.fit(refusal.errors())
    changed_by = [] if read is None else list(read.changed_by)
    return {
        "event_id": event.event_id,
        "received_at": event.received_at,
        "revision_id": event.revision_id,
        "before": before["raw"],
        "after": after["raw"] if changed_by else None,
        "truncated": before["truncated"] or after["truncated"],
        "changed_by": changed_by,
        "outcome": "truncated" if read is None else "valid" if refusal is None else "invalid",
        "errors": errors,
        "more": is_cut or (refusal is not None and refusal.more),
    }
