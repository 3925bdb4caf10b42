"""Validates each event of a request: one verdict per event, in order."""

from domain.http import HttpRequest
from domain.intake.payload import EventTexts, lines_of
from domain.validation import faults as text_of
from domain.validation.bounds import RequestWork
from domain.validation.faults import whole_event_refused
from domain.validation.json_text import NotJsonError
from domain.validation.revision import CompiledRevision
from domain.validation.written import Verdict
from schemas.limits import MAX_EVENTS_PER_REQUEST

__all__ = ["Verdict", "events_at_least", "lines_at_least", "read_events", "read_several"]


def events_at_least(request: HttpRequest) -> int:
    """Return how many events a request carries as far as its body tells unread: lines count, all else is one."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "GET" or "content-encoding" in request.headers or media_type != "application/x-ndjson":
        return 1
    return lines_at_least(request.body)


def lines_at_least(body: bytes) -> int:
    """Return how many lines a body of events in lines has, at least one and no more than a request may carry."""
    return min(max(1, len(lines_of(body))), MAX_EVENTS_PER_REQUEST)


def read_events(revision: CompiledRevision, texts: EventTexts) -> list[Verdict]:
    """Validate every event of a payload.

    Returns:
        One verdict per event, in order.

    Raises:
        Rejected: `no_payload` for a batch of none, `too_many_events`.
    """
    return [revision.read_event(texts.text)] if texts.is_one else read_several(revision, texts)


def read_several(revision: CompiledRevision, texts: EventTexts) -> list[Verdict]:
    """Validate the events of a payload that may have several, like `read_events`."""
    text = texts.text
    if texts.form == "lines":
        lines = texts.all()
        verdicts = revision.read_together(lines, texts.work)
        if verdicts is None:
            return list(revision.read_each(lines, texts.work))
    else:
        verdicts = revision.read_batch(text, texts.work) if revision.may_read_at_once(text) else None
        if verdicts is None:
            return _read_elements(revision, texts)
    if not all(verdicts):
        return with_judged(revision, verdicts, texts.all(), texts.work)
    return verdicts  # type: ignore[return-value]


def with_judged(
    revision: CompiledRevision, documents: list[bytes | None], texts: list[bytes], work: RequestWork
) -> list[Verdict]:
    """Return the verdicts on events that were read together: those that were not accepted are validated in full."""
    judged = iter(revision.judge_each([texts[at] for at, document in enumerate(documents) if document is None], work))
    return [next(judged) if document is None else document for document in documents]


def _read_elements(revision: CompiledRevision, texts: EventTexts) -> list[Verdict]:
    """Read an array that can't be read as a whole: one bad element must not spoil the others."""
    try:
        elements = texts.all()
    except NotJsonError as error:
        return [whole_event_refused(text_of.not_json(texts.text, error.at), texts.text)]
    return list(revision.read_each(elements, texts.work))
