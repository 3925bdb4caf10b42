"""Finds the events of a payload and validates each: one verdict per event, in order."""

from collections.abc import Callable

from domain.errors import Rejected
from domain.intake import faults as text_of
from domain.intake.faults import Refusal, whole_event_refused
from domain.intake.json_text import NotJsonError, TooDeepError, array_elements, may_hold_nan, value_from_text
from domain.intake.payload import Payload
from domain.intake.revision import CompiledRevision, Document
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

_SPACE = b" \t\r\n"


class ReadEvents:
    """The events of one request: `verdicts` holds a document or a refusal for each, in order."""

    __slots__ = ("_find_texts", "_texts", "verdicts")

    def __init__(self, verdicts: list[Document | Refusal], find_texts: Callable[[], list[bytes]]) -> None:
        self.verdicts = verdicts
        self._find_texts = find_texts
        self._texts: list[bytes] | None = None

    def text(self, index: int) -> bytes:
        """Return the text of one event as it came; cuts a batch apart at the first call."""
        if self._texts is None:
            self._texts = self._find_texts()
        return self._texts[index]


def read_events(revision: CompiledRevision, payload: Payload) -> ReadEvents:
    """Validate every event of a payload.

    Raises:
        Rejected: `no_payload` for a batch of none, `too_many_events`.
    """
    form, text = payload
    if form == "json" and _is_array(text):
        return _read_array(revision, text)
    if form == "lines":
        return _read_texts(revision, _lines(text))
    return ReadEvents([revision.read_event(text)], lambda: [text])


def count_events(payload: Payload) -> int:
    """Return how many events a payload carries, without validating them; what can't be read counts as one."""
    if payload.form == "lines":
        return max(1, sum(1 for line in payload.text.split(b"\n") if line.strip(_SPACE)))
    if payload.form == "json" and _is_array(payload.text):
        try:
            return max(1, len(value_from_text(payload.text)))
        except (NotJsonError, TooDeepError):
            return 1
    return 1


def _is_array(text: bytes) -> bool:
    return text[:1] == b"[" or (text[:1] in _SPACE and text.lstrip(_SPACE)[:1] == b"[")


def _lines(text: bytes) -> list[bytes]:
    return _counted([line for line in (line.strip(_SPACE) for line in text.split(b"\n")) if line])


def _read_texts(revision: CompiledRevision, texts: list[bytes]) -> ReadEvents:
    return ReadEvents([revision.read_event(text) for text in texts], lambda: texts)


def _read_array(revision: CompiledRevision, text: bytes) -> ReadEvents:
    verdicts = revision.read_batch(text)
    if verdicts is None or (may_hold_nan(text) and not _is_json(text)):
        return _read_elements(revision, text)
    read = ReadEvents(verdicts, lambda: array_elements(text, MAX_EVENTS_PER_REQUEST))  # type: ignore[arg-type]
    for index, document in enumerate(verdicts):
        if document is None:
            read.verdicts[index] = revision.judge_event(read.text(index))
    return read


def _read_elements(revision: CompiledRevision, text: bytes) -> ReadEvents:
    """Read an array that the fast validator does not take as a whole: one bad element must not spoil the others."""
    try:
        elements = array_elements(text, MAX_EVENTS_PER_REQUEST)
    except TooDeepError:
        return ReadEvents([whole_event_refused(text_of.DEPTH, text)], lambda: [text])
    except NotJsonError:
        return ReadEvents([whole_event_refused(text_of.NOT_JSON, text)], lambda: [text])
    return _read_texts(revision, _counted(elements))


def _is_json(text: bytes) -> bool:
    try:
        value_from_text(text)
    except NotJsonError:
        return False
    except TooDeepError:
        return True
    return True


def _counted(texts: list[bytes]) -> list[bytes]:
    if not texts:
        raise Rejected(Problem.NO_PAYLOAD, "The batch holds no event: send at least one.")
    if len(texts) > MAX_EVENTS_PER_REQUEST:
        raise Rejected(
            Problem.TOO_MANY_EVENTS,
            f"A request takes at most {MAX_EVENTS_PER_REQUEST:,} events: send the rest in further requests.",
        )
    return texts
